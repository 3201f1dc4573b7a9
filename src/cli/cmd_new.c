/* SPDX-License-Identifier: MIT */
/* A tunnel out of ssh's own words: its INI, and what is to be done next. */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/shellquote.h"
#include "cli/ask.h"
#include "cli/cli.h"
#include "cli/json.h"
#include "cli/newini.h"
#include "cli/nextstep.h"
#include "cli/person.h"
#include "cli/rival.h"
#include "cli/trial.h"
#include "model/config.h"
#include "model/value.h"
#include "ssh/configfile.h"

#define EXAMPLE "tunnelctl new home -R 12345:localhost:22 remoteuser@servername"

/* One new tunnel on its way. */
struct new {
	const struct cli *cli;
	const char *name;
	bool user;
	struct newini ini;
	struct buf folder, path; /* of the INI */
	struct buf text;
	struct tunnel tunnel;    /* the text, as every command will read it */
};

static void new_done(struct new *n)
{
	newini_done(&n->ini);
	buf_done(&n->folder);
	buf_done(&n->path);
	buf_done(&n->text);
	tunnel_done(&n->tunnel);
}

/* The same with sudo, or without it; a question is answered by then. */
static void put_command(const struct new *n, bool sudo, struct buf *ret)
{
	AUTO(strv) words = {0};

	if (sudo)
		strv_push(&words, "sudo");
	strv_push(&words, "tunnelctl");
	strv_push(&words, "new");
	for (char **a = n->cli->arguments; *a; a++)
		strv_push(&words, *a);
	shell_quote(&words, ret);
}

static int take_name(struct new *n)
{
	const char *why;

	n->name = *n->cli->arguments;
	if (!n->name) {
		cli_error("new what? wanted a NAME for the tunnel, ssh's options and the server, as in: " EXAMPLE);
		return EXIT_USAGE;
	}
	if (*n->name == '-') {
		cli_error("%s: the NAME of the tunnel comes first, as in: " EXAMPLE, n->name);
		return EXIT_USAGE;
	}
	if ((why = check_name(n->name))) {
		cli_error("%s: %s; it comes first, as in: " EXAMPLE, n->name, why);
		return EXIT_USAGE;
	}
	return EXIT_DONE;
}

static int take_words(struct new *n)
{
	AUTO(strv) words = {0};
	AUTO(strv) problems = {0};
	AUTO(buf) here = {0};
	struct error err = {0};
	int r;

	if ((r = path_absolute(".", &here, &err)) < 0) {
		cli_error("%s", err.text);
		return cli_exit_code(r);
	}
	for (char **a = n->cli->arguments + 1; *a; a++)
		strv_push(&words, *a);
	r = newini_read(n->name, &words, here.s, &n->ini, &problems);
	cli_errors(&problems);
	return r < 0 ? EXIT_USAGE : EXIT_DONE;
}

static int find_place(struct new *n)
{
	const struct options *o = &n->cli->options;

	if (o->config_dir) {
		buf_puts(&n->folder, o->config_dir);
	} else if (!n->user) {
		buf_puts(&n->folder, "/etc/tunnelctl");
	} else if (cli_config_home()) {
		buf_cat(&n->folder, cli_config_home(), "/tunnelctl");
	} else {
		cli_error("no home folder for a tunnel of this user; say --config-dir DIR");
		return EXIT_FAILED;
	}
	buf_cat(&n->path, n->folder.s, "/", n->name, ".ini");
	return EXIT_DONE;
}

static int refuse_file(const struct new *n, const char *path)
{
	const struct tunnel t = { .name = (char *)(uintptr_t)n->name };
	AUTO(buf) edit = {0};

	nextstep_command(n->cli, &t, n->user, "edit", NULL, &edit);
	cli_error("%s: there is such a tunnel already, %s, and new overwrites none; %s changes it", n->name, path,
		  edit.s);
	return EXIT_FAILED;
}

