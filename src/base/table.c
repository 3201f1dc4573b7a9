/* SPDX-License-Identifier: MIT */
#include "base/table.h"

#include <string.h>

/* Characters, not bytes: what a UTF-8 terminal shows (nothing here prints wide characters). */
static size_t text_width(const char *s)
{
	size_t n = 0;

	for (; *s; s++)
		n += ((unsigned char)*s & 0xc0) != 0x80;
	return n;
}

/* How many bytes of S go into a line of WIDTH characters: whole words if any fits, else as much as there is room. */
static size_t fit(const char *s, size_t width)
{
	size_t n = 0, i = 0, blank = 0;

	for (; s[i]; i++) {
		if (((unsigned char)s[i] & 0xc0) != 0x80 && n++ == width)
			return blank ? blank : i;
		if (s[i] == ' ')
			blank = i;
	}
	return i;
}

/* The last cell of a row, continued below itself where the terminal ends. */
static void put_wrapped(struct buf *ret, const char *s, size_t indent, size_t width)
{
	while (width && text_width(s) > width) {
		size_t len = fit(s, width);

		buf_put(ret, s, len);
		buf_putc(ret, '\n');
		for (size_t i = 0; i < indent; i++)
			buf_putc(ret, ' ');
		s += len;
		s += strspn(s, " ");
	}
	buf_puts(ret, s);
}

void table_print(const struct strv *cells, size_t columns, size_t width, struct buf *ret)
{
	size_t widths[16] = {0};

	for (size_t i = 0; i < cells->len; i++) {
		size_t n = text_width(cells->v[i]);

		if (n > widths[i % columns])
			widths[i % columns] = n;
	}
	for (size_t row = 0; row + columns <= cells->len; row += columns) {
		size_t used = 0;

		for (size_t c = 0; c + 1 < columns; c++) {
			const char *s = cells->v[row + c];

			buf_puts(ret, s);
			for (size_t n = text_width(s); n < widths[c] + 2; n++)
				buf_putc(ret, ' ');
			used += widths[c] + 2;
		}
		put_wrapped(ret, cells->v[row + columns - 1], used, width > used + 10 ? width - used : width ? 10 : 0);
		while (ret->len && ret->s[ret->len - 1] == ' ')
			ret->s[--ret->len] = '\0';
		buf_putc(ret, '\n');
	}
}
