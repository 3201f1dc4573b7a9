/* SPDX-License-Identifier: MIT */
/*
 * The observer: forked before tunnelctl-run becomes ssh, so ssh's child. It reads what ssh says, knows whether the
 * tunnel is up, writes the state, proves the tunnel, notices a dead connection and ends ssh then; it never starts
 * anything. It holds the lock, wakes only when something happens, and ends with ssh.
 */
#ifndef TUNNELCTL_RUNNER_OBSERVER_H
#define TUNNELCTL_RUNNER_OBSERVER_H

#include <signal.h>

#include "model/tunnel.h"
#include "runner/log.h"
#include "runner/state.h"

/* All belongs to the caller and outlives the observer. */
struct observed {
	const struct tunnel *tunnel;
	const char *folder;        /* for the state; NULL: there is none, and nothing is written */
	const char *loop;          /* prefix of the loop's sockets, NULL: none */
	struct state *state;       /* PHASE_CONNECTING, and what came before */
	struct log *log;
	pid_t ssh;                 /* its parent */
	int from_ssh;              /* read end of ssh's standard error, non-blocking */
	int signals;               /* signals_open() of SIGTERM, SIGINT and OBSERVER_PARENT_ENDED */
	bool tells_device;         /* ssh_tells_device() */
	bool confirms;             /* ssh_tells_channels() */
};

enum { OBSERVER_PARENT_ENDED = SIGUSR1 };

/* Returns when ssh has ended and its end is written down. */
void observe(const struct observed *);

/* Writes the state and tells the supervisor; LOGGED: the log, too. */
void observer_publish(const struct observed *, bool ready, bool logged);

#endif
