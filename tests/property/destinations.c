/* SPDX-License-Identifier: MIT */
/*
 * The property that holds the design together: a key for ssh or for tunnelctl-run changes no byte of any
 * unit, but for the sandbox lines of keys marked HOLE in keys.def; a key for the supervisor changes some
 * unit, or is a note. Every key has its sample values here, and a new row of keys.def fails this test until
 * it has some.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "../unit/folder.h"
#include "backend.h"
#include "base/alloc.h"
#include "model/config.h"
#include "model/key.h"

#define ED25519(letter) \
	"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHt7e3t7e3t7e3t7e3t7e3t7e3t7e3t7e3t7e3t7e3" letter "7"

/* One of each that can be proved. */
#define FORWARDS "RemoteForward = 1:a:22\nLocalForward = 1024:a:1\nDynamicForward = 1080\n"

enum { SAMPLES = 8 };

/* Values that differ as much as the key allows; user: instead of them in user scope. */
static const struct sample {
	const char *values[SAMPLES], *user[SAMPLES];
	const char *with;  /* lines without which the key means nothing */
	bool system_only;
	const char *alone; /* why the key has one value only, or changes nothing */
} samples[KEY_COUNT] = {
	[KEY_description] = { { "a", "50% \"b\" \\" } },
	[KEY_host] = { { "h", "other.example.net", "2001:db8::1" } },
	[KEY_port] = { { "1", "65535" } },
	[KEY_user] = { { "a", "b" } },
	[KEY_host_key_alias] = { { "a", "b" } },
	[KEY_address_family] = { { "any", "inet", "inet6" } },
	[KEY_bind_address] = { { "127.0.0.1", "::1" } },
	[KEY_program] = { { "/usr/bin/ssh", "/opt/ssh/bin/ssh", "/home/me/bin/ssh", "~/bin/ssh",
			    "/tmp/ssh" } },
	[KEY_config_file] = { { "none", "/etc/ssh/ssh_config", "/home/me/config", "~/.ssh/config" } },
	[KEY_identity_file] = { { "/etc/k", "/etc/l", "/home/me/.ssh/k", "/root/k", "~/.ssh/k",
				  "/tmp/k", "/home/a b/50%" } },
	[KEY_certificate_file] = { { "/etc/k", "/home/me/.ssh/k", "~/.ssh/k", "/var/tmp/k" } },
	[KEY_identity_agent] = { { "none", "/run/agent", "/run/user/1/agent", "~/agent", "/tmp/agent" } },
	[KEY_known_host_key] = { { ED25519("t"), ED25519("v"), "other.example.net " ED25519("t"),
				   "@cert-authority *.example.net " ED25519("t") } },
	[KEY_user_known_hosts_file] = { { "/etc/ssh/known", "/home/me/known", "~/known", "/tmp/known" } },
	[KEY_proxy_jump] = { { "a", "u@b:2222,c" } },
	[KEY_proxy_command] = { { "/usr/bin/nc %h %p", "/home/me/connect %h" } },
	[KEY_proxy] = { { "http://proxy:3128", "socks5://[::1]:1080", "direct" } },
	[KEY_connect_timeout] = { { "1", "1h" } },
	[KEY_server_alive_interval] = { { "1", "1d" } },
	[KEY_server_alive_count_max] = { { "1", "100" } },
	[KEY_compression] = { { "yes", "no" } },
	[KEY_remote_forward] = { { "1:a:1", "0:b:2", "/run/s:c:3", "80:/run/t", "80:/home/me/s",
				   "/home/a/s:/tmp/t" } },
	[KEY_local_forward] = { { "1024:a:1", "*:65535:b:2", "80:a:1", "[::1]:443:[::1]:443",
				  "/run/x/s:a:1", "8000:/s" } },
	[KEY_dynamic_forward] = { { "1080", "localhost:1081", "53" } },
	[KEY_tunnel] = { { "point-to-point", "ethernet" }, .with = "TunnelDevice = any\n" },
	[KEY_tunnel_device] = { { "any", "0", "7:8" } },
	[KEY_remote_port_busy] = { { "wait", "reclaim" }, .with = "RemoteForward = 1:a:1\n" },
	[KEY_run_as] = { { "me", "root", "me:staff" }, .system_only = true },
	[KEY_start] = { { "boot", "manual" }, { "login", "manual", "boot" } },
	[KEY_restart] = { { "always", "on-failure", "never" } },
	[KEY_retry_delay] = { { "1", "30" } },
	[KEY_retry_delay_max] = { { "1", "1d" } },
	[KEY_stop_timeout] = { { "1", "1h" } },
	[KEY_log] = { { "native", "/var/log/tunnels/home", "/home/me/log", "~/logs/home", "/tmp/log", "/srv/a b/50%" } },
	[KEY_sandbox] = { { "strict", "off" } },
	[KEY_environment] = { { "A=1", "B=%h $X" } },
	[KEY_limit_nofile] = { { "16", "1048576" } },
	[KEY_probe] = { { "auto", "banner", "open", "none" }, .with = FORWARDS },
	[KEY_probe_interval] = { { "0", "10", "1d" }, .with = FORWARDS },
	[KEY_probe_timeout] = { { "1", "1m" }, .with = FORWARDS },
	[KEY_probe_target] = { { "a:22", "[::1]:80" }, .with = FORWARDS },
};

