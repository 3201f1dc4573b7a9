/* SPDX-License-Identifier: MIT */
/*
 * The server's half: golden files for every example in units/, and what is refused.
 * With TUNNELCTL_UPDATE=1 in the environment the golden files are written instead of compared.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <glob.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/file.h"
#include "model/config.h"
#include "ssh/server.h"

#define BODY "AAAAC3NzaC1lZDI1NTE5AAAAIEx7bKnNFAQv6qFJq3gYy0mQ4wq8d9M1l5rP0aZ2s3tU"
#define KEY "ssh-ed25519 " BODY

static void put_half(const struct tunnel *t, bool dedicated, bool reclaim, struct buf *ret)
{
	const struct server_wish wish = { .account = t->user ? t->user : "me", .key = KEY " me@laptop:tunnel\n",
					  .dedicated = dedicated, .reclaim = reclaim };
	AUTO(server_half) half = {0};
	struct error err = {0};

	if (server_half_make(t, &wish, &half, &err) < 0) {
		buf_cat(ret, "refused: ", err.text, "\n");
		return;
	}
	if (!dedicated) {
		buf_cat(ret, half.line.s, "\n(", half.needs.s, ")\n");
		for (size_t i = 0; i < half.notes.len; i++)
			buf_cat(ret, "note: ", half.notes.v[i], "\n");
	}
	if (!reclaim)
		buf_cat(ret, "\n", half.block.s);
}

static void compare(const char *path, const struct buf *text)
{
	AUTO(buf) golden = {0};
	struct error err = {0};

	if (getenv("TUNNELCTL_UPDATE")) {
		if (file_install(path, text, 0644, false, &err) < 0)
			fail_msg("%s", err.text);
		return;
	}
	if (file_read(path, 1024 * 1024, &golden, NULL, &err) < 0)
		fail_msg("tests/golden: %s", err.text);
	if (strcmp(buf_str(&golden), text->s) != 0)
		fail_msg("tests/golden/%s differs (TUNNELCTL_UPDATE=1 writes it); now:\n%s", path, text->s);
}

static void every_example_has_its_half(void **state UNUSED)
{
	glob_t found;

	assert_int_equal(glob("../../units/*.ini", 0, NULL, &found), 0);
	assert_true(found.gl_pathc >= 11);
	for (size_t i = 0; i < found.gl_pathc; i++) {
		AUTO(tunnel) t = {0};
		AUTO(strv) problems = {0};
		AUTO(buf) text = {0};
		AUTO(buf) path = {0};

		if (config_load(found.gl_pathv[i], CONFIG_SYSTEM, &t, &problems) < 0) {
			strv_done(&problems);
			if (config_load(found.gl_pathv[i], CONFIG_USER, &t, &problems) < 0)
				fail_msg("%s: %s", found.gl_pathv[i], problems.v[0]);
		}
		put_half(&t, false, false, &text);
		put_half(&t, true, false, &text);
		put_half(&t, false, true, &text);
		buf_cat(&path, "server-", t.name);
		compare(path.s, &text);
	}
	globfree(&found);
}

/* One RemoteForward, LocalForward or DynamicForward after the other. */
static void make_tunnel(const char *const forwards[], struct tunnel *ret)
{
	ret->name = xstrdup("home");
	ret->probe = PROBE_IS_AUTO;
	for (; *forwards; forwards++) {
		enum forward_kind kind = **forwards == 'R' ? FORWARD_REMOTE : **forwards == 'L' ? FORWARD_LOCAL : FORWARD_DYNAMIC;
		struct forward f = {0};
		struct error err = {0};

		if (forward_parse(kind, *forwards + 1, &f, &err) < 0)
			fail_msg("%s: %s", *forwards, err.text);
		forwards_push_take(kind == FORWARD_REMOTE ? &ret->remote_forward : kind == FORWARD_LOCAL ? &ret->local_forward
					   : &ret->dynamic_forward, &f);
	}
}

#define NOWHERE(option) option "=\"localhost:1\""