/* A name that differs only in case would be refused by every other command. */
static int refuse_twin(const struct new *n, const char *folder)
{
	AUTO(strv) names = {0};
	struct config_absent absent;
	AUTO(buf) path = {0};
	struct stat st;

	buf_cat(&path, folder, "/", n->name, ".ini");
	if (lstat(path.s, &st) == 0)
		return refuse_file(n, path.s);
	config_list(folder, &names, &absent);
	for (size_t i = 0; i < names.len; i++)
		if (!strcasecmp(names.v[i], n->name)) {
			cli_error("%s: differs only in case from the tunnel %s; wanted another NAME", n->name, names.v[i]);
			return EXIT_FAILED;
		}
	return EXIT_DONE;
}

static int refuse_known(const struct new *n)
{
	int r = refuse_twin(n, n->folder.s);

	return r || n->user || n->cli->options.config_dir ? r : refuse_twin(n, "/usr/lib/tunnelctl");
}

/* The person's own ssh knows short names that a tunnel does not: it reads no ~/.ssh/config. */
static int judge_alias(struct new *n)
{
	const char *host = draft_find(&n->ini.draft, &keys[KEY_host])->value;
	__attribute__((cleanup(configfile_done))) struct configfile file = {0};
	AUTO(account) person = {0};
	AUTO(buf) path = {0};
	AUTO(buf) text = {0};
	AUTO_FREE char *real = NULL;

	person_find(&person);
	buf_cat(&path, person.home ? person.home : "", "/.ssh/config");
	if (draft_find(&n->ini.draft, &keys[KEY_config_file]) || person_read(&person, path.s, &text, NULL) < 0)
		return EXIT_DONE;
	configfile_read(buf_str(&text), host, &file);
	if (!file.named)
		return EXIT_DONE;
	real = configfile_find(&file, "HostName");
	if (!real || !strcasecmp(real, host)) {
		strv_pushf(&n->ini.left_out, "%s: a Host of ~/.ssh/config, which no tunnel reads; tunnelctl import --host "
			   "%s shows what stands there", host, host);
		return EXIT_DONE;
	}
	cli_error("%s: a Host of ~/.ssh/config, which no tunnel reads, and not the name of the server; say %s instead, or "
		  "take all that stands there: tunnelctl import --host %s", host, real, host);
	return EXIT_USAGE;
}

/* A value that is said by an option of ours, judged as in a file. */
static int set_key(struct new *n, enum key_id id, const char *value, const char *option)
{
	struct error err = {0};

	if (draft_set(&n->ini.draft, &keys[id], value, &(struct draft_origin){ option, 0 }, &err) == 0)
		return EXIT_DONE;
	cli_error("%s %s: %s", option, value, err.text);
	return EXIT_USAGE;
}

static bool may_ask(const struct new *n)
{
	const struct options *o = &n->cli->options;

	return !o->yes && !o->start && !o->json && !o->quiet && ask_can();
}

/* Before a login only the system's supervisor starts anything, or systemd for a user who lingers. */
static int ask_user(struct new *n)
{
	const struct options *o = &n->cli->options;
	const struct backend *b = o->backend ? backend_find(o->backend) : backend_present();
	bool linger = b && b->control && b->control->linger;
	AUTO(buf) command = {0};

	if (o->user || o->config_dir || !may_ask(n) || (!linger && access("/usr/bin/sudo", X_OK) != 0))
		return EXIT_DONE;
	if (!ask_yes("%s: start it at boot, with nobody logged in?", n->name))
		return EXIT_DONE;
	put_command(n, true, &command);
	if (!linger) {
		cli_error("%s: that takes a tunnel of the system, which root makes; nothing is written; next: %s", n->name,
			  command.s);
		return EXIT_PERMISSION;
	}
	cli_say(n->cli, "It stays yours: enable asks systemd to start your services at boot (lingering).");
	cli_say(n->cli, "As a tunnel of the system instead: %s", command.s);
	return set_key(n, KEY_start, "boot", "Start");
}

