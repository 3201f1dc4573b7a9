/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/shellquote.h"
#include "cli/as.h"
#include "cli/ask.h"
#include "cli/install.h"
#include "cli/nextstep.h"
#include "cli/person.h"
#include "cli/plan.h"
#include "model/key.h"
#include "ssh/hostkey.h"
#include "ssh/path.h"
#include "ssh/proxytool.h"

enum { PORT_SSH = 22, END_MS = 5 * 1000, STEP_MS = 10 * 60 * 1000 };

/* Read by the account's login shell, which may be csh or fish: a constant, all of it in single quotes. */
static const char command[] = "exec /bin/sh -c 'T=$(cat); eval \"$T\"' login";

/* What ssh and those who ask for passwords in its place look at (ssh(1), ENVIRONMENT). */
static void make_environment(const struct account *a, struct strv *ret)
{
	static const char *const kept[] = {
		"TERM",
		"LANG",
		"TZ",
		"TMPDIR",
		"XDG_RUNTIME_DIR",
		"KRB5CCNAME",
		"SSH_AUTH_SOCK",
		"SSH_ASKPASS",
		"SSH_ASKPASS_REQUIRE",
		"DISPLAY",
		"WAYLAND_DISPLAY",
		"XAUTHORITY",
	};

	for (size_t i = 0; i < ARRAY_LEN(kept); i++)
		if (getenv(kept[i]))
			strv_pushf(ret, "%s=%s", kept[i], getenv(kept[i]));
	strv_push(ret, "PATH=/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin");
	strv_push(ret, "LC_ALL=C");
	strv_pushf(ret, "HOME=%s", a->home ? a->home : "/");
	if (a->name) {
		strv_pushf(ret, "USER=%s", a->name);
		strv_pushf(ret, "LOGNAME=%s", a->name);
	}
}

static void push(struct strv *argv, const char *option)
{
	strv_push(argv, "-o");
	strv_push(argv, option);
}

/* Nothing of the person's ssh_config may add to, or take the place of, the one command. */
static void push_plain(unsigned version, struct strv *argv)
{
	strv_push(argv, "-T");
	push(argv, "ClearAllForwardings=yes");
	push(argv, "ForwardAgent=no");
	push(argv, "ForwardX11=no");
	push(argv, "PermitLocalCommand=no");
	push(argv, "ConnectTimeout=15");
	push(argv, "ServerAliveInterval=15");
	if (version >= VERSION(7, 6))
		push(argv, "RemoteCommand=none");
	if (version >= VERSION(8, 7)) {
		push(argv, "SessionType=default");
		push(argv, "StdinNull=no");
		push(argv, "ForkAfterAuthentication=no");
	}
}

/* Behind the last @, as ssh reads it; NULL for a URL, which is ssh's to take apart. */
static const char *host_of(const char *destination)
{
	const char *at = strrchr(destination, '@');

	return strstr(destination, "://") ? NULL : at ? at + 1 : destination;
}

/* The first Proxy entry: nobody takes turns here. */
static void push_proxy(const struct tunnel *t, struct strv *argv)
{
	AUTO(proxy_tool) tool = {0};
	AUTO(buf) text = {0};

	proxy_tool_find(&tool);
	if (!proxy_is_usable(&tool, t->proxy.v[0]))
		return;
	buf_puts(&text, "ProxyCommand=");
	proxy_command(&tool, t->proxy.v[0], t->host, &text);
	push(argv, text.s);
}

/* ssh's own question names no machine there ("<no hostip for proxy command>"), so nobody could answer it. */
static int check_known(const struct install *in, const struct client *c, struct error *err)
{
	const struct tunnel *t = in->tunnel;
	AUTO(buf) trust = {0};

	if (!t->proxy_jump || nextstep_has_host_key(t, &c->account, &c->machine))
		return 0;
	nextstep_command(in->cli, t, in->user, "trust", NULL, &trust);
	return error_set(err, -ENOENT, "%s: the host key of %s is not known yet; first: %s", t->name, t->host, trust.s);
}

/* The way to the tunnel's own server is that of the tunnel, whoever logs in there. */
static int push_way(const struct install *in, struct client *c, struct strv *argv, struct error *err)
{
	const struct tunnel *t = in->tunnel;
	AUTO(ssh_command) files = {0};
	AUTO(strv) options = {0};
	AUTO(strv) notes = {0};

	strv_push(argv, "-p");
	strv_pushf(argv, "%u", t->port);
	if (t->proxy_jump) {
		strv_push(argv, "-o");
		strv_pushf(argv, "ProxyJump=%s", t->proxy_jump);
	}
	if (t->proxy_command) {
		strv_push(argv, "-o");
		strv_pushf(argv, "ProxyCommand=%s", t->proxy_command);
	}
	if (t->proxy.len && !proxy_is_direct(t->proxy.v[0]))
		push_proxy(t, argv);
	if (t->host_key_alias) {
		strv_push(argv, "-o");
		strv_pushf(argv, "HostKeyAlias=%s", t->host_key_alias);
	}
	if (t->known_host_key.len)
		hostkey_options(t, &c->machine, NULL, &options, &files.known_hosts, &notes);
	for (size_t i = 0; i < options.len; i++)
		push(argv, options.v[i]);
	/* What is pinned is all that counts; else the person's own known_hosts and answers. */
	if (files.known_hosts.len)
		push(argv, "StrictHostKeyChecking=yes");
	return client_put_files(c, &files, err);
}

