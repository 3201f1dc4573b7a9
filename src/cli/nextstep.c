/* SPDX-License-Identifier: MIT */
#include "cli/nextstep.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/shellquote.h"
#include "cli/as.h"
#include "cli/report.h"
#include "cli/unitfile.h"
#include "model/key.h"
#include "ssh/hostkey.h"
#include "ssh/path.h"

enum { LOOK_MS = 5 * 1000 };

#define SSH_KEYGEN "/usr/bin/ssh-keygen"

/* One step: what it is for, what is typed, whether it is still needed. */
struct step {
	enum nextstep step;
	const char *what, *verb, *more;
	bool needed;
};

/* An ordinary user cannot become RunAs, and sees as much as they see. */
static void find_account(const struct tunnel *t, bool user, struct account *ret)
{
	account_self(ret);
	if (user || !t->run_as || geteuid() != 0 || !strcmp(t->run_as, "dynamic"))
		return;
	account_done(ret);
	if (account_find(t->run_as, ret, NULL) < 0)
		account_self(ret);
}

static int look(const void *what, struct buf *ret UNUSED, struct error *err UNUSED)
{
	return access(what, F_OK) == 0;
}

/* For an ordinary user, the home of whom they cannot become is what a tunnel of the system means by ~. */
static void set_home(const struct tunnel *t, bool user, const struct account *self, struct ssh_machine *ret,
		     struct account *other)
{
	ret->home = self->home;
	if (!user && t->run_as && account_find(t->run_as, other, NULL) == 0)
		ret->home = other->home;
}

/* ssh(1), -i: what it offers where nobody says which. */
static void list_keys(const struct tunnel *t, struct strv *ret)
{
	static const char *const usual[] = { "ed25519", "ecdsa", "rsa", "ed25519_sk", "ecdsa_sk" };

	strv_push_all(ret, &t->identity_file);
	for (size_t i = 0; !t->identity_file.len && i < ARRAY_LEN(usual); i++)
		strv_pushf(ret, "~/.ssh/id_%s", usual[i]);
}

static bool has_key(const struct tunnel *t, const struct account *a, const struct ssh_machine *machine)
{
	AUTO(strv) files = {0};

	if (t->identity_agent && strcmp(t->identity_agent, "none") != 0)
		return true;
	list_keys(t, &files);
	for (size_t i = 0; i < files.len; i++) {
		AUTO(buf) path = {0};

		ssh_path_put(machine, 0, files.v[i], &path);
		if (as_call(a, look, path.s, LOOK_MS, NULL, NULL) > 0)
			return true;
	}
	return false;
}

/* sshd(8), SSH_KNOWN_HOSTS FILE FORMAT: another port than 22 is part of the name. Names may be hashed there, and only
 * ssh-keygen(1), -F, reads all of that. */
static bool is_in_file(const struct tunnel *t, const struct account *a, const char *path)
{
	AUTO(buf) name = {0};
	AUTO(buf) output = {0};
	char *argv[] = { SSH_KEYGEN, "-F", NULL, "-f", (char *)(uintptr_t)path, NULL };
	const struct spawn s = { .argv = argv, .timeout_ms = LOOK_MS };

	if (t->host_key_alias || t->port == 22)
		buf_puts(&name, t->host_key_alias ? t->host_key_alias : t->host);
	else
		buf_printf(&name, "[%s]:%u", t->host, t->port);
	argv[2] = name.s;
	return as_spawn(a, &s, &output, NULL) == 0;
}

bool nextstep_has_host_key(const struct tunnel *t, const struct account *a, const struct ssh_machine *machine)
{
	AUTO(strv) options = {0};
	AUTO(strv) notes = {0};
	AUTO(strv) files = {0};
	AUTO(buf) pinned = {0};

	hostkey_options(t, machine, NULL, &options, &pinned, &notes);
	if (pinned.len)
		return true;
	strv_push_all(&files, &t->user_known_hosts_file);
	if (!files.len) {
		strv_push(&files, "~/.ssh/known_hosts");
		strv_push(&files, "/etc/ssh/ssh_known_hosts");
	}
	for (size_t i = 0; i < files.len; i++) {
		AUTO(buf) path = {0};

		ssh_path_put(machine, 0, files.v[i], &path);
		if (is_in_file(t, a, path.s))
			return true;
	}
	return false;
}

bool nextstep_is_enabled(const struct cli *cli, const struct tunnel *t, bool user)
{
	const struct backend *b = cli->options.backend ? backend_find(cli->options.backend) : backend_present();
	struct scope scope = { .user = user, .home = cli_home(), .config_home = cli_config_home() };
	AUTO(strv) places = {0};

	if (!b || unitfile_places(b, t->name, &scope, &places, NULL) < 0)
		return false;
	for (size_t i = 0; i < places.len; i++)
		if (access(places.v[i], F_OK) == 0)
			return true;
	return false;
}

/* NULL: the name is enough. */
static const char *find_path(const struct cli *cli, const struct tunnel *t, bool user)
{
	AUTO(buf) own = {0};
	AUTO(buf) file = {0};

	buf_cat(&file, t->name, ".ini");
	if (user)
		buf_cat(&own, cli_config_home() ? cli_config_home() : "", "/tunnelctl");
	for (size_t i = 0; i < t->files.len; i++) {
		AUTO(buf) folder = {0};

		if (strcmp(path_base(t->files.v[i]), file.s) != 0)
			continue;
		path_folder(t->files.v[i], &folder);
		if (cli->options.config_dir && !strcmp(folder.s, cli->options.config_dir))
			return NULL;
		if (user ? !strcmp(folder.s, own.s)
			 : !strcmp(folder.s, "/etc/tunnelctl") || !strcmp(folder.s, "/usr/lib/tunnelctl"))
			return NULL;
		return t->files.v[i];
	}
	return NULL;
}

