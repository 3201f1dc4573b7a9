/* SPDX-License-Identifier: MIT */
#include "cli/apply.h"

int cmd_restart(const struct cli *cli)
{
	return apply(cli, APPLY_RESTART);
}