/* What [SSH] may say. */
static const char *const ssh_lines[] = {
	"StreamLocalBindUnlink = yes", "Ciphers = aes256-gcm@openssh.com", "IPQoS = throughput",
	"PKCS11Provider = /home/me/x",
};

#define HOME "ProtectHome=", "BindReadOnlyPaths="
#define CAPABILITIES "CapabilityBoundingSet=", "AmbientCapabilities=", "PrivateUsers="

/* The lines of the systemd unit that a HOLE key may change: all there is. */
static const char *const holes[KEY_COUNT][8] = {
	[KEY_program] = { HOME },
	[KEY_config_file] = { HOME },
	[KEY_identity_file] = { HOME },
	[KEY_certificate_file] = { HOME },
	[KEY_identity_agent] = { HOME },
	[KEY_user_known_hosts_file] = { HOME },
	[KEY_known_host_key] = { "ProtectHome=" },
	[KEY_proxy_jump] = { "ProtectHome=" },
	[KEY_proxy_command] = { "ProtectHome=" },
	[KEY_remote_forward] = { HOME },
	[KEY_local_forward] = { CAPABILITIES, "ReadWritePaths=" },
	[KEY_dynamic_forward] = { CAPABILITIES },
	[KEY_tunnel_device] = { CAPABILITIES, "PrivateDevices=", "DeviceAllow=" },
	[KEY_log] = { "ProtectHome=", "BindPaths=", "ReadWritePaths=" },
};

/* On what the key is tried: a tunnel that says nothing more, and one whose sandbox is shut. */
static const char *const bases[][3] = {
	{ "[Tunnel]", "Host = h", NULL },
	{ "[Tunnel]", "Host = h", "IdentityFile = /etc/keys/k\nKnownHostKey = " ED25519("t") },
};

static struct folder dir;

static int make_dir(void **state)
{
	(void)state;
	folder_make(&dir);
	return 0;
}

static int remove_dir(void **state)
{
	(void)state;
	folder_done(&dir);
	return 0;
}

/* What every backend makes of one INI. */
struct answer {
	struct buf text;
	struct strv notes;
	struct error err; /* refused */
};

struct answers {
	struct answer v[16];
};

static void answers_done(struct answers *a)
{
	for (size_t i = 0; i < ARRAY_LEN(a->v); i++) {
		buf_done(&a->v[i].text);
		strv_done(&a->v[i].notes);
	}
}

static void ask(const char *ini, bool user, struct answers *ret)
{
	AUTO(tunnel) t = {0};
	AUTO(strv) problems = {0};
	AUTO(buf) path = {0};

	folder_puts(&dir, "home.ini", ini);
	if (config_load(folder_at(&dir, "home.ini", &path), user ? CONFIG_USER : CONFIG_SYSTEM, &t,
			&problems) < 0)
		fail_msg("%s", problems.v[0]);
	for (size_t i = 0; backends[i]; i++) {
		struct scope scope = { .user = user,
				       .runner = "/usr/libexec/tunnelctl/tunnelctl-run",
				       .ini = "/etc/tunnelctl/home.ini",
				       .home = user ? "~" : NULL,
				       .config_home = user ? "~/.config" : NULL,
				       .version = backends[i]->target->version };
		struct answer *a = &ret->v[i];
		AUTO(strv) argv = {0};

		assert_true(i < ARRAY_LEN(ret->v));
		strv_push(&argv, scope.runner);
		strv_push(&argv, scope.ini);
		(void)backends[i]->render(&t, &scope, &argv, &a->text, &a->notes, &a->err);
	}
}

