/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "ssh/commandline.h"

/* Words are separated by '|', so that one may hold blanks. */
static void read_words(const char *text, struct draft *ret, int want)
{
	AUTO(strv) argv = {0};
	unsigned lines[32];

	for (const char *s = text;; s++) {
		size_t len = strcspn(s, "|");
		AUTO(buf) word = {0};

		buf_put(&word, s, len);
		strv_push(&argv, buf_str(&word));
		s += len;
		if (!*s)
			break;
	}
	assert_true(argv.len <= 32);
	for (unsigned i = 0; i < argv.len; i++)
		lines[i] = i + 1;
	if (commandline_read(&(struct commandline){ &argv, lines, "/opt" }, ret) != want)
		fail_msg("%s: wanted %d", text, want);
}

/* "INI line\nINI line": all of the sections, without their headings. */
static void becomes_lines(void **state UNUSED)
{
	static const struct { const char *in, *out; } rows[] = {
		{ "ssh|host", "Host = host" },
		{ "ssh|-NTC|host", "Host = host;Compression = yes" },
		{ "ssh|-NTCi|/k|host", "Host = host;IdentityFile = /k;Compression = yes" },
		{ "ssh|-p2222|me@host", "Host = host;Port = 2222;User = me" },
		{ "ssh|me@host|-p|2222", "Host = host;Port = 2222;User = me" },
		{ "ssh|host|-p|22|cmd|-p|23", "Host = host;Port = 22" },
		{ "ssh|--|host|-p|22", "Host = host" },
		{ "ssh|-e|--|host|-p|22", "Host = host" },
		{ "ssh|-e|--|-C|host|-p|22", "Host = host;Port = 22;Compression = yes" },
		{ "ssh|a@b@host", "Host = host;User = a@b" },
		{ "ssh|ssh://me@host:33/", "Host = host;Port = 33;User = me" },
		{ "ssh|ssh://[::1]", "Host = ::1" },
		{ "ssh|ssh://me%40the%72%5fe@[::1]:33", "Host = ::1;Port = 33;User = me@ther_e" },
		{ "ssh|-p|1|-p|2|host", "Host = host;Port = 1" },
		{ "ssh|-p|1|-o|Port=2|host", "Host = host;Port = 1" },
		{ "ssh|-b|::1|-b|::2|host", "Host = host;BindAddress = ::2" },
		{ "ssh|-oBindAddress=::1|-oBindAddress=::2|host", "Host = host;BindAddress = ::1" },
		{ "ssh|-4|-6|host", "Host = host;AddressFamily = inet6" },
		{ "ssh|-l|a|b@host", "Host = host;User = a" },
		{ "ssh|b@host|-l|a", "Host = host;User = b" },
		{ "ssh|-R 1:h:2|host", "Host = host;RemoteForward = 1:h:2" },
		{ "ssh|-o|RemoteForward 1 h:2|host", "Host = host;RemoteForward = 1 h:2" },
		{ "ssh|-o ServerAliveInterval = 60|host", "Host = host;ServerAliveInterval = 60" },
		{ "ssh|-oserveraliveinterval=60|host", "Host = host;ServerAliveInterval = 60" },
		{ "ssh|-o|IdentityFile=\"/a b\"|host", "Host = host;IdentityFile = /a b" },
		{ "ssh|-o|Port=22 # comment|host", "Host = host;Port = 22" },
		{ "ssh|-i|%d/100%%|host", "Host = host;IdentityFile = ~/100%" },
		{ "ssh|-i|keys/id|host", "Host = host;IdentityFile = /opt/keys/id" },
		{ "ssh|-ojumphost=x|host", "Host = host;jumphost = x" },
		{ "ssh|-I|/a b.so|host", "Host = host;PKCS11Provider = \"/a b.so\"" },
		{ "ssh|-I|#a|host", "Host = host;PKCS11Provider = \"#a\"" },
		{ "ssh|-I|a'\"\\b|host", "Host = host;PKCS11Provider = \"a'\\\"\\\\b\"" },
		{ "ssh|-oPKCS11Provider=\"/a b.so\"|host", "Host = host;PKCS11Provider = \"/a b.so\"" },
		{ "ssh|-g|-L|1:h:2|-D|::1:1|host", NULL },
		{ "ssh|-g|-L|1:h:2|-L|localhost:3:h:4|-R|5:h:6|host",
		  "Host = host;RemoteForward = 5:h:6;LocalForward = *:1:h:2;LocalForward = localhost:3:h:4" },
		{ "ssh|-w|0:1|host", "Host = host;TunnelDevice = 0:1" },
		{ "ssh|-oTunnel=yes|host", "Host = host;Tunnel = point-to-point;TunnelDevice = any" },
		{ "ssh|-oTunnel=no|-w|0|host", "Host = host" },
		{ "ssh|-oTunnel=no|-oTunnel=yes|host", "Host = host" },
		{ "ssh|-J|ssh://a@b:1/,c|host", "Host = host;ProxyJump = a@b:1,c" },
		{ "ssh|-J|none|host", "Host = host" },
		{ "ssh|-oProxyCommand=nc \"%h\" %p|host", "Host = host;ProxyCommand = nc \"%h\" %p" },
		{ "ssh|-F|/dev/null|host", "Host = host;ConfigFile = none" },
		{ "ssh|-E|/l|host", "Host = host;Log = /l" },
		{ "ssh|-K|-c|a|-c|b|host", "Host = host;GSSAPIAuthentication = yes;GSSAPIDelegateCredentials = yes;Ciphers = b" },
		{ "ssh|-oSetEnv=A=b|-oSetEnv=C=d|host", "Host = host;SetEnv = A=b;SetEnv = C=d" },
		{ "ssh|-oUserKnownHostsFile=/a /b|host", "Host = host;UserKnownHostsFile = /a;UserKnownHostsFile = /b" },
		{ "autossh|-M|0|-fN|host", "Host = host" },
		{ "/opt/bin/ssh|host", "Host = host;Program = /opt/bin/ssh" },
		{ "ssh|-R|1|host", NULL },
		{ "ssh|-R|1:h:2\n3|host", NULL },
		{ "ssh|-L|1:<host>:2|host", NULL },
		{ "ssh|-O|exit|host", NULL },
		{ "ssh|-oPort|host", NULL },
		{ "ssh|-o|=22|host", NULL },
		{ "ssh|-oIdentityFile=\"/a|host", NULL },
		{ "ssh|-", NULL },
		{ "ssh|-N-|host", NULL },
		{ "ssh|a:b@host:22", NULL },
		/* What ssh -G takes neither. */
		{ "ssh|ssh://host/path", NULL },
		{ "ssh|ssh://a@b@host", NULL },
		{ "ssh|ssh://me%4@host", NULL },
		{ "ssh|ssh://me%00@host", NULL },
		{ "ssh|ssh://h%6fst", NULL },
		{ "ssh|ssh://[::1]x", NULL },
		{ "ssh|-oHostName=%n.x|host", NULL },
		{ "ssh|-oHostName=%|host", NULL },
		{ "ssh|-oIdentityFile=/a b|host", NULL },
		{ "ssh|-oLocalForward=1 h:2 h:3|host", NULL },
		{ "ssh|-oLocalForward=\"1 h:2\"|host", NULL },
		{ "ssh|-oDynamicForward=1 2|host", NULL },
		{ "ssh", NULL },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(draft) d = {0};
		AUTO(buf) text = {0};

		read_words(rows[i].in, &d, rows[i].out ? 0 : -EINVAL);
		for (size_t k = 0; rows[i].out && k < KEY_COUNT; k++)
			for (size_t j = 0; j < d.lines_len; j++)
				if (d.lines[j].key == &keys[k])
					buf_printf(&text, "%s%s = %s", text.len ? ";" : "", d.lines[j].name, d.lines[j].value);
		for (size_t j = 0; rows[i].out && j < d.lines_len; j++)
			if (!d.lines[j].key)
				buf_printf(&text, "%s%s = %s", text.len ? ";" : "", d.lines[j].name, d.lines[j].value);
		if (rows[i].out && strcmp(buf_str(&text), rows[i].out) != 0)
			fail_msg("%s: %s; wanted %s", rows[i].in, buf_str(&text), rows[i].out);
	}
}