void nextstep_command(const struct cli *cli, const struct tunnel *t, bool user, const char *verb, const char *more,
		      struct buf *ret)
{
	const char *sudo_user = getenv("SUDO_USER"), *path = find_path(cli, t, user);
	AUTO(strv) words = {0};

	/* Under sudo the next line is typed by the person, not by root. */
	if (!user && (geteuid() != 0 || (sudo_user && *sudo_user)))
		strv_push(&words, "sudo");
	strv_push(&words, "tunnelctl");
	if (user && geteuid() == 0)
		strv_push(&words, "--user");
	if (cli->options.config_dir && !path) {
		strv_push(&words, "--config-dir");
		strv_push(&words, cli->options.config_dir);
	}
	strv_push(&words, verb);
	strv_push(&words, path ? path : t->name);
	if (more)
		strv_split(&words, more);
	shell_quote(&words, ret);
}

/* How the tunnel is doing, as far as its state can be read. */
struct standing {
	bool up, older; /* older: with other settings than those of the INI */
	bool let_in;    /* the server has taken its key, and has not refused it since */
};

static void find_standing(const struct cli *cli, const struct tunnel *t, bool user, struct standing *ret)
{
	AUTO(buf) file = {0};
	struct selected s = { .name = t->name, .user = user };
	const struct selection l = { .v = &s, .len = 1 };
	AUTO(reports) reports = {0};
	const struct report *r;

	buf_cat(&file, t->name, ".ini");
	for (size_t i = 0; i < t->files.len; i++)
		if (!strcmp(path_base(t->files.v[i]), file.s))
			s.ini = t->files.v[i];
	reports_open(cli, &l, &reports);
	reports_look(&reports, NULL);
	r = reports.v;
	ret->up = phase_is_up(r->phase);
	ret->older = report_is_older(r);
	ret->let_in = ret->up || (r->state.ups && r->state.class != CLASS_auth);
}

/* Of one that is enabled: what runs with the settings of the INI wants nothing. */
static void judge_enabled(const struct standing *now, struct step *v)
{
	v[4].verb = "restart";
	v[4].what = "apply it";
	if (!now->up)
		return;
	v[3].needed = false;
	v[4].needed = now->older;
}

/* Looks only where it makes a difference: each look costs a process. */
static void judge(const struct cli *cli, const struct tunnel *t, bool user, enum nextstep after, struct step *v)
{
	struct ssh_machine machine = { .version = VERSION(9, 0), .folder = "/" };
	struct account other = {0};
	struct account a = {0};
	struct standing now = {0};

	if (after >= NEXTSTEP_TRUST)
		find_standing(cli, t, user, &now);
	find_account(t, user, &a);
	set_home(t, user, &a, &machine, &other);
	v[0].needed = after != NEXTSTEP_KEYGEN && after < NEXTSTEP_TEST && !has_key(t, &a, &machine);
	v[1].needed = after != NEXTSTEP_TRUST && after < NEXTSTEP_TEST && !nextstep_has_host_key(t, &a, &machine);
	for (size_t i = 2; i <= 4; i++)
		v[i].needed = after < v[i].step;
	v[2].needed &= !now.let_in;
	if (v[4].needed && nextstep_is_enabled(cli, t, user)) {
		judge_enabled(&now, v);
	} else if (t->start == START_MANUAL) {
		v[4].what = "register it; tunnelctl start starts it";
	} else if (t->start == START_BOOT) {
		v[4].what = "now, and at every boot";
	}
	account_done(&a);
	account_done(&other);
}

enum { STEPS = 5 };

static const struct step steps[STEPS] = {
	{ .step = NEXTSTEP_KEYGEN, .verb = "keygen", .what = "make its key" },
	{ .step = NEXTSTEP_TRUST, .verb = "trust", .what = "pin the server's host key" },
	{ .step = NEXTSTEP_AUTHORIZE, .verb = "authorize", .more = "--install", .what = "let the key in on the server" },
	{ .step = NEXTSTEP_TEST, .verb = "test", .what = "try it, step by step" },
	{ .step = NEXTSTEP_ENABLE, .verb = "enable", .what = "now, and at every login" },
};

void nextstep_list(const struct cli *cli, const struct tunnel *t, bool user, enum nextstep after, struct strv *ret)
{
	struct step v[STEPS];

	memcpy(v, steps, sizeof(v));
	judge(cli, t, user, after, v);
	for (size_t i = 0; i < STEPS; i++) {
		AUTO(buf) command = {0};

		if (!v[i].needed)
			continue;
		nextstep_command(cli, t, user, v[i].verb, v[i].more, &command);
		strv_push(ret, command.s);
	}
}

void nextstep_say(const struct cli *cli, const struct tunnel *t, bool user, enum nextstep after)
{
	struct step v[STEPS];
	bool first = true;
	int width = 0;

	if (cli->options.quiet || cli->options.json)
		return;
	memcpy(v, steps, sizeof(v));
	judge(cli, t, user, after, v);
	for (size_t i = 0; i < STEPS; i++)
		if (v[i].needed && (int)strlen(v[i].what) > width)
			width = (int)strlen(v[i].what);
	for (size_t i = 0; i < STEPS; i++) {
		AUTO(buf) command = {0};

		if (!v[i].needed)
			continue;
		nextstep_command(cli, t, user, v[i].verb, v[i].more, &command);
		if (first)
			cli_say(cli, "next:");
		first = false;
		/* Not behind a '#': an interactive zsh takes that for a word. */
		cli_say(cli, "  %s:%*s  %s", v[i].what, width - (int)strlen(v[i].what), "", command.s);
	}
}
