/* SPDX-License-Identifier: MIT */
#include "ssh/proxytool.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/macros.h"
#include "base/spawn.h"

enum { ASK_MS = 2000 };

static const char *const folders[] = { "/usr/bin", "/bin", "/usr/local/bin", "/opt/homebrew/bin", "/opt/local/bin" };

/* Debian has nc.openbsd where another package has taken the name nc. */
static const struct {
	const char *name;
	bool is_corkscrew; /* no other program has that name */
} candidates[] = { { "nc", false }, { "nc.openbsd", false }, { "ncat", false }, { "corkscrew", true } };

static bool is_roots(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && st.st_uid == 0 && !(st.st_mode & (S_IWGRP | S_IWOTH));
}

/* What another account can change is not for root to run, nor what lies where it could put something else afterwards, as
 * in Homebrew's folders. */
static bool is_roots_alone(const char *path)
{
	AUTO(buf) part = {0};

	for (buf_puts(&part, path); is_roots(part.s);) {
		AUTO(buf) folder = {0};

		if (!strcmp(part.s, "/"))
			return true;
		path_folder(part.s, &folder);
		buf_clear(&part);
		buf_puts(&part, folder.s);
	}
	return false;
}

static bool is_runnable(const char *path)
{
	struct stat st;

	if (access(path, X_OK) != 0 || stat(path, &st) < 0 || !S_ISREG(st.st_mode))
		return false;
	return geteuid() != 0 || is_roots_alone(path);
}

static enum proxy_program ask(const char *path)
{
	char *const argv[] = { (char *)path, (char *)"-h", NULL };
	AUTO(buf) said = {0};

	/* Its exit status says nothing: OpenBSD's ends with 1. */
	return spawn_run(argv, NULL, ASK_MS, &said, NULL) < 0 ? PROXY_NONE : proxy_program_of(buf_str(&said));
}

void proxy_tool_find(struct proxy_tool *ret)
{
	for (size_t i = 0; i < ARRAY_LEN(candidates); i++)
		for (size_t j = 0; j < ARRAY_LEN(folders); j++) {
			struct proxy_tool found = {0};

			buf_cat(&found.path, folders[j], "/", candidates[i].name);
			if (is_runnable(found.path.s))
				found.program = candidates[i].is_corkscrew ? PROXY_CORKSCREW : ask(found.path.s);
			if (found.program) {
				*ret = found;
				return;
			}
			proxy_tool_done(&found);
		}
}

void proxy_tool_files(struct strv *ret)
{
	for (size_t i = 0; i < ARRAY_LEN(candidates); i++)
		for (size_t j = 0; j < ARRAY_LEN(folders); j++)
			strv_pushf(ret, "%s/%s", folders[j], candidates[i].name);
}

int proxy_tool_report(const void *unused UNUSED, struct buf *ret, struct error *err UNUSED)
{
	AUTO(proxy_tool) tool = {0};

	proxy_tool_find(&tool);
	proxy_tool_print(&tool, ret);
	return 0;
}
