/* SPDX-License-Identifier: MIT */
/*
 * upstart's own checker of job files, init-checkconf(8), which starts a second init that reads the file and nothing else.
 * From upstart 1.3 on; those before 1.12 want a session bus, and refuse to be run by root (scripts/init-checkconf.sh).
 */
#ifndef TUNNELCTL_UPSTART_VERIFY_H
#define TUNNELCTL_UPSTART_VERIFY_H

#include <stddef.h>

#include "base/strv.h"

/* Where it may be, ends with NULL; and how long it may take. In a file of their own, for tests to link others. */
extern const char *const checkconf_programs[];
extern const unsigned checkconf_limit_s;

/* The verify of struct backend. */
int job_verify(const char *name, const char *text, size_t len, struct strv *ret_problems, struct strv *ret_notes);

#endif
