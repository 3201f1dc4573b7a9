/* SPDX-License-Identifier: MIT */
/* What launchd takes and a tunnel may yet suffer from: good to know, no reason to refuse a plist. */
#ifndef TUNNELCTL_BACKENDS_LAUNCHD_ADVICE_H
#define TUNNELCTL_BACKENDS_LAUNCHD_ADVICE_H

#include "base/strv.h"
#include "tree.h"

/* Where a plist lies, and so what launchd makes of it. */
enum job_place {
	JOB_ELSEWHERE, /* a draft, or one that a person bootstraps */
	JOB_DAEMON,    /* /Library/LaunchDaemons: at boot, as root or UserName */
	JOB_AGENT,     /* /Library/LaunchAgents: at each user's login, as that user */
	JOB_OWN_AGENT, /* ~/Library/LaunchAgents */
};

/* Each finding is a line "LINE: what". The job is a dictionary; its types may be wrong. */
void job_advise(const struct item *job, enum job_place, struct strv *ret_advice);

/* What no job at that place may have. */
void job_judge_place(const struct item *job, enum job_place, struct strv *ret_problems);

#endif
