/* SPDX-License-Identifier: MIT */
/*
 * The words of a job's command as /bin/sh takes them apart behind the "exec" that upstart puts before them (sh(1),
 * Quoting); those of a command without a shell are the same. Nothing is expanded. Shares no code with quote.h.
 */
#ifndef TUNNELCTL_UPSTART_WORDS_H
#define TUNNELCTL_UPSTART_WORDS_H

#include <stdbool.h>

#include "base/strv.h"

/* All-zero is the valid empty object; emptied by words_done(). */
struct words {
	struct strv v;
	char list[3];  /* what ends the command before the end of the text: ";", "&", "&&", "|", "(" ... or "" */
	bool expands;  /* a word is not what stands there: a variable, a pattern, a ~ */
	bool redirect; /* standard files go elsewhere; where to is no word */
};

/* TEXT is what lexer_command() read, or a line of a script. False: a quote is not closed. */
bool words_split(const char *text, struct words *ret);

void words_done(struct words *);

#endif
