/* SPDX-License-Identifier: MIT */
/* Who ssh runs as. */
#ifndef TUNNELCTL_RUNNER_ACCOUNT_H
#define TUNNELCTL_RUNNER_ACCOUNT_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/error.h"

/* One row of passwd(5), or where it has none only the number. The strings are the caller's. */
struct account {
	uid_t uid;
	gid_t gid;
	char *name, *home; /* NULL: unknown */
};

/* "user[:group]" as in RunAs. -ESRCH if either is unknown. */
int account_find(const char *run_as, struct account *ret, struct error *);

/* The account that this process runs as; never fails. */
void account_self(struct account *ret);

/* Root becomes the account for good: groups, gid, uid, and proof that there is no way back.
 * -EPERM for anybody but root, unless it is the account already. */
int account_become(const struct account *, struct error *);

void account_done(struct account *);

#endif
