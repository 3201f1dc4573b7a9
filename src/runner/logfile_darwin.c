/* SPDX-License-Identifier: MIT */
#include "runner/logfile.h"

bool logfile_own(const char *name, const struct account *account, struct buf *ret)
{
	if (!account->home)
		return false;
	buf_cat(ret, account->home, "/Library/Logs/tunnelctl/", name, ".log");
	return true;
}

bool logfile_native(const char *name, const struct account *account, struct buf *ret)
{
	return logfile_own(name, account, ret);
}
