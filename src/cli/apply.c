/* SPDX-License-Identifier: MIT */
#include "cli/apply.h"

#include <errno.h>
#include <string.h>

#include "base/alloc.h"
#include "cli/json.h"
#include "cli/plan.h"
#include "cli/select.h"
#include "cli/unitfile.h"
#include "model/key.h"

/* One tunnel and what has been done to it. */
struct item {
	struct plan plan;
	struct unit_state before, after;
	bool written, registered, started, restarted;
};

struct batch {
	const struct cli *cli;
	const struct backend *backend;
	struct supervisor *supervisor;
	bool user;
	enum apply_verb verb;
	struct item *v;
	size_t len;
};

static void batch_done(struct batch *b)
{
	for (size_t i = 0; i < b->len; i++)
		plan_done(&b->v[i].plan);
	free(b->v);
	if (b->supervisor)
		b->backend->control->close(b->supervisor);
}

struct supervisor *apply_open(const struct backend *backend, bool user, int *ret_code)
{
	struct scope scope = { .user = user, .home = cli_home(), .config_home = cli_config_home() };
	struct supervisor *ret = NULL;
	struct error err = {0};
	int r;

	if (!backend->control) {
		cli_error("%s: this tunnelctl writes its units (tunnelctl generate), but cannot talk to it yet",
			  backend->name);
		*ret_code = EXIT_FAILED;
		return NULL;
	}
	if ((r = backend->control->open(&scope, &ret, &err)) < 0) {
		cli_error("%s", err.text);
		*ret_code = cli_exit_code(r == -EINVAL ? -EIO : r);
	}
	return ret;
}

/* Load, render, check, and look at what is in the way: for all, so that all problems are told in one go. */
static int plan_all(struct batch *b, const struct selection *l)
{
	AUTO(strv) problems = {0};
	int ret = EXIT_DONE, r;

	b->v = xrealloc(NULL, l->len * sizeof(*b->v));
	memset(b->v, 0, l->len * sizeof(*b->v));
	b->len = l->len;
	for (size_t i = 0; i < l->len; i++) {
		struct plan *p = &b->v[i].plan;
		struct error err = {0};

		if ((r = plan_make(b->cli, b->backend, b->user, PLAN_FOR_HOST, l->v[i].ini, p, &problems)) < 0) {
			ret = cli_exit_code(r == -ENOENT ? -EINVAL : r);
		} else if (b->backend->check(p->text.s, p->text.len, &problems) < 0) {
			ret = EXIT_BAD_CONFIG;
		} else if ((r = unitfile_judge(p->path.s, b->cli->options.force, &err)) < 0) {
			strv_pushf(&problems, "%s: %s", p->tunnel.name, err.text);
			ret = cli_exit_code(r);
		} else if ((r = plan_report(b->cli, b->backend, p))) {
			ret = r;
		}
	}
	cli_errors(&problems);
	return ret;
}

static int fail(const struct error *err)
{
	cli_error("%s", err->text);
	return cli_exit_code(err->code);
}

static int query(struct batch *b, bool after, struct error *err)
{
	AUTO(strv) names = {0};
	AUTO_FREE struct unit_state *states = xrealloc(NULL, b->len * sizeof(*states));
	int r;

	for (size_t i = 0; i < b->len; i++)
		strv_push(&names, b->v[i].plan.tunnel.name);
	if ((r = b->backend->control->query(b->supervisor, &names, states, err)) < 0)
		return r;
	for (size_t i = 0; i < b->len; i++)
		*(after ? &b->v[i].after : &b->v[i].before) = states[i];
	return 0;
}

static int write_units(struct batch *b, struct error *err)
{
	for (size_t i = 0; i < b->len; i++) {
		struct plan *p = &b->v[i].plan;
		int r = unitfile_install(p->path.s, &p->text, err);

		if (r < 0)
			return r;
		b->v[i].written = r > 0;
		if (r > 0 && b->cli->options.verbose)
			cli_say(b->cli, "%s: wrote %s", p->tunnel.name, p->path.s);
	}
	return 0;
}

/* Links for what starts by itself; none left over from when it did. */
static int register_units(struct batch *b, struct error *err)
{
	AUTO(strv) automatic = {0};
	AUTO(strv) manual = {0};
	int r, s;

	for (size_t i = 0; i < b->len; i++) {
		const struct tunnel *t = &b->v[i].plan.tunnel;

		strv_push(t->start == START_MANUAL ? &manual : &automatic, t->name);
		b->v[i].registered = b->v[i].before.enabled != (t->start != START_MANUAL);
	}
	if ((r = b->backend->control->enable(b->supervisor, &automatic, err)) < 0 ||
	    (s = b->backend->control->disable(b->supervisor, &manual, err)) < 0)
		return r < 0 ? r : s;
	return r || s;
}

static int reload_if_changed(struct batch *b, bool links, struct error *err)
{
	bool changed = links;

	for (size_t i = 0; i < b->len; i++)
		changed |= b->v[i].written;
	return changed ? b->backend->control->reload(b->supervisor, err) : 0;
}

