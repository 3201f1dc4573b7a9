/* SPDX-License-Identifier: MIT */
#include "cli/plan.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/file.h"
#include "model/config.h"
#include "model/key.h"
#include "model/keyword.h"
#include "model/owner.h"
#include "model/value.h"
#include "runner/account.h"
#include "ssh/argv.h"
#include "ssh/path.h"
#include "ssh/version.h"

static int check_target_path(const char *option, const char *path, struct error *err)
{
	const char *why = *path == '/' ? check_path(path) : "wanted an absolute path";

	return why ? error_set(err, -EINVAL, "%s %s: %s", option, path, why) : 0;
}

/* Appends the folder that this program was started from: that of argv[0], looked up as the shell did. */
static bool find_own_folder(const char *program, struct buf *ret)
{
	const char *path = getenv("PATH");

	if (strchr(program, '/')) {
		path_folder(program, ret);
		return true;
	}
	for (const char *s = path; s && *s; s += strspn(s, ":")) {
		AUTO(buf) file = {0};
		size_t len = strcspn(s, ":");

		buf_printf(&file, "%.*s/%s", (int)len, s, program);
		if (len && access(file.s, X_OK) == 0) {
			buf_put(ret, s, len);
			return true;
		}
		s += len;
	}
	return false;
}

int plan_runner(const struct cli *cli, struct buf *ret, struct error *err)
{
	/* Beside us in a build tree; where we were moved to as a whole; where we were configured to be. */
	static const char *const places[] = { "/tunnelctl-run", "/../libexec/tunnelctl/tunnelctl-run" };
	AUTO(buf) folder = {0};
	int r;

	if (cli->options.runner) {
		if ((r = path_absolute(cli->options.runner, ret, err)) < 0)
			return r;
		return check_target_path("--runner", ret->s, err);
	}
	if (find_own_folder(cli->program, &folder))
		for (size_t i = 0; i < ARRAY_LEN(places); i++) {
			AUTO(buf) file = {0};

			buf_printf(&file, "%s%s", folder.s, places[i]);
			if (access(file.s, X_OK) == 0)
				return path_absolute(file.s, ret, err);
		}
	if (access(TUNNELCTL_RUNNER, X_OK) != 0)
		return error_set(err, -ENOENT, "%s is not there; say --runner PATH", TUNNELCTL_RUNNER);
	buf_puts(ret, TUNNELCTL_RUNNER);
	return 0;
}

/* --ssh-version */
static int parse_ssh_version(const char *text, unsigned *ret, struct error *err)
{
	AUTO_FREE char *major = xstrndup(text, strcspn(text, "."));
	const char *minor = text + strlen(major);
	unsigned a, b;

	if (*minor != '.' || parse_uint(major, 0, 99, &a) || parse_uint(minor + 1, 0, 99, &b))
		return error_set(err, -EINVAL, "%s: not a release such as 9.2; ssh -V there prints it", text);
	*ret = VERSION(a, b);
	return 0;
}

int plan_ssh_version(const struct cli *cli, const char *program, unsigned *ret, struct error *err)
{
	struct stat st;

	if (cli->options.ssh_version)
		return parse_ssh_version(cli->options.ssh_version, ret, err);
	if (geteuid() == 0 && stat(program, &st) == 0 && (st.st_uid != 0 || (st.st_mode & (S_IWGRP | S_IWOTH))))
		return error_set(err, -EPERM, "%s: root will not run it, others can change it; say --ssh-version X.Y",
				 program);
	return ssh_version_ask(program, ret, err);
}

static int find_target(const struct cli *cli, const struct backend *b, struct plan *p, struct error *err)
{
	const struct options *o = &cli->options;
	int r;

	buf_puts(&p->runner, o->runner ? o->runner : b->target->runner);
	/* Where that user's home is, nobody here knows: the unit says it as a person would. */
	buf_cat(&p->ini,
		o->ini_dir	? o->ini_dir
		: p->scope.user ? "~/.config/tunnelctl"
				: b->target->ini_folder,
		"/", p->tunnel.name, ".ini");
	p->scope.version = b->target->version;
	if (o->upstart_version && b->parse_version &&
	    (r = b->parse_version(o->upstart_version, &p->scope.version, err)) < 0)
		return r;
	if ((r = check_target_path("--runner", p->runner.s, err)) < 0)
		return r;
	return o->ini_dir ? check_target_path("--ini-dir", p->ini.s, err) : 0;
}

/* Once a command: asking starts a program, and one that does not answer is waited for. */
static int ask_release(const struct backend *b, unsigned *ret, struct error *err)
{
	static const struct backend *asked;
	static unsigned release;
	static struct error failure;
	static int r;

	if (asked != b) {
		failure = (struct error){0};
		r = b->host_version(&release, &failure);
		asked = b;
	}
	if (r < 0)
		return error_set(err, r, "%s", failure.text);
	*ret = release;
	return 0;
}

static int find_host(const struct cli *cli, const struct backend *b, const char *ini, struct plan *p,
		     struct error *err)
{
	int r;

	p->scope.version = b->target->version;
	if (b->host_version && (r = ask_release(b, &p->scope.version, err)) < 0)
		return r;
	if ((r = plan_runner(cli, &p->runner, err)) < 0 || (r = path_absolute(ini, &p->ini, err)) < 0)
		return r;
	return check_target_path(ini, p->ini.s, err);
}

/* A user's unit names the tunnel and not the file, where the file is where tunnelctl-run looks for it: it starts with
 * the home of the account, whatever $HOME is here. */
static bool is_found_by_name(const struct plan *p)
{
	AUTO(account) account = {0};
	AUTO(buf) usual = {0};

	account_self(&account);
	if (!account.home)
		return false;
	buf_printf(&usual, "%s/.config/tunnelctl/%s.ini", account.home, p->tunnel.name);
	return !strcmp(usual.s, p->ini.s);
}

