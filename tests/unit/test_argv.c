/* SPDX-License-Identifier: MIT */
/*
 * ssh's command line: golden files for the releases that people run, and what must hold for every release.
 * With TUNNELCTL_UPDATE=1 in the environment the golden files are written instead of compared.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "folder.h"
#include "base/alloc.h"
#include "base/error.h"
#include "base/file.h"
#include "model/config.h"
#include "model/key.h"
#include "ssh/argv.h"

/* Names relative to tests/golden, where main() goes: an error about a line shows them. */
static const struct input {
	const char *name, *ini;
	bool standalone;
	const char *loop;
} inputs[] = {
	{ "phone-home", "../../units/phone-home.ini", false, "/run/tunnelctl/x/l" },
	{ "phone-home-standalone", "../../units/phone-home.ini", true, NULL },
	{ "old", "argv-old.ini", false, NULL },
	{ "jump", "argv-jump.ini", false, NULL },
	{ "rich", "argv-rich.ini", false, "/run/tunnelctl/x/l" },
};

/* RHEL 6, the one after it, Ubuntu 14.04, CentOS 7, macOS 11, Debian 12, and what is new. */
static const unsigned golden_releases[] = {
	VERSION(5, 3), VERSION(5, 4), VERSION(6, 6), VERSION(7, 4), VERSION(8, 1), VERSION(9, 2), VERSION(10, 0),
	VERSION(10, 3),
};

/* Every release from which on something changes, and the one before it. */
static const unsigned all_releases[] = {
	500, 501, 502, 503, 504, 505, 506, 507, 508, 509, 600, 601, 602, 603, 604, 605, 606, 607, 608, 609,
	700, 701, 702, 703, 704, 705, 706, 707, 708, 709, 800, 801, 802, 803, 804, 805, 806, 807, 808, 809, 900, 901,
	902, 903, 904, 905, 906, 907, 908, 909, 1000, 1001, 1002, 1003, 1004, 1005,
};

static void load(const char *ini, struct tunnel *ret)
{
	AUTO(strv) problems = {0};

	if (config_load(ini, CONFIG_SYSTEM, ret, &problems) < 0)
		fail_msg("%s: %s", ini, problems.v[0]);
}

static int make_for(const struct tunnel *t, unsigned version, const struct input *in, struct ssh_command *ret,
		    struct error *err)
{
	struct ssh_machine machine = { .version = version,
				       .home = in->standalone ? NULL : "/home/me",
				       .folder = in->standalone ? NULL : "/run/tunnelctl/x",
				       .loop = in->loop };
	AUTO(strv) notes = {0};

	return ssh_command_make(t, &machine, ret, &notes, err);
}

static int make(const struct tunnel *t, unsigned version, bool standalone, struct ssh_command *ret, struct error *err)
{
	return make_for(t, version, &(struct input){ .standalone = standalone }, ret, err);
}

static void print(const struct ssh_command *c, struct buf *ret)
{
	for (size_t i = 0; i < c->argv.len; i++)
		buf_printf(ret, "%s\n", c->argv.v[i]);
	if (c->known_hosts.len)
		buf_printf(ret, "\n==> known_hosts <==\n%s", c->known_hosts.s);
	if (c->config.len)
		buf_printf(ret, "\n==> ssh_config <==\n%s", c->config.s);
}

static void compare(const char *path, const struct buf *text)
{
	AUTO(buf) golden = {0};
	struct error err = {0};

	if (getenv("TUNNELCTL_UPDATE")) {
		assert_true(file_install(path, text, 0644, false, &err) >= 0);
		return;
	}
	if (file_read(path, 1024 * 1024, &golden, NULL, &err) < 0)
		fail_msg("tests/golden: %s", err.text);
	if (strcmp(buf_str(&golden), buf_str(text)) != 0)
		fail_msg("tests/golden/%s differs (TUNNELCTL_UPDATE=1 writes it); now:\n%s", path, text->s);
}

