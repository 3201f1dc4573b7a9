/* SPDX-License-Identifier: MIT */
/* The merged tunnel, each value with its origin; or the command line that it makes of ssh; or what other machines need to
 * log in through it. */
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/shellquote.h"
#include "cli/cli.h"
#include "cli/json.h"
#include "cli/plan.h"
#include "cli/report.h"
#include "cli/select.h"
#include "cli/ways.h"
#include "model/config.h"
#include "model/key.h"
#include "runner/account.h"
#include "runner/folder.h"
#include "ssh/argv.h"
#include "ssh/path.h"
#include "ssh/proxytool.h"

/* One line of the answer; a key with several values has several. */
struct shown {
	enum section_id section;
	const char *name, *value;
	const struct setting *origin; /* NULL: the default */
};

static void print_origin(const struct tunnel *t, const struct setting *s, struct buf *ret)
{
	if (s)
		buf_printf(ret, "%s:%u", t->files.v[s->file], s->line);
	else
		buf_puts(ret, "default");
}

/* Calls SHOW for every value in effect, section by section. */
static void walk(const struct tunnel *t, void (*show)(const struct tunnel *, const struct shown *, void *),
		 void *user)
{
	for (enum section_id section = 0; section < SECTION_COUNT; section++) {
		for (size_t i = 0; i < KEY_COUNT; i++) {
			const struct key *k = &keys[i];
			AUTO(strv) values = {0};
			const struct setting *s = NULL;

			if (k->section != section)
				continue;
			key_values(k, t, &values);
			for (size_t j = 0; j < values.len; j++) {
				do
					s = tunnel_next(t, section, s);
				while (s && s->key != k);
				show(t, &(struct shown){ section, k->name, values.v[j], s }, user);
			}
		}
		for (const struct setting *s = NULL; (s = tunnel_next(t, section, s));)
			if (!s->key)
				show(t, &(struct shown){ section, s->name, s->value, s }, user);
	}
}

struct text_state {
	enum section_id section;
	bool begun;
};

static void show_text(const struct tunnel *t, const struct shown *s, void *user)
{
	struct text_state *state = user;
	AUTO(buf) line = {0};
	AUTO(buf) origin = {0};

	if (!state->begun || state->section != s->section)
		(void)printf("%s[%s]\n", state->begun ? "\n" : "", sections[s->section].name);
	*state = (struct text_state){ .section = s->section, .begun = true };
	buf_printf(&line, "%s = %s", s->name, s->value);
	print_origin(t, s->origin, &origin);
	(void)printf("%-48s ; %s\n", line.s, origin.s);
}

static void show_json(const struct tunnel *t, const struct shown *s, void *user)
{
	json_t *o = json_object();
	AUTO(buf) origin = {0};

	print_origin(t, s->origin, &origin);
	json_set_text(o, "section", sections[s->section].name);
	json_set_text(o, "key", s->name);
	json_set_text(o, "value", s->value);
	json_set_text(o, "origin", origin.s);
	(void)json_array_append_new(user, o);
}

/* Where the account of the tunnel lives on this machine. */
static void find_account(const struct tunnel *t, bool user, struct account *ret)
{
	if (user || !t->run_as || account_find(t->run_as, ret, NULL) < 0)
		account_self(ret);
}

