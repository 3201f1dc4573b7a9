/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <stdbool.h>
#include <string.h>

#include "base/buf.h"
#include "model/forward.h"

#define R FORWARD_REMOTE
#define L FORWARD_LOCAL
#define D FORWARD_DYNAMIC

static void same_end(const struct endpoint *e, const char *path, const char *host, unsigned port)
{
	if (path)
		assert_string_equal(e->path, path);
	else
		assert_null(e->path);
	if (host)
		assert_string_equal(e->host, host);
	else
		assert_null(e->host);
	assert_int_equal(e->port, port);
}

#define P100 "/23456789/23456789/23456789/23456789/23456789/23456789/23456789/23456789/23456789/23456789"

static void reads_both_spellings(void **state UNUSED)
{
	static const struct {
		enum forward_kind kind;
		const char *in, *out; /* out NULL: the same */
		struct { const char *path, *host; unsigned port; } listen, target;
	} rows[] = {
		{ R, "12345:localhost:22", NULL, { 0, 0, 12345 }, { 0, "localhost", 22 } },
		{ R, "12345 localhost:22", "12345:localhost:22", { 0, 0, 12345 }, { 0, "localhost", 22 } },
		{ R, "  12345 \t localhost:22 ", "12345:localhost:22", { 0, 0, 12345 }, { 0, "localhost",
		  22 } },
		{ R, "0:localhost:22", NULL, { 0, 0, 0 }, { 0, "localhost", 22 } },
		{ R, "localhost:0:h:1", NULL, { 0, "localhost", 0 }, { 0, "h", 1 } },
		{ R, "65535:h:65535", NULL, { 0, 0, 65535 }, { 0, "h", 65535 } },
		{ L, "1:h:1", NULL, { 0, 0, 1 }, { 0, "h", 1 } },
		{ L, "127.0.0.1:8080:db:5432", NULL, { 0, "127.0.0.1", 8080 }, { 0, "db", 5432 } },
		{ L, "127.0.0.1:8080 db:5432", "127.0.0.1:8080:db:5432", { 0, "127.0.0.1", 8080 }, { 0, "db",
		  5432 } },
		{ L, "*:8080:db:80", NULL, { 0, "*", 8080 }, { 0, "db", 80 } },
		{ L, ":8080:db:80", "*:8080:db:80", { 0, "*", 8080 }, { 0, "db", 80 } },
		{ L, ":8080 db:80", "*:8080:db:80", { 0, "*", 8080 }, { 0, "db", 80 } },
		{ L, "[*]:8080:db:80", "*:8080:db:80", { 0, "*", 8080 }, { 0, "db", 80 } },
		{ R, "[::1]:12345:[::1]:22", NULL, { 0, "::1", 12345 }, { 0, "::1", 22 } },
		{ R, "[::1]:12345 [::1]:22", "[::1]:12345:[::1]:22", { 0, "::1", 12345 }, { 0, "::1", 22 } },
		{ R, "12345:[::1]:22", NULL, { 0, 0, 12345 }, { 0, "::1", 22 } },
		{ R, "[::]:1:[fe80::1%eth0]:2", NULL, { 0, "::", 1 }, { 0, "fe80::1%eth0", 2 } },
		{ R, "[localhost]:1:[db]:2", "localhost:1:db:2", { 0, "localhost", 1 }, { 0, "db", 2 } },
		{ R, "/run/a.sock:/run/b.sock", NULL, { "/run/a.sock", 0, 0 }, { "/run/b.sock", 0, 0 } },
		{ R, "/run/a.sock /run/b.sock", "/run/a.sock:/run/b.sock", { "/run/a.sock", 0, 0 },
		  { "/run/b.sock", 0, 0 } },
		{ R, "/run/a.sock:h:22", NULL, { "/run/a.sock", 0, 0 }, { 0, "h", 22 } },
		{ R, "/run/a.sock h:22", "/run/a.sock:h:22", { "/run/a.sock", 0, 0 }, { 0, "h", 22 } },
		{ L, "/run/a.sock:[::1]:22", NULL, { "/run/a.sock", 0, 0 }, { 0, "::1", 22 } },
		{ L, "8080:/run/b.sock", NULL, { 0, 0, 8080 }, { "/run/b.sock", 0, 0 } },
		{ L, "8080 /run/b.sock", "8080:/run/b.sock", { 0, 0, 8080 }, { "/run/b.sock", 0, 0 } },
		{ L, "*:8080:/run/b.sock", NULL, { 0, "*", 8080 }, { "/run/b.sock", 0, 0 } },
		{ L, "[::1]:8080:/run/b.sock", NULL, { 0, "::1", 8080 }, { "/run/b.sock", 0, 0 } },
		{ L, P100 "/234567890123:h:1", NULL, { P100 "/234567890123", 0, 0 }, { 0, "h", 1 } },
		{ D, "1080", NULL, { 0, 0, 1080 }, { 0, 0, 0 } },
		{ D, "localhost:1080", NULL, { 0, "localhost", 1080 }, { 0, 0, 0 } },
		{ D, "[::1]:1080", NULL, { 0, "::1", 1080 }, { 0, 0, 0 } },
		{ D, "*:1080", NULL, { 0, "*", 1080 }, { 0, 0, 0 } },
		{ D, ":1080", "*:1080", { 0, "*", 1080 }, { 0, 0, 0 } },
		{ D, " 1080 ", "1080", { 0, 0, 1080 }, { 0, 0, 0 } },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(forward) f = {0};
		AUTO(buf) out = {0};
		struct error e = {0};

		if (forward_parse(rows[i].kind, rows[i].in, &f, &e) < 0)
			fail_msg("'%s': %s", rows[i].in, e.text);
		assert_int_equal(f.kind, rows[i].kind);
		same_end(&f.listen, rows[i].listen.path, rows[i].listen.host, rows[i].listen.port);
		same_end(&f.target, rows[i].target.path, rows[i].target.host, rows[i].target.port);
		forward_print(&f, &out);
		assert_string_equal(out.s, rows[i].out ? rows[i].out : rows[i].in);
	}
}

