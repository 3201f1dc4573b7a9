/* SPDX-License-Identifier: MIT */
#include "runner/loop.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "model/key.h"
#include "model/value.h"
#include "ssh/argv.h"

enum {
	SECOND = 1000000,
	QUIET = SECOND,        /* a target that nobody serves is closed sooner */
	REDIAL = SECOND / 20,  /* to a socket whose backlog is full, which no poll() tells of */
	BANNER_MAX = 4 * 1024, /* an SSH server may say other lines before its own (RFC 4253, 4.2) */
	SOCKS_HOST_MAX = 255,
};

enum step {
	STEP_WAIT,    /* for its turn */
	STEP_DIAL,    /* connect() is to be called */
	STEP_CONNECT, /* and does its work */
	STEP_METHOD,  /* our greeting is sent, SOCKS chooses a method */
	STEP_REQUEST, /* our request is sent */
	STEP_LISTEN,  /* through the tunnel */
	STEP_END,
};

/* The time that passes for ssh and for the server: while this machine sleeps, nobody can be late. */
static long long now_us(void)
{
	struct timespec t;

#ifdef CLOCK_UPTIME_RAW /* macOS: its CLOCK_MONOTONIC goes on in sleep */
	(void)clock_gettime(CLOCK_UPTIME_RAW, &t);
#else
	(void)clock_gettime(CLOCK_MONOTONIC, &t);
#endif
	return (long long)t.tv_sec * SECOND + t.tv_nsec / 1000;
}

/* --- where each forward is entered --------------------------------------------------------------------------- */

static bool set_path(struct loop_probe *p, const char *path)
{
	struct sockaddr_un *un = (struct sockaddr_un *)&p->address;
	size_t len = strlen(path);

	if (len >= sizeof(un->sun_path))
		return false;
	un->sun_family = AF_UNIX;
	memcpy(un->sun_path, path, len + 1);
	p->address_len = sizeof(*un);
	return true;
}

/* Numbers only: to look a name up could take for ever. */
static bool set_number(struct loop_probe *p, const char *host, unsigned port)
{
	struct addrinfo hints = { .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV, .ai_socktype = SOCK_STREAM }, *found;
	char service[8];

	(void)snprintf(service, sizeof(service), "%u", port);
	if (getaddrinfo(host, service, &hints, &found) != 0)
		return false;
	memcpy(&p->address, found->ai_addr, found->ai_addrlen);
	p->address_len = found->ai_addrlen;
	freeaddrinfo(found);
	return true;
}

/* Where ssh listens, or rather one of the addresses (ssh_config(5): GatewayPorts no, AddressFamily). */
static const char *entrance(const struct tunnel *t, const char *bind)
{
	const char *loopback = t->address_family == ADDRESS_FAMILY_INET6 ? "::1" : "127.0.0.1";

	if (!bind || !strcmp(bind, "localhost") || !strcmp(bind, "*"))
		return loopback;
	if (!strcmp(bind, "0.0.0.0"))
		return "127.0.0.1";
	return strcmp(bind, "::") ? bind : "::1";
}

static bool set_address(const struct loop *l, struct loop_probe *p, const char *prefix, size_t i)
{
	const struct endpoint *listen = &p->forward->listen;
	struct ssh_machine machine = { .version = VERSION(6, 7), .loop = prefix };
	AUTO(buf) path = {0};

	if (p->forward->kind == FORWARD_REMOTE)
		return ssh_loop_path(l->tunnel, &machine, i, &path) && set_path(p, path.s);
	if (p->forward->kind == FORWARD_DYNAMIC && !l->request.len)
		return false;
	if (listen->path)
		return set_path(p, listen->path);
	return set_number(p, entrance(l->tunnel, listen->host), listen->port);
}

/* CONNECT to a name, which the server then looks up (RFC 1928, 4). */
static void make_request(struct loop *l)
{
	AUTO(destination) target = {0};
	size_t len;

	if (!l->tunnel->probe_target ||
	    parse_destination(l->tunnel->probe_target, strlen(l->tunnel->probe_target), &target) ||
	    (len = strlen(target.host)) > SOCKS_HOST_MAX)
		return;
	buf_put(&l->request, "\5\1\0\3", 4);
	buf_putc(&l->request, (char)len);
	buf_put(&l->request, target.host, len);
	buf_putc(&l->request, (char)(target.port >> 8));
	buf_putc(&l->request, (char)target.port);
}

