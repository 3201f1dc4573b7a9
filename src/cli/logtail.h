/* SPDX-License-Identifier: MIT */
/* Shows a log file that somebody writes and renames to PATH.1 when it is large (runner/log.h): its last lines, and what
 * is still to come. Any number of readers; none is in the writer's way. */
#ifndef TUNNELCTL_CLI_LOGTAIL_H
#define TUNNELCTL_CLI_LOGTAIL_H

#include <stdbool.h>
#include <sys/types.h>

#include "backend.h"

struct logtail {
	const char *path;      /* absolute */
	struct log_wish wish;
	bool json;             /* see logline.h */
	bool is_owned;         /* only files of OWNER are shown: who may put a link there is not trusted */
	uid_t owner;
	bool says;             /* that it waits for a file that is not there yet */
};

/*
 * Prints the lines on standard output (logline.h), clean (text_clean()), those of PATH.1 first as far as they are wanted.
 * With follow it returns only when nobody reads any more. -ENOENT: there is no such file yet; -ELOOP, -EINVAL, -EPERM: it is a
 * link, something else, or another account's; or what open says.
 */
int logtail_print(const struct logtail *, struct error *);

/* Standard output where its hanging up means that nobody reads any more: a pipe or a socket; else -1. */
int logtail_reader(void);

#endif
