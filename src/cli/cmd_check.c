/* SPDX-License-Identifier: MIT */
/* Judges files alone: an INI by the key table and every backend's renderer, a finished unit by its backend's checker. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "cli/cli.h"
#include "cli/json.h"
#include "cli/plan.h"
#include "cli/select.h"
#include "model/config.h"

enum { UNIT_MAX = 4 * 1024 * 1024 };

/* What is found in one file. */
struct findings {
	struct strv problems, notes;
};

static void findings_done(struct findings *f)
{
	strv_done(&f->problems);
	strv_done(&f->notes);
}

static const struct backend *backend_of_unit(const char *path)
{
	static const struct { const char *suffix, *backend; } kinds[] = {
		{ ".service", "systemd" }, { ".plist", "launchd" }, { ".conf", "upstart" },
	};
	size_t len = strlen(path);

	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		size_t n = strlen(kinds[i].suffix);

		if (len > n && !strcmp(path + len - n, kinds[i].suffix))
			return backend_find(kinds[i].backend);
	}
	return NULL;
}

static void check_unit(const struct backend *b, const char *path, struct findings *f)
{
	AUTO(buf) text = {0};
	AUTO(strv) lines = {0};
	struct error err = {0};

	if (file_read(path, UNIT_MAX, &text, NULL, &err) < 0) {
		strv_push(&f->problems, err.text);
		return;
	}
	(void)b->check(buf_str(&text), text.len, &lines);
	for (size_t i = 0; i < lines.len; i++)
		strv_pushf(&f->problems, "%s:%s%s", path, *lines.v[i] >= '0' && *lines.v[i] <= '9' ? "" : " ", lines.v[i]);
}

/* Of a person's own tunnel nobody says --user; that it names an account tells. */
static bool is_for_user(const struct cli *cli, const char *ini)
{
	AUTO(tunnel) t = {0};
	AUTO(strv) problems = {0};

	if (cli->options.user || cli->options.system || geteuid() == 0)
		return cli->options.user;
	return config_load(ini, CONFIG_SYSTEM, &t, &problems) < 0;
}

static bool wanted(const struct cli *cli, const struct backend *b)
{
	return !cli->options.backend || !strcmp(cli->options.backend, "all") ||
	       !strcmp(cli->options.backend, b->name);
}

static void check_ini(const struct cli *cli, const char *ini, struct findings *f)
{
	bool user = is_for_user(cli, ini);
	AUTO(tunnel) t = {0};

	if (config_load(ini, user ? CONFIG_USER : CONFIG_SYSTEM, &t, &f->problems) < 0)
		return;
	for (size_t i = 0; backends[i]; i++) {
		__attribute__((cleanup(plan_done))) struct plan p = {0};
		AUTO(strv) problems = {0};
		/* What one supervisor cannot do is only a problem for who uses that one. */
		struct strv *ret = cli->options.backend ? &f->problems : &f->notes;

		if (!wanted(cli, backends[i]))
			continue;
		if (plan_make(cli, backends[i], user, PLAN_FOR_TARGET, ini, &p, &problems) == 0)
			(void)backends[i]->check(p.text.s, p.text.len, &problems);
		for (size_t j = 0; j < problems.len; j++)
			strv_pushf(ret, "%s: not possible: %s", backends[i]->name, problems.v[j]);
		for (size_t j = 0; j < p.notes.len; j++)
			strv_pushf(cli->options.strict ? &f->problems : &f->notes, "%s: %s", backends[i]->name, p.notes.v[j]);
	}
}

static json_t *to_json(const char *file, const struct findings *f)
{
	json_t *o = json_object();

	json_set_text(o, "file", file);
	(void)json_object_set_new(o, "good", json_boolean(!f->problems.len));
	(void)json_object_set_new(o, "problems", json_strv(&f->problems));
	(void)json_object_set_new(o, "notes", json_strv(&f->notes));
	return o;
}

static bool check(const struct cli *cli, const char *file, json_t *list)
{
	__attribute__((cleanup(findings_done))) struct findings f = {0};
	const struct backend *b = backend_of_unit(file);

	if (b)
		check_unit(b, file, &f);
	else
		check_ini(cli, file, &f);
	cli_errors(&f.problems);
	if (!f.problems.len)
		cli_say(cli, "%s: good", file);
	for (size_t i = 0; i < f.notes.len; i++)
		cli_say(cli, "  %s", f.notes.v[i]);
	(void)json_array_append_new(list, to_json(file, &f));
	return !f.problems.len;
}

int cmd_check(const struct cli *cli)
{
	__attribute__((cleanup(selection_done))) struct selection l = {0};
	struct cli names = *cli;
	AUTO(strv) rest = {0};
	json_t *list = json_array();
	bool good = true;
	int r = 0;

	/* Units are files; everything else is a tunnel, by name or path. */
	for (char **a = cli->arguments; *a; a++)
		if (backend_of_unit(*a))
			good &= check(cli, *a, list);
		else
			strv_push(&rest, *a);
	if (rest.len || cli->options.all || !*cli->arguments) {
		names.arguments = rest.v ? rest.v : (char *[]){ NULL };
		r = select_tunnels(&names, cli_is_user(cli), 0, NULL, &l);
	}
	for (size_t i = 0; i < l.len; i++)
		good &= check(cli, l.v[i].ini, list);
	if (cli->options.json)
		json_print(list);
	else
		json_decref(list);
	return r ? r : good ? EXIT_DONE : EXIT_BAD_CONFIG;
}