static void matches_the_golden_files(void **state UNUSED)
{
	for (size_t i = 0; i < ARRAY_LEN(inputs); i++) {
		AUTO(tunnel) t = {0};

		load(inputs[i].ini, &t);
		for (size_t j = 0; j < ARRAY_LEN(golden_releases); j++) {
			unsigned version = golden_releases[j];
			AUTO(ssh_command) c = {0};
			AUTO(buf) path = {0};
			AUTO(buf) text = {0};
			struct error err = {0};

			if (make_for(&t, version, &inputs[i], &c, &err) < 0)
				buf_printf(&text, "refused: %s\n", err.text);
			else
				print(&c, &text);
			buf_printf(&path, "argv-%s-%u.%u", inputs[i].name, version / 100, version % 100);
			compare(path.s, &text);
		}
	}
}

static const struct { const char *word; unsigned since; } known[] = {
#define KNOWN(word_, since_) { word_, since_ },
#include "../ssh/keywords.def"
};

/* 0: no release has it. */
static unsigned known_since(const char *word, size_t len)
{
	for (size_t i = 0; i < ARRAY_LEN(known); i++)
		if (strlen(known[i].word) == len && !strncmp(known[i].word, word, len))
			return known[i].since;
	return 0;
}

static void judge_word(const char *word, size_t len, unsigned version, const char *where)
{
	unsigned since = known_since(word, len);

	if (!since)
		fail_msg("%s: %.*s is not in tests/ssh/keywords.def", where, (int)len, word);
	if (since > version)
		fail_msg("%s: ssh %u.%u does not know %.*s", where, version / 100, version % 100, (int)len, word);
}

/* The letters in the getopt() of ssh.c that tunnelctl needs; 5.0 has them all. */
static void judge_letters(const struct strv *argv, const char *where)
{
	static const char alone[] = "NTnC", with_word[] = "FoilpRLDw";

	for (size_t i = 1; strcmp(argv->v[i], "--") != 0; i++) {
		const char *s = argv->v[i];

		if (*s != '-' || !s[1] || s[2] || !(strchr(alone, s[1]) || strchr(with_word, s[1])))
			fail_msg("%s: %s", where, s);
		i += strchr(with_word, s[1]) != NULL;
	}
}

static void judge_words(const struct ssh_command *c, unsigned version, const char *where)
{
	for (size_t i = 0; i < c->argv.len; i++)
		if (!strcmp(c->argv.v[i], "-o"))
			judge_word(c->argv.v[i + 1], strcspn(c->argv.v[i + 1], "="), version, where);
	for (const char *s = buf_str(&c->config); *s; s += strcspn(s, "\n"), s += *s == '\n') {
		s += strspn(s, "\t");
		judge_word(s, strcspn(s, " "), version, where);
	}
	judge_letters(&c->argv, where);
	if (version < VERSION(5, 4) && strstr(buf_str(&c->config), " -W "))
		fail_msg("%s: -W", where);
}

static const char *const mandatory_words[] = {
	"BatchMode=yes", "ExitOnForwardFailure=yes", "StrictHostKeyChecking=yes", "TCPKeepAlive=yes",
	"ControlMaster=no", "ControlPath=none", "ForwardAgent=no", "ForwardX11=no", "GatewayPorts=no",
	"PermitLocalCommand=no", "EscapeChar=none",
};

static size_t index_of(const struct strv *v, const char *word)
{
	size_t i = 0;

	while (i < v->len && strcmp(v->v[i], word) != 0)
		i++;
	return i;
}

static void judge_order(const struct tunnel *t, const struct ssh_command *c, const char *where)
{
	static const char *const never[] = { "-J", "-f", "-M", "-A", "-X", "-t", "-g" };
	/* What the INI can bring begins behind these; "-p" is there always, by default or by the INI. */
	size_t own = index_of(&c->argv, "-p"), len = c->argv.len;

	assert_int_equal(c->argv.v[0][0], '/');
	assert_string_equal(c->argv.v[1], "-F");
	assert_int_equal(c->argv.v[2][0], '/');
	assert_string_equal(c->argv.v[len - 2], "--");
	assert_string_equal(c->argv.v[len - 1], t->host);
	assert_int_equal(index_of(&c->argv, "--"), len - 2);
	for (size_t i = 0; i < 3; i++)
		if (index_of(&c->argv, (const char *const[]){ "-N", "-T", "-n" }[i]) > 5)
			fail_msg("%s: -N, -T or -n is not at the front", where);
	for (size_t i = 0; i < ARRAY_LEN(mandatory_words); i++) {
		size_t at = index_of(&c->argv, mandatory_words[i]),
		       word = strcspn(mandatory_words[i], "=") + 1;

		if (at >= own)
			fail_msg("%s: %s does not stand in front", where, mandatory_words[i]);
		for (size_t j = 0; j < at; j++)
			if (!strncasecmp(c->argv.v[j], mandatory_words[i], word))
				fail_msg("%s: %s before %s", where, c->argv.v[j], mandatory_words[i]);
	}
	for (size_t i = 0; i < ARRAY_LEN(never); i++)
		if (index_of(&c->argv, never[i]) < len)
			fail_msg("%s: %s", where, never[i]);
}

