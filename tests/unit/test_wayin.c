/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <string.h>

#include "cli/wayin.h"

/* What a row does not say is: Host = server, User = fwd, Port = 22, me = me. */
struct row {
	const char *forward; /* "-" is a LocalForward, "=" a DynamicForward */
	const char *host, *user, *jump, *me;
	unsigned port, allocated;
	enum wayin kind;
	const char *command, *block;
};

#define NOBODY ""

static const struct row rows[] = {
	{ "12345:localhost:22", .kind = WAYIN_LOGIN, .command = "ssh -J fwd@server -p 12345 me@localhost",
	  .block = "Host home\n\tHostName localhost\n\tPort 12345\n\tUser me\n\tProxyJump fwd@server\n\tHostKeyAlias home\n" },
	/* The server's port, the hops before it, IPv6. */
	{ "12345:localhost:22", .port = 2222, .kind = WAYIN_LOGIN,
	  .command = "ssh -J fwd@server:2222 -p 12345 me@localhost" },
	{ "12345:localhost:22", .jump = "a@gate:2200,b", .kind = WAYIN_LOGIN,
	  .command = "ssh -J a@gate:2200,b,fwd@server -p 12345 me@localhost",
	  .block = "Host home\n\tHostName localhost\n\tPort 12345\n\tUser me\n\tProxyJump a@gate:2200,b,fwd@server\n"
		   "\tHostKeyAlias home\n" },
	{ "12345:localhost:22", .host = "2001:db8::1", .port = 2222, .kind = WAYIN_LOGIN,
	  .command = "ssh -J 'fwd@[2001:db8::1]:2222' -p 12345 me@localhost" },
	/* Without User the tunnel's ssh logs in under the name that it runs as. */
	{ "12345:localhost:22", .user = NOBODY, .kind = WAYIN_LOGIN,
	  .command = "ssh -J me@server -p 12345 me@localhost" },
	{ "12345:localhost:22", .user = NOBODY, .me = NOBODY, .kind = WAYIN_LOGIN,
	  .command = "ssh -J server -p 12345 localhost",
	  .block = "Host home\n\tHostName localhost\n\tPort 12345\n\tProxyJump server\n\tHostKeyAlias home\n" },
	/* Where it listens on the server. */
	{ "localhost:12345:localhost:22", .kind = WAYIN_LOGIN, .command = "ssh -J fwd@server -p 12345 me@localhost" },
	{ "127.0.0.1:12345:localhost:22", .kind = WAYIN_LOGIN, .command = "ssh -J fwd@server -p 12345 me@127.0.0.1" },
	{ "[::1]:12345:localhost:22", .kind = WAYIN_LOGIN, .command = "ssh -J fwd@server -p 12345 me@::1" },
	{ "*:12345:localhost:22", .port = 2222, .kind = WAYIN_LOGIN, .command = "ssh -p 12345 me@server",
	  .block = "Host home\n\tHostName server\n\tPort 12345\n\tUser me\n\tHostKeyAlias home\n" },
	{ "0.0.0.0:12345:127.0.0.1:22", .kind = WAYIN_LOGIN, .command = "ssh -p 12345 me@server" },
	{ "[::]:12345:[::1]:22", .kind = WAYIN_LOGIN, .command = "ssh -p 12345 me@server" },
	{ "192.0.2.7:12345:localhost:22", .kind = WAYIN_LOGIN, .command = "ssh -p 12345 me@192.0.2.7" },
	/* An ssh server elsewhere: whose account it wants nobody knows here. */
	{ "12345:nas:22", .kind = WAYIN_LOGIN, .command = "ssh -J fwd@server -p 12345 localhost",
	  .block = "Host home\n\tHostName localhost\n\tPort 12345\n\tProxyJump fwd@server\n\tHostKeyAlias home\n" },
	/* A port that the server chooses. */
	{ "0:localhost:22", .kind = WAYIN_NONE },
	{ "0:localhost:22", .allocated = 40000, .kind = WAYIN_LOGIN, .command = "ssh -J fwd@server -p 40000 me@localhost" },
	{ "0:localhost:80", .allocated = 40000, .kind = WAYIN_REACH, .command = "ssh -N -L 40000:localhost:40000 fwd@server" },
	/* A socket on the server, quoted for each shell on its way, with % for ssh. */
	{ "/run/home.sock:localhost:22", .kind = WAYIN_LOGIN,
	  .command = "ssh -o 'ProxyCommand=ssh fwd@server nc -U /run/home.sock' me@home",
	  .block = "Host home\n\tUser me\n\tProxyCommand ssh fwd@server nc -U /run/home.sock\n\tHostKeyAlias home\n" },
	{ "/run/home.sock:localhost:22", .port = 2222, .jump = "gate", .kind = WAYIN_LOGIN,
	  .command = "ssh -o 'ProxyCommand=ssh -J gate -p 2222 fwd@server nc -U /run/home.sock' me@home" },
	{ "/run/a;b.sock:localhost:22", .kind = WAYIN_LOGIN,
	  .block = "Host home\n\tUser me\n\tProxyCommand ssh fwd@server nc -U ''\\''/run/a;b.sock'\\'''\n"
		   "\tHostKeyAlias home\n" },
	{ "/run/it's.sock:localhost:22", .kind = WAYIN_REACH,
	  .command = "ssh -N -L '8022:/run/it'\\''s.sock' fwd@server" },
	{ "/run/home.sock:localhost:22", .host = "fe80::1%eth0", .kind = WAYIN_LOGIN,
	  .block = "Host home\n\tUser me\n\tProxyCommand ssh fwd@fe80::1%%eth0 nc -U /run/home.sock\n\tHostKeyAlias home\n" },
	/* What is no ssh server. */
	{ "8080:localhost:80", .kind = WAYIN_REACH, .command = "ssh -N -L 8080:localhost:8080 fwd@server" },
	{ "443:localhost:443", .port = 2222, .jump = "gate", .kind = WAYIN_REACH,
	  .command = "ssh -N -L 8443:localhost:443 -J gate -p 2222 fwd@server" },
	{ "*:8080:localhost:80", .kind = WAYIN_REACH, .command = "ssh -N -L 8080:localhost:8080 fwd@server" },
	{ "[::1]:8080:localhost:80", .kind = WAYIN_REACH, .command = "ssh -N -L '8080:[::1]:8080' fwd@server" },
	{ "8080:/run/x.sock", .kind = WAYIN_REACH, .command = "ssh -N -L 8080:localhost:8080 fwd@server" },
	{ "/run/x.sock:localhost:80", .kind = WAYIN_REACH, .command = "ssh -N -L 8080:/run/x.sock fwd@server" },
	/* What leads elsewhere. */
	{ "-8080:localhost:22", .kind = WAYIN_NONE },
	{ "=1080", .kind = WAYIN_NONE },
};