/* The base with one line more; VALUE NULL: without it. */
static void put_ini(const char *const *base, const struct key *k, const char *value, bool user,
		    struct buf *ret)
{
	const struct sample *s = &samples[k->id];
	AUTO(buf) line = {0};

	if (value)
		buf_printf(&line, "%s = %s\n", k->name, value);
	buf_printf(ret, "%s\n", base[0]);
	if (k->id != KEY_host || !value)
		buf_printf(ret, "%s\n", base[1]);
	/* A list would append to the one of the base. */
	if (base[2] && k->id == KEY_identity_file)
		buf_printf(ret, "%s\n", strchr(base[2], '\n') + 1);
	else if (base[2] && k->id == KEY_known_host_key)
		buf_printf(ret, "%.*s\n", (int)strcspn(base[2], "\n"), base[2]);
	else if (base[2])
		buf_printf(ret, "%s\n", base[2]);
	buf_puts(ret, s->with ? s->with : "");
	if (k->section == SECTION_tunnel)
		buf_puts(ret, buf_str(&line));
	buf_puts(ret, "[Service]\n");
	if (!user && (k->id != KEY_run_as || !value))
		buf_puts(ret, "RunAs = nobody\n");
	if (k->section != SECTION_tunnel)
		buf_printf(ret, "[%s]\n%s", sections[k->section].name, buf_str(&line));
}

static void split_lines(const struct buf *text, struct strv *ret)
{
	for (const char *s = buf_str(text); *s; s += strcspn(s, "\n"), s += *s == '\n')
		strv_push_take(ret, xstrndup(s, strcspn(s, "\n")));
}

static bool is_allowed(const struct key *k, const char *line)
{
	/* The checksum of the marker changes with any other line. */
	if (!strncmp(line, "# Generated by tunnelctl from ", 30))
		return true;
	for (size_t i = 0; holes[k->id][i]; i++)
		if (!strncmp(line, holes[k->id][i], strlen(holes[k->id][i])))
			return true;
	return false;
}

/* Lines of A that B has not, but those that the key may change. */
static void judge_lines(const struct key *k, const struct buf *a, const struct buf *b, const char *ini)
{
	AUTO(strv) lines = {0};
	AUTO(strv) others = {0};

	split_lines(a, &lines);
	split_lines(b, &others);
	for (size_t i = 0; i < lines.len; i++)
		if (!strv_has(&others, lines.v[i]) && !is_allowed(k, lines.v[i]))
			fail_msg("%s changes the systemd unit:\n%s\nby\n%s", k->name, lines.v[i], ini);
}

static bool same(const struct answer *a, const struct answer *b)
{
	return !strcmp(buf_str(&a->text), buf_str(&b->text));
}

/* True: some unit changed, as it may. */
static bool judge(const struct key *k, const struct answers *a, const struct answers *b, const char *ini)
{
	bool changed = false;

	for (size_t i = 0; backends[i]; i++) {
		const struct answer *x = &a->v[i], *y = &b->v[i];

		/* "macOS has no tun devices": a refusal is no change, but it must name the key. */
		if (y->err.code) {
			if (!x->err.code && (!k->hole || !strstr(y->err.text, k->name)))
				fail_msg("%s: %s: %s\nby\n%s", backends[i]->name, k->name, y->err.text, ini);
			continue;
		}
		if (x->err.code || same(x, y))
			continue;
		if (!k->hole || strcmp(backends[i]->name, "systemd") != 0)
			fail_msg("%s changes the unit of %s by\n%s", k->name, backends[i]->name, ini);
		judge_lines(k, &x->text, &y->text, ini);
		judge_lines(k, &y->text, &x->text, ini);
		changed = true;
	}
	return changed;
}

typedef bool judge_fn(const struct key *, const struct answers *, const struct answers *, const char *ini);

/* For each value of a key: what the backends say without it, with it, and with the first value. */
static bool try_key(const struct key *k, const char *const *base, bool user,
		    judge_fn *judge_pair)
{
	const struct sample *s = &samples[k->id];
	const char *const *values = user && s->user[0] ? s->user : s->values;
	__attribute__((cleanup(answers_done))) struct answers without = {0};
	__attribute__((cleanup(answers_done))) struct answers first = {0};
	AUTO(buf) bare = {0};
	bool changed = false;

	put_ini(base, k, NULL, user, &bare);
	ask(bare.s, user, &without);
	for (size_t i = 0; values[i]; i++) {
		__attribute__((cleanup(answers_done))) struct answers with = {0};
		AUTO(buf) ini = {0};

		put_ini(base, k, values[i], user, &ini);
		if (i == 0)
			ask(ini.s, user, &first);
		ask(ini.s, user, &with);
		changed |= judge_pair(k, &without, &with, ini.s);
		changed |= judge_pair(k, &first, &with, ini.s);
	}
	return changed;
}

