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
#include "cli/unitfile.h"
#include "model/config.h"
#include "ssh/argv.h"
#include "ssh/proxytool.h"

enum { UNIT_MAX = 4 * 1024 * 1024 };

/* How the note of ssh_command_make() begins. */
static const char nothing_forwarded[] = "nothing is forwarded";

/* What is found in one file; hints are good to know, and never a reason to refuse it. */
struct findings {
	struct strv problems, notes, hints;
};

static void findings_done(struct findings *f)
{
	strv_done(&f->problems);
	strv_done(&f->notes);
	strv_done(&f->hints);
}

/* Whether the argument means a file that is no INI; a bare word may be a tunnel's name that looks like one. */
static bool is_file(const char *argument)
{
	return strchr(argument, '/') || access(argument, F_OK) == 0;
}

/* defaults.conf and the *.conf of NAME.ini.d: complete only with NAME.ini. */
static bool is_part_of_tunnel(const char *path)
{
	AUTO(buf) whole = {0};
	AUTO(buf) folder = {0};
	const char *end;

	if (!strcmp(path_base(path), "defaults.conf"))
		return true;
	if (path_absolute(path, &whole, NULL) < 0)
		return false;
	path_folder(whole.s, &folder);
	end = strrchr(folder.s, '.');
	return end && end - folder.s > 4 && !strcmp(end - 4, ".ini.d");
}

/* --upstart-version; 0: the newest. */
static int read_version(const struct cli *cli, const struct backend *b, unsigned *ret, struct error *err)
{
	*ret = 0;
	return cli->options.upstart_version && b->parse_version
		       ? b->parse_version(cli->options.upstart_version, ret, err)
		       : 0;
}

/* The supervisor's own word, where it is here and the unit is for this release. */
static void verify(const struct backend *b, const char *path, const struct buf *text, struct strv *lines,
		   struct findings *f)
{
	AUTO(strv) notes = {0};

	if (!b->verify)
		return;
	(void)b->verify(path_base(path), buf_str(text), text->len, lines, &notes);
	unitfile_blame("hint: ", path, &notes, &f->hints);
}

static void check_unit(const struct cli *cli, const struct backend *b, const char *path, struct findings *f)
{
	struct scope scope = {0};
	AUTO(buf) text = {0};
	AUTO(strv) lines = {0};
	AUTO(strv) advice = {0};
	struct error err = {0};

	if (read_version(cli, b, &scope.version, &err) < 0 || file_read(path, UNIT_MAX, &text, NULL, &err) < 0) {
		strv_push(&f->problems, err.text);
		return;
	}
	if (scope.version)
		(void)backend_check(b, &scope, buf_str(&text), text.len, &lines);
	else
		(void)b->check(buf_str(&text), text.len, &lines);
	if (b->check_file)
		(void)b->check_file(path, buf_str(&text), text.len, &lines);
	if (b->advise)
		b->advise(path, buf_str(&text), text.len, &advice);
	if (!lines.len && !scope.version)
		verify(b, path, &text, &lines, f);
	unitfile_blame("", path, &lines, &f->problems);
	unitfile_blame("hint: ", path, &advice, &f->hints);
}

/* A file that only changes what another says. False: PATH is none. */
static bool check_beside(const struct cli *cli, const char *path, struct findings *f)
{
	AUTO(buf) text = {0};
	AUTO(strv) lines = {0};
	struct error err = {0};
	int r = 1;

	for (size_t i = 0; backends[i] && r > 0; i++) {
		struct scope scope = {0};

		if (!backends[i]->check_beside || backends[i]->check_beside(&scope, path, "", 0, &lines) > 0)
			continue;
		strv_done(&lines);
		if ((r = read_version(cli, backends[i], &scope.version, &err)) < 0 ||
		    (r = file_read(path, UNIT_MAX, &text, NULL, &err)) < 0)
			strv_push(&f->problems, err.text);
		else
			r = backends[i]->check_beside(&scope, path, buf_str(&text), text.len, &lines);
	}
	unitfile_blame("", path, &lines, &f->problems);
	return r <= 0;
}

static size_t count_problems(const char *ini, enum config_scope scope)
{
	AUTO(tunnel) t = {0};
	AUTO(strv) problems = {0};

	(void)config_load(ini, scope, &t, &problems);
	return problems.len;
}