static char *or_none(const char *given, const char *usual)
{
	if (!given)
		return (char *)usual;
	return *given ? (char *)given : NULL;
}

static void check_row(const struct row *row)
{
	struct tunnel t = {
		.name = (char *)"home", .host = or_none(row->host, "server"), .user = or_none(row->user, "fwd"),
		.proxy_jump = (char *)row->jump, .port = row->port ? row->port : 22,
	};
	enum forward_kind kind = *row->forward == '-' ? FORWARD_LOCAL
			       : *row->forward == '=' ? FORWARD_DYNAMIC : FORWARD_REMOTE;
	AUTO(forward) f = {0};
	const struct wayin_through w = {
		.tunnel = &t, .forward = &f, .port = row->allocated, .me = or_none(row->me, "me"),
	};
	AUTO(buf) command = {0};
	AUTO(buf) block = {0};

	assert_int_equal(forward_parse(kind, row->forward + (kind != FORWARD_REMOTE), &f, NULL), 0);
	assert_int_equal(wayin_command(&w, &command), row->kind);
	assert_int_equal(wayin_block(&w, "home", &block), row->kind);
	if (row->command)
		assert_string_equal(buf_str(&command), row->command);
	if (row->block)
		assert_string_equal(buf_str(&block), row->block);
	assert_int_equal(command.len > 0, row->kind != WAYIN_NONE);
	assert_int_equal(block.len > 0, row->kind == WAYIN_LOGIN);
}

static void says_how(void **state UNUSED)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		check_row(&rows[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(says_how) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
