/* SPDX-License-Identifier: MIT */
#include "runner/logfile.h"

bool logfile_native(const char *name UNUSED, const struct account *account UNUSED, struct buf *ret UNUSED)
{
	return false;
}

bool logfile_own(const char *name, const struct account *account, struct buf *ret)
{
	if (!account->home)
		return false;
	buf_cat(ret, account->home, "/.cache/tunnelctl/", name, ".log");
	return true;
}