static void put_by_hand(const struct install *in, bool own_way, struct install_ssh *ret)
{
	const struct tunnel *t = in->tunnel;
	AUTO(strv) words = {0};

	strv_push(&words, "ssh");
	if (own_way && t->proxy_jump) {
		strv_push(&words, "-J");
		strv_push(&words, t->proxy_jump);
	}
	if (own_way && t->port != PORT_SSH) {
		strv_push(&words, "-p");
		strv_pushf(&words, "%u", t->port);
	}
	strv_push(&words, ret->shown.s);
	shell_quote(&words, &ret->by_hand);
}

static int check_destination(const char *s, struct error *err)
{
	const char *why = *s == '-'                                    ? "begins with '-'"
			  : !*s || strpbrk(s, " \t\r\n'\"\\`$;&|<>()") ? "odd characters"
								       : NULL;

	if (!why && host_of(s) && !*host_of(s))
		why = "no host in it";
	return why ? error_set(err, -ENOMSG, "%s: %s; wanted [ADMIN@]HOST as for ssh", s, why) : 0;
}

static int open_client(const struct install *in, struct client *c, struct error *err)
{
	int r;

	c->tunnel = in->tunnel;
	person_find(&c->account);
	c->machine.home = c->account.home;
	make_environment(&c->account, &c->environment);
	ssh_path_put(&c->machine, 0, in->tunnel->program, &c->program);
	if ((r = plan_ssh_version(in->cli, c->program.s, &c->machine.version, err)) < 0 ||
	    (r = as_folder_make(&c->account, &c->folder, err)) < 0)
		return r;
	c->machine.folder = c->folder.s;
	return 0;
}

int install_ssh_open(const struct install *in, struct install_ssh *ret, struct error *err)
{
	const struct tunnel *t = in->tunnel;
	const char *to = in->destination;
	bool own_way = !to || (host_of(to) && !strcmp(host_of(to), t->host));
	int r;

	ret->install = in;
	if (to && (r = check_destination(to, err)) < 0)
		return r;
	if ((r = open_client(in, &ret->client, err)) < 0)
		return r;
	strv_push(&ret->argv, ret->client.program.s);
	push_plain(ret->client.machine.version, &ret->argv);
	if (!to && t->user) {
		strv_push(&ret->argv, "-l");
		strv_push(&ret->argv, t->user);
	}
	buf_puts(&ret->destination, to ? to : t->host);
	if (to)
		buf_puts(&ret->shown, to);
	else
		buf_cat(&ret->shown, in->account, "@", t->host);
	ret->shares = ret->client.machine.version >= VERSION(5, 6);
	put_by_hand(in, own_way, ret);
	if (!own_way)
		return 0;
	r = check_known(in, &ret->client, err);
	return r < 0 ? r : push_way(in, &ret->client, &ret->argv, err);
}

void install_ssh_announce(const struct install_ssh *s)
{
	const struct install *in = s->install;
	const struct key *k = &keys[in->hop ? KEY_proxy_jump : KEY_user];
	const struct setting *from = tunnel_origin(in->tunnel, k);
	AUTO(buf) why = {0};

	if (!ask_can())
		return;
	if (in->destination) {
		cli_say(in->cli, "logging in to %s, with your own keys; ssh may ask for a password", in->destination);
		return;
	}
	if (from)
		buf_cat(&why, k->name, " in ", path_base(in->tunnel->files.v[from->file]));
	else
		buf_cat(&why, "the INI has no ", k->name);
	cli_say(in->cli, "logging in to %s as %s (%s), with your own keys; ssh may ask for a password", in->tunnel->host,
		in->account, why.s);
}

/* One connection for the steps, so that a password is asked once; but the second login is one. */
static void push_sharing(const struct install_ssh *s, bool fresh, struct strv *argv)
{
	strv_push(argv, "-o");
	if (fresh || !s->shares) {
		strv_push(argv, "ControlPath=none");
		return;
	}
	strv_pushf(argv, "ControlPath=%s/c", s->client.folder.s);
	push(argv, "ControlMaster=auto");
	push(argv, "ControlPersist=60");
}

int install_ssh_run(const struct install_ssh *s, const char *text, bool fresh, struct buf *ret,
		    struct error *err)
{
	AUTO(strv) argv = {0};
	struct spawn spawn = { .environment = s->client.environment.v,
			       .input = text,
			       .timeout_ms = STEP_MS,
			       .keeps_stderr = true };

	strv_push(&argv, s->argv.v[0]);
	push_sharing(s, fresh, &argv);
	for (size_t i = 1; i < s->argv.len; i++)
		strv_push(&argv, s->argv.v[i]);
	strv_push(&argv, "--");
	strv_push(&argv, s->destination.s);
	strv_push(&argv, command);
	spawn.argv = argv.v;
	return as_spawn(&s->client.account, &spawn, ret, err);
}

void install_ssh_done(struct install_ssh *s)
{
	if (s->shares && s->argv.len) {
		AUTO(strv) argv = {0};
		struct spawn spawn = { .environment = s->client.environment.v, .timeout_ms = END_MS };

		strv_push(&argv, s->argv.v[0]);
		push_sharing(s, false, &argv);
		strv_push(&argv, "-O");
		strv_push(&argv, "exit");
		strv_push(&argv, "--");
		strv_push(&argv, s->destination.s);
		spawn.argv = argv.v;
		(void)as_spawn(&s->client.account, &spawn, NULL, NULL);
	}
	client_done(&s->client);
	strv_done(&s->argv);
	buf_done(&s->shown);
	buf_done(&s->destination);
	buf_done(&s->by_hand);
}
