/* SPDX-License-Identifier: MIT */
/*
 * The ssh command line of a tunnel. Pure: the same words for the same tunnel and the same machine, whoever asks
 * (tunnelctl-run, `show --argv`, `generate --standalone`).
 */
#ifndef TUNNELCTL_SSH_ARGV_H
#define TUNNELCTL_SSH_ARGV_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/strv.h"
#include "model/tunnel.h"

struct proxy_tool;

/* Where the command will run. */
struct ssh_machine {
	unsigned version;   /* of its ssh, VERSION(major, minor) */
	const char *home;   /* what ~ stands for; NULL: unknown here, ssh expands it where it can */
	const char *folder; /* where tunnelctl-run writes files for ssh; NULL: nobody writes any (standalone) */
	size_t proxy;       /* which Proxy entry to take, from 0 */
	const struct proxy_tool *proxy_tool; /* what speaks to it; NULL: nobody has looked, the usual one is assumed */
	const char *loop;   /* prefix of the loop's private sockets, absolute, at most 90 bytes; NULL: no loop */
};

#define SSH_LOOP_NAME "loop" /* what the prefix ends in; tunnelctl-run puts a number of its own behind it */

/* Appends the path of the socket of remote forward I, PREFIX.I. False: this forward has none (no loop, Probe = none,
 * port 0, an ssh before 6.7 that knows no Unix sockets, a prefix that ssh would take apart). */
bool ssh_loop_path(const struct tunnel *, const struct ssh_machine *, size_t i, struct buf *ret);

/* Whether ssh says so when the server opens a channel. It is asked to, from 8.5 on, where
 * anything is proved: so a target that hangs is told from a tunnel that is dead. */
bool ssh_tells_channels(const struct tunnel *, const struct ssh_machine *);

/* Whether ssh says so when the TunnelDevice is there: it is asked to, from 8.5 on. */
bool ssh_tells_device(const struct tunnel *, const struct ssh_machine *);

/* The files are wanted as FOLDER/known_hosts and FOLDER/ssh_config when they are not empty. */
struct ssh_command {
	struct strv argv;
	struct buf known_hosts;
	struct buf config;
};

/* -EINVAL, with file:line, for what this ssh is too old for or cannot be told. */
int ssh_command_make(const struct tunnel *, const struct ssh_machine *, struct ssh_command *ret,
		     struct strv *ret_notes, struct error *);

void ssh_command_done(struct ssh_command *);

#endif
