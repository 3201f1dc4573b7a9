/* SPDX-License-Identifier: MIT */
/*
 * The loop against real sockets of this machine: in place of ssh and of whatever stands behind it, a listener here that
 * speaks, keeps silent or hangs up as a row says.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/un.h>

#include "folder.h"
#include "base/alloc.h"
#include "base/clock.h"
#include "model/config.h"
#include "runner/loop.h"

enum { FAKES_MAX = 200, FOREVER_MS = 10000 };

/* Stands where ssh listens. Takes one connection at a time. */
struct fake {
	int listener;         /* + 1 */
	const char *says;     /* NULL: nothing */
	const char *adds;     /* half a second later */
	int after_ms;
	bool hangs_up;        /* after that */
	bool deaf;            /* does not even accept() */
	bool socks;           /* first speaks SOCKS */
	const char *refuses;  /* instead of its answer to the request */
	const char *wants;    /* the request, but for its first four bytes */
	size_t wants_len;
	bool opens;           /* and then ssh says that the channel is open */
	int opens_after_ms;
	/* Of the connection: */
	int fd;               /* + 1 */
	long long since;
	unsigned stage, taken;
	bool opened;
};

struct bench {
	struct folder folder;
	struct tunnel tunnel;
	struct loop loop;
	struct fake fakes[FAKES_MAX];
	size_t len, most;
	long long forbid_after, stop_after; /* ms, 0: never */
};

static void drop(int *fd)
{
	if (*fd)
		(void)close(*fd - 1);
	*fd = 0;
}

static void bench_done(struct bench *b)
{
	loop_done(&b->loop);
	tunnel_done(&b->tunnel);
	for (size_t i = 0; i < b->len; i++) {
		drop(&b->fakes[i].fd);
		drop(&b->fakes[i].listener);
	}
	folder_done(&b->folder);
}

/* LINES go into [Tunnel] and what follows it; ProbeTimeout is 1 s. */
static void load(struct bench *b, const char *lines)
{
	AUTO(strv) problems = {0};
	AUTO(buf) text = {0};
	AUTO(buf) path = {0};

	if (!*b->folder.path)
		folder_make(&b->folder);
	buf_printf(&text, "[Tunnel]\nHost = h\n%s\n[Health]\nProbeTimeout = 1\n[Service]\nRunAs = me\n", lines);
	folder_puts(&b->folder, "x.ini", text.s);
	if (config_load(folder_at(&b->folder, "x.ini", &path), CONFIG_SYSTEM, &b->tunnel, &problems) < 0)
		fail_msg("%s", problems.v[0]);
}

static void prepare(struct bench *b, bool confirms)
{
	AUTO(buf) prefix = {0};

	loop_prepare(&b->loop, &b->tunnel, folder_at(&b->folder, "l", &prefix), confirms);
}

static struct fake *add(struct bench *b, struct fake like, int fd, const void *address, size_t len, int backlog)
{
	assert_true(fd >= 0 && b->len < FAKES_MAX);
	if (bind(fd, address, (socklen_t)len) < 0 || listen(fd, backlog) < 0)
		fail_msg("listen: %s", strerror(errno));
	assert_true(fcntl(fd, F_SETFL, O_NONBLOCK) == 0);
	like.listener = fd + 1;
	b->fakes[b->len] = like;
	return &b->fakes[b->len++];
}

static struct fake *add_unix(struct bench *b, struct fake like, const char *name, int backlog)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	AUTO(buf) path = {0};

	(void)snprintf(un.sun_path, sizeof(un.sun_path), "%s", folder_at(&b->folder, name, &path));
	return add(b, like, socket(AF_UNIX, SOCK_STREAM, 0), &un, sizeof(un), backlog);
}

/* Returns the port. */
static unsigned add_tcp(struct bench *b, struct fake like, in_addr_t host)
{
	struct sockaddr_in in = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(host) };
	socklen_t len = sizeof(in);
	struct fake *f = add(b, like, socket(AF_INET, SOCK_STREAM, 0), &in, sizeof(in), 16);

	assert_int_equal(getsockname(f->listener - 1, (struct sockaddr *)&in, &len), 0);
	return ntohs(in.sin_port);
}

