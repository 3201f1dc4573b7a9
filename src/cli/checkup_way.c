/* SPDX-License-Identifier: MIT */
/* Name, connection, greeting: without ssh, which would not say how far it came. */
#include "cli/checkup_way.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"
#include "cli/as.h"
#include "cli/checkup.h"
#include "model/value.h"

enum { PATIENCE_MS = 2000, ADDRESSES_MAX = 8 };

void way_done(struct way *w)
{
	buf_done(&w->host);
	buf_done(&w->addresses);
	*w = (struct way){0};
}

/* Of a process that works for us Ctrl-C is the end: it has nothing to clean up. */
static void end_at_signals(void)
{
	(void)signal(SIGINT, SIG_DFL);
	(void)signal(SIGTERM, SIG_DFL);
	(void)signal(SIGHUP, SIG_DFL);
}

/* --- its name ------------------------------------------------------------------------------------------------ */

/* What ConfigFile makes of Host, ssh itself says best (ssh(1), -G, since 6.8). */
static void ask_ssh(struct checkup *t)
{
	AUTO(ssh_errand) errand = {0};
	AUTO(buf) output = {0};

	strv_push(&errand.words, "-G");
	if (!t->has_client || client_run(&t->client, &errand, PATIENCE_MS * 5, &output, NULL) != 0)
		return;
	for (char *line = output.s, *rest; line && *line; line = rest) {
		size_t len = strcspn(line, "\n");
		unsigned port;

		rest = line + len + (line[len] == '\n');
		line[len] = '\0';
		if (!strncmp(line, "hostname ", 9)) {
			buf_clear(&t->way.host);
			buf_puts(&t->way.host, line + 9);
		} else if (!strncmp(line, "port ", 5) && !parse_uint(line + 5, 1, 65535, &port)) {
			t->way.port = port;
		} else if (!strncmp(line, "proxycommand ", 13) || !strncmp(line, "proxyjump ", 10)) {
			buf_clear(&t->way.host);
			return;
		}
	}
}

static void find_way(struct checkup *t)
{
	const struct tunnel *tunnel = &t->tunnel;
	AUTO(destination) hop = {0};

	if (tunnel->proxy_command || tunnel->proxy.len)
		return;
	if (tunnel->proxy_jump &&
	    !parse_destination(tunnel->proxy_jump, strcspn(tunnel->proxy_jump, ","), &hop)) {
		buf_puts(&t->way.host, hop.host);
		t->way.port = hop.port ? hop.port : 22;
		return;
	}
	buf_puts(&t->way.host, tunnel->host);
	t->way.port = tunnel->port;
	if (strcmp(tunnel->config_file, "none") != 0)
		ask_ssh(t);
}

static int work_resolve(const void *what, struct buf *ret, struct error *err)
{
	static const int families[] = { [ADDRESS_FAMILY_INET] = AF_INET, [ADDRESS_FAMILY_INET6] = AF_INET6 };
	const struct checkup *t = what;
	unsigned family = t->tunnel.address_family;
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM }, *found;
	int r;

	end_at_signals();
	hints.ai_family = family < ARRAY_LEN(families) ? families[family] : AF_UNSPEC;
	if ((r = getaddrinfo(t->way.host.s, NULL, &hints, &found)) != 0)
		return error_set(err, -ENOENT, "%s", gai_strerror(r));
	for (const struct addrinfo *a = found; a; a = a->ai_next) {
		char text[64] = "";

		(void)getnameinfo(a->ai_addr, a->ai_addrlen, text, sizeof(text), NULL, 0, NI_NUMERICHOST);
		buf_cat(ret, ret->len ? " " : "", text);
	}
	freeaddrinfo(found);
	return 0;
}

void checkup_dns(struct checkup *t)
{
	struct error err = {0};

	find_way(t);
	if (!t->way.host.len)
		checkup_nothing(t, "a ProxyCommand finds the server");
	else if (as_call(&t->account, work_resolve, t, t->tunnel.connect_timeout * 1000 + PATIENCE_MS,
			 &t->way.addresses, &err) < 0)
		checkup_fail(t, CURE_name, t->way.host.s, "%s%s: %s",
			     t->tunnel.proxy_jump ? "ProxyJump host " : "", t->way.host.s, err.text);
	else if (!strcmp(t->way.host.s, t->way.addresses.s))
		checkup_nothing(t, "%s is an address already", t->way.host.s);
	else
		checkup_good(t, "%s is %s", t->way.host.s, t->way.addresses.s);
}

