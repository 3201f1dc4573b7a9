/* SPDX-License-Identifier: MIT */
#include "model/owner.h"

#include <errno.h>
#include <stdbool.h>
#include <sys/stat.h>

#include "base/file.h"

static bool is_roots(const char *path)
{
	struct stat st;

	if (stat(path, &st) < 0 || st.st_uid != 0 || (st.st_mode & S_IWOTH))
		return false;
	return !(st.st_mode & S_IWGRP) || st.st_gid == 0;
}

int owner_check(const struct tunnel *t, struct strv *ret_problems)
{
	size_t before = ret_problems->len;

	for (size_t i = 0; i < t->files.len; i++) {
		AUTO(buf) folder = {0};

		path_folder(t->files.v[i], &folder);
		if (!is_roots(t->files.v[i]))
			strv_pushf(ret_problems, "%s: others than root can write it; a system tunnel wants "
				   "chown root and chmod go-w", t->files.v[i]);
		else if (!is_roots(folder.s))
			strv_pushf(ret_problems, "%s: others than root can write its folder, %s; a system tunnel wants "
				   "chown root and chmod go-w", t->files.v[i], folder.s);
	}
	return ret_problems->len > before ? -EPERM : 0;
}
