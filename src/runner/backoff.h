/* SPDX-License-Identifier: MIT */
/* When ssh is started again: the one place where the waiting rules stand. Pure. */
#ifndef TUNNELCTL_RUNNER_BACKOFF_H
#define TUNNELCTL_RUNNER_BACKOFF_H

#include "model/tunnel.h"
#include "runner/state.h"

enum {
	BACKOFF_PARK_MS = 10 * 60 * 1000,  /* one try so often while parked */
	BACKOFF_REFUSED_MS = 5 * 1000,     /* a server that refuses is tried after a tenth of the time for which it has,
					    * but at least so often: a try costs it nothing */
	BACKOFF_BUSY_MS = 30 * 1000,       /* how long a busy remote port is tried every 1 to 2 s */
	BACKOFF_QUICK_MS = 10 * 1000,      /* STATE_QUICK starts without a wait in so long a time */
};

/*
 * What follows from how the last ssh ended. NOW is clock_ms(), RANDOM any number. Sets phase (PHASE_CONNECTING: start
 * at once; PHASE_WAITING; PHASE_PARKED), next_try, failures, first_failure and quick.
 * LAST is the state as it was found: a phase of connecting or up then means that ssh ended and nobody could say why.
 */
void backoff_plan(const struct tunnel *, struct state *last, long long now, unsigned random);

#endif
