/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "model/value.h"

static void reads_numbers(void **state UNUSED)
{
	static const struct { const char *in; unsigned min, max; const char *why; unsigned out; } rows[] = {
		{ "0", 0, 10, NULL, 0 },
		{ "1", 1, 65535, NULL, 1 },
		{ "65535", 1, 65535, NULL, 65535 },
		{ "00022", 1, 65535, NULL, 22 },
		{ "4294967295", 0, UINT_MAX, NULL, UINT_MAX },
		{ "", 0, 10, "is empty, wanted a number", 0 },
		{ "0", 1, 65535, "too small", 0 },
		{ "65536", 1, 65535, "too large", 0 },
		{ "4294967296", 0, UINT_MAX, "too large", 0 },
		{ "18446744073709551617", 0, UINT_MAX, "too large", 0 },
		{ "99999999999999999999999999999999", 0, UINT_MAX, "too large", 0 },
		{ "22abc", 1, 65535, "not a number", 0 },
		{ "0x10", 0, 65535, "not a number", 0 },
		{ "-1", 0, 65535, "not a number", 0 },
		{ "+1", 0, 65535, "not a number", 0 },
		{ " 1", 0, 65535, "not a number", 0 },
		{ "1 ", 0, 65535, "not a number", 0 },
		{ "1.5", 0, 65535, "not a number", 0 },
		{ "ssh", 0, 65535, "not a number", 0 },
		{ "\xd9\xa1", 0, 65535, "not a number", 0 }, /* an Arabic one */
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		unsigned n = 4711;
		const char *why = parse_uint(rows[i].in, rows[i].min, rows[i].max, &n);

		if (!rows[i].why != !why || (why && strcmp(why, rows[i].why) != 0))
			fail_msg("'%s': %s", rows[i].in, why ? why : "taken");
		assert_int_equal(n, why ? 4711 : rows[i].out);
	}
}

static void reads_durations(void **state UNUSED)
{
	static const char bad[] = "not a duration such as 30 or 1m30s", toolong[] = "too long";
	static const struct { const char *in, *why; unsigned out; } rows[] = {
		{ "0", NULL, 0 },
		{ "90", NULL, 90 },
		{ "90s", NULL, 90 },
		{ "1m", NULL, 60 },
		{ "1h30m", NULL, 5400 },
		{ "1H30M", NULL, 5400 },
		{ "2d", NULL, 172800 },
		{ "1w", NULL, 604800 },
		{ "1w2d3h4m5s", NULL, 788645 },
		{ "1m30", NULL, 90 },
		{ "30s1m", NULL, 90 },
		{ "4294967295", NULL, UINT_MAX },
		{ "7101w", NULL, 4294684800 },
		{ "4294967296", toolong, 0 },
		{ "4294967295s1", toolong, 0 },
		{ "7102w", toolong, 0 },
		{ "99999999999999999999", toolong, 0 },
		{ "4294967295w4294967295w4294967295w", toolong, 0 },
		{ "", "is empty, wanted a duration such as 30 or 1m30s", 0 },
		{ "5x", bad, 0 },
		{ "s", bad, 0 },
		{ "5 s", bad, 0 },
		{ "1h 30m", bad, 0 },
		{ "-5", bad, 0 },
		{ "1.5s", bad, 0 },
		{ "5ms", bad, 0 },
		{ "5min", bad, 0 },
		{ "infinity", bad, 0 },
		{ "0x10", bad, 0 },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		unsigned n = 4711;
		const char *why = parse_duration(rows[i].in, &n);

		if (!rows[i].why != !why || (why && strcmp(why, rows[i].why) != 0))
			fail_msg("'%s': %s", rows[i].in, why ? why : "taken");
		assert_int_equal(n, why ? 4711 : rows[i].out);
	}
}

#define D63 "a23456789012345678901234567890123456789012345678901234567890123"
#define NAME "not a tunnel's name: 1 to 63 letters, digits, dots, underscores and hyphens, " \
	"the first a letter or digit"
