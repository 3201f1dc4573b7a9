/* SPDX-License-Identifier: MIT */
/* The journal keeps what a tunnel says: journalctl(1) shows it. */
#include "unit.h"

#include <unistd.h>

void unit_show_log(const char *name, const struct scope *scope, const struct log_wish *wish, struct strv *ret_argv)
{
	/* Debian before 10 and others whose /bin is no link to /usr/bin. */
	strv_push(ret_argv, access("/usr/bin/journalctl", X_OK) < 0 && access("/bin/journalctl", X_OK) == 0
				    ? "/bin/journalctl" : "/usr/bin/journalctl");
	strv_push(ret_argv, "--no-pager");
	if (scope->user)
		strv_push(ret_argv, "--user");
	strv_push(ret_argv, "-u");
	strv_pushf(ret_argv, UNIT_PREFIX "%s" UNIT_SUFFIX, name);
	strv_push(ret_argv, "-n");
	if (wish->lines)
		strv_pushf(ret_argv, "%u", wish->lines);
	else
		strv_push(ret_argv, "all");
	if (wish->follow)
		strv_push(ret_argv, "-f");
	if (wish->since) {
		strv_push(ret_argv, "--since");
		strv_push(ret_argv, wish->since);
	}
}