static void holds_for_every_release(void **state UNUSED)
{
	unsigned made = 0;

	for (size_t i = 0; i < ARRAY_LEN(inputs); i++) {
		AUTO(tunnel) t = {0};

		load(inputs[i].ini, &t);
		for (size_t j = 0; j < ARRAY_LEN(all_releases); j++) {
			AUTO(ssh_command) c = {0};
			AUTO(buf) where = {0};
			struct error err = {0};

			buf_printf(&where, "%s for ssh %u.%u", inputs[i].name, all_releases[j] / 100,
				   all_releases[j] % 100);
			if (make_for(&t, all_releases[j], &inputs[i], &c, &err) < 0)
				continue;
			made++;
			judge_words(&c, all_releases[j], where.s);
			judge_order(&t, &c, where.s);
		}
	}
	/* Three are never refused, the jump is from 5.4 on, the rich one from 7.3 on. */
	assert_int_equal(made, 3 * ARRAY_LEN(all_releases) + ARRAY_LEN(all_releases) - 4 + 33);
}

/* LINES go into [Tunnel] or, behind a "^", into [SSH]. */
static void load_lines(const char *lines, struct tunnel *ret)
{
	__attribute__((cleanup(folder_done))) struct folder f = { "" };
	AUTO(buf) text = {0};
	AUTO(buf) path = {0};
	size_t tunnel = strcspn(lines, "^");

	buf_printf(&text,
		"[Tunnel]\nHost = h\nDynamicForward = 1080\n%.*s\n[SSH]\n%s\n[Service]\nRunAs = me\n",
		   (int)tunnel, lines, lines[tunnel] ? lines + tunnel + 1 : "");
	folder_make(&f);
	folder_puts(&f, "x.ini", text.s);
	load(folder_at(&f, "x.ini", &path), ret);
}

#define KEY_TEXT "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHt7e3t7e3t7e3t7e3t7e3t7e3t7e3t7e3t7e3t7e3t7"

/* What needs a release says which, and is taken by it; whatever is taken holds nothing that this ssh does not know. */
static void judge_lines(const char *lines, bool standalone)
{
	unsigned needed = 0;
	AUTO(tunnel) t = {0};

	load_lines(lines, &t);
	for (size_t i = 0; i < ARRAY_LEN(all_releases); i++) {
		unsigned version = all_releases[i], major = 0, minor = 0;
		AUTO(ssh_command) c = {0};
		AUTO(buf) where = {0};
		struct error err = {0};

		buf_printf(&where, "%s for ssh %u.%u", lines, version / 100, version % 100);
		if (make(&t, version, standalone, &c, &err) == 0) {
			if (version < needed)
				fail_msg("%s: needs no %u after all", where.s, needed);
			judge_words(&c, version, where.s);
			continue;
		}
		if (!strstr(err.text, "needs ssh ") ||
		    sscanf(strstr(err.text, "needs ssh "), "needs ssh %u.%u", &major, &minor) != 2)
			fail_msg("%s: %s", where.s, err.text);
		if (version >= VERSION(major, minor) || (needed && needed != VERSION(major, minor)))
			fail_msg("%s: %s", where.s, err.text);
		needed = VERSION(major, minor);
	}
}

