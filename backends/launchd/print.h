/* SPDX-License-Identifier: MIT */
/*
 * What `launchctl print` tells of a job. launchctl(1) calls its output no interface, so everything here is a hint but
 * two facts: that it could be printed means that launchd has the job, and a pid means that it runs.
 */
#ifndef TUNNELCTL_BACKENDS_LAUNCHD_PRINT_H
#define TUNNELCTL_BACKENDS_LAUNCHD_PRINT_H

#include <stdbool.h>

#include "base/strv.h"

struct print {
	long pid;              /* 0: no process */
	char state[32];        /* "running", "spawn scheduled" ...; "" where unreadable */
	char path[1024];       /* of the plist that launchd read */
	char user[64];         /* the account of a daemon; "" where nothing is said */
	unsigned runs;         /* starts so far */
	unsigned exit_timeout; /* seconds; 0: unknown */
	bool exited;           /* it has ended at least once: */
	int last_exit;         /* its status */
	char last_exit_words[64]; /* "78: EX_CONFIG"; "" if never */
	char reason[128];      /* "last exit reason": such as a broken signature */
	char pended[64];       /* why launchd holds a start back; "" if it does not */
};

/* Reads the lines of depth one: exactly one tab in front. Deeper blocks repeat "state" and others. */
void print_read(const char *output, struct print *ret);

/* Appends the lines of the block "NAME = {" of depth one, without their tabs: "arguments", "environment". */
void print_block(const char *output, const char *name, struct strv *ret);

/* Whether it has been told to end: it will go, or be started anew. */
bool print_is_dying(const struct print *);

/* Whether `launchctl print-disabled DOMAIN` lists the label as disabled: "label" => disabled, or true. */
bool print_is_disabled(const char *output, const char *label);

#endif
