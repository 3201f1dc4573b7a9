/* SPDX-License-Identifier: MIT */
/* The part of macOS's routing messages that pfroute.c reads, route(4); nobody else but netwatch_darwin.c includes it. */
#ifndef TUNNELCTL_RUNNER_PFROUTE_H
#define TUNNELCTL_RUNNER_PFROUTE_H

#include <stdint.h>

/* Every message begins with its length (16 bits), the version and the type (8 bits each). */
enum { PFROUTE_VERSION_AT = 2, PFROUTE_TYPE_AT = 3, PFROUTE_HEADER = 4, PFROUTE_VERSION = 5 };

/* RTM_* */
enum {
	PFROUTE_ADD = 0x1,
	PFROUTE_DELETE = 0x2,
	PFROUTE_CHANGE = 0x3,
	PFROUTE_NEWADDR = 0xc,
	PFROUTE_DELADDR = 0xd,
	PFROUTE_IFINFO = 0xe
};

/* RTF_* */
enum {
	PFROUTE_LLINFO = 0x400,
	PFROUTE_WASCLONED = 0x20000,
	PFROUTE_LOCAL = 0x200000,
	PFROUTE_BROADCAST = 0x400000,
	PFROUTE_MULTICAST = 0x800000
};

/* The begin of struct rt_msghdr, of RTM_ADD, RTM_DELETE and RTM_CHANGE. */
struct pfroute_route {
	uint16_t len;
	uint8_t version, type;
	uint16_t index, pad;
	int32_t flags, addresses, pid, sequence, error;
};

#endif