static void say(const struct fake *f, const char *text, size_t len)
{
	/* Whoever has what it wants hangs up; that is its right. */
	(void)!send(f->fd - 1, text, len, MSG_NOSIGNAL);
}

/* ssh's side of SOCKS; true when it is over. */
static bool speak_socks(struct fake *f)
{
	char bytes[512];
	ssize_t n = recv(f->fd - 1, bytes, sizeof(bytes), MSG_DONTWAIT);

	if (n <= 0)
		return false;
	if (f->stage == 0) {
		assert_memory_equal(bytes, "\5\1\0", 3);
		say(f, "\5\0", 2);
		f->stage = 1;
		return false;
	}
	assert_int_equal(n, 4 + (ssize_t)f->wants_len);
	assert_memory_equal(bytes, "\5\1\0\3", 4);
	assert_memory_equal(bytes + 4, f->wants, f->wants_len);
	/* In two pieces, and with the banner close behind. */
	say(f, "\5\0\0", 3);
	say(f, "\1\0\0\0\0\0\0", 7);
	return true;
}

static void act(struct bench *b, struct fake *f)
{
	long long now = clock_ms();
	int fd;

	if (!f->fd && f->listener && !f->deaf && (fd = accept(f->listener - 1, NULL, NULL)) >= 0) {
		f->fd = fd + 1;
		f->since = now;
		f->stage = f->socks ? 0 : 2;
		f->opened = false;
		f->taken++;
	}
	if (f->fd && f->stage < 2 && !f->refuses && speak_socks(f))
		f->stage = 2;
	if (f->fd && f->stage < 2 && f->refuses) {
		say(f, f->refuses, 2);
		f->stage = 9;
	}
	if (f->fd && f->opens && f->stage >= 2 && !f->opened && now >= f->since + f->opens_after_ms) {
		loop_opened(&b->loop);
		f->opened = true;
	}
	if (f->fd && f->stage == 2 && now >= f->since + f->after_ms) {
		if (f->says)
			say(f, f->says, strlen(f->says));
		f->stage = 3;
	}
	if (f->fd && f->stage == 3 && (!f->adds || now >= f->since + f->after_ms + 500)) {
		if (f->adds)
			say(f, f->adds, strlen(f->adds));
		f->stage = 4;
	}
	if (f->fd && f->stage == 4 && f->hangs_up)
		drop(&f->fd);
}

static size_t open_sockets(const struct loop *l)
{
	size_t n = 0;

	for (size_t i = 0; i < l->len; i++) {
		if (!l->v[i].fd)
			continue;
		n++;
		assert_true(fcntl(l->v[i].fd - 1, F_GETFD) & FD_CLOEXEC);
		assert_true(fcntl(l->v[i].fd - 1, F_GETFL) & O_NONBLOCK);
	}
	return n;
}

/* Returns how long the run took. The loop is only stepped when it asked for it: else it would hang here. */
static long long run(struct bench *b)
{
	long long since = clock_ms();
	unsigned steps = 0;

	loop_start(&b->loop);
	assert_true(b->loop.running);
	for (;;) {
		struct pollfd fds[LOOP_SOCKETS_MAX];
		long long before = clock_ms(), wakes = loop_wakes(&b->loop);
		size_t n = loop_poll(&b->loop, fds, LOOP_SOCKETS_MAX);

		assert_true(wakes);
		assert_true(before < since + FOREVER_MS);
		if (poll(fds, n, 5) > 0 || clock_ms() >= wakes) {
			steps++;
			if (loop_step(&b->loop))
				break;
			assert_true(clock_ms() < before + 200); /* never blocks */
		}
		n = open_sockets(&b->loop);
		assert_true(n <= LOOP_SOCKETS_MAX);
		b->most = n > b->most ? n : b->most;
		for (size_t i = 0; i < b->len; i++)
			act(b, &b->fakes[i]);
		if (b->forbid_after && clock_ms() >= since + b->forbid_after)
			loop_forbid(&b->loop);
		if (b->stop_after && clock_ms() >= since + b->stop_after) {
			loop_stop(&b->loop);
			break;
		}
	}
	if (steps > 500)
		fail_msg("%u steps: it spins", steps);
	assert_false(b->loop.running);
	assert_int_equal(open_sockets(&b->loop), 0);
	assert_true(loop_wakes(&b->loop) == 0);
	assert_false(loop_step(&b->loop));
	return clock_ms() - since;
}

