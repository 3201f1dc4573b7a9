/* SPDX-License-Identifier: MIT */
#include "runner/folder.h"

void folder_path(const char *name, bool user UNUSED, const struct account *account, struct buf *ret)
{
	/* Daemons and agents alike: /var/run is root's, and a folder there would not survive RunAs. */
	buf_printf(ret, "%s/Library/Application Support/tunnelctl/%s",
		   account->home ? account->home : "/var/empty", name);
}

void folder_seek(const char *name, bool user, const struct account *account, struct buf *ret)
{
	folder_path(name, user, account, ret);
}
