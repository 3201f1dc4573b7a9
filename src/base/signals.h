/* SPDX-License-Identifier: MIT */
/* Signals as bytes in a pipe, for a poll() loop. One set a process. */
#ifndef TUNNELCTL_BASE_SIGNALS_H
#define TUNNELCTL_BASE_SIGNALS_H

#include <stdbool.h>
#include <stddef.h>

/* Begins to catch them; returns the descriptor to poll() for POLLIN, or -errno. execve() puts the defaults back. */
int signals_open(const int *signals, size_t len);

/* Whether SIGNAL has arrived since it was last asked for. To be called for each when the descriptor is readable. */
bool signals_take(int signal);

/* Whether somebody wants this process to end: SIGTERM or SIGINT. */
bool signals_told_to_end(void);

#endif
