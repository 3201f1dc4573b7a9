/* SPDX-License-Identifier: MIT */
#include "cli/apply.h"

int cmd_enable(const struct cli *cli)
{
	return apply(cli, APPLY_ENABLE);
}
