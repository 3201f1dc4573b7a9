/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/strv.h"

static void expect(const struct strv *l, const char *joined)
{
	AUTO(buf) text = {0};

	for (size_t i = 0; i < l->len; i++)
		buf_printf(&text, "%s%s", i ? "|" : "", l->v[i]);
	assert_string_equal(buf_str(&text), joined);
	if (l->len)
		assert_null(l->v[l->len]);
	else
		assert_null(l->v);
}

static void splits_words(void **state UNUSED)
{
	static const struct { const char *in, *out; } rows[] = {
		{ "", "" },
		{ " \t ", "" },
		{ "one", "one" },
		{ "  one\ttwo  three ", "one|two|three" },
		{ "a\nb c", "a\nb|c" },
		{ "\"a b\"", "\"a|b\"" },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(strv) l = {0};

		strv_split(&l, rows[i].in);
		expect(&l, rows[i].out);
	}
}

static void sorts_by_bytes(void **state UNUSED)
{
	static const struct { const char *in, *out; } rows[] = {
		{ "", "" },
		{ "b a c a", "a|a|b|c" },
		{ "10 9 a A", "10|9|A|a" },
		{ "ab a abc", "a|ab|abc" },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(strv) l = {0};

		strv_split(&l, rows[i].in);
		strv_sort(&l);
		expect(&l, rows[i].out);
	}
}

static void always_ends_with_null(void **state UNUSED)
{
	AUTO(strv) l = {0};

	for (size_t i = 0; i < 300; i++) {
		if (i % 3 == 0)
			strv_pushf(&l, "%zu", i);
		else if (i % 3 == 1)
			strv_push_take(&l, xstrndup("takenX", 5));
		else
			strv_push(&l, l.v[0]);
		assert_int_equal(l.len, i + 1);
		assert_null(l.v[l.len]);
	}
	assert_string_equal(l.v[299 - 2], "297");
	assert_string_equal(l.v[298], "taken");
	assert_string_equal(l.v[299], "0");
}

static void finds_and_joins(void **state UNUSED)
{
	AUTO(strv) l = {0};
	AUTO(strv) more = {0};

	assert_false(strv_has(&l, ""));
	strv_push_all(&l, &more);
	expect(&l, "");
	strv_split(&more, "x y");
	strv_push_all(&l, &more);
	strv_push_all(&l, &more);
	expect(&l, "x|y|x|y");
	expect(&more, "x|y");
	assert_true(strv_has(&l, "y"));
	assert_false(strv_has(&l, "Y"));
	assert_false(strv_has(&l, ""));
	strv_done(&l);
	expect(&l, "");
	strv_done(&l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(splits_words),
		cmocka_unit_test(sorts_by_bytes),
		cmocka_unit_test(always_ends_with_null),
		cmocka_unit_test(finds_and_joins),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