/* Almost as many bytes as may stand before the banner. */
#define SIXTEEN(s) s s s s s s s s s s s s s s s s
#define MANY SIXTEEN(SIXTEEN("fifteen letters"))

static void proves_a_remote_forward(void **state UNUSED)
{
	enum { CONFIRMS = 1 };
	static const struct { const char *what, *target; struct fake fake; int confirms; enum proof proof;
		int least_ms, most_ms; } rows[] = {
		{ "a banner", "h:22", { .says = "SSH-2.0-x\r\n" }, 0, PROOF_GOOD, 0, 300 },
		{ "a banner, late", "h:22", { .says = "SSH-2.0-x\r\n", .after_ms = 600 }, 0, PROOF_GOOD, 600, 900 },
		{ "a banner, too late", "h:22", { .says = "SSH-2.0-x\r\n", .after_ms = 1500 }, 0, PROOF_LATE, 1000, 1300 },
		{ "a banner in pieces", "h:22", { .says = "SS", .adds = "H-2.0" }, 0, PROOF_GOOD, 500, 800 },
		{ "lines before", "h:22", { .says = "Go away\r\nif you SSH-\nSSSH-\nSSH-2.0" }, 0, PROOF_GOOD, 0, 300 },
		{ "another greeting", "h:22", { .says = "220 SSH-\n SSH-\n" }, 0, PROOF_REFUSED, 1000, 1300 },
		{ "a flood", "h:22", { .says = MANY, .adds = MANY }, 0, PROOF_REFUSED, 500, 800 },
		{ "many lines before", "h:22", { .says = MANY "\nSSH-2.0" }, 0, PROOF_GOOD, 0, 300 },
		{ "the end at once", "h:22", { .hangs_up = true }, 0, PROOF_REFUSED, 0, 300 },
		{ "junk and the end", "h:22", { .says = "SSH", .hangs_up = true }, 0, PROOF_REFUSED, 0, 300 },
		{ "silence", "h:22", { .says = NULL }, 0, PROOF_LATE, 1000, 1300 },
		{ "nobody there", "h:22", { .deaf = true }, 0, PROOF_LATE, 1000, 1300 },
		{ "silence of the target", "h:22", { .opens = true }, CONFIRMS, PROOF_REFUSED, 1000, 1300 },
		{ "open", "h:80", { .opens = true }, CONFIRMS, PROOF_GOOD, 1000, 1300 },
		{ "open after long", "h:80", { .opens = true, .opens_after_ms = 700 }, CONFIRMS, PROOF_GOOD, 1700, 2000 },
		{ "open too late", "h:80", { .opens = true, .opens_after_ms = 1300 }, CONFIRMS, PROOF_LATE, 1000, 1300 },
		{ "open and closed", "h:80", { .opens = true, .after_ms = 700, .hangs_up = true }, CONFIRMS, PROOF_REFUSED,
		  700, 1000 },
		{ "never open", "h:80", { .says = NULL }, CONFIRMS, PROOF_LATE, 1000, 1300 },
		{ "closed, not open", "h:80", { .hangs_up = true }, CONFIRMS, PROOF_REFUSED, 0, 300 },
		{ "speaks unasked", "h:80", { .says = "+" }, CONFIRMS, PROOF_GOOD, 0, 300 },
		{ "open as far as one sees", "h:80", { .says = NULL }, 0, PROOF_GOOD, 1000, 1300 },
		{ "closed as far as one sees", "h:80", { .after_ms = 300, .hangs_up = true }, 0, PROOF_REFUSED, 300, 600 },
		{ "a socket as target", "/run/s", { .opens = true }, CONFIRMS, PROOF_GOOD, 1000, 1300 },
		{ "a banner on demand", "h:80\n[Health]\nProbe = banner", { .says = "SSH-1.99" }, 0, PROOF_GOOD, 0, 300 },
		{ "no banner on demand", "h:22\n[Health]\nProbe = open", { .opens = true }, CONFIRMS, PROOF_GOOD, 1000, 1300 },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		__attribute__((cleanup(bench_done))) struct bench b = { .len = 0 };
		const struct loop_probe *p;
		AUTO(buf) lines = {0};
		bool timed;
		long long took;

		buf_printf(&lines, "RemoteForward = 1:%s", rows[i].target);
		load(&b, lines.s);
		add_unix(&b, rows[i].fake, "l.0", 16);
		prepare(&b, rows[i].confirms);
		assert_true(loop_can(&b.loop));
		took = run(&b);
		p = &b.loop.v[0];
		if (p->proof != rows[i].proof)
			fail_msg("%s: %d", rows[i].what, (int)p->proof);
		/* A busy machine is slow, but nothing is done too early. */
		if (took < rows[i].least_ms || took > rows[i].most_ms + 700)
			fail_msg("%s: %lld ms", rows[i].what, took);
		timed = p->proof == PROOF_GOOD && (rows[i].confirms || rows[i].fake.says);
		if (timed != (p->round_trip_us > 0))
			fail_msg("%s: round trip %u us", rows[i].what, p->round_trip_us);
	}
}

