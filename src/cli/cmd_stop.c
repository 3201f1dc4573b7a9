/* SPDX-License-Identifier: MIT */
#include "cli/undo.h"

int cmd_stop(const struct cli *cli)
{
	return undo(cli, UNDO_STOP);
}
