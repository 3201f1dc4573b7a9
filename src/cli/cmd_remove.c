/* SPDX-License-Identifier: MIT */
#include "cli/undo.h"

int cmd_remove(const struct cli *cli)
{
	return undo(cli, UNDO_REMOVE);
}