/* The loop may never stop a tunnel: what happened to its own socket is no word about the tunnel. */
static void gives_up_where_nobody_listens(void **state UNUSED)
{
	__attribute__((cleanup(bench_done))) struct bench b = { .len = 0 };
	unsigned gone;

	for (int listened = 0; listened < 2; listened++) {
		__attribute__((cleanup(bench_done))) struct bench c = { .len = 0 };

		load(&c, "RemoteForward = 1:h:22");
		if (listened) /* the socket is there, the listener is not: ECONNREFUSED */
			drop(&add_unix(&c, (struct fake){ .deaf = true }, "l.0", 1)->listener);
		prepare(&c, true);
		assert_true(run(&c) < 500);
		assert_int_equal(c.loop.v[0].proof, PROOF_NONE);
		assert_false(loop_can(&c.loop));
		loop_start(&c.loop);
		assert_false(c.loop.running);
	}

	/* A port of the person's own may come back. */
	gone = add_tcp(&b, (struct fake){ .deaf = true }, INADDR_LOOPBACK);
	drop(&b.fakes[0].listener);
	AUTO(buf) lines = {0};
	buf_printf(&lines, "LocalForward = %u:h:80", gone);
	load(&b, lines.s);
	prepare(&b, true);
	assert_true(run(&b) < 500);
	assert_int_equal(b.loop.v[0].proof, PROOF_NONE);
	assert_true(loop_can(&b.loop));
}

static void enters_local_forwards_where_they_listen(void **state UNUSED)
{
	static const struct { const char *bind; in_addr_t host; } rows[] = {
		{ "", INADDR_LOOPBACK },          { "localhost:", INADDR_LOOPBACK },
		{ "127.0.0.1:", INADDR_LOOPBACK }, { "*:", INADDR_LOOPBACK },
		{ "0.0.0.0:", INADDR_LOOPBACK },   { "127.0.0.2:", 0x7f000002 },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		__attribute__((cleanup(bench_done))) struct bench b = { .len = 0 };
		struct fake banner = { .says = "SSH-2.0-x\r\n" };
		AUTO(buf) lines = {0};

		folder_make(&b.folder);
		buf_printf(&lines, "LocalForward = %s%u:h:22\nLocalForward = %s/sock:h:22", rows[i].bind,
			   add_tcp(&b, banner, rows[i].host), b.folder.path);
		add_unix(&b, banner, "sock", 16);
		load(&b, lines.s);
		prepare(&b, false);
		run(&b);
		assert_int_equal(b.loop.len, 2);
		for (size_t j = 0; j < 2; j++)
			if (b.loop.v[j].proof != PROOF_GOOD)
				fail_msg("%s %zu: %d", rows[i].bind, j, (int)b.loop.v[j].proof);
	}
}

