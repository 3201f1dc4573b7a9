/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/macros.h"
#include "base/utf8.h"

#define CONTROL "a control character"
#define INVALID "invalid UTF-8"
#define NONCHARACTER "a Unicode noncharacter"

static void judges_and_cleans(void **state UNUSED)
{
	/* clean NULL: as it was. Each refused byte becomes one '?'. */
	static const struct { const char *in, *why, *clean; } rows[] = {
		{ "", NULL, NULL },
		{ "plain text ~ !", NULL, NULL },
		{ "a\tb", NULL, NULL },
		{ "\xc3\xa4 \xe2\x82\xac \xf0\x9f\x94\x92", NULL, NULL },
		{ "\xef\xbb\xbf", NULL, NULL },                    /* U+FEFF is a character */
		{ "\xc2\x80", CONTROL, "??" },                     /* first of C1 */
		{ "\xc2\x9b" "31m", CONTROL, "??31m" },            /* CSI */
		{ "\xc2\x9f", CONTROL, "??" },                     /* last of C1 */
		{ "\xc2\xa0", NULL, NULL },                        /* no-break space */
		{ "a\xe2\x80\x8d" "b", NULL, NULL },               /* U+200D joins letters, and is text */
		{ "\xe2\x80\x8e", NULL, "???" },                  /* U+200E, the writing direction */
		{ "\xe2\x80\x8f", NULL, "???" },                  /* U+200F */
		{ "\xe2\x80\x90", NULL, NULL },                   /* U+2010, a hyphen */
		{ "\xe2\x80\xa7", NULL, NULL },                   /* U+2027 */
		{ "a\xe2\x80\xa8" "b", NULL, "a???b" },            /* U+2028, an end of a line */
		{ "\xe2\x80\xa9", NULL, "???" },                  /* U+2029 */
		{ "\xe2\x80\xaa", NULL, "???" },                  /* U+202A */
		{ "\xe2\x80\xae" "gpj.exe", NULL, "???gpj.exe" }, /* U+202E */
		{ "\xe2\x80\xaf", NULL, NULL },                   /* U+202F, a narrow blank */
		{ "\xe2\x81\xa5", NULL, NULL },                   /* U+2065 */
		{ "\xe2\x81\xa6", NULL, "???" },                  /* U+2066 */
		{ "\xe2\x81\xa9", NULL, "???" },                  /* U+2069 */
		{ "\xe2\x81\xaa", NULL, NULL },                   /* U+206A */
		{ "\xdf\xbf", NULL, NULL },                        /* last of 2 bytes */
		{ "\xe0\xa0\x80", NULL, NULL },                    /* first of 3 bytes */
		{ "\xed\x9f\xbf", NULL, NULL },                    /* in front of the surrogates */
		{ "\xed\xa0\x80", INVALID, "???" },                /* U+D800 */
		{ "\xed\xbf\xbf", INVALID, "???" },                /* U+DFFF */
		{ "\xee\x80\x80", NULL, NULL },                    /* behind them */
		{ "\xf0\x90\x80\x80", NULL, NULL },                /* first of 4 bytes */
		{ "\xf4\x8f\xbf\xbd", NULL, NULL },                /* U+10FFFD */
		{ "\xf4\x90\x80\x80", INVALID, "????" },           /* U+110000 */
		{ "\xf8\x88\x80\x80\x80", INVALID, "?????" },      /* 5 bytes */
		{ "\xfc\x84\x80\x80\x80\x80", INVALID, "??????" }, /* 6 bytes */
		{ "\xfe", INVALID, "?" },
		{ "\xff", INVALID, "?" },
		{ "\x80", INVALID, "?" },                          /* continuation alone */
		{ "a\xc3", INVALID, "a?" },                        /* cut short */
		{ "a\xe2\x82", INVALID, "a??" },
		{ "a\xf0\x9f\x94", INVALID, "a???" },
		{ "\xc3" "b", INVALID, "?b" },
		{ "\xe2\x82" "b", INVALID, "??b" },
		{ "\xc0\x80", INVALID, "??" },                     /* overlong NUL */
		{ "\xc0\xaf", INVALID, "??" },                     /* overlong '/' */
		{ "\xc1\xbf", INVALID, "??" },
		{ "\xe0\x80\xaf", INVALID, "???" },
		{ "\xe0\x9f\xbf", INVALID, "???" },
		{ "\xf0\x80\x80\xaf", INVALID, "????" },
		{ "\xf0\x8f\xbf\xbf", INVALID, "????" },
		{ "\xef\xb7\x8f", NULL, NULL },                    /* U+FDCF */
		{ "\xef\xb7\x90", NONCHARACTER, "???" },           /* U+FDD0 */
		{ "\xef\xb7\xaf", NONCHARACTER, "???" },           /* U+FDEF */
		{ "\xef\xb7\xb0", NULL, NULL },                    /* U+FDF0 */
		{ "\xef\xbf\xbd", NULL, NULL },                    /* U+FFFD */
		{ "\xef\xbf\xbe", NONCHARACTER, "???" },           /* U+FFFE */
		{ "\xef\xbf\xbf", NONCHARACTER, "???" },           /* U+FFFF */
		{ "\xf0\x9f\xbf\xbe", NONCHARACTER, "????" },      /* U+1FFFE */
		{ "\xf4\x8f\xbf\xbf", NONCHARACTER, "????" },      /* U+10FFFF */
		{ "\x1b[2J", CONTROL, "?[2J" },
		{ "a\nb", CONTROL, "a?b" },
		{ "a\rb", CONTROL, "a?b" },
		{ "\x7f", CONTROL, "?" },
		{ "good \x01 \xff \xc2\x85 good", CONTROL, "good ? ? ?? good" },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO_FREE char *copy = xstrdup(rows[i].in);
		const char *why = text_check(copy, strlen(copy));

		if ((why == NULL) != (rows[i].why == NULL) || (why && strcmp(why, rows[i].why) != 0))
			fail_msg("row %zu: %s, wanted %s", i, why ? why : "good",
				 rows[i].why ? rows[i].why : "good");
		text_clean(copy);
		assert_string_equal(copy, rows[i].clean ? rows[i].clean : rows[i].in);
		assert_null(text_check(copy, strlen(copy)));
	}
}

