/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/file.h"
#include "base/strv.h"
#include "runner/netwatch.h"
#include "runner/pfroute.h"

enum { MUTATIONS = 4500, LEAST_MUTATIONS = 100000 };

/* A message, and whether it matters. */
struct sample {
	char *what;
	bool matters;
	struct buf bytes;
};

struct samples {
	struct sample *v;
	size_t len;
};

static void samples_done(struct samples *l)
{
	for (size_t i = 0; i < l->len; i++) {
		free(l->v[i].what);
		buf_done(&l->v[i].bytes);
	}
	free(l->v);
}

static struct sample *add_sample(struct samples *l, const char *what, size_t len, bool matters)
{
	l->v = array_grow(l->v, l->len, sizeof(*l->v));
	l->v[l->len] = (struct sample){ .what = xstrndup(what, len), .matters = matters };
	return &l->v[l->len++];
}

static void put_hex(const char *line, size_t len, struct buf *ret)
{
	for (size_t i = 0; i + 1 < len; i += 2) {
		unsigned byte;

		assert_int_equal(sscanf(line + i, "%2x", &byte), 1);
		buf_putc(ret, (char)byte);
	}
}

/* tests/unit/netlink/linux.txt */
static void read_recorded(struct samples *ret)
{
	AUTO(buf) text = {0};
	struct sample *last = NULL;

	assert_int_equal(file_read(SOURCE_DIR "/tests/unit/netlink/linux.txt", 1 << 20, &text, NULL, NULL), 0);
	for (const char *s = text.s; *s; s += strcspn(s, "\n"), s += *s == '\n') {
		size_t len = strcspn(s, "\n");

		if (!strncmp(s, "yes ", 4) || !strncmp(s, "no ", 3))
			last = add_sample(ret, s, len, *s == 'y');
		else if (len && *s != '#')
			put_hex(s, len, &last->bytes);
	}
	assert_true(ret->len > 20);
}

/* From a copy of just that size, so that the sanitizer sees whoever reads on. */
static bool ask(bool (*matters)(const void *, size_t), const void *bytes, size_t len)
{
	AUTO_FREE char *copy = xrealloc(NULL, len);

	memcpy(copy, len ? bytes : "", len);
	return matters(copy, len);
}

static void expect(bool (*matters)(const void *, size_t), const struct samples *l)
{
	for (size_t i = 0; i < l->len; i++)
		if (ask(matters, buf_str(&l->v[i].bytes), l->v[i].bytes.len) != l->v[i].matters)
			fail_msg("%s: %s", l->v[i].what, l->v[i].matters ? "does not matter" : "matters");
}

static void knows_what_linux_sends(void **state UNUSED)
{
	__attribute__((cleanup(samples_done))) struct samples l = {0};
	AUTO(buf) all = {0};

	read_recorded(&l);
	expect(rtnetlink_matters, &l);
	/* Several in one packet: none that matters, then one. */
	for (size_t i = 0; i < l.len; i++)
		if (!l.v[i].matters)
			buf_put(&all, l.v[i].bytes.s, l.v[i].bytes.len);
	assert_true(all.len % 4 == 0);
	assert_false(ask(rtnetlink_matters, all.s, all.len));
	buf_put(&all, l.v[0].bytes.s, l.v[0].bytes.len);
	assert_true(ask(rtnetlink_matters, all.s, all.len));
	/* A cut one says nothing. */
	assert_false(ask(rtnetlink_matters, all.s, all.len - 1));
}

static struct buf *recorded(struct samples *l, const char *what)
{
	for (size_t i = 0; i < l->len; i++)
		if (strstr(l->v[i].what, what))
			return &l->v[i].bytes;
	fail_msg("%s: not recorded", what);
	return NULL;
}

static void set_number(struct buf *b, size_t at, uint32_t n)
{
	assert_true(at + sizeof(n) <= b->len);
	memcpy(b->s + at, &n, sizeof(n));
}

static void add_attribute(struct buf *message, uint16_t type, uint32_t n)
{
	const uint16_t head[] = { 8, type };

	buf_put(message, head, sizeof(head));
	buf_put(message, &n, sizeof(n));
	set_number(message, 0, (uint32_t)message->len);
}

