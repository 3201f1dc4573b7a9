/* SPDX-License-Identifier: MIT */
#include "ssh/argv.h"

#include <errno.h>
#include <string.h>

#include "model/key.h"
#include "model/keyword.h"
#include "ssh/hostkey.h"
#include "ssh/jump.h"
#include "ssh/options.h"
#include "ssh/path.h"
#include "ssh/probe.h"
#include "ssh/proxy.h"

/* sun_path has 104 bytes on macOS, 108 on Linux (unix(4), unix(7)). */
enum { SOCKET_PATH_MAX = 103 };

static int too_old(const struct tunnel *t, const struct setting *s, const struct ssh_machine *machine,
		   unsigned since, struct error *err)
{
	return setting_refuse(t, s, err, "needs ssh %u.%u, %s is %u.%u", since / 100, since % 100, t->program,
		      machine->version / 100, machine->version % 100);
}

/* A default that this ssh does not know is left out; what somebody wrote down is not. */
static int check_releases(const struct tunnel *t, const struct ssh_machine *machine, struct error *err)
{
	for (size_t i = 0; i < t->settings_len; i++) {
		const struct setting *s = &t->settings[i];
		const struct keyword *word = s->section == SECTION_ssh ? keyword_find(s->name) : NULL;
		unsigned since = s->key ? s->key->since : word ? word->since : 0;

		if (s->key == &keys[KEY_identity_agent] && !strcmp(s->value, "none"))
			continue; /* tunnelctl-run takes the agent out of the environment as well */
		if (s->key && s->key->type == FWD && strchr(s->value, '/'))
			since = VERSION(6, 7);
		if (s->key == &keys[KEY_user_known_hosts_file] && t->user_known_hosts_file.len > 1)
			since = VERSION(5, 9); /* one file only, until then */
		if (since > machine->version)
			return too_old(t, s, machine, since, err);
	}
	return 0;
}

/* ~ of Program is the account's, as in every other file name. */
static int put_program(const struct tunnel *t, const struct ssh_machine *machine, struct strv *ret,
		       struct error *err)
{
	AUTO(buf) path = {0};

	if (*t->program == '~' && !machine->home)
		return setting_refuse(t, tunnel_origin(t, &keys[KEY_program]), err,
			      "without tunnelctl-run nobody expands ~ here; wanted an absolute path");
	ssh_path_put(machine, 0, t->program, &path);
	strv_push_take(ret, buf_take(&path));
	return 0;
}

/* The way through the Proxy entry whose turn it is. */
static int push_proxy(const struct tunnel *t, const struct ssh_machine *machine, struct strv *ret,
		      struct strv *ret_notes, struct error *err)
{
	const struct proxy_tool *tool = machine->proxy_tool ? machine->proxy_tool : &proxy_tool_usual;
	const char *entry = t->proxy.v[machine->proxy < t->proxy.len ? machine->proxy : 0];
	AUTO(buf) text = {0};

	if (!machine->folder && t->proxy.len > 1)
		strv_pushf(ret_notes, "Proxy: without tunnelctl-run nobody takes turns: %s alone is used", entry);
	if (!proxy_is_usable(tool, entry)) {
		proxy_cure(entry, &text);
		return error_set(err, -ENOENT, "Proxy = %s: no program of this machine can lead ssh through it; %s", entry,
				 text.s);
	}
	if (!proxy_is_direct(entry)) {
		buf_puts(&text, "ProxyCommand=");
		proxy_command(tool, entry, t->host, &text);
		strv_push_take(ret, buf_take(&text));
	} else if (strcmp(t->config_file, "none") != 0) {
		strv_push(ret, "ProxyCommand=none"); /* whatever ConfigFile says, ProxyJump too (ssh_config(5)) */
	}
	return 0;
}

static int put_config_file(const struct tunnel *t, const struct ssh_machine *machine,
			   const struct ssh_command *command, struct strv *ret, struct error *err)
{
	AUTO(buf) path = {0};

	strv_push(ret, "-F");
	if (command->config.len) {
		strv_pushf(ret, "%s/ssh_config", machine->folder);
		return 0;
	}
	if (!strcmp(t->config_file, "none")) {
		strv_push(ret, "/dev/null"); /* every release takes it, "none" not */
		return 0;
	}
	if (*t->config_file == '~' && !machine->home)
		return setting_refuse(t, tunnel_origin(t, &keys[KEY_config_file]), err,
			      "without tunnelctl-run nobody expands ~ here; wanted an absolute path");
	ssh_path_put(machine, 0, t->config_file, &path);
	strv_push_take(ret, buf_take(&path));
	return 0;
}

