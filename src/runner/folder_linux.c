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