/* What could not be recorded here. */
static void knows_what_linux_may_send(void **state UNUSED)
{
	enum { MESSAGE = 16, ROUTE_TABLE = MESSAGE + 4, ROUTE_FLAGS = MESSAGE + 8, ADDRESS_FAMILY = MESSAGE };
	static const struct { uint32_t event; bool matters; } events[] = {
		{ 1, false }, { 2, false }, { 3, true }, { 4, true }, { 5, false }, { 6, false },
	};
	__attribute__((cleanup(samples_done))) struct samples l = {0};
	const uint32_t overrun[] = { MESSAGE, 4, 0, 0 }, done[] = { MESSAGE, 3, 0, 0 };
	struct buf *b;
	size_t len;

	read_recorded(&l);
	assert_true(ask(rtnetlink_matters, overrun, sizeof(overrun)));
	assert_false(ask(rtnetlink_matters, done, sizeof(done)));
	b = recorded(&l, "a carrier comes");
	len = b->len;
	for (size_t i = 0; i < ARRAY_LEN(events); i++) {
		b->len = len;
		add_attribute(b, 44, events[i].event);
		assert_true(ask(rtnetlink_matters, b->s, b->len) == events[i].matters);
	}
	b->len = len;
	add_attribute(b, 11, 0); /* a scan for wireless networks has ended */
	assert_false(ask(rtnetlink_matters, b->s, b->len));
	b = recorded(&l, "an IPv6 default route (");
	set_number(b, ROUTE_FLAGS, 0x200);
	assert_false(ask(rtnetlink_matters, b->s, b->len));
	/* A table that is told in the old way alone, in 8 bits: no attributes at all. */
	set_number(b, ROUTE_FLAGS, 0);
	set_number(b, 0, ROUTE_FLAGS + 4);
	assert_true(ask(rtnetlink_matters, b->s, ROUTE_FLAGS + 4));
	b->s[ROUTE_TABLE] = 100;
	assert_false(ask(rtnetlink_matters, b->s, ROUTE_FLAGS + 4));
	b = recorded(&l, "still tentative");
	len = b->len;
	add_attribute(b, 8, 0xc8); /* and will stay so: somebody else has it */
	assert_true(ask(rtnetlink_matters, b->s, b->len));
	b->len = len;
	add_attribute(b, 8, 0xc4); /* optimistic: may be used */
	assert_true(ask(rtnetlink_matters, b->s, b->len));
	b = recorded(&l, "an IPv4 address (");
	b->s[ADDRESS_FAMILY] = 12; /* of another kind of network */
	assert_false(ask(rtnetlink_matters, b->s, b->len));
}

static void put_route(struct buf *ret, unsigned type, int32_t flags, int32_t error)
{
	enum { RT_MSGHDR = 92, ADDRESSES = 48 }; /* with two or three struct sockaddr after it */
	char rest[RT_MSGHDR + ADDRESSES - sizeof(struct pfroute_route)] = {0};
	const struct pfroute_route route = { .len = RT_MSGHDR + ADDRESSES, .version = 5, .type = (uint8_t)type,
					     .index = 4, .flags = flags, .addresses = 7, .pid = 99, .error = error };

	buf_put(ret, &route, sizeof(route));
	buf_put(ret, rest, sizeof(rest));
}

static void put_other(struct buf *ret, unsigned version, unsigned type, size_t len)
{
	const unsigned char head[] = { 0, 0, (unsigned char)version, (unsigned char)type };
	const uint16_t size = (uint16_t)len;
	size_t at = ret->len;

	buf_put(ret, head, sizeof(head));
	memcpy(ret->s + at, &size, sizeof(size));
	while (ret->len < at + len)
		buf_putc(ret, 0);
}

/* Built from the layout of net/route.h and net/if.h; nothing here runs macOS. */
static void build_routes(struct samples *ret)
{
	enum { IF_MSGHDR = 112, IFA_MSGHDR = 20, ADDRESSES = 72 };
	static const struct { const char *what; bool matters; unsigned type; int32_t flags, error; } routes[] = {
		{ "default route", true, 1, 0x803, 0 },
		{ "default route gone", true, 2, 0x803, 0 },
		{ "default route of one interface", true, 1, 0x1000803, 0 },
		{ "route changed", true, 3, 0x803, 0 },
		{ "rejecting route", true, 1, 0x80b, 0 },
		{ "route that could not be added", false, 1, 0x803, 17 },
		{ "neighbour", false, 1, 0x405, 0 },
		{ "neighbour gone", false, 2, 0x405, 0 },
		{ "clone", false, 1, 0x20007, 0 },
		{ "local route", false, 1, 0x200005, 0 },
		{ "broadcast route", false, 1, 0x400405, 0 },
		{ "multicast route", false, 1, 0x800005, 0 },
		{ "somebody's question", false, 4, 0x803, 0 },
		{ "lookup that found nothing", false, 7, 0x803, 0 },
		{ "resolve", false, 0xb, 0x803, 0 },
	};
	static const struct { const char *what; bool matters; unsigned version, type, len; } others[] = {
		{ "address", true, 5, 0xc, IFA_MSGHDR + ADDRESSES },
		{ "address gone", true, 5, 0xd, IFA_MSGHDR + ADDRESSES },
		{ "link", true, 5, 0xe, IF_MSGHDR },
		{ "multicast address", false, 5, 0xf, IFA_MSGHDR + ADDRESSES },
		{ "multicast address gone", false, 5, 0x10, IFA_MSGHDR + ADDRESSES },
		{ "another version", false, 4, 0xc, IFA_MSGHDR + ADDRESSES },
		{ "too short for a route", false, 5, 1, 20 },
		{ "nothing but a header", true, 5, 0xe, 4 },
	};

	for (size_t i = 0; i < ARRAY_LEN(routes); i++)
		put_route(&add_sample(ret, routes[i].what, strlen(routes[i].what), routes[i].matters)->bytes,
			  routes[i].type, routes[i].flags, routes[i].error);
	for (size_t i = 0; i < ARRAY_LEN(others); i++)
		put_other(&add_sample(ret, others[i].what, strlen(others[i].what), others[i].matters)->bytes,
			  others[i].version, others[i].type, others[i].len);
}

