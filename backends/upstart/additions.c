/* SPDX-License-Identifier: MIT */
#include "additions.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "lexer.h"
#include "stanza.h"
#include "version.h"

/* NULL, or what is wrong; the stanza in ret. */
static const char *judge(const struct setting *s, const struct stanza **ret)
{
	AUTO(buf) line = {0};
	AUTO(buf) name = {0};
	struct lexer l = { .line = 1 };

	if (strpbrk(s->name, "\n\r") || strpbrk(s->value, "\n\r"))
		return "holds a line break";
	/* Without a newline: a value that goes on in the next line would swallow the stanza there. */
	buf_printf(&line, "%s %s", s->name, s->value);
	l.text = line.s;
	l.len = line.len;
	if (!stanza_next(&l, &name, ret) || !*ret)
		return "not a stanza of upstart; see init(5), upper and lower case differ";
	if ((*ret)->instead)
		return (*ret)->instead;
	return stanza_check(*ret, &l);
}

const struct setting *addition_find(const struct tunnel *t, const char *name)
{
	const struct stanza *stanza;

	for (const struct setting *s = NULL; (s = tunnel_next(t, SECTION_upstart, s));)
		if (!judge(s, &stanza) && !strcmp(stanza->name, name))
			return s;
	return NULL;
}

void addition_put(const struct setting *s, struct buf *ret)
{
	buf_printf(ret, "%s %s\n", s->name, s->value);
}

/* An earlier line for which S leaves no room, or NULL. */
static const struct setting *find_rival(const struct tunnel *t, const struct setting *s, const char *slot)
{
	const struct stanza *stanza;

	for (const struct setting *e = NULL; slot && (e = tunnel_next(t, SECTION_upstart, e)) != s;)
		if (!judge(e, &stanza) && stanza->slot && !strcmp(stanza->slot, slot))
			return e;
	return NULL;
}

static bool has_own_place(const struct stanza *s)
{
	return !strcmp(s->name, "start on") || !strcmp(s->name, "stop on");
}

static void note_age(const struct stanza *stanza, unsigned version, struct strv *notes)
{
	AUTO(buf) text = {0};

	buf_printf(&text, "%s: left out: upstart has it since ", stanza->name);
	upstart_version_print(stanza->since, &text);
	buf_puts(&text, ", the job is for ");
	upstart_version_print(version, &text);
	strv_push_take(notes, buf_take(&text));
}

int additions_put(const struct tunnel *t, unsigned version, struct buf *ret, struct strv *ret_notes,
		  struct error *err)
{
	for (const struct setting *s = NULL; (s = tunnel_next(t, SECTION_upstart, s));) {
		const struct stanza *stanza = NULL;
		const char *why = judge(s, &stanza);

		if (why)
			return setting_refuse(t, s, err, "%s", why);
		if (find_rival(t, s, stanza->slot))
			return setting_refuse(t, s, err, "%s", "given twice, and upstart takes the last");
		if (stanza->since > version)
			note_age(stanza, version, ret_notes);
		else if (!has_own_place(stanza))
			addition_put(s, ret);
	}
	return 0;
}
