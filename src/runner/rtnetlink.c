/* SPDX-License-Identifier: MIT */
/* What Linux tells of its network, rtnetlink(7): layouts and numbers are kernel ABI and stand here, so that this
 * compiles and is tested everywhere. */
#include "runner/netwatch.h"

#include <stdint.h>
#include <string.h>

enum { OVERRUN = 4, NEWLINK = 16, DELLINK = 17, NEWADDR = 20, DELADDR = 21, NEWROUTE = 24, DELROUTE = 25 };
enum { LINK_WIRELESS = 11, LINK_EVENT = 44, ADDRESS_CACHEINFO = 6, ADDRESS_FLAGS = 8, ROUTE_TABLE = 15 };
enum { UP = 0x1, RUNNING = 0x40, LOWER_UP = 0x10000 };                /* netdevice(7) */
enum { EVENT_FAILOVER = 3, EVENT_NOTIFY_PEERS = 4 };                  /* IFLA_EVENT_* */
enum { OPTIMISTIC = 0x4, FAILED = 0x8, TENTATIVE = 0x40 };            /* IFA_F_* */
enum { TABLE_MAIN = 254, CLONED = 0x200 };                            /* RT_TABLE_MAIN, RTM_F_CLONED */
enum { INET = 2, INET6 = 10 };                                        /* AF_INET and AF_INET6 of Linux */

struct message {
	uint32_t len;
	uint16_t type, flags;
	uint32_t sequence, port;
};

struct link {
	uint8_t family, pad;
	uint16_t type;
	int32_t index;
	uint32_t flags, change;
};

struct address {
	uint8_t family, prefix, flags, scope;
	uint32_t index;
};

struct lifetime {
	uint32_t preferred, valid, created, updated; /* the latter two in hundredths of a second */
};

struct route {
	uint8_t family, to_len, from_len, tos, table, protocol, scope, type;
	uint32_t flags;
};

struct attribute {
	uint16_t len, type;
};

struct bytes {
	const unsigned char *s;
	size_t len;
};

/* Copies the first SIZE bytes into RET and takes them and their padding off; false if there are less. */
static bool take(struct bytes *b, void *ret, size_t size)
{
	size_t whole = (size + 3) & ~(size_t)3;

	if (b->len < size)
		return false;
	memcpy(ret, b->s, size);
	b->s += whole < b->len ? whole : b->len;
	b->len -= whole < b->len ? whole : b->len;
	return true;
}

/* Takes off what LEN counts from the start of a header of SIZE bytes, which has been taken; its body is in ret. */
static bool take_body(struct bytes *b, size_t size, size_t len, struct bytes *ret)
{
	size_t whole;

	if (len < size || len - size > b->len)
		return false;
	*ret = (struct bytes){ b->s, len - size };
	whole = ((len + 3) & ~(size_t)3) - size;
	b->s += whole < b->len ? whole : b->len;
	b->len -= whole < b->len ? whole : b->len;
	return true;
}

/* The last attribute TYPE, of at least SIZE bytes. */
static bool find(struct bytes b, unsigned type, void *ret, size_t size)
{
	struct attribute a;
	struct bytes body;
	bool found = false;

	while (take(&b, &a, sizeof(a)) && take_body(&b, sizeof(a), a.len, &body))
		if ((a.type & 0x3fff) == type && body.len >= size) { /* without NLA_F_NESTED and the like */
			memcpy(ret, body.s, size);
			found = true;
		}
	return found;
}

static bool link_matters(struct bytes b, bool gone)
{
	struct link link;
	uint32_t event;
	char none;

	/* AF_BRIDGE and others tell of their own settings. */
	if (!take(&b, &link, sizeof(link)) || link.family != 0)
		return false;
	if (gone || link.change)
		return gone || (link.change & (UP | RUNNING | LOWER_UP));
	/* The loss of the carrier comes as no change at all; so do a new name, another MTU, and what follows. */
	if (find(b, LINK_WIRELESS, &none, 0))
		return false;
	return !find(b, LINK_EVENT, &event, sizeof(event)) || event == EVENT_FAILOVER ||
	       event == EVENT_NOTIFY_PEERS;
}

static bool address_matters(struct bytes b, bool gone)
{
	struct address address;
	struct lifetime life;
	uint32_t flags;

	if (!take(&b, &address, sizeof(address)) || (address.family != INET && address.family != INET6))
		return false;
	if (gone)
		return true;
	if (!find(b, ADDRESS_FLAGS, &flags, sizeof(flags)))
		flags = address.flags;
	/* Nothing can be sent from it yet; when its uniqueness is known, it is announced again. */
	if ((flags & (TENTATIVE | OPTIMISTIC | FAILED)) == TENTATIVE)
		return false;
	/* Renewed. One hundredth may lie between the two stamps of a new one. */
	return !find(b, ADDRESS_CACHEINFO, &life, sizeof(life)) || life.updated - life.created <= 1;
}

static bool route_matters(struct bytes b)
{
	struct route route;
	uint32_t table;

	if (!take(&b, &route, sizeof(route)) || (route.family != INET && route.family != INET6))
		return false;
	if (!find(b, ROUTE_TABLE, &table, sizeof(table)))
		table = route.table;
	/* Types (RTN_*): 1 is unicast, 2 to 5 are local, broadcast, anycast and multicast, which follow from addresses;
	 * the rest (unreachable, prohibit, ...) stand in the way of packets. */
	return table == TABLE_MAIN && !(route.flags & CLONED) && (route.type == 1 || route.type > 5);
}

static bool message_matters(unsigned type, struct bytes body)
{
	switch (type) {
	case OVERRUN:
		return true; /* what was lost may have mattered */
	case NEWLINK:
	case DELLINK:
		return link_matters(body, type == DELLINK);
	case NEWADDR:
	case DELADDR:
		return address_matters(body, type == DELADDR);
	case NEWROUTE:
	case DELROUTE:
		return route_matters(body);
	default:
		return false;
	}
}

bool rtnetlink_matters(const void *bytes, size_t len)
{
	struct bytes b = { bytes, len }, body;
	struct message m;

	while (take(&b, &m, sizeof(m)) && take_body(&b, sizeof(m), m.len, &body))
		if (message_matters(m.type, body))
			return true;
	return false;
}