static void knows_what_macos_sends(void **state UNUSED)
{
	__attribute__((cleanup(samples_done))) struct samples l = {0};
	AUTO(buf) all = {0};

	build_routes(&l);
	expect(pfroute_matters, &l);
	put_route(&all, 1, 0x405, 0);
	put_other(&all, 9, 0xc, 50);
	assert_false(ask(pfroute_matters, all.s, all.len));
	put_other(&all, 5, 0xe, 112);
	assert_true(ask(pfroute_matters, all.s, all.len));
	assert_false(ask(pfroute_matters, all.s, all.len - 1));
}

/* xorshift64*: the same row of numbers everywhere. */
static uint64_t next_random(uint64_t *seed)
{
	*seed ^= *seed >> 12;
	*seed ^= *seed << 25;
	*seed ^= *seed >> 27;
	return *seed * 2685821657736338717U;
}

static void spoil(struct buf *b, uint64_t *seed)
{
	static const unsigned char edges[] = { 0, 1, 2, 3, 4, 15, 16, 17, 0x7f, 0x80, 0xfe, 0xff };
	uint64_t n = 1 + next_random(seed) % 4;

	while (b->len && n--) {
		size_t at = next_random(seed) % b->len;
		uint64_t r = next_random(seed);

		/* Half of them where lengths and types are. */
		if (r & 1)
			at &= ~(size_t)3;
		if (r & 2)
			at %= 64;
		if (at < b->len)
			b->s[at] = (char)(r & 4 ? edges[(r >> 8) % sizeof(edges)] : r >> 16);
	}
	if (next_random(seed) % 2)
		b->len = next_random(seed) % (b->len + 1);
}

static void survives(bool (*matters)(const void *, size_t), const struct samples *l)
{
	uint64_t seed = 20240229;
	unsigned tried = 0, mattered = 0;

	for (size_t i = 0; i < l->len; i++) {
		const struct buf *bytes = &l->v[i].bytes;

		for (size_t len = 0; len <= bytes->len; len++, tried++)
			mattered += ask(matters, buf_str(bytes), len);
		for (int n = 0; n < MUTATIONS; n++, tried++) {
			AUTO(buf) b = {0};

			buf_put(&b, bytes->s, bytes->len);
			spoil(&b, &seed);
			mattered += ask(matters, buf_str(&b), b.len);
		}
	}
	assert_true(tried >= LEAST_MUTATIONS && mattered && mattered < tried);
}

static void survives_spoiled_messages(void **state UNUSED)
{
	__attribute__((cleanup(samples_done))) struct samples linux_messages = {0}, darwin_messages = {0};

	read_recorded(&linux_messages);
	build_routes(&darwin_messages);
	survives(rtnetlink_matters, &linux_messages);
	survives(pfroute_matters, &darwin_messages);
}

static void finds_the_source(void **state UNUSED)
{
	char source[SOURCE_TEXT_MAX] = "untouched";

	assert_int_equal(source_of("127.0.0.1", NULL, source), 0);
	assert_string_equal(source, "127.0.0.1");
	assert_true(source_is_here(source));
	if (source_is_here("127.0.0.2")) { /* not so on macOS */
		assert_int_equal(source_of("127.0.0.1", "127.0.0.2", source), 0);
		assert_string_equal(source, "127.0.0.2");
	}
	if (source_is_here("::1")) {
		assert_int_equal(source_of("::1", NULL, source), 0);
		assert_string_equal(source, "::1");
		assert_int_equal(source_of("::1", "127.0.0.1", source), -EAFNOSUPPORT);
	} else {
		print_message("SKIPPED: ::1 is not an address here\n");
	}
}

