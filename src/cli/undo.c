/* SPDX-License-Identifier: MIT */
#include "cli/undo.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "cli/batch.h"
#include "cli/inside.h"
#include "cli/json.h"
#include "cli/progress.h"
#include "cli/remains.h"
#include "cli/select.h"
#include "cli/unitfile.h"
#include "model/config.h"

struct item {
	const struct selected *selected;
	struct strv units; /* paths where it may have one */
	struct unit_state before;
	bool stopped, removed, set_aside, state_removed;
	struct tunnel tunnel;  /* remove: what the INI said, where it could be read */
	struct buf key;        /* that stays */
	struct strv rest;      /* commands that take it away too */
};

struct undo {
	const struct cli *cli;
	enum undo_verb verb;
	struct batch batch;
	struct item *v;
	size_t len;
};

static void undo_done(struct undo *u)
{
	for (size_t i = 0; i < u->len; i++) {
		strv_done(&u->v[i].units);
		tunnel_done(&u->v[i].tunnel);
		buf_done(&u->v[i].key);
		strv_done(&u->v[i].rest);
	}
	free(u->v);
	batch_done(&u->batch);
}

static int find_units(struct undo *u, const struct selection *l)
{
	struct error err = {0};

	u->v = xrealloc(NULL, l->len * sizeof(*u->v));
	memset(u->v, 0, l->len * sizeof(*u->v));
	u->len = l->len;
	for (size_t i = 0; i < l->len; i++) {
		struct strv *units = &u->v[i].units;

		u->v[i].selected = &l->v[i];
		if (unitfile_places(u->batch.backend, l->v[i].name, &u->batch.scope, units, &err) < 0)
			return batch_fail(&err);
		for (size_t j = 0; j < units->len && u->verb != UNDO_STOP; j++)
			if (unitfile_judge(units->v[j], u->cli->options.force, &err) < 0)
				return batch_fail(&err);
	}
	return 0;
}

static int query(struct undo *u, struct error *err)
{
	AUTO(strv) names = {0};
	AUTO_FREE struct unit_state *states = NULL;

	for (size_t i = 0; i < u->len; i++)
		strv_push(&names, u->v[i].selected->name);
	if (!(states = batch_query(&u->batch, &names, err)))
		return err->code;
	for (size_t i = 0; i < u->len; i++)
		u->v[i].before = states[i];
	return 0;
}

static int stop_units(struct undo *u)
{
	AUTO(strv) names = {0};
	AUTO(strv) problems = {0};
	struct progress progress;
	int r;

	for (size_t i = 0; i < u->len; i++)
		if ((u->v[i].stopped = u->v[i].before.active))
			strv_push(&names, u->v[i].selected->name);
	if (!names.len)
		return 0;
	if (names.len == 1)
		progress_begin(&progress, u->cli, "stopping %s", names.v[0]);
	else
		progress_begin(&progress, u->cli, "stopping %zu tunnels", names.len);
	r = u->batch.backend->control->stop(u->batch.supervisor, &names, &problems);
	progress_end(&progress);
	cli_errors(&problems);
	return cli_exit_code(r);
}

static bool has_unit(const struct item *item)
{
	for (size_t i = 0; i < item->units.len; i++)
		if (access(item->units.v[i], F_OK) == 0)
			return true;
	return false;
}

static int remove_units(struct item *item, struct error *err)
{
	for (size_t i = 0; i < item->units.len; i++) {
		int r = unitfile_remove(item->units.v[i], err);

		if (r < 0)
			return r;
		item->removed |= r > 0;
	}
	return 0;
}

static int take_units_away(struct undo *u, struct error *err)
{
	const struct control *control = u->batch.backend->control;
	AUTO(strv) names = {0};
	bool changed = false;
	int r;

	for (size_t i = 0; i < u->len; i++) {
		AUTO(strv) gone = {0};

		if (has_unit(&u->v[i])) {
			strv_push(&names, u->v[i].selected->name);
			continue;
		}
		/* Somebody took the unit away and may have left its link; an error says that there is none. */
		strv_push(&gone, u->v[i].selected->name);
		changed |= control->disable(u->batch.supervisor, &gone, NULL) > 0;
	}
	if ((r = control->disable(u->batch.supervisor, &names, err)) < 0)
		return r;
	changed |= r > 0;
	for (size_t i = 0; i < u->len; i++) {
		if ((r = remove_units(&u->v[i], err)) < 0)
			return r;
		changed |= u->v[i].removed;
	}
	return changed ? control->reload(u->batch.supervisor, err) : 0;
}

/* An older backup of drop-ins, in whose place a folder cannot be renamed. What is no file in there is not ours. */
static void clear_backup(const char *folder)
{
	DIR *d = opendir(folder);
	const struct dirent *entry;

	while (d && (entry = readdir(d)))
		(void)unlinkat(dirfd(d), entry->d_name, 0);
	if (d)
		(void)closedir(d);
	(void)rmdir(folder);
}

static int set_aside(const char *path, struct error *err)
{
	AUTO(buf) backup = {0};

	buf_printf(&backup, "%s.bak", path);
	if (rename(path, backup.s) == 0)
		return 1;
	if (errno == ENOTEMPTY || errno == EEXIST) {
		clear_backup(backup.s);
		if (rename(path, backup.s) == 0)
			return 1;
		return error_errno(err, -errno, "%s: cannot be set aside as %s", path, backup.s);
	}
	return errno == ENOENT ? 0 : error_errno(err, -errno, "%s", path);
}

