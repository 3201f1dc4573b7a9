/* SPDX-License-Identifier: MIT */
/*
 * The loop: proves each forward of a running tunnel end to end, from this side. For a remote forward ssh was given
 * -L PREFIX.N:BIND:PORT, a private Unix socket that leads through the server into the tunnel's own listening port and
 * back to the target (ssh/argv.h); a local forward is entered at its own port, a dynamic one by a SOCKS request.
 * Everything is non-blocking, and nothing is allocated while it runs: the owner polls, and calls loop_step(). It
 * ignores SIGPIPE.
 */
#ifndef TUNNELCTL_RUNNER_LOOP_H
#define TUNNELCTL_RUNNER_LOOP_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>

#include "base/buf.h"
#include "model/tunnel.h"
#include "runner/state.h"
#include "ssh/probe.h"

/* So many connections at once; the others of a run wait for their turn. */
enum { LOOP_SOCKETS_MAX = 64 };

/* One forward. */
struct loop_probe {
	enum probe_kind kind; /* PROBE_NONE: cannot be proved, and is never tried */
	const struct forward *forward;
	struct sockaddr_storage address;
	socklen_t address_len;
	/* Of the run under way, in microseconds of a clock of the loop's own: */
	int fd;               /* + 1: 0 is none */
	unsigned step;
	long long since, opened;   /* opened: the server has opened the channel; 0: not yet */
	unsigned got, matched;     /* bytes; of them, of what is looked for */
	unsigned char answer[10];  /* of ssh's SOCKS server */
	/* And afterwards its result: */
	enum proof proof;          /* PROOF_NONE: not tried, or nothing can be said */
	unsigned round_trip_us;    /* 0: unknown */
	bool proved;               /* in some run: PROOF_GOOD */
};

/* The probes stand in the order of struct state: remote, local, dynamic forwards. All-zero has none. */
struct loop {
	const struct tunnel *tunnel;
	struct loop_probe *v;
	size_t len;
	bool running, confirms;
	struct buf request; /* of SOCKS, for ProbeTarget */
};

/* PREFIX of the private sockets, or NULL: there are none (or ssh is older than 6.7). CONFIRMS: ssh_tells_channels(), so
 * that loop_opened() will be called; without it an open connection is all that PROBE_OPEN can see. The tunnel must
 * outlive the loop. */
void loop_prepare(struct loop *ret, const struct tunnel *, const char *prefix, bool confirms);

/* Whether there is anything to run at all. */
bool loop_can(const struct loop *);

/* Begins a run of all probes; does nothing while one is under way. loop_step() makes the connections. */
void loop_start(struct loop *);

/* What to poll() for, at most MAX and LOOP_SOCKETS_MAX; the number. */
size_t loop_poll(const struct loop *, struct pollfd *ret, size_t max);

/* When, at the latest, loop_step() is to be called: clock_ms(), 0 while nothing runs. */
long long loop_wakes(const struct loop *);

/* Does what can be done now; what ssh has said until now comes before it. True when the run has just ended: the probes
 * hold its results. PROOF_GOOD: proved. PROOF_REFUSED: the way there works, but the target does not: the connection was
 * closed before its time, or where an SSH server should greet another does, or the server opened the channel and
 * nobody greets. PROOF_LATE: nothing came within ProbeTimeout: the tunnel is dead. PROOF_NONE: we could not get into
 * the tunnel, which says nothing about it. A run takes at most ProbeTimeout and a second, for each LOOP_SOCKETS_MAX
 * forwards. */
bool loop_step(struct loop *);

/* ssh has said that the server opened a channel (SAID_CHANNEL_OPEN). */
void loop_opened(struct loop *);

/* The server forbids it (SAID_LOOP_FORBIDDEN): remote forwards are never probed again; a run under way ends for them
 * with PROOF_NONE. */
void loop_forbid(struct loop *);

/* The same for a Unix socket of the server (SAID_PATH_FORBIDDEN), but only of those that were never proved: the others
 * are open to the key. True: there was one. */
bool loop_forbid_paths(struct loop *);

/* What is then to be said. sshd compares a path with permitopen=, which can hold none (sshd(8)). */
#define LOOP_PATH_FORBIDDEN \
	"cannot be proved with this key's line: the server opens no way back into a Unix socket (permitopen= of the line, or " \
	"AllowStreamLocalForwarding in its sshd_config)"

void loop_stop(struct loop *); /* drops a run under way */
void loop_done(struct loop *);

#endif
