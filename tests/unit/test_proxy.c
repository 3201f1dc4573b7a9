/* SPDX-License-Identifier: MIT */
/* Proxy entries as commands, the programs told apart by what they say, and whose turn it is. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <limits.h>
#include <string.h>

#include "folder.h"
#include "model/config.h"
#include "runner/backoff.h"
#include "runner/turn.h"
#include "ssh/proxy.h"

static void set_tool(enum proxy_program program, const char *path, struct proxy_tool *ret)
{
	ret->program = program;
	buf_puts(&ret->path, path);
}

static void becomes_a_command(void **state UNUSED)
{
	static const struct {
		enum proxy_program program;
		const char *path, *entry, *host, *wanted; /* NULL: this program cannot */
	} rows[] = {
		{ PROXY_NC, "/usr/bin/nc", "http://p:3128", "h", "/usr/bin/nc -v -X connect -x p:3128 -- %h %p" },
		{ PROXY_NC, "/usr/bin/nc", "socks5://[::1]:1080", "::1", "/usr/bin/nc -v -X 5 -x '[::1]:1080' -- %h %p" },
		{ PROXY_NC, "/a b/nc", "http://p:1", "h", "'/a b/nc' -v -X connect -x p:1 -- %h %p" },
		{ PROXY_NC, "/usr/bin/nc", "socks5://[fe80::1%eth0]:1", "h",
		  "/usr/bin/nc -v -X 5 -x '[fe80::1%%eth0]:1' -- %h %p" },
		{ PROXY_NCAT, "/usr/bin/ncat", "http://p:3128", "h",
		  "/usr/bin/ncat --proxy-type http --proxy p:3128 -- %h %p" },
		{ PROXY_NCAT, "/usr/bin/nc", "socks5://[::1]:1080", "h",
		  "/usr/bin/nc --proxy-type socks5 --proxy '[::1]:1080' -- %h %p" },
		{ PROXY_CORKSCREW, "/usr/bin/corkscrew", "http://p:3128", "h", "/usr/bin/corkscrew p 3128 %h %p" },
		{ PROXY_CORKSCREW, "/usr/bin/corkscrew", "http://p:3128", "2001:db8::1",
		  "/usr/bin/corkscrew p 3128 '[%h]' %p" },
		{ PROXY_CORKSCREW, "/usr/bin/corkscrew", "http://[::1]:3128", "h", NULL },
		{ PROXY_CORKSCREW, "/usr/bin/corkscrew", "socks5://p:1080", "h", NULL },
		{ PROXY_NONE, "", "http://p:3128", "h", NULL },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(proxy_tool) tool = {0};
		AUTO(buf) text = {0};

		set_tool(rows[i].program, rows[i].path, &tool);
		assert_int_equal(proxy_is_usable(&tool, rows[i].entry), rows[i].wanted != NULL);
		if (!rows[i].wanted)
			continue;
		proxy_command(&tool, rows[i].entry, rows[i].host, &text);
		assert_string_equal(text.s, rows[i].wanted);
	}
}

static void direct_needs_no_program(void **state UNUSED)
{
	const struct proxy_tool none = {0};

	assert_true(proxy_is_usable(&none, "direct"));
}

