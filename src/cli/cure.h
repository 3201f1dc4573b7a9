/* SPDX-License-Identifier: MIT */
/* What helps (cures.def): the same sentence and command wherever something is found wrong. */
#ifndef TUNNELCTL_CLI_CURE_H
#define TUNNELCTL_CLI_CURE_H

#include "base/system.h"
#include "cli/cli.h"
#include "model/tunnel.h"
#include "runner/account.h"
#include "ssh/classify.h"

enum cure_id {
	CURE_none,
#define OURS(id, ...) CURE_##id,
#define SHELL(id, ...) CURE_##id,
#include "cli/cures.def"
	CURE_COUNT
};

/* For whom: what the words of a command stand for. */
struct cure_case {
	const struct cli *cli;
	const struct tunnel *tunnel;   /* all-zero where the file cannot be read */
	const struct account *account; /* likewise */
	const char *ini, *argument;    /* argument: NULL where the cure has none */
	bool user;
	enum system system;
};

/* The cure of a class; CURE_unknown for one that has none. */
enum cure_id cure_of(enum class_id);

/* The sentence; NULL for CURE_none. */
const char *cure_why(enum cure_id);

/* Appends the command, as a person can paste it. False: there is none, the sentence is all. */
bool cure_command(enum cure_id, const struct cure_case *, struct buf *ret);

#endif
