/* SPDX-License-Identifier: MIT */
/*
 * ProxyJump by a private ssh_config. ssh -J would start a second ssh that knows nothing of our key, host keys and
 * BatchMode; but it hands -F on, so each hop gets a Host block of its own there, under a name of ours.
 */
#ifndef TUNNELCTL_SSH_JUMP_H
#define TUNNELCTL_SSH_JUMP_H

#include "base/buf.h"
#include "base/error.h"
#include "base/strv.h"
#include "ssh/argv.h"

/* Writes the blocks into ret->config (and keys into ret->known_hosts) and the value for -J into ret_value. */
int jump_make(const struct tunnel *, const struct ssh_machine *, struct ssh_command *ret,
	      struct buf *ret_value, struct strv *ret_notes, struct error *);

#endif
