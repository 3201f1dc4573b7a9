/* SPDX-License-Identifier: MIT */
#include "runner/account.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/macros.h"

static void copy(const struct passwd *pw, struct account *ret)
{
	*ret = (struct account){ .uid = pw->pw_uid,
				 .gid = pw->pw_gid,
				 .name = xstrdup(pw->pw_name),
				 .home = xstrdup(pw->pw_dir) };
}

int account_find(const char *run_as, struct account *ret, struct error *err)
{
	AUTO_FREE char *user = xstrdup(run_as);
	char *group = strchr(user, ':');
	const struct passwd *pw;
	const struct group *gr = NULL;

	if (group)
		*group++ = '\0';
	if (!(pw = getpwnam(user)))
		return error_set(err, -ESRCH, "RunAs = %s: no account %s on this machine", run_as, user);
	if (group && !(gr = getgrnam(group)))
		return error_set(err, -ESRCH, "RunAs = %s: no group %s on this machine", run_as, group);
	copy(pw, ret);
	if (gr)
		ret->gid = gr->gr_gid;
	return 0;
}

void account_self(struct account *ret)
{
	const struct passwd *pw = getpwuid(geteuid());
	const char *home = getenv("HOME");

	if (pw) {
		copy(pw, ret);
		return;
	}
	*ret = (struct account){ .uid = geteuid(), .gid = getegid() };
	if (home && *home == '/')
		ret->home = xstrdup(home);
}

int account_become(const struct account *a, struct error *err)
{
	if (geteuid() == a->uid && getuid() == a->uid && a->uid != 0)
		return 0;
	if (geteuid() != 0)
		return error_set(err, -EPERM, "only root can run ssh as %s", a->name);
	if (a->uid == 0 && getegid() == a->gid)
		return 0;
	if (initgroups(a->name, a->gid) < 0 || setgid(a->gid) < 0 || setuid(a->uid) < 0)
		return error_errno(err, -errno, "becoming %s", a->name);
	if (a->uid != 0 && (setuid(0) == 0 || getuid() != a->uid || geteuid() != a->uid))
		return error_set(err, -EPERM, "becoming %s: could turn back into root", a->name);
	return 0;
}

void account_done(struct account *a)
{
	free(a->name);
	free(a->home);
	*a = (struct account){0};
}