static void push_options(const struct strv *options, struct strv *ret)
{
	for (size_t i = 0; i < options->len; i++) {
		strv_push(ret, "-o");
		strv_push(ret, options->v[i]);
	}
}

/* A row with a letter: "-p 22", or the letter alone for yes. False if only the keyword can say it. */
static bool push_letter(const struct tunnel *t, const struct ssh_machine *machine, const struct key *k,
			const char *value, struct strv *ret)
{
	AUTO(buf) text = {0};

	if (k->type == BOOL) {
		if (!strcmp(value, "yes"))
			strv_push(ret, k->ssh);
		/* No letter says no; that is worth a word where ConfigFile may say yes. */
		return !strcmp(value, "yes") || !strcmp(t->config_file, "none") || !tunnel_origin(t, k);
	}
	if (k->type == PATHS)
		ssh_path_put(machine, k->percent, value, &text);
	else
		buf_puts(&text, value);
	/* -i looks whether the file is there before it reads %% as %. */
	if (k->type == PATHS && strchr(text.s, '%'))
		return false;
	strv_push(ret, k->ssh);
	strv_push_take(ret, buf_take(&text));
	return true;
}

static void push_keys(const struct tunnel *t, const struct ssh_machine *machine, struct strv *ret)
{
	for (size_t i = 0; i < KEY_COUNT; i++) {
		const struct key *k = &keys[i];
		AUTO(strv) values = {0};

		if (k->destination != SSH || !k->ssh || !options_wants(t, machine, k))
			continue;
		key_values(k, t, &values);
		for (size_t j = 0; j < values.len; j++) {
			AUTO(strv) option = {0};

			if (*k->ssh == '-' && push_letter(t, machine, k, values.v[j], ret))
				continue;
			options_key(machine, k, values.v[j], &option);
			push_options(&option, ret);
		}
	}
}

static void push_section(const struct tunnel *t, struct strv *ret)
{
	for (const struct setting *s = NULL; (s = tunnel_next(t, SECTION_ssh, s));) {
		strv_push(ret, "-o");
		strv_pushf(ret, "%s=%s", s->name, s->value);
	}
}

bool ssh_loop_path(const struct tunnel *t, const struct ssh_machine *machine, size_t i, struct buf *ret)
{
	AUTO(buf) path = {0};

	/* What ssh cannot listen on, or reads otherwise, ends it: rather no proof than no tunnel. */
	if (!machine->loop || machine->version < VERSION(6, 7) || strpbrk(machine->loop, "%$\\:") ||
	    probe_kind_of(t, &t->remote_forward.v[i]) == PROBE_NONE)
		return false;
	buf_printf(&path, "%s.%zu", machine->loop, i);
	if (path.len > SOCKET_PATH_MAX)
		return false;
	buf_puts(ret, path.s);
	return true;
}

bool ssh_tells_channels(const struct tunnel *t, const struct ssh_machine *machine)
{
	AUTO(buf) unused = {0};

	if (!machine->folder || machine->version < VERSION(8, 5))
		return false;
	for (size_t i = 0; i < t->remote_forward.len; i++)
		if (ssh_loop_path(t, machine, i, &unused))
			return true;
	for (size_t i = 0; i < t->local_forward.len; i++)
		if (probe_kind_of(t, &t->local_forward.v[i]))
			return true;
	return t->dynamic_forward.len && probe_kind_of(t, &t->dynamic_forward.v[0]);
}

bool ssh_tells_device(const struct tunnel *t, const struct ssh_machine *machine)
{
	return t->tunnel_device && machine->folder && machine->version >= VERSION(8, 5);
}

/* What the observer reads, line by line (ssh_config(5), LogVerbose): that local forwards listen, that a remote one
 * stands or why the server refuses it, that the device is there, that a channel is open. An older ssh says the first
 * two among much else. */
static void push_log(const struct tunnel *t, const struct ssh_machine *machine, struct strv *ret)
{
	if (!machine->folder)
		return;
	if (machine->version < VERSION(8, 5)) {
		strv_push(ret, "LogLevel=DEBUG1");
		return;
	}
	strv_pushf(ret, "LogVerbose=clientloop.c:client_loop():*%s%s%s",
		   t->remote_forward.len ? ",ssh.c:ssh_confirm_remote_forward():*,packet.c:ssh_packet_read_poll_seqnr():*" : "",
		   t->tunnel_device ? ",ssh.c:ssh_tun_confirm():*" : "",
		   ssh_tells_channels(t, machine) ? ",channels.c:channel_input_open_confirmation():*" : "");
}

/* The server's own word for where a remote forward listens: behind any address of its own it listens on localhost too,
 * and that is the name a key line permits (sshd(8), permitopen). */
