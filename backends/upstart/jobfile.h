/* SPDX-License-Identifier: MIT */
/*
 * What is in a job's file and in the override beside it, as upstart reads the two (init(5)): first the file, then the
 * override over it. Somebody else may have written either.
 */
#ifndef TUNNELCTL_UPSTART_JOBFILE_H
#define TUNNELCTL_UPSTART_JOBFILE_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/error.h"

enum override {
	OVERRIDE_NONE,
	OVERRIDE_OURS,  /* a plain file that says "manual" and no more */
	OVERRIDE_OTHER, /* anything else: it is not touched */
};

/* All-zero is a job without a file. */
struct jobfile {
	struct buf path, override_path;
	bool there;            /* the job's file */
	bool starts;           /* by itself: `start on` is in effect */
	bool automatic;        /* it would without the override */
	bool own_log;          /* tunnelctl-run was told to keep one, for upstart keeps none */
	unsigned kill_timeout; /* seconds */
	struct buf program;    /* what it runs, an absolute path; empty: cannot be told */
	struct buf user, group;
	struct buf problem;    /* why upstart has dropped the file; empty: nothing to be seen */
	enum override override;
	struct buf override_problem; /* "line N: ..." */
	bool deadly;           /* the override spoils the command, and init would abort when it starts the job */
};

/* PATH: of the job, ending in ".conf"; VERSION: UPSTART(), of the init that reads it. Empties what was in ret. */
void jobfile_read(const char *path, unsigned version, struct jobfile *ret);

/* Takes away its `start on`, by an override of ours. 1 = written, 0 = there was one, or it does not start by itself,
 * or this release knows no overrides. */
int jobfile_forbid_start(const struct jobfile *, unsigned version, struct error *);

/* Takes an override of ours away. 1 = removed, 0 = there is none of ours. */
int jobfile_allow_start(const struct jobfile *, struct error *);

/* Appends why init cannot start it, as far as can be seen from here. False: nothing to be seen. */
bool jobfile_cause(const struct jobfile *, struct buf *ret);

void jobfile_done(struct jobfile *);

#endif
