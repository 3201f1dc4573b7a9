/* SPDX-License-Identifier: MIT */
#include "cli/undo.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "cli/apply.h"
#include "cli/inside.h"
#include "cli/json.h"
#include "cli/select.h"
#include "cli/unitfile.h"

struct item {
	const struct selected *selected;
	struct buf unit; /* its path */
	struct unit_state before;
	bool stopped, removed, set_aside;
};

struct batch {
	const struct cli *cli;
	const struct backend *backend;
	struct supervisor *supervisor;
	bool user;
	enum undo_verb verb;
	struct item *v;
	size_t len;
};

static void batch_done(struct batch *b)
{
	for (size_t i = 0; i < b->len; i++)
		buf_done(&b->v[i].unit);
	free(b->v);
	if (b->supervisor)
		b->backend->control->close(b->supervisor);
}

static int fail(const struct error *err)
{
	cli_error("%s", err->text);
	return cli_exit_code(err->code);
}

static int find_units(struct batch *b, const struct selection *l)
{
	struct scope scope = { .user = b->user, .home = cli_home(), .config_home = cli_config_home() };
	struct error err = {0};

	b->v = xrealloc(NULL, l->len * sizeof(*b->v));
	memset(b->v, 0, l->len * sizeof(*b->v));
	b->len = l->len;
	for (size_t i = 0; i < l->len; i++) {
		struct tunnel t = { .name = l->v[i].name };

		b->v[i].selected = &l->v[i];
		if (b->backend->path(&t, &scope, &b->v[i].unit, &err) < 0 ||
		    (b->verb != UNDO_STOP && unitfile_judge(b->v[i].unit.s, b->cli->options.force, &err) < 0))
			return fail(&err);
	}
	return 0;
}

static int query(struct batch *b, struct error *err)
{
	AUTO(strv) names = {0};
	AUTO_FREE struct unit_state *states = xrealloc(NULL, b->len * sizeof(*states));
	int r;

	for (size_t i = 0; i < b->len; i++)
		strv_push(&names, b->v[i].selected->name);
	if ((r = b->backend->control->query(b->supervisor, &names, states, err)) < 0)
		return r;
	for (size_t i = 0; i < b->len; i++)
		b->v[i].before = states[i];
	return 0;
}

static int stop_units(struct batch *b)
{
	AUTO(strv) names = {0};
	AUTO(strv) problems = {0};
	int r;

	for (size_t i = 0; i < b->len; i++)
		if ((b->v[i].stopped = b->v[i].before.active))
			strv_push(&names, b->v[i].selected->name);
	if (!names.len)
		return 0;
	r = b->backend->control->stop(b->supervisor, &names, &problems);
	cli_errors(&problems);
	return cli_exit_code(r);
}

static int take_units_away(struct batch *b, struct error *err)
{
	AUTO(strv) names = {0};
	bool changed = false;
	int r;

	for (size_t i = 0; i < b->len; i++)
		if (access(b->v[i].unit.s, F_OK) == 0)
			strv_push(&names, b->v[i].selected->name);
	if ((r = b->backend->control->disable(b->supervisor, &names, err)) < 0)
		return r;
	for (size_t i = 0; i < b->len; i++) {
		if ((r = unitfile_remove(b->v[i].unit.s, err)) < 0)
			return r;
		b->v[i].removed = r > 0;
		changed |= r > 0;
	}
	return changed ? b->backend->control->reload(b->supervisor, err) : 0;
}

static int set_aside(const char *path, struct error *err)
{
	AUTO(buf) backup = {0};

	buf_printf(&backup, "%s.bak", path);
	if (rename(path, backup.s) == 0)
		return 1;
	return errno == ENOENT ? 0 : error_errno(err, -errno, "%s", path);
}

static int set_inis_aside(struct batch *b, struct error *err)
{
	for (size_t i = 0; i < b->len; i++) {
		const char *ini = b->v[i].selected->ini;
		AUTO(buf) drop_ins = {0};
		int r;

		if (!ini)
			continue;
		buf_printf(&drop_ins, "%s.d", ini);
		if ((r = set_aside(ini, err)) < 0)
			return r;
		b->v[i].set_aside = r > 0;
		if ((r = set_aside(drop_ins.s, err)) < 0)
			return r;
	}
	return 0;
}

static void report(const struct batch *b)
{
	static const char *const idle[] = { "is not running", "is not enabled", "is not there" };
	json_t *list = json_array();

	for (size_t i = 0; i < b->len; i++) {
		const struct item *item = &b->v[i];
		bool changed = item->stopped || item->removed || item->set_aside;
		json_t *o = json_object();

		if (changed)
			cli_say(b->cli, "%s: changed: %s%s%s%s%s", item->selected->name, item->stopped ? "stopped" : "",
				item->stopped && item->removed ? ", " : "", item->removed ? "unit removed" : "",
				item->set_aside && (item->stopped || item->removed) ? ", " : "",
				item->set_aside ? "INI kept as .bak" : "");
		else
			cli_say(b->cli, "%s: unchanged: %s", item->selected->name, idle[b->verb]);
		json_set_text(o, "tunnel", item->selected->name);
		(void)json_object_set_new(o, "changed", json_boolean(changed));
		(void)json_array_append_new(list, o);
	}
	if (b->cli->options.json)
		json_print(list);
	else
		json_decref(list);
}

/* In the reverse order of apply(): the process, the registration, the file. */
static int execute(struct batch *b)
{
	struct error err = {0};
	int r;

	if (query(b, &err) < 0)
		return fail(&err);
	if ((r = stop_units(b)))
		return r;
	if ((b->verb >= UNDO_DISABLE && take_units_away(b, &err) < 0) ||
	    (b->verb >= UNDO_REMOVE && set_inis_aside(b, &err) < 0))
		return fail(&err);
	report(b);
	return EXIT_DONE;
}

int undo(const struct cli *cli, enum undo_verb verb)
{
	__attribute__((cleanup(selection_done))) struct selection l = {0};
	__attribute__((cleanup(batch_done))) struct batch b = { .cli = cli, .verb = verb, .user = cli_is_user(cli) };
	int r;

	if (!(b.backend = cli_backend(cli)))
		return EXIT_FAILED;
	if ((r = select_tunnels(cli, b.user, SELECT_INSTALLED, b.backend, &l)) || (r = find_units(&b, &l)) ||
	    (r = inside_confirm(cli, b.user, &l)))
		return r;
	if (!(b.supervisor = apply_open(b.backend, b.user, &r)))
		return r;
	cli_finish_without_terminal();
	return execute(&b);
}