/* In sshd's own spelling: what it compares is the word that ssh sends (reference: each was tried on a real sshd, 9.2). */
static void the_line_is_as_narrow_as_the_tunnel(void **state UNUSED)
{
	static const struct { const char *forwards[4], *options; size_t notes; } cases[] = {
		{ { "R12345:localhost:22" }, "restrict,port-forwarding,permitlisten=\"localhost:12345\",permitopen=\"localhost:12345\",command=\"\"", 0 },
		{ { "R127.0.0.1:12345:localhost:22" }, "restrict,port-forwarding,permitlisten=\"127.0.0.1:12345\",permitopen=\"127.0.0.1:12345\",command=\"\"", 0 },
		{ { "R[::1]:12345:localhost:22" }, "restrict,port-forwarding,permitlisten=\"[::1]:12345\",permitopen=\"[::1]:12345\",command=\"\"", 0 },
		{ { "R0.0.0.0:80:localhost:22" }, "restrict,port-forwarding,permitlisten=\"0.0.0.0:80\",permitopen=\"localhost:80\",command=\"\"", 0 },
		{ { "R*:80:localhost:22" }, "restrict,port-forwarding,permitlisten=\"80\",permitopen=\"localhost:80\",command=\"\"", 1 },
		{ { "R0:localhost:22" }, "restrict,port-forwarding,permitlisten=\"localhost:*\"," NOWHERE("permitopen") ",command=\"\"", 1 },
		{ { "R/run/x:localhost:22" }, "restrict,port-forwarding," NOWHERE("permitlisten") "," NOWHERE("permitopen") ",command=\"\"", 1 },
		{ { "L5432:db:5432", "L5433:[::1]:5432" }, "restrict,port-forwarding," NOWHERE("permitlisten") ",permitopen=\"db:5432\",permitopen=\"[::1]:5432\",command=\"\"", 0 },
		{ { "L5432:db:5432", "L5433:db:5432" }, "restrict,port-forwarding," NOWHERE("permitlisten") ",permitopen=\"db:5432\",command=\"\"", 0 },
		{ { "L5432:/run/db" }, "restrict,port-forwarding," NOWHERE("permitlisten") ",command=\"\"", 1 },
		{ { "D1080" }, "restrict,port-forwarding," NOWHERE("permitlisten") ",command=\"\"", 1 },
		{ { "R1:localhost:22", "R2:localhost:80", "L3:a:4" }, "restrict,port-forwarding,permitlisten=\"localhost:1\",permitlisten=\"localhost:2\",permitopen=\"localhost:1\",permitopen=\"localhost:2\",permitopen=\"a:4\",command=\"\"", 0 },
		{ { NULL }, "restrict,command=\"\"", 0 },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		AUTO(tunnel) t = {0};
		AUTO(server_half) half = {0};
		AUTO(buf) want = {0};
		struct error err = {0};

		make_tunnel(cases[i].forwards, &t);
		assert_int_equal(server_half_make(&t, &(struct server_wish){ .account = "me", .key = KEY }, &half, &err), 0);
		buf_cat(&want, cases[i].options, " ", KEY);
		assert_string_equal(half.line.s, want.s);
		assert_int_equal(half.notes.len, cases[i].notes);
	}
}

/* What each hop must open: the word of ssh -W, which sshd compares letter by letter. */
static void each_hop_leads_to_the_next_one_alone(void **state UNUSED)
{
	static const struct { const char *jump, *host; unsigned port; size_t number; const char *user, *at, *before, *next; } cases[] = {
		{ "admin@servername", "localhost", 22, 0, "admin", "servername", "", "localhost:22" },
		{ "a@one,two:2222", "Server.Example.ORG", 443, 0, "a", "one", "", "two:2222" },
		{ "a@one,two:2222", "Server.Example.ORG", 443, 1, NULL, "two", "a@one", "server.example.org:443" },
		{ "a@one,b@[2001:DB8:0::1]:23,c", "10.0.0.1", 22, 0, "a", "one", "", "[2001:db8::1]:23" },
		{ "a@one,b@[2001:DB8:0::1]:23,c", "10.0.0.1", 22, 2, NULL, "c", "a@one,b@[2001:DB8:0::1]:23", "10.0.0.1:22" },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct tunnel t = { .name = (char *)"home", .host = (char *)(uintptr_t)cases[i].host, .port = cases[i].port,
				    .proxy_jump = (char *)(uintptr_t)cases[i].jump };
		AUTO(server_hop) hop = {0};
		AUTO(buf) want = {0};

		assert_int_equal(server_hop_make(&t, cases[i].number, KEY " me@laptop", &hop, NULL), 1);
		buf_cat(&want, "restrict,port-forwarding," NOWHERE("permitlisten") ",permitopen=\"", cases[i].next,
			"\",command=\"\" " KEY " me@laptop");
		assert_string_equal(hop.half.line.s, want.s);
		assert_string_equal(hop.at.host, cases[i].at);
		assert_string_equal(hop.at.user ? hop.at.user : "", cases[i].user ? cases[i].user : "");
		assert_string_equal(buf_str(&hop.before), cases[i].before);
		assert_int_equal(hop.half.block.len, 0);
	}
}

