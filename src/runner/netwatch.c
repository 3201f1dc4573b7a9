/* SPDX-License-Identifier: MIT */
#include "runner/netwatch.h"

#include "runner/netwatch_system.h"

bool netwatch_take(int fd)
{
	bool matters = false;
	int r;

	/* Not for ever: poll() tells of the rest. */
	for (int i = 0; i < 1000 && (r = netwatch_system_take(fd)) >= 0; i++)
		matters |= r > 0;
	return matters;
}
