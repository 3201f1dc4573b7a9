/* SPDX-License-Identifier: MIT */
#include "runner/environment.h"

#include <stdlib.h>
#include <string.h>

#include "base/macros.h"

void environment_make(const struct tunnel *t, const struct account *account, struct strv *ret)
{
	/* What ssh(1), ENVIRONMENT, and the shell of a ProxyCommand look at. SSH_AUTH_SOCK only
	 * when IdentityAgent says so. Not NOTIFY_SOCKET: the observer alone speaks to the supervisor. */
	static const char *const kept[] = {
		"TZ", "LANG", "LC_ALL", "LC_CTYPE", "TMPDIR", "XDG_RUNTIME_DIR", "KRB5CCNAME",
	};

	for (size_t i = 0; i < ARRAY_LEN(kept); i++) {
		const char *value = getenv(kept[i]);

		if (value)
			strv_pushf(ret, "%s=%s", kept[i], value);
	}
	if (t->identity_agent && !strcmp(t->identity_agent, "SSH_AUTH_SOCK") && getenv("SSH_AUTH_SOCK"))
		strv_pushf(ret, "SSH_AUTH_SOCK=%s", getenv("SSH_AUTH_SOCK"));
	strv_push(ret, "PATH=/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin");
	strv_pushf(ret, "HOME=%s", account->home ? account->home : "/");
	/* Not the account's: ssh gives ProxyCommand to it, and that of a service account is nologin. */
	strv_push(ret, "SHELL=/bin/sh");
	if (account->name) {
		strv_pushf(ret, "USER=%s", account->name);
		strv_pushf(ret, "LOGNAME=%s", account->name);
	}
	/* Here as well as in the unit, so that it is the same under every supervisor and under none. */
	for (size_t i = 0; i < t->environment.len; i++) {
		size_t name = strcspn(t->environment.v[i], "=") + 1;
		size_t j = 0;

		while (j < ret->len && strncmp(ret->v[j], t->environment.v[i], name) != 0)
			j++;
		if (j < ret->len) {
			free(ret->v[j]);
			ret->v[j] = ret->v[--ret->len];
			ret->v[ret->len] = NULL;
		}
		strv_push(ret, t->environment.v[i]);
	}
}
