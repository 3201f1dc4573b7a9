/* SPDX-License-Identifier: MIT */
#include "base/table.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

enum { COLUMNS_MAX = 16, GAP = 2, LAST_MIN = 10, BELOW = 4 };

/* Bytes of the colour that S begins with, or 0. */
static size_t colour_span(const char *s)
{
	size_t n;

	if (s[0] != '\033' || s[1] != '[')
		return 0;
	n = 2 + strspn(s + 2, "0123456789;");
	return s[n] == 'm' ? n + 1 : 0;
}

/* The character that S, which is UTF-8 or nearly so, begins with. */
static uint32_t character(const char *s)
{
	const unsigned char *p = (const unsigned char *)s;
	uint32_t c = *p < 0x80 ? *p : *p < 0xe0 ? *p & 0x1f : *p < 0xf0 ? *p & 0x0f : *p & 0x07;

	for (p++; (*p & 0xc0) == 0x80; p++)
		c = c << 6 | (*p & 0x3f);
	return c;
}

/* Columns that it takes. Not wcwidth(3): that follows LC_CTYPE, and what is printed here is UTF-8 whatever it says. */
static size_t width_of(const char *s)
{
	static const struct { uint32_t first, last; unsigned width; } ranges[] = {
		{ 0x300, 0x36f, 0 }, /* what is put on the letter before it */
		{ 0x1100, 0x115f, 2 }, { 0x200b, 0x200f, 0 }, { 0x20d0, 0x20ff, 0 }, { 0x2e80, 0x303e, 2 },
		{ 0x3041, 0xa4cf, 2 }, { 0xa960, 0xa97f, 2 }, { 0xac00, 0xd7a3, 2 }, { 0xf900, 0xfaff, 2 },
		{ 0xfe00, 0xfe0f, 0 }, { 0xfe30, 0xfe6f, 2 }, { 0xff01, 0xff60, 2 }, { 0xffe0, 0xffe6, 2 },
		{ 0x1f300, 0x1f64f, 2 }, { 0x1f680, 0x1f6ff, 2 }, { 0x1f900, 0x1f9ff, 2 }, { 0x20000, 0x3fffd, 2 },
	};
	uint32_t c = (unsigned char)*s < 0x80 ? 0 : character(s); /* nearly all there is */

	for (size_t i = 0; c >= ranges[0].first && i < ARRAY_LEN(ranges); i++)
		if (c >= ranges[i].first && c <= ranges[i].last)
			return ranges[i].width;
	return 1;
}

/* Bytes of the next character with the colours before it; RET_WIDTH: what it takes on the terminal. */
static size_t step(const char *s, size_t *ret_width)
{
	size_t n = 0, colour;

	while ((colour = colour_span(s + n)))
		n += colour;
	*ret_width = s[n] && s[n] != '\n' ? width_of(s + n) : 0;
	if (s[n] && s[n] != '\n')
		n++;
	while (((unsigned char)s[n] & 0xc0) == 0x80)
		n++;
	return n;
}

size_t table_width(const char *s, size_t len)
{
	const char *end = s + len;
	size_t width = 0, one;

	while (s < end && *s) {
		size_t n = step(s, &one);

		width += one;
		s += n ? n : 1;
	}
	return width;
}

static size_t line_len(const char *s)
{
	return strcspn(s, "\n");
}

/* Of its widest line. */
static size_t cell_width(const char *s)
{
	size_t widest = 0;

	for (;;) {
		size_t len = line_len(s), width = table_width(s, len);

		widest = width > widest ? width : widest;
		if (!s[len])
			return widest;
		s += len + 1;
	}
}

/* A line may end before this blank: not where a unit would be torn from its number, as in "2 m". */
static bool is_gap(const char *s)
{
	return s[0] == ' ' && !(s[1] >= 'a' && s[1] <= 'z' && (!s[2] || strchr(" ,;)", s[2])));
}

