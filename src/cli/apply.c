/* SPDX-License-Identifier: MIT */
#include "cli/apply.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/file.h"
#include "cli/batch.h"
#include "cli/checkup_before.h"
#include "cli/inside.h"
#include "cli/json.h"
#include "cli/plan.h"
#include "cli/progress.h"
#include "cli/report.h"
#include "cli/select.h"
#include "cli/unitfile.h"
#include "cli/ways.h"
#include "model/key.h"

/* What is started has so long to come up or to say why it does not, and so long to say anything at all: where no state
 * is written, there is nothing to wait for. */
enum { SETTLE_MS = 10 * 1000, FIRST_WORD_MS = 2 * 1000 };

/* One tunnel and what has been done to it. */
struct item {
	struct plan plan;
	struct strv strays; /* where a unit of another Start may be left of it */
	struct unit_state before, after;
	bool written, registered, started, restarted;
	bool doubtful; /* not every restart has worked */
};

struct apply {
	const struct cli *cli;
	enum apply_verb verb;
	const struct selection *selection;
	struct batch batch;
	struct item *v;
	size_t len;
	struct reports reports; /* in the order of the items */
	struct progress progress;
};

static void item_done(struct item *item)
{
	plan_done(&item->plan);
	strv_done(&item->strays);
}

static void apply_done(struct apply *a)
{
	reports_done(&a->reports);
	for (size_t i = 0; i < a->len; i++)
		item_done(&a->v[i]);
	free(a->v);
	batch_done(&a->batch);
}

/* The unit, and what may be left of it elsewhere, are ours to replace. */
static int judge_files(const struct apply *a, struct item *item, struct error *err)
{
	AUTO(strv) places = {0};
	int r;

	if ((r = unitfile_places(a->batch.backend, item->plan.tunnel.name, &a->batch.scope, &places, err)) < 0 ||
	    (r = unitfile_judge(item->plan.path.s, a->cli->options.force, err)) < 0)
		return r;
	for (size_t i = 0; i < places.len && r == 0; i++)
		if (strcmp(places.v[i], item->plan.path.s) != 0) {
			strv_push(&item->strays, places.v[i]);
			r = unitfile_judge(places.v[i], a->cli->options.force, err);
		}
	return r;
}

/* By our own checker, and by the supervisor's where the host has one; that it cannot judge is no reason not to go on. */
static int judge_text(const struct apply *a, const struct plan *p, struct strv *ret_problems)
{
	const struct backend *b = a->batch.backend;
	AUTO(strv) notes = {0};
	int r = backend_check(b, &p->scope, p->text.s, p->text.len, ret_problems);

	if (r < 0 || !b->verify)
		return r;
	r = b->verify(path_base(p->path.s), p->text.s, p->text.len, ret_problems, &notes);
	for (size_t i = 0; i < notes.len && a->cli->options.verbose; i++)
		cli_say(a->cli, "%s: %s", p->tunnel.name, notes.v[i]);
	return r;
}

/* Load, render, check, and look at what is in the way: for all, so that all problems are told in one go. */
static int plan_all(struct apply *a, const struct selection *l)
{
	AUTO(strv) problems = {0};
	int ret = EXIT_DONE, r;

	a->v = xrealloc(NULL, l->len * sizeof(*a->v));
	memset(a->v, 0, l->len * sizeof(*a->v));
	a->len = l->len;
	for (size_t i = 0; i < l->len; i++) {
		struct plan *p = &a->v[i].plan;
		AUTO(strv) found = {0};
		struct error err = {0};

		if ((r = plan_make(a->cli, a->batch.backend, a->batch.scope.user, PLAN_FOR_HOST, &l->v[i], p, &problems)) < 0) {
			ret = cli_exit_code(r == -ENOENT ? -EINVAL : r);
		} else if (judge_text(a, p, &found) < 0) {
			for (size_t j = 0; j < found.len; j++)
				strv_pushf(&problems, "%s: its unit would be wrong: %s", p->tunnel.name, found.v[j]);
			ret = EXIT_BAD_CONFIG;
		} else if ((r = judge_files(a, &a->v[i], &err)) < 0) {
			strv_pushf(&problems, "%s: %s", p->tunnel.name, err.text);
			ret = cli_exit_code(r);
		} else if (a->cli->options.strict && (r = plan_report(a->cli, a->batch.backend, p))) {
			ret = r;
		}
	}
	cli_errors(&problems);
	return ret;
}

