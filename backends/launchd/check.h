/* SPDX-License-Identifier: MIT */
/* Judges a finished plist as strictly as launchd is silent: launchd ignores what it does not understand. */
#ifndef TUNNELCTL_BACKENDS_LAUNCHD_CHECK_H
#define TUNNELCTL_BACKENDS_LAUNCHD_CHECK_H

#include <stddef.h>

#include "base/strv.h"
#include "tree.h"

/* The job that a finished plist holds, a dictionary. -EINVAL: it holds none, and why is in ret_problems as below. The
 * caller frees ret by item_done(). */
int launchd_read(const char *text, size_t len, struct item *ret, struct strv *ret_problems);

/* The check of struct backend: ours or a person's plist, each problem a line "LINE: what". 0 or -EINVAL. */
int launchd_check(const char *text, size_t len, struct strv *ret_problems);

#endif
