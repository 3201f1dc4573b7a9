/* SPDX-License-Identifier: MIT */
/*
 * Hostile arguments through our escapers, the model of upstart's lexer and the real /bin/sh, and hostile
 * values through the model alone: what comes out must be what went in. Escapers broken on purpose must be
 * found out.
 */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/macros.h"
#include "upstart-run.h"
#include "upstart/check.h"
#include "upstart/lexer.h"
#include "upstart/quote.h"
#include "upstart/version.h"

enum { RANDOM_ARGVS = 10000, RANDOM_VALUES = 10000, LONG_PIECES = 3000, SEED = 20160421 };

static const char *const nasty[] = {
	"",
	" ",
	"  ",
	"\t",
	"\r",
	"\n",
	"\n\n",
	"a b",
	"a  b",
	" lead",
	"trail ",
	"it's",
	"'",
	"''",
	"\"",
	"\"\"",
	"say \"hi\"",
	"\\",
	"\\\\",
	"a\\b",
	"a \\b",
	"a  \\b",
	"a\\",
	"\\ ",
	" \\",
	"\\'",
	"'\\",
	"\\\"",
	"\\n",
	"a\\\nb",
	"$HOME",
	"${HOME}",
	"$(echo x)",
	"`echo x`",
	"a;b",
	"a&b",
	"a|b",
	"a>b",
	"a<b",
	"a*",
	"?",
	"[a]*",
	"~",
	"~/x",
	"a=b",
	"=",
	"#",
	"# c",
	"a#b",
	"a #b",
	"!",
	"!!",
	"^",
	"%i",
	"%%",
	"(a)",
	"{a,b}",
	"-n",
	"--",
	"@",
	"-L[::1]:80:h:80",
	"end script",
	"\nend script",
	"\nend script\n",
	"a\n  end  script # x\nb",
	"script",
	"exec",
	"EOF",
	"a\rb",
	"a \n  b",
	"\xc3\xa9 \xc3\xbc",
	"\xe6\x97\xa5\xe6\x9c\xac",
	"\xf0\x9f\x98\x80",
	"\x01\x02\x03",
	"\x1b[31m",
	"\x7f",
	"\x81",
	"\x88",
	"\xff\xfe",
	"a\vb",
	"a\fb",
	"'\"'\"'",
	"\\\\\\",
	"$'a'",
	"$\"a\"",
	"\\$HOME",
	"x \\$HOME",
};

static const char *const pieces[] = {
	"'",
	"\"",
	"\\",
	" ",
	"  ",
	"\t",
	"\r",
	"\n",
	"$",
	"#",
	";",
	"`",
	"*",
	"=",
	"(",
	")",
	"<",
	">",
	"&",
	"|",
	"!",
	"~",
	"?",
	"[",
	"]",
	"{",
	"}",
	"^",
	"%",
	",",
	"-",
	"/",
	".",
	":",
	"a",
	"b",
	"Z",
	"0",
	"HOME",
	"end script",
	"\xc3\xa9",
	"\xe2\x82\xac",
	"\xf0\x9f\x98\x80",
	"\x01",
	"\x1b",
	"\x7f",
	"\x81",
	"\x82",
	"\x85",
	"\x88",
	"\xff",
	"\v",
	"\f",
};

static const char *const plain[] = { "a", "B", "9", "_", "@", "%", "+", ":", ",", ".", "/", "-", "\xc3\xa9" };

/* xorshift: the same strings on every machine. */
static uint32_t dice(uint32_t sides)
{
	static uint32_t x = SEED;

	x ^= x << 13;
	x ^= x >> 17;
	x ^= x << 5;
	return x % sides;
}

/* Without a newline unless LINES. The caller frees it. */
static char *random_text(const char *const *from, size_t len, bool lines)
{
	AUTO(buf) text = {0};
	uint32_t n = dice(200) ? dice(14) : LONG_PIECES;

	while (n--) {
		const char *piece = from[dice((uint32_t)len)];

		if (lines || *piece != '\n')
			buf_puts(&text, piece);
	}
	return buf_take(&text);
}