static void needs_no_more_than_it_says(void **state UNUSED)
{
	static const struct { const char *key, *lines; } rows[] = {
		{ "Port", "Port = 2222" },
		{ "User", "User = u" },
		{ "HostKeyAlias", "HostKeyAlias = a" },
		{ "AddressFamily", "AddressFamily = inet6" },
		{ "BindAddress", "BindAddress = 192.0.2.1" },
		{ "ConfigFile", "ConfigFile = /c" },
		{ "ConfigFile", "ConfigFile = /c\nPort = 22\nCompression = no" },
		{ "IdentityFile", "IdentityFile = /a%b" },
		{ "CertificateFile", "CertificateFile = /a" },
		{ "IdentityAgent", "IdentityAgent = /a" },
		{ "IdentityAgent", "IdentityAgent = none" },
		{ "KnownHostKey", "KnownHostKey = " KEY_TEXT },
		{ "UserKnownHostsFile", "UserKnownHostsFile = /a" },
		{ "UserKnownHostsFile", "UserKnownHostsFile = /a\nUserKnownHostsFile = /b" },
		{ "ProxyJump", "ProxyJump = a,b" },
		{ "ProxyJump", "ProxyJump = a\nUserKnownHostsFile = /a\nBindAddress = 192.0.2.1\nIdentityFile = /i" },
		{ "ProxyJump", "ProxyJump = a\nKnownHostKey = a " KEY_TEXT },
		{ "ProxyCommand", "ProxyCommand = nc %h %p" },
		{ "Proxy", "Proxy = http://p:3128\nProxy = direct" },
		{ "Proxy", "Proxy = direct\nConfigFile = /c" },
		{ "ConnectTimeout", "ConnectTimeout = 9" },
		{ "ServerAliveInterval", "ServerAliveInterval = 9" },
		{ "ServerAliveCountMax", "ServerAliveCountMax = 9" },
		{ "Compression", "Compression = yes" },
		{ "RemoteForward", "RemoteForward = 1:h:22" },
		{ "RemoteForward", "RemoteForward = /a:h:22" },
		{ "LocalForward", "LocalForward = 1:h:22" },
		{ "LocalForward", "LocalForward = /a:h:22" },
		{ "DynamicForward", "DynamicForward = 1081" },
		{ "Tunnel", "Tunnel = ethernet\nTunnelDevice = any" },
		{ "TunnelDevice", "TunnelDevice = 0:1" },
	};

	for (size_t i = 0; i < KEY_COUNT; i++) {
		size_t found = 0;

		if (keys[i].destination != SSH || i == KEY_host)
			continue;
		for (size_t j = 0; j < ARRAY_LEN(rows); j++)
			found += !strcmp(rows[j].key, keys[i].name);
		if (!found)
			fail_msg("%s: has no row in this test", keys[i].name);
	}
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		for (int standalone = 0; standalone < (strstr(rows[i].lines, "ProxyJump") ? 1 : 2); standalone++)
			judge_lines(rows[i].lines, standalone);
}

/* Every keyword of [SSH] that the reader lets through needs exactly the release that has it, or 5.3. */
static void needs_the_release_of_each_keyword(void **state UNUSED)
{
	static const struct { const char *word; unsigned since; } words[] = {
#define KEYWORD(word_, since_) { word_, since_ },
#include "model/keywords.def"
	};

	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		AUTO(buf) line = {0};
		unsigned since = known_since(words[i].word, strlen(words[i].word));

		if (since != words[i].since && !(since && since <= VERSION(5, 3) && !words[i].since))
			fail_msg("%s: %u, not %u", words[i].word, words[i].since, since);
		buf_printf(&line, "^%s = x", words[i].word);
		if (since > VERSION(5, 3)) /* "0" is 5.1 for VisualHostKey */
			judge_lines(line.s, false);
	}
}

