/* SPDX-License-Identifier: MIT */
/*
 * Somebody's ssh_config(5), as far as one of its Hosts goes: which lines count for a name, and what they become in an INI.
 * Nothing is run and no other file is read: Match and Include are named, with all that stands below a Match.
 */
#ifndef TUNNELCTL_SSH_CONFIGFILE_H
#define TUNNELCTL_SSH_CONFIGFILE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/strv.h"
#include "model/draft.h"

enum configfile_fate {
	CONFIGFILE_COUNTS = 1, /* for the name, or for every Host */
	CONFIGFILE_HOST,       /* the line that names it */
	CONFIGFILE_MATCH,      /* a Match: only ssh can tell whether it holds */
	CONFIGFILE_BELOW,      /* below one */
	CONFIGFILE_INCLUDE,
	CONFIGFILE_BROKEN,     /* no line of ssh_config, where it would count */
};

struct configfile_line {
	enum configfile_fate fate;
	unsigned line;        /* from 1 */
	char *keyword;        /* as written */
	char *value;          /* in ssh_config's words, quotes and all */
	const char *why;      /* of a broken one */
	unsigned match;       /* the line of the Match above */
};

/* Owns all it points to; all-zero is the valid empty one. */
struct configfile {
	struct configfile_line *v;
	size_t len;
	struct strv names; /* all that Host lines say without wildcards, in their order */
	bool named;        /* the name is among them, or a pattern that is not all wildcards matches it */
};

/* The lines that count, or may count, for a destination ALIAS, in their order. */
void configfile_read(const char *text, const char *alias, struct configfile *ret);

/* The value of the first line with that keyword that counts, as one word; the caller frees it. NULL: there is none. */
char *configfile_find(const struct configfile *, const char *keyword);

/* Every line ends up in ret: in a line, or in a remark that says why not. FOLDER: where relative file names begin. 0, or
 * -EINVAL when remarks of DRAFT_REFUSED are among them. */
int configfile_import(const struct configfile *, const char *alias, const char *folder, struct draft *ret);

void configfile_done(struct configfile *);

#endif
