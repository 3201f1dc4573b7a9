/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "folder.h"
#include "base/shellquote.h"
#include "base/spawn.h"

enum { WORDS = 4000, LINES = 8 };

static void looks_as_a_person_would_write_it(void **state UNUSED)
{
	static const struct { const char *words[4], *line; } rows[] = {
		{ { "ssh", "-N", "-p", "22" }, "ssh -N -p 22" },
		{ { "12345:localhost:22" }, "12345:localhost:22" },
		{ { "a b" }, "'a b'" },
		{ { "" }, "''" },
		{ { "a", "", "b" }, "a '' b" },
		{ { "it's" }, "'it'\\''s'" },
		{ { "'" }, "''\\'''" },
		{ { "~/x" }, "'~/x'" },
		{ { "$HOME" }, "'$HOME'" },
		{ { "a#b" }, "'a#b'" },
		{ { "[::1]:22:[::1]:22" }, "'[::1]:22:[::1]:22'" },
		{ { "\xc3\xa9" }, "'\xc3\xa9'" },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(strv) words = {0};
		AUTO(buf) line = {0};

		for (size_t j = 0; j < 4 && rows[i].words[j]; j++)
			strv_push(&words, rows[i].words[j]);
		shell_quote(&words, &line);
		assert_string_equal(line.s, rows[i].line);
	}
}

static void no_words_are_no_text(void **state UNUSED)
{
	AUTO(buf) line = {0};

	shell_quote(&(struct strv){0}, &line);
	assert_string_equal(buf_str(&line), "");
}

/* A small generator of our own: the same words on every machine. */
static unsigned next(unsigned *seed)
{
	*seed = *seed * 1103515245 + 12345;
	return *seed >> 16;
}

static void make_word(unsigned *seed, struct buf *ret)
{
	static const char *const pieces[] = {
		"'", "''", "\"", "\\", "$", "`", "$(id)", "${HOME}", "`id`", ";", "&", "|", "<", ">", "(",
		")", "{",
		"}", "*", "?", "[a-z]", "~", "#", "!", "%", "=", " ", "\t", "\n", "\r", "\\n", "-", "--", "a",
		"Z", "0",
		"\x01", "\x7f", "\x1b[2J", "\xc3\xa9", "\xe2\x82\xac", "\xff", "if", "exec", "$'\\''",
		"'\\''", "\\'",
	};

	for (unsigned n = next(seed) % 9; n; n--)
		buf_puts(ret, pieces[next(seed) % ARRAY_LEN(pieces)]);
}

/* One shell a line, which writes every word back with a byte behind it that no word has (not a NUL: spawn_run() gives
   none). */
static void survives_the_shell(void **state UNUSED)
{
	__attribute__((cleanup(folder_done))) struct folder f = { "" };
	unsigned seed = 1;

	folder_make(&f);
	assert_int_equal(chdir(f.path), 0);
	for (int line = 0; line < LINES; line++) {
		AUTO(strv) words = {0};
		AUTO(buf) script = {0};
		AUTO(buf) wanted = {0};
		AUTO(buf) out = {0};
		struct error err = {0};
		char *argv[] = { (char *)"/bin/sh", NULL };

		for (int i = 0; i < WORDS / LINES; i++) {
			AUTO(buf) word = {0};

			make_word(&seed, &word);
			strv_push(&words, buf_str(&word));
			buf_printf(&wanted, "%s\x02", buf_str(&word));
		}
		buf_puts(&script, "printf '%s\\002' ");
		shell_quote(&words, &script);
		buf_putc(&script, '\n');
		assert_int_equal(spawn_run(argv, script.s, 10000, &out, &err), 0);
		assert_int_equal(out.len, wanted.len);
		assert_memory_equal(out.s, wanted.s, out.len);
	}
	/* Nothing was written into the folder, by a ">" that got out. */
	assert_int_equal(folder_count(&f), 0);
	assert_int_equal(chdir("/"), 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(looks_as_a_person_would_write_it),
		cmocka_unit_test(no_words_are_no_text),
		cmocka_unit_test(survives_the_shell),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
