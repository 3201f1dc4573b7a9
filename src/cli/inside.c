/* SPDX-License-Identifier: MIT */
#include "cli/inside.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/process.h"
#include "model/config.h"
#include "model/value.h"

enum { ANCESTORS_MAX = 64 };

/* Appends SSH_CONNECTION of this process or of the nearest ancestor that has one: sudo and su drop it. */
static bool find_connection(struct buf *ret)
{
	const char *own = getenv("SSH_CONNECTION");
	pid_t pid = getppid();

	if (own) {
		buf_puts(ret, own);
		return true;
	}
	for (int i = 0; i < ANCESTORS_MAX && pid > 1; i++, pid = process_parent(pid)) {
		AUTO(buf) environment = {0};
		const char *value;

		if (process_environment(pid, &environment) == 0 &&
		    (value = process_variable(&environment, "SSH_CONNECTION"))) {
			buf_puts(ret, value);
			return true;
		}
	}
	return false;
}

static bool is_loopback(const char *address)
{
	struct in_addr v4;
	struct in6_addr v6;

	if (inet_pton(AF_INET, address, &v4) == 1)
		return ntohl(v4.s_addr) >> 24 == 127;
	return inet_pton(AF_INET6, address, &v6) == 1 && IN6_IS_ADDR_LOOPBACK(&v6);
}

/* The port of the sshd through which this shell came in from this very machine, where the tunnel's ssh runs; else 0. */
static unsigned login_port(void)
{
	AUTO(buf) connection = {0};
	AUTO(strv) words = {0}; /* client address, client port, server address, server port */
	unsigned port;

	if (!find_connection(&connection))
		return 0;
	strv_split(&words, connection.s);
	if (words.len != 4 || parse_uint(words.v[3], 1, 65535, &port))
		return 0;
	return is_loopback(words.v[0]) || !strcmp(words.v[0], words.v[2]) ? port : 0;
}

bool inside_tunnel(const struct tunnel *t)
{
	unsigned port = login_port();

	if (!port)
		return false;
	for (size_t i = 0; i < t->remote_forward.len; i++)
		if (t->remote_forward.v[i].target.port == port)
			return true;
	return false;
}

static bool ask(const char *name)
{
	char answer[16] = "";

	(void)fprintf(stderr, "%s: this shell came in through it; stopping it cuts you off. Stop it? [y/N] ", name);
	return fgets(answer, sizeof(answer), stdin) && (*answer == 'y' || *answer == 'Y');
}

/* Where no INI tells what the tunnel forwards, any login that could be it is taken for it. */
static bool may_be_inside(const struct selected *s)
{
	AUTO(tunnel) t = {0};
	AUTO(strv) problems = {0};

	if (!s->ini || config_load(s->ini, s->user ? CONFIG_USER : CONFIG_SYSTEM, &t, &problems) < 0)
		return login_port() != 0;
	return inside_tunnel(&t);
}

int inside_confirm(const struct cli *cli, const struct selection *l)
{
	for (size_t i = 0; i < l->len && !cli->options.yes; i++) {
		if (!may_be_inside(&l->v[i]))
			continue;
		if (!isatty(STDIN_FILENO)) {
			cli_error("%s: this shell came in through it; stopping it cuts you off: say --yes", l->v[i].name);
			return EXIT_FAILED;
		}
		if (!ask(l->v[i].name))
			return EXIT_FAILED;
	}
	return 0;
}