static void asks_a_dynamic_forward_for_its_target(void **state UNUSED)
{
	static const struct { const char *target, *wants; size_t len; struct fake fake; enum proof proof; } rows[] = {
		{ "intranet:22", "\10intranet\0\26", 11, { .says = "SSH-2.0-x\r\n" }, PROOF_GOOD },
		{ "intranet:443", "\10intranet\1\273", 11, { .opens = true }, PROOF_GOOD },
		{ "[2001:db8::1]:443", "\0132001:db8::1\1\273", 14, { .opens = true }, PROOF_GOOD },
		{ "intranet:443", "\10intranet\1\273", 11, { .says = NULL }, PROOF_LATE },
		{ "intranet:443", "\10intranet\1\273", 11, { .hangs_up = true }, PROOF_REFUSED },
		{ "intranet:443", "", 0, { .refuses = "\5\377" }, PROOF_NONE },
		{ "intranet:443", "", 0, { .deaf = true }, PROOF_LATE },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		__attribute__((cleanup(bench_done))) struct bench b = { .len = 0 };
		struct fake fake = rows[i].fake;
		AUTO(buf) lines = {0};

		fake.socks = true;
		fake.wants = rows[i].wants;
		fake.wants_len = rows[i].len;
		buf_printf(&lines, "DynamicForward = %u\n[Health]\nProbeTarget = %s",
			   add_tcp(&b, fake, INADDR_LOOPBACK), rows[i].target);
		load(&b, lines.s);
		prepare(&b, true);
		run(&b);
		if (b.loop.v[0].proof != rows[i].proof)
			fail_msg("%s %zu: %d", rows[i].target, i, (int)b.loop.v[0].proof);
	}
}

/* Takes up all there is of a backlog; returns the number. */
static size_t fill(const struct bench *b, int *fds, size_t max)
{
	const struct loop_probe *p = &b->loop.v[0];

	for (size_t n = 0; n < max; n++) {
		int fd = socket(AF_UNIX, SOCK_STREAM, 0);

		assert_true(fcntl(fd, F_SETFL, O_NONBLOCK) == 0);
		if (connect(fd, (const struct sockaddr *)&p->address, p->address_len) < 0) {
			(void)close(fd);
			return n;
		}
		fds[n] = fd;
	}
	fail_msg("the backlog is not full");
	return 0;
}

static void waits_for_a_full_backlog(void **state UNUSED)
{
#ifdef __linux__ /* macOS refuses the connection instead */
	for (int drains = 0; drains < 2; drains++) {
		__attribute__((cleanup(bench_done))) struct bench b = { .len = 0 };
		struct fake fake = { .says = "SSH-2.0-x\r\n", .deaf = !drains, .hangs_up = true };
		int fds[16];
		size_t n;

		load(&b, "RemoteForward = 1:h:22");
		add_unix(&b, fake, "l.0", 1);
		prepare(&b, false);
		n = fill(&b, fds, ARRAY_LEN(fds));
		run(&b);
		assert_int_equal(b.loop.v[0].proof, drains ? PROOF_GOOD : PROOF_LATE);
		while (n--)
			(void)close(fds[n]);
	}
#else
	skip();
#endif
}

