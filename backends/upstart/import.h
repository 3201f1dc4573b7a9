/* SPDX-License-Identifier: MIT */
/* A person's own job file, init(5) of upstart, told in tunnelctl's terms. */
#ifndef TUNNELCTL_UPSTART_IMPORT_H
#define TUNNELCTL_UPSTART_IMPORT_H

#include <stddef.h>

#include "base/strv.h"
#include "foreign.h"

/* The import of struct backend. 0, or -EINVAL for what no upstart would take: each problem a line, "LINE: what". The
 * caller frees ret by foreign_done(). */
int upstart_import(const char *text, size_t len, struct foreign *ret, struct strv *ret_problems);

#endif
