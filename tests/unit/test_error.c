/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "base/error.h"
#include "base/utf8.h"

static void cleans_what_it_quotes(void **state UNUSED)
{
	static const struct { const char *in, *out; } rows[] = {
		{ "home.ini:4: Port = 0", "home.ini:4: Port = 0" },
		{ "", "" },
		{ "\x1b[2Jred", "?[2Jred" },
		{ "a\nb", "a?b" },
		{ "\xff", "?" },
		{ "100%n", "100%n" },
		{ "\xc3\xa4", "\xc3\xa4" },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct error e = {0};

		assert_int_equal(error_set(&e, -EINVAL, "%s", rows[i].in), -EINVAL);
		assert_int_equal(e.code, -EINVAL);
		assert_string_equal(e.text, rows[i].out);
	}
}

static void adds_the_reason(void **state UNUSED)
{
	struct error e = {0};

	assert_int_equal(error_errno(&e, -ENOENT, "/etc/%s", "x\x07y"), -ENOENT);
	assert_int_equal(e.code, -ENOENT);
	assert_string_equal(e.text, "/etc/x?y: No such file or directory");
}

static void cuts_and_never_overflows(void **state UNUSED)
{
	char text[1500];

	for (size_t len = 480; len < 540; len++)
		for (int wide = 0; wide < 2; wide++) {
			struct error e = {0};

			memset(text, 'x', len);
			text[len] = '\0';
			if (wide)
				for (size_t i = len % 2; i + 1 < len; i += 2)
					memcpy(text + i, "\xc3\xa4", 2);
			(void)error_set(&e, -EIO, "%s", text);
			assert_true(strlen(e.text) == (len < sizeof(e.text) ? len : sizeof(e.text) - 1));
			assert_null(text_check(e.text, strlen(e.text)));
			(void)error_errno(&e, -EIO, "%s", text);
			assert_true(strlen(e.text) < sizeof(e.text));
			assert_null(text_check(e.text, strlen(e.text)));
		}
}

static void nobody_has_to_listen(void **state UNUSED)
{
	assert_int_equal(error_set(NULL, -EPERM, "%d", 1), -EPERM);
	assert_int_equal(error_errno(NULL, -EPERM, "%d", 1), -EPERM);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cleans_what_it_quotes),
		cmocka_unit_test(adds_the_reason),
		cmocka_unit_test(cuts_and_never_overflows),
		cmocka_unit_test(nobody_has_to_listen),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
