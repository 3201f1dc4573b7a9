/* SPDX-License-Identifier: MIT */
/*
 * "waiting for home to come up ... 3 s" on the terminal of standard error, for whatever takes longer than half a second;
 * wiped when it is over. A process of its own draws it, so that the caller may block in anything meanwhile.
 */
#ifndef TUNNELCTL_CLI_PROGRESS_H
#define TUNNELCTL_CLI_PROGRESS_H

#include <sys/types.h>

#include "cli/cli.h"

/* All-zero shows nothing, and may be ended. */
struct progress {
	int fd; /* + 1, of the pipe to the process that draws */
	pid_t pid;
};

/* Says what is being waited for, without a full stop; text_clean() is applied. Nothing is shown where nobody looks: with
 * --quiet, without a terminal on standard error or one that can wipe a line, or in the background. Until progress_end()
 * the caller prints nothing and asks nothing: neither may a program that it runs on the terminal. */
void progress_begin(struct progress *, const struct cli *, const char *format, ...) PRINTF(3, 4);

/* Something else is being waited for now; the seconds are counted anew. */
void progress_step(struct progress *, const char *format, ...) PRINTF(2, 3);

/* Wipes the line; afterwards it is all-zero. Where the process ends without it, by Ctrl-C or otherwise, the line is
 * wiped as well. */
void progress_end(struct progress *);

#endif