static void knows_what_is_no_source(void **state UNUSED)
{
	static const char *const bad[] = { "", "localhost", "127.0.0.1:22", "127.0.0.1 ", "[::1]", "fe80::1%nowhere9",
					   "host.example", "256.1.1.1", "%lo", "::1%" };
	char source[SOURCE_TEXT_MAX] = "untouched";

	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		if (source_is_here(bad[i]))
			fail_msg("%s: is here", bad[i]);
		assert_true(source_of(bad[i], NULL, source) < 0);
		assert_true(source_of("127.0.0.1", bad[i], source) < 0);
	}
	assert_false(source_is_here("192.0.2.77"));
	assert_int_equal(source_of("127.0.0.1", "192.0.2.77", source), -EADDRNOTAVAIL);
	assert_string_equal(source, "untouched");
}

static int run(char *const argv[], bool quiet)
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

		if (quiet && (dup2(null, STDOUT_FILENO) < 0 || dup2(null, STDERR_FILENO) < 0))
			_exit(127);
		(void)execvp(argv[0], argv);
		_exit(127);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		return -1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* The words of ip(8), separated by single spaces. */
static void ip(const char *words)
{
	AUTO(strv) argv = {0};

	strv_push(&argv, "ip");
	strv_split(&argv, words);
	if (run(argv.v, true) != 0)
		fail_msg("ip %s failed", words);
}

static bool told(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	return poll(&p, 1, 0) == 1 && netwatch_take(fd);
}

/* In a network of its own, whose kernel sends before ip(8) ends. */
static void hears_the_kernel(void **state UNUSED)
{
	static const struct { const char *words; bool matters; } steps[] = {
		{ "link set lo up", true },
		{ "addr add 192.0.2.1/24 dev lo", true },
		{ "addr change 192.0.2.1/24 dev lo valid_lft 3600 preferred_lft 1800", false },
		{ "route add 198.51.100.0/24 dev lo", true },
		{ "route add 198.51.100.0/24 dev lo table 1000", false },
		{ "route del 198.51.100.0/24 dev lo table 1000", false },
		{ "route del 198.51.100.0/24 dev lo", true },
		{ "link set lo down", true },
		{ "link set lo up", true },
	};
	int fd = netwatch_open(), one = 1;
	char source[SOURCE_TEXT_MAX];

	assert_true(fd > 0);
	assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	assert_false(netwatch_take(fd)); /* does not block */
	for (size_t i = 0; i < ARRAY_LEN(steps); i++) {
		(void)poll(NULL, 0, 40); /* the stamps of addresses are hundredths of seconds */
		ip(steps[i].words);
		if (told(fd) != steps[i].matters)
			fail_msg("ip %s: %s", steps[i].words, steps[i].matters ? "not told" : "told");
		assert_false(netwatch_take(fd));
	}
	assert_true(source_is_here("192.0.2.1"));
	assert_int_equal(source_of("192.0.2.1", NULL, source), 0);
	assert_string_equal(source, "192.0.2.1");
	assert_true(source_of("203.0.113.1", NULL, source) < 0);
	ip("addr del 192.0.2.1/24 dev lo");
	assert_false(source_is_here("192.0.2.1"));
	assert_true(told(fd));
	/* More than the queue can hold: who knows what was among it. */
	assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &one, sizeof(one)), 0);
	for (int i = 0; i < 10; i++) {
		ip("route add 198.51.100.0/24 dev lo table 1000");
		ip("route del 198.51.100.0/24 dev lo table 1000");
	}
	assert_true(told(fd));
	assert_false(told(fd));
	assert_int_equal(close(fd), 0);
}

static char *self;

static void hears_the_kernel_of_another_network(void **state UNUSED)
{
	char *probe[] = { (char *)"unshare", (char *)"-rn", (char *)"ip", (char *)"link", NULL };
	char *argv[] = { (char *)"unshare", (char *)"-rn", self, (char *)"inside", NULL };

	if (run(probe, true) != 0) {
		print_message("SKIPPED: unshare -rn ip link does not work: the live socket is not tested\n");
		skip();
	}
	assert_int_equal(run(argv, false), 0);
}

static void opens_and_closes(void **state UNUSED)
{
	int fd = netwatch_open();

	assert_true(fd > 0);
	(void)netwatch_take(fd);
	assert_int_equal(close(fd), 0);
}

int main(int argc, char *argv[])
{
	const struct CMUnitTest inside[] = {
		cmocka_unit_test(hears_the_kernel),
	};
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(knows_what_linux_sends),
		cmocka_unit_test(knows_what_linux_may_send),
		cmocka_unit_test(knows_what_macos_sends),
		cmocka_unit_test(survives_spoiled_messages),
		cmocka_unit_test(finds_the_source),
		cmocka_unit_test(knows_what_is_no_source),
		cmocka_unit_test(opens_and_closes),
		cmocka_unit_test(hears_the_kernel_of_another_network),
	};

	self = argv[0];
	if (argc > 1)
		return cmocka_run_group_tests(inside, NULL, NULL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