static void says_what_it_should(void **state UNUSED)
{
	/* HAS begins with '!': no such argument. */
	static const struct { const char *lines; unsigned version; const char *home, *has; } rows[] = {
		/* -i would look for the file with both percent signs. */
		{ "IdentityFile = /a%b", 902, "/home/me", "IdentityFile=/a%%b" },
		{ "IdentityFile = /a b", 902, "/home/me", "/a b" },
		{ "IdentityFile = ~/a", 902, "/home/m%e", "IdentityFile=/home/m%%e/a" },
		{ "IdentityFile = ~/a", 902, NULL, "~/a" },
		{ "CertificateFile = ~/a", 902, "/home/me and you",
		  "CertificateFile=\"/home/me and you/a\"" },
		{ "UserKnownHostsFile = /a%b c\nUserKnownHostsFile = /d", 804, "/h",
		  "UserKnownHostsFile=\"/a%%b c\" /d" },
		{ "UserKnownHostsFile = /a%b c", 803, "/h", "UserKnownHostsFile=\"/a%b c\"" },
		{ "UserKnownHostsFile = /a", 508, "/h", "UserKnownHostsFile2=/dev/null" },
		{ "UserKnownHostsFile = /a", 509, "/h", "!UserKnownHostsFile2=/dev/null" },
		{ "UserKnownHostsFile = /a", 902, "/h", "GlobalKnownHostsFile=/dev/null" },
		{ "IdentityAgent = /a b", 902, "/h", "IdentityAgent=\"/a b\"" },
		{ "IdentityAgent = ssh_auth_sock", 902, "/h", "IdentityAgent=SSH_AUTH_SOCK" },
		{ "", 902, "/h", "IdentityAgent=none" },
		{ "", 702, "/h", "!IdentityAgent=none" },
		{ "", 902, "/h", "!IdentitiesOnly=yes" },
		{ "IdentityFile = /a", 902, "/h", "IdentitiesOnly=yes" },
		{ "", 902, "/h", "/dev/null" },
		{ "ConfigFile = ~/a b", 902, "/h", "/h/a b" },
		{ "ConfigFile = /a", 902, "/h", "!-p" },
		{ "ConfigFile = /a\nPort = 22", 902, "/h", "-p" },
		{ "ConfigFile = /a\nCompression = no", 902, "/h", "Compression=no" },
		{ "ConfigFile = /a", 902, "/h", "!Compression=no" },
		{ "Compression = no", 902, "/h", "!Compression=no" },
		{ "Compression = yes", 902, "/h", "-C" },
		{ "Program = ~/bin/ssh", 902, "/h", "/h/bin/ssh" },
		{ "TunnelDevice = 0", 902, "/h", "!Tunnel=no" },
		{ "", 902, "/h", "Tunnel=no" },
		{ "LocalForward = /run/a:h:1", 902, "/h", "StreamLocalBindUnlink=yes" },
		{ "LocalForward = 1:/run/a", 902, "/h", "!StreamLocalBindUnlink=yes" },
		{ "^Ciphers = a,b", 902, "/h", "Ciphers=a,b" },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(tunnel) t = {0};
		AUTO(ssh_command) c = {0};
		AUTO(strv) notes = {0};
		struct ssh_machine machine = { .version = rows[i].version, .home = rows[i].home,
			.folder = "/f" };
		struct error err = {0};
		bool absent = *rows[i].has == '!';

		load_lines(rows[i].lines, &t);
		if (ssh_command_make(&t, &machine, &c, &notes, &err) < 0)
			fail_msg("%s: %s", rows[i].lines, err.text);
		if ((index_of(&c.argv, rows[i].has + absent) == c.argv.len) != absent) {
			AUTO(buf) text = {0};

			print(&c, &text);
			fail_msg("%s: %s in\n%s", rows[i].lines, rows[i].has, text.s);
		}
	}
}

#define CLIENT_LOOP "clientloop.c:client_loop():*"
#define CONFIRMED ",ssh.c:ssh_confirm_remote_forward():*,packet.c:ssh_packet_read_poll_seqnr():*"
#define OPENED ",channels.c:channel_input_open_confirmation():*"