static int set_inis_aside(struct undo *u, struct error *err)
{
	for (size_t i = 0; i < u->len; i++) {
		const char *ini = u->v[i].selected->ini;
		AUTO(buf) drop_ins = {0};
		int r;

		if (!ini)
			continue;
		buf_printf(&drop_ins, "%s.d", ini);
		if ((r = set_aside(ini, err)) < 0)
			return r;
		u->v[i].set_aside = r > 0;
		if ((r = set_aside(drop_ins.s, err)) < 0)
			return r;
	}
	return 0;
}

/* While there is an INI to read: what it says is what will be left. A broken one is removed like any other. */
static void look_at_inis(struct undo *u)
{
	for (size_t i = 0; i < u->len && u->verb == UNDO_REMOVE; i++) {
		struct item *item = &u->v[i];
		AUTO(strv) problems = {0};

		if (item->selected->ini &&
		    config_load(item->selected->ini, item->selected->user ? CONFIG_USER : CONFIG_SYSTEM, &item->tunnel,
				&problems) == 0)
			remains_find_key(&item->tunnel, item->selected->user, &item->key);
	}
}

/* What the runner wrote is of no use without the tunnel; that it cannot be taken away is no reason to stop. */
static void remove_states(struct undo *u)
{
	for (size_t i = 0; i < u->len; i++) {
		struct item *item = &u->v[i];
		struct error err = {0};
		int r = remains_remove_state(item->selected->name, item->selected->user, item->tunnel.run_as, &err);

		if (r < 0)
			cli_error("%s", err.text);
		item->state_removed = r > 0;
		if (item->set_aside && item->key.len)
			remains_list(u->cli, &item->tunnel, item->selected->user, item->selected->ini, item->key.s,
				     &item->rest);
	}
}

/* The other half of the tunnel, which nobody sees here any more. */
static void say_rest(const struct undo *u, const struct item *item)
{
	if (!item->rest.len)
		return;
	cli_say(u->cli, "left: the key %s, and the line on %s that lets it in; to take them away too:", item->key.s,
		item->tunnel.host);
	for (size_t i = 0; i < item->rest.len; i++)
		cli_say(u->cli, "  %s", item->rest.v[i]);
}

static void describe(const struct item *item, struct buf *ret)
{
	const struct { bool done; const char *word; } steps[] = {
		{ item->stopped, "stopped" },
		{ item->removed, "unit removed" },
		{ item->set_aside, "INI kept as .bak" },
		{ item->state_removed, "state removed" },
	};

	for (size_t i = 0; i < ARRAY_LEN(steps); i++)
		if (steps[i].done)
			buf_cat(ret, ret->len ? ", " : "", steps[i].word);
}

static void report(const struct undo *u)
{
	static const char *const idle[] = { "is not running", "is not enabled", "is not there" };
	json_t *list = json_array();

	for (size_t i = 0; i < u->len; i++) {
		const struct item *item = &u->v[i];
		bool changed = item->stopped || item->removed || item->set_aside || item->state_removed;
		json_t *o = json_object();
		AUTO(buf) done = {0};

		describe(item, &done);
		if (changed)
			cli_say(u->cli, "%s: changed: %s", item->selected->name, done.s);
		else
			cli_say(u->cli, "%s: unchanged: %s", item->selected->name, idle[u->verb]);
		json_set_text(o, "tunnel", item->selected->name);
		(void)json_object_set_new(o, "changed", json_boolean(changed));
		if (u->verb == UNDO_REMOVE) {
			json_set_text(o, "key", item->key.len ? item->key.s : NULL);
			(void)json_object_set_new(o, "next", json_strv(&item->rest));
		}
		say_rest(u, item);
		(void)json_array_append_new(list, o);
	}
	json_finish(u->cli, list);
}

/* In the reverse order of apply(): the process, the registration, the file. */
static int execute(struct undo *u)
{
	struct error err = {0};
	int r;

	if (query(u, &err) < 0)
		return batch_fail(&err);
	if ((r = stop_units(u)))
		return r;
	cli_hold_interrupts(true);
	look_at_inis(u);
	if ((u->verb >= UNDO_DISABLE && take_units_away(u, &err) < 0) ||
	    (u->verb >= UNDO_REMOVE && set_inis_aside(u, &err) < 0))
		return batch_fail(&err);
	if (u->verb == UNDO_REMOVE)
		remove_states(u);
	report(u);
	return EXIT_DONE;
}

int undo(const struct cli *cli, enum undo_verb verb)
{
	__attribute__((cleanup(selection_done))) struct selection l = {0};
	__attribute__((cleanup(undo_done))) struct undo u = { .cli = cli, .verb = verb };
	int r;

	if ((r = batch_find(cli, cli_is_user(cli), &u.batch)) ||
	    (r = select_tunnels(cli, SELECT_INSTALLED, u.batch.backend, &l)) || (r = find_units(&u, &l)) ||
	    (r = inside_confirm(cli, &l)) || (r = batch_open(&u.batch)))
		return r;
	cli_finish_without_terminal();
	return execute(&u);
}
