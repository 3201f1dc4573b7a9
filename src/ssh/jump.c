/* SPDX-License-Identifier: MIT */
#include "ssh/jump.h"

#include <errno.h>
#include <string.h>

#include "base/shellquote.h"
#include "model/value.h"
#include "ssh/hostkey.h"
#include "ssh/options.h"
#include "ssh/path.h"

/* What reaches a hop of the tunnel's own keys; the first hop is also the one that leaves this machine. */
static const enum key_id for_each_hop[] = {
	KEY_identity_file,   KEY_certificate_file,      KEY_identity_agent,
	KEY_connect_timeout, KEY_server_alive_interval, KEY_server_alive_count_max,
};
static const enum key_id for_first_hop[] = { KEY_address_family, KEY_bind_address };

static void push_keys(const struct tunnel *t, const struct ssh_machine *machine, const enum key_id *ids,
		      size_t len, struct strv *ret)
{
	for (size_t i = 0; i < len; i++) {
		const struct key *k = &keys[ids[i]];
		AUTO(strv) values = {0};

		if (!options_wants(t, machine, k))
			continue;
		key_values(k, t, &values);
		for (size_t j = 0; j < values.len; j++)
			options_key(machine, k, values.v[j], ret);
	}
}

/* ssh expands % in it and then gives it to a shell, so it is quoted for the one and doubled for the other. */
static void push_command(const char *program, const struct ssh_machine *machine, size_t number,
			 struct strv *ret)
{
	AUTO(strv) words = {0};
	AUTO(buf) quoted = {0};
	AUTO(buf) option = {0};

	strv_push(&words, program);
	strv_push(&words, "-F");
	strv_pushf(&words, "%s/ssh_config", machine->folder);
	shell_quote(&words, &quoted);
	buf_puts(&option, "ProxyCommand=");
	ssh_percent_put(quoted.s, &option);
	buf_printf(&option, " -W '[%%h]:%%p' -- tunnelctl-hop-%zu", number);
	strv_push_take(ret, buf_take(&option));
}

static void put_block(const struct ssh_machine *machine, const struct strv *options, size_t number,
		      const struct destination *hop, struct buf *ret)
{
	/* An address may carry a zone, fe80::1%eth0, and HostName expands % since 5.6. */
	const char *percent = machine->version >= VERSION(5, 6) ? "%%" : "%";

	buf_printf(ret, "Host tunnelctl-hop-%zu\n\tHostName ", number);
	for (const char *s = hop->host; *s; s++)
		if (*s == '%')
			buf_puts(ret, percent);
		else
			buf_putc(ret, *s);
	buf_putc(ret, '\n');
	if (hop->user)
		buf_printf(ret, "\tUser %s\n", hop->user);
	if (hop->port)
		buf_printf(ret, "\tPort %u\n", hop->port);
	for (size_t i = 0; i < options->len; i++) {
		const char *equals = strchr(options->v[i], '=');

		buf_printf(ret, "\t%.*s %s\n", (int)(equals - options->v[i]), options->v[i], equals + 1);
	}
}

static int check(const struct tunnel *t, const struct ssh_machine *machine, struct error *err)
{
	if (!machine->folder)
		return setting_refuse(t, tunnel_origin(t, &keys[KEY_proxy_jump]), err,
				      "needs tunnelctl-run, which writes ssh's configuration for the hop; without it "
				      "use ProxyCommand");
	if (strcmp(t->config_file, "none") != 0 && machine->version < VERSION(7, 3)) /* Include */
		return setting_refuse(t, tunnel_origin(t, &keys[KEY_config_file]), err,
				      "beside ProxyJump this needs ssh 7.3, %s is %u.%u; give the hop in that file, by "
				      "a ProxyCommand", t->program, machine->version / 100, machine->version % 100);
	return 0;
}

int jump_make(const struct tunnel *t, const struct ssh_machine *machine, struct ssh_command *ret,
	      struct strv *ret_options, struct strv *ret_notes, struct error *err)
{
	size_t number = 0;
	int r = check(t, machine, err);

	if (r < 0)
		return r;
	for (const char *s = t->proxy_jump;;) {
		AUTO(destination) hop = {0};
		AUTO(strv) options = {0};
		size_t len = strcspn(s, ",");

		if (parse_destination(s, len, &hop))
			return error_set(err, -EINVAL, "ProxyJump = %s: not hosts", t->proxy_jump);
		options_mandatory(machine, &options);
		strv_push(&options, "Tunnel=no");
		hostkey_options(t, machine, &hop, &options, &ret->known_hosts, ret_notes);
		options_identity(t, &options);
		if (++number == 1)
			push_keys(t, machine, for_first_hop, ARRAY_LEN(for_first_hop), &options);
		else
			push_command(ret->argv.v[0], machine, number - 1, &options);
		push_keys(t, machine, for_each_hop, ARRAY_LEN(for_each_hop), &options);
		put_block(machine, &options, number, &hop, &ret->config);
		if (!s[len])
			break;
		s += len + 1;
	}
	push_command(ret->argv.v[0], machine, number, ret_options);
	if (strcmp(t->config_file, "none") != 0) {
		buf_puts(&ret->config, "Host *\n\tInclude ");
		ssh_path_put_quoted(machine, 0, t->config_file, &ret->config);
		buf_putc(&ret->config, '\n');
	}
	return 0;
}