/* What the observer hears, and by which socket it goes; LOOP NULL: no -L at all. */
static void serves_the_observer(void **state UNUSED)
{
	static const struct { const char *lines; unsigned version; const char *log, *loop; } rows[] = {
		{ "", 805, "LogVerbose=" CLIENT_LOOP, NULL },
		{ "", 804, "LogLevel=DEBUG1", NULL },
		{ "", 503, "LogLevel=DEBUG1", NULL },
		{ "RemoteForward = 1:h:22", 1005, "LogVerbose=" CLIENT_LOOP CONFIRMED OPENED, "/l.0:localhost:1" },
		{ "RemoteForward = 1:h:2", 805, "LogVerbose=" CLIENT_LOOP CONFIRMED OPENED, "/l.0:localhost:1" },
		{ "RemoteForward = 1:h:2", 804, "LogLevel=DEBUG1", "/l.0:localhost:1" },
		{ "RemoteForward = 1:h:2", 607, "LogLevel=DEBUG1", "/l.0:localhost:1" },
		{ "RemoteForward = 1:h:2", 606, "LogLevel=DEBUG1", NULL },
		{ "RemoteForward = localhost:1:h:22", 902, NULL, "/l.0:localhost:1" },
		{ "RemoteForward = *:1:h:22", 902, NULL, "/l.0:localhost:1" },
		{ "RemoteForward = 0.0.0.0:1:h:22", 902, NULL, "/l.0:localhost:1" },
		{ "RemoteForward = [::]:1:h:22", 902, NULL, "/l.0:localhost:1" },
		{ "RemoteForward = 127.0.0.1:1:h:22", 902, NULL, "/l.0:127.0.0.1:1" },
		{ "RemoteForward = [2001:db8::1]:1:h:22", 902, NULL, "/l.0:[2001:db8::1]:1" },
		{ "RemoteForward = /run/r:h:22", 902, NULL, "/l.0:/run/r" },
		{ "RemoteForward = 0:h:2\nRemoteForward = 3:h:22", 902, "LogVerbose=" CLIENT_LOOP CONFIRMED OPENED,
		  "/l.1:localhost:3" },
		{ "RemoteForward = 0:h:2", 902, "LogVerbose=" CLIENT_LOOP CONFIRMED, NULL },
		{ "RemoteForward = 1:/run/s", 902, "LogVerbose=" CLIENT_LOOP CONFIRMED OPENED, "/l.0:localhost:1" },
		{ "RemoteForward = 1:h:2\n[Health]\nProbe = none", 902, "LogVerbose=" CLIENT_LOOP CONFIRMED, NULL },
		{ "RemoteForward = 1:h:2\n[Health]\nProbe = banner", 902, "LogVerbose=" CLIENT_LOOP CONFIRMED OPENED,
		  "/l.0:localhost:1" },
		{ "RemoteForward = 1:h:22\n[Health]\nProbe = open", 902, "LogVerbose=" CLIENT_LOOP CONFIRMED OPENED,
		  "/l.0:localhost:1" },
		{ "LocalForward = 1:h:22", 902, "LogVerbose=" CLIENT_LOOP OPENED, "1:h:22" },
		{ "LocalForward = 1:h:2", 902, "LogVerbose=" CLIENT_LOOP OPENED, "1:h:2" },
		{ "TunnelDevice = any", 902, "LogVerbose=" CLIENT_LOOP ",ssh.c:ssh_tun_confirm():*", NULL },
		{ "[Health]\nProbeTarget = h:22", 902, "LogVerbose=" CLIENT_LOOP OPENED, NULL },
		{ "[Health]\nProbeTarget = h:2", 902, "LogVerbose=" CLIENT_LOOP OPENED, NULL },
		{ "[Health]\nProbeTarget = h:2\nProbe = none", 902, "LogVerbose=" CLIENT_LOOP, NULL },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(tunnel) t = {0};
		AUTO(ssh_command) c = {0};
		AUTO(buf) text = {0};
		struct error err = {0};
		size_t at;

		load_lines(rows[i].lines, &t);
		assert_int_equal(make_for(&t, rows[i].version, &(struct input){ .loop = "/l" }, &c, &err), 0);
		print(&c, &text);
		if (rows[i].log && index_of(&c.argv, rows[i].log) == c.argv.len)
			fail_msg("%s: %s in\n%s", rows[i].lines, rows[i].log, text.s);
		at = index_of(&c.argv, "-L");
		if (at == c.argv.len ? rows[i].loop != NULL : !rows[i].loop || strcmp(c.argv.v[at + 1], rows[i].loop))
			fail_msg("%s: %s in\n%s", rows[i].lines, rows[i].loop ? rows[i].loop : "no -L", text.s);
		/* One level, and never both ways. */
		assert_int_equal(index_of(&c.argv, "LogLevel=VERBOSE") < c.argv.len, rows[i].version >= 805);
		assert_int_equal(!!strstr(text.s, "LogVerbose"), rows[i].version >= 805);
	}
}

