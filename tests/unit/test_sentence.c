/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <string.h>

#include "folder.h"
#include "model/config.h"
#include "runner/sentence.h"

#define REMOTE_LOGIN "is Remote Login on (System Settings > General > Sharing > Remote Login)?"
#define SERVER "is an SSH server (openssh-server) installed and running?"
#define ANYTHING "does anything listen there?"

static void names_who_should_listen(void **state UNUSED)
{
	static const struct { const char *forward, *target, *on_linux, *on_macos; } rows[] = {
		{ "RemoteForward = 1:localhost:22", "localhost:22 does not answer here; ", SERVER, REMOTE_LOGIN },
		{ "RemoteForward = 1:127.0.0.1:22", "127.0.0.1:22 does not answer here; ", SERVER, REMOTE_LOGIN },
		{ "RemoteForward = 1:[::1]:22", "[::1]:22 does not answer here; ", SERVER, REMOTE_LOGIN },
		{ "RemoteForward = 1:localhost:2222", "localhost:2222 does not answer here; ", ANYTHING, ANYTHING },
		{ "RemoteForward = 1:nas:22", "nas:22 does not answer here; ", ANYTHING, ANYTHING },
		{ "LocalForward = 1:localhost:22", "localhost:22 does not answer at the server's side; ", ANYTHING, ANYTHING },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		__attribute__((cleanup(folder_done))) struct folder f = {0};
		AUTO(state) s = { .phase = PHASE_UP_TARGET_REFUSES };
		AUTO(tunnel) t = {0};
		AUTO(strv) problems = {0};
		AUTO(buf) text = {0};

		folder_make(&f);
		buf_cat(&text, "[Tunnel]\nHost = h\n", rows[i].forward, "\n");
		folder_puts(&f, "x.ini", text.s);
		assert_int_equal(config_load(folder_at(&f, "x.ini", &text), CONFIG_USER, &t, &problems), 0);
		sentence_forwards(&t, &s);
		s.v[0].proof = PROOF_REFUSED;
		for (int macos = 0; macos < 2; macos++) {
			buf_clear(&text);
			buf_cat(&text, "up, but ", rows[i].target, macos ? rows[i].on_macos : rows[i].on_linux);
			sentence_make_of(macos ? SYSTEM_MACOS : SYSTEM_LINUX, &t, &s);
			assert_string_equal(s.sentence, text.s);
		}
	}
}

/* Which of several ways it goes, or went. */
static void names_the_way(void **state UNUSED)
{
	static const struct { enum phase phase; enum class_id class; const char *proxy, *wanted; } rows[] = {
		{ PHASE_CONNECTING, CLASS_none, NULL, "connecting to h" },
		{ PHASE_CONNECTING, CLASS_none, "http://p:1", "connecting to h through http://p:1" },
		{ PHASE_CONNECTING, CLASS_none, "direct", "connecting to h without a proxy" },
		{ PHASE_UP, CLASS_none, "http://p:1", "up through http://p:1: connected to h" },
		{ PHASE_UP, CLASS_none, "direct", "up without a proxy: connected to h" },
		{ PHASE_UP_TARGET_REFUSES, CLASS_none, "socks5://p:1", "up through socks5://p:1, but the target " },
		{ PHASE_WAITING, CLASS_proxy_gone, "http://p:1", "waiting, last tried through http://p:1: the proxy does not " },
		{ PHASE_WAITING, CLASS_dns, "direct", "waiting, last tried without a proxy: the name " },
		{ PHASE_PARKED, CLASS_auth, "http://p:1",
		  "parked until something changes, last tried through http://p:1: the server " },
		{ PHASE_STOPPED, CLASS_none, "http://p:1", "stopped" },
	};
	const struct tunnel t = { .host = (char *)"h" };

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(state) s = { .phase = rows[i].phase, .class = rows[i].class };

		state_set(&s.proxy, rows[i].proxy);
		sentence_make(&t, &s);
		if (strncmp(s.sentence, rows[i].wanted, strlen(rows[i].wanted)) != 0)
			fail_msg("%s, wanted %s", s.sentence, rows[i].wanted);
	}
}

static void tells_how_to_make_the_device(void **state UNUSED)
{
	const struct tunnel t = { .host = (char *)"h", .tunnel_device = (char *)"7:7", .run_as = (char *)"me" };
	AUTO(state) s = { .phase = PHASE_WAITING, .class = CLASS_tun };

	sentence_make(&t, &s);
	assert_non_null(strstr(s.sentence, ", by: ip tuntap add dev tun7 mode tun user me"));

	/* It helps against nothing else. */
	s.class = CLASS_dns;
	sentence_make(&t, &s);
	assert_null(strstr(s.sentence, "ip tuntap"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_who_should_listen),
		cmocka_unit_test(names_the_way),
		cmocka_unit_test(tells_how_to_make_the_device),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
