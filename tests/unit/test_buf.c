/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"

static void grows_and_stays_terminated(void **state UNUSED)
{
	AUTO(buf) b = {0};
	AUTO_FREE char *taken = NULL;

	assert_string_equal(buf_str(&b), "");
	for (size_t i = 0; i < 5000; i++) {
		buf_putc(&b, (char)('a' + i % 26));
		assert_int_equal(b.len, i + 1);
		assert_int_equal(b.s[b.len], '\0');
		assert_true(b.cap > b.len);
	}
	for (size_t i = 0; i < 5000; i++)
		assert_int_equal(b.s[i], 'a' + i % 26);

	buf_clear(&b);
	assert_int_equal(b.len, 0);
	assert_string_equal(buf_str(&b), "");
	buf_puts(&b, "kept");
	taken = buf_take(&b);
	assert_string_equal(taken, "kept");
	assert_int_equal(b.len, 0);
	assert_null(b.s);
}

static void keeps_every_byte(void **state UNUSED)
{
	AUTO(buf) b = {0};

	buf_put(&b, "a\0b", 3);
	buf_put(&b, NULL, 0);
	buf_puts(&b, "");
	assert_int_equal(b.len, 3);
	assert_memory_equal(b.s, "a\0b", 4);
}

static void formats_any_length(void **state UNUSED)
{
	static const int widths[] = { 0, 1, 126, 127, 128, 129, 255, 256, 4096, 100000 };

	for (size_t i = 0; i < ARRAY_LEN(widths); i++) {
		AUTO(buf) b = {0};

		buf_puts(&b, "<");
		buf_printf(&b, "%*s%s%d", widths[i], "", "x", 42);
		buf_puts(&b, ">");
		assert_int_equal(b.len, (size_t)widths[i] + 5);
		assert_int_equal(strlen(b.s), b.len);
		assert_string_equal(b.s + b.len - 4, "x42>");
	}
}

static void reserves_what_was_asked(void **state UNUSED)
{
	static const size_t sizes[] = { 0, 1, 127, 128, 4096, 1000000 };
	AUTO(buf) b = {0};

	for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
		char *end = buf_reserve(&b, sizes[i]);

		assert_ptr_equal(end, b.s + b.len);
		memset(end, 'r', sizes[i]); /* the sanitizer watches */
		b.len += sizes[i];
		buf_puts(&b, "!");
		assert_int_equal(b.s[b.len - 1], '!');
		assert_int_equal(b.s[b.len], '\0');
	}
}

static void strings_follow_one_another(void **state UNUSED)
{
	AUTO(buf) b = {0};

	buf_cat(&b, "/etc");
	assert_string_equal(b.s, "/etc");
	buf_cat(&b, "/", "", "a%sb", ".ini");
	assert_string_equal(b.s, "/etc/a%sb.ini");
	assert_int_equal(b.len, strlen(b.s));
}

static void empty_ones_are_legal(void **state UNUSED)
{
	AUTO(buf) b = {0};
	AUTO_FREE char *taken = buf_take(&b);

	assert_string_equal(taken, "");
	buf_clear(&b);
	buf_done(&b);
	buf_done(&b);
	assert_string_equal(buf_str(&b), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(grows_and_stays_terminated),
		cmocka_unit_test(keeps_every_byte),
		cmocka_unit_test(formats_any_length),
		cmocka_unit_test(reserves_what_was_asked),
		cmocka_unit_test(strings_follow_one_another),
		cmocka_unit_test(empty_ones_are_legal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