/* ssh would end instead of listening there. */
static void makes_no_loop_that_ssh_could_not_bind(void **state UNUSED)
{
	static const struct { const char *prefix; bool loop; } rows[] = {
		{ "/l", true }, { "/a b/l", true }, { "/a%b/l", false }, { "/a:b/l", false }, { "/a$b/l", false },
		{ "/a\\b/l", false },
		{ "/0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789",
		  true },
		{ "/01234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890",
		  false },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(tunnel) t = {0};
		AUTO(buf) path = {0};
		AUTO(buf) wanted = {0};
		struct ssh_machine machine = { .version = 902, .folder = "/f", .loop = rows[i].prefix };

		load_lines("RemoteForward = 1:h:22", &t);
		buf_printf(&wanted, rows[i].loop ? "%s.0" : "%.0s", rows[i].prefix);
		if (ssh_loop_path(&t, &machine, 0, &path) != rows[i].loop)
			fail_msg("%s", rows[i].prefix);
		assert_string_equal(buf_str(&path), buf_str(&wanted));
		machine.loop = NULL;
		assert_false(ssh_loop_path(&t, &machine, 0, &path));
	}
}

static void notes_what_cannot_be_proved(void **state UNUSED)
{
	static const struct { const char *lines; unsigned version; bool note; } rows[] = {
		{ "RemoteForward = 1:h:22", 606, true },  { "RemoteForward = 1:h:22", 607, false },
		{ "RemoteForward = 0:h:22", 606, false }, { "LocalForward = 1:h:22", 606, false },
		{ "RemoteForward = 1:h:22\n[Health]\nProbe = none", 606, false },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		for (int standalone = 0; standalone < 2; standalone++) {
			struct ssh_machine machine = { .version = rows[i].version,
						       .folder = standalone ? NULL : "/f" };
			AUTO(tunnel) t = {0};
			AUTO(ssh_command) c = {0};
			AUTO(strv) notes = {0};
			struct error err = {0};

			load_lines(rows[i].lines, &t);
			assert_int_equal(ssh_command_make(&t, &machine, &c, &notes, &err), 0);
			assert_int_equal(notes.len, rows[i].note && !standalone);
			if (notes.len)
				assert_non_null(strstr(notes.v[0], "Probe: ssh 6.6 knows no Unix sockets"));
		}
}

static void refuses_what_this_ssh_cannot(void **state UNUSED)
{
	static const struct { const char *lines; unsigned version; const char *error; } rows[] = {
		{ "CertificateFile = /a", 701, "needs ssh 7.2, /usr/bin/ssh is 7.1" },
		{ "IdentityAgent = /a", 702, "needs ssh 7.3, /usr/bin/ssh is 7.2" },
		{ "ProxyJump = a", 503, "needs ssh 5.4, /usr/bin/ssh is 5.3" },
		{ "ProxyJump = a\nConfigFile = /a", 702, "beside ProxyJump this needs ssh 7.3, /usr/bin/ssh is 7.2" },
		{ "^PKCS11Provider = /a", 503, "needs ssh 5.4, /usr/bin/ssh is 5.3" },
		{ "RemoteForward = /a:/b", 606, "needs ssh 6.7, /usr/bin/ssh is 6.6" },
		{ "RemoteForward = 1:/b", 606, "needs ssh 6.7, /usr/bin/ssh is 6.6" },
		{ "UserKnownHostsFile = /a\nUserKnownHostsFile = /b", 508,
		  "needs ssh 5.9, /usr/bin/ssh is 5.8" },
		{ "^KexAlgorithms = a", 506, "needs ssh 5.7, /usr/bin/ssh is 5.6" },
		{ "^ObscureKeystrokeTiming = no", 904, "needs ssh 9.5, /usr/bin/ssh is 9.4" },
		{ "^RefuseConnection = a", 1000, "needs ssh 10.1, /usr/bin/ssh is 10.0" },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(tunnel) t = {0};
		AUTO(ssh_command) c = {0};
		AUTO(ssh_command) later = {0};
		struct error err = {0};

		load_lines(rows[i].lines, &t);
		assert_int_not_equal(make(&t, rows[i].version, false, &c, &err), 0);
		if (!strstr(err.text, rows[i].error) || !strstr(err.text, "x.ini:"))
			fail_msg("%s: %s", rows[i].lines, err.text);
		assert_int_equal(c.argv.len, 0);
		/* The release after it takes it. */
		assert_int_equal(make(&t, rows[i].version == 509 ? 600 : rows[i].version + 1, false, &later,
			&err), 0);
	}
}

static void refuses_what_needs_the_runner(void **state UNUSED)
{
	static const char *const rows[] = { "ProxyJump = a", "ConfigFile = ~/a", "Program = ~/a" };

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(tunnel) t = {0};
		AUTO(ssh_command) c = {0};
		struct error err = {0};

		load_lines(rows[i], &t);
		assert_int_not_equal(make(&t, 902, true, &c, &err), 0);
		if (!strstr(err.text, "x.ini:") || !strstr(err.text, "tunnelctl-run"))
			fail_msg("%s: %s", rows[i], err.text);
	}
}