/* The first lines of what each says to -h. */
static void tells_the_netcats_apart(void **state UNUSED)
{
	static const struct { const char *said; enum proxy_program wanted; } rows[] = {
		{ "OpenBSD netcat (Debian patchlevel 1.219-1)\nusage: nc [-46CDdFhklNnrStUuvZz] [-I length]\n\t  [-m minttl] "
		  "[-q seconds] [-s sourceaddr] [-T keyword] [-V rtable] [-W recvlimit]\n"
		  "\t  [-w timeout] [-X proxy_protocol] [-x proxy_address[:port]]\n", PROXY_NC },
		{ "usage: nc [-46AacCDdEFhklMnOortUuvz] [-K tc] [-b boundif] [-i interval] [-p source_port]\n"
		  "\t  [-w timeout] [-X proxy_version]\n\t  [-x proxy_address[:port]] [hostname] [port[s]]\n", PROXY_NC },
		{ "Ncat 7.93 ( https://nmap.org/ncat )\nUsage: ncat [options] [hostname] [port]\n", PROXY_NCAT },
		{ "[v1.10-47]\nconnect to somewhere:\tnc [-options] hostname port[s] [ports] ... \n", PROXY_NONE },
		{ "BusyBox v1.35.0 (Debian 1:1.35.0-4+b7) multi-call binary.\n\nUsage: nc [-lnz] [-w SEC]\n", PROXY_NONE },
		{ "", PROXY_NONE },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		assert_int_equal(proxy_program_of(rows[i].said), rows[i].wanted);
}

static void is_kept_as_a_line(void **state UNUSED)
{
	static const char *const good[] = { "none", "nc /usr/bin/nc", "ncat /opt/a b/ncat", "corkscrew /c" };
	static const char *const bad[] = { "", "nc", "nc ", "nc x", "none /x", "netcat /x", "ncatx /x", " /x" };

	for (size_t i = 0; i < ARRAY_LEN(good); i++) {
		AUTO(proxy_tool) tool = {0};
		AUTO(buf) text = {0};

		assert_true(proxy_tool_parse(good[i], &tool));
		proxy_tool_print(&tool, &text);
		assert_string_equal(text.s, good[i]);
	}
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		AUTO(proxy_tool) tool = {0};

		assert_false(proxy_tool_parse(bad[i], &tool));
		assert_int_equal(tool.program, PROXY_NONE);
	}
}

static void make_tunnel(const char *proxies, struct tunnel *ret)
{
	__attribute__((cleanup(folder_done))) struct folder f = {0};
	AUTO(strv) problems = {0};
	AUTO(buf) text = {0};
	AUTO(buf) path = {0};

	folder_make(&f);
	buf_cat(&text, "[Tunnel]\nHost = h\n", proxies);
	folder_puts(&f, "x.ini", text.s);
	assert_int_equal(config_load(folder_at(&f, "x.ini", &path), CONFIG_USER, ret, &problems), 0);
}

#define THREE "Proxy = http://a:1\nProxy = socks5://b:2\nProxy = direct\n"

/* From one try to the next: how it ended, and which entry is taken then. */
static void takes_turns(void **state UNUSED)
{
	static const struct {
		const char *what;
		enum proxy_program program;
		enum phase phase;
		enum class_id class;
		bool was_up;
		long long next_try;
		unsigned turn, failed;
		bool at_once;
		unsigned wanted, wanted_failed;
	} rows[] = {
		{ "the first start", PROXY_NC, PHASE_NONE, CLASS_none, false, 0, 2, 1, false, 0, 0 },
		{ "the first failed", PROXY_NC, PHASE_WAITING, CLASS_proxy_gone, false, 0, 0, 0, true, 1, 1 },
		{ "the second failed", PROXY_NC, PHASE_WAITING, CLASS_timeout, false, 0, 1, 1, true, 2, 2 },
		{ "the last failed", PROXY_NC, PHASE_WAITING, CLASS_dns, false, 0, 2, 2, false, 0, 0 },
		{ "round the corner", PROXY_NC, PHASE_WAITING, CLASS_closed, false, 0, 2, 0, true, 0, 1 },
		{ "the one before the good one failed", PROXY_NC, PHASE_WAITING, CLASS_closed, false, 0, 1, 2, false, 2, 0 },
		{ "it had been up", PROXY_NC, PHASE_WAITING, CLASS_closed, true, 0, 1, 1, false, 1, 0 },
		{ "the key is wrong", PROXY_NC, PHASE_PARKED, CLASS_auth, false, 0, 1, 1, false, 1, 0 },
		{ "the port is taken", PROXY_NC, PHASE_WAITING, CLASS_port_busy, false, 0, 1, 1, false, 1, 1 },
		{ "planned, and killed while it waited", PROXY_NC, PHASE_WAITING, CLASS_dns, false, 999, 1, 0, false, 1, 0 },
		{ "nobody saw how it ended", PROXY_NC, PHASE_CONNECTING, CLASS_none, false, 0, 1, 1, false, 1, 0 },
		{ "stopped by a person while it was up", PROXY_NC, PHASE_STOPPED, CLASS_none, true, 0, 1, 0, false, 1, 0 },
		{ "stopped by a person before", PROXY_NC, PHASE_STOPPED, CLASS_none, false, 0, 1, 1, false, 0, 0 },
		{ "beyond the list", PROXY_NC, PHASE_WAITING, CLASS_dns, true, 0, 4000000000u, 0, false, 1, 0 },
		{ "corkscrew: no SOCKS", PROXY_CORKSCREW, PHASE_WAITING, CLASS_proxy_gone, false, 0, 0, 0, true, 2, 1 },
		{ "corkscrew: both failed", PROXY_CORKSCREW, PHASE_WAITING, CLASS_dns, false, 0, 2, 1, false, 0, 0 },
		{ "no program: direct alone", PROXY_NONE, PHASE_NONE, CLASS_none, false, 0, 0, 0, false, 2, 0 },
		{ "no program: direct failed", PROXY_NONE, PHASE_WAITING, CLASS_dns, false, 0, 2, 0, false, 2, 0 },
	};
	AUTO(tunnel) t = {0};

	make_tunnel(THREE, &t);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct proxy_tool tool = { .program = rows[i].program };
		struct state s = { .phase = rows[i].phase, .class = rows[i].class, .was_up = rows[i].was_up,
				   .next_try = rows[i].next_try, .proxy_turn = rows[i].turn,
				   .proxy_failed = rows[i].failed, .settings = tunnel_print(&t) };
		bool at_once = turn_take(&t, &tool, &s);

		if (at_once != rows[i].at_once || s.proxy_turn != rows[i].wanted || s.proxy_failed != rows[i].wanted_failed ||
		    (at_once && s.phase != PHASE_CONNECTING) || (!at_once && s.phase != rows[i].phase))
			fail_msg("%s: at once %d, entry %u, failed %u, phase %d", rows[i].what, at_once, s.proxy_turn,
				 s.proxy_failed, s.phase);
	}
}