static void leaves_out_what_cannot_be_proved(void **state UNUSED)
{
	static const char *const rows[] = {
		"RemoteForward = 0:h:22",
		"DynamicForward = 1080",
		"LocalForward = no-number.invalid:1:h:22", /* to look it up could block */
		"RemoteForward = 1:h:22\nLocalForward = 1:h:22\n[Health]\nProbe = none",
	};
	__attribute__((cleanup(bench_done))) struct bench without = { .len = 0 };
	struct loop none = {0};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		__attribute__((cleanup(bench_done))) struct bench b = { .len = 0 };

		load(&b, rows[i]);
		prepare(&b, true);
		assert_true(b.loop.len > 0);
		assert_false(loop_can(&b.loop));
		loop_start(&b.loop);
		assert_false(b.loop.running);
	}
	load(&without, "RemoteForward = 1:h:22");
	loop_prepare(&without.loop, &without.tunnel, NULL, true);
	assert_false(loop_can(&without.loop));
	/* All-zero is one, too. */
	loop_start(&none);
	loop_opened(&none);
	loop_forbid(&none);
	assert_false(loop_step(&none));
	assert_int_equal(loop_poll(&none, NULL, 0), 0);
	loop_done(&none);
}

static void forbidden_in_mid_run(void **state UNUSED)
{
	__attribute__((cleanup(bench_done))) struct bench b = { .forbid_after = 200 };
	AUTO(buf) lines = {0};

	buf_printf(&lines, "RemoteForward = 1:h:22\nRemoteForward = 2:h:80\nLocalForward = %u:h:22",
		   add_tcp(&b, (struct fake){ .says = "SSH-2.0", .after_ms = 500 }, INADDR_LOOPBACK));
	load(&b, lines.s);
	add_unix(&b, (struct fake){ .says = NULL }, "l.0", 16);
	add_unix(&b, (struct fake){ .hangs_up = true }, "l.1", 16);
	prepare(&b, true);
	run(&b);
	/* Also what was closed because of it, before ssh said why. */
	assert_int_equal(b.loop.v[0].proof, PROOF_NONE);
	assert_int_equal(b.loop.v[1].proof, PROOF_NONE);
	assert_int_equal(b.loop.v[2].proof, PROOF_GOOD);
	assert_true(loop_can(&b.loop));
	run(&b);
	assert_int_equal(b.fakes[1].taken, 1);
	assert_int_equal(b.fakes[2].taken, 1);
}

/* A path that was proved once is open to the key: whoever has gone since, nobody forbade it. */
static void forbids_paths_alone(void **state UNUSED)
{
	__attribute__((cleanup(bench_done))) struct bench b = { .len = 0 };

	load(&b, "RemoteForward = 1:h:22\nRemoteForward = /r/a:h:22\nRemoteForward = /r/b:h:22");
	add_unix(&b, (struct fake){ .says = "SSH-2.0" }, "l.0", 16);
	add_unix(&b, (struct fake){ .says = "SSH-2.0" }, "l.1", 16);
	add_unix(&b, (struct fake){ .hangs_up = true }, "l.2", 16);
	prepare(&b, true);
	run(&b);
	assert_int_equal(b.loop.v[2].proof, PROOF_REFUSED);
	assert_true(loop_forbid_paths(&b.loop));
	assert_int_equal(b.loop.v[0].proof, PROOF_GOOD);
	assert_int_equal(b.loop.v[1].proof, PROOF_GOOD);
	assert_int_equal(b.loop.v[2].proof, PROOF_NONE);
	assert_false(loop_forbid_paths(&b.loop));
	assert_true(loop_can(&b.loop));
}

static void ends_when_all_is_forbidden(void **state UNUSED)
{
	__attribute__((cleanup(bench_done))) struct bench b = { .forbid_after = 100 };

	load(&b, "RemoteForward = 1:h:22");
	add_unix(&b, (struct fake){ .says = NULL }, "l.0", 16);
	prepare(&b, true);
	assert_true(run(&b) < 900);
	assert_false(loop_can(&b.loop));
}

