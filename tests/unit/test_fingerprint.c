/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <string.h>

#include "base/macros.h"
#include "ssh/fingerprint.h"

#define PRINT "SHA256:2VqRFOxbuuPfqGoungm0y/9uQ2dga8shqeHpo3iWv14"

static void reads_what_ssh_keygen_prints(void **state UNUSED)
{
	static const struct { const char *in; unsigned bits; const char *text, *type; } rows[] = {
		{ "256 " PRINT " root@vm (ED25519)\n", 256, PRINT, "ED25519" },
		{ "256 " PRINT " no comment (ED25519)\n256 SHA256:x y (RSA)\n", 256, PRINT, "ED25519" },
		{ "3072 " PRINT " a (b) c (RSA)", 3072, PRINT, "RSA" },
		{ "256 " PRINT "  (ED25519-SK)\r\n", 256, PRINT, "ED25519-SK" },
		/* Until 6.7. */
		{ "2048 4a:0b:ff k.pub (RSA)\n", 2048, "MD5:4a:0b:ff", "RSA" },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct fingerprint f;

		if (!fingerprint_parse(rows[i].in, &f))
			fail_msg("%s: not read", rows[i].in);
		assert_int_equal(f.bits, rows[i].bits);
		assert_string_equal(f.text, rows[i].text);
		assert_string_equal(f.type, rows[i].type);
	}
}

static void refuses_what_is_none(void **state UNUSED)
{
	static const char *const bad[] = {
		"", "\n", "256", "256 ", "(RSA)", "256 " PRINT, "256 " PRINT " x", "x is not a public key file.\n",
		"256 " PRINT " ()", "256 SHA256:\033[2J x (RSA)", "256 " PRINT " x (R\033SA)", "-1 " PRINT " x (RSA)",
		"99999999 " PRINT " x (RSA)", "256  x (RSA)", "256 (RSA)", "\n256 " PRINT " x (RSA)",
	};

	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct fingerprint f = { .bits = 4711 };

		if (fingerprint_parse(bad[i], &f))
			fail_msg("row %zu is read: %u '%s' '%s'", i, f.bits, f.text, f.type);
		assert_int_equal(f.bits, 4711);
	}
}

static void compares(void **state UNUSED)
{
	static const struct { const char *typed; bool same; } rows[] = {
		{ PRINT, true }, { PRINT "=", true }, { PRINT "4", false }, { "", false }, { "=", false },
		{ "SHA256:", false }, { "SHA256:2VqRFOxbuuPfqGoungm0y/9uQ2dga8shqeHpo3iWv1", false },
		{ "sha256:2VqRFOxbuuPfqGoungm0y/9uQ2dga8shqeHpo3iWv14", false },
	};
	const struct fingerprint f = { .text = PRINT }, none = { .text = "" };

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		if (fingerprint_is(&f, rows[i].typed) != rows[i].same)
			fail_msg("'%s'", rows[i].typed);
		assert_false(fingerprint_is(&none, rows[i].typed));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_what_ssh_keygen_prints),
		cmocka_unit_test(refuses_what_is_none),
		cmocka_unit_test(compares),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
