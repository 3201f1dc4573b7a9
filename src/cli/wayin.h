/* SPDX-License-Identifier: MIT */
/*
 * How somebody on another machine comes in through a RemoteForward: the command to type there, and the Host block for the
 * ssh_config there. Pure. ssh(1): -J, -p, -L; ssh_config(5): ProxyJump (since 7.3), ProxyCommand, HostKeyAlias.
 */
#ifndef TUNNELCTL_CLI_WAYIN_H
#define TUNNELCTL_CLI_WAYIN_H

#include "base/buf.h"
#include "model/tunnel.h"

enum wayin {
	WAYIN_NONE,  /* no remote forward, or one whose port nobody knows yet */
	WAYIN_LOGIN, /* to an ssh server: port 22 */
	WAYIN_REACH, /* to anything else: brings a port of the other machine there */
};

/* One forward of a tunnel, and what the tunnel alone does not say. */
struct wayin_through {
	const struct tunnel *tunnel;
	const struct forward *forward;
	unsigned port;  /* that the server allocated for port 0; else 0 */
	const char *me; /* the account on this machine; NULL: unknown */
};

/* Appends the command, quoted for a shell. */
enum wayin wayin_command(const struct wayin_through *, struct buf *ret);

/* Appends a block "Host ALIAS" for a WAYIN_LOGIN; nothing for any other. */
enum wayin wayin_block(const struct wayin_through *, const char *alias, struct buf *ret);

#endif
