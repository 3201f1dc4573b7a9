/* SPDX-License-Identifier: MIT */
#include "words.h"

#include <string.h>

#include "base/buf.h"
#include "base/macros.h"

#define BLANKS " \t\r\n"
#define OPERATORS ";&|()<>"

void words_done(struct words *w)
{
	strv_done(&w->v);
	*w = (struct words){0};
}

/* Behind the opening quote. NULL: it is not closed; else behind the closing one. */
static const char *take_single(const char *s, struct buf *ret)
{
	const char *end = strchr(s, '\'');

	if (end)
		buf_put(ret, s, (size_t)(end - s));
	return end ? end + 1 : NULL;
}

/* The same; here a backslash counts before a few bytes only. */
static const char *take_double(const char *s, struct words *w, struct buf *ret)
{
	for (; *s && *s != '"'; s++) {
		if (*s == '\\' && s[1] && strchr("$`\"\\", s[1]))
			s++;
		else if (strchr("$`", *s))
			w->expands = true;
		buf_putc(ret, *s);
	}
	return *s ? s + 1 : NULL;
}

/* At the first byte of a word. NULL: a quote is not closed; else behind the word. */
static const char *take_word(const char *s, struct words *w, struct buf *ret)
{
	w->expands |= *s == '~';
	while (s && *s && !strchr(BLANKS OPERATORS, *s)) {
		if (*s == '\'') {
			s = take_single(s + 1, ret);
		} else if (*s == '"') {
			s = take_double(s + 1, w, ret);
		} else if (*s == '\\' && s[1]) {
			buf_putc(ret, s[1]);
			s += 2;
		} else {
			w->expands |= strchr("$`*?[", *s) != NULL;
			buf_putc(ret, *s++);
		}
	}
	return s;
}

/* At "<" or ">". Behind the operator and the file that it names; NULL as above. */
static const char *skip_redirection(const char *s, struct words *w)
{
	AUTO(buf) file = {0};

	w->redirect = true;
	s += strspn(s, "<>");
	s += strspn(s, "&|");
	s += strspn(s, " \t");
	return take_word(s, w, &file);
}

/* "2" of "2>file" is no word. */
static bool is_descriptor(const char *start, const char *end)
{
	return strchr("<>", *end) && *end && strspn(start, "0123456789") == (size_t)(end - start);
}

bool words_split(const char *text, struct words *ret)
{
	const char *s = text;

	while (s && *(s += strspn(s, BLANKS))) {
		AUTO(buf) word = {0};
		const char *start = s;

		if (strchr("<>", *s)) {
			s = skip_redirection(s, ret);
			continue;
		}
		if (strchr(OPERATORS, *s)) {
			ret->list[0] = *s;
			ret->list[1] = s[1] == *s ? *s : '\0';
			return true;
		}
		if ((s = take_word(s, ret, &word)) && !is_descriptor(start, s))
			strv_push(&ret->v, buf_str(&word));
	}
	return s;
}