/* Root without sudo has said nothing of who it is for; an account with all rights is nobody's default. */
static int find_account(struct new *n, const char *sudo, struct buf *ret)
{
	AUTO(account) account = {0};
	struct error err = {0};

	if (n->cli->options.run_as)
		buf_puts(ret, n->cli->options.run_as);
	else if (sudo)
		buf_puts(ret, sudo);
	else if (may_ask(n))
		(void)ask_line(ret, "%s: account that ssh runs as, with its key in ~/.ssh (root must be said):", n->name);
	if (!ret->len) {
		cli_error("%s: no account that ssh runs as; say --run-as USER (root must be said)", n->name);
		return EXIT_USAGE;
	}
	if (strcmp(ret->s, "dynamic") != 0 && account_find(ret->s, &account, &err) < 0) {
		cli_error("%s: %s; wanted one of getent passwd", n->name, err.text);
		return EXIT_USAGE;
	}
	return set_key(n, KEY_run_as, ret->s, "--run-as");
}

static int ask_system(struct new *n)
{
	const char *sudo = person_of_sudo();
	AUTO(buf) account = {0};
	AUTO(buf) command = {0};
	int r;

	if (!n->cli->options.config_dir && geteuid() != 0) {
		put_command(n, true, &command);
		cli_error("%s: only root writes into %s; next: %s", n->name, n->folder.s, command.s);
		return EXIT_PERMISSION;
	}
	if ((r = find_account(n, sudo, &account)) || !may_ask(n) ||
	    ask_unless_no("%s: start it at boot, with nobody logged in, as %s?", n->name, account.s))
		return r;
	if (!sudo)
		return set_key(n, KEY_start, "manual", "Start");
	put_command(n, false, &command);
	cli_error("%s: nothing is written; a tunnel that is up while you are logged in is your own: %s", n->name,
		  command.s);
	return EXIT_FAILED;
}

static int decide(struct new *n)
{
	const struct options *o = &n->cli->options;
	int r;

	if (n->user && o->run_as) {
		cli_error("--run-as %s: a tunnel of a user runs as that user; only one of the system has another account: "
			  "leave it out, or say --system, as root", o->run_as);
		return EXIT_USAGE;
	}
	if (o->start && (r = set_key(n, KEY_start, o->start, "--start")))
		return r;
	return n->user ? ask_user(n) : ask_system(n);
}

/* Where keygen will put it. Who named a key, an agent or a configuration has one. */
static int add_key(struct new *n)
{
	static const enum key_id others[] = { KEY_identity_file, KEY_identity_agent, KEY_config_file };
	const struct draft_line *account = draft_find(&n->ini.draft, &keys[KEY_run_as]);
	bool dynamic = account && !strcmp(account->value, "dynamic");
	AUTO(buf) path = {0};

	for (size_t i = 0; i < ARRAY_LEN(others); i++)
		if (draft_find(&n->ini.draft, &keys[others[i]]))
			return EXIT_DONE;
	if (draft_find_name(&n->ini.draft, SECTION_ssh, "PKCS11Provider"))
		return EXIT_DONE;
	buf_cat(&path, dynamic ? "/etc/tunnelctl/keys/" : "~/.ssh/tunnel-", n->name);
	return set_key(n, KEY_identity_file, path.s, "IdentityFile");
}

/* As it will be read in its place, before anything is there. */
static int try_text(struct new *n)
{
	AUTO(trial) trial = {0};
	AUTO(strv) problems = {0};
	struct error err = {0};
	int r;

	newini_print(&n->ini, n->name, &n->text);
	if ((r = trial_open(n->path.s, &n->text, &trial, &err)) < 0) {
		cli_error("%s", err.text);
		return cli_exit_code(r);
	}
	r = trial_load(&trial, n->user ? CONFIG_USER : CONFIG_SYSTEM, &n->tunnel, &problems);
	cli_errors(&problems);
	return r < 0 ? EXIT_BAD_CONFIG : EXIT_DONE;
}

