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
#include "cli/apply.h"
#include "cli/cli.h"
#include "cli/json.h"
#include "cli/select.h"

struct answer {
	const struct cli *cli;
	const struct backend *backend;
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

static void push(struct answer *a, const struct selected *s, bool user, const struct unit_state *state)
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
		buf_printf(&note, "%sstarted again %u times", note.len ? ", " : "", state->restarts);
	if (*text)
		buf_printf(&note, "%s%s", note.len ? ", " : "", text);
	if (!s->ini)
		buf_printf(&note, "%sits INI is gone", note.len ? ", " : "");
	a->known++;
	a->running += state->running;
	strv_push(&a->cells, s->name);
	strv_push(&a->cells, user ? "user" : "system");
	strv_push(&a->cells, *state->state ? state->state : "off");
	strv_push(&a->cells, age.s);
	strv_push(&a->cells, buf_str(&note));

	json_set_text(o, "tunnel", s->name);
	json_set_text(o, "scope", user ? "user" : "system");
	json_set_text(o, "state", *state->state ? state->state : "off");
	json_set_text(o, "status", text);
	(void)json_object_set_new(o, "enabled", json_boolean(state->enabled));
	(void)json_object_set_new(o, "running", json_boolean(state->running));
	(void)json_object_set_new(o, "pid", state->pid ? json_integer(state->pid) : json_null());
	(void)json_object_set_new(o, "since", json_integer((json_int_t)(state->since / 1000000)));
	(void)json_object_set_new(o, "restarts", json_integer(state->restarts));
	(void)json_array_append_new(a->list, o);
}

static int ask(struct answer *a, bool user, const struct selection *l)
{
	struct scope scope = { .user = user, .home = cli_home(), .config_home = cli_config_home() };
	AUTO_FREE struct unit_state *states = xrealloc(NULL, l->len * sizeof(*states));
	struct supervisor *supervisor = NULL;
	AUTO(strv) names = {0};
	struct error err = {0};
	int r;

	memset(states, 0, l->len * sizeof(*states));
	for (size_t i = 0; i < l->len; i++)
		strv_push(&names, l->v[i].name);
	if (!a->backend->control) {
		cli_error("%s: this tunnelctl cannot talk to it yet", a->backend->name);
		return EXIT_FAILED;
	}
	if ((r = a->backend->control->open(&scope, &supervisor, &err)) < 0 ||
	    (r = a->backend->control->query(supervisor, &names, states, &err)) < 0)
		cli_error("%s", err.text);
	a->backend->control->close(supervisor);
	for (size_t i = 0; r == 0 && i < l->len; i++)
		push(a, &l->v[i], user, &states[i]);
	return r < 0 ? EXIT_FAILED : EXIT_DONE;
}

/* The tunnels of one scope. Without a scope on the command line a name may be in the other one. */
static int look(struct answer *a, bool user, bool only)
{
	__attribute__((cleanup(selection_done))) struct selection l = {0};
	AUTO(strv) installed = {0};
	struct cli quiet = *a->cli;
	int r;

	if (!only && *a->cli->arguments) {
		/* A name that this scope does not have is no error yet. */
		struct selection all = {0};
		bool has = false;

		quiet.arguments = (char *[]){ NULL };
		quiet.options.all = true;
		r = select_tunnels(&quiet, user, SELECT_INSTALLED, a->backend, &all);
		for (size_t i = 0; i < all.len; i++)
			has |= !strcmp(all.v[i].name, *a->cli->arguments);
		selection_done(&all);
		if (r || !has)
			return r;
	}
	if ((r = select_tunnels(a->cli, user, SELECT_INSTALLED | SELECT_ALL_IF_NONE, a->backend, &l)))
		return r;
	return l.len ? ask(a, user, &l) : EXIT_DONE;
}

static void print(const struct answer *a)
{
	AUTO(strv) cells = {0};
	AUTO(buf) text = {0};

	if (a->cli->options.quiet || a->cli->options.json)
		return;
	if (!a->known) {
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

int cmd_status(const struct cli *cli)
{
	struct answer a = { .cli = cli, .backend = cli_backend(cli), .list = json_array() };
	bool only = cli->options.system || cli->options.user || geteuid() == 0;
	int r = EXIT_FAILED;

	if (a.backend) {
		r = look(&a, cli_is_user(cli), only);
		if (!only && (r == EXIT_DONE || r == EXIT_FAILED)) {
			int system = look(&a, false, a.known == 0 && *cli->arguments != NULL);

			r = a.known ? EXIT_DONE : system;
		}
		print(&a);
	}
	if (cli->options.json && a.backend)
		json_print(a.list);
	else
		json_decref(a.list);
	strv_done(&a.cells);
	if (r)
		return r;
	return a.running == a.known ? EXIT_DONE : EXIT_NOT_UP;
}
