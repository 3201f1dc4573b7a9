/* SPDX-License-Identifier: MIT */
/*
 * What `initctl status` and `initctl list` tell of a job: "NAME[ (INSTANCE)] GOAL/STATE[, process PID]", the same from
 * 0.6.5 to 1.13.2; 1.13 has more states, so that the goal counts where a state is not known.
 */
#ifndef TUNNELCTL_UPSTART_STATUS_H
#define TUNNELCTL_UPSTART_STATUS_H

#include <stdbool.h>

struct job_status {
	bool known;      /* init has the job */
	bool wanted;     /* the goal: start, not stop */
	char word[32];   /* "start/running"; "" where it is not known */
	long pid;        /* of the first process that is told of, 0: none */
};

/* Finds the job in what was printed. False: it is not there. Of several instances one that is wanted counts. */
bool job_status_read(const char *output, const char *job, struct job_status *ret);

/* Nothing of it is left: it may be started, or forgotten. */
bool job_status_is_over(const struct job_status *);

/* It is wanted, and its process is the job's own, not that of a script before or after it. */
bool job_status_is_running(const struct job_status *);

/* It ended, and is about to be started again. */
bool job_status_is_respawning(const struct job_status *);

#endif
