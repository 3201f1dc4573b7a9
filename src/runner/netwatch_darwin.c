/* SPDX-License-Identifier: MIT */
#include "runner/netwatch.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <sys/types.h>
#include <sys/socket.h>
#include <net/if.h>
#include <net/route.h>
#include <unistd.h>

#include "runner/netwatch_system.h"
#include "runner/pfroute.h"

_Static_assert(PFROUTE_VERSION == RTM_VERSION && PFROUTE_ADD == RTM_ADD && PFROUTE_DELETE == RTM_DELETE &&
		       PFROUTE_CHANGE == RTM_CHANGE && PFROUTE_NEWADDR == RTM_NEWADDR &&
		       PFROUTE_DELADDR == RTM_DELADDR && PFROUTE_IFINFO == RTM_IFINFO,
	       "messages");
_Static_assert(PFROUTE_LLINFO == RTF_LLINFO && PFROUTE_WASCLONED == RTF_WASCLONED && PFROUTE_LOCAL == RTF_LOCAL &&
		       PFROUTE_BROADCAST == RTF_BROADCAST && PFROUTE_MULTICAST == RTF_MULTICAST,
	       "flags");
_Static_assert(offsetof(struct pfroute_route, flags) == offsetof(struct rt_msghdr, rtm_flags) &&
		       offsetof(struct pfroute_route, error) == offsetof(struct rt_msghdr, rtm_errno) &&
		       offsetof(struct rt_msghdr, rtm_version) == PFROUTE_VERSION_AT &&
		       offsetof(struct rt_msghdr, rtm_type) == PFROUTE_TYPE_AT &&
		       offsetof(struct if_msghdr, ifm_type) == PFROUTE_TYPE_AT &&
		       offsetof(struct ifa_msghdr, ifam_type) == PFROUTE_TYPE_AT,
	       "layout");

int netwatch_open(void)
{
	int fd = socket(PF_ROUTE, SOCK_RAW, AF_UNSPEC);
	int r;

	if (fd < 0)
		return -errno;
	if (fcntl(fd, F_SETFD, FD_CLOEXEC) == 0 && fcntl(fd, F_SETFL, O_NONBLOCK) == 0)
		return fd;
	r = -errno;
	(void)close(fd);
	return r;
}

int netwatch_system_take(int fd)
{
	char bytes[2048];
	ssize_t n = recv(fd, bytes, sizeof(bytes), 0);

	if (n < 0 && errno == EINTR)
		return 0;
	if (n < 0)
		return errno == ENOBUFS ? 1 : -EAGAIN; /* more has happened than the queue could hold */
	return pfroute_matters(bytes, (size_t)n);
}
