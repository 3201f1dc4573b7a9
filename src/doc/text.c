/* SPDX-License-Identifier: MIT */
#include "doc/text.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

enum { WIDTH = 78 };

/* The characters that a typesetter would make prettier, and nobody could copy into a shell (mandoc_char(7)). */
static const char *escape(char c)
{
	switch (c) {
	case '\\':
		return "\\e";
	case '\'':
		return "\\(aq";
	case '`':
		return "\\(ga";
	case '~':
		return "\\(ti";
	case '^':
		return "\\(ha";
	default:
		return NULL;
	}
}

static void put_char(const char *word, size_t i, struct buf *ret)
{
	const char *escaped = escape(word[i]);

	if (escaped)
		buf_puts(ret, escaped);
	else if (word[i] == '-' && (i == 0 || !isalnum((unsigned char)word[i - 1]))) /* -o, --user; not a hyphen */
		buf_puts(ret, "\\-");
	else
		buf_putc(ret, word[i]);
}

static void put_word(const char *word, size_t len, bool capital, struct buf *ret)
{
	if (*word == '.' || *word == '\'')
		buf_puts(ret, "\\&");
	for (size_t i = 0; i < len; i++) {
		size_t at = ret->len;

		put_char(word, i, ret);
		if (capital && i == 0)
			ret->s[at] = (char)toupper((unsigned char)ret->s[at]);
	}
}

static bool ends_sentence(const char *word, size_t len)
{
	return strchr(".?!", word[len - 1]) && !(len > 3 && !strncmp(word + len - 3, "...", 3));
}

/* A word that is typed as it stands keeps its case: NAME=VALUE, host:port, ~/.ssh, tunnelctl. */
static bool is_plain(const char *word, size_t len)
{
	static const char *const names[] = { "ssh", "systemd", "launchd", "upstart", "tunnelctl" };

	for (size_t i = 0; i < len; i++)
		if (!islower((unsigned char)word[i]) && !(i + 1 == len && ispunct((unsigned char)word[i])))
			return false;
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (!strncmp(word, names[i], strlen(names[i])))
			return false;
	return true;
}

void text_mdoc(const char *text, struct buf *ret)
{
	size_t column = 0, len = 0;
	bool first = true;

	for (const char *w = text + strspn(text, " "); *w; w += len, w += strspn(w, " ")) {
		size_t at;

		len = strcspn(w, " ");
		if (column && column + 1 + len > WIDTH) {
			buf_putc(ret, '\n');
			column = 0;
		}
		if (column)
			buf_putc(ret, ' ');
		at = ret->len;
		put_word(w, len, first && is_plain(w, len), ret);
		column += (column != 0) + ret->len - at;
		first = false;
		if (ends_sentence(w, len)) {
			buf_putc(ret, '\n');
			column = 0;
		}
	}
	if (column)
		buf_puts(ret, ".\n");
}

void text_mdoc_argument(const char *text, struct buf *ret)
{
	buf_putc(ret, '"');
	for (size_t i = 0; text[i]; i++) {
		if (text[i] == '"')
			buf_puts(ret, "\\(dq");
		else
			put_char(text, i, ret);
	}
	buf_putc(ret, '"');
}

void text_sh(const char *text, struct buf *ret)
{
	buf_putc(ret, '\'');
	for (; *text; text++) {
		if (*text == '\'')
			buf_puts(ret, "'\\''");
		else
			buf_putc(ret, *text);
	}
	buf_putc(ret, '\'');
}

void text_fish(const char *text, struct buf *ret)
{
	buf_putc(ret, '\'');
	for (; *text; text++) {
		if (*text == '\'' || *text == '\\')
			buf_putc(ret, '\\');
		buf_putc(ret, *text);
	}
	buf_putc(ret, '\'');
}

void text_zsh(const char *text, struct buf *ret)
{
	for (; *text; text++) {
		if (*text == '\'') {
			buf_puts(ret, "'\\''");
			continue;
		}
		if (strchr("[]:\\", *text))
			buf_putc(ret, '\\');
		buf_putc(ret, *text);
	}
}
