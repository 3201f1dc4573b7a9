/* SPDX-License-Identifier: MIT */
#include "cli/apply.h"

int cmd_start(const struct cli *cli)
{
	return apply(cli, APPLY_START);
}
