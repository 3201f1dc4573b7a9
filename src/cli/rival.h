/* SPDX-License-Identifier: MIT */
/* Another tunnel of this folder that wants the same place of the same server: only one of them can be up. */
#ifndef TUNNELCTL_CLI_RIVAL_H
#define TUNNELCTL_CLI_RIVAL_H

#include <stdbool.h>

#include "base/buf.h"
#include "model/tunnel.h"

/* Whether there is one that listens where the remote forward does; appends its name. INI is the file of the tunnel, beside
 * which the others lie. */
bool rival_find(const struct tunnel *, const char *ini, bool user, const struct forward *, struct buf *ret_name);

#endif