/* How many bytes of S go into a line of WIDTH characters: whole words if any fits, else as much as there is room. */
static size_t fit(const char *s, size_t width)
{
	size_t i = 0, used = 0, blank = 0, one;
	bool words = false; /* blanks at the start are no gap */

	while (s[i] && s[i] != '\n') {
		size_t n = step(s + i, &one);

		if (used + one > width)
			return blank && !is_gap(s + i) ? blank : i;
		if (words && is_gap(s + i))
			blank = i;
		words |= s[i] != ' ';
		used += one;
		i += n;
	}
	return i;
}

static void put_blanks(size_t n, struct buf *ret)
{
	while (n--)
		buf_putc(ret, ' ');
}

static void end_line(struct buf *ret)
{
	while (ret->len && ret->s[ret->len - 1] == ' ')
		ret->s[--ret->len] = '\0';
	buf_putc(ret, '\n');
}

/* What is left of a cell: takes its next line, of at most WIDTH characters (0: no limit). */
static void put_line(const char **cell, size_t width, struct buf *ret)
{
	size_t len = width ? fit(*cell, width) : line_len(*cell);
	const char *s = *cell;

	buf_put(ret, s, len);
	s += len;
	if (*s == '\n')
		s++;
	else
		s += strspn(s, " ");
	*cell = s;
}

/* How a table is laid out. */
struct layout {
	size_t columns, widths[COLUMNS_MAX], used; /* used: by all but the last column */
	size_t last;                               /* characters of the last one, 0: no limit */
	bool below;
};

/* Prose has lines of its own, so that the column before it is the last of the row and must not go beyond WIDTH. */
static void shrink(struct layout *l, size_t width)
{
	size_t *widest = &l->widths[l->columns - 2], before = l->used - *widest - GAP;

	if (before + *widest > width)
		*widest = width > before + LAST_MIN ? width - before : LAST_MIN;
	l->used = BELOW;
}

static struct layout lay_out(const struct strv *cells, size_t columns, size_t width, size_t least)
{
	struct layout l = { .columns = columns };

	for (size_t i = 0; i < cells->len; i++) {
		size_t n = cell_width(cells->v[i]);

		if (n > l.widths[i % columns])
			l.widths[i % columns] = n;
	}
	for (size_t c = 0; c + 1 < columns; c++)
		l.used += l.widths[c] + GAP;
	l.below = columns > 1 && width && least && width < l.used + least && width < l.used + l.widths[columns - 1];
	if (!width)
		return l;
	if (l.below)
		shrink(&l, width);
	l.last = width > l.used + LAST_MIN ? width - l.used : LAST_MIN;
	return l;
}

/* Whether one of the cells but the last has lines left. */
static bool has_more(const struct layout *l, const char *const *rest)
{
	for (size_t c = 0; c + 1 < l->columns; c++)
		if (*rest[c])
			return true;
	return false;
}

static void put_row(const struct layout *l, char *const *cells, struct buf *ret)
{
	const char *rest[COLUMNS_MAX];
	size_t last = l->columns - 1;
	bool first = true;

	for (size_t c = 0; c < l->columns; c++)
		rest[c] = cells[c];
	for (; first || has_more(l, rest) || (!l->below && *rest[last]); first = false) {
		for (size_t c = 0; c < last; c++) {
			size_t at = ret->len;

			put_line(&rest[c], l->widths[c], ret);
			put_blanks(l->widths[c] + GAP - table_width(buf_str(ret) + at, ret->len - at), ret);
		}
		if (!l->below)
			put_line(&rest[last], l->last, ret);
		end_line(ret);
	}
	while (*rest[last]) {
		put_blanks(l->used, ret);
		put_line(&rest[last], l->last, ret);
		end_line(ret);
	}
}

void table_print_prose(const struct strv *cells, size_t columns, size_t width, size_t least, struct buf *ret)
{
	struct layout l = lay_out(cells, columns, width, least);

	for (size_t row = 0; row + columns <= cells->len; row += columns)
		put_row(&l, cells->v + row, ret);
}

void table_print(const struct strv *cells, size_t columns, size_t width, struct buf *ret)
{
	table_print_prose(cells, columns, width, 0, ret);
}
