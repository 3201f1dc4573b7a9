/* SPDX-License-Identifier: MIT */
/*
 * The server's half of a tunnel: the line of its key in authorized_keys, and its block of sshd_config, both as narrow as
 * the tunnel itself. Pure text (sshd(8), AUTHORIZED_KEYS FILE FORMAT; sshd_config(5), Match).
 */
#ifndef TUNNELCTL_SSH_SERVER_H
#define TUNNELCTL_SSH_SERVER_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/strv.h"
#include "model/tunnel.h"
#include "model/value.h"

#define SERVER_RECLAIM "/usr/local/bin/tunnelctl-reclaim" /* packaging/server */

/* What is asked for, besides the tunnel. */
struct server_wish {
	const char *account; /* on the server */
	const char *key;     /* "type base64 [comment]", as in a .pub file; a newline may end it */
	bool dedicated;      /* the account is for this tunnel alone: the closed block */
	bool reclaim;        /* the key runs SERVER_RECLAIM (RemotePortBusy = reclaim) */
};

/* All-zero is the valid empty one. */
struct server_half {
	struct buf line;   /* of authorized_keys, without its newline */
	struct buf type;   /* of the key, and its base64: by these two words the line is known again */
	struct buf base64;
	struct buf block;  /* whole lines of sshd_config */
	struct buf needs;  /* which release of sshd knows all that, in a sentence */
	struct strv notes; /* what neither can say as narrowly as the tunnel is, a sentence each */
};

/* -EINVAL: not a public key, an account that a Match line cannot name, root dedicated to one tunnel, or dedicated and
 * reclaim together, of which each rules out the other. */
int server_half_make(const struct tunnel *, const struct server_wish *, struct server_half *ret, struct error *);

/* A host of ProxyJump, which has to let the key in as well: the tunnel's own ssh logs in there. */
struct server_hop {
	struct destination at;   /* user NULL: the name of the account that runs ssh */
	struct buf before;       /* the hosts in front of it, as in ProxyJump; empty: it is the first */
	struct server_half half; /* its line leads to the next host and nowhere else; no block */
};

/* The hop of that number, from 0. 1; 0: there is none; -EINVAL: not hosts, or not a public key. */
int server_hop_make(const struct tunnel *, size_t number, const char *key, struct server_hop *ret, struct error *);

void server_hop_done(struct server_hop *);

/* What holds and what does not with the line alone, and with the dedicated block: a sentence each. */
const char *server_line_gives(void);
const char *server_block_gives(bool dedicated);

void server_half_done(struct server_half *);

#endif
