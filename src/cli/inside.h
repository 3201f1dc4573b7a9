/* SPDX-License-Identifier: MIT */
/* The person who types `stop` may sit in a shell that came in through that very tunnel. */
#ifndef TUNNELCTL_CLI_INSIDE_H
#define TUNNELCTL_CLI_INSIDE_H

#include <stdbool.h>

#include "cli/cli.h"
#include "cli/select.h"

/* Whether this process descends from an ssh login that one of the tunnel's remote forwards leads to: sshd tells
 * in SSH_CONNECTION (ssh(1), ENVIRONMENT), also to those who became root since. */
bool inside_tunnel(const struct tunnel *);

/* Asks, or demands --yes, before any of the tunnels that the person sits in is stopped. 0 = go on, else an
 * exit code with the error printed. */
int inside_confirm(const struct cli *, const struct selection *);

#endif
