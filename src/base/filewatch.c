/* SPDX-License-Identifier: MIT */
#include "base/filewatch.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/file.h"
#include "base/filewatch_system.h"
#include "base/fnv.h"

enum { LINKS_MAX = 40 }; /* as many as Linux follows (path_resolution(7)) */

static uint64_t add_number(uint64_t print, uint64_t n)
{
	return fnv_add(print, &n, sizeof(n));
}

static uint64_t add_time(uint64_t print, struct timespec t)
{
	return add_number(add_number(print, (uint64_t)t.tv_sec), (uint64_t)t.tv_nsec);
}

/* The sum of the names' prints: a folder has no order that we may rely on. */
static uint64_t entries_print(const char *path)
{
	DIR *d = opendir(path);
	const struct dirent *entry;
	uint64_t sum = 0;

	if (!d)
		return (uint64_t)errno;
	while ((entry = readdir(d)))
		sum += fnv_add(FNV_START, entry->d_name, strlen(entry->d_name));
	(void)closedir(d);
	return sum;
}

static uint64_t add_file(uint64_t print, const char *path)
{
	struct stat st;

	/* ENOENT is not EACCES: the way to the file may have been opened. */
	if (stat(path, &st) < 0)
		return add_number(print, (uint64_t)errno);
	print = add_number(print, (uint64_t)st.st_dev);
	print = add_number(print, (uint64_t)st.st_ino);
	print = add_number(print, (uint64_t)st.st_size);
	print = add_number(print, (uint64_t)st.st_mode);
	print = add_number(print, (uint64_t)st.st_uid);
	print = add_number(print, (uint64_t)st.st_gid);
	print = add_time(print, filewatch_system_mtime(&st));
	print = add_time(print, filewatch_system_ctime(&st));
	return S_ISDIR(st.st_mode) ? add_number(print, entries_print(path)) : print;
}

uint64_t filewatch_print(const struct strv *paths)
{
	uint64_t print = FNV_START;

	for (size_t i = 0; i < paths->len; i++)
		print = add_file(print, paths->v[i]);
	return print ? print : 1;
}

/* What we watch, by the system's numbers. */
struct numbers {
	int *v;
	size_t len;
};

static void numbers_done(struct numbers *n)
{
	free(n->v);
	*n = (struct numbers){0};
}

static bool numbers_have(const struct numbers *n, int number)
{
	for (size_t i = 0; i < n->len; i++)
		if (n->v[i] == number)
			return true;
	return false;
}

static bool watch(const struct filewatch *w, struct numbers *n, const char *path, bool grows)
{
	int number = filewatch_system_add(w->fd, path, grows);

	if (number < 0)
		return false;
	if (!numbers_have(n, number)) {
		n->v = array_grow(n->v, n->len, sizeof(*n->v));
		n->v[n->len++] = number;
	}
	return true;
}

/* Watches the lowest folder above PATH that is there and may be watched; the length of its name. */
static size_t watch_above(const struct filewatch *w, struct numbers *n, const char *path)
{
	AUTO(buf) folder = {0};

	path_folder(path, &folder);
	while (!watch(w, n, folder.s, false) && folder.len > 1) {
		AUTO(buf) above = {0};

		path_folder(folder.s, &above);
		buf_clear(&folder);
		buf_puts(&folder, above.s);
	}
	return folder.len;
}

static void watch_folder(const struct filewatch *w, struct numbers *n, const char *path)
{
	size_t wanted = (size_t)(path_base(path) - path), before, len = watch_above(w, n, path);

	/* What comes into being after we looked for it and before we watch the folder above makes no event. */
	do {
		before = len;
		if (len + 1 < wanted)
			len = watch_above(w, n, path);
	} while (len > before);
}

/* Makes PATH what the link there leads to; false: there is no link. */
static bool follow(struct buf *path)
{
	AUTO(buf) next = {0};
	char target[PATH_MAX];
	ssize_t len = readlink(path->s, target, sizeof(target));

	if (len <= 0 || (size_t)len == sizeof(target))
		return false;
	if (*target != '/') {
		path_folder(path->s, &next);
		buf_putc(&next, '/');
	}
	buf_put(&next, target, (size_t)len);
	buf_clear(path);
	buf_puts(path, next.s);
	return true;
}

/* A file is watched itself, too: mounted from elsewhere (systemd's BindPaths=) it has another folder than its name
 * tells; and its folder may be closed to us. Each is watched before it is looked at. */
static void watch_file(const struct filewatch *w, struct numbers *n, const char *name)
{
	AUTO(buf) path = {0};
	int links = 0;

	buf_puts(&path, name);
	do
		watch_folder(w, n, path.s);
	while (follow(&path) && ++links < LINKS_MAX);
	(void)watch(w, n, name, w->grows);
}

/* Watches what is there now, and no longer what we do not need. */
static void watch_anew(struct filewatch *w)
{
	struct numbers *now = w->system, old = *now;

	*now = (struct numbers){0};
	for (size_t i = 0; i < w->paths.len; i++)
		watch_file(w, now, w->paths.v[i]);
	for (size_t i = 0; i < old.len; i++)
		if (!numbers_have(now, old.v[i]))
			filewatch_system_remove(w->fd, old.v[i]);
	numbers_done(&old);
}

static void begin(struct filewatch *ret, const struct strv *paths, uint64_t print, bool grows)
{
	int fd = paths->len ? filewatch_system_open() : -ENOENT;

	*ret = (struct filewatch){ .fd = fd > 0 ? fd : 0, .grows = grows };
	strv_push_all(&ret->paths, paths);
	if (ret->fd) {
		ret->system = xrealloc(NULL, sizeof(struct numbers));
		*(struct numbers *)ret->system = (struct numbers){0};
		watch_anew(ret);
	}
	/* Only now: whatever happens from here on makes an event. */
	ret->print = print ? print : filewatch_print(&ret->paths);
}

void filewatch_open(struct filewatch *ret, const struct strv *paths, uint64_t print)
{
	begin(ret, paths, print, false);
}

void filewatch_open_growing(struct filewatch *ret, const struct strv *paths)
{
	begin(ret, paths, 0, true);
}

bool filewatch_changed(struct filewatch *w)
{
	uint64_t print;

	if (w->fd) {
		filewatch_system_drain(w->fd);
		watch_anew(w);
	}
	print = filewatch_print(&w->paths);
	if (print == w->print)
		return false;
	w->print = print;
	return true;
}

void filewatch_done(struct filewatch *w)
{
	struct numbers *n = w->system;

	for (size_t i = 0; n && i < n->len; i++)
		filewatch_system_remove(w->fd, n->v[i]);
	if (n)
		numbers_done(n);
	free(n);
	if (w->fd)
		(void)close(w->fd);
	strv_done(&w->paths);
	*w = (struct filewatch){0};
}
