/* SPDX-License-Identifier: MIT */
/* A temporary folder for one test, and what tests put into it. Include cmocka.h first. */
#ifndef TUNNELCTL_TESTS_FOLDER_H
#define TUNNELCTL_TESTS_FOLDER_H

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"

struct folder {
	char path[64];
};

static inline int folder_remove_one(const char *path, const struct stat *st UNUSED, int type UNUSED,
				    struct FTW *where UNUSED)
{
	return remove(path);
}

static inline void folder_make(struct folder *f)
{
	(void)snprintf(f->path, sizeof(f->path), "/tmp/tunnelctl-test-XXXXXX");
	assert_non_null(mkdtemp(f->path));
	assert_int_equal(chmod(f->path, 0755), 0);
}

static inline void folder_done(struct folder *f)
{
	if (*f->path)
		(void)nftw(f->path, folder_remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* The path of NAME in the folder; good until the buf is changed. */
static inline const char *folder_at(const struct folder *f, const char *name, struct buf *path)
{
	buf_clear(path);
	buf_printf(path, "%s/%s", f->path, name);
	return path->s;
}

/* Writes a file, mode 0644 whatever the umask, making one folder above it where NAME has a slash. */
static inline void folder_write(const struct folder *f, const char *name, const void *bytes, size_t len)
{
	AUTO(buf) path = {0};
	const char *slash = strrchr(name, '/');
	int fd;

	if (slash) {
		buf_printf(&path, "%s/%.*s", f->path, (int)(slash - name), name);
		assert_true(mkdir(path.s, 0755) == 0 || errno == EEXIST);
	}
	fd = open(folder_at(f, name, &path), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	assert_true(fd >= 0);
	for (const char *s = bytes; len;) {
		ssize_t n = write(fd, s, len);

		assert_true(n > 0);
		s += n;
		len -= (size_t)n;
	}
	assert_int_equal(fchmod(fd, 0644), 0);
	assert_int_equal(close(fd), 0);
}

static inline void folder_puts(const struct folder *f, const char *name, const char *text)
{
	folder_write(f, name, text, strlen(text));
}

/* How many entries the folder has. */
static inline size_t folder_count(const struct folder *f)
{
	DIR *d = opendir(f->path);
	size_t n = 0;

	assert_non_null(d);
	for (struct dirent *e; (e = readdir(d));)
		n += strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0;
	(void)closedir(d);
	return n;
}

#endif
