/* SPDX-License-Identifier: MIT */
#include "base/shellquote.h"

#include "base/utf8.h"

static void put_word(const char *s, struct buf *ret)
{
	if (*s && !s[word_span(s, "_./:@%+,=-")]) {
		buf_puts(ret, s);
		return;
	}
	buf_putc(ret, '\'');
	for (; *s; s++)
		if (*s == '\'')
			buf_puts(ret, "'\\''");
		else
			buf_putc(ret, *s);
	buf_putc(ret, '\'');
}

void shell_quote(const struct strv *words, struct buf *ret)
{
	for (size_t i = 0; i < words->len; i++) {
		if (i)
			buf_putc(ret, ' ');
		put_word(words->v[i], ret);
	}
}
