/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <string.h>

#include "ssh/letters.h"

static void print_step(const struct letters_step *s, struct buf *ret)
{
	static const char *const kinds[] = {
		[LETTERS_OPTION] = "-", [LETTERS_DESTINATION] = "to ", [LETTERS_COMMAND] = "run ",
		[LETTERS_UNKNOWN] = "unknown -", [LETTERS_MISSING] = "missing -",
	};

	buf_printf(ret, "%s%zu: %s", ret->len ? "; " : "", s->word, kinds[s->kind]);
	if (s->sign)
		buf_putc(ret, s->sign);
	if (s->sign && s->value)
		buf_printf(ret, " %zu:", s->value_word);
	buf_puts(ret, s->value ? s->value : "");
}

static void takes_words_apart(void **state UNUSED)
{
	static const struct { const char *in[8], *out; } rows[] = {
		{ { "ssh" }, "" },
		{ { "ssh", "h" }, "1: to h" },
		{ { "ssh", "-NTp2", "h" }, "1: -N; 1: -T; 1: -p 1:2; 2: to h" },
		{ { "ssh", "-Np", "2", "h" }, "1: -N; 1: -p 2:2; 3: to h" },
		{ { "ssh", "-p", "-N", "h" }, "1: -p 2:-N; 3: to h" },
		{ { "ssh", "h", "-N", "-p", "2", "ls", "-l" }, "1: to h; 2: -N; 3: -p 4:2; 5: run ls" },
		{ { "ssh", "--", "h", "-N" }, "2: to h; 3: run -N" },
		{ { "ssh", "-N", "--", "-h" }, "1: -N; 3: to -h" },
		{ { "ssh", "h", "--", "-N" }, "1: to h; 3: run -N" },
		{ { "ssh", "--" }, "" },
		{ { "ssh", "-e", "--", "h", "-N" }, "1: -e 2:--; 3: to h; 4: run -N" },
		{ { "ssh", "-e", "--", "-C", "h", "-N" }, "1: -e 2:--; 3: -C; 4: to h; 5: -N" },
		{ { "ssh", "-", "-N" }, "1: to -; 2: -N" },
		{ { "ssh", "", "-N" }, "1: to ; 2: -N" },
		{ { "ssh", "--help", "-N" }, "1: unknown --; 2: -N" },
		{ { "ssh", "-N -T", "h" }, "1: -N; 1: unknown - ; 2: to h" },
		{ { "ssh", "-p" }, "1: missing -p" },
		{ { "ssh", "h", "-Np" }, "1: to h; 2: -N; 2: missing -p" },
		{ { "ssh", "-p", "", "h" }, "1: -p 2:; 3: to h" },
		{ { "ssh", "-M", "0", "h" }, "1: -M; 2: to 0; 3: run h" },
		{ { "autossh", "-M", "0", "h" }, "1: -M 2:0; 3: to h" },
		{ { "autossh", "-fM0", "h" }, "1: -f; 1: -M 1:0; 2: to h" },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(strv) argv = {0};
		AUTO(buf) text = {0};
		struct letters letters = { .argv = &argv, .next = 1, .autossh = *rows[i].in[0] == 'a' };
		struct letters_step step;

		for (size_t j = 0; j < ARRAY_LEN(rows[i].in) && rows[i].in[j]; j++)
			strv_push(&argv, rows[i].in[j]);
		while (letters_next(&letters, &step))
			print_step(&step, &text);
		assert_string_equal(buf_str(&text), rows[i].out);
		assert_false(letters_next(&letters, &step));
	}
}

static void splits_lines(void **state UNUSED)
{
	static const struct { const char *in, *keyword, *value; } rows[] = {
		{ "Port=22", "Port", "22" }, { "Port 22", "Port", "22" }, { " Port\t= \n22 ", "Port", "22" },
		{ "Port==22", "Port", "=22" }, { "SetEnv A=b c", "SetEnv", "A=b c" }, { "Port", "Port", "" },
		{ "Port = ", "Port", "" }, { "=22", "", "22" }, { "", "", "" }, { " ", "", "" },
		{ "IdentityFile\"/a b\"", "IdentityFile", "\"/a b\"" },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(buf) keyword = {0};
		AUTO(buf) value = {0};

		letters_split(rows[i].in, &keyword, &value);
		assert_string_equal(buf_str(&keyword), rows[i].keyword);
		assert_string_equal(buf_str(&value), rows[i].value);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(takes_words_apart),
		cmocka_unit_test(splits_lines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
