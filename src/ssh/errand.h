/* SPDX-License-Identifier: MIT */
/*
 * The tunnel's own way to its server (the same host keys, key and proxies) for something else than the tunnel: to end
 * an earlier session of it, to try what the server allows, to fetch a host key.
 */
#ifndef TUNNELCTL_SSH_ERRAND_H
#define TUNNELCTL_SSH_ERRAND_H

#include <stdbool.h>

#include "ssh/argv.h"

/* All-zero: a login that forwards nothing and asks for no session (-N). */
struct ssh_errand {
	struct strv words;   /* of ssh's command line, in front of all others, so that they win: "-o", "LogLevel=DEBUG1" */
	struct strv command; /* behind the host */
	bool session;        /* asks for a session (no -N) */
	bool forwards;       /* the tunnel's forwards and device, and its loop where the machine has one */
};

/* As ssh_command_make(). */
int ssh_errand_make(const struct tunnel *, const struct ssh_machine *, const struct ssh_errand *,
		    struct ssh_command *ret, struct error *);

void ssh_errand_done(struct ssh_errand *);

#endif
