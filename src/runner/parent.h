/* SPDX-License-Identifier: MIT */
/* The observer is ssh's child, and is told when ssh ends. One file a system: parent_linux.c, parent_darwin.c. */
#ifndef TUNNELCTL_RUNNER_PARENT_H
#define TUNNELCTL_RUNNER_PARENT_H

#include <sys/types.h>

/*
 * To be called in the child. On Linux SIGNAL is sent when the parent ends (prctl(2), PR_SET_PDEATHSIG: since 2.1.57,
 * so that there is no second way for kernels without pidfd_open) and -1 is returned; on macOS a descriptor that becomes
 * readable (kqueue(2), EVFILT_PROC). Whoever calls it looks afterwards whether getppid() is still PARENT.
 */
int parent_watch(pid_t parent, int signal);

/* How it ended, as waitpid(2) says, while nobody has reaped it yet; -1: nobody can say. */
int parent_status(pid_t parent);

/* The same from what /proc/PID/stat says; on Linux only. */
int parent_status_parse(const char *stat);

#endif