/* --- a connection -------------------------------------------------------------------------------------------- */

struct call {
	const char *hosts; /* blanks between them; or a path */
	unsigned port;
	long long timeout_ms; /* of each connection, and of the greeting */
	bool hears;
};

static bool await(int fd, short events, long long deadline)
{
	struct pollfd p = { .fd = fd, .events = events };

	while (clock_ms() < deadline)
		if (poll(&p, 1, clock_ms_until(deadline)) > 0)
			return true;
	return false;
}

/* The connection, or -1. */
static int dial(const struct sockaddr *address, socklen_t size, long long timeout_ms, int *ret_error)
{
	int fd = socket(address->sa_family, SOCK_STREAM, 0);
	socklen_t len = sizeof(*ret_error);

	*ret_error = 0;
	if (fd < 0 || fcntl(fd, F_SETFL, O_NONBLOCK) < 0 ||
	    (connect(fd, address, size) < 0 && errno != EINPROGRESS))
		*ret_error = errno;
	else if (!await(fd, POLLOUT, clock_ms() + timeout_ms))
		*ret_error = ETIMEDOUT;
	else if (getsockopt(fd, SOL_SOCKET, SO_ERROR, ret_error, &len) < 0)
		*ret_error = errno;
	if (*ret_error && fd >= 0)
		(void)close(fd);
	return *ret_error ? -1 : fd;
}

static int dial_path(const char *path, long long timeout_ms, struct contact *c)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };

	c->error = ENAMETOOLONG;
	if (strlen(path) >= sizeof(un.sun_path))
		return -1;
	memcpy(un.sun_path, path, strlen(path) + 1);
	return dial((const struct sockaddr *)&un, sizeof(un), timeout_ms, &c->error);
}

/* Each address of the host in turn, as ssh does. */
static int dial_host(const char *host, const struct call *call, struct contact *c)
{
	struct addrinfo hints = { .ai_flags = AI_NUMERICSERV, .ai_socktype = SOCK_STREAM }, *found;
	char service[8];
	int fd = -1;

	(void)snprintf(service, sizeof(service), "%u", call->port);
	c->error = EADDRNOTAVAIL;
	if (getaddrinfo(host, service, &hints, &found) != 0)
		return -1;
	for (const struct addrinfo *a = found; a && fd < 0; a = a->ai_next) {
		(void)getnameinfo(a->ai_addr, a->ai_addrlen, c->address, sizeof(c->address), NULL, 0,
				  NI_NUMERICHOST);
		fd = dial(a->ai_addr, a->ai_addrlen, call->timeout_ms, &c->error);
	}
	freeaddrinfo(found);
	return fd;
}

static int dial_all(const struct call *call, struct contact *c)
{
	AUTO(strv) hosts = {0};
	int fd = -1;

	if (*call->hosts == '/')
		return dial_path(call->hosts, call->timeout_ms, c);
	strv_split(&hosts, call->hosts);
	for (size_t i = 0; i < hosts.len && i < ADDRESSES_MAX && fd < 0; i++)
		fd = dial_host(hosts.v[i], call, c);
	return fd;
}

/* RFC 4253, 4.2: other lines may come before the one that begins with "SSH-". */
static bool take_line(struct contact *c, const char *text)
{
	const char *s = text;

	for (; s; s = strchr(s, '\n'), s = s ? s + 1 : NULL)
		if (!strncmp(s, "SSH-", 4) && strchr(s, '\n'))
			break;
	if (!s && *c->greeting)
		return false;
	(void)snprintf(c->greeting, sizeof(c->greeting), "%.*s", (int)strcspn(s ? s : text, "\r\n"),
		       s ? s : text);
	return s;
}

static void hear_greeting(int fd, long long timeout_ms, struct contact *c)
{
	long long deadline = clock_ms() + timeout_ms;
	AUTO(buf) text = {0};
	char chunk[512];
	ssize_t n;

	while (text.len < 8192) {
		if (!await(fd, POLLIN, deadline)) {
			c->timed_out = true;
			return;
		}
		n = read(fd, chunk, sizeof(chunk));
		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			continue;
		if (n <= 0)
			return;
		buf_put(&text, chunk, (size_t)n);
		c->heard = (int)text.len;
		if (take_line(c, text.s))
			return;
	}
}

