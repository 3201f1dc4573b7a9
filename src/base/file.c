/* SPDX-License-Identifier: MIT */
#include "base/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* SIZE is what fstat said; 0 is also said of files that the kernel makes up, which are read to their end. */
static int read_all(int fd, size_t size, size_t max, const char *path, struct buf *ret, struct error *err)
{
	bool known = size && size <= max;
	size_t start = ret->len, step = known ? size : 4096;

	for (;;) {
		ssize_t n = read(fd, buf_reserve(ret, step), step);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return error_errno(err, -errno, "%s", path);
		ret->len += (size_t)n;
		ret->s[ret->len] = '\0';
		if (n == 0 || (known && ret->len - start == size))
			return 0;
		if (ret->len - start > max)
			return error_set(err, -EFBIG, "%s: larger than %zu KiB", path, max / 1024);
	}
}

int file_read(const char *path, size_t max, struct buf *ret, struct stat *ret_st, struct error *err)
{
	struct stat st;
	size_t before = ret->len;
	int r;
	/* O_NONBLOCK: a FIFO in place of the file must not hang us. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);

	if (fd < 0)
		return error_errno(err, -errno, "%s", path);
	if (fstat(fd, &st) < 0)
		r = error_errno(err, -errno, "%s", path);
	else if (S_ISDIR(st.st_mode))
		r = error_set(err, -EISDIR, "%s: is a directory, wanted a file", path);
	else if (!S_ISREG(st.st_mode))
		r = error_set(err, -EINVAL, "%s: is not a regular file", path);
	else
		r = read_all(fd, (size_t)st.st_size, max, path, ret, err);
	(void)close(fd);
	if (r && ret->len > before) {
		ret->len = before;
		ret->s[before] = '\0';
	}
	if (!r && ret_st)
		*ret_st = st;
	return r;
}

static int write_all(int fd, const char *s, size_t len)
{
	while (len) {
		ssize_t n = write(fd, s, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		s += n;
		len -= (size_t)n;
	}
	return 0;
}

static bool same_as_before(const char *path, const struct buf *text, mode_t mode)
{
	AUTO(buf) old = {0};
	struct stat st;

	if (lstat(path, &st) < 0 || !S_ISREG(st.st_mode) || (st.st_mode & 07777) != mode ||
	    (size_t)st.st_size != text->len)
		return false;
	return file_read(path, text->len, &old, NULL, NULL) == 0 && old.len == text->len &&
	       memcmp(buf_str(&old), buf_str(text), text->len) == 0;
}

static int sync_folder(const char *path)
{
	AUTO(buf) folder = {0};
	int fd, r = 0;

	path_folder(path, &folder);
	fd = open(folder.s, O_RDONLY | O_CLOEXEC | O_DIRECTORY);
	if (fd < 0)
		return -errno;
	/* EINVAL: this file system has nothing to sync for a folder. */
	if (fsync(fd) < 0 && errno != EINVAL)
		r = -errno;
	(void)close(fd);
	return r;
}

/* A new file: what stands there was left by a crash, or planted; a link or a FIFO must not be written to. */
static int create(const char *path, mode_t mode)
{
	enum { FLAGS = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC };
	/* The mode is to be exactly this one, and two calls of umask(2) cost less than one of fchmod(2). */
	mode_t mask = umask(0);
	int fd = open(path, FLAGS, mode);

	if (fd < 0 && errno == EEXIST) {
		(void)unlink(path);
		fd = open(path, FLAGS, mode);
	}
	fd = fd < 0 ? -errno : fd;
	(void)umask(mask);
	return fd;
}

int file_install(const char *path, const struct buf *text, mode_t mode, bool durable,
		 struct error *err)
{
	return same_as_before(path, text, mode) ? 0 : file_write(path, text, mode, durable, err);
}