/* Of a file that is somewhere nobody has said whose it is: that it names an account, or does not, tells. */
static bool is_for_user(const struct cli *cli, const struct selected *s)
{
	if (!s->is_path || cli->options.user || cli->options.system || geteuid() == 0)
		return s->user;
	return count_problems(s->ini, CONFIG_USER) <= count_problems(s->ini, CONFIG_SYSTEM);
}

static bool wanted(const struct cli *cli, const struct backend *b)
{
	return !cli->options.backend || !strcmp(cli->options.backend, "all") ||
	       !strcmp(cli->options.backend, b->name);
}

/* A slip in [launchd] is one on every machine; that launchd has no tun device is only a matter for a Mac. */
static bool blames_addition(const struct tunnel *t, const char *problem)
{
	for (size_t i = 0; i < t->settings_len; i++) {
		AUTO(buf) where = {0};

		buf_printf(&where, "%s:%u: ", t->files.v[t->settings[i].file], t->settings[i].line);
		if (!t->settings[i].key && !strncmp(problem, where.s, where.len))
			return true;
	}
	return false;
}

/* Takes over the notes of a plan; that nothing is forwarded is said once, not for each backend. */
static void take_notes(const struct cli *cli, const struct backend *b, const struct plan *p, const char *ini,
		       struct findings *f)
{
	struct strv *ret = cli->options.strict ? &f->problems : &f->notes;

	for (size_t i = 0; i < p->notes.len; i++)
		if (strncmp(p->notes.v[i], nothing_forwarded, strlen(nothing_forwarded)) != 0)
			strv_pushf(ret, "%s%s%s: %s", cli->options.strict ? ini : "", cli->options.strict ? ": " : "",
				   b->name, p->notes.v[i]);
}

/* A TCP port may stay taken by our own earlier session until the server gives that up; a socket is simply replaced. */
static void hint_at_socket(const struct tunnel *t, struct strv *ret)
{
	for (size_t i = 0; i < t->remote_forward.len; i++) {
		unsigned port = t->remote_forward.v[i].listen.port;

		if (!port || t->remote_forward.v[i].listen.path || t->remote_port_busy == REMOTE_PORT_BUSY_RECLAIM)
			continue;
		strv_pushf(ret, "hint: after a roam or a power loss the server may hold port %u for minutes; a Unix socket "
			   "in its place (RemoteForward = /path:host:port, with StreamLocalBindUnlink yes in its "
			   "sshd_config) or RemotePortBusy = reclaim is back at once", port);
		return;
	}
}

/* The tunnel may be for another machine, so it is no more than a hint. */
static void hint_at_proxy(const struct tunnel *t, struct strv *ret)
{
	AUTO(proxy_tool) tool = {0};

	if (t->proxy.len)
		proxy_tool_find(&tool);
	for (size_t i = 0; i < t->proxy.len; i++) {
		AUTO(buf) cure = {0};

		if (proxy_is_usable(&tool, t->proxy.v[i]))
			continue;
		proxy_cure(t->proxy.v[i], &cure);
		strv_pushf(ret, "hint: Proxy = %s: no program of this machine can lead ssh through it; %s", t->proxy.v[i],
			   cure.s);
		return;
	}
}

/* Whether ssh of --ssh-version can be told all of it; of --standalone each plan finds that out itself. */
static void check_ssh(const struct cli *cli, const struct tunnel *t, struct findings *f)
{
	struct ssh_machine machine = { .folder = "/" };
	__attribute__((cleanup(ssh_command_done))) struct ssh_command command = {0};
	AUTO(strv) notes = {0};
	struct error err = {0};

	if (!cli->options.ssh_version || cli->options.standalone)
		return;
	if (plan_ssh_version(cli, t->program, &machine.version, &err) < 0 ||
	    ssh_command_make(t, &machine, &command, &notes, &err) < 0)
		strv_push(&f->problems, err.text);
	for (size_t i = 0; i < notes.len; i++)
		if (strncmp(notes.v[i], nothing_forwarded, strlen(nothing_forwarded)) != 0)
			strv_push(cli->options.strict ? &f->problems : &f->notes, notes.v[i]);
}

