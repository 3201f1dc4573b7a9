/* SPDX-License-Identifier: MIT */
/*
 * What upstart takes and a tunnel cannot live with, in the commands of a job: upstart(8) knows only the process that it
 * started itself, and starts nothing again behind a post-stop that failed (seen with 0.6.5 to 1.13.2).
 */
#ifndef TUNNELCTL_UPSTART_SENSE_H
#define TUNNELCTL_UPSTART_SENSE_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/strv.h"

/* TEXT is that of the main `exec`. Appends what is wrong with it, or nothing. */
void sense_command(const char *text, struct buf *ret);

/* Whether a post-stop may end with another status than 0: TEXT of its exec, BODY of its script. */
bool sense_exec_may_fail(const char *text);
bool sense_script_may_fail(const char *body);

/* Of a main `exec`: whether it is ssh or autossh, and what of its options a tunnel had better have. */
bool sense_is_ssh(const char *text);
void sense_advise(const char *text, struct strv *ret);

#endif
