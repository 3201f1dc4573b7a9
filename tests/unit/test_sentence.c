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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_who_should_listen),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
