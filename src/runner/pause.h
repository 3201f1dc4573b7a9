/* SPDX-License-Identifier: MIT */
/* The wait before a try: until its time comes, or something happens that makes a try worth it, or somebody wants the
 * runner to end. Nothing polls. */
#ifndef TUNNELCTL_RUNNER_PAUSE_H
#define TUNNELCTL_RUNNER_PAUSE_H

#include <stdint.h>

#include "base/strv.h"

struct pause {
	int signals;               /* signals_open() of SIGTERM and SIGINT */
	long long until;           /* clock_ms() */
	long long not_before;      /* the same: no change ends the wait sooner, so that nothing is tried in a storm */
	long long network_not_before; /* the same for a change of the network */
	const struct strv *files;  /* absolute paths whose change ends the wait */
	uint64_t print;            /* filewatch_print() of them at the last try, 0: there was none */
};

enum pause_end {
	PAUSE_TIME = 1,     /* the time has come */
	PAUSE_BEFORE,       /* a file had changed already, since the last try */
	PAUSE_FILES,        /* a file has changed while we waited */
	PAUSE_NETWORK,      /* the network has, or the machine slept */
	PAUSE_STOP,         /* SIGTERM or SIGINT */
};

enum pause_end pause_for(const struct pause *);

#endif
