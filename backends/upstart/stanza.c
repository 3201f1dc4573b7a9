/* SPDX-License-Identifier: MIT */
#include "stanza.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/macros.h"
#include "events.h"
#include "version.h"

#define DIGITS "0123456789"

/* Decimal, or octal; upstart itself also takes signs and prefixes, which nobody means. */
static bool parse_int(const char *s, int base, long min, long max, long *ret)
{
	bool negative = *s == '-' && min < 0;
	const char *digits = s + negative;
	long n;

	if (!*digits || strlen(digits) > 10 || strspn(digits, DIGITS) != strlen(digits))
		return false;
	n = strtol(s, (char **)&digits, base);
	*ret = n;
	return !*digits && n >= min && n <= max;
}

static const char *number(struct lexer *l, const char *word, long min, long max, const char *wanted)
{
	AUTO(buf) token = {0};
	const char *why = lexer_token(l, &token);
	long n;

	if (why)
		return why;
	return (word && !strcmp(token.s, word)) || parse_int(token.s, 10, min, max, &n) ? NULL : wanted;
}

static const char *nothing(struct lexer *l)
{
	(void)l;
	return NULL;
}

static const char *one_token(struct lexer *l)
{
	AUTO(buf) token = {0};

	return lexer_token(l, &token);
}

static const char *tokens(struct lexer *l)
{
	const char *why = one_token(l);

	while (!why && lexer_peek(l, false))
		why = one_token(l);
	return why;
}

static const char *variable(struct lexer *l)
{
	AUTO(buf) token = {0};
	const char *why = lexer_token(l, &token);

	if (why)
		return why;
	if (token.s[0] == '=')
		return "no name before '='";
	/* Init's own environment is what a job of a session has anyway, and empty for one of the system. */
	return strchr(token.s, '=') ? NULL : "no '=': upstart would copy what init itself has; wanted NAME=value";
}

static const char *never_expect(struct lexer *l)
{
	(void)tokens(l);
	return "upstart would wait for ever: ssh neither forks nor stops itself";
}

static const char *respawn_limit(struct lexer *l)
{
	static const char wanted[] = "wanted 'unlimited', or a count and seconds";
	AUTO(buf) token = {0};
	const char *why = lexer_token(l, &token);
	long n;

	if (why)
		return wanted;
	if (!strcmp(token.s, "unlimited"))
		return NULL;
	if (!parse_int(token.s, 10, 0, INT_MAX, &n) || number(l, NULL, 0, INT_MAX, wanted))
		return wanted;
	return NULL;
}

static bool is_signal(const char *s)
{
	static const char *const names[] = {
		"HUP",  "INT",  "QUIT", "ILL",  "TRAP", "ABRT",   "IOT",  "BUS",   "FPE",  "KILL", "USR1",
		"SEGV", "USR2", "PIPE", "ALRM", "TERM", "STKFLT", "CHLD", "CLD",   "CONT", "STOP", "TSTP",
		"TTIN", "TTOU", "URG",  "XCPU", "XFSZ", "VTALRM", "PROF", "WINCH", "IO",   "POLL", "PWR",
	};

	if (!strncmp(s, "SIG", 3))
		s += 3;
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (!strcmp(names[i], s))
			return true;
	return false;
}

/* upstart takes any number and fails when it sends the signal. */
static const char *signal_name(struct lexer *l)
{
	AUTO(buf) token = {0};
	const char *why = lexer_token(l, &token);
	long n;

	if (why || is_signal(token.s) || parse_int(token.s, 10, 1, 64, &n))
		return why;
	return "no such signal; wanted a name such as TERM, or a number from 1 to 64";
}

static const char *exits(struct lexer *l)
{
	do {
		AUTO(buf) token = {0};
		const char *why = lexer_token(l, &token);
		long n;

		if (why)
			return why;
		if (!is_signal(token.s) && !parse_int(token.s, 10, 0, 255, &n))
			return "wanted exit statuses (0 to 255) and signals (TERM), with blanks between";
	} while (lexer_peek(l, false));
	return NULL;
}

