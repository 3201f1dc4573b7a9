/* SPDX-License-Identifier: MIT */
/* One line of [launchd], judged by the key table. */
#ifndef TUNNELCTL_BACKENDS_LAUNCHD_ADDITION_H
#define TUNNELCTL_BACKENDS_LAUNCHD_ADDITION_H

#include "base/buf.h"
#include "base/error.h"
#include "keys.h"
#include "model/scope.h"
#include "model/tunnel.h"

struct addition {
	const struct job_key *key;
	unsigned type;    /* of enum item_type: boolean, integer, string; array: a string to append */
	const char *name; /* in its dictionary: canonical, or as written where the key has any name */
	const char *text;
	long long number; /* of an integer; 0 or 1 of a boolean */
};

/* -EINVAL: what is wrong, with file and line. The strings are the setting's. */
int addition_read(const struct tunnel *, const struct scope *, const struct setting *, struct addition *ret,
		  struct error *);

#endif
