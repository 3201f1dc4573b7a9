/* SPDX-License-Identifier: MIT */
/* What enable, start and restart have in common: plan everything, then write, register and run it. */
#ifndef TUNNELCTL_CLI_APPLY_H
#define TUNNELCTL_CLI_APPLY_H

#include "cli/cli.h"

enum apply_verb { APPLY_ENABLE, APPLY_START, APPLY_RESTART };

/* Returns an exit code. Nothing is touched unless every tunnel could be planned. */
int apply(const struct cli *, enum apply_verb);

#endif
