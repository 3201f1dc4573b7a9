/* SPDX-License-Identifier: MIT */
/* What hear() knows while it listens; of checkup_hear.c and checkup_words.c alone. */
#ifndef TUNNELCTL_CLI_CHECKUP_HEARING_H
#define TUNNELCTL_CLI_CHECKUP_HEARING_H

#include <sys/types.h>

#include "cli/checkup_hear.h"
#include "runner/log.h"
#include "runner/loop.h"

struct order {
	const struct client *client;
	char *const *argv;
	enum hear_until until;
	bool forwards;
	long long timeout_ms;
};

struct hearing {
	const struct order *order;
	const struct tunnel *tunnel;
	struct heard heard;
	struct heard_forward *v;
	struct lines lines;
	char begun[160]; /* of another program's line, into which ssh has talked */
	struct loop loop;
	pid_t ssh, parent;
	int fd; /* its standard error */
	bool eof, ended, loop_begun, loop_done, forbidden;
	size_t answered;    /* remote forwards */
	long long in_since; /* clock_ms() since the session; 0: not yet */
	int other;          /* + 1: the connection to the other port */
	long long other_since;
};

/* One line of ssh's standard error. */
void hearing_take_line(struct hearing *, const char *line);

#endif
