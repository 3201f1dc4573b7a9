/* SPDX-License-Identifier: MIT */
/* One tunnel on its way from INI to unit: loaded, judged and rendered, and nothing written yet. */
#ifndef TUNNELCTL_CLI_PLAN_H
#define TUNNELCTL_CLI_PLAN_H

#include "cli/cli.h"
#include "cli/select.h"

/* For whom the unit is made. */
enum plan_target {
	PLAN_FOR_TARGET, /* some other machine: the constant paths of the backend, changed by options */
	PLAN_FOR_HOST,   /* this one */
};

/* All strings are the plan's own; the scope points into it and into the process's constants. */
struct plan {
	struct tunnel tunnel;
	struct scope scope;
	struct buf runner, ini;
	struct strv argv; /* what the unit runs */
	struct buf path;  /* of the unit */
	struct buf text;  /* of the unit */
	struct strv notes;
};

/* 0, or a negative errno with one line or more in ret_problems. The caller frees ret by plan_done(). */
int plan_make(const struct cli *, const struct backend *, bool user, enum plan_target,
	      const struct selected *, struct plan *ret, struct strv *ret_problems);

/* Prints the notes; with --strict as errors, and returns EXIT_BAD_CONFIG if there are any. */
int plan_report(const struct cli *, const struct backend *, const struct plan *);

/* --ssh-version, else what PROGRAM on this machine says; root runs none that another account could have put there. */
int plan_ssh_version(const struct cli *, const char *program, unsigned *ret, struct error *);

/* Appends this machine's tunnelctl-run: --runner, the one beside this program, or the installed one. */
int plan_runner(const struct cli *, struct buf *ret, struct error *);

void plan_done(struct plan *);

#endif
