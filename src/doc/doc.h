/* SPDX-License-Identifier: MIT */
/*
 * tunnelctl-doc makes the manual pages and the completions of the shells: it copies a template, and puts in the place
 * of each line "@MARK ARGUMENT@" what the tables say (commands.def, options.def, keys.def, classes.def, foreign.def,
 * letters.def). It runs where tunnelctl is built, and is not installed.
 */
#ifndef TUNNELCTL_DOC_DOC_H
#define TUNNELCTL_DOC_DOC_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

/* A row of commands.def; title: that of the group it stands in. */
struct verb {
	const char *name, *arguments, *options, *help, *title;
};

/* A row of options.def; argument NULL: takes none. */
struct option_row {
	char letter;
	const char *name, *argument, *help;
	bool common; /* every verb takes it */
};

/* What a word of a command line is, as far as it can be completed. */
enum thing {
	THING_NONE = 1, /* anything, a number, a time */
	THING_TUNNEL,
	THING_FILE,
	THING_TUNNEL_OR_FILE,
	THING_FOLDER,
	THING_KEY,  /* a key of the INI or a backend */
	THING_HOST,
	THING_ALIAS, /* a Host of ~/.ssh/config */
	THING_USER,
	THING_WORD, /* of words_of() */
};

/* What stands in the place of a mark. ARGUMENT is "" where it has none. */
typedef void mark_put(const char *argument, struct buf *ret);

struct mark {
	const char *name;
	mark_put *put;
};

extern const struct verb verbs[];
extern const size_t verbs_len;
extern const struct option_row options[];
extern const size_t options_len;

extern const struct mark mdoc_marks[], bash_marks[], zsh_marks[], fish_marks[]; /* each ends with a NULL name */

const struct verb *verb_find(const char *name); /* or NULL */
bool verb_takes(const struct verb *, const struct option_row *);
bool verb_takes_ssh(const struct verb *); /* words with one dash are ssh's */

/* The letter of an option behind that verb: none where it is ssh's there. */
char letter_of(const struct option_row *, const struct verb *);

/* The ARGUMENTS of a verb: what each is, and whether there may be several. */
enum thing thing_of_verb(const struct verb *);
bool verb_repeats(const struct verb *);

/* The value of an option, and of a letter of ssh; THING_NONE where it takes a value that nobody can know. */
enum thing thing_of_option(const struct option_row *);
enum thing thing_of_letter(char sign);

/* Appends the words that the value may be, separated by blanks: only of THING_WORD. */
void words_of(const struct option_row *, struct buf *ret);

/* A letter of ssh that may describe a tunnel, and the keyword of ssh_config(5) that means the same. */
struct letter_row {
	char sign;
	bool takes_value;
	const char *keyword;
};

/* The next one; *at begins with 0. False at the end. */
bool letter_next(size_t *at, struct letter_row *ret);

/* Appends every key once, then every backend, each with SEPARATOR behind it. */
void put_keys(const char *separator, struct buf *ret);

#endif
