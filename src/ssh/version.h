/* SPDX-License-Identifier: MIT */
/* Which release an ssh client is, from what it says of itself (ssh -V). */
#ifndef TUNNELCTL_SSH_VERSION_H
#define TUNNELCTL_SSH_VERSION_H

#include "base/error.h"

/* "OpenSSH_9.2p1 Debian-2, ..." gives VERSION(9, 2). -EINVAL if it is not OpenSSH's word. */
int ssh_version_parse(const char *text, unsigned *ret);

/* Runs PROGRAM -V, for at most 5 s. */
int ssh_version_ask(const char *program, unsigned *ret, struct error *);

#endif