static int query(struct apply *a, bool after, struct error *err)
{
	AUTO(strv) names = {0};
	AUTO_FREE struct unit_state *states = NULL;

	for (size_t i = 0; i < a->len; i++)
		strv_push(&names, a->v[i].plan.tunnel.name);
	if (!(states = batch_query(&a->batch, &names, err)))
		return err->code;
	for (size_t i = 0; i < a->len; i++)
		*(after ? &a->v[i].after : &a->v[i].before) = states[i];
	return 0;
}

static int write_units(struct apply *a, struct error *err)
{
	for (size_t i = 0; i < a->len; i++) {
		struct plan *p = &a->v[i].plan;
		int r = unitfile_install(p->path.s, &p->text, err);

		for (size_t j = 0; j < a->v[i].strays.len && r >= 0; j++) {
			int removed = unitfile_remove(a->v[i].strays.v[j], err);

			r = removed < 0 ? removed : r | removed;
		}
		if (r < 0)
			return r;
		a->v[i].written = r > 0;
		if (r > 0 && a->cli->options.verbose)
			cli_say(a->cli, "%s: wrote %s", p->tunnel.name, p->path.s);
	}
	return 0;
}

/* What the supervisor cannot do is news where the unit is: nobody reads it at each restart. */
static void tell_notes(const struct apply *a)
{
	for (size_t i = 0; i < a->len; i++)
		if (a->v[i].written)
			(void)plan_report(a->cli, a->batch.backend, &a->v[i].plan);
}

/* Links for what starts by itself; none left over from when it did. */
static int register_units(struct apply *a, struct error *err)
{
	AUTO(strv) automatic = {0};
	AUTO(strv) manual = {0};
	int r, s;

	for (size_t i = 0; i < a->len; i++) {
		const struct tunnel *t = &a->v[i].plan.tunnel;

		strv_push(t->start == START_MANUAL ? &manual : &automatic, t->name);
		a->v[i].registered = a->v[i].before.enabled != (t->start != START_MANUAL);
	}
	if ((r = a->batch.backend->control->enable(a->batch.supervisor, &automatic, err)) < 0 ||
	    (s = a->batch.backend->control->disable(a->batch.supervisor, &manual, err)) < 0)
		return r < 0 ? r : s;
	return r || s;
}

static int reload_if_changed(struct apply *a, bool links, struct error *err)
{
	bool changed = links;

	for (size_t i = 0; i < a->len; i++)
		changed |= a->v[i].written || a->v[i].before.stale;
	return changed ? a->batch.backend->control->reload(a->batch.supervisor, err) : 0;
}

/* A tunnel that starts at boot in a user's supervisor needs that supervisor to run with nobody logged in. */
static int linger_if_wanted(struct apply *a, struct error *err)
{
	bool wanted = false;
	int r;

	for (size_t i = 0; i < a->len; i++)
		wanted |= a->batch.scope.user && a->v[i].plan.tunnel.start == START_BOOT;
	if (!wanted || !a->batch.backend->control->linger)
		return 0;
	r = a->batch.backend->control->linger(a->batch.supervisor, err);
	if (r > 0)
		cli_say(a->cli, "lingering enabled: this user's supervisor now runs from boot on");
	return r;
}

static void begin_progress(struct apply *a, const char *before, const char *after)
{
	if (a->len == 1)
		progress_begin(&a->progress, a->cli, "%s %s%s", before, a->v[0].plan.tunnel.name, after);
	else
		progress_begin(&a->progress, a->cli, "%s %zu tunnels%s", before, a->len, after);
}

/* Before the supervisor is asked: behind that, nothing reaches the terminal any more. */
static void warn_inside(const struct apply *a)
{
	for (size_t i = 0; i < a->len; i++)
		if (a->v[i].restarted && a->v[i].before.active && inside_tunnel(&a->v[i].plan.tunnel))
			cli_say(a->cli, "%s: this shell came in through it and ends now; the tunnel comes back by itself: "
				"log in again in some seconds", a->v[i].plan.tunnel.name);
	(void)fflush(stdout);
}