static int make_argv(const struct cli *cli, const struct backend *b, enum plan_target target, struct plan *p,
		     struct error *err)
{
	struct ssh_machine machine = { .version = b->target->ssh };
	__attribute__((cleanup(ssh_command_done))) struct ssh_command command = {0};
	int r;

	if (!p->scope.standalone) {
		strv_push(&p->argv, p->runner.s);
		if (p->scope.user)
			strv_push(&p->argv, "--user");
		if (p->scope.user &&
		    (target == PLAN_FOR_TARGET ? !cli->options.ini_dir : is_found_by_name(p)))
			strv_push(&p->argv, p->tunnel.name);
		else
			strv_push(&p->argv, p->ini.s);
		return 0;
	}
	if (cli->options.ssh_version && (r = parse_ssh_version(cli->options.ssh_version, &machine.version, err)) < 0)
		return r;
	if ((r = ssh_command_make(&p->tunnel, &machine, &command, &p->notes, err)) < 0)
		return r;
	strv_push_all(&p->argv, &command.argv);
	return 0;
}

static int make(const struct cli *cli, const struct backend *b, bool user, enum plan_target target,
		const char *ini, struct plan *p, struct error *err)
{
	int r;

	/* Another machine's home is unknown, and nothing of this one may show in what is made for it. */
	p->scope = (struct scope){ .user = user,
				   .standalone = cli->options.standalone,
				   .home = target == PLAN_FOR_HOST ? cli_home() : "~",
				   .config_home = target == PLAN_FOR_HOST ? cli_config_home() : "~/.config" };
	if ((r = target == PLAN_FOR_HOST ? find_host(cli, b, ini, p, err) : find_target(cli, b, p, err)) < 0)
		return r;
	p->scope.runner = p->runner.s;
	p->scope.ini = p->ini.s;
	if ((r = b->path(&p->tunnel, &p->scope, &p->path, err)) < 0 ||
	    (r = make_argv(cli, b, target, p, err)) < 0)
		return r;
	return b->render(&p->tunnel, &p->scope, &p->argv, &p->text, &p->notes, err);
}

/* What is to be seen on this machine already: that the account is there, and the files that it needs. */
static int look_around(struct plan *p, struct error *err)
{
	const struct tunnel *t = &p->tunnel;
	struct ssh_machine machine = { .home = p->scope.home };
	AUTO(account) account = {0};
	AUTO(buf) program = {0};

	if (!p->scope.user) {
		if (account_find(t->run_as, &account, err) < 0)
			return setting_refuse(t, tunnel_origin(t, &keys[KEY_run_as]), err,
					      "there is no such account on this machine");
		machine.home = account.home;
	}
	ssh_path_put(&machine, 0, t->program, &program);
	if (access(program.s, X_OK) != 0)
		return setting_refuse(t, tunnel_origin(t, &keys[KEY_program]), err, "%s: %s", program.s, strerror(errno));
	for (size_t i = 0; i < t->identity_file.len; i++) {
		AUTO(buf) file = {0};

		ssh_path_put(&machine, 0, t->identity_file.v[i], &file);
		if (access(file.s, F_OK) != 0 && errno == ENOENT)
			strv_pushf(&p->notes, "IdentityFile: %s is not there yet", file.s);
	}
	for (const struct setting *s = NULL; (s = tunnel_next(t, SECTION_ssh, s));)
		if (!keyword_find(s->name))
			strv_pushf(&p->notes, "%s: no ssh that tunnelctl knows of has this keyword", s->name);
	return 0;
}

/* Whether the error names one of the tunnel's files already. */
static bool names_file(const struct tunnel *t, const char *text)
{
	for (size_t i = 0; i < t->files.len; i++)
		if (!strncmp(text, t->files.v[i], strlen(t->files.v[i])))
			return true;
	return false;
}

int plan_make(const struct cli *cli, const struct backend *b, bool user, enum plan_target target,
	      const struct selected *s, struct plan *ret, struct strv *ret_problems)
{
	struct error err = {0};
	int r = config_load_known(s->ini, user ? CONFIG_USER : CONFIG_SYSTEM, s->absent, &ret->tunnel,
				  ret_problems);

	if (r < 0)
		return r;
	if (target == PLAN_FOR_HOST && !user && geteuid() == 0 && (r = owner_check(&ret->tunnel, ret_problems)) < 0)
		return r;
	if ((r = make(cli, b, user, target, s->ini, ret, &err)) < 0 ||
	    (target == PLAN_FOR_HOST && (r = look_around(ret, &err)) < 0)) {
		bool named = names_file(&ret->tunnel, err.text);

		strv_pushf(ret_problems, "%s%s%s", named ? "" : s->ini, named ? "" : ": ", err.text);
	}
	return r;
}

int plan_report(const struct cli *cli, const struct backend *b, const struct plan *p)
{
	for (size_t i = 0; i < p->notes.len; i++) {
		if (cli->options.strict)
			cli_error("%s: %s: %s", p->tunnel.name, b->name, p->notes.v[i]);
		else if (!cli->options.quiet)
			(void)fprintf(stderr, "%s: note for %s: %s\n", p->tunnel.name, b->name, p->notes.v[i]);
	}
	return cli->options.strict && p->notes.len ? EXIT_BAD_CONFIG : 0;
}

void plan_done(struct plan *p)
{
	tunnel_done(&p->tunnel);
	buf_done(&p->runner);
	buf_done(&p->ini);
	strv_done(&p->argv);
	buf_done(&p->path);
	buf_done(&p->text);
	strv_done(&p->notes);
	*p = (struct plan){0};
}