/* Whole, and never in the place of another: rename(2) would be that. */
static int put_file(const struct new *n, const char *tmp, struct error *err)
{
	int r = file_write(tmp, &n->text, 0644, true, err);

	if (r < 0)
		return r;
	r = link(tmp, n->path.s) < 0 ? -errno : 0;
	if (r == -EPERM || r == -ENOTSUP || r == -EOPNOTSUPP || r == -ENOSYS) /* a file system without links */
		r = rename(tmp, n->path.s) < 0 ? -errno : 0;
	(void)unlink(tmp);
	return r < 0 ? error_errno(err, r, "%s", n->path.s) : 0;
}

static int write_file(const struct new *n)
{
	AUTO(buf) tmp = {0};
	struct error err = {0};
	int r;

	buf_printf(&tmp, "%s/.%s.new-%ld", n->folder.s, n->name, (long)getpid());
	if ((r = file_make_parents(n->path.s, &err)) < 0 || (r = put_file(n, tmp.s, &err)) < 0) {
		if (r == -EEXIST && access(n->path.s, F_OK) == 0)
			return refuse_file(n, n->path.s); /* somebody made it meanwhile */
		cli_error("%s", err.text);
		return cli_exit_code(r);
	}
	return EXIT_DONE;
}

/* Both would be made, and then one of them waits for ever. */
static void note_rivals(struct new *n)
{
	for (size_t i = 0; i < n->tunnel.remote_forward.len; i++) {
		const struct forward *f = &n->tunnel.remote_forward.v[i];
		AUTO(buf) rival = {0};
		AUTO(buf) text = {0};

		if (!rival_find(&n->tunnel, n->path.s, n->user, f, &rival))
			continue;
		forward_print(f, &text);
		strv_pushf(&n->ini.left_out, "-R %s: the tunnel %s listens there as well, on the same server; only one of "
			   "both can be up: give one of them another port", text.s, rival.s);
	}
}

static void report(const struct new *n)
{
	json_t *o = json_object();
	AUTO(strv) next = {0};

	for (size_t i = 0; i < n->ini.left_out.len && !n->cli->options.quiet && !n->cli->options.json; i++)
		cli_error("%s", n->ini.left_out.v[i]);
	cli_say(n->cli, "%s: changed: %s written%s%s", n->name, n->path.s, n->tunnel.run_as ? ", runs as " : "",
		n->tunnel.run_as ? n->tunnel.run_as : "");
	nextstep_say(n->cli, &n->tunnel, n->user, NEXTSTEP_FIRST);
	if (n->cli->options.json)
		nextstep_list(n->cli, &n->tunnel, n->user, NEXTSTEP_FIRST, &next);
	json_set_text(o, "tunnel", n->name);
	(void)json_object_set_new(o, "changed", json_true());
	json_set_text(o, "ini", n->path.s);
	json_set_text(o, "scope", n->user ? "user" : "system");
	(void)json_object_set_new(o, "left_out", json_strv(&n->ini.left_out));
	(void)json_object_set_new(o, "next", json_strv(&next));
	json_finish(n->cli, o);
}

int cmd_new(const struct cli *cli)
{
	__attribute__((cleanup(new_done))) struct new n = { .cli = cli, .user = cli_is_user(cli) };
	int r;

	if ((r = take_name(&n)) || (r = find_place(&n)) || (r = refuse_known(&n)) || (r = take_words(&n)) ||
	    (r = judge_alias(&n)) || (r = decide(&n)) || (r = add_key(&n)) || (r = try_text(&n)) ||
	    (r = write_file(&n)))
		return r;
	note_rivals(&n);
	report(&n);
	return EXIT_DONE;
}
