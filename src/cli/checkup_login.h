/* SPDX-License-Identifier: MIT */
/* What was learnt from the server: one login for host key and key, another for the forwards. */
#ifndef TUNNELCTL_CLI_CHECKUP_LOGIN_H
#define TUNNELCTL_CLI_CHECKUP_LOGIN_H

#include "cli/checkup_hear.h"

/* All-zero is the valid empty login. */
struct login {
	bool tried;
	struct heard heard; /* of the login that forwards nothing */
	bool forwarded;     /* the next two are set */
	struct heard with_forwards;
	struct heard_forward *forwards; /* of with_forwards */
};

void login_done(struct login *);

#endif
