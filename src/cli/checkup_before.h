/* SPDX-License-Identifier: MIT */
/* What `tunnelctl test` would find wrong without leaving this machine, before a tunnel is enabled. */
#ifndef TUNNELCTL_CLI_CHECKUP_BEFORE_H
#define TUNNELCTL_CLI_CHECKUP_BEFORE_H

#include "cli/select.h"

/* Prints what is wrong with any of the tunnels, each with what cures it. 0, or an exit code: none of them
 * would come up. With --force nobody looks. */
int checkup_before(const struct cli *, const struct selection *);

#endif
