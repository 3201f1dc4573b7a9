/* SPDX-License-Identifier: MIT */
/*
 * Which init is spoken to, and what release it is: the system's, or that of a user's session, which upstart has from
 * 1.7 on and which runs where a desktop was started by it. initctl(8) finds a session by $UPSTART_SESSION alone.
 */
#ifndef TUNNELCTL_UPSTART_SESSION_H
#define TUNNELCTL_UPSTART_SESSION_H

#include "base/buf.h"
#include "base/error.h"

/* The system's init answers: sets ret_version, UPSTART(). Else what is wrong and the next step. -ESRCH: no initctl;
 * -EPERM; -ETIMEDOUT; -EIO: nobody answers, or not upstart. */
int session_of_system(unsigned *ret_version, struct error *);

/* The same for a session of whoever runs this: that of $UPSTART_SESSION, or the first in `initctl list-sessions` that
 * is ours and answers; sets ret_address. -ESRCH: there is none, or no initctl. */
int session_of_user(struct buf *ret_address, unsigned *ret_version, struct error *);

/* As in struct backend: of the session where there is one, else of the system, for they come in one package. */
int session_host_version(unsigned *ret, struct error *);

#endif
