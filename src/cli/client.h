/* SPDX-License-Identifier: MIT */
/*
 * The tunnel's ssh for a moment, beside the one that may be running: as RunAs, with its environment, in a private
 * folder that goes with it. It never touches the tunnel's own folder, lock or state.
 */
#ifndef TUNNELCTL_CLI_CLIENT_H
#define TUNNELCTL_CLI_CLIENT_H

#include "cli/cli.h"
#include "runner/account.h"
#include "ssh/errand.h"
#include "ssh/proxy.h"

struct client {
	const struct tunnel *tunnel; /* the caller's, which must outlive this */
	struct account account;      /* RunAs, or whoever runs this */
	struct ssh_machine machine;  /* borrows from here */
	struct buf folder, program, loop;
	struct proxy_tool proxy_tool; /* machine.proxy says which Proxy entry is taken: the first unless the caller changes it */
	struct strv environment;     /* of ssh */
};

/* -EPERM: RunAs is somebody else, and only root may become them; -ENOTSUP: RunAs = dynamic, an account that only systemd
 * makes; else what finding the account, its ssh and a folder brings. */
int client_open(const struct cli *, const struct tunnel *, bool user, struct client *ret, struct error *);

/* Puts the files that COMMAND wants into the folder. For whoever runs the command otherwise than by client_run(). */
int client_put_files(const struct client *, const struct ssh_command *, struct error *);

/* Runs the errand; output and return are those of spawn_run(): both ssh's words and the session's are in it. */
int client_run(const struct client *, const struct ssh_errand *, unsigned timeout_ms, struct buf *ret_output,
	       struct error *);

/* While on, Ctrl-C ends a question, which then has no answer, and not the program: its folder, and perhaps a connection
 * that was opened, are to be done away with. */
void client_heed_interrupt(bool on);

void client_done(struct client *);

#endif
