/* SPDX-License-Identifier: MIT */
/* What macOS tells of its network, route(4): layouts and numbers of its net/route.h and net/if.h stand here, so that
 * this compiles and is tested everywhere; netwatch_darwin.c compares them with the headers. */
#include "runner/pfroute.h"

#include <string.h>

#include "runner/netwatch.h"

static bool route_matters(const unsigned char *message, size_t len)
{
	struct pfroute_route route;

	if (len < sizeof(route))
		return false;
	memcpy(&route, message, sizeof(route));
	/* Somebody's request that failed comes by as well; neighbours, clones and the rest follow from other changes. */
	return !route.error && !(route.flags & (PFROUTE_LLINFO | PFROUTE_WASCLONED | PFROUTE_LOCAL |
						PFROUTE_BROADCAST | PFROUTE_MULTICAST));
}

static bool message_matters(const unsigned char *message, size_t len)
{
	switch (message[PFROUTE_TYPE_AT]) {
	case PFROUTE_NEWADDR:
	case PFROUTE_DELADDR:
	case PFROUTE_IFINFO:
		return true; /* sent for new ones, and for a link that goes up or down */
	case PFROUTE_ADD:
	case PFROUTE_DELETE:
	case PFROUTE_CHANGE:
		return route_matters(message, len);
	default:
		return false;
	}
}

bool pfroute_matters(const void *bytes, size_t len)
{
	const unsigned char *s = bytes;

	while (len >= PFROUTE_HEADER) {
		uint16_t size;

		memcpy(&size, s, sizeof(size));
		if (size < PFROUTE_HEADER || size > len)
			return false;
		if (s[PFROUTE_VERSION_AT] == PFROUTE_VERSION && message_matters(s, size))
			return true;
		s += size;
		len -= size;
	}
	return false;
}