static void check_ini(const struct cli *cli, const struct selected *s, struct findings *f)
{
	bool user = is_for_user(cli, s);
	AUTO(tunnel) t = {0};

	if (config_load(s->ini, user ? CONFIG_USER : CONFIG_SYSTEM, &t, &f->problems) < 0)
		return;
	if (!t.remote_forward.len && !t.local_forward.len && !t.dynamic_forward.len && !t.tunnel_device)
		strv_pushf(&f->notes, "%s: there is no RemoteForward, LocalForward, DynamicForward or "
			   "TunnelDevice", nothing_forwarded);
	hint_at_socket(&t, &f->hints);
	hint_at_proxy(&t, &f->hints);
	check_ssh(cli, &t, f);
	for (size_t i = 0; backends[i]; i++) {
		__attribute__((cleanup(plan_done))) struct plan p = {0};
		AUTO(strv) problems = {0};

		if (!wanted(cli, backends[i]))
			continue;
		if (plan_make(cli, backends[i], user, PLAN_FOR_TARGET, s, &p, &problems) == 0)
			(void)backend_check(backends[i], &p.scope, p.text.s, p.text.len, &problems);
		for (size_t j = 0; j < problems.len; j++)
			if (cli->options.backend || blames_addition(&t, problems.v[j]))
				strv_push(&f->problems, problems.v[j]);
			else
				strv_pushf(&f->notes, "%s: not possible: %s", backends[i]->name, problems.v[j]);
		take_notes(cli, backends[i], &p, s->ini, f);
	}
}

static json_t *to_json(const char *file, const struct findings *f)
{
	json_t *o = json_object();

	json_set_text(o, "file", file);
	(void)json_object_set_new(o, "good", json_boolean(!f->problems.len));
	(void)json_object_set_new(o, "problems", json_strv(&f->problems));
	(void)json_object_set_new(o, "notes", json_strv(&f->notes));
	(void)json_object_set_new(o, "hints", json_strv(&f->hints));
	return o;
}

/* Says what was found in the file; whether it is good. */
static bool report(const struct cli *cli, const char *file, const struct findings *f, json_t *list)
{
	cli_errors(&f->problems);
	if (!f->problems.len)
		cli_say(cli, "%s: good", file);
	for (size_t i = 0; i < f->notes.len; i++)
		cli_say(cli, "  %s", f->notes.v[i]);
	for (size_t i = 0; i < f->hints.len; i++)
		cli_say(cli, "  %s", f->hints.v[i]);
	(void)json_array_append_new(list, to_json(file, f));
	return !f->problems.len;
}

/* Units are files; everything else is a tunnel, by name or path. */
static bool check_units(const struct cli *cli, struct strv *ret_rest, json_t *list)
{
	bool good = true;

	for (char **a = cli->arguments; *a; a++) {
		bool file = is_file(*a), part = file && is_part_of_tunnel(*a);
		const struct backend *b = file ? unitfile_backend(*a) : NULL;
		__attribute__((cleanup(findings_done))) struct findings f = {0};

		if (part)
			strv_pushf(&f.problems, "%s: part of a tunnel; check the tunnel itself", *a);
		else if (b)
			check_unit(cli, b, *a, &f);
		else if (!file || !check_beside(cli, *a, &f)) {
			strv_push(ret_rest, *a);
			continue;
		}
		good &= report(cli, *a, &f, list);
	}
	return good;
}

static bool is_backend_known(const struct cli *cli)
{
	return !cli->options.backend || !strcmp(cli->options.backend, "all") || cli_backend(cli);
}

static int check(const struct cli *cli, json_t *list)
{
	__attribute__((cleanup(selection_done))) struct selection l = {0};
	char *none = NULL;
	struct cli names = *cli;
	AUTO(strv) rest = {0};
	bool good = check_units(cli, &rest, list), hinted = false;
	int r = EXIT_DONE;

	if (rest.len || cli->options.all || !*cli->arguments) {
		names.arguments = rest.len ? rest.v : &none;
		r = select_tunnels(&names, SELECT_BOTH_SCOPES, NULL, &l);
	}
	for (size_t i = 0; i < l.len; i++) {
		__attribute__((cleanup(findings_done))) struct findings f = {0};

		check_ini(cli, &l.v[i], &f);
		if (hinted && !cli->options.json)
			strv_done(&f.hints); /* said once, of many */
		hinted |= f.hints.len;
		good &= report(cli, l.v[i].ini, &f, list);
	}
	return r ? r : good ? EXIT_DONE : EXIT_BAD_CONFIG;
}

int cmd_check(const struct cli *cli)
{
	json_t *list = json_array();
	int r = is_backend_known(cli) ? check(cli, list) : EXIT_USAGE;

	json_finish(cli, list);
	return r;
}