static void what_another_may_cure(void **state UNUSED)
{
	static const enum class_id may[] = { CLASS_proxy, CLASS_proxy_gone, CLASS_proxy_forbids, CLASS_proxy_login,
					     CLASS_proxy_target, CLASS_not_ssh, CLASS_banner_timeout };
	static const enum class_id may_not[] = { CLASS_none, CLASS_auth, CLASS_host_key_changed, CLASS_port_busy,
						 CLASS_proxy_tool, CLASS_roam, CLASS_killed };

	for (size_t i = 0; i < ARRAY_LEN(may); i++)
		assert_true(turn_may_help(may[i]));
	for (size_t i = 0; i < ARRAY_LEN(may_not); i++)
		assert_false(turn_may_help(may_not[i]));
}

static void says_what_to_install(void **state UNUSED)
{
	AUTO(buf) web = {0};
	AUTO(buf) socks = {0};

	proxy_cure("http://p:1", &web);
	proxy_cure("socks5://p:1", &socks);
	assert_non_null(strstr(web.s, "corkscrew"));
	assert_null(strstr(socks.s, "corkscrew"));
}

static void other_settings_begin_at_the_top(void **state UNUSED)
{
	const struct proxy_tool tool = { .program = PROXY_NC };
	struct state s = { .phase = PHASE_WAITING, .class = CLASS_dns, .proxy_turn = 2, .settings = 1 };
	AUTO(tunnel) t = {0};

	make_tunnel(THREE, &t);
	assert_false(turn_take(&t, &tool, &s));
	assert_int_equal(s.proxy_turn, 0);
}

/* A list of two that never works: two tries in a row, then the wait that one of a tunnel without proxies would have. */
static void waits_once_a_round(void **state UNUSED)
{
	const struct proxy_tool tool = { .program = PROXY_NC };
	struct state s = {0};
	AUTO(tunnel) t = {0};
	long long now = 1000000, least[] = { 0, 750, 0, 1500, 0, 3000, 0, 6000 };

	make_tunnel("Proxy = http://a:1\nProxy = socks5://b:2\n", &t);
	s.settings = tunnel_print(&t);
	s.phase = PHASE_CONNECTING;
	for (size_t i = 0; i < ARRAY_LEN(least); i++) {
		s.phase = PHASE_WAITING;
		s.since = now;
		s.next_try = 0;
		s.class = i % 2 ? CLASS_dns : CLASS_proxy_gone;
		if (turn_take(&t, &tool, &s)) {
			assert_int_equal(least[i], 0);
			continue;
		}
		backoff_plan(&t, &s, now, 0);
		assert_int_equal(s.phase, PHASE_WAITING);
		assert_int_equal(s.next_try - now, least[i]);
		now = s.next_try;
	}
	assert_int_equal(s.failures, ARRAY_LEN(least) / 2);
}