static void sees_a_nul(void **state UNUSED)
{
	assert_string_equal(text_check("a\0b", 3), "a NUL byte");
	assert_string_equal(text_check("", 1), "a NUL byte");
	assert_null(text_check("a\0b", 1));
}

static void never_reads_behind_the_end(void **state UNUSED)
{
	static const char *const cut[] = { "\xc3\xa4", "\xe2\x82\xac", "\xf0\x9f\x94\x92" };

	for (size_t i = 0; i < ARRAY_LEN(cut); i++)
		for (size_t len = 1; len < strlen(cut[i]); len++) {
			/* As large as the text: the sanitizer watches what is behind it. */
			AUTO_FREE char *exact = xrealloc(NULL, len);

			memcpy(exact, cut[i], len);
			assert_string_equal(text_check(exact, len), INVALID);
		}
}

static void every_character_is_judged(void **state UNUSED)
{
	unsigned good = 0;

	for (unsigned c = 0x80; c <= 0x10ffff; c++) {
		char s[5] = {0};
		size_t len = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
		static const unsigned char lead[] = { 0, 0, 0xc0, 0xe0, 0xf0 };

		for (size_t i = len; i-- > 1;)
			s[i] = (char)(0x80 | (c >> (6 * (len - 1 - i)) & 0x3f));
		s[0] = (char)(lead[len] | c >> (6 * (len - 1)));
		good += text_check(s, len) == NULL;
	}
	/* All but C1 (32), surrogates (2048) and noncharacters (32 + 2 in each of 17 planes). */
	assert_int_equal(good, 0x110000 - 0x80 - 32 - 2048 - 32 - 34);
}

static void words_end_at_the_first_other_byte(void **state UNUSED)
{
	static const char all[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

	for (int c = 0; c < 256; c++) {
		char s[] = { 'a', (char)c, '/', '\0' };
		bool letter = c && strchr(all, c);

		assert_int_equal(word_span(s, ""), letter ? 2 : 1);
		assert_int_equal(word_span(s, "/._"), letter || (c && strchr("/._", c)) ? 3 : 1);
	}
	assert_int_equal(word_span("", "-"), 0);
	assert_int_equal(word_span(all, ""), strlen(all));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(judges_and_cleans),
		cmocka_unit_test(sees_a_nul),
		cmocka_unit_test(never_reads_behind_the_end),
		cmocka_unit_test(every_character_is_judged),
		cmocka_unit_test(words_end_at_the_first_other_byte),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
