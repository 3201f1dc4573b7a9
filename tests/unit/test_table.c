/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <string.h>

#include "base/table.h"
#include "base/utf8.h"

#define LONG "the quick brown fox jumps over the lazy dog"

static void prints_at_every_width(void **state UNUSED)
{
	static const struct { const char *cells[8]; size_t columns, width; const char *out; } rows[] = {
		{ { NULL }, 3, 80, "" },
		{ { "a" }, 1, 0, "a\n" },
		{ { "NAME", "STATE", "home", "up" }, 2, 0, "NAME  STATE\nhome  up\n" },
		{ { "a", "b", "c", "long", "x", "y" }, 3, 80, "a     b  c\nlong  x  y\n" },
		/* Blanks at the end of a line are not printed. */
		{ { "a", "", "long", "x" }, 2, 80, "a\nlong  x\n" },
		/* Half a row is none. */
		{ { "a", "b", "c" }, 2, 80, "a  b\n" },
		/* The last column takes what is left: 60 - 6 here. */
		{ { "home", LONG " " LONG }, 2, 60,
		  "home  the quick brown fox jumps over the lazy dog the quick\n"
		  "      brown fox jumps over the lazy dog\n" },
		{ { "home", LONG }, 2, 80, "home  " LONG "\n" },
		{ { "home", LONG " " LONG }, 2, 200, "home  " LONG " " LONG "\n" },
		{ { "home", LONG " " LONG }, 2, 0, "home  " LONG " " LONG "\n" },
		/* A number keeps its unit. */
		{ { "home", "next try in 10 m, failed" }, 2, 20, "home  next try in\n      10 m, failed\n" },
		/* Several lines in a cell; colours have no width. */
		{ { "a\nbcd", "x", "e", "y" }, 2, 80, "a    x\nbcd\ne    y\n" },
		{ { "a", "x\ny z" }, 2, 80, "a  x\n   y z\n" },
		{ { "\033[31mab\033[0m", "x", "abc", "y" }, 2, 80, "\033[31mab\033[0m   x\nabc  y\n" },
		/* An exact fit stays in its line; a word longer than that is broken. */
		{ { "home", "0123456789abcd" }, 2, 20, "home  0123456789abcd\n" },
		{ { "home", "0123456789abcde" }, 2, 20, "home  0123456789abcd\n      e\n" },
		/* Never less than 10 characters, however narrow. */
		{ { "0123456789", "0123456789" }, 2, 1, "0123456789  0123456789\n" },
		{ { "0123456789", "0123456789a" }, 2, 12, "0123456789  0123456789\n            a\n" },
		/* Characters count, not bytes. */
		{ { "\xc3\xa4\xc3\xb6", "x", "abc", "y" }, 2, 80, "\xc3\xa4\xc3\xb6   x\nabc  y\n" },
		{ { "a",
		  "äääääääääää" },
		  2, 13, "a  ääääääääää\n   ä\n" },
		/* Some are wide, and some stand upon the one before. */
		{ { "漢글", "x", "abc", "y" }, 2, 80, "漢글  x\nabc   y\n" },
		{ { "a", "漢字漢字漢字" }, 2, 14, "a  漢字漢字漢\n   字\n" },
		{ { "e\xcc\x81", "x", "🙂", "y" }, 2, 80, "e\xcc\x81   x\n🙂  y\n" },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(strv) cells = {0};
		AUTO(buf) out = {0};

		for (size_t c = 0; c < ARRAY_LEN(rows[i].cells) && rows[i].cells[c]; c++)
			strv_push(&cells, rows[i].cells[c]);
		table_print(&cells, rows[i].columns, rows[i].width, &out);
		assert_string_equal(buf_str(&out), rows[i].out);
	}
}

static void puts_prose_below(void **state UNUSED)
{
	AUTO(strv) cells = {0};
	AUTO(buf) narrow = {0};
	AUTO(buf) narrowest = {0};
	AUTO(buf) wide = {0};

	strv_push(&cells, "home\nhere");
	strv_push(&cells, "up");
	strv_push(&cells, LONG);
	strv_push(&cells, "db");
	strv_push(&cells, "off");
	strv_push(&cells, "");
	table_print_prose(&cells, 3, 30, 28, &narrow);
	assert_string_equal(narrow.s, "home  up\nhere\n    the quick brown fox jumps\n    over the lazy dog\ndb    off\n");
	table_print_prose(&cells, 3, 16, 28, &narrowest);
	assert_string_equal(narrowest.s, "home  up\nhere\n    the quick\n    brown fox\n    jumps over\n    the lazy dog\ndb    off\n");
	table_print_prose(&cells, 3, 39, 28, &wide);
	assert_string_equal(wide.s, "home  up   the quick brown fox jumps\nhere       over the lazy dog\ndb    off\n");
}

static size_t widest_line(const char *s)
{
	size_t widest = 0;

	while (*s) {
		size_t n = 0;

		for (; *s != '\n'; s++)
			n += ((unsigned char)*s & 0xc0) != 0x80;
		s++;
		widest = n > widest ? n : widest;
	}
	return widest;
}

static void is_never_wider_than_the_terminal(void **state UNUSED)
{
	AUTO(strv) cells = {0};

	for (int i = 0; i < 20; i++) {
		strv_pushf(&cells, "tunnel-%d", i * i * i);
		strv_pushf(&cells, "%s", i % 2 ? "up" : "waiting");
		strv_pushf(&cells, "%.*s \xe2\x9c\x93 %s %s", i, LONG, LONG, LONG);
	}
	for (size_t width = 40; width <= 200; width++) {
		AUTO(buf) out = {0};

		table_print(&cells, 3, width, &out);
		assert_true(widest_line(out.s) <= width);
		for (const char *s = out.s, *end; (end = strchr(s, '\n')); s = end + 1)
			assert_null(text_check(s, (size_t)(end - s))); /* no character cut in two */
	}
}

static void appends(void **state UNUSED)
{
	AUTO(strv) cells = {0};
	AUTO(buf) out = {0};

	buf_puts(&out, "before ");
	strv_push(&cells, "x");
	table_print(&cells, 1, 80, &out);
	assert_string_equal(out.s, "before x\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(prints_at_every_width),
		cmocka_unit_test(is_never_wider_than_the_terminal),
		cmocka_unit_test(appends),
		cmocka_unit_test(puts_prose_below),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