static const char *seconds(struct lexer *l)
{
	return number(l, NULL, 0, INT_MAX, "wanted a number of seconds");
}

static const char *account(struct lexer *l)
{
	AUTO(buf) token = {0};
	const char *why = lexer_token(l, &token);

	if (why)
		return why;
	if (strspn(token.s, DIGITS) == token.len)
		return "a number; upstart wants a name";
	if (strchr(token.s, ':'))
		return "one name alone; the group goes into setgid";
	return strpbrk(token.s, "$ \t/") ? "no account; upstart expands nothing here" : NULL;
}

static const char *folder(struct lexer *l)
{
	AUTO(buf) token = {0};
	const char *why = lexer_token(l, &token);

	return why || *token.s == '/' ? why : "not an absolute path; upstart expands nothing here";
}

static const char *octal(struct lexer *l)
{
	AUTO(buf) token = {0};
	const char *why = lexer_token(l, &token);
	long n;

	return why || parse_int(token.s, 8, 0, 0777, &n) ? why : "wanted an octal number from 0 to 0777";
}

static const char *nice_level(struct lexer *l)
{
	return number(l, NULL, -20, 19, "not between -20 and 19");
}

static const char *oom(struct lexer *l)
{
	return number(l, "never", -17, 15, "not 'never' or between -17 and 15");
}

static const char *oom_score(struct lexer *l)
{
	return number(l, "never", -1000, 1000, "not 'never' or between -1000 and 1000");
}

static const char *limits(struct lexer *l)
{
	long n[2] = { LONG_MAX, LONG_MAX };

	for (size_t i = 0; i < ARRAY_LEN(n); i++) {
		AUTO(buf) token = {0};

		if (lexer_token(l, &token) ||
		    (strcmp(token.s, "unlimited") != 0 && !parse_int(token.s, 10, 0, INT_MAX, &n[i])))
			return "wanted a soft and a hard limit, each a number or 'unlimited'";
	}
	return n[0] > n[1] ? "the soft limit is above the hard one" : NULL;
}

static const char *command(struct lexer *l)
{
	AUTO(buf) text = {0};

	return lexer_command(l, &text);
}

static const char *script(struct lexer *l)
{
	AUTO(buf) body = {0};

	return lexer_script(l, &body);
}

const struct stanza stanzas[STANZA_COUNT] = {
#define STANZA(...) { __VA_ARGS__ },
#include "stanza.def"
};

static const struct stanza *find(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(stanzas); i++)
		if (!strcmp(stanzas[i].name, name))
			return &stanzas[i];
	return NULL;
}

static bool has_second_word(const char *word, size_t len)
{
	for (size_t i = 0; i < ARRAY_LEN(stanzas); i++)
		if (!strncmp(stanzas[i].name, word, len) && stanzas[i].name[len] == ' ')
			return true;
	return false;
}

bool stanza_next(struct lexer *l, struct buf *ret_name, const struct stanza **ret)
{
	AUTO(buf) both = {0};
	struct lexer ahead;

	if (!lexer_statement(l, ret_name))
		return false;
	*ret = find(buf_str(ret_name));
	ahead = *l;
	buf_printf(&both, "%s ", buf_str(ret_name));
	if (!has_second_word(buf_str(ret_name), ret_name->len) || lexer_token(&ahead, &both))
		return true;
	/* "respawn limit" and "oom score" are stanzas, and so are "respawn" and "oom". */
	if (!*ret || find(both.s)) {
		*l = ahead;
		*ret = find(both.s);
		buf_clear(ret_name);
		buf_puts(ret_name, both.s);
	}
	return true;
}

const char *stanza_check(const struct stanza *s, struct lexer *l)
{
	const char *why = s->arguments(l);

	if (!why && lexer_peek(l, false))
		why = "more behind it than it takes";
	if (!why && l->corrupt)
		why = "a lone backslash behind a blank, which upstart garbles; double it, outside of quotes";
	return why;
}
