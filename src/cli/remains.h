/* SPDX-License-Identifier: MIT */
/* What is left of a tunnel when its unit is gone: its state, which goes, and its key, which is the person's to judge. */
#ifndef TUNNELCTL_CLI_REMAINS_H
#define TUNNELCTL_CLI_REMAINS_H

#include "cli/cli.h"
#include "model/tunnel.h"

/* Removes the folder of its state, with the rights of whose it is. 1 = removed, 0 = was not there; -EBUSY: somebody runs it
 * by hand. RUN_AS may be NULL. */
int remains_remove_state(const char *name, bool user, const char *run_as, struct error *);

/* Appends the path of its key, where one is there. */
void remains_find_key(const struct tunnel *, bool user, struct buf *ret);

/* Appends the commands that take the key away too, here and on the server; INI is where the tunnel was. */
void remains_list(const struct cli *, const struct tunnel *, bool user, const char *ini, const char *key,
		  struct strv *ret);

#endif
