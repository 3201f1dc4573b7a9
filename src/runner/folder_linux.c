/* SPDX-License-Identifier: MIT */
#include "runner/folder.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/macros.h"

/* Hosts of upstart before Ubuntu 11.10, RHEL 6 among them, have no /run, and / is not the place to make one. */
static void put_system(const char *name, struct buf *ret)
{
	buf_cat(ret, access("/run", F_OK) == 0 ? "/run" : "/var/run", "/tunnelctl/", name);
}

static void put_cache(const char *name, const struct account *account, struct buf *ret)
{
	buf_cat(ret, account->home ? account->home : "", "/.cache/tunnelctl/", name);
}

void folder_path(const char *name, bool user, const struct account *account, struct buf *ret)
{
	const char *given = getenv("RUNTIME_DIRECTORY"), *session = getenv("XDG_RUNTIME_DIR");
	AUTO(buf) cache = {0};

	/* systemd.exec(5): one folder, or several with colons between them, which is then not our unit. */
	if (given && *given == '/' && !strchr(given, ':')) {
		buf_puts(ret, given);
		return;
	}
	if (user && session && *session == '/') {
		buf_cat(ret, session, "/tunnelctl/", name);
		return;
	}
	if (!user) {
		put_system(name, ret);
		if (access(ret->s, geteuid() == 0 ? F_OK : W_OK) == 0)
			return;
	}
	put_cache(name, account, &cache);
	/* An upstart job with setuid, or a person who tries a system tunnel out, went there: root is to meet their lock. */
	if (user || geteuid() != 0 || (account->home && access(cache.s, F_OK) == 0)) {
		buf_clear(ret);
		buf_puts(ret, cache.s);
	}
}

void folder_seek(const char *name, bool user, const struct account *account, struct buf *ret)
{
	const char *session = getenv("XDG_RUNTIME_DIR");

	if (!user)
		put_system(name, ret);
	else if (session && *session == '/')
		buf_cat(ret, session, "/tunnelctl/", name);
	else
		buf_printf(ret, "/run/user/%lu/tunnelctl/%s", (unsigned long)account->uid, name);
	if (access(ret->s, F_OK) == 0 || !account->home)
		return;
	/* Where folder_path() went for want of the first. */
	buf_clear(ret);
	put_cache(name, account, ret);
}

void folder_bases(struct strv *ret)
{
	strv_push(ret, "/tmp");
}
