/* SPDX-License-Identifier: MIT */
/* Judges a job file as upstart would, and for what upstart accepts and then fails on. */
#ifndef TUNNELCTL_UPSTART_CHECK_H
#define TUNNELCTL_UPSTART_CHECK_H

#include <stdbool.h>
#include <stddef.h>

#include "base/strv.h"

/* The whole job must fit into one argument of /bin/sh (Linux: MAX_ARG_STRLEN): a bound on its command that no
 * sane tunnel comes near. */
enum { JOB_MAX = 128 * 1024 - 1 };

/* For upstart VERSION (version.h). Appends every problem, "LINE: what" or "what". 0 or -EINVAL. */
int job_check(const char *text, size_t len, unsigned version, struct strv *ret_problems);

/* Judges the name of the file at PATH, which is the job's. Problems and result as above. */
int job_check_file(const char *path, const char *text, size_t len, struct strv *ret_problems);

/* What a tunnel may yet suffer from, in the same form. */
void job_hint(const char *path, const char *text, size_t len, struct strv *ret_advice);

/* Whether PATH is that of an override of a job; then it is judged, TEXT is what it holds. Upstart reads it stanza by
 * stanza into the job that it has already, stops at the first mistake and keeps what it has: a broken `exec` there makes
 * init itself abort (seen with 1.5, 1.12.1, 1.13.2). Only `manual` is safe. VERSION as above. */
bool job_is_override(const char *path);
int job_check_override(const char *text, size_t len, unsigned version, struct strv *ret_problems);

#endif
