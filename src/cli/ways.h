/* SPDX-License-Identifier: MIT */
/* The forwards of a tunnel that has been looked at: what they are now, and how to come in through them. */
#ifndef TUNNELCTL_CLI_WAYS_H
#define TUNNELCTL_CLI_WAYS_H

#include <stdbool.h>

#include "cli/report.h"
#include "cli/wayin.h"

/* Those of the ssh that runs, else those of the INI: remote, local, dynamic. */
size_t ways_len(const struct report *);

/* Forward I, with the port that the server allocated for port 0, else 0; the caller frees ret by forward_done(). False:
 * it is none (a TunnelDevice among what the state lists), and ret is empty. */
bool ways_forward(const struct report *, size_t i, struct forward *ret, unsigned *ret_port);

/* Appends the command that comes in through forward I. WAYIN_NONE: the tunnel is not up, or there is no way. */
enum wayin ways_command(const struct report *, size_t i, struct buf *ret);

/* The same for the tunnel: through the first that leads to an ssh server, else through the first that leads anywhere. */
enum wayin ways_best(const struct report *, struct buf *ret);

/* "to log in here from another machine: ssh ..." or "to reach localhost:80 ...", or nothing. */
void ways_say(const struct report *, struct buf *ret);

/* Appends a block "Host NAME" for the ssh_config of other machines; of more forwards than one NAME-2 and so on, whether
 * the tunnel is up or not. 0; -ENOENT: none leads to an ssh server; -EAGAIN: the server chooses the port, and nobody
 * knows yet which. Both with the way out. */
int ways_blocks(const struct report *, struct buf *ret, struct error *);

#endif