#define ODD "contains a character that no such name has"
#define BLANKS "must not contain blanks"
#define MINUS "must not begin with '-'"
#define URL "is a URL, wanted a name or an address"
#define COLON "a single ':' is in no name or address; a port goes into Port"
#define ABSOLUTE "not an absolute path (/... or ~/...)"
#define VARIABLES "variables are not expanded; write the path in full, or ~/..."
#define JUMPPORT "a port is a number between 1 and 65535"
#define TARGET "wanted host:port"
#define PROXY "wanted http://host:port, socks5://host:port or direct"
#define PASSWORD "must not hold a password: everybody on this machine can read ssh's arguments"
#define TUN "wanted local[:remote], numbers up to 2147483646 or any"
#define ACCOUNT "not the name of an account"
#define RESERVED "this variable is not for a tunnel to set"
#define ED "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHt7e3t7e3t7e3t7e3t7e3t7e3t7e3t7e3t7e3t7e3t7"
#define KEYWANTED "wanted [host] type base64, as in known_hosts or a .pub file"

static void judges_single_values(void **state UNUSED)
{
	static const struct { const char *(*check)(const char *); const char *in, *why; } rows[] = {
		{ check_name, "home", NULL },
		{ check_name, "a", NULL },
		{ check_name, "0", NULL },
		{ check_name, "Web-db_2.prod", NULL },
		{ check_name, "a..b", NULL },
		{ check_name, D63, NULL },
		{ check_name, "ini", NULL },
		{ check_name, D63 "4", NAME },
		{ check_name, "", NAME },
		{ check_name, ".home", NAME },
		{ check_name, "..", NAME },
		{ check_name, "-home", NAME },
		{ check_name, "_home", NAME },
		{ check_name, "a/b", NAME },
		{ check_name, "../etc/passwd", NAME },
		{ check_name, "a b", NAME },
		{ check_name, "a@b", NAME },
		{ check_name, "a\nb", NAME },
		{ check_name, "a%n", NAME },
		{ check_name, "\xc3\xa4", NAME },
		{ check_name, "home.ini", "not a tunnel's name: ends in .ini" },
		{ check_name, "home.INI", "not a tunnel's name: ends in .ini" },

		{ check_host, "server", NULL },
		{ check_host, "192.0.2.1", NULL },
		{ check_host, "2001:db8::1", NULL },
		{ check_host, "::1", NULL },
		{ check_host, "fe80::1%eth0", NULL },
		{ check_host, "a_b.example.com.", NULL },
		{ check_host, "b\xc3\xbc" "cher.example", NULL },
		{ check_host, "", "is empty" },
		{ check_host, "-oProxyCommand=touch x", MINUS },
		{ check_host, "-", MINUS },
		{ check_host, "a b", BLANKS },
		{ check_host, "a\tb", BLANKS },
		{ check_host, "a;b", ODD },
		{ check_host, "a`b", ODD },
		{ check_host, "a'b", ODD },
		{ check_host, "a\"b", ODD },
		{ check_host, "$(b)", ODD },
		{ check_host, "a\\b", ODD },
		{ check_host, "a&b", ODD },
		{ check_host, "a<b", ODD },
		{ check_host, "a>b", ODD },
		{ check_host, "a|b", ODD },
		{ check_host, "{a}", ODD },
		{ check_host, "a/b", ODD },
		{ check_host, "a,b", ODD },
		{ check_host, "a#b", ODD },
		{ check_host, "me@server", "must not contain '@'; the account goes into User" },
		{ check_host, "ssh://server", URL },
		{ check_host, "ssh://me@server", URL },
		{ check_host, "server:22", COLON },
		{ check_host, "server:", COLON },
		{ check_host, "[::1]", "wanted a name, or an address without [brackets] and port" },
		{ check_host, "[::1]:22", "wanted a name, or an address without [brackets] and port" },

		{ check_user, "me", NULL },
		{ check_user, "DOMAIN\\me", NULL },
		{ check_user, "me@example.com", NULL },
		{ check_user, "a.b_c-d", NULL },
		{ check_user, "", "is empty" },
		{ check_user, "-x", MINUS },
		{ check_user, "-oProxyCommand=x", MINUS },
		{ check_user, "a b", BLANKS },
		{ check_user, "a;b", ODD },
		{ check_user, "a`b`", ODD },
		{ check_user, "a$(b)", ODD },
		{ check_user, "a'b", ODD },
		{ check_user, "a|b", ODD },
		{ check_user, "a\\", "must not end in '\\'" },

		{ check_path, "/etc/x", NULL },
		{ check_path, "~/.ssh/id", NULL },
		{ check_path, "/a b/c", NULL },
		{ check_path, "/100%/x", NULL },
		{ check_path, "/a$b", NULL },
		{ check_path, "", ABSOLUTE },
		{ check_path, "id_ed25519", ABSOLUTE },
		{ check_path, "./id", ABSOLUTE },
		{ check_path, "~me/.ssh/id", "only ~/ is expanded, wanted an absolute path" },
		{ check_path, "~", "only ~/ is expanded, wanted an absolute path" },
		{ check_path, "${HOME}/.ssh/id", VARIABLES },
		{ check_path, "$HOME/.ssh/id", VARIABLES },
		{ check_path, "/home/${USER}/id", VARIABLES },
		{ check_path, "\"/etc/x\"", "a value stands without quotes, even with blanks in it" },
		{ check_path, "'/etc/x'", "a value stands without quotes, even with blanks in it" },
		{ check_path, "/a\"b", "a file name with \" or \\ cannot be told to ssh" },
		{ check_path, "/a\\ b", "a file name with \" or \\ cannot be told to ssh" },

		{ check_host_key, ED, NULL },
		{ check_host_key, "server " ED, NULL },
		{ check_host_key, "[server]:2222,192.0.2.1\t" ED, NULL },
		{ check_host_key, "*.example.com " ED, NULL },
		{ check_host_key, "|1|F1E1KeoE/eEWhi10WpGv4OdiO6Y=|3988QV0VE8wmZL7suNrYQLITLCg= " ED, NULL },
		{ check_host_key, "@cert-authority " ED, NULL },
		{ check_host_key, "@cert-authority *.example.com " ED, NULL },
		{ check_host_key, "ssh-gateway " ED, NULL }, /* a host may be called like that */
		{ check_host_key, "sk-1 " ED, NULL },
		{ check_host_key, "", KEYWANTED },
		{ check_host_key, "ssh-ed25519", KEYWANTED },
		{ check_host_key, "ssh-ed25519 ", KEYWANTED },
		{ check_host_key, "ssh-ed25519 AAAA", KEYWANTED },
		{ check_host_key, "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHt7e3t7e3t7e3t7e3t7!", KEYWANTED },
		{ check_host_key, "server", KEYWANTED },
		{ check_host_key, "server AAAAC3NzaC1lZDI1NTE5AAAAIHt7e3t7e3t7e3t7e3t7e3t7e3", KEYWANTED },
		{ check_host_key, "SHA256:uNiVztksCsDhcc0u9e8BrrJXVGDnQ8Rg3MCmQ", KEYWANTED },
		{ check_host_key, "a b " ED, KEYWANTED },
		{ check_host_key, ED " me@laptop", NULL },
		{ check_host_key, "server " ED " a comment; of \"words\"", NULL },
		{ check_host_key, "@revoked " ED, "the only marker is @cert-authority" },
		{ check_host_key, "@cert-authority2 " ED, "the only marker is @cert-authority" },
		{ check_host_key, "@cert " ED, "the only marker is @cert-authority" },
		{ check_host_key, "@", "the only marker is @cert-authority" },
		{ check_host_key, "-x " ED, "the host must not begin with '-'" },
		{ check_host_key, "#server " ED, "the host contains a character that no such name has" },
		{ check_host_key, "$(x) " ED, "the host contains a character that no such name has" },
		{ check_host_key, "%h " ED, "the host contains a character that no such name has" },

		{ check_jump, "bastion", NULL },
		{ check_jump, "me@bastion:2222", NULL },
		{ check_jump, "a,b,me@c:22", NULL },
		{ check_jump, "[::1]:22,[2001:db8::1]", NULL },
		{ check_jump, "", "a host is missing" },
		{ check_jump, "a,", "a host is missing" },
		{ check_jump, ",a", "a host is missing" },
		{ check_jump, "a,,b", "a host is missing" },
		{ check_jump, "me@", "a host is missing" },
		{ check_jump, "@a", "nothing stands in front of '@'" },
		{ check_jump, "a, b", BLANKS },
		{ check_jump, "a,-b", MINUS },
		{ check_jump, "-x@b", MINUS },
		{ check_jump, "a:0", JUMPPORT },
		{ check_jump, "a:65536", JUMPPORT },
		{ check_jump, "a:", JUMPPORT },
		{ check_jump, "a:22x", JUMPPORT },
		{ check_jump, "ssh://me@a:22", "is a URL, wanted [user@]host[:port]" },
		{ check_jump, "::1", "too many colons; an IPv6 address stands in [brackets]" },
		{ check_jump, "[::1", "an address in [brackets] does not end" },
		{ check_jump, "[::1]22", "an address in [brackets] does not end" },

		{ check_proxy, "direct", NULL },
		{ check_proxy, "http://proxy:3128", NULL },
		{ check_proxy, "socks5://[::1]:1080", NULL },
		{ check_proxy, "http://proxy", PROXY },
		{ check_proxy, "http://proxy:3128/", PROXY },
		{ check_proxy, "https://proxy:443", PROXY },
		{ check_proxy, "proxy:3128", PROXY },
		{ check_proxy, "", PROXY },
		{ check_proxy, "http://user:password@proxy:3128", PASSWORD },
		{ check_proxy, "https://user:password@proxy:3128", PASSWORD },
		{ check_proxy, "user:password@proxy:3128", PASSWORD },

		{ check_target, "localhost:80", NULL },
		{ check_target, "[::1]:80", NULL },
		{ check_target, "localhost", TARGET },
		{ check_target, "me@localhost:80", TARGET },
		{ check_target, ":80", "a host is missing" },
		{ check_target, "localhost:0", JUMPPORT },

		{ check_tunnel_device, "0", NULL },
		{ check_tunnel_device, "any", NULL },
		{ check_tunnel_device, "0:any", NULL },
		{ check_tunnel_device, "2147483646:1", NULL },
		{ check_tunnel_device, "", TUN },
		{ check_tunnel_device, "2147483647", TUN },
		{ check_tunnel_device, "tun0", TUN },
		{ check_tunnel_device, "0:", TUN },
		{ check_tunnel_device, ":0", TUN },
		{ check_tunnel_device, "0:1:2", TUN },
		{ check_tunnel_device, "-1", TUN },

		{ check_run_as, "me", NULL },
		{ check_run_as, "root", NULL },
		{ check_run_as, "_tunnel:staff", NULL },
		{ check_run_as, "a.b-c_d9", NULL },
		{ check_run_as, "a2345678901234567890123456789012", NULL },
		{ check_run_as, "a23456789012345678901234567890123", "wanted user[:group]" },
		{ check_run_as, "", "wanted user[:group]" },
		{ check_run_as, ":group", "wanted user[:group]" },
		{ check_run_as, "me:", "wanted user[:group]" },
		{ check_run_as, "1000", "wanted the name of an account or group, not its number" },
		{ check_run_as, "me:1000", "wanted the name of an account or group, not its number" },
		{ check_run_as, "me:a:b", ACCOUNT },
		{ check_run_as, "-me", ACCOUNT },
		{ check_run_as, "me you", ACCOUNT },
		{ check_run_as, "%i", ACCOUNT },
		{ check_run_as, "9me", ACCOUNT },


		{ check_environment, "A=b", NULL },
		{ check_environment, "A=", NULL },
		{ check_environment, "_A1=b c=d", NULL },
		{ check_environment, "LD_PRELOADED=x", NULL },
		{ check_environment, "A", "wanted NAME=VALUE" },
		{ check_environment, "=x", "wanted NAME=VALUE" },
		{ check_environment, "1A=x", "wanted NAME=VALUE" },
		{ check_environment, "A B=x", "wanted NAME=VALUE" },
		{ check_environment, "A-B=x", "wanted NAME=VALUE" },
		{ check_environment, "LD_PRELOAD=/x", RESERVED },
		{ check_environment, "NOTIFY_SOCKET=/x", RESERVED },
		{ check_environment, "IFS=x", RESERVED },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const char *why = rows[i].check(rows[i].in);

		if (!rows[i].why != !why || (why && strcmp(why, rows[i].why) != 0))
			fail_msg("row %zu, '%s': %s, wanted %s", i, rows[i].in, why ? why : "taken",
				 rows[i].why ? rows[i].why : "taken");
	}
}