/* What a state file may hold that another release wrote, or somebody else, for a list that has become shorter since. */
static void hostile_turns(void **state UNUSED)
{
	static const unsigned turns[] = { 0, 1, 2, 3, 1000, INT_MAX };
	static const char *const lists[] = { THREE, "Proxy = http://a:1\n", "Proxy = direct\n" };
	static const enum phase phases[] = { PHASE_NONE, PHASE_CONNECTING, PHASE_UP, PHASE_WAITING, PHASE_PARKED,
					     PHASE_STOPPED };
	const struct proxy_tool tool = { .program = PROXY_NC };

	for (size_t i = 0; i < ARRAY_LEN(lists) * ARRAY_LEN(turns) * ARRAY_LEN(turns) * ARRAY_LEN(phases); i++) {
		size_t n = i / ARRAY_LEN(lists), p = n / ARRAY_LEN(turns) / ARRAY_LEN(turns);
		struct state s = { .phase = phases[p], .class = CLASS_dns, .proxy_turn = turns[n % ARRAY_LEN(turns)],
				   .proxy_failed = turns[n / ARRAY_LEN(turns) % ARRAY_LEN(turns)] };
		AUTO(tunnel) t = {0};
		unsigned passes = 0;

		make_tunnel(lists[i % ARRAY_LEN(lists)], &t);
		s.settings = tunnel_print(&t);
		while (turn_take(&t, &tool, &s)) {
			assert_true(s.proxy_turn < t.proxy.len);
			assert_true(++passes < t.proxy.len);
			s.phase = PHASE_WAITING;
		}
		assert_true(s.proxy_turn < t.proxy.len);
	}
}

/* Ten dead proxies for ten minutes: ten starts in a row, and then the wait that a single one would have. */
static void never_storms(void **state UNUSED)
{
	enum { MINUTE = 60 * 1000, TRY_MS = 10, WORST_MS = 22500 /* of RetryDelayMax with its jitter */ };
	const struct proxy_tool tool = { .program = PROXY_NC };
	static const enum class_id dead[] = { CLASS_proxy_gone, CLASS_closed, CLASS_dns, CLASS_unknown, CLASS_refused };
	AUTO(buf) list = {0};
	AUTO(tunnel) t = {0};

	for (int i = 0; i < 10; i++)
		buf_printf(&list, "Proxy = http://p%d:1\n", i);
	make_tunnel(list.s, &t);
	for (size_t c = 0; c < ARRAY_LEN(dead); c++) {
		struct state s = { .settings = tunnel_print(&t) };
		long long now = MINUTE, end = now + 10LL * MINUTE;
		unsigned row = 0, starts = 0, waits = 0;

		for (; now < end; now += TRY_MS) {
			bool at_once = turn_take(&t, &tool, &s);

			if (!at_once)
				backoff_plan(&t, &s, now, 0);
			row = at_once ? row + 1 : 1;
			assert_true(row <= t.proxy.len);
			waits += s.phase == PHASE_WAITING;
			now = s.phase == PHASE_WAITING ? s.next_try : now;
			starts++;
			s = (struct state){ .phase = PHASE_WAITING, .class = dead[c], .since = now, .settings = s.settings,
					    .proxy_turn = s.proxy_turn, .proxy_failed = s.proxy_failed,
					    .failures = s.failures, .first_failure = s.first_failure };
		}
		if (dead[c] != CLASS_refused && waits > 6 + 10 * MINUTE / WORST_MS)
			fail_msg("%s: %u starts, %u waits", classes[dead[c]].word, starts, waits);
		assert_true(starts <= (waits + 1) * t.proxy.len && starts >= waits * t.proxy.len);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(becomes_a_command),
		cmocka_unit_test(direct_needs_no_program),
		cmocka_unit_test(tells_the_netcats_apart),
		cmocka_unit_test(is_kept_as_a_line),
		cmocka_unit_test(takes_turns),
		cmocka_unit_test(what_another_may_cure),
		cmocka_unit_test(says_what_to_install),
		cmocka_unit_test(other_settings_begin_at_the_top),
		cmocka_unit_test(waits_once_a_round),
		cmocka_unit_test(hostile_turns),
		cmocka_unit_test(never_storms),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
