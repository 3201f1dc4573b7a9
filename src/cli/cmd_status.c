/* SPDX-License-Identifier: MIT */
/* What the supervisor says of each tunnel. Reads both scopes where none is said, the user's first. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/table.h"
#include "base/utf8.h"
#include "cli/batch.h"
#include "cli/cli.h"
#include "cli/json.h"
#include "cli/select.h"

struct answer {
	const struct cli *cli;
	struct strv cells;
	json_t *list;
	size_t known, running;
};

static void print_age(unsigned long long since, struct buf *ret)
{
	static const struct { unsigned seconds; char unit; } units[] = {
		{ 86400, 'd' }, { 3600, 'h' }, { 60, 'm' }, { 1, 's' },
	};
	long long age = (long long)time(NULL) - (long long)(since / 1000000);
	size_t i = 0;

	if (!since || age < 0) {
		buf_putc(ret, '-');
		return;
	}
	while (i < ARRAY_LEN(units) - 1 && age < units[i].seconds)
		i++;
	buf_printf(ret, "%lld %c", age / units[i].seconds, units[i].unit);
}

static void print_restarts(unsigned n, struct buf *ret)
{
	buf_printf(ret, "%sstarted again ", ret->len ? ", " : "");
	if (n == 1)
		buf_puts(ret, "once");
	else
		buf_printf(ret, "%u times", n);
}

static void push(struct answer *a, const struct selected *s, const struct unit_state *state)
{
	AUTO(buf) age = {0};
	AUTO(buf) note = {0};
	char text[sizeof(state->text)];
	json_t *o = json_object();

	memcpy(text, state->text, sizeof(text));
	text_clean(text);
	print_age(state->since, &age);
	if (state->running)
		buf_printf(&note, "pid %ld", state->pid);
	else if (!state->loaded)
		buf_printf(&note, "not enabled");
	if (state->restarts)
		print_restarts(state->restarts, &note);
	if (*text)
		buf_printf(&note, "%s%s", note.len ? ", " : "", text);
	if (!s->ini)
		buf_printf(&note, "%sits INI is gone", note.len ? ", " : "");
	a->known++;
	a->running += state->running;
	strv_push(&a->cells, s->name);
	strv_push(&a->cells, s->user ? "user" : "system");
	strv_push(&a->cells, *state->state ? state->state : "off");
	strv_push(&a->cells, age.s);
	strv_push(&a->cells, buf_str(&note));

	json_set_text(o, "tunnel", s->name);
	json_set_text(o, "scope", s->user ? "user" : "system");
	json_set_text(o, "state", *state->state ? state->state : "off");
	json_set_text(o, "status", text);
	(void)json_object_set_new(o, "enabled", json_boolean(state->enabled));
	(void)json_object_set_new(o, "running", json_boolean(state->running));
	(void)json_object_set_new(o, "pid", state->pid ? json_integer(state->pid) : json_null());
	(void)json_object_set_new(o, "since", json_integer((json_int_t)(state->since / 1000000)));
	(void)json_object_set_new(o, "restarts", json_integer(state->restarts));
	(void)json_array_append_new(a->list, o);
}

/* The tunnels of one scope: there is one supervisor for each. */
static int ask(struct answer *a, bool user, const struct selection *l)
{
	AUTO(batch) batch = {0};
	AUTO(strv) names = {0};
	AUTO_FREE struct unit_state *states = NULL;
	struct error err = {0};
	size_t n = 0;
	int r;

	for (size_t i = 0; i < l->len; i++)
		if (l->v[i].user == user)
			strv_push(&names, l->v[i].name);
	if (!names.len)
		return EXIT_DONE;
	if ((r = batch_find(a->cli, user, &batch)) || (r = batch_open(&batch)))
		return r;
	if (!(states = batch_query(&batch, &names, &err)))
		return batch_fail(&err);
	for (size_t i = 0; i < l->len; i++)
		if (l->v[i].user == user)
			push(a, &l->v[i], &states[n++]);
	return EXIT_DONE;
}

/* FAILED: some were not answered for, and an empty list means nothing. */
static void print(const struct answer *a, bool failed)
{
	AUTO(strv) cells = {0};
	AUTO(buf) text = {0};

	if (a->cli->options.quiet || a->cli->options.json)
		return;
	if (!a->known) {
		if (!failed)
			cli_say(a->cli, "no tunnels; describe one in an INI file (see: tunnelctl explain)");
		return;
	}
	strv_push(&cells, "NAME");
	strv_push(&cells, "SCOPE");
	strv_push(&cells, "STATE");
	strv_push(&cells, "SINCE");
	strv_push(&cells, "NOTE");
	strv_push_all(&cells, &a->cells);
	table_print(&cells, 5, cli_columns(), &text);
	(void)fputs(buf_str(&text), stdout);
}

static int status(struct answer *a)
{
	__attribute__((cleanup(selection_done))) struct selection l = {0};
	const struct backend *backend = cli_backend(a->cli);
	int r, s;

	if (!backend)
		return EXIT_FAILED;
	if ((r = select_tunnels(a->cli, SELECT_INSTALLED | SELECT_ALL_IF_NONE | SELECT_BOTH_SCOPES, backend, &l)))
		return r;
	r = ask(a, true, &l);
	s = ask(a, false, &l);
	print(a, r || s);
	return r ? r : s;
}

int cmd_status(const struct cli *cli)
{
	struct answer a = { .cli = cli, .list = json_array() };
	int r = status(&a);

	json_finish(cli, a.list);
	strv_done(&a.cells);
	if (r)
		return r;
	return a.running == a.known ? EXIT_DONE : EXIT_NOT_UP;
}
