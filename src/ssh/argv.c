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

static int PRINTF(4, 5) refuse(const struct tunnel *t, const struct setting *s, struct error *err,
			       const char *format, ...)
{
	AUTO(buf) text = {0};
	va_list ap;

	if (s)
		setting_print(t, s, &text);
	va_start(ap, format);
	buf_vprintf(&text, format, ap);
	va_end(ap);
	return error_set(err, -EINVAL, "%s", text.s);
}

static int too_old(const struct tunnel *t, const struct setting *s, const struct ssh_machine *machine,
		   unsigned since, struct error *err)
{
	return refuse(t, s, err, "needs ssh %u.%u, %s is %u.%u", since / 100, since % 100, t->program,
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
		if (since > machine->version)
			return too_old(t, s, machine, since, err);
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
		return refuse(t, tunnel_origin(t, &keys[KEY_config_file]), err,
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

/* A row with a letter: "-p 22", or the letter alone for yes. */
static void push_letter(const struct ssh_machine *machine, const struct key *k, const char *value,
			struct strv *ret)
{
	AUTO(buf) text = {0};

	if (k->type == BOOL) {
		if (!strcmp(value, "yes"))
			strv_push(ret, k->ssh);
		return;
	}
	strv_push(ret, k->ssh);
	if (k->type == PATHS)
		ssh_path_put(machine, k->percent, value, &text);
	else
		buf_puts(&text, value);
	strv_push_take(ret, buf_take(&text));
}

static void push_keys(const struct tunnel *t, const struct ssh_machine *machine, struct strv *ret)
{
	for (size_t i = 0; i < KEY_COUNT; i++) {
		const struct key *k = &keys[i];
		AUTO(strv) values = {0};
		AUTO(strv) options = {0};

		if (k->destination != SSH || !k->ssh || !options_wants(t, machine, k))
			continue;
		key_values(k, t, &values);
		for (size_t j = 0; j < values.len; j++)
			if (*k->ssh == '-')
				push_letter(machine, k, values.v[j], ret);
			else
				options_key(machine, k, values.v[j], &options);
		push_options(&options, ret);
	}
}

static void push_section(const struct tunnel *t, struct strv *ret)
{
	for (const struct setting *s = NULL; (s = tunnel_next(t, SECTION_ssh, s));) {
		strv_push(ret, "-o");
		strv_pushf(ret, "%s=%s", s->name, s->value);
	}
}

static int make(const struct tunnel *t, const struct ssh_machine *machine, struct ssh_command *c,
		struct strv *ret_notes, struct error *err)
{
	struct strv *argv = &c->argv;
	AUTO(strv) first = {0};
	AUTO(buf) jump = {0};
	int r;

	if ((r = check_releases(t, machine, err)) < 0 ||
	    (t->proxy_jump && (r = jump_make(t, machine, c, &jump, ret_notes, err)) < 0))
		return r;
	options_mandatory(t, machine, &first);
	hostkey_options(t, machine, NULL, &first, &c->known_hosts, ret_notes);
	options_identity(t, &first);

	/* What comes first wins in ssh: ours, then the tunnel's, then [SSH]. */
	strv_push(argv, t->program);
	if ((r = put_config_file(t, machine, c, argv, err)) < 0)
		return r;
	strv_push(argv, "-N");
	strv_push(argv, "-T");
	strv_push(argv, "-n");
	push_options(&first, argv);
	if (jump.len) {
		strv_push(argv, "-J");
		strv_push(argv, jump.s);
	}
	push_keys(t, machine, argv);
	push_section(t, argv);
	strv_push(argv, "--"); /* a host that begins with '-' would be an option */
	strv_push(argv, t->host);
	if (!t->remote_forward.len && !t->local_forward.len && !t->dynamic_forward.len && !t->tunnel_device)
		strv_push(ret_notes, "nothing is forwarded: there is no RemoteForward, LocalForward, "
				     "DynamicForward or TunnelDevice");
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
