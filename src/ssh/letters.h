/* SPDX-License-Identifier: MIT */
/*
 * The words of an ssh command line, taken apart as main() in ssh.c does, which is not as getopt does elsewhere: options
 * may follow the destination too, and what stands behind them is the command.
 */
#ifndef TUNNELCTL_SSH_LETTERS_H
#define TUNNELCTL_SSH_LETTERS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/strv.h"

/* A row of letters.def, which says what each column means. */
struct letter {
	char sign;
	const char *keyword, *value, *dropped, *refused;
	bool last, other, blanks, autossh;
};

/* A command line on its way; argv, next and autossh are the caller's to set. */
struct letters {
	const struct strv *argv;
	size_t next;      /* word; begins with the one behind the program */
	bool autossh;     /* it is autossh's, whose -M takes a value */
	const char *rest; /* letters of the word before next */
	bool ended;       /* nothing behind is an option */
	bool arrived;     /* the destination is behind us */
};

enum letters_kind {
	LETTERS_OPTION = 1,
	LETTERS_DESTINATION, /* value is it */
	LETTERS_COMMAND,     /* value is its first word, and all words behind belong to it */
	LETTERS_UNKNOWN,     /* no letter of ssh; the rest of its word is passed over */
	LETTERS_MISSING,     /* a letter that wants a value, at the end */
};

/* What was met; borrows from argv. */
struct letters_step {
	enum letters_kind kind;
	size_t word;                 /* that it begins in */
	char sign;                   /* of an option, unknown or missing */
	const struct letter *letter; /* NULL: unknown, or no option */
	const char *value;           /* NULL: takes none */
	size_t value_word;           /* the same word or the next */
};

/* Whether there was something more. */
bool letters_next(struct letters *, struct letters_step *ret);

/* The text of -o, a line of ssh_config(5): "Name value" or "Name=value", blanks around each. Appends both, which
 * may be empty. Quotes stay. */
void letters_split(const char *text, struct buf *ret_keyword, struct buf *ret_value);

#endif