static void remarks_have_lines(void **state UNUSED)
{
	static const struct { const char *in; enum draft_kind kind; unsigned line; const char *what, *why; } rows[] = {
		{ "ssh|-NT|host", DRAFT_DROPPED, 2, "-T", "always so" },
		{ "ssh|-f|host", DRAFT_DROPPED, 2, "-f", "the supervisor watches the process that it started" },
		{ "ssh|-o|LogLevel=DEBUG|host", DRAFT_DROPPED, 2, "-o LogLevel=DEBUG", "tunnelctl reads what ssh says" },
		{ "ssh|-N|host|ls|-l", DRAFT_DROPPED, 4, "ls -l", "a command for the server; tunnelctl never runs one there" },
		{ "ssh|-p|1|-p|2|host", DRAFT_DROPPED, 4, "-p 2", "given twice, and ssh takes the first, -p 1" },
		{ "ssh|-b|::1|-b|::2|host", DRAFT_DROPPED, 2, "-b ::1", "given twice, and ssh takes the last, -b ::2" },
		{ "ssh|-N|-p|x|host", DRAFT_REFUSED, 3, "-p x", "not a number; wanted 1 to 65535" },
		{ "ssh|-oConnectTimeout=0|host", DRAFT_DROPPED, 2, "-o ConnectTimeout=0",
		  "not between 1 and 3600 s; the default ConnectTimeout = 10 holds" },
		{ "ssh|-oCipherz=x|host", DRAFT_DROPPED, 2, "-o Cipherz=x", "unknown keyword, close to Ciphers" },
		{ "ssh|-oHostName=a|host", DRAFT_DROPPED, 3, "host", "HostName says where ssh connects to: a" },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(draft) d = {0};
		bool found = false;

		read_words(rows[i].in, &d, rows[i].kind == DRAFT_REFUSED ? -EINVAL : 0);
		for (size_t j = 0; j < d.remarks_len; j++)
			found |= d.remarks[j].kind == rows[i].kind && d.remarks[j].line == rows[i].line &&
				 !strcmp(d.remarks[j].what, rows[i].what) && !strcmp(d.remarks[j].why, rows[i].why);
		for (size_t j = 0; !found && j < d.remarks_len; j++)
			print_message("%u: %s: %s\n", d.remarks[j].line, d.remarks[j].what, d.remarks[j].why);
		if (!found)
			fail_msg("%s: no such remark: %s", rows[i].in, rows[i].why);
	}
}

