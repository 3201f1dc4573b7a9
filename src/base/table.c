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

static void put_cut(struct buf *ret, const char *s, size_t width)
{
	size_t n = 0;

	if (!width || text_width(s) <= width) {
		buf_puts(ret, s);
		return;
	}
	for (; *s && (n + 3 < width || ((unsigned char)*s & 0xc0) == 0x80); s++) {
		n += ((unsigned char)*s & 0xc0) != 0x80;
		buf_putc(ret, *s);
	}
	buf_puts(ret, "...");
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
		put_cut(ret, cells->v[row + columns - 1], width > used + 10 ? width - used : width ? 10 : 0);
		while (ret->len && ret->s[ret->len - 1] == ' ')
			ret->s[--ret->len] = '\0';
		buf_putc(ret, '\n');
	}
}
