/* SPDX-License-Identifier: MIT */
#include "runner/netwatch.h"

#include <errno.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>
#include <unistd.h>

#include "runner/netwatch_system.h"

int netwatch_open(void)
{
	const struct sockaddr_nl groups = {
		.nl_family = AF_NETLINK,
		.nl_groups = RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR | RTMGRP_IPV4_ROUTE |
			     RTMGRP_IPV6_ROUTE,
	};
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);
	int r;

	if (fd < 0)
		return -errno;
	if (bind(fd, (const struct sockaddr *)&groups, sizeof(groups)) == 0)
		return fd;
	r = -errno;
	(void)close(fd);
	return r;
}

int netwatch_system_take(int fd)
{
	char bytes[8192];
	struct sockaddr_nl from = {0};
	socklen_t from_len = sizeof(from);
	ssize_t n = recvfrom(fd, bytes, sizeof(bytes), MSG_TRUNC, (struct sockaddr *)&from, &from_len);

	if (n < 0 && errno == EINTR)
		return 0;
	if (n < 0)
		return errno == ENOBUFS ? 1 : -EAGAIN; /* more has happened than the queue could hold */
	/* Port 0 is the kernel; whoever else may send to us could have us look, and no more. */
	if (from.nl_family != AF_NETLINK || from.nl_pid != 0)
		return 0;
	return (size_t)n > sizeof(bytes) || rtnetlink_matters(bytes, (size_t)n);
}