static void reads_destinations(void **state UNUSED)
{
	static const struct { const char *in, *user, *host; unsigned port; } rows[] = {
		{ "host", NULL, "host", 0 },
		{ "host:22", NULL, "host", 22 },
		{ "me@host", "me", "host", 0 },
		{ "me@host:65535", "me", "host", 65535 },
		{ "me@example.com@host", "me@example.com", "host", 0 },
		{ "[::1]", NULL, "::1", 0 },
		{ "me@[2001:db8::1]:22", "me", "2001:db8::1", 22 },
		{ "[fe80::1%eth0]:1", NULL, "fe80::1%eth0", 1 },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(destination) d = {0};
		AUTO(buf) more = {0};

		/* Only the length counts. */
		buf_printf(&more, "%s,another:99", rows[i].in);
		assert_null(parse_destination(more.s, strlen(rows[i].in), &d));
		assert_string_equal(d.host, rows[i].host);
		assert_int_equal(d.port, rows[i].port);
		if (rows[i].user)
			assert_string_equal(d.user, rows[i].user);
		else
			assert_null(d.user);
	}
	for (size_t i = 0; i < 2; i++) {
		struct destination d = {0};

		assert_non_null(parse_destination(i ? "me@host:0" : "me@", i ? 9 : 3, &d));
		assert_null(d.user);
		assert_null(d.host);
	}
}