static void test_samples(void **state)
{
	(void)state;
	for (size_t i = 0; i < KEY_COUNT; i++) {
		const struct sample *s = &samples[i];

		if (!s->values[0])
			fail_msg("%s: no sample values in tests/property/destinations.c", keys[i].name);
		if (!s->values[1] && !s->alone)
			fail_msg("%s: wants a second sample value", keys[i].name);
		if (keys[i].hole != !!holes[i][0])
			fail_msg("%s: %s", keys[i].name,
				 keys[i].hole ? "marked HOLE, but no line is listed here"
					      : "listed here, but not marked HOLE");
	}
}

/* The property, and that a hole is one: a HOLE key that changes nothing should lose its mark. */
static void test_not_for_units(void **state)
{
	(void)state;
	for (size_t i = 0; i < KEY_COUNT; i++) {
		const struct key *k = &keys[i];
		bool changed = false;

		if (k->destination == SERVICE)
			continue;
		for (size_t j = 0; j < ARRAY_LEN(bases); j++)
			for (int user = 0; user < 2; user++)
				changed |= try_key(k, bases[j], user, judge);
		if (k->hole != changed)
			fail_msg("%s: marked HOLE, but it changes nothing", k->name);
	}
}

static bool judge_service(const struct key *k, const struct answers *a, const struct answers *b,
			  const char *ini)
{
	(void)k;
	(void)ini;
	for (size_t i = 0; backends[i]; i++) {
		const struct answer *x = &a->v[i], *y = &b->v[i];

		if (!same(x, y) || strcmp(x->err.text, y->err.text) != 0 || x->notes.len != y->notes.len)
			return true;
		for (size_t j = 0; j < x->notes.len; j++)
			if (strcmp(x->notes.v[j], y->notes.v[j]) != 0)
				return true;
	}
	return false;
}

static void test_for_units(void **state)
{
	(void)state;
	for (size_t i = 0; i < KEY_COUNT; i++) {
		const struct key *k = &keys[i];

		if (k->destination != SERVICE)
			continue;
		for (int user = 0; user < (samples[i].system_only ? 1 : 2); user++)
			if (!try_key(k, bases[1], user, judge_service) != !!samples[i].alone)
				fail_msg("%s: %s", k->name,
					 samples[i].alone
						 ? "changes a unit now: say so in its samples"
						 : "goes to the supervisor, but no backend heeds it");
	}
}

static void test_ssh_lines(void **state)
{
	const struct key *nobody = &keys[KEY_port]; /* no hole, so nothing may differ */

	(void)state;
	for (int user = 0; user < 2; user++) {
		__attribute__((cleanup(answers_done))) struct answers without = {0};
		AUTO(buf) bare = {0};

		put_ini(bases[1], nobody, NULL, user, &bare);
		ask(bare.s, user, &without);
		for (size_t i = 0; i < ARRAY_LEN(ssh_lines); i++) {
			__attribute__((cleanup(answers_done))) struct answers with = {0};
			AUTO(buf) ini = {0};

			buf_printf(&ini, "%s[SSH]\n%s\n", bare.s, ssh_lines[i]);
			ask(ini.s, user, &with);
			assert_false(judge(nobody, &without, &with, ini.s));
		}
	}
}

/* What explain says a key becomes, and whether it changes anything, are one truth. */
static void test_explained(void **state)
{
	(void)state;
	for (size_t i = 0; i < KEY_COUNT; i++)
		for (size_t j = 0; backends[j]; j++)
			if (keys[i].destination != SERVICE && !keys[i].hole &&
			    backends[j]->becomes && backends[j]->becomes[i])
				fail_msg("%s: %s says that it becomes %s", keys[i].name, backends[j]->name,
					 backends[j]->becomes[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_samples),	  cmocka_unit_test(test_not_for_units),
		cmocka_unit_test(test_for_units), cmocka_unit_test(test_ssh_lines),
		cmocka_unit_test(test_explained),
	};

	return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
