/* SPDX-License-Identifier: MIT */
/* A person's own plist, launchd.plist(5), told in tunnelctl's terms. */
#ifndef TUNNELCTL_BACKENDS_LAUNCHD_IMPORT_H
#define TUNNELCTL_BACKENDS_LAUNCHD_IMPORT_H

#include <stddef.h>

#include "base/strv.h"
#include "foreign.h"

/* The import of struct backend. 0, or -EINVAL for what is no job at all: each problem a line, "LINE: what". The caller
 * frees ret by foreign_done(). */
int launchd_import(const char *text, size_t len, struct foreign *ret, struct strv *ret_problems);

#endif