int file_write(const char *path, const struct buf *text, mode_t mode, bool durable, struct error *err)
{
	AUTO(buf) temp = {0};
	int fd, r;

	/* The name ends in no suffix that a supervisor loads (upstart loads even .hidden.conf). */
	buf_printf(&temp, "%s.tmp%ld", path, (long)getpid());
	if ((fd = create(temp.s, mode)) < 0)
		return error_errno(err, fd, "%s", path);
	r = write_all(fd, buf_str(text), text->len);
	if (!r && durable && fsync(fd) < 0)
		r = -errno;
	if (close(fd) < 0 && !r)
		r = -errno;
	if (!r && rename(temp.s, path) < 0)
		r = -errno;
	if (r) {
		(void)unlink(temp.s); /* the first error is the one to report */
		return error_errno(err, r, "%s", path);
	}
	if (durable && (r = sync_folder(path)) < 0)
		return error_errno(err, r, "%s", path);
	return 1;
}

bool folder_is_empty(const char *path)
{
	DIR *d = opendir(path);
	const struct dirent *entry;
	bool ret = true;

	if (!d)
		return errno == ENOENT;
	while (ret && (entry = readdir(d)))
		ret = !strcmp(entry->d_name, ".") || !strcmp(entry->d_name, "..");
	(void)closedir(d);
	return ret;
}

int folder_private_make(struct buf *ret, struct error *err)
{
	char path[] = "/tmp/tunnelctl-XXXXXX";

	if (!mkdtemp(path))
		return error_errno(err, -errno, "%s", path);
	buf_puts(ret, path);
	return 0;
}

void folder_private_remove(const char *path)
{
	DIR *d = opendir(path);
	const struct dirent *entry;

	while (d && (entry = readdir(d)))
		(void)unlinkat(dirfd(d), entry->d_name, 0);
	if (d)
		(void)closedir(d);
	(void)rmdir(path);
}

int file_remove(const char *path, struct error *err)
{
	if (unlink(path) == 0)
		return 1;
	return errno == ENOENT ? 0 : error_errno(err, -errno, "%s", path);
}

int folder_create(const char *path, mode_t mode)
{
	/* No chmod(2): who may write to the folder above could put a link in its place before. */
	mode_t mask = umask(0);
	int r = mkdir(path, mode) < 0 ? -errno : 0;

	(void)umask(mask);
	return r;
}

static int make_folder(const char *path)
{
	struct stat st;
	int r = folder_create(path, 0755);

	if (r != -EEXIST)
		return r;
	if (stat(path, &st) < 0)
		return -errno;
	return S_ISDIR(st.st_mode) ? 0 : -ENOTDIR;
}

int file_make_parents(const char *path, struct error *err)
{
	AUTO(buf) folder = {0};
	int r;

	path_folder(path, &folder);
	r = make_folder(folder.s);
	if (r == -ENOENT && strcmp(folder.s, "/") != 0 && strcmp(folder.s, ".") != 0) {
		if ((r = file_make_parents(folder.s, err)) < 0)
			return r;
		r = make_folder(folder.s);
	}
	return r < 0 ? error_errno(err, r, "%s", folder.s) : 0;
}

const char *path_base(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

void path_folder(const char *path, struct buf *ret)
{
	const char *base = path_base(path);

	if (base == path)
		buf_putc(ret, '.');
	else
		buf_put(ret, path, base - path == 1 ? 1 : (size_t)(base - path - 1));
}

int path_absolute(const char *path, struct buf *ret, struct error *err)
{
	AUTO(buf) whole = {0};
	size_t start = ret->len;

	if (*path != '/') {
		char *cwd = getcwd(NULL, 0);

		if (!cwd)
			return error_errno(err, -errno, "the current folder");
		buf_printf(&whole, "%s/", cwd);
		free(cwd);
	}
	buf_puts(&whole, path);
	for (const char *s = whole.s; *s;) {
		size_t len;

		s += strspn(s, "/");
		len = strcspn(s, "/");
		if (len == 2 && s[0] == '.' && s[1] == '.') {
			while (ret->len > start && ret->s[--ret->len] != '/')
				;
			if (ret->s)
				ret->s[ret->len] = '\0';
		} else if (len && !(len == 1 && *s == '.')) {
			buf_putc(ret, '/');
			buf_put(ret, s, len);
		}
		s += len;
	}
	if (ret->len == start)
		buf_putc(ret, '/');
	return 0;
}
