/* SPDX-License-Identifier: MIT */
/*
 * What the system tells about another process. One file a system: process_linux.c (proc(5)), process_darwin.c
 * (sysctl(3)); what does not depend on it is in process.c.
 */
#ifndef TUNNELCTL_BASE_PROCESS_H
#define TUNNELCTL_BASE_PROCESS_H

#include <sys/types.h>

#include "base/buf.h"

/* 0: there is no such process, or nobody may know. */
pid_t process_parent(pid_t);

/* When it was started, in microseconds since 1970 by this machine's clock as it is now; 0: unknown. */
long long process_started(pid_t);

/*
 * Appends the environment that the process was started with: NAME=VALUE, each with a NUL behind it. Bytes of somebody
 * else: not to be printed as they are. 0, -ESRCH (no such process), -EPERM (somebody else's), or what the system says.
 * macOS may keep that of Apple's own programs to itself: then it is empty.
 */
int process_environment(pid_t, struct buf *ret);

/* The value of NAME in such an environment, or NULL. Part of it. */
const char *process_variable(const struct buf *environment, const char *name);

#endif
