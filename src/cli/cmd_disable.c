/* SPDX-License-Identifier: MIT */
#include "cli/undo.h"

int cmd_disable(const struct cli *cli)
{
	return undo(cli, UNDO_DISABLE);
}