static int run_units(struct apply *a)
{
	const struct control *control = a->batch.backend->control;
	AUTO(strv) start = {0};
	AUTO(strv) again = {0};
	AUTO(strv) problems = {0};
	int r = 0, s = 0;

	for (size_t i = 0; i < a->len; i++) {
		struct item *item = &a->v[i];

		/* A unit that changed under a running tunnel is applied at once: that is what was asked for. */
		item->restarted = a->verb == APPLY_RESTART || (item->before.active && (item->written || item->before.stale));
		item->started = !item->restarted && !item->before.running;
		if (item->restarted)
			strv_push(&again, item->plan.tunnel.name);
		else if (item->started)
			strv_push(&start, item->plan.tunnel.name);
	}
	warn_inside(a);
	begin_progress(a, again.len ? "restarting" : "starting", "");
	if (again.len)
		r = control->restart(a->batch.supervisor, &again, &problems);
	for (size_t i = 0; i < a->len; i++)
		a->v[i].doubtful = r < 0;
	if (start.len)
		s = control->start(a->batch.supervisor, &start, &problems);
	progress_end(&a->progress);
	cli_errors(&problems);
	return cli_exit_code(r < 0 ? r : s);
}

static bool is_settled(const struct item *item, const struct report *r, bool silent_too_long)
{
	if (!item->started && !item->restarted)
		return true;
	if (!r->held || r->between)
		return silent_too_long;
	return phase_is_up(r->phase) || r->phase == PHASE_WAITING || r->phase == PHASE_PARKED;
}

static bool are_settled(const struct apply *a, bool silent_too_long)
{
	for (size_t i = 0; i < a->len; i++)
		if (!is_settled(&a->v[i], &a->reports.v[i], silent_too_long))
			return false;
	return true;
}

/* A server that is down is no failure; but that it is down is worth a moment. One wait for all. */
static void settle(struct apply *a)
{
	long long begun = clock_ms();

	begin_progress(a, "waiting for", " to come up");
	for (;;) {
		long long age = clock_ms() - begun;
		bool silent_too_long = age >= FIRST_WORD_MS;

		reports_look(&a->reports, NULL);
		if (are_settled(a, silent_too_long) || age >= SETTLE_MS)
			break;
		(void)reports_await(&a->reports, begun + (silent_too_long ? SETTLE_MS : FIRST_WORD_MS), -1);
	}
	progress_end(&a->progress);
}

/* Where not all restarts have worked, the same process as before says that this one has not. */
static bool is_as_before(const struct item *item)
{
	return item->doubtful && item->before.running && item->after.running && item->before.pid == item->after.pid;
}

static void describe(const struct item *item, struct buf *ret)
{
	const struct { bool done; const char *word; } steps[] = {
		{ item->written, "unit written" },
		{ item->registered && item->before.enabled != item->after.enabled,
		  item->after.enabled ? "enabled" : "no longer enabled" },
		{ item->restarted && !is_as_before(item), item->after.active ? "restarted" : "stopped" },
		{ item->started && item->after.active, "started" },
	};

	for (size_t i = 0; i < ARRAY_LEN(steps); i++)
		if (steps[i].done)
			buf_printf(ret, "%s%s", ret->len ? ", " : "", steps[i].word);
}

/* What stands between a sentence, which may be a question, and the next. */
static const char *joint(const struct buf *sentence)
{
	return sentence->len && sentence->s[sentence->len - 1] == '?' ? "" : ";";
}

/* What became of it: in its own words, or else in the supervisor's. */
static void print_outcome(const struct item *item, const struct report *r, struct buf *ret)
{
	const struct unit_state *s = &item->after;

	if (r->phase)
		buf_puts(ret, report_sentence(r));
	else
		buf_puts(ret, *s->state ? s->state : "not running");
	if (!r->phase && s->running)
		buf_printf(ret, " (pid %ld)", s->pid);
	if (!phase_is_up(r->phase) || item->restarted) /* what is restarted has the new ones, whatever was read before */
		return;
	if (s->running && r->state.pid && r->state.pid != s->pid)
		buf_printf(ret, "%s that one was run by hand (pid %ld), and this one waits for its end", joint(ret),
			   r->state.pid);
	else if (report_is_older(r))
		buf_printf(ret, "%s running with older settings; tunnelctl restart %s applies the new ones", joint(ret),
			   item->plan.tunnel.name);
}

