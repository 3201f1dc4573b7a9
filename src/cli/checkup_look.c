/* SPDX-License-Identifier: MIT */
#include "cli/checkup_look.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/file.h"
#include "cli/as.h"

enum { LOOK_MS = 10 * 1000, KEY_MAX = 64 * 1024 };

bool look_cut_public(const struct buf *text, struct buf *ret)
{
	const char *s = buf_str(text);
	size_t type = strcspn(s, " \n"), key;

	if (s[type] != ' ')
		return false;
	key = strcspn(s + type + 1, " \n");
	buf_put(ret, s, type + 1 + key);
	return key;
}

static void copy(const char *s, size_t len, char *ret, size_t size)
{
	if (len >= size)
		len = size - 1;
	memcpy(ret, s, len);
	ret[len] = '\0';
}

static void find_closed_folder(const char *path, struct look *ret)
{
	for (const char *s = path; (s = strchr(s + 1, '/'));) {
		AUTO_FREE char *folder = xstrndup(path, (size_t)(s - path));

		if (access(folder, X_OK) != 0) {
			copy(folder, strlen(folder), ret->closed, sizeof(ret->closed));
			return;
		}
	}
}

/* Where the file is, and not the link that leads to it. */
static void find_open_folder(const char *path, struct look *ret)
{
	AUTO_FREE char *real = realpath(path, NULL);
	AUTO(buf) folder = {0};
	struct stat st;

	if (!real)
		return;
	path_folder(real, &folder);
	if (stat(folder.s, &st) < 0)
		return;
	if ((st.st_uid != 0 && st.st_uid != geteuid()) ||
	    ((st.st_mode & (S_IWGRP | S_IWOTH)) && !(st.st_mode & S_ISVTX)))
		copy(folder.s, folder.len, ret->open, sizeof(ret->open));
}

static void look_at(const char *path, struct look *ret)
{
	/* A FIFO would wait for its other end. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat st;

	ret->error = fd < 0 ? errno : 0;
	if (ret->error == EACCES)
		find_closed_folder(path, ret);
	if (fd < 0)
		return;
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		ret->error = EINVAL;
	ret->owner = st.st_uid;
	ret->mode = st.st_mode;
	(void)close(fd);
	find_open_folder(path, ret);
}

static bool is_public(const char *path)
{
	static const char *const types[] = { "ssh-", "ecdsa-sha2-", "sk-ssh-", "sk-ecdsa-" }; /* sshkey.c */
	AUTO(buf) text = {0};
	AUTO(buf) key = {0};

	if (file_read(path, KEY_MAX, &text, NULL, NULL) < 0 || !look_cut_public(&text, &key))
		return false;
	for (size_t i = 0; i < ARRAY_LEN(types); i++)
		if (!strncmp(key.s, types[i], strlen(types[i])))
			return true;
	return false;
}

static int work_look(const void *what, struct buf *ret, struct error *err UNUSED)
{
	AUTO(buf) public = {0};
	struct look l = {0};

	look_at(what, &l);
	l.is_public = l.error == 0 && is_public(what);
	buf_cat(&public, what, ".pub");
	l.has_public = access(public.s, R_OK) == 0;
	buf_put(ret, &l, sizeof(l));
	return 0;
}

bool look(const struct checkup *t, const char *path, struct look *ret, struct error *err)
{
	AUTO(buf) bytes = {0};

	if (as_call(&t->account, work_look, path, LOOK_MS, &bytes, err) < 0 || bytes.len != sizeof(*ret))
		return false;
	memcpy(ret, bytes.s, sizeof(*ret));
	return true;
}

bool look_is_too_open(const struct checkup *t, const struct look *l)
{
	return l->owner == t->account.uid && (l->mode & (S_IRWXG | S_IRWXO));
}

bool look_is_usable(const struct checkup *t, const struct look *l)
{
	return l->error == 0 && !l->is_public && !look_is_too_open(t, l);
}

static int work_read(const void *what, struct buf *ret, struct error *err)
{
	return file_read(what, KEY_MAX, ret, NULL, err);
}

bool look_read_public(const struct checkup *t, const char *path, struct buf *ret)
{
	AUTO(buf) text = {0};

	return as_call(&t->account, work_read, path, LOOK_MS, &text, NULL) >= 0 && look_cut_public(&text, ret);
}