static void reads_host_keys(void **state UNUSED)
{
	static const struct { const char *in, *marker, *host, *key; } rows[] = {
		{ ED, "", "", ED },
		{ "server " ED, "", "server", ED },
		{ "@cert-authority " ED, "@cert-authority", "", ED },
		{ "@cert-authority \t*.example.com  " ED, "@cert-authority", "*.example.com", ED },
		{ "ssh-gateway " ED, "", "ssh-gateway", ED },
		{ "sk-ssh-ed25519@openssh.com AAAAGnNrLXNzaC1lZDI1NTE5QG9wZW5zc2guY29tAAAA", "", "",
		  "sk-ssh-ed25519@openssh.com AAAAGnNrLXNzaC1lZDI1NTE5QG9wZW5zc2guY29tAAAA" },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct host_key k;

		assert_null(parse_host_key(rows[i].in, &k));
		assert_int_equal(k.marker_len, strlen(rows[i].marker));
		assert_memory_equal(k.marker, rows[i].marker, k.marker_len);
		assert_int_equal(k.host_len, strlen(rows[i].host));
		assert_memory_equal(k.host, rows[i].host, k.host_len);
		assert_string_equal(k.key, rows[i].key);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_numbers),
		cmocka_unit_test(reads_durations),
		cmocka_unit_test(judges_single_values),
		cmocka_unit_test(reads_destinations),
		cmocka_unit_test(reads_host_keys),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
