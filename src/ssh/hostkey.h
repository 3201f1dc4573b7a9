/* SPDX-License-Identifier: MIT */
/* Which host keys ssh is to accept, told in whatever way this release of ssh understands. */
#ifndef TUNNELCTL_SSH_HOSTKEY_H
#define TUNNELCTL_SSH_HOSTKEY_H

#include "base/buf.h"
#include "base/strv.h"
#include "model/value.h"
#include "ssh/argv.h"

/*
 * Appends "Keyword=value" options for the tunnel's own server (hop NULL) or a host on the way to it.
 * Where the keys must be in a file, their lines are appended to known_hosts.
 */
void hostkey_options(const struct tunnel *, const struct ssh_machine *, const struct destination *hop,
		     struct strv *ret, struct buf *known_hosts, struct strv *ret_notes);

#endif
