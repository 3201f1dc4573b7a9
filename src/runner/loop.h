/* SPDX-License-Identifier: MIT */
/*
 * The loop: proves each forward of a running tunnel end to end, from this side. For a remote forward ssh was given
 * -L PREFIX.N:BIND:PORT, a private Unix socket that leads through the server into the tunnel's own listening port and
 * back to the target (ssh/argv.h); a local forward is entered at its own port, a dynamic one by a SOCKS request.
 * Everything is non-blocking: the owner polls, and calls loop_step().
 */
#ifndef TUNNELCTL_RUNNER_LOOP_H
#define TUNNELCTL_RUNNER_LOOP_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>

#include "model/tunnel.h"
#include "runner/state.h"

enum probe_kind { PROBE_NONE, PROBE_BANNER, PROBE_OPEN };

/* One forward. */
struct probe {
	enum probe_kind kind;   /* PROBE_NONE: cannot be proved, and is never tried */
	const struct forward *forward;
	char *path;             /* the private socket of a remote forward, NULL: none */
	/* Of the run under way, and afterwards its result: */
	int fd;                 /* + 1: 0 is none */
	unsigned step;
	long long opened;       /* clock_ms() */
	enum proof proof;       /* PROOF_NONE: not tried */
	unsigned round_trip_us;
};

/* The probes stand in the order of struct state: remote, local, dynamic forwards. All-zero has none. */
struct loop {
	const struct tunnel *tunnel;
	struct probe *v;
	size_t len;
	bool running, confirms;
	unsigned waiting_for_open; /* channels that ssh has been asked for and the server has not opened */
	long long deadline;
};

/* PREFIX of the private sockets, or NULL: there are none. CONFIRMS: ssh tells when the server opens a channel, so that
 * loop_opened() will be called; without it an open connection is all that PROBE_OPEN can see. The tunnel must outlive
 * the loop. */
void loop_prepare(struct loop *ret, const struct tunnel *, const char *prefix, bool confirms);

/* Whether there is anything to run at all. */
bool loop_can(const struct loop *);

/* Begins a run of all probes; does nothing while one is under way. */
void loop_start(struct loop *);

/* What to poll() for, at most MAX; the number. */
size_t loop_poll(const struct loop *, struct pollfd *ret, size_t max);

/* When, at the latest, loop_step() is to be called: clock_ms(), 0 while nothing runs. */
long long loop_wakes(const struct loop *);

/* Does what can be done now. True when the run has just ended: the probes hold its results. PROOF_GOOD: proved.
 * PROOF_REFUSED: the way there works, but the connection was closed before its time: nobody listens at the target.
 * PROOF_LATE: nothing came within ProbeTimeout: the tunnel is dead. */
bool loop_step(struct loop *);

/* ssh has said that the server opened a channel (SAID_CHANNEL_OPEN). */
void loop_opened(struct loop *);

/* The server forbids it (SAID_LOOP_FORBIDDEN): remote forwards are never probed again; a run under way ends for them
 * with PROOF_NONE. */
void loop_forbid(struct loop *);

void loop_stop(struct loop *); /* drops a run under way */
void loop_done(struct loop *);

#endif