static int work_call(const void *what, struct buf *ret, struct error *err UNUSED)
{
	const struct call *call = what;
	struct contact c = {0};
	long long begun = clock_ms();
	int fd;

	end_at_signals();
	fd = dial_all(call, &c);
	c.connect_ms = (long)(clock_ms() - begun);
	begun = clock_ms();
	if (fd >= 0 && call->hears)
		hear_greeting(fd, call->timeout_ms, &c);
	if (fd >= 0)
		(void)close(fd);
	c.greet_ms = (long)(clock_ms() - begun);
	buf_put(ret, &c, sizeof(c));
	return 0;
}

bool checkup_call(const struct checkup *t, const char *host, unsigned port, unsigned timeout_ms, bool hears,
		  struct contact *ret, struct error *err)
{
	const struct call call = { host, port, timeout_ms, hears };
	AUTO(buf) bytes = {0};

	if (as_call(&t->account, work_call, &call, timeout_ms * (ADDRESSES_MAX + 1) + PATIENCE_MS, &bytes,
		    err) < 0)
		return false;
	if (bytes.len != sizeof(*ret))
		return error_set(err, -EIO, "interrupted"), false;
	memcpy(ret, bytes.s, sizeof(*ret));
	return true;
}

static enum cure_id cure_of_errno(int error)
{
	switch (error) {
	case ECONNREFUSED:
		return CURE_refused;
	case ETIMEDOUT:
		return CURE_timeout;
	case EPERM:
	case EACCES:
		return CURE_blocked;
	case ECONNRESET:
		return CURE_reset;
	default:
		return CURE_unreachable;
	}
}

/* One connection for both steps: an sshd counts those that end without a login (sshd_config(5),
 * PerSourcePenalties). */
void checkup_tcp(struct checkup *t)
{
	const char *jump = t->tunnel.proxy_jump ? "ProxyJump host " : "";
	struct contact *c = &t->way.contact;
	struct error err = {0};

	if (t->tunnel.proxy.len > 1 && t->has_client) {
		checkup_proxies(t);
		return;
	}
	if (!t->way.host.len) {
		checkup_nothing(t, "a ProxyCommand makes it");
		return;
	}
	if (!checkup_call(t, t->way.addresses.s, t->way.port, t->tunnel.connect_timeout * 1000, true, c,
			  &err)) {
		checkup_fail(t, CURE_timeout, NULL, "%s%s port %u: %s", jump, t->way.host.s, t->way.port,
			     err.text);
		return;
	}
	t->took = c->connect_ms;
	if (c->error)
		checkup_fail(t, cure_of_errno(c->error), t->way.host.s, "%s%s port %u: %s", jump, c->address,
			     t->way.port, strerror(c->error));
	else
		checkup_good(t, "%s%s port %u", jump, c->address, t->way.port);
}

/* An sshd that does not even greet (sshd.c, drop_connection()). */
static bool is_turned_away(const char *greeting)
{
	return !strcmp(greeting, "Exceeded MaxStartups") || !strcmp(greeting, "Not allowed at this time");
}

void checkup_banner(struct checkup *t)
{
	const struct contact *c = &t->way.contact;

	if (!t->way.host.len) {
		checkup_nothing(t, "a ProxyCommand hears it");
		return;
	}
	t->took = c->greet_ms;
	if (!strncmp(c->greeting, "SSH-", 4))
		checkup_good(t, "%.80s", c->greeting);
	else if (is_turned_away(c->greeting))
		checkup_fail(t, CURE_full, NULL, "the server turns us away: \"%.60s\"", c->greeting);
	else if (c->heard)
		checkup_fail(t, CURE_not_ssh, NULL, "what answers there is no SSH server: it says \"%.60s\"",
			     c->greeting);
	else if (c->timed_out)
		checkup_fail(t, CURE_banner_timeout, NULL, "it takes the connection and says nothing");
	else
		checkup_fail(t, CURE_closed, NULL, "it closes the connection without a word");
}
