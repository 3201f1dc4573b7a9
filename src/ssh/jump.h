/* SPDX-License-Identifier: MIT */
/*
 * ProxyJump by a private ssh_config. ssh -J would start a second ssh that knows nothing of our key, host keys and
 * BatchMode, and would tell a shell the name of its -F without quotes. So each hop gets a Host block of its own there,
 * under a name of ours, and is reached by the ProxyCommand that -J stands for, quoted. ssh -W is in every release since
 * 5.4 (its release notes), so this needs no -J, which came with 7.3; what does is a ConfigFile beside it (Include).
 */
#ifndef TUNNELCTL_SSH_JUMP_H
#define TUNNELCTL_SSH_JUMP_H

#include "base/buf.h"
#include "base/error.h"
#include "base/strv.h"
#include "ssh/argv.h"

/* Writes the blocks into ret->config (and keys into ret->known_hosts), and appends to ret_options the option that leads
 * the tunnel's own ssh through the last hop. ret->argv begins with the program already. */
int jump_make(const struct tunnel *, const struct ssh_machine *, struct ssh_command *ret,
	      struct strv *ret_options, struct strv *ret_notes, struct error *);

#endif
