/* SPDX-License-Identifier: MIT */
/* Which tunnels the person means: names, patterns, --all, paths. */
#ifndef TUNNELCTL_CLI_SELECT_H
#define TUNNELCTL_CLI_SELECT_H

#include <stdbool.h>
#include <stddef.h>

#include "cli/cli.h"

/* One tunnel that was asked for. ini is NULL where only an installed unit is left of it. */
struct selected {
	char *name;
	char *ini;     /* as the person would type it */
	bool is_path;  /* typed as a path, not found by its name */
};

struct selection {
	struct selected *v;
	size_t len;
};

enum select_flags {
	SELECT_INSTALLED = 1, /* also what has a unit but no INI, for verbs that take units away */
	SELECT_ALL_IF_NONE = 2,
};

/*
 * Resolves the arguments in the scope, in order, each tunnel once. Returns 0, or an exit code with the error
 * printed: no such tunnel, not a name, two names that differ only in case. BACKEND may be NULL unless
 * SELECT_INSTALLED is given.
 */
int select_tunnels(const struct cli *, bool user, unsigned flags, const struct backend *,
		   struct selection *ret);

/* Appends the folders in which INI files of the scope are looked for, the first one first. */
void select_folders(const struct cli *, bool user, struct strv *ret);

void selection_done(struct selection *);

#endif
