/* SPDX-License-Identifier: MIT */
#include "runner/logfile.h"

bool logfile_native(const char *name UNUSED, const struct account *account UNUSED, struct buf *ret UNUSED)
{
	return false;
}
