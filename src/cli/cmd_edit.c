/* SPDX-License-Identifier: MIT */
/* A tunnel's INI in the person's editor: a copy, which takes the file's place when nothing is wrong with it. */
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "cli/apply.h"
#include "cli/ask.h"
#include "cli/batch.h"
#include "cli/cli.h"
#include "cli/editor.h"
#include "cli/inifile.h"
#include "cli/inside.h"
#include "cli/json.h"
#include "cli/nextstep.h"
#include "cli/person.h"
#include "cli/plan.h"
#include "cli/select.h"
#include "cli/trial.h"
#include "model/config.h"
#include "ssh/server.h"

/* One edit on its way. */
struct edit {
	const struct cli *cli;
	const struct selected *selected;
	struct editor editor;
	struct buf before, after; /* texts */
	struct tunnel old;        /* of the old text; all-zero: it could not be read */
	struct tunnel tunnel;     /* the new text */
	struct strv notes;
};

static void edit_done(struct edit *e)
{
	editor_done(&e->editor);
	buf_done(&e->before);
	buf_done(&e->after);
	tunnel_done(&e->old);
	tunnel_done(&e->tunnel);
	strv_done(&e->notes);
}

static int fail(const struct error *err)
{
	cli_error("%s", err->text);
	return cli_exit_code(err->code);
}

static bool is_same(const struct edit *e)
{
	return e->before.len == e->after.len && !memcmp(buf_str(&e->before), buf_str(&e->after), e->before.len);
}

/* What enable would trip over on this host, told while the editor is at hand. */
static void judge_unit(struct edit *e, const struct trial *trial, struct strv *ret_problems)
{
	const struct backend *b = e->cli->options.backend ? backend_find(e->cli->options.backend) : backend_present();
	const struct selected copy = { .name = e->selected->name, .ini = trial->ini.s, .user = e->selected->user };
	__attribute__((cleanup(plan_done))) struct plan p = {0};
	AUTO(strv) problems = {0};

	if (!b)
		return;
	if (plan_make(e->cli, b, e->selected->user, PLAN_FOR_TARGET, &copy, &p, &problems) == 0)
		(void)backend_check(b, &p.scope, p.text.s, p.text.len, &problems);
	trial_rename(trial, &problems);
	strv_push_all(ret_problems, &problems);
	strv_push_all(&e->notes, &p.notes);
}

/* The new text as every command would read it. False, with the problems printed: it cannot go on like this. */
static bool is_good(struct edit *e)
{
	AUTO(trial) trial = {0};
	AUTO(strv) problems = {0};
	struct error err = {0};

	tunnel_done(&e->tunnel);
	strv_done(&e->notes);
	if (trial_open(e->selected->ini, &e->after, &trial, &err) < 0)
		strv_push(&problems, err.text);
	else if (trial_load(&trial, e->selected->user ? CONFIG_USER : CONFIG_SYSTEM, &e->tunnel, &problems) == 0)
		judge_unit(e, &trial, &problems);
	cli_errors(&problems);
	return !problems.len;
}

/* What the person typed is never thrown away. */
static void keep(struct edit *e)
{
	e->editor.kept = true;
	cli_error("%s: nothing changed; your text is kept, to be mended and put in place: %s", e->selected->name,
		  e->editor.file.s);
}

/* An editor that was killed, or fails for a reason of its own, may have written before. */
static int give_up(struct edit *e, const struct error *why)
{
	AUTO(buf) left = {0};

	cli_error("%s: nothing changed: %s", e->selected->name, why->text);
	if (person_read(&e->editor.person, e->editor.file.s, &left, NULL) == 0 && left.len &&
	    strcmp(left.s, buf_str(&e->before)) != 0)
		keep(e);
	return EXIT_FAILED;
}

/* Until it is good, unchanged, or given up. */
static int edit_text(struct edit *e)
{
	struct error err = {0};

	for (;;) {
		if (editor_run(&e->editor, &e->after, &err) < 0)
			return give_up(e, &err);
		if (is_same(e) || is_good(e))
			return EXIT_DONE;
		if (ask_can() && ask_unless_no("%s: edit it again?", e->selected->name))
			continue;
		keep(e);
		return EXIT_BAD_CONFIG;
	}
}

static int replace(struct edit *e)
{
	struct error err = {0};

	if (inifile_replace(e->selected->ini, &e->before, &e->after, &err) >= 0)
		return EXIT_DONE;
	keep(e);
	return fail(&err);
}

/* -1: nobody knows. */
static int is_running(struct edit *e)
{
	__attribute__((cleanup(batch_done))) struct batch batch = {0};
	AUTO(strv) names = {0};
	AUTO_FREE struct unit_state *states = NULL;
	struct error err = {0};

	strv_push(&names, e->selected->name);
	if (batch_find(e->cli, e->selected->user, &batch) || batch_open(&batch) ||
	    !(states = batch_query(&batch, &names, &err)))
		return -1;
	return states[0].running;
}