#define WANTED "wanted [bind:]port:host:port, or Unix sockets as /path"
#define NOTARGET "has no target; wanted [bind:]port:host:port"
#define SOCKS NOTARGET " (a port alone would be a SOCKS proxy into this network)"
#define PORT0 "a port is a number between 0 and 65535"
#define PORT1 "a port is a number between 1 and 65535"
#define NOHOST "the target has no host; wanted [bind:]port:host:port"
#define COLONS "too many colons; an IPv6 address stands in [brackets]"
#define ODD "contains a character that no such name has"
#define SPECIAL "the path of a socket cannot hold % $ \\ or ':', which ssh takes apart"

static void refuses_the_rest(void **state UNUSED)
{
	static const struct { enum forward_kind kind; const char *in, *why; } rows[] = {
		{ R, "12345", SOCKS },
		{ R, "/run/a.sock", SOCKS },
		{ L, "8080", NOTARGET },
		{ R, "", WANTED },
		{ R, "  ", WANTED },
		{ R, "12345:", WANTED },
		{ R, "localhost:22", WANTED },
		{ R, "12345:localhost", WANTED },
		{ R, "/run/a.sock:22", WANTED },
		{ R, "12345 localhost", WANTED },
		{ R, "12345 localhost 22", WANTED },
		{ R, "12345:localhost: 22", WANTED },
		{ R, "12345: localhost:22", PORT0 },
		{ R, "a b:c:d", WANTED },
		{ R, "65536:h:22", PORT0 },
		{ R, "-1:h:22", PORT0 },
		{ R, "0x10:h:22", PORT0 },
		{ R, "ssh:h:22", PORT0 },
		{ R, "1:h:0", PORT1 },
		{ R, "1:h:65536", PORT1 },
		{ R, "1:h:ssh", PORT1 },
		{ R, "1:h:22x", PORT1 },
		{ R, "1:h:", PORT1 },
		{ L, "0:h:22", PORT1 },
		{ D, "0", PORT1 },
		{ D, "65536", PORT1 },
		{ D, "socks", PORT1 },
		{ D, "", "wanted [bind:]port" },
		{ D, "1080:h:80", "wanted [bind:]port" },
		{ D, "127.0.0.1 1080", "wanted [bind:]port" },
		{ D, "/run/a.sock", "wanted [bind:]port" },
		{ R, "::1:12345:h:22", COLONS },
		{ R, "12345:::1:22", COLONS },
		{ R, "12345 ::1:22", COLONS },
		{ R, "a:1:b:2:c", COLONS },
		{ D, "::1:1080", "wanted [bind:]port" },
		{ R, "[::1:12345:h:22", "an address in [brackets] does not end" },
		{ R, "12345:[::1]22", "an address in [brackets] does not end" },
		{ R, "[]:12345:h:22", "no address in the [brackets]" },
		{ R, "12345:[]:22", "no address in the [brackets]" },
		{ R, "12345::22", NOHOST },
		{ R, "12345 :22", NOHOST },
		{ R, "12345:*:22", NOHOST },
		{ R, "12345:-h:22", "must not begin with '-'" },
		{ R, "-b:12345:h:22", "must not begin with '-'" },
		{ R, "12345:$(x):22", ODD },
		{ R, "12345:a;b:22", ODD },
		{ R, "a'b:12345:h:22", ODD },
		{ R, "12345:me@h:22", "must not contain '@'; the account goes into User" },
		{ R, "run/a.sock:h:22", "the path of a socket must be absolute" },
		{ R, "12345:./b.sock", "the path of a socket must be absolute" },
		{ R, "12345:~/b.sock", "the path of a socket must be absolute" },
		{ R, "/run/%h:h:22", SPECIAL },
		{ R, "12345:/run/${X}", SPECIAL },
		{ R, "12345:/run/a\\b", SPECIAL },
		{ R, "[/run/a:b]:h:22", SPECIAL }, /* it would be printed as something else */
		{ L, P100 "/2345678901234:h:1", "the path of the socket is longer than 103 bytes" },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct forward f = { .kind = 77 };
		struct error e = {0};

		if (forward_parse(rows[i].kind, rows[i].in, &f, &e) == 0)
			fail_msg("'%s' was taken", rows[i].in);
		assert_int_equal(e.code, -EINVAL);
		if (strcmp(e.text, rows[i].why) != 0)
			fail_msg("'%s': %s, wanted %s", rows[i].in, e.text, rows[i].why);
		assert_int_equal(f.kind, 77);
		assert_int_equal(forward_parse(rows[i].kind, rows[i].in, &f, NULL), -EINVAL);
	}
}

