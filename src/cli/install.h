/* SPDX-License-Identifier: MIT */
/*
 * The server's half put into place, or taken away, over ssh: by the person's own ssh, with their ssh_config, agent and
 * terminal, as ssh-copy-id(1) does. What runs there is one constant script, packaging/server/tunnelctl-install.sh.
 */
#ifndef TUNNELCTL_CLI_INSTALL_H
#define TUNNELCTL_CLI_INSTALL_H

#include "cli/client.h"
#include "cli/json.h"
#include "ssh/server.h"

/* All borrowed. */
struct install {
	const struct cli *cli;
	const struct tunnel *tunnel;
	const struct server_half *half;
	const char *account;     /* on the server */
	const char *destination; /* ADMIN@HOST, in the words of ssh(1); NULL: the tunnel's own */
	bool user;               /* a tunnel of this user; else the system's */
	bool hop;                /* the tunnel ends at a ProxyJump host of the real one, and no sshd_config is ours there */
	bool dedicated, reclaim;
	bool revoke;
	unsigned patience;       /* seconds in which the second login must come */
};

/* Shows, asks and does it. An exit code, with errors printed; facts are set in the object. */
int install_run(const struct install *, json_t *facts);

/* The person's ssh on the way to the server (install_ssh.c). */
struct install_ssh {
	const struct install *install;
	struct client client;  /* of the person, who is its account: folder, program, environment */
	struct strv argv;      /* up to the destination */
	struct buf shown;      /* "admin@server", for messages */
	struct buf destination;
	struct buf by_hand;    /* the same login as a person types it */
	bool shares;           /* the first connection is kept for the next steps */
};

/* -ENOMSG, with the reason, for a destination that is none; -ENOENT: behind a ProxyJump host, and nobody knows its host
 * key; else what finding an ssh and a folder brings. */
int install_ssh_open(const struct install *, struct install_ssh *ret, struct error *);

/* Says, at a terminal, who logs in where, before ssh asks for the password of somebody whose name may be mistyped. */
void install_ssh_announce(const struct install_ssh *);

/* Runs the script there, the TEXT of it on standard input; FRESH: by a login of its own. Appends what it wrote to its
 * standard output; ssh's own words and questions are on the terminal. The exit status of ssh, or a negative errno. */
int install_ssh_run(const struct install_ssh *, const char *text, bool fresh, struct buf *ret, struct error *);

void install_ssh_done(struct install_ssh *);

#endif