static void add(struct loop *l, const struct forwards *list, const char *prefix)
{
	for (size_t i = 0; i < list->len; i++) {
		struct loop_probe p = { .forward = &list->v[i] };

		if (set_address(l, &p, prefix, i))
			p.kind = probe_kind_of(l->tunnel, p.forward);
		l->v = array_grow(l->v, l->len, sizeof(*l->v));
		l->v[l->len++] = p;
	}
}

void loop_prepare(struct loop *ret, const struct tunnel *t, const char *prefix, bool confirms)
{
	*ret = (struct loop){ .tunnel = t, .confirms = confirms };
	make_request(ret);
	add(ret, &t->remote_forward, prefix);
	add(ret, &t->local_forward, NULL);
	add(ret, &t->dynamic_forward, NULL);
}

/* --- one probe ----------------------------------------------------------------------------------------------- */

static void hang_up(struct loop_probe *p)
{
	if (p->fd)
		(void)close(p->fd - 1);
	p->fd = 0;
	p->step = STEP_END;
}

static void end(struct loop *l, struct loop_probe *p, enum proof proof)
{
	bool opened = p->opened;

	hang_up(p);
	p->proof = proof;
	p->proved |= proof == PROOF_GOOD;
	if (proof != PROOF_GOOD)
		p->round_trip_us = 0;
	/* Which channel the server opened, nobody said. If it was not this one, it was another: rather one that is
	 * believed too early than one that ends the tunnel. */
	if (proof == PROOF_REFUSED && opened && l->confirms)
		loop_opened(l);
}

/* ssh does not listen there, or we may not go there: that is no word about the tunnel. A private socket that is gone
 * does not come back. */
static void give_up(struct loop *l, struct loop_probe *p)
{
	end(l, p, PROOF_NONE);
	if (p->forward->kind == FORWARD_REMOTE)
		p->kind = PROBE_NONE;
}

static void begin(struct loop *l, struct loop_probe *p, long long now)
{
	int fd = socket(p->address.ss_family, SOCK_STREAM, 0);

	p->since = now;
	p->step = STEP_DIAL;
	p->fd = fd + 1;
	/* SOCK_CLOEXEC is not in macOS. */
	if (fd < 0 || fcntl(fd, F_SETFD, FD_CLOEXEC) < 0 || fcntl(fd, F_SETFL, O_NONBLOCK) < 0)
		end(l, p, PROOF_NONE);
}

static void listen_now(const struct loop *l, struct loop_probe *p, long long now)
{
	p->step = STEP_LISTEN;
	p->got = p->matched = 0;
	if (!l->confirms && p->kind == PROBE_OPEN)
		p->opened = now; /* as far as we can see; ssh before 8.5 says nothing */
}

static void send_all(struct loop *l, struct loop_probe *p, const void *bytes, size_t len, enum step next)
{
	/* A new connection has room for so little. */
	if (send(p->fd - 1, bytes, len, 0) != (ssize_t)len) {
		end(l, p, PROOF_NONE);
		return;
	}
	p->step = next;
	p->got = 0;
}

static void connected(struct loop *l, struct loop_probe *p, long long now)
{
	if (p->forward->kind == FORWARD_DYNAMIC)
		send_all(l, p, "\5\1\0", 3, STEP_METHOD); /* one method: none */
	else
		listen_now(l, p, now);
}

static void dial(struct loop *l, struct loop_probe *p, long long now)
{
	if (connect(p->fd - 1, (const struct sockaddr *)&p->address, p->address_len) == 0 || errno == EISCONN)
		connected(l, p, now);
	else if (errno == EINPROGRESS || errno == EALREADY || errno == EINTR)
		p->step = STEP_CONNECT;
	else if (errno != EAGAIN) /* of a Unix socket: its backlog is full */
		give_up(l, p);
}

static void await_connection(struct loop *l, struct loop_probe *p, long long now)
{
	struct pollfd fd = { .fd = p->fd - 1, .events = POLLOUT };
	int error = 0;
	socklen_t len = sizeof(error);

	if (poll(&fd, 1, 0) <= 0)
		return;
	if (getsockopt(fd.fd, SOL_SOCKET, SO_ERROR, &error, &len) < 0 || error)
		give_up(l, p);
	else
		connected(l, p, now);
}

