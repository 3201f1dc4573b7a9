/* SPDX-License-Identifier: MIT */
#include "quote.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/utf8.h"

/* Bytes that mean themselves, unquoted, anywhere in a word. */
static bool is_bare(const char *s)
{
	return *s && !s[word_span(s, "_./:@,+=-")];
}

/*
 * One double-quoted word. Inside the quotes C escapes and %-specifiers are live, and in a command $ is as well.
 * One code point that systemd does not like drops the whole line, so bytes that are not clean text go as \xHH.
 */
static void put_quoted(const char *s, bool dollar, struct buf *ret)
{
	bool clean = !text_check(s, strlen(s));

	buf_putc(ret, '"');
	for (; *s; s++) {
		unsigned char c = (unsigned char)*s;

		if (c == '\\' || c == '"')
			buf_printf(ret, "\\%c", c);
		else if (c == '%' || (c == '$' && dollar))
			buf_printf(ret, "%c%c", c, c);
		else if (c == '\n')
			buf_puts(ret, "\\n");
		else if (c == '\t')
			buf_puts(ret, "\\t");
		else if (c < 0x20 || c == 0x7f || (c >= 0x80 && !clean))
			buf_printf(ret, "\\x%02x", c);
		else
			buf_putc(ret, (char)c);
	}
	buf_putc(ret, '"');
}

const char *quote_program(const char *path, struct buf *ret)
{
	if (*path != '/')
		return "the program must be an absolute path";
	if (strpbrk(path, "\"'\\") || text_check(path, strlen(path)) || strchr(path, '\t'))
		return "systemd takes no quote, backslash or control character in the path of a program";
	if (is_bare(path))
		buf_puts(ret, path);
	else
		put_quoted(path, false, ret); /* $ is not expanded here, so never doubled */
	return NULL;
}

const char *quote_argument(const char *word, struct buf *ret)
{
	if (is_bare(word))
		buf_puts(ret, word);
	else
		put_quoted(word, true, ret);
	return NULL;
}

const char *quote_environment(const char *assignment, struct buf *ret)
{
	AUTO(buf) text = {0};

	/* Escapes carry control characters, also U+0080 to U+009F; but an assignment that decodes to bad UTF-8
	 * is dropped in silence. */
	buf_puts(&text, assignment);
	for (size_t i = 0; i < text.len; i++)
		if ((unsigned char)text.s[i] < 0x20 || text.s[i] == 0x7f)
			text.s[i] = ' ';
		else if ((unsigned char)text.s[i] == 0xc2 && (text.s[i + 1] & 0xe0) == 0x80)
			text.s[i] = text.s[i + 1] = ' ';
	if (text_check(text.s, text.len))
		return "systemd drops a variable that is not clean UTF-8";
	if (is_bare(assignment))
		buf_puts(ret, assignment);
	else
		put_quoted(assignment, false, ret);
	return NULL;
}

const char *quote_plain(const char *text, struct buf *ret)
{
	size_t len = strlen(text);

	if (text_check(text, len))
		return "a plain string of systemd holds no control characters and only UTF-8";
	if (len && (strchr(" \t", text[0]) || strchr(" \t", text[len - 1])))
		return "systemd strips blanks at either end of a plain string";
	for (const char *percent; (percent = strchr(text, '%')); text = percent + 1) {
		buf_put(ret, text, (size_t)(percent - text));
		buf_puts(ret, "%%");
	}
	buf_puts(ret, text);
	/* A backslash at the end would swallow the next line; the blank behind it is stripped. */
	if (len && ret->s[ret->len - 1] == '\\')
		buf_putc(ret, ' ');
	return NULL;
}
