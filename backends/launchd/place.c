/* SPDX-License-Identifier: MIT */
#include "place.h"

#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>

#include "base/alloc.h"
#include "model/value.h"

#define SUFFIX ".plist"

/*
 * launchd loads all that lies in LaunchDaemons at boot, and in LaunchAgents at login. A plist that only a
 * person may start lies elsewhere, and `start` bootstraps it by its path.
 */
static int folder(const struct scope *scope, bool manual, struct buf *ret, struct error *err)
{
	if (scope->user && !scope->home)
		return error_set(err, -EINVAL,
				 "the user's home folder is not known; wanted it for ~/Library");
	if (scope->user)
		buf_puts(ret, scope->home);
	if (manual)
		buf_puts(ret, "/Library/Application Support/tunnelctl");
	else
		buf_puts(ret, scope->user ? "/Library/LaunchAgents" : "/Library/LaunchDaemons");
	return 0;
}

static int put_path(const char *name, const struct scope *scope, bool manual, struct buf *ret, struct error *err)
{
	int r = folder(scope, manual, ret, err);

	if (r == 0)
		buf_printf(ret, "/" LABEL_PREFIX "%s" SUFFIX, name);
	return r;
}

int launchd_path(const struct tunnel *t, const struct scope *scope, struct buf *ret, struct error *err)
{
	return put_path(t->name, scope, t->start == START_MANUAL, ret, err);
}

int launchd_places(const char *name, const struct scope *scope, struct strv *ret, struct error *err)
{
	for (int manual = 0; manual < 2; manual++) {
		AUTO(buf) path = {0};
		int r = put_path(name, scope, manual, &path, err);

		if (r < 0)
			return r;
		strv_push(ret, path.s);
	}
	return 0;
}

int launchd_find(const char *name, const struct scope *scope, struct buf *ret, bool *ret_automatic, struct error *err)
{
	AUTO(strv) places = {0};
	struct stat st;
	int r = launchd_places(name, scope, &places, err);

	for (size_t i = 0; r == 0 && i < places.len; i++)
		if (lstat(places.v[i], &st) == 0) {
			buf_clear(ret);
			buf_puts(ret, places.v[i]);
			*ret_automatic = i == 0;
			return 1;
		}
	return r;
}

/* Adds the tunnel whose plist has this file name, if it is one. */
static void add_name(const char *file, struct strv *ret)
{
	size_t prefix = strlen(LABEL_PREFIX), suffix = strlen(SUFFIX), len = strlen(file);
	AUTO_FREE char *name = NULL;

	if (len <= prefix + suffix || strncmp(file, LABEL_PREFIX, prefix) != 0 ||
	    strcmp(file + len - suffix, SUFFIX) != 0)
		return;
	name = xstrndup(file + prefix, len - prefix - suffix);
	if (!check_name(name) && !strv_has(ret, name))
		strv_push(ret, name);
}

static int list(const char *path, struct strv *ret, struct error *err)
{
	struct dirent *entry;
	DIR *d = opendir(path);

	if (!d)
		return errno == ENOENT ? 0 : error_errno(err, -errno, "%s", path);
	while ((entry = readdir(d)))
		add_name(entry->d_name, ret);
	(void)closedir(d);
	return 0;
}

int launchd_installed(const struct scope *scope, struct strv *ret, struct error *err)
{
	AUTO(strv) names = {0};

	for (int manual = 0; manual < 2; manual++) {
		AUTO(buf) path = {0};
		int r;

		if ((r = folder(scope, manual, &path, err)) < 0 || (r = list(path.s, &names, err)) < 0)
			return r;
	}
	strv_sort(&names); /* the order of a folder is nobody's */
	strv_push_all(ret, &names);
	return 0;
}
