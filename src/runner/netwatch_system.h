/* SPDX-License-Identifier: MIT */
/* What netwatch.c asks of the system it runs on; nobody else includes this. */
#ifndef TUNNELCTL_RUNNER_NETWATCH_SYSTEM_H
#define TUNNELCTL_RUNNER_NETWATCH_SYSTEM_H

/* Takes one message: 1 = matters, 0 = does not, -EAGAIN = nothing more is there. */
int netwatch_system_take(int fd);

#endif
