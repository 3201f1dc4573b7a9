/* SPDX-License-Identifier: MIT */
/*
 * What is known of tunnels: what tunnelctl-run wrote of each and what the supervisor says, joined. One call to the
 * supervisor for all of a scope, no process for any. Prints nothing but that a supervisor does not answer.
 */
#ifndef TUNNELCTL_CLI_REPORT_H
#define TUNNELCTL_CLI_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/filewatch.h"
#include "cli/cli.h"
#include "cli/select.h"
#include "model/tunnel.h"
#include "runner/state.h"

/* One tunnel. Strings from files are clean. */
struct report {
	const struct selected *selected;
	struct buf folder;      /* where its state lies */
	struct state state;     /* what was last written there; all-zero where state_error < 0 */
	int state_error;        /* why there is none */
	bool held;              /* whoever wrote it lives, or has just made way for the next: only then does it count */
	bool between;           /* the latter */
	bool asked;             /* the supervisor has answered: unit is what it said */
	struct unit_state unit;
	enum phase phase;       /* of the tunnel, now; PHASE_NONE: nobody knows more than the supervisor */
	struct tunnel tunnel;   /* the INI as it is now; all-zero: it cannot be read */
	uint64_t settings;      /* tunnel_print() of it, or 0 */
	char *me;               /* who logs in on this machine: RunAs, or where nobody can be that, the person */
	struct buf log;         /* the file that its words go to; empty: the supervisor keeps them */
	struct buf cure;        /* the command that cures what keeps it down, or finds out; empty: nothing does */
};

/* All-zero is the valid empty list. */
struct reports {
	const struct cli *cli;
	struct report *v;
	size_t len;
	struct filewatch watch;
	bool complained[2]; /* of a scope's supervisor */
};

/* Begins to watch the tunnels of the selection, which must outlive the reports; looks at none yet. */
void reports_open(const struct cli *, const struct selection *, struct reports *ret);

/* Looks at all of them. BACKEND: also asks the supervisor; NULL: the files alone. */
void reports_look(struct reports *, const struct backend *);

/* Whether somebody who wrote a state has gone, or come, since the last look; no file tells of that. */
bool reports_have_lapsed(const struct reports *);

enum reports_event { REPORTS_CHANGED, REPORTS_TIME, REPORTS_ALSO };

/* Sleeps until the state or the INI of one of them changes, until DEADLINE (clock_ms(); 0: none), or until the
 * descriptor ALSO (-1: none) is readable. */
enum reports_event reports_await(struct reports *, long long deadline, int also);

/* The word for its state, the supervisor's own where nobody knows better. Never NULL. */
const char *report_word(const struct report *);

/* What the tunnel, or else its unit, says of itself; "" where it says nothing. */
const char *report_sentence(const struct report *);

/* Up, and nothing wrong with it. phase_is_up(report->phase): up, perhaps with nobody listening where it leads to. */
bool report_is_fine(const struct report *);

/* The settings in use are not those of the INI. */
bool report_is_older(const struct report *);

/* It runs, but its supervisor knows nothing of that. */
bool report_is_by_hand(const struct report *);

/* ssh runs, but nobody looks after it any more. */
bool report_is_orphan(const struct report *);

void reports_done(struct reports *);

#endif
