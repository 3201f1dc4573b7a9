/* SPDX-License-Identifier: MIT */
/*
 * A job that runs ssh itself, as people write it by hand: the traps of its command line under launchd. The options are
 * those of ssh(1); what leaves the process that launchd started is in ssh_config(5), ForkAfterAuthentication.
 */
#ifndef TUNNELCTL_BACKENDS_LAUNCHD_SSHARGS_H
#define TUNNELCTL_BACKENDS_LAUNCHD_SSHARGS_H

#include "base/strv.h"
#include "tree.h"

/* What a tunnel cannot work with, and what it had better have, "LINE: what". Nothing for a job that runs another
 * program. ARGV is the job's ProgramArguments; PROGRAM its Program, or NULL. */
void sshargs_judge(const struct item *argv, const struct item *program, struct strv *ret_problems,
		   struct strv *ret_advice);

#endif
