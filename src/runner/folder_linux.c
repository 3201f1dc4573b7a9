/* SPDX-License-Identifier: MIT */
#include "runner/folder.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void folder_path(const char *name, bool user, const struct account *account, struct buf *ret)
{
	const char *given = getenv("RUNTIME_DIRECTORY"), *session = getenv("XDG_RUNTIME_DIR");

	/* systemd.exec(5): one folder, or several with colons between them, which is then not our unit. */
	if (given && *given == '/' && !strchr(given, ':')) {
		buf_puts(ret, given);
		return;
	}
	if (!user) {
		buf_printf(ret, "/run/tunnelctl/%s", name);
		if (geteuid() == 0 || access(ret->s, W_OK) == 0)
			return;
		buf_clear(ret); /* an upstart job with setuid, or a person who tries a system tunnel out */
	} else if (session && *session == '/') {
		buf_printf(ret, "%s/tunnelctl/%s", session, name);
		return;
	}
	buf_printf(ret, "%s/.cache/tunnelctl/%s", account->home ? account->home : "", name);
}

void folder_seek(const char *name, bool user, const struct account *account, struct buf *ret)
{
	const char *session = getenv("XDG_RUNTIME_DIR");

	if (!user)
		buf_cat(ret, "/run/tunnelctl/", name);
	else if (session && *session == '/')
		buf_cat(ret, session, "/tunnelctl/", name);
	else
		buf_printf(ret, "/run/user/%lu/tunnelctl/%s", (unsigned long)account->uid, name);
	if (access(ret->s, F_OK) == 0 || !account->home)
		return;
	/* Where folder_path() went for want of the first. */
	buf_clear(ret);
	buf_cat(ret, account->home, "/.cache/tunnelctl/", name);
}

void folder_bases(struct strv *ret)
{
	strv_push(ret, "/tmp");
}
