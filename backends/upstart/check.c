/* SPDX-License-Identifier: MIT */
#include "check.h"

#include <errno.h>
#include <string.h>

#include "base/utf8.h"
#include "lexer.h"
#include "stanza.h"
#include "version.h"

/* A statement and where it stands; seen[] has the line of each stanza so far, 0: none. */
struct statement {
	const struct stanza *stanza;
	const char *name;
	unsigned line;
	const unsigned *seen;
};

static unsigned line_of_slot(const unsigned *seen, const char *slot)
{
	for (size_t i = 0; slot && i < STANZA_COUNT; i++)
		if (seen[i] && stanzas[i].slot && !strcmp(stanzas[i].slot, slot))
			return seen[i];
	return 0;
}

/* Appends what is wrong, if anything is. */
static void judge(const struct statement *s, struct lexer *l, unsigned version, struct buf *ret)
{
	const char *why;
	unsigned earlier;

	if (!s->stanza) {
		buf_puts(ret, "unknown stanza");
		return;
	}
	earlier = line_of_slot(s->seen, s->stanza->slot);
	if ((why = stanza_check(s->stanza, l))) {
		buf_puts(ret, why);
	} else if (s->stanza->since > version) {
		buf_puts(ret, "needs upstart ");
		upstart_version_print(s->stanza->since, ret);
	} else if (earlier) {
		buf_printf(ret, "line %u says it already, and upstart takes the last", earlier);
	}
}

static void check_statements(struct lexer *l, unsigned version, struct strv *ret)
{
	unsigned seen[STANZA_COUNT] = {0};

	for (;;) {
		AUTO(buf) name = {0};
		AUTO(buf) why = {0};
		struct statement s = { .seen = seen };

		l->corrupt = false;
		if (!lexer_peek(l, true))
			break;
		s.line = l->line;
		(void)stanza_next(l, &name, &s.stanza);
		s.name = name.s;
		judge(&s, l, version, &why);
		if (s.stanza)
			seen[s.stanza - stanzas] = s.line;
		if (why.len) {
			text_clean(name.s);
			strv_pushf(ret, "%u: %s: %s", s.line, s.name, why.s);
		}
		lexer_skip_line(l);
	}
	if (!line_of_slot(seen, "exec"))
		strv_push(ret, "no exec or script: upstart would run nothing");
}

int job_check(const char *text, size_t len, unsigned version, struct strv *ret)
{
	size_t before = ret->len;
	struct lexer l = { .text = text, .len = len, .line = 1 };

	if (len && memchr(text, '\0', len))
		strv_push(ret, "holds a NUL byte");
	else if (len > JOB_MAX)
		strv_pushf(ret, "%zu bytes; wanted at most %d", len, (int)JOB_MAX);
	else
		check_statements(&l, version, ret);
	return ret->len > before ? -EINVAL : 0;
}
