/* SPDX-License-Identifier: MIT */
#include "runner/folder.h"

#include <unistd.h>

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

void folder_bases(struct strv *ret)
{
	char path[256];
	/* This account's own, /var/folders/xx/.../T/ (confstr(3)). */
	size_t len = confstr(_CS_DARWIN_USER_TEMP_DIR, path, sizeof(path));

	if (len > 1 && len <= sizeof(path)) {
		if (path[len - 2] == '/')
			path[len - 2] = '\0';
		strv_push(ret, path);
	}
	strv_push(ret, "/tmp");
}
