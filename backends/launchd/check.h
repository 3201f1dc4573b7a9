/* SPDX-License-Identifier: MIT */
/* Judges a finished plist as strictly as launchd is silent: launchd ignores what it does not understand. */
#ifndef TUNNELCTL_BACKENDS_LAUNCHD_CHECK_H
#define TUNNELCTL_BACKENDS_LAUNCHD_CHECK_H

#include <stddef.h>

#include "base/strv.h"

/* The check of struct backend: ours or a person's plist, each problem a line "LINE: what". 0 or -EINVAL. */
int launchd_check(const char *text, size_t len, struct strv *ret_problems);

#endif
