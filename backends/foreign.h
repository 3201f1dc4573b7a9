/* SPDX-License-Identifier: MIT */
/*
 * What somebody's own unit says, in tunnelctl's terms: what a backend's import() fills, whatever its supervisor. The
 * command line is only collected here; who reads it is ssh/commandline.h.
 */
#ifndef TUNNELCTL_BACKENDS_FOREIGN_H
#define TUNNELCTL_BACKENDS_FOREIGN_H

#include "base/strv.h"
#include "model/draft.h"

/* Owns all it points to; all-zero is the valid empty unit. Lines count from 1. */
struct foreign {
	char *label;                 /* how its supervisor calls the unit, or NULL */
	unsigned label_line;
	struct strv argv;            /* the command */
	unsigned *lines;             /* of each word of argv */
	struct strv environment;     /* NAME=VALUE */
	unsigned *environment_lines;
	char *folder;                /* where the command runs, absolute */
	struct draft draft;          /* all the other keys: account, start, log ..., and what is dropped and why */
	char *stop_system, *stop_user; /* the command that ends the unit for good, for a person; one for each scope */
};

void foreign_push_word(struct foreign *, const char *word, unsigned line);
void foreign_push_environment(struct foreign *, const char *name, const char *value, unsigned line);

/* A value for KEY out of WHAT, a key of the unit. What KEY does not take is dropped with the reason; an
 * account, or a blank of a template that nobody filled in, is refused. */
void foreign_set(struct foreign *, const struct key *, const char *value, const char *what, unsigned line);

/* WHAT is not taken over, and why. */
void foreign_drop(struct foreign *, const char *what, unsigned line, const char *format, ...) PRINTF(4, 5);

/* Without WHAT, or with it, there is no tunnel. */
void foreign_refuse(struct foreign *, const char *what, unsigned line, const char *format, ...) PRINTF(4, 5);

void foreign_done(struct foreign *);

#endif
