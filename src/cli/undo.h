/* SPDX-License-Identifier: MIT */
/* What stop, disable and remove have in common: stop tunnels, take their units away, set their INI files aside. */
#ifndef TUNNELCTL_CLI_UNDO_H
#define TUNNELCTL_CLI_UNDO_H

#include "cli/cli.h"

enum undo_verb { UNDO_STOP, UNDO_DISABLE, UNDO_REMOVE };

/* Returns an exit code. */
int undo(const struct cli *, enum undo_verb);

#endif