static int print_argv(const struct cli *cli, const struct tunnel *t, bool user, json_t *list)
{
	AUTO(account) account = {0};
	AUTO(buf) folder = {0};
	AUTO(buf) loop = {0};
	AUTO(buf) line = {0};
	AUTO(buf) program = {0};
	AUTO(strv) notes = {0};
	AUTO(proxy_tool) tool = {0};
	__attribute__((cleanup(ssh_command_done))) struct ssh_command command = {0};
	struct ssh_machine machine = {0};
	struct error err = {0};
	int r;

	find_account(t, user, &account);
	folder_path(t->name, user, &account, &folder);
	machine.home = account.home;
	machine.folder = folder.s;
	buf_cat(&loop, folder.s, "/" SSH_LOOP_NAME);
	machine.loop = loop.s;
	if (t->proxy.len) {
		proxy_tool_find(&tool);
		machine.proxy_tool = &tool;
	}
	ssh_path_put(&machine, 0, t->program, &program);
	if ((r = plan_ssh_version(cli, program.s, &machine.version, &err)) < 0 ||
	    (r = ssh_command_make(t, &machine, &command, &notes, &err)) < 0) {
		cli_error("%s", err.text);
		return cli_exit_code(r);
	}
	shell_quote(&command.argv, &line);
	if (cli->options.json) {
		json_t *o = json_object();

		json_set_text(o, "tunnel", t->name);
		(void)json_object_set_new(o, "argv", json_strv(&command.argv));
		(void)json_array_append_new(list, o);
	} else {
		(void)puts(line.s);
	}
	return EXIT_DONE;
}

static int show(const struct cli *cli, const struct selected *s, json_t *list)
{
	AUTO(tunnel) t = {0};
	AUTO(strv) problems = {0};

	if (config_load(s->ini, s->user ? CONFIG_USER : CONFIG_SYSTEM, &t, &problems) < 0) {
		cli_errors(&problems);
		return EXIT_BAD_CONFIG;
	}
	if (cli->options.argv)
		return print_argv(cli, &t, s->user, list);
	if (cli->options.json) {
		json_t *o = json_object(), *values = json_array();

		json_set_text(o, "tunnel", t.name);
		walk(&t, show_json, values);
		(void)json_object_set_new(o, "values", values);
		(void)json_array_append_new(list, o);
	} else {
		struct text_state state = {0};

		(void)printf("; %s\n", s->ini);
		walk(&t, show_text, &state);
	}
	return EXIT_DONE;
}

static int print_ssh_config(const struct cli *cli, const struct report *r, json_t *list)
{
	AUTO(buf) blocks = {0};
	AUTO(buf) way = {0};
	struct error err = {0};
	json_t *o;

	if (ways_blocks(r, &blocks, &err) < 0) {
		cli_error("%s", err.text);
		return EXIT_FAILED;
	}
	if (!cli->options.json) {
		(void)printf("# for ~/.ssh/config on your other machines; then: ssh %s\n%s", r->selected->name, blocks.s);
		return EXIT_DONE;
	}
	o = json_object();
	json_set_text(o, "tunnel", r->selected->name);
	json_set_text(o, "ssh_config", blocks.s);
	json_set_text(o, "way_in", ways_best(r, &way) ? way.s : NULL);
	(void)json_array_append_new(list, o);
	return EXIT_DONE;
}

/* The port that the server has chosen stands in the state. */
static int show_ways(const struct cli *cli, const struct selection *l, json_t *list)
{
	AUTO(reports) reports = {0};
	int r, ret = EXIT_DONE;

	reports_open(cli, l, &reports);
	reports_look(&reports, NULL);
	for (size_t i = 0; i < reports.len; i++) {
		AUTO(strv) problems = {0};
		AUTO(tunnel) t = {0};

		if (config_load(l->v[i].ini, l->v[i].user ? CONFIG_USER : CONFIG_SYSTEM, &t, &problems) < 0) {
			cli_errors(&problems);
			ret = EXIT_BAD_CONFIG;
		} else if ((r = print_ssh_config(cli, &reports.v[i], list))) {
			ret = r;
		}
	}
	return ret;
}

int cmd_show(const struct cli *cli)
{
	__attribute__((cleanup(selection_done))) struct selection l = {0};
	json_t *list = json_array();
	int r, ret;

	ret = select_tunnels(cli, SELECT_BOTH_SCOPES, NULL, &l);
	if (!ret && cli->options.ssh_config) {
		ret = show_ways(cli, &l, list);
		json_finish(cli, list);
		return ret;
	}
	for (size_t i = 0; i < l.len && (!ret || ret == EXIT_BAD_CONFIG); i++)
		if ((r = show(cli, &l.v[i], list)))
			ret = r;
	json_finish(cli, list);
	return ret;
}