/* At most LEN bytes; 0: nothing came yet, or the probe has ended. */
static size_t receive(struct loop *l, struct loop_probe *p, void *ret, size_t len)
{
	ssize_t n = recv(p->fd - 1, ret, len, 0);

	if (n > 0)
		return (size_t)n;
	if (n == 0 || (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR))
		end(l, p, PROOF_REFUSED);
	return 0;
}

static bool answered(struct loop *l, struct loop_probe *p, unsigned wanted)
{
	p->got += (unsigned)receive(l, p, p->answer + p->got, wanted - p->got);
	return p->step != STEP_END && p->got == wanted;
}

static void await_method(struct loop *l, struct loop_probe *p)
{
	if (!answered(l, p, 2))
		return;
	if (p->answer[1])
		end(l, p, PROOF_NONE); /* this is not ssh */
	else
		send_all(l, p, l->request.s, l->request.len, STEP_REQUEST);
}

/* ssh says that all is well before it has asked the server (channels.c, channel_decode_socks5()), so this proves
 * nothing yet. Its answer holds an IPv4 address and has 10 bytes, always. */
static void await_answer(struct loop *l, struct loop_probe *p, long long now)
{
	if (!answered(l, p, 10))
		return;
	if (p->answer[1] || p->answer[3] != 1)
		end(l, p, PROOF_NONE);
	else
		listen_now(l, p, now);
}

/* True: "SSH-" stands at the beginning of a line. */
static bool find_banner(struct loop_probe *p, const char *bytes, size_t len)
{
	static const char banner[] = "SSH-";
	const unsigned all = sizeof(banner) - 1, never = all + 1;

	for (size_t i = 0; i < len; i++) {
		if (bytes[i] == '\n')
			p->matched = 0;
		else
			p->matched = p->matched < all && bytes[i] == banner[p->matched] ? p->matched + 1 : never;
		if (p->matched == all)
			return true;
	}
	return false;
}

static void hear(struct loop *l, struct loop_probe *p, long long now)
{
	char bytes[512];
	size_t n;

	while (p->step == STEP_LISTEN && (n = receive(l, p, bytes, sizeof(bytes)))) {
		if (!p->got)
			p->round_trip_us = (unsigned)(now - p->since);
		p->got += (unsigned)n;
		/* Whoever speaks first has proved more than an open connection can. */
		if (p->kind == PROBE_OPEN || find_banner(p, bytes, n))
			end(l, p, PROOF_GOOD);
		else if (p->got > BANNER_MAX)
			end(l, p, PROOF_REFUSED);
	}
}

static long long deadline(const struct loop *l, const struct loop_probe *p)
{
	if (p->step == STEP_LISTEN && p->kind == PROBE_OPEN && p->opened)
		return p->opened + QUIET;
	return p->since + (long long)l->tunnel->probe_timeout * SECOND;
}

/* What it is if its time is over: only silence from within the tunnel is a word against the tunnel. */
static enum proof judge(const struct loop_probe *p)
{
	if (p->step == STEP_DIAL || p->step == STEP_CONNECT)
		/* Nobody takes what waits at ssh's own socket; on the way to a port a firewall may stand. */
		return p->address.ss_family == AF_UNIX ? PROOF_LATE : PROOF_NONE;
	if (p->step == STEP_LISTEN && p->kind == PROBE_OPEN && p->opened)
		return PROOF_GOOD; /* without loop_opened() a weak one: nobody has closed it */
	if (p->step == STEP_LISTEN && (p->opened || p->got))
		return PROOF_REFUSED;
	return PROOF_LATE;
}

static void advance(struct loop *l, struct loop_probe *p, long long now)
{
	if (p->step == STEP_DIAL)
		dial(l, p, now);
	if (p->step == STEP_CONNECT)
		await_connection(l, p, now);
	if (p->step == STEP_METHOD)
		await_method(l, p);
	if (p->step == STEP_REQUEST)
		await_answer(l, p, now);
	if (p->step == STEP_LISTEN)
		hear(l, p, now);
	if (p->step != STEP_END && now >= deadline(l, p))
		end(l, p, judge(p));
}

/* --- all of them --------------------------------------------------------------------------------------------- */

