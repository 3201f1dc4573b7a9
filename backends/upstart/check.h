/* SPDX-License-Identifier: MIT */
/* Judges a job file as upstart would, and for what upstart accepts and then fails on. */
#ifndef TUNNELCTL_UPSTART_CHECK_H
#define TUNNELCTL_UPSTART_CHECK_H

#include <stddef.h>

#include "base/strv.h"

/* The whole job must fit into one argument of /bin/sh (Linux: MAX_ARG_STRLEN): a bound on its command that no
 * sane tunnel comes near. */
enum { JOB_MAX = 128 * 1024 - 1 };

/* For upstart VERSION (version.h). Appends every problem, "LINE: what" or "what". 0 or -EINVAL. */
int job_check(const char *text, size_t len, unsigned version, struct strv *ret_problems);

#endif