/* ssh does not say which channel is open. A target that closes its own must not make another one late. */
static void shares_what_ssh_says(void **state UNUSED)
{
	for (int opens = 0; opens < 2; opens++) {
		__attribute__((cleanup(bench_done))) struct bench b = { .len = 0 };

		load(&b, "RemoteForward = 1:h:80\nRemoteForward = 2:h:80\nRemoteForward = 3:h:22");
		/* The first is refused by the server; that of the second is the only channel that is opened. */
		add_unix(&b, (struct fake){ .opens = opens, .after_ms = 200, .hangs_up = true }, "l.0", 16);
		add_unix(&b, (struct fake){ .opens = true, .opens_after_ms = 50 }, "l.1", 16);
		add_unix(&b, (struct fake){ .says = "SSH-2.0", .after_ms = 100 }, "l.2", 16);
		prepare(&b, true);
		run(&b);
		assert_int_equal(b.loop.v[0].proof, PROOF_REFUSED);
		assert_int_equal(b.loop.v[1].proof, PROOF_GOOD);
		assert_int_equal(b.loop.v[2].proof, PROOF_GOOD);
	}
}

static void proves_hundreds(void **state UNUSED)
{
	__attribute__((cleanup(bench_done))) struct bench b = { .len = 0 };
	AUTO(buf) lines = {0};

	for (size_t i = 0; i < FAKES_MAX; i++)
		buf_printf(&lines, "RemoteForward = %zu:h:22\n", i + 1);
	load(&b, lines.s);
	for (size_t i = 0; i < FAKES_MAX; i++) {
		AUTO(buf) name = {0};

		buf_printf(&name, "l.%zu", i);
		add_unix(&b, (struct fake){ .says = "SSH-2.0-x\r\n", .after_ms = 50 }, name.s, 4);
	}
	prepare(&b, false);
	run(&b);
	for (size_t i = 0; i < FAKES_MAX; i++)
		if (b.loop.v[i].proof != PROOF_GOOD || b.fakes[i].taken != 1)
			fail_msg("%zu: %d, %u times", i, (int)b.loop.v[i].proof, b.fakes[i].taken);
	assert_int_equal(b.most, LOOP_SOCKETS_MAX);
}

static void runs_again_and_stops(void **state UNUSED)
{
	__attribute__((cleanup(bench_done))) struct bench b = { .len = 0 };

	load(&b, "RemoteForward = 1:h:22");
	add_unix(&b, (struct fake){ .says = "SSH-2.0", .hangs_up = true }, "l.0", 16);
	prepare(&b, false);
	for (unsigned i = 1; i < 4; i++) {
		run(&b);
		assert_int_equal(b.loop.v[0].proof, PROOF_GOOD);
		assert_int_equal(b.fakes[0].taken, i);
	}
	b.fakes[0].says = NULL;
	b.fakes[0].hangs_up = false;
	b.stop_after = 200;
	run(&b);
	assert_int_equal(b.loop.v[0].proof, PROOF_NONE);
	/* One at a time. */
	b.stop_after = 0;
	drop(&b.fakes[0].fd);
	loop_start(&b.loop);
	loop_start(&b.loop);
	run(&b);
	assert_int_equal(b.loop.v[0].proof, PROOF_LATE);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(proves_a_remote_forward),
		cmocka_unit_test(gives_up_where_nobody_listens),
		cmocka_unit_test(enters_local_forwards_where_they_listen),
		cmocka_unit_test(asks_a_dynamic_forward_for_its_target),
		cmocka_unit_test(waits_for_a_full_backlog),
		cmocka_unit_test(leaves_out_what_cannot_be_proved),
		cmocka_unit_test(forbidden_in_mid_run),
		cmocka_unit_test(forbids_paths_alone),
		cmocka_unit_test(ends_when_all_is_forbidden),
		cmocka_unit_test(shares_what_ssh_says),
		cmocka_unit_test(proves_hundreds),
		cmocka_unit_test(runs_again_and_stops),
	};

	(void)signal(SIGPIPE, SIG_IGN); /* as the loop's owner does */
	return cmocka_run_group_tests(tests, NULL, NULL);
}
