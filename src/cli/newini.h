/* SPDX-License-Identifier: MIT */
/* The INI of a tunnel that does not exist yet, out of ssh's own words. */
#ifndef TUNNELCTL_CLI_NEWINI_H
#define TUNNELCTL_CLI_NEWINI_H

#include "model/draft.h"

/* All-zero is the valid empty one. */
struct newini {
	char *destination; /* as it was typed */
	struct draft draft;
	struct strv left_out; /* "-A: why": what has no place in an INI, and matters */
};

/* WORDS: what would stand behind "ssh". 0, or -EINVAL with lines for the person. FOLDER: where relative file names begin,
 * absolute. */
int newini_read(const char *name, const struct strv *words, const char *folder, struct newini *ret,
		struct strv *ret_problems);

/* Appends the text of the file: a line what it is, and the keys. */
void newini_print(const struct newini *, const char *name, struct buf *ret);

void newini_done(struct newini *);

#endif
