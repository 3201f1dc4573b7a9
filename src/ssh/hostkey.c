/* SPDX-License-Identifier: MIT */
#include "ssh/hostkey.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "base/alloc.h"
#include "model/key.h"
#include "ssh/path.h"

/* Whether a pattern list of known_hosts (sshd(8)) names the hop; a wildcard or a hash is left for ssh to judge.
 * A name without a port stands for every port: ssh looks for it when it finds none with the port. */
static bool names(const struct host_key *key, const struct destination *hop)
{
	AUTO_FREE char *list = xstrndup(key->host, key->host_len);
	AUTO(buf) with_port = {0};
	char *part = list;

	buf_printf(&with_port, "[%s]:%u", hop->host, hop->port ? hop->port : 22);
	for (;;) {
		char *comma = strchr(part, ',');

		if (comma)
			*comma = '\0';
		if (strpbrk(part, "*?|") || !strcasecmp(part, with_port.s) || !strcasecmp(part, hop->host))
			return true;
		if (!comma)
			return false;
		part = comma + 1;
	}
}

/* The tunnel's own server under the name by which ssh looks its key up (sshd(8), SSH_KNOWN_HOSTS FILE FORMAT). */
static struct destination server_of(const struct tunnel *t)
{
	if (t->host_key_alias)
		return (struct destination){ .host = t->host_key_alias };
	return (struct destination){ .host = t->host, .port = t->port };
}

/* A key without a host in front is the server's own; one with a host is that host's. */
static bool concerns(const struct tunnel *t, const struct host_key *key, const struct destination *hop)
{
	struct destination server = server_of(t);

	if (!key->host_len)
		return !hop;
	return names(key, hop ? hop : &server);
}

static void put_line(const struct host_key *key, const char *host, struct buf *ret)
{
	if (key->marker_len)
		buf_printf(ret, "%.*s ", (int)key->marker_len, key->marker);
	if (key->host_len)
		buf_printf(ret, "%.*s %.*s", (int)key->host_len, key->host, (int)key->key_len, key->key);
	else
		buf_printf(ret, "%s %.*s", host, (int)key->key_len, key->key);
}

/* ssh runs this itself, without a shell; printf repeats its format for every further argument. */
static void put_command(const struct tunnel *t, const struct destination *hop, struct buf *ret)
{
	buf_puts(ret, "KnownHostsCommand=/usr/bin/printf \"%%s\\n\"");
	for (size_t i = 0; i < t->known_host_key.len; i++) {
		struct host_key key;

		if (parse_host_key(t->known_host_key.v[i], &key) || !concerns(t, &key, hop))
			continue;
		buf_puts(ret, " \"");
		put_line(&key, "%H", ret);
		buf_putc(ret, '"');
	}
}

/* All keys of all hosts: one file serves the server and every hop. */
static void put_file(const struct tunnel *t, struct buf *ret)
{
	struct destination server = server_of(t);
	AUTO(buf) name = {0};

	buf_printf(&name, server.port && server.port != 22 ? "[%s]:%u" : "%s", server.host, server.port);
	for (size_t i = 0; i < t->known_host_key.len; i++) {
		struct host_key key;

		if (parse_host_key(t->known_host_key.v[i], &key))
			continue;
		put_line(&key, name.s, ret);
		buf_putc(ret, '\n');
	}
}

static bool is_pinned(const struct tunnel *t, const struct destination *hop)
{
	for (size_t i = 0; i < t->known_host_key.len; i++) {
		struct host_key key;

		if (!parse_host_key(t->known_host_key.v[i], &key) && concerns(t, &key, hop))
			return true;
	}
	return false;
}

static void put_files_of_user(const struct tunnel *t, const struct ssh_machine *machine, struct buf *ret)
{
	buf_puts(ret, "UserKnownHostsFile=");
	for (size_t i = 0; i < t->user_known_hosts_file.len; i++) {
		if (i)
			buf_putc(ret, ' ');
		ssh_path_put_quoted(machine, keys[KEY_user_known_hosts_file].percent,
				    t->user_known_hosts_file.v[i], ret);
	}
}

void hostkey_options(const struct tunnel *t, const struct ssh_machine *machine,
		     const struct destination *hop, struct strv *ret, struct buf *known_hosts,
		     struct strv *ret_notes)
{
	AUTO(buf) option = {0};
	AUTO(buf) path = {0};
	bool pinned = is_pinned(t, hop);

	if (pinned && machine->version < VERSION(8, 5) && !machine->folder) {
		strv_push(ret_notes, "KnownHostKey: without tunnelctl-run this needs ssh 8.5; the account's "
				     "known_hosts must hold the key");
		pinned = false;
	}
	if (!pinned && !t->user_known_hosts_file.len)
		return; /* ssh's own: known_hosts of the account and of the machine */
	strv_push(ret, "GlobalKnownHostsFile=/dev/null");
	if (machine->version < VERSION(5, 9)) { /* until then, second files of their own */
		strv_push(ret, "GlobalKnownHostsFile2=/dev/null");
		strv_push(ret, "UserKnownHostsFile2=/dev/null");
	}
	if (!pinned) {
		put_files_of_user(t, machine, &option);
	} else if (machine->folder) {
		/* Not KnownHostsCommand: ssh calls setresuid() before it runs the command, which the strict sandbox
		 * refuses (@privileged), and a file costs no process. */
		if (!known_hosts->len)
			put_file(t, known_hosts);
		buf_printf(&path, "%s/known_hosts", machine->folder);
		buf_puts(&option, "UserKnownHostsFile=");
		ssh_path_put_quoted(machine, keys[KEY_user_known_hosts_file].percent, path.s, &option);
		/* The default until 8.5: ssh would write addresses into the file, and refuse a server that moved. */
		if (machine->version < VERSION(8, 5))
			strv_push(ret, "CheckHostIP=no");
	} else {
		strv_push(ret, "UserKnownHostsFile=/dev/null");
		put_command(t, hop, &option);
	}
	strv_push_take(ret, buf_take(&option));
}
