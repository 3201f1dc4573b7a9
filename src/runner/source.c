/* SPDX-License-Identifier: MIT */
#include "runner/netwatch.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

struct address {
	struct sockaddr_storage s;
	socklen_t len;
};

/* Nothing is asked of a name server. A zone, as in fe80::1%eth0, becomes the number of the interface. */
static int parse(const char *text, const char *port, struct address *ret)
{
	const struct addrinfo hints = { .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV, .ai_socktype = SOCK_DGRAM };
	struct addrinfo *found = NULL;
	int r = getaddrinfo(text, port, &hints, &found);

	if (r == 0 && found->ai_addrlen <= sizeof(ret->s)) {
		*ret = (struct address){ .len = found->ai_addrlen };
		for (size_t i = 0; i < ret->len; i++)
			((char *)&ret->s)[i] = ((const char *)found->ai_addr)[i];
	}
	if (found)
		freeaddrinfo(found);
	return r == 0 && ret->len ? 0 : -EINVAL;
}

static int open_socket(int family, int type)
{
	int fd = socket(family, type, 0);

	if (fd < 0)
		return -errno;
	(void)fcntl(fd, F_SETFD, FD_CLOEXEC); /* SOCK_CLOEXEC is not in macOS */
	return fd;
}

static int source_on(int fd, const struct address *peer, const struct address *from, char *ret)
{
	struct address own = { .len = sizeof(own.s) };

	if (from && bind(fd, (const struct sockaddr *)&from->s, from->len) < 0)
		return -errno;
	if (connect(fd, (const struct sockaddr *)&peer->s, peer->len) < 0 ||
	    getsockname(fd, (struct sockaddr *)&own.s, &own.len) < 0)
		return -errno;
	return getnameinfo((const struct sockaddr *)&own.s, own.len, ret, SOURCE_TEXT_MAX, NULL, 0, NI_NUMERICHOST)
		       ? -EINVAL
		       : 0;
}

int source_of(const char *peer, const char *bind_address, char ret[SOURCE_TEXT_MAX])
{
	struct address to = {0}, from = {0};
	char text[SOURCE_TEXT_MAX];
	int fd, r;

	/* The port is of no importance, but macOS does not connect to port 0. */
	if ((r = parse(peer, "22", &to)) < 0 || (bind_address && (r = parse(bind_address, "0", &from)) < 0))
		return r;
	if (bind_address && from.s.ss_family != to.s.ss_family)
		return -EAFNOSUPPORT;
	if ((fd = open_socket(to.s.ss_family, SOCK_DGRAM)) < 0)
		return fd;
	r = source_on(fd, &to, bind_address ? &from : NULL, text);
	(void)close(fd);
	if (r == 0)
		memcpy(ret, text, sizeof(text));
	return r;
}

bool source_is_here(const char *address)
{
	struct address own = {0};
	bool here;
	int fd;

	if (parse(address, "0", &own) < 0 || (fd = open_socket(own.s.ss_family, SOCK_DGRAM)) < 0)
		return false;
	here = bind(fd, (const struct sockaddr *)&own.s, own.len) == 0;
	(void)close(fd);
	return here;
}

int knock_begin(const char *peer, unsigned port, const char *bind_address)
{
	struct address to = {0}, from = {0};
	char number[16];
	int fd, r = 0;

	(void)snprintf(number, sizeof(number), "%u", port);
	if ((r = parse(peer, number, &to)) < 0 || (bind_address && (r = parse(bind_address, NULL, &from)) < 0))
		return r;
	if ((fd = open_socket(to.s.ss_family, SOCK_STREAM)) < 0)
		return fd;
	(void)fcntl(fd, F_SETFL, O_NONBLOCK);
	if ((bind_address && bind(fd, (const struct sockaddr *)&from.s, from.len) < 0) ||
	    (connect(fd, (const struct sockaddr *)&to.s, to.len) < 0 && errno != EINPROGRESS && errno != ECONNREFUSED))
		r = -errno;
	if (r < 0)
		(void)close(fd);
	return r < 0 ? r : fd;
}

int knock_ask(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLOUT };
	int error = 0;
	socklen_t len = sizeof(error);

	if (poll(&p, 1, 0) == 0)
		return -EINPROGRESS;
	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len) < 0)
		return -errno;
	return error == ECONNREFUSED ? 0 : -error;
}
