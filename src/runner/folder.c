/* SPDX-License-Identifier: MIT */
#include "runner/folder.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/fnv.h"

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

static bool takes_sockets(const char *folder)
{
	enum { FOLDER_MAX = 80 }; /* "/loop4194304.99" is to fit behind it */

	/* A blank stands in every such path of macOS, where words may have to be taken apart again. */
	return strlen(folder) <= FOLDER_MAX && !strpbrk(folder, "%$\\: ");
}

void folder_loop_path(const char *folder, const char *base, struct buf *ret)
{
	if (takes_sockets(folder))
		buf_puts(ret, folder);
	else
		buf_printf(ret, "%s/tunnelctl-%016" PRIx64, base, fnv_add(FNV_START, folder, strlen(folder)));
}

/* Nobody else may put another folder in the place of ours. */
static bool is_safe_base(const char *path)
{
	struct stat st;

	if (stat(path, &st) < 0 || !S_ISDIR(st.st_mode) || (st.st_uid != 0 && st.st_uid != geteuid()))
		return false;
	return !(st.st_mode & (S_IWGRP | S_IWOTH)) || (st.st_mode & S_ISVTX);
}

static int make_private(const char *path, struct error *err)
{
	struct stat st;

	if (mkdir(path, 0700) < 0 && errno != EEXIST)
		return error_errno(err, -errno, "%s", path);
	if (lstat(path, &st) < 0)
		return error_errno(err, -errno, "%s", path);
	if (!S_ISDIR(st.st_mode) || st.st_uid != geteuid() || (st.st_mode & (S_IRWXG | S_IRWXO)))
		return error_set(err, -EPERM, "%s: wanted a folder that is this account's alone; remove it", path);
	return 0;
}

int folder_loop_make(const char *folder, const struct strv *bases, struct buf *ret, struct error *err)
{
	int r;

	if (takes_sockets(folder)) {
		buf_puts(ret, folder);
		return 0;
	}
	r = error_set(err, -ENOENT, "%s: no folder for temporary files that is safe", folder);
	for (size_t i = 0; i < bases->len && r < 0; i++) {
		AUTO(buf) path = {0};

		folder_loop_path(folder, bases->v[i], &path);
		if (is_safe_base(bases->v[i]) && takes_sockets(path.s) && (r = make_private(path.s, err)) == 0)
			buf_puts(ret, path.s);
	}
	return r;
}

void folder_loop_remove(const char *folder, const char *loop)
{
	if (strcmp(folder, loop) != 0)
		(void)rmdir(loop);
}
