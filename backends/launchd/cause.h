/* SPDX-License-Identifier: MIT */
/* Why launchd does not do what it was asked for, found out from what can be seen: it seldom says so itself. */
#ifndef TUNNELCTL_BACKENDS_LAUNCHD_CAUSE_H
#define TUNNELCTL_BACKENDS_LAUNCHD_CAUSE_H

#include <stdbool.h>

#include "base/buf.h"
#include "model/scope.h"
#include "print.h"

/* What launchd will not like about the plist: the file itself, or what is in it. False: nothing to be seen. */
bool cause_find(const char *plist, const struct scope *, struct buf *ret);

/* Why a job that launchd has loaded has no process, and will have none; false: it has, or there is no telling. */
bool cause_of_silence(const struct print *, struct buf *ret);

/* Whether launchd has read something else than what is in the plist now, as far as that shows in OUTPUT, what `print`
 * printed, and P, what was read out of it: program, arguments, account, variables, ExitTimeOut. False: nothing to be
 * seen, which is no proof. */
bool cause_is_other(const char *plist, const struct print *p, const char *output);

/* ExitTimeOut of the plist in seconds; where it says nothing, the longest default that launchd has had. */
unsigned cause_exit_timeout(const char *plist);

#endif