/* A shell reads the ProxyCommand of a hop, and ssh's % before it. */
static void quotes_the_way_through_a_hop(void **state UNUSED)
{
	AUTO(tunnel) t = {0};
	AUTO(ssh_command) c = {0};
	AUTO(strv) notes = {0};
	struct ssh_machine machine = { .version = 902, .home = "/h",
		.folder = "/h/Application Support/it's 5%" };
	struct error err = {0};

	load_lines("ProxyJump = a,b", &t);
	assert_int_equal(ssh_command_make(&t, &machine, &c, &notes, &err), 0);
	assert_true(index_of(&c.argv,
		"ProxyCommand=/usr/bin/ssh -F '/h/Application Support/it'\\''s 5%%/ssh_config' "
				      "-W '[%h]:%p' -- tunnelctl-hop-2") < c.argv.len);
	assert_non_null(strstr(c.config.s, "ProxyCommand /usr/bin/ssh -F '/h/Application Support/it'\\''s "
					   "5%%/ssh_config' -W '[%h]:%p' -- tunnelctl-hop-1\n"));
}

static void pins_each_host_its_own_keys(void **state UNUSED)
{
	/* Which of server and hop is pinned; the other looks into the account's own files. */
	static const struct { const char *lines; bool server, hop; } rows[] = {
		{ "KnownHostKey = " KEY_TEXT, true, false },
		{ "KnownHostKey = hop " KEY_TEXT, false, true },
		{ "KnownHostKey = HOP,x " KEY_TEXT, false, true },
		{ "KnownHostKey = [hop]:22 " KEY_TEXT, false, true },
		{ "KnownHostKey = [hop]:23 " KEY_TEXT, false, false },
		{ "KnownHostKey = * " KEY_TEXT, true, true },
		{ "KnownHostKey = |1|AAAA=|BBBB= " KEY_TEXT, true, true },
		{ "KnownHostKey = h " KEY_TEXT, true, false },
		{ "Port = 2222\nKnownHostKey = h " KEY_TEXT, true, false },
		{ "Port = 2222\nKnownHostKey = [h]:2222 " KEY_TEXT, true, false },
		{ "HostKeyAlias = y\nKnownHostKey = y " KEY_TEXT, true, false },
		{ "KnownHostKey = " KEY_TEXT "\nKnownHostKey = hop " KEY_TEXT, true, true },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(tunnel) t = {0};
		AUTO(ssh_command) c = {0};
		AUTO(buf) lines = {0};
		struct error err = {0};

		buf_printf(&lines, "ProxyJump = hop\n%s", rows[i].lines);
		load_lines(lines.s, &t);
		assert_int_equal(make(&t, 902, false, &c, &err), 0);
		if ((index_of(&c.argv, "UserKnownHostsFile=/run/tunnelctl/x/known_hosts") < c.argv.len) !=
		    rows[i].server)
			fail_msg("%s: the server", rows[i].lines);
		if (!!strstr(c.config.s, "UserKnownHostsFile /run/tunnelctl/x/known_hosts") != rows[i].hop)
			fail_msg("%s: the hop", rows[i].lines);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(matches_the_golden_files),
		cmocka_unit_test(holds_for_every_release),
		cmocka_unit_test(needs_no_more_than_it_says),
		cmocka_unit_test(needs_the_release_of_each_keyword),
		cmocka_unit_test(says_what_it_should),
		cmocka_unit_test(serves_the_observer),
		cmocka_unit_test(makes_no_loop_that_ssh_could_not_bind),
		cmocka_unit_test(notes_what_cannot_be_proved),
		cmocka_unit_test(refuses_what_this_ssh_cannot),
		cmocka_unit_test(refuses_what_needs_the_runner),
		cmocka_unit_test(quotes_the_way_through_a_hop),
		cmocka_unit_test(pins_each_host_its_own_keys),
	};

	if (chdir(SOURCE_DIR "/tests/golden") != 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
