/* SPDX-License-Identifier: MIT */
#include "runner/logfile.h"

bool logfile_native(const char *name, const struct account *account, struct buf *ret)
{
	if (!account->home)
		return false;
	buf_cat(ret, account->home, "/Library/Logs/tunnelctl/", name, ".log");
	return true;
}
