/* SPDX-License-Identifier: MIT */
#include "lexer.h"

#include <string.h>

#define BLANKS " \t\r"

/* '\0' at the end of the file. */
static char at(const struct lexer *l, size_t pos)
{
	return pos < l->len ? l->text[pos] : '\0';
}

static bool is(char c, const char *set)
{
	return c && strchr(set, c);
}

static void skip_blanks(struct lexer *l)
{
	for (;;) {
		if (is(at(l, l->pos), BLANKS)) {
			l->pos++;
		} else if (at(l, l->pos) == '\\' && at(l, l->pos + 1) == '\n') {
			l->pos += 2;
			l->line++;
		} else {
			return;
		}
	}
}

static void skip_to_newline(struct lexer *l)
{
	while (l->pos < l->len && l->text[l->pos] != '\n')
		l->pos++;
}

void lexer_skip_line(struct lexer *l)
{
	skip_to_newline(l);
	if (l->pos < l->len) {
		l->pos++;
		l->line++;
	}
}

char lexer_peek(struct lexer *l, bool lines)
{
	char c;

	for (;;) {
		skip_blanks(l);
		c = at(l, l->pos);
		if (!is(c, "#\n"))
			return c;
		if (!lines)
			return '\0';
		lexer_skip_line(l);
	}
}

bool lexer_statement(struct lexer *l, struct buf *ret_word)
{
	if (!lexer_peek(l, true))
		return false;
	for (; l->pos < l->len && !is(l->text[l->pos], BLANKS "\n#"); l->pos++)
		buf_putc(ret_word, l->text[l->pos]);
	return true;
}

/* What lies between the last byte written and the next: blanks are kept only if something follows. */
struct gap {
	size_t start, len; /* of the blanks in the text */
	bool newline;      /* then all of it becomes one blank */
};

static void put_gap(const struct lexer *l, struct gap *g, struct buf *ret)
{
	if (g->newline)
		buf_putc(ret, ' ');
	else
		buf_put(ret, l->text + g->start, g->len);
	*g = (struct gap){0};
}

/* At a backslash that escapes C. */
static void put_escape(struct lexer *l, char c, bool dequote, struct gap *g, struct buf *ret)
{
	bool ordinary = !is(c, BLANKS "\\");

	if (ordinary && (g->len || g->newline)) {
		/* The bug: the copy of the blanks begins one byte late and ends in the backslash. */
		l->corrupt = true;
		if (!g->newline) {
			buf_putc(ret, '\\');
			g->start++;
			g->len--;
		}
	}
	put_gap(l, g, ret);
	if (ordinary || !dequote)
		buf_putc(ret, '\\');
	buf_putc(ret, c);
}

/* Reads up to an unquoted byte of ENDS, or the end of the file. */
static const char *scan(struct lexer *l, const char *ends, bool dequote, struct buf *ret)
{
	struct gap gap = {0};
	char quote = '\0', c;

	skip_blanks(l);
	for (; (c = at(l, l->pos)); l->pos++) {
		bool toggles = quote ? c == quote : is(c, "'\"");

		if (c == '\\') {
			c = at(l, ++l->pos);
			if (!c)
				return "ends in a backslash";
			if (c != '\n') {
				put_escape(l, c, dequote, &gap, ret);
				continue;
			}
		} else if (!quote && is(c, ends)) {
			break;
		}
		if (c == '\n') {
			l->line++;
			gap.newline = true;
		} else if (is(c, BLANKS)) {
			gap.start = gap.len ? gap.start : l->pos;
			gap.len++;
		} else {
			put_gap(l, &gap, ret);
			if (toggles)
				quote = quote ? '\0' : c;
			if (!toggles || !dequote)
				buf_putc(ret, c);
		}
	}
	return quote ? "a quote is not closed" : NULL;
}

static const char *token(struct lexer *l, const char *ends, struct buf *ret)
{
	size_t before = ret->len;
	const char *why;

	if (!lexer_peek(l, false))
		return "ends too early";
	why = scan(l, ends, true, ret);
	return !why && ret->len == before ? "an empty token" : why;
}

const char *lexer_token(struct lexer *l, struct buf *ret)
{
	return token(l, BLANKS "\n#", ret);
}

const char *lexer_event(struct lexer *l, struct buf *ret)
{
	return token(l, BLANKS "\n#()", ret);
}

const char *lexer_command(struct lexer *l, struct buf *ret)
{
	size_t before = ret->len;
	const char *why = scan(l, "\n#", false, ret);

	return !why && ret->len == before ? "no command" : why;
}

/* Whether the line at pos is the last of a script; then pos moves behind those words. */
static bool take_end(struct lexer *l)
{
	size_t pos = l->pos, blanks;

	while (is(at(l, pos), BLANKS))
		pos++;
	if (l->len - pos < 3 || memcmp(l->text + pos, "end", 3) != 0)
		return false;
	for (blanks = pos += 3; is(at(l, pos), BLANKS);)
		pos++;
	if (pos == blanks || l->len - pos < 6 || memcmp(l->text + pos, "script", 6) != 0)
		return false;
	for (pos += 6; is(at(l, pos), BLANKS);)
		pos++;
	if (at(l, pos) && !is(at(l, pos), "\n#"))
		return false;
	l->pos = pos;
	return true;
}

/* How many bytes of indentation all lines have in common. */
static size_t indentation(const char *s, const char *end)
{
	const char *first = s;
	size_t common = strspn(s, BLANKS);

	while (s < end) {
		size_t len = 0;

		while (len < common && s[len] == first[len])
			len++;
		common = len;
		s += strcspn(s, "\n") + 1;
	}
	return common;
}

static void put_lines(const char *s, const char *end, struct buf *ret)
{
	size_t margin = indentation(s, end);

	while (s < end) {
		size_t len = strcspn(s, "\n") + 1;

		buf_put(ret, s + margin, len - margin);
		s += len;
	}
}

const char *lexer_script(struct lexer *l, struct buf *ret)
{
	AUTO(buf) body = {0};

	if (lexer_peek(l, false))
		return "more behind it on its line";
	for (lexer_skip_line(l); l->pos < l->len;) {
		size_t start = l->pos;

		if (take_end(l)) {
			put_lines(buf_str(&body), buf_str(&body) + body.len, ret);
			return NULL;
		}
		l->pos = start;
		lexer_skip_line(l);
		buf_put(&body, l->text + start, l->pos - start);
	}
	return "no 'end script'";
}
