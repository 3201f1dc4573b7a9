/* SPDX-License-Identifier: MIT */
/* Which file a tunnel's words go to, where that is a file of its own: Log = PATH, and on macOS, where launchd keeps
 * nothing (launchd.plist(5)), and under an old upstart, Log = native as well. */
#ifndef TUNNELCTL_RUNNER_LOGFILE_H
#define TUNNELCTL_RUNNER_LOGFILE_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/buf.h"
#include "runner/account.h"
#include "runner/log.h"

/* Appends the path of the log of the tunnel NAME, which runs as the account; LOG is its key of that name, NULL: not
 * known, so native. false: the words go to standard error, and so to the supervisor. */
bool logfile_path(const char *name, const char *log, const struct account *, struct buf *ret);

/* The same for native alone. One file a system, for this and the next: logfile_linux.c, logfile_darwin.c. */
bool logfile_native(const char *name, const struct account *, struct buf *ret);

/* Appends the path of native's own file under a supervisor that keeps nothing (upstart before 1.4, init(5)): in the
 * account's home, like those that upstart keeps for a session. false: the account has no home. */
bool logfile_own(const char *name, const struct account *, struct buf *ret);

/* Whether launchd started us as a job: SERVICE is $XPC_SERVICE_NAME, "0" in a process that is none; PARENT is
 * getppid(). Else somebody may be looking at standard error. */
bool logfile_under_launchd(const char *service, pid_t parent);

/* Opens it, to be called as the account. Where its folder is missing it is made: native's, for the account alone, with
 * all above it; another's only where the folder above it is there. -errno as log_open_file(). */
int logfile_open(struct log *, const char *path, bool native);

#endif