bool loop_can(const struct loop *l)
{
	for (size_t i = 0; i < l->len; i++)
		if (l->v[i].kind != PROBE_NONE)
			return true;
	return false;
}

void loop_start(struct loop *l)
{
	if (l->running || !loop_can(l))
		return;
	l->running = true;
	for (size_t i = 0; i < l->len; i++) {
		struct loop_probe *p = &l->v[i];

		p->step = p->kind == PROBE_NONE ? STEP_END : STEP_WAIT;
		p->opened = 0;
		p->proof = PROOF_NONE;
		p->round_trip_us = 0;
	}
}

size_t loop_poll(const struct loop *l, struct pollfd *ret, size_t max)
{
	size_t n = 0;

	for (size_t i = 0; i < l->len && n < max; i++) {
		const struct loop_probe *p = &l->v[i];

		if (p->fd && p->step != STEP_DIAL)
			ret[n++] = (struct pollfd){ .fd = p->fd - 1,
						    .events = p->step == STEP_CONNECT ? POLLOUT : POLLIN };
	}
	return n;
}

static size_t connections(const struct loop *l)
{
	size_t n = 0;

	for (size_t i = 0; i < l->len; i++)
		n += l->v[i].fd != 0;
	return n;
}

long long loop_wakes(const struct loop *l)
{
	long long now = now_us(), when = 0;
	bool room = connections(l) < LOOP_SOCKETS_MAX;

	if (!l->running)
		return 0;
	for (size_t i = 0; i < l->len; i++) {
		const struct loop_probe *p = &l->v[i];
		long long due = deadline(l, p);

		if (p->step == STEP_END || (p->step == STEP_WAIT && !room))
			continue;
		if (p->step == STEP_WAIT)
			due = now;
		else if (p->step == STEP_DIAL) /* sooner than the deadline, whoever asks how often */
			due = now + REDIAL - (now - p->since) % REDIAL;
		if (!when || due < when)
			when = due;
	}
	/* Without anything to wait for the run is over, and loop_step() has to say so. */
	return clock_ms() + (when > now ? (when - now + 999) / 1000 : 0);
}

bool loop_step(struct loop *l)
{
	long long now = now_us();
	size_t n;

	if (!l->running)
		return false;
	for (size_t i = 0; i < l->len; i++)
		if (l->v[i].fd)
			advance(l, &l->v[i], now);
	n = connections(l);
	for (size_t i = 0; i < l->len && n < LOOP_SOCKETS_MAX; i++) {
		struct loop_probe *p = &l->v[i];

		if (p->step != STEP_WAIT)
			continue;
		begin(l, p, now);
		advance(l, p, now);
		n += p->fd != 0;
	}
	for (size_t i = 0; i < l->len; i++)
		if (l->v[i].step != STEP_END)
			return false;
	l->running = false;
	return true;
}

/* Nobody says which channel it was, and it may have been a person's: the next that could be meant. The server has done
 * something for this tunnel just now in any case. */
void loop_opened(struct loop *l)
{
	for (size_t i = 0; l->running && i < l->len; i++) {
		struct loop_probe *p = &l->v[i];

		if (p->opened || (p->step != STEP_CONNECT && p->step != STEP_REQUEST && p->step != STEP_LISTEN))
			continue;
		p->opened = now_us();
		if (p->kind == PROBE_OPEN)
			p->round_trip_us = (unsigned)(p->opened - p->since);
		return;
	}
}

void loop_forbid(struct loop *l)
{
	for (size_t i = 0; i < l->len; i++)
		if (l->v[i].forward->kind == FORWARD_REMOTE)
			give_up(l, &l->v[i]);
}

bool loop_forbid_paths(struct loop *l)
{
	bool any = false;

	for (size_t i = 0; i < l->len; i++) {
		struct loop_probe *p = &l->v[i];

		if (p->forward->kind != FORWARD_REMOTE || !p->forward->listen.path || p->proved || p->kind == PROBE_NONE)
			continue;
		give_up(l, p);
		any = true;
	}
	return any;
}

void loop_stop(struct loop *l)
{
	for (size_t i = 0; i < l->len; i++)
		if (l->v[i].step != STEP_END)
			end(l, &l->v[i], PROOF_NONE);
	l->running = false;
}

void loop_done(struct loop *l)
{
	loop_stop(l);
	free(l->v);
	buf_done(&l->request);
	*l = (struct loop){0};
}