static uint32_t next_random(uint32_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 17;
	*seed ^= *seed << 5;
	return *seed;
}

static void random_end(uint32_t *seed, bool listens, enum forward_kind kind, struct buf *ret)
{
	static const char *const hosts[] = {
		"localhost", "a", "db.example.com", "192.0.2.7", "[::1]", "[2001:db8::ff00:42:8329]",
		"[fe80::1%eth0]", "[name]", "x_y-z.", "m\xc3\xbchle",
	};
	static const char *const paths[] = { "/a", "/run/user/1000/x.sock", "/a[b", "/a]", "/\xc3\xa4",
		"/-" };
	static const char *const all[] = { "", "*", "[*]" };
	unsigned port = next_random(seed) % 65535 + 1, way = next_random(seed) % 4;
	bool bound = false;

	if (way == 0 && kind != FORWARD_DYNAMIC) {
		buf_puts(ret, paths[next_random(seed) % ARRAY_LEN(paths)]);
		return;
	}
	if (listens && kind == FORWARD_REMOTE && next_random(seed) % 8 == 0)
		port = 0;
	if (listens && way == 1) {
		buf_puts(ret, all[next_random(seed) % ARRAY_LEN(all)]);
		bound = true;
	} else if (!listens || way == 2) {
		buf_puts(ret, hosts[next_random(seed) % ARRAY_LEN(hosts)]);
		bound = true;
	}
	buf_printf(ret, "%s%u", bound ? ":" : "", port);
}