/* How a command is written: as the backend does, or by a broken escaper for each argument. */
struct writer {
	const char *name;
	bool script;
	void (*quote)(const char *arg, struct buf *ret); /* NULL: job_quote_command() */
};

static void write_job(const struct writer *w, const struct strv *argv, struct buf *ret)
{
	if (!w->quote) {
		job_quote_command(argv, ret);
		return;
	}
	buf_puts(ret, w->script ? "script\nexec" : "exec");
	for (size_t i = 0; i < argv->len; i++) {
		buf_putc(ret, ' ');
		w->quote(argv->v[i], ret);
	}
	buf_puts(ret, w->script ? "\nend script\n" : "\n");
}

static void print_bytes(const char *s)
{
	printf(" <");
	for (; *s; s++)
		printf(*s > ' ' && *s < 0x7f ? "%c" : "\\x%02x", (unsigned char)*s);
	printf(">");
}

static bool same(const struct strv *argv, const struct strv *args)
{
	if (argv->len != args->len + 1)
		return false;
	for (size_t i = 0; i < args->len; i++)
		if (strcmp(argv->v[i + 1], args->v[i]) != 0)
			return false;
	return true;
}

/* argv[0] is argdump. Whether it got the rest byte for byte. */
static bool survives(const struct writer *w, const struct strv *argv, unsigned forms[FORM_COUNT])
{
	AUTO(buf) job = {0};
	AUTO(strv) args = {0};
	AUTO(strv) problems = {0};
	enum form form = FORM_DIRECT;
	const char *why;

	write_job(w, argv, &job);
	if (!w->quote && job_check(job.s, job.len, UPSTART_NEWEST, &problems) < 0)
		why = problems.v[0];
	else
		why = run_job(job.s, &args, &form);
	forms[form]++;
	if (!why && same(argv, &args))
		return true;
	if (!w->quote) {
		printf("lost (%s):", why ? why : "other arguments");
		for (size_t i = 1; i < argv->len; i++)
			print_bytes(argv->v[i]);
		printf("\n");
	}
	return false;
}

static void start_argv(struct strv *ret)
{
	strv_pushf(ret, "%s/bin/argdump", run_home());
}

/* Each fixed string alone, before, behind and beside itself. Returns how many were lost. */
static unsigned fixed_argvs(const struct writer *w, unsigned forms[FORM_COUNT])
{
	unsigned lost = 0;

	for (size_t i = 0; i < ARRAY_LEN(nasty); i++)
		for (int shape = 0; shape < 4; shape++) {
			AUTO(strv) argv = {0};

			start_argv(&argv);
			if (shape & 1)
				strv_push(&argv, shape == 3 ? nasty[i] : "x");
			strv_push(&argv, nasty[i]);
			if (shape & 2)
				strv_push(&argv, "x");
			lost += !survives(w, &argv, forms);
			if (lost && w->quote)
				return lost; /* one is enough to find a broken one out */
		}
	return lost;
}

static unsigned random_argvs(const struct writer *w, unsigned forms[FORM_COUNT])
{
	unsigned lost = 0;

	for (int i = 0; i < RANDOM_ARGVS; i++) {
		AUTO(strv) argv = {0};
		bool simple = dice(10) == 0, lines = dice(3) == 0;

		start_argv(&argv);
		for (uint32_t n = 1 + dice(4); n; n--)
			strv_push_take(&argv, simple ? random_text(plain, ARRAY_LEN(plain), false)
						     : random_text(pieces, ARRAY_LEN(pieces), lines));
		lost += !survives(w, &argv, forms);
	}
	return lost;
}

static void between_quotes(const char *arg, struct buf *ret)
{
	buf_printf(ret, "'%s'", arg);
}

static void between_double_quotes(const char *arg, struct buf *ret)
{
	buf_printf(ret, "\"%s\"", arg);
}

static void naked(const char *arg, struct buf *ret)
{
	buf_puts(ret, arg);
}

/* The most honest mistake: what is right in a shell, and wrong behind upstart's lexer. */
static void for_a_shell(const char *arg, struct buf *ret)
{
	buf_putc(ret, '\'');
	for (; *arg; arg++)
		if (*arg == '\'')
			buf_puts(ret, "'\\''");
		else
			buf_putc(ret, *arg);
	buf_putc(ret, '\'');
}

