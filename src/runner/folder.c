/* SPDX-License-Identifier: MIT */
#include "runner/folder.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"

int folder_make(const char *path, const struct account *account, struct error *err)
{
	struct stat st;
	int r;

	if ((r = file_make_parents(path, err)) < 0)
		return r;
	if (mkdir(path, 0755) == 0) {
		/* Just made by us, and its parent is root's (run.c): nobody else can have put a link there. */
		if (geteuid() == 0 && lchown(path, account->uid, account->gid) < 0)
			return error_errno(err, -errno, "%s", path);
	} else if (errno != EEXIST) {
		return error_errno(err, -errno, "%s", path);
	}
	if (lstat(path, &st) < 0)
		return error_errno(err, -errno, "%s", path);
	if (!S_ISDIR(st.st_mode) || st.st_uid != account->uid || (st.st_mode & (S_IWGRP | S_IWOTH)))
		return error_set(err, -EPERM, "%s: wanted a folder that only %s can write", path,
				 account->name ? account->name : "this account");
	return 0;
}