/* "ssh ... ; NAME=VALUE ; ...": what ssh is told by an option counts more than what the environment says. */
static void knows_the_environment(void **state UNUSED)
{
	static const struct { const char *command, *settings[2], *out, *why; } rows[] = {
		{ "ssh|host", { "A=b" }, "Environment = A=b", NULL },
		{ "ssh|host", { "A=b", "AB=c" }, "Environment = A=b;Environment = AB=c", NULL },
		{ "ssh|host", { "AB=c", "A=b" }, "Environment = AB=c;Environment = A=b", NULL },
		{ "ssh|host", { "A=b", "A=c" }, "Environment = A=b", "given twice, and A=b counts" },
		{ "ssh|host", { "SSH_AUTH_SOCK=/a" }, "IdentityAgent = /a", NULL },
		{ "ssh|host", { "SSH_AUTH_SOCK=/a", "SSH_AUTH_SOCK=/b" }, "IdentityAgent = /a",
		  "ssh takes the agent from SSH_AUTH_SOCK=/a" },
		{ "ssh|-oIdentityAgent=/b|host", { "SSH_AUTH_SOCK=/a" }, "IdentityAgent = /b",
		  "ssh takes the agent from -o IdentityAgent=/b" },
		{ "ssh|-oIdentityAgent=none|host", { "SSH_AUTH_SOCK=/a" }, "IdentityAgent = none",
		  "ssh takes the agent from -o IdentityAgent=none" },
		{ "ssh|-oIdentityAgent=SSH_AUTH_SOCK|host", { "SSH_AUTH_SOCK=/a" },
		  "IdentityAgent = /a", "SSH_AUTH_SOCK=/a says which" },
		{ "ssh|-oIdentityAgent=SSH_AUTH_SOCK|host", { "SSH_AUTH_SOCK=/tmp/com.apple.launchd.x/Listeners" },
		  "IdentityAgent = SSH_AUTH_SOCK", "this variable is not for a tunnel to set" },
		{ "autossh|-M|0|host", { "AUTOSSH_PATH=/opt/ssh", "AUTOSSH_POLL=5" }, "Program = /opt/ssh",
		  "autossh's own; the supervisor starts ssh again" },
		{ "/usr/local/bin/ssh|host", { "AUTOSSH_PATH=/opt/ssh" }, "Program = /usr/local/bin/ssh",
		  "autossh's own; the supervisor starts ssh again" },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(draft) d = {0};
		AUTO(strv) argv = {0};
		AUTO(buf) command = {0};
		AUTO(buf) text = {0};
		bool found = !rows[i].why;
		char *next;

		buf_puts(&command, rows[i].command);
		for (char *s = strtok_r(command.s, "|", &next); s; s = strtok_r(NULL, "|", &next))
			strv_push(&argv, s);
		assert_int_equal(commandline_read(&(struct commandline){ &argv, NULL, "/opt" }, &d), 0);
		for (size_t j = 0; j < 2 && rows[i].settings[j]; j++) {
			const struct draft_origin at = { rows[i].settings[j], 0 };

			commandline_environment(&(struct commandline){ &argv, NULL, "/opt" }, at.what, &at, &d);
		}
		for (size_t k = 0; k < KEY_COUNT; k++)
			for (size_t j = 0; k != KEY_host && j < d.lines_len; j++)
				if (d.lines[j].key == &keys[k])
					buf_printf(&text, "%s%s = %s", text.len ? ";" : "", d.lines[j].name, d.lines[j].value);
		if (strcmp(buf_str(&text), rows[i].out) != 0)
			fail_msg("%s: %s; wanted %s", rows[i].command, buf_str(&text), rows[i].out);
		for (size_t j = 0; !found && j < d.remarks_len; j++)
			found = !strcmp(d.remarks[j].why, rows[i].why);
		if (!found)
			fail_msg("%s: no such remark: %s", rows[i].command, rows[i].why);
	}
}

static void finds_blanks(void **state UNUSED)
{
	static const struct { const char *in, *blank; } rows[] = {
		{ "<username>@host", "<username>" }, { "/Users/<user name>/x", "<user name>" }, { "{{host}}", "{{host}}" },
		{ "YOUR_USER", "YOUR_USER" }, { "/Users/YOURNAME/.ssh", "YOURNAME" }, { "CHANGEME", "CHANGEME" },
		{ "YOUR-SERVER.example", "YOUR-SERVER" },
		{ "your-server.de", NULL }, { "a <b c", NULL }, { "< >", NULL }, { "<>", NULL }, { "sh <in >out", NULL },
		{ "YOURk", NULL }, { "", NULL }, { "{{", NULL },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO_FREE char *blank = draft_blank(rows[i].in);

		if (!rows[i].blank != !blank || (blank && strcmp(blank, rows[i].blank) != 0))
			fail_msg("%s: %s", rows[i].in, blank ? blank : "none");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(becomes_lines),
		cmocka_unit_test(remarks_have_lines),
		cmocka_unit_test(knows_the_environment),
		cmocka_unit_test(finds_blanks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
