/* SPDX-License-Identifier: MIT */
/*
 * A model of how upstart reads a job file (libnih's lexer, the same in all releases): its words, its two ways
 * to read text, and its bug. It knows nothing of how tunnelctl writes one.
 */
#ifndef TUNNELCTL_UPSTART_LEXER_H
#define TUNNELCTL_UPSTART_LEXER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

/* Start with {.text, .len, .line = 1}. */
struct lexer {
	const char *text; /* holds no NUL byte */
	size_t len, pos;
	unsigned line; /* of pos */
	bool corrupt;  /* upstart garbles what was read: it lost a blank before a lone backslash */
};

/* Each function that reads returns NULL, or what upstart would complain of. */

/* Moves to the next statement and appends its first word, which knows no quotes. False behind the last. */
bool lexer_statement(struct lexer *, struct buf *ret_word);

/* What the statement's next token begins with, '\0' behind the last. LINES: it may stand on a later line. */
char lexer_peek(struct lexer *, bool lines);

/* Reads one token, not empty: quotes removed, a doubled or blank-escaping backslash too. */
const char *lexer_token(struct lexer *, struct buf *ret);

/* The same for events, where a parenthesis ends a token. */
const char *lexer_event(struct lexer *, struct buf *ret);

/* Reads the rest of the statement as a command: quotes and backslashes stay, for the shell. */
const char *lexer_command(struct lexer *, struct buf *ret);

/* Reads the lines up to "end script", raw, without their common indentation. */
const char *lexer_script(struct lexer *, struct buf *ret);

/* Moves behind the line, wherever in it the lexer stands. */
void lexer_skip_line(struct lexer *);

#endif
