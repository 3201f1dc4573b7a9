/* SPDX-License-Identifier: MIT */
/*
 * Judges a finished unit by what systemd would pass over in silence or with a line in a journal that nobody reads:
 * `systemd-analyze verify` exits 0 for most of it (systemd.syntax(7), systemd.unit(5)).
 */
#include "unit.h"

#include <errno.h>
#include <string.h>

#include "base/alloc.h"
#include "base/utf8.h"

struct checker {
	struct strv *problems;
	unsigned line;
	char section[32];
	bool service, command;
};

static void PRINTF(2, 3) problem(struct checker *c, const char *format, ...)
{
	AUTO(buf) text = {0};
	va_list ap;

	buf_printf(&text, "%u: ", c->line);
	va_start(ap, format);
	buf_vprintf(&text, format, ap);
	va_end(ap);
	text_clean(text.s);
	strv_push_take(c->problems, buf_take(&text));
}

static void take_section(struct checker *c, const char *s)
{
	static const char *const known[] = { "Unit", "Service", "Install" };
	size_t len = strlen(s), i = 0;

	if (s[len - 1] != ']' || len - 2 >= sizeof(c->section)) {
		problem(c, "%.60s: not a section", s);
		return;
	}
	memcpy(c->section, s + 1, len - 2);
	c->section[len - 2] = '\0';
	while (i < ARRAY_LEN(known) && strcmp(known[i], c->section) != 0)
		i++;
	if (i == ARRAY_LEN(known) && strncmp(c->section, "X-", 2) != 0)
		problem(c, "[%s]: systemd passes over this section", c->section);
	c->service |= !strcmp(c->section, "Service");
}

static void judge_command(struct checker *c, const char *value)
{
	value += strspn(value, "@-:+!");
	value += *value == '"';
	c->command = true;
	if (*value != '/')
		problem(c, "ExecStart=%.60s: not an absolute path", value);
}

static void judge_value(struct checker *c, const char *name, const char *value)
{
	static const struct { const char *name, *section; } homes[] = {
		{ "StartLimitIntervalSec", "Unit" }, { "StartLimitBurst", "Unit" },
		{ "Description", "Unit" },	     { "After", "Unit" },
		{ "Wants", "Unit" },		     { "ExecStart", "Service" },
		{ "Restart", "Service" },	     { "RestartSec", "Service" },
		{ "User", "Service" },		     { "Type", "Service" },
		{ "WantedBy", "Install" },
	};

	bool command = !strcmp(name, "ExecStart");

	for (size_t i = 0; i < ARRAY_LEN(homes); i++) {
		if (strcmp(homes[i].name, name) != 0)
			continue;
		if (strcmp(homes[i].section, c->section) != 0)
			problem(c, "%s: systemd passes over it in [%s]; it belongs in [%s]", name, c->section,
				homes[i].section);
		/* Elsewhere a # may be part of the value. */
		if (!command && strcmp(name, "Description") != 0 && strstr(value, " #"))
			problem(c, "%s=%.60s: there are no comments behind a value", name, value);
	}
	if (command && *value)
		judge_command(c, value);
	for (const char *s = value; (s = strchr(s, '%')); s += 2) {
		if (!s[1])
			break;
		if (!strchr("%aAbBCdDEfgGhHiIjJlLmMnNopPqsStTuUvVwWyY ", s[1])) {
			problem(c, "%s: %%%c is no specifier of systemd; a percent sign is written %%%%", name, s[1]);
			break;
		}
	}
}

static void take_assignment(struct checker *c, char *s)
{
	char *equals = strchr(s, '=');
	size_t len;

	if (!equals) {
		problem(c, "%.60s: no '='", s);
		return;
	}
	len = (size_t)(equals - s);
	while (len && (s[len - 1] == ' ' || s[len - 1] == '\t'))
		len--;
	s[len] = '\0';
	if (!*c->section)
		problem(c, "%.60s: stands before any section", s);
	else if (strncmp(c->section, "X-", 2) != 0 && strncmp(s, "X-", 2) != 0)
		judge_value(c, s, equals + 1 + strspn(equals + 1, " \t"));
}

/* One logical line: lines that end in a backslash are joined by a blank. */
static void take(struct checker *c, char *s)
{
	const char *why = text_check(s, strlen(s));

	s += strspn(s, " \t");
	if (why)
		problem(c, "the line holds %s", why);
	else if (*s == '[')
		take_section(c, s);
	else if (*s)
		take_assignment(c, s);
}

/* Also between two lines that are one. */
static bool is_comment(const char *s)
{
	s += strspn(s, " \t");
	return *s == '#' || *s == ';';
}

/* Ends in a backslash that is not itself escaped (conf-parser.c). */
static bool goes_on(const struct buf *line)
{
	size_t n = 0;

	while (n < line->len && line->s[line->len - 1 - n] == '\\')
		n++;
	return n % 2 == 1;
}

int unit_check(const char *text, size_t len, struct strv *ret_problems)
{
	struct checker c = { .problems = ret_problems };
	size_t before = ret_problems->len;
	AUTO(buf) joined = {0};
	unsigned line = 0;

	for (const char *s = text, *end = text + len; s < end;) {
		const char *newline = memchr(s, '\n', (size_t)(end - s));
		const char *stop = newline ? newline : end;

		line++;
		if (!joined.len)
			c.line = line;
		if (!is_comment(s)) {
			buf_put(&joined, s, (size_t)(stop - s));
			if (goes_on(&joined)) {
				joined.s[joined.len - 1] = ' ';
			} else {
				take(&c, joined.s);
				buf_clear(&joined);
			}
		}
		s = newline ? newline + 1 : end;
	}
	if (joined.len)
		take(&c, joined.s);
	if (!c.service)
		strv_push(ret_problems, "no [Service]");
	else if (!c.command)
		strv_push(ret_problems, "[Service] has no ExecStart");
	return ret_problems->len > before ? -EINVAL : 0;
}