static void say_restart(const struct edit *e)
{
	AUTO(buf) command = {0};

	nextstep_command(e->cli, &e->tunnel, e->selected->user, "restart", NULL, &command);
	cli_say(e->cli, "It runs with the old settings until: %s", command.s);
}

/* A unit that is installed follows the INI; a tunnel that runs only with the person's word, who may sit inside it. */
static int apply_it(struct edit *e)
{
	char *names[] = { e->selected->is_path ? e->selected->ini : e->selected->name, NULL };
	struct cli cli = *e->cli;
	int running, r;

	cli.arguments = names;
	cli.options.user = e->selected->user;
	cli.options.system = !e->selected->user;
	cli.options.quiet |= cli.options.json;
	cli.options.json = false;
	if ((running = is_running(e)) < 0)
		return EXIT_FAILED;
	if (running && !e->cli->options.yes &&
	    !(ask_can() && ask_unless_no("%s: restart it with the new settings?%s", e->selected->name,
					 inside_tunnel(&e->tunnel) ? " You sit inside it, and can come in again when it is "
								     "back."
								   : ""))) {
		say_restart(e);
		return EXIT_DONE;
	}
	cli.options.no_start = true;
	if (e->old.start != e->tunnel.start && (r = apply(&cli, APPLY_ENABLE))) /* registered anew */
		return r;
	cli.options.no_start = !running;
	return apply(&cli, running ? APPLY_RESTART : APPLY_START);
}

static void report(const struct edit *e, bool changed)
{
	json_t *o = json_object();

	if (changed)
		cli_say(e->cli, "%s: changed: %s", e->selected->name, e->selected->ini);
	else
		cli_say(e->cli, "%s: unchanged", e->selected->name);
	for (size_t i = 0; i < e->notes.len && changed; i++)
		cli_say(e->cli, "  %s", e->notes.v[i]);
	json_set_text(o, "tunnel", e->selected->name);
	(void)json_object_set_new(o, "changed", json_boolean(changed));
	json_set_text(o, "ini", e->selected->ini);
	(void)json_object_set_new(o, "notes", json_strv(&e->notes));
	json_finish(e->cli, o);
}

static void read_old(struct edit *e)
{
	AUTO(strv) problems = {0};

	(void)config_load(e->selected->ini, e->selected->user ? CONFIG_USER : CONFIG_SYSTEM, &e->old, &problems);
}

/* Where the line of its key stands, whose it is, and what it says of any key. */
static void put_server_line(const struct tunnel *t, struct buf *ret)
{
	const struct server_wish wish = {
		.account = "any", /* the line does not name it */
		.key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAAAAAAAAAAA",
		.reclaim = t->remote_port_busy == REMOTE_PORT_BUSY_RECLAIM,
	};
	AUTO(server_half) half = {0};

	buf_cat(ret, t->host ? t->host : "", "\n", t->user ? t->user : "");
	for (size_t i = 0; i < t->identity_file.len; i++)
		buf_cat(ret, "\n", t->identity_file.v[i]);
	if (server_half_make(t, &wish, &half, NULL) == 0)
		buf_cat(ret, "\n", half.line.s);
}

static void say_server(const struct edit *e)
{
	AUTO(buf) before = {0};
	AUTO(buf) after = {0};
	AUTO(buf) command = {0};

	put_server_line(&e->old, &before);
	put_server_line(&e->tunnel, &after);
	if (!e->old.name || !strcmp(before.s, after.s))
		return;
	nextstep_command(e->cli, &e->tunnel, e->selected->user, "authorize", "--install", &command);
	cli_say(e->cli, "%s: the server's line is for the old settings: %s", e->selected->name, command.s);
}

static int edit(struct edit *e)
{
	struct error err = {0};
	int r;

	if (inifile_judge(e->selected->ini, &err) < 0 ||
	    file_read(e->selected->ini, CONFIG_FILE_MAX, &e->before, NULL, &err) < 0 ||
	    editor_open(path_base(e->selected->ini), &e->before, &e->editor, &err) < 0)
		return fail(&err);
	read_old(e);
	if ((r = edit_text(e)))
		return r;
	if (is_same(e)) {
		report(e, false);
		return EXIT_DONE;
	}
	if ((r = replace(e)))
		return r;
	report(e, true);
	if (nextstep_is_enabled(e->cli, &e->tunnel, e->selected->user)) {
		say_server(e);
		return apply_it(e);
	}
	nextstep_say(e->cli, &e->tunnel, e->selected->user, NEXTSTEP_FIRST);
	return EXIT_DONE;
}

int cmd_edit(const struct cli *cli)
{
	__attribute__((cleanup(selection_done))) struct selection l = {0};
	__attribute__((cleanup(edit_done))) struct edit e = { .cli = cli };
	int r;

	if (!*cli->arguments || cli->arguments[1]) {
		cli_error("edit %s wanted the NAME of one tunnel", *cli->arguments ? "one at a time;" : "what?");
		return EXIT_USAGE;
	}
	if ((r = select_one(cli, 0, &l)))
		return r;
	e.selected = l.v;
	return edit(&e);
}