static void a_hop_that_is_none(void **state UNUSED)
{
	struct tunnel t = { .name = (char *)"home", .host = (char *)"h", .port = 22 };
	AUTO(server_hop) hop = {0};
	struct error err = {0};

	assert_int_equal(server_hop_make(&t, 0, KEY, &hop, &err), 0);
	t.proxy_jump = (char *)"one";
	assert_int_equal(server_hop_make(&t, 1, KEY, &hop, &err), 0);
	assert_int_equal(server_hop_make(&t, 0, "no key", &hop, &err), -22);
	t.proxy_jump = (char *)"one,-x";
	assert_int_equal(server_hop_make(&t, 0, KEY, &hop, &err), -22);
}

static void a_device_is_named(void **state UNUSED)
{
	static const struct { char *device; const char *options; } cases[] = {
		{ "0:3", "restrict,tunnel=\"3\",command=\"\"" },
		{ "any:3", "restrict,tunnel=\"3\",command=\"\"" },
		{ "0:any", "restrict,command=\"\"" },
		{ "0", "restrict,command=\"\"" },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct tunnel t = { .name = (char *)"home", .tunnel_device = cases[i].device };
		AUTO(server_half) half = {0};
		AUTO(buf) want = {0};

		assert_int_equal(server_half_make(&t, &(struct server_wish){ .account = "me", .key = KEY }, &half, NULL), 0);
		buf_cat(&want, cases[i].options, " ", KEY);
		assert_string_equal(half.line.s, want.s);
	}
}

static void what_is_odd_is_refused(void **state UNUSED)
{
	static const struct { const char *account, *key; bool dedicated, reclaim; const char *why; } cases[] = {
		{ "me", "", false, false, "does not begin with the type" },
		{ "me", "ssh-ed25519", false, false, "does not begin with the type" },
		{ "me", "command=\"x\" " KEY, false, false, "does not begin with the type" },
		{ "me", "ssh-ed25519 short", false, false, "no key behind its type" },
		{ "me", "ssh-ed25519 AAAAshort", false, false, "no key behind its type" },
		{ "me", KEY "\"x", false, false, "odd characters" },
		{ "-me", KEY, false, false, "no name of an account" },
		{ "", KEY, false, false, "no name of an account" },
		{ "*", KEY, false, false, "cannot hold" },
		{ "me,root", KEY, false, false, "cannot hold" },
		{ "me\nMatch", KEY, false, false, "cannot hold" },
		{ "root", KEY, true, false, "would close the account root" },
		{ "me", KEY, true, true, "exclude each other: MaxSessions 0 lets no command run" },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct tunnel t = { .name = (char *)"home" };
		AUTO(server_half) half = {0};
		struct error err = {0};
		const struct server_wish wish = { cases[i].account, cases[i].key, cases[i].dedicated, cases[i].reclaim };

		assert_int_equal(server_half_make(&t, &wish, &half, &err), -22);
		if (!strstr(err.text, cases[i].why))
			fail_msg("%s: wanted: %s", err.text, cases[i].why);
		assert_int_equal(half.line.len, 0);
	}
}

/* The host of permitlisten is a pattern (sshd(8)): "l*t" would permit localhost, and any other. */
static void a_host_is_no_pattern(void **state UNUSED)
{
	static const char *const cases[][2] = { { "Rl*t:12345:localhost:22" }, { "R10.0.0.?:12345:localhost:22" },
						{ "R!a:12345:localhost:22" }, { "L8080:10.0.0.*:80" } };

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		AUTO(tunnel) t = {0};
		AUTO(server_half) half = {0};
		struct error err = {0};

		make_tunnel(cases[i], &t);
		assert_int_equal(server_half_make(&t, &(struct server_wish){ .account = "me", .key = KEY }, &half, &err), -22);
		if (!strstr(err.text, "take it for a pattern"))
			fail_msg("%s", err.text);
	}
}

/* What a stranger wrote behind a key is one line, without escapes of a terminal. */
static void a_comment_stays_one_line(void **state UNUSED)
{
	struct tunnel t = { .name = (char *)"home" };
	AUTO(server_half) half = {0};

	assert_int_equal(server_half_make(&t, &(struct server_wish){ .account = "me", .key = KEY " a\033[2Jb\r\nssh-rsa AAAA" },
					  &half, NULL), 0);
	assert_string_equal(half.line.s, "restrict,command=\"\" " KEY " a?[2Jb");
	assert_string_equal(half.type.s, "ssh-ed25519");
	assert_string_equal(half.base64.s, BODY);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_example_has_its_half),
		cmocka_unit_test(the_line_is_as_narrow_as_the_tunnel),
		cmocka_unit_test(each_hop_leads_to_the_next_one_alone),
		cmocka_unit_test(a_hop_that_is_none),
		cmocka_unit_test(a_device_is_named),
		cmocka_unit_test(what_is_odd_is_refused),
		cmocka_unit_test(a_host_is_no_pattern),
		cmocka_unit_test(a_comment_stays_one_line),
	};

	if (chdir(SOURCE_DIR "/tests/golden") != 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
