/* SPDX-License-Identifier: MIT */
/* Which tunnels the person means: names, patterns, --all, paths. */
#ifndef TUNNELCTL_CLI_SELECT_H
#define TUNNELCTL_CLI_SELECT_H

#include <stdbool.h>
#include <stddef.h>

#include "cli/cli.h"
#include "model/config.h"

/* One tunnel that was asked for. ini is NULL where only an installed unit is left of it. */
struct selected {
	char *name;
	char *ini;     /* as the person would type it */
	bool user;     /* a tunnel of this user; else the system's */
	bool is_path;  /* typed as a path, not found by its name */
	bool is_beside; /* not asked for, differs only in case from what may be; never outside of select.c */
	struct config_absent absent; /* what it does not have beside the INI */
};

struct selection {
	struct selected *v;
	size_t len;
};

enum select_flags {
	SELECT_INSTALLED = 1, /* also what has a unit but no INI, for verbs that take units away */
	SELECT_ALL_IF_NONE = 2,
	SELECT_BOTH_SCOPES = 4, /* for verbs that only read: unless one is said, this user's and the system's */
};

/*
 * Resolves the arguments, in order, each tunnel once. Returns 0, or an exit code with the error printed: no such
 * tunnel, not a name, a name that differs only in case from another of its scope (unless SELECT_INSTALLED).
 * BACKEND may be NULL unless SELECT_INSTALLED is given. After an error ret is empty.
 */
int select_tunnels(const struct cli *, unsigned flags, const struct backend *, struct selection *ret);

/* The same for a verb that takes one alone: EXIT_USAGE where it is none or several. */
int select_one(const struct cli *, unsigned flags, struct selection *ret);

void selection_done(struct selection *);

#endif