static const char *loop_host(const char *bind)
{
	static const char *const all[] = { "*", "0.0.0.0", "::" };

	for (size_t i = 0; i < ARRAY_LEN(all); i++)
		if (!bind || !strcmp(bind, all[i]))
			return "localhost";
	return bind;
}

/* The loop: a way through the server into the tunnel's own listening end, and back (runner/loop.h). */
static void push_loop(const struct tunnel *t, const struct ssh_machine *machine, struct strv *ret)
{
	for (size_t i = 0; i < t->remote_forward.len; i++) {
		const struct endpoint *listen = &t->remote_forward.v[i].listen;
		const char *host = loop_host(listen->host);
		AUTO(buf) path = {0};

		if (!ssh_loop_path(t, machine, i, &path))
			continue;
		strv_push(ret, "-L");
		if (listen->path)
			strv_pushf(ret, "%s:%s", path.s, listen->path);
		else
			strv_pushf(ret, strchr(host, ':') ? "%s:[%s]:%u" : "%s:%s:%u", path.s, host, listen->port);
	}
}

static bool has_sockets(const struct tunnel *t, const struct ssh_machine *machine)
{
	AUTO(buf) unused = {0};

	for (size_t i = 0; i < t->local_forward.len; i++)
		if (t->local_forward.v[i].listen.path)
			return true;
	for (size_t i = 0; i < t->remote_forward.len; i++)
		if (ssh_loop_path(t, machine, i, &unused))
			return true;
	return false;
}

/* ssh leaves its own socket behind, and without this could never listen on it again. [SSH] may say no, before it. */
static void push_unlink(const struct tunnel *t, const struct ssh_machine *machine, struct strv *ret)
{
	if (!has_sockets(t, machine))
		return;
	strv_push(ret, "-o");
	strv_push(ret, "StreamLocalBindUnlink=yes");
}

static void note(const struct tunnel *t, const struct ssh_machine *machine, struct strv *ret_notes)
{
	bool unproved = false;

	if (!t->remote_forward.len && !t->local_forward.len && !t->dynamic_forward.len && !t->tunnel_device)
		strv_push(ret_notes, "nothing is forwarded: there is no RemoteForward, LocalForward, "
				     "DynamicForward or TunnelDevice");
	for (size_t i = 0; i < t->remote_forward.len; i++)
		unproved |= probe_kind_of(t, &t->remote_forward.v[i]) != PROBE_NONE;
	if (unproved && machine->folder && machine->version < VERSION(6, 7))
		strv_pushf(ret_notes, "Probe: ssh %u.%u knows no Unix sockets (6.7 does), so no RemoteForward is "
				      "proved end to end", machine->version / 100, machine->version % 100);
}

static int make(const struct tunnel *t, const struct ssh_machine *machine, struct ssh_command *c,
		struct strv *ret_notes, struct error *err)
{
	struct strv *argv = &c->argv;
	AUTO(strv) first = {0};
	AUTO(strv) way = {0};
	int r;

	if ((r = check_releases(t, machine, err)) < 0 || (r = put_program(t, machine, argv, err)) < 0 ||
	    (t->proxy_jump && (r = jump_make(t, machine, c, &way, ret_notes, err)) < 0) ||
	    (t->proxy.len && (r = push_proxy(t, machine, &way, ret_notes, err)) < 0))
		return r;
	push_log(t, machine, &first);
	options_mandatory(machine, &first);
	if (!t->tunnel_device)
		strv_push(&first, "Tunnel=no");
	hostkey_options(t, machine, NULL, &first, &c->known_hosts, ret_notes);
	options_identity(t, &first);

	/* What comes first wins in ssh: ours, then the tunnel's, then [SSH]. */
	if ((r = put_config_file(t, machine, c, argv, err)) < 0)
		return r;
	strv_push(argv, "-N");
	strv_push(argv, "-T");
	strv_push(argv, "-n");
	push_options(&first, argv);
	push_options(&way, argv);
	push_keys(t, machine, argv);
	push_loop(t, machine, argv);
	push_section(t, argv);
	push_unlink(t, machine, argv);
	strv_push(argv, "--"); /* a host that begins with '-' would be an option */
	strv_push(argv, t->host);
	note(t, machine, ret_notes);
	return 0;
}

int ssh_command_make(const struct tunnel *t, const struct ssh_machine *machine, struct ssh_command *ret,
		     struct strv *ret_notes, struct error *err)
{
	AUTO(ssh_command) c = {0};
	int r = make(t, machine, &c, ret_notes, err);

	if (r < 0)
		return r;
	*ret = c;
	c = (struct ssh_command){0};
	return 0;
}

void ssh_command_done(struct ssh_command *c)
{
	strv_done(&c->argv);
	buf_done(&c->known_hosts);
	buf_done(&c->config);
}