/* A tunnel that starts at boot in a user's supervisor needs that supervisor to run with nobody logged in. */
static int linger_if_wanted(struct batch *b, struct error *err)
{
	bool wanted = false;
	int r;

	for (size_t i = 0; i < b->len; i++)
		wanted |= b->user && b->v[i].plan.tunnel.start == START_BOOT;
	if (!wanted || !b->backend->control->linger)
		return 0;
	r = b->backend->control->linger(b->supervisor, err);
	if (r > 0)
		cli_say(b->cli, "lingering enabled: this user's supervisor now runs from boot on");
	return r;
}

static int run_units(struct batch *b)
{
	const struct control *control = b->backend->control;
	AUTO(strv) start = {0};
	AUTO(strv) again = {0};
	AUTO(strv) problems = {0};
	int r = 0, s = 0;

	for (size_t i = 0; i < b->len; i++) {
		struct item *item = &b->v[i];

		/* A unit that changed under a running tunnel is applied at once: that is what was asked for. */
		item->restarted = b->verb == APPLY_RESTART || (item->before.active && item->written);
		item->started = !item->restarted && !item->before.running;
		if (item->restarted)
			strv_push(&again, item->plan.tunnel.name);
		else if (item->started)
			strv_push(&start, item->plan.tunnel.name);
	}
	if (again.len)
		r = control->restart(b->supervisor, &again, &problems);
	if (start.len)
		s = control->start(b->supervisor, &start, &problems);
	cli_errors(&problems);
	return cli_exit_code(r < 0 ? r : s);
}

static void describe(const struct item *item, struct buf *ret)
{
	const struct { bool done; const char *word; } steps[] = {
		{ item->written, "unit written" },
		{ item->registered, item->after.enabled ? "enabled" : "no longer enabled" },
		{ item->restarted, "restarted" },
		{ item->started, "started" },
	};

	for (size_t i = 0; i < ARRAY_LEN(steps); i++)
		if (steps[i].done)
			buf_printf(ret, "%s%s", ret->len ? ", " : "", steps[i].word);
}

static void report(const struct batch *b)
{
	json_t *list = json_array();

	for (size_t i = 0; i < b->len; i++) {
		const struct item *item = &b->v[i];
		const struct unit_state *s = &item->after;
		AUTO(buf) done = {0};
		AUTO(buf) pid = {0};
		json_t *o = json_object();

		describe(item, &done);
		if (s->running)
			buf_printf(&pid, " (pid %ld)", s->pid);
		cli_say(b->cli, "%s: %s%s%s; %s%s", item->plan.tunnel.name, done.len ? "changed: " : "unchanged",
			buf_str(&done), s->enabled || b->verb != APPLY_ENABLE ? "" : ", does not start by itself",
			*s->state ? s->state : "not running", buf_str(&pid));
		json_set_text(o, "tunnel", item->plan.tunnel.name);
		json_set_text(o, "unit", item->plan.path.s);
		(void)json_object_set_new(o, "changed", json_boolean(done.len));
		(void)json_object_set_new(o, "enabled", json_boolean(s->enabled));
		(void)json_object_set_new(o, "running", json_boolean(s->running));
		(void)json_object_set_new(o, "notes", json_strv(&item->plan.notes));
		(void)json_array_append_new(list, o);
	}
	if (b->cli->options.json)
		json_print(list);
	else
		json_decref(list);
}

static int execute(struct batch *b)
{
	struct error err = {0};
	int links = 0, r, ret = EXIT_DONE;

	if ((r = query(b, false, &err)) < 0 || (r = write_units(b, &err)) < 0 ||
	    (b->verb == APPLY_ENABLE && (links = register_units(b, &err)) < 0) ||
	    (r = reload_if_changed(b, links > 0, &err)) < 0)
		return fail(&err);
	if (b->verb == APPLY_ENABLE && linger_if_wanted(b, &err) < 0) {
		cli_error("%s", err.text);
		ret = EXIT_FAILED; /* the rest is still worth having */
	}
	if (!b->cli->options.no_start && (r = run_units(b)))
		ret = r;
	if ((r = query(b, true, &err)) < 0)
		return fail(&err);
	report(b);
	return ret;
}

int apply(const struct cli *cli, enum apply_verb verb)
{
	__attribute__((cleanup(selection_done))) struct selection l = {0};
	__attribute__((cleanup(batch_done))) struct batch b = { .cli = cli, .verb = verb, .user = cli_is_user(cli) };
	int r;

	if (!(b.backend = cli_backend(cli)))
		return EXIT_FAILED;
	if ((r = select_tunnels(cli, b.user, 0, NULL, &l)) || (r = plan_all(&b, &l)))
		return r;
	if (!(b.supervisor = apply_open(b.backend, b.user, &r)))
		return r;
	cli_finish_without_terminal();
	return execute(&b);
}
