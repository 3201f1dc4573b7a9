/* SPDX-License-Identifier: MIT */
#include "base/buf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

char *buf_reserve(struct buf *b, size_t len)
{
	if (b->cap - b->len <= len) {
		b->cap = (b->len + len + 1) * 2;
		if (b->cap < 128)
			b->cap = 128;
		b->s = xrealloc(b->s, b->cap);
	}
	return b->s + b->len;
}

void buf_put(struct buf *b, const void *bytes, size_t len)
{
	char *end = buf_reserve(b, len);

	if (len)
		memcpy(end, bytes, len);
	end[len] = '\0';
	b->len += len;
}

void buf_putc(struct buf *b, char c)
{
	char *end = buf_reserve(b, 1);

	end[0] = c;
	end[1] = '\0';
	b->len++;
}

void buf_puts(struct buf *b, const char *s)
{
	buf_put(b, s, strlen(s));
}

void buf_cat_all(struct buf *b, const char *const strings[])
{
	for (; *strings; strings++)
		buf_puts(b, *strings);
}

void buf_vprintf(struct buf *b, const char *format, va_list ap)
{
	size_t room;
	va_list again;
	int len;

	va_copy(again, ap);
	(void)buf_reserve(b, 1);
	room = b->cap - b->len;
	len = vsnprintf(b->s + b->len, room, format, ap);
	/* A negative length is an encoding error, which needs %ls: nobody here uses that. */
	if (len >= 0 && (size_t)len >= room)
		(void)vsnprintf(buf_reserve(b, (size_t)len), (size_t)len + 1, format, again);
	if (len >= 0)
		b->len += (size_t)len;
	va_end(again);
}

void buf_printf(struct buf *b, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	buf_vprintf(b, format, ap);
	va_end(ap);
}

const char *buf_str(const struct buf *b)
{
	return b->s ? b->s : "";
}

void buf_clear(struct buf *b)
{
	b->len = 0;
	if (b->s)
		b->s[0] = '\0';
}

char *buf_take(struct buf *b)
{
	char *s = b->s ? b->s : xstrdup("");

	*b = (struct buf){0};
	return s;
}

void buf_done(struct buf *b)
{
	free(b->s);
	*b = (struct buf){0};
}