/* What became of it in a line, and in another how to come in; who restarts a tunnel knows that. */
static void say_outcome(const struct apply *a, const struct item *item, const struct report *r, const struct buf *done)
{
	const bool by_itself = item->after.enabled || a->verb != APPLY_ENABLE;
	const char *name = item->plan.tunnel.name;
	AUTO(buf) outcome = {0};
	AUTO(buf) way = {0};

	print_outcome(item, r, &outcome);
	cli_say(a->cli, "%s: %s%s%s; %s", name, done->len ? "changed: " : "unchanged", buf_str(done),
		by_itself ? "" : ", does not start by itself", outcome.s);
	ways_say(r, &way);
	if (way.len && a->verb != APPLY_RESTART)
		cli_say(a->cli, "%s: %s", name, way.s);
	if (r->cure.len)
		cli_say(a->cli, "%s, next: %s", name, r->cure.s);
}

static json_t *to_json(const struct item *item, const struct report *r, const struct buf *done)
{
	AUTO(buf) way = {0};
	json_t *o = json_object();

	json_set_text(o, "tunnel", item->plan.tunnel.name);
	json_set_text(o, "unit", item->plan.path.s);
	(void)json_object_set_new(o, "changed", json_boolean(done->len));
	(void)json_object_set_new(o, "enabled", json_boolean(item->after.enabled));
	(void)json_object_set_new(o, "running", json_boolean(item->after.running));
	json_set_text(o, "phase", r->phase ? phase_word(r->phase) : NULL);
	json_set_text(o, "sentence", r->phase ? report_sentence(r) : NULL);
	json_set_text(o, "way_in", ways_best(r, &way) ? way.s : NULL);
	(void)json_object_set_new(o, "notes", json_strv(&item->plan.notes));
	return o;
}

static void report(const struct apply *a)
{
	json_t *list = json_array();

	for (size_t i = 0; i < a->len; i++) {
		const struct report *r = &a->reports.v[i];
		AUTO(buf) done = {0};

		describe(&a->v[i], &done);
		say_outcome(a, &a->v[i], r, &done);
		(void)json_array_append_new(list, to_json(&a->v[i], r, &done));
	}
	json_finish(a->cli, list);
}

static int execute(struct apply *a)
{
	struct error err = {0};
	int links = 0, r, ret = EXIT_DONE;

	if ((r = query(a, false, &err)) < 0 || (r = write_units(a, &err)) < 0)
		return batch_fail(&err);
	tell_notes(a);
	if ((a->verb == APPLY_ENABLE && (links = register_units(a, &err)) < 0) ||
	    (r = reload_if_changed(a, links > 0, &err)) < 0)
		return batch_fail(&err);
	cli_hold_interrupts(false);
	if (a->verb == APPLY_ENABLE && linger_if_wanted(a, &err) < 0) {
		cli_error("%s", err.text);
		ret = EXIT_FAILED; /* the rest is still worth having */
	}
	reports_open(a->cli, a->selection, &a->reports);
	if (!a->cli->options.no_start && (r = run_units(a)))
		ret = r;
	if (!a->cli->options.quiet || a->cli->options.json)
		settle(a);
	if ((r = query(a, true, &err)) < 0)
		return batch_fail(&err);
	report(a);
	return ret;
}

int apply(const struct cli *cli, enum apply_verb verb)
{
	__attribute__((cleanup(selection_done))) struct selection l = {0};
	__attribute__((cleanup(apply_done))) struct apply a = { .cli = cli, .verb = verb, .selection = &l };
	int r;

	if ((r = batch_find(cli, cli_is_user(cli), &a.batch)) ||
	    (r = select_tunnels(cli, 0, NULL, &l)) || (r = plan_all(&a, &l)) ||
	    (verb == APPLY_ENABLE && (r = checkup_before(cli, &l))) ||
	    (r = batch_open(&a.batch)))
		return r;
	cli_finish_without_terminal();
	cli_hold_interrupts(true);
	return execute(&a);
}
