/* SPDX-License-Identifier: MIT */
#include "events.h"

#include <string.h>

/* What was read last decides what may follow. */
enum last { OPERATOR, EVENT, NAMED_VALUE, CLOSED };

static const char *take_word(const char *word, enum last *last)
{
	if (!strcmp(word, "and") || !strcmp(word, "or")) {
		if (*last == OPERATOR)
			return "wanted an event before 'and' or 'or'";
		*last = OPERATOR;
		return NULL;
	}
	if (*last == OPERATOR)
		*last = EVENT;
	else if (*last == CLOSED)
		return "wanted 'and' or 'or' behind ')'";
	else if (strchr(word, '='))
		*last = NAMED_VALUE;
	else if (*last == NAMED_VALUE)
		return "a value without a name behind one with a name";
	return NULL;
}

static const char *take_parenthesis(char c, unsigned *depth, enum last *last)
{
	if (c == '(') {
		if (*last != OPERATOR)
			return "wanted 'and' or 'or' before '('";
		++*depth;
		return NULL;
	}
	if (!*depth)
		return "')' without '('";
	if (*last == OPERATOR)
		return "wanted an event before ')'";
	--*depth;
	*last = CLOSED;
	return NULL;
}

const char *events_check(struct lexer *l)
{
	enum last last = OPERATOR;
	unsigned depth = 0;
	const char *why;
	char c;

	while ((c = lexer_peek(l, depth > 0))) {
		if (c == '(' || c == ')') {
			l->pos++;
			why = take_parenthesis(c, &depth, &last);
		} else {
			AUTO(buf) word = {0};

			why = lexer_event(l, &word);
			if (!why)
				why = take_word(word.s, &last);
		}
		if (why)
			return why;
	}
	if (depth)
		return "'(' is not closed";
	return last == OPERATOR ? "wanted an event" : NULL;
}