static void same_forward(const struct forward *a, const struct forward *b, const char *text)
{
	const struct endpoint *const ends[][2] = { { &a->listen, &b->listen }, { &a->target, &b->target } };

	for (size_t i = 0; i < 2; i++) {
		const struct endpoint *x = ends[i][0], *y = ends[i][1];

		if (strcmp(x->path ? x->path : "", y->path ? y->path : "") != 0 ||
		    strcmp(x->host ? x->host : "", y->host ? y->host : "") != 0 || x->port != y->port)
			fail_msg("'%s' is not what it was", text);
	}
}

static void printing_and_reading_are_inverse(void **state UNUSED)
{
	uint32_t seed = 20240229;

	for (int i = 0; i < 30000; i++) {
		enum forward_kind kind = (enum forward_kind)(FORWARD_REMOTE + next_random(&seed) % 3);
		AUTO(forward) one = {0};
		AUTO(forward) two = {0};
		AUTO(buf) text = {0};
		AUTO(buf) printed = {0};
		AUTO(buf) again = {0};
		struct error e = {0};

		random_end(&seed, true, kind, &text);
		if (kind != FORWARD_DYNAMIC) {
			buf_putc(&text, next_random(&seed) % 2 ? ':' : ' ');
			random_end(&seed, false, kind, &text);
		}
		if (forward_parse(kind, text.s, &one, &e) < 0)
			fail_msg("'%s': %s", text.s, e.text);
		forward_print(&one, &printed);
		assert_null(strchr(printed.s, ' '));
		if (forward_parse(kind, printed.s, &two, &e) < 0)
			fail_msg("'%s', printed as '%s': %s", text.s, printed.s, e.text);
		same_forward(&one, &two, text.s);
		forward_print(&two, &again);
		assert_string_equal(again.s, printed.s);
	}
}

/* Anything at all: it is taken and survives printing, or it is refused with a reason. */
static void any_text_is_judged(void **state UNUSED)
{
	static const char letters[] = "0123458:::::[]//*ah. -%";
	uint32_t seed = 4711;
	unsigned taken = 0;

	for (int i = 0; i < 100000; i++) {
		enum forward_kind kind = (enum forward_kind)(FORWARD_REMOTE + next_random(&seed) % 3);
		size_t len = next_random(&seed) % 16;
		char text[17] = {0};
		AUTO(forward) one = {0};
		AUTO(forward) two = {0};
		AUTO(buf) printed = {0};
		struct error e = {0};

		for (size_t c = 0; c < len; c++)
			text[c] = letters[next_random(&seed) % (sizeof(letters) - 1)];
		if (forward_parse(kind, text, &one, &e) < 0) {
			assert_true(*e.text);
			continue;
		}
		taken++;
		forward_print(&one, &printed);
		if (forward_parse(kind, printed.s, &two, &e) < 0)
			fail_msg("'%s', printed as '%s': %s", text, printed.s, e.text);
		same_forward(&one, &two, text);
	}
	assert_true(taken > 100);
}

static void lists_grow(void **state UNUSED)
{
	AUTO(forwards) l = {0};

	for (unsigned i = 1; i <= 100; i++) {
		AUTO(forward) f = {0};
		AUTO(buf) text = {0};

		buf_printf(&text, "%u:h:22", i);
		assert_int_equal(forward_parse(FORWARD_LOCAL, text.s, &f, NULL), 0);
		forwards_push_take(&l, &f);
		assert_null(f.target.host);
	}
	assert_int_equal(l.len, 100);
	for (unsigned i = 0; i < 100; i++)
		assert_int_equal(l.v[i].listen.port, i + 1);
	forwards_done(&l);
	assert_int_equal(l.len, 0);
	forwards_done(&l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_both_spellings),
		cmocka_unit_test(refuses_the_rest),
		cmocka_unit_test(printing_and_reading_are_inverse),
		cmocka_unit_test(any_text_is_judged),
		cmocka_unit_test(lists_grow),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