/* Every broken escaper must lose something. Returns how many were found out. */
static unsigned broken_commands(void)
{
	static const struct writer broken[] = {
		{ "quotes alone", false, between_quotes },
		{ "double quotes", false, between_double_quotes },
		{ "nothing", false, naked },
		{ "the shell's quoting", false, for_a_shell },
		{ "the script's on an exec line", false, job_quote_script },
		{ "the shell's quoting in a script", true, for_a_shell },
		{ "the exec line's in a script", true, job_quote_exec },
	};
	unsigned found = 0;

	for (size_t i = 0; i < ARRAY_LEN(broken); i++) {
		unsigned forms[FORM_COUNT] = {0};

		if (fixed_argvs(&broken[i], forms))
			found++;
		else
			printf("not found out: %s\n", broken[i].name);
	}
	return found == ARRAY_LEN(broken) ? found : 0;
}

static const char *value_as_it_is(const char *value, struct buf *ret)
{
	between_double_quotes(value, ret);
	return NULL;
}

/* As a C programmer would: a backslash before quotes and backslashes. */
static const char *value_with_backslashes(const char *value, struct buf *ret)
{
	buf_putc(ret, '"');
	for (; *value; value++) {
		if (strchr("\"\\", *value))
			buf_putc(ret, '\\');
		buf_putc(ret, *value);
	}
	buf_putc(ret, '"');
	return NULL;
}

/* Whether KEY=value comes back through the model, or is refused for its newline. */
static bool value_survives(const char *(*quote)(const char *, struct buf *), const char *value)
{
	AUTO(buf) variable = {0};
	AUTO(buf) job = {0};
	AUTO(buf) word = {0};
	AUTO(buf) token = {0};
	struct lexer l = { .line = 1 };

	buf_printf(&variable, "KEY=%s", value);
	buf_puts(&job, "env ");
	if (quote(variable.s, &job))
		return strchr(value, '\n') != NULL;
	buf_putc(&job, '\n');
	l.text = job.s;
	l.len = job.len;
	return lexer_statement(&l, &word) && !lexer_token(&l, &token) && !lexer_peek(&l, true) &&
	       !l.corrupt && strcmp(variable.s, token.s) == 0;
}

static unsigned fixed_values(const char *(*quote)(const char *, struct buf *))
{
	unsigned lost = 0;

	for (size_t i = 0; i < ARRAY_LEN(nasty); i++)
		lost += !value_survives(quote, nasty[i]);
	return lost;
}

static unsigned random_values(void)
{
	unsigned lost = 0;

	for (int i = 0; i < RANDOM_VALUES; i++) {
		AUTO_FREE char *value = random_text(pieces, ARRAY_LEN(pieces), dice(10) == 0);

		if (!value_survives(job_quote_value, value)) {
			printf("lost value:");
			print_bytes(value);
			printf("\n");
			lost++;
		}
	}
	return lost;
}

int main(int argc, char *argv[])
{
	const struct writer ours = {0};
	unsigned forms[FORM_COUNT] = {0}, lost, found;

	if (argc != 2) {
		fprintf(stderr, "usage: upstart-argv ARGDUMP\n");
		return 2;
	}
	run_prepare(argv[1]);
	lost = fixed_argvs(&ours, forms) + random_argvs(&ours, forms);
	lost += fixed_values(job_quote_value) + random_values();
	found = broken_commands();
	if (found && fixed_values(value_as_it_is) && fixed_values(value_with_backslashes))
		found += 2;
	else
		found = 0;
	run_clean();
	printf("upstart's escapers: %u commands run (%u direct, %u by exec line and shell, %u by script), "
	       "%zu values: "
	       "%u lost; %u broken escapers found out\n",
	       forms[FORM_DIRECT] + forms[FORM_SHELL] + forms[FORM_SCRIPT], forms[FORM_DIRECT],
	       forms[FORM_SHELL], forms[FORM_SCRIPT], ARRAY_LEN(nasty) + RANDOM_VALUES, lost, found);
	return lost == 0 && found ? 0 : 1;
}
