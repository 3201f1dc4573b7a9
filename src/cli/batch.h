/* SPDX-License-Identifier: MIT */
/* The supervisor of this host, opened for one scope: what every verb that talks to it begins with. */
#ifndef TUNNELCTL_CLI_BATCH_H
#define TUNNELCTL_CLI_BATCH_H

#include "cli/cli.h"

struct batch {
	const struct backend *backend;
	struct supervisor *supervisor; /* NULL until batch_open() */
	struct scope scope;            /* its user says which; the homes are those of whoever runs this */
};

/* Finds the supervisor of this host. 0, or an exit code with the error printed. */
int batch_find(const struct cli *, bool user, struct batch *ret);

/* Connects to it, to change something. 0, or an exit code with the error printed. */
int batch_open(struct batch *);

/* What it knows of the tunnels: an array of names->len states, for the caller to free; NULL and the error. */
struct unit_state *batch_query(struct batch *, const struct strv *names, struct error *);

/* Prints the error and returns the exit code for it. */
int batch_fail(const struct error *);

void batch_done(struct batch *);

#endif
