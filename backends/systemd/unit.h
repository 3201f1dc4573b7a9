/* SPDX-License-Identifier: MIT */
/* Names that the files of this backend share. */
#ifndef TUNNELCTL_BACKENDS_SYSTEMD_UNIT_H
#define TUNNELCTL_BACKENDS_SYSTEMD_UNIT_H

#include "backend.h"

/* A plain file, no instance of a template; the @ gives it a slice and a glob of its own. */
#define UNIT_PREFIX "tunnelctl@"
#define UNIT_SUFFIX ".service"

/* Appends the folder in which units of the scope live. -EINVAL without a home. */
int unit_folder(const struct scope *, struct buf *ret, struct error *);

/* Appends the lines that confine ssh to what this tunnel needs (sandbox.c). */
void unit_put_sandbox(const struct tunnel *, const struct scope *, struct buf *ret, struct strv *ret_notes);

/* Judges a line of [systemd.*] against what we have written into that section already (additions.c).
 * NULL, or why it is refused. */
const char *unit_judge_addition(const struct setting *, const char *section_so_far);

/* See struct backend; journal.c, or none.c where libsystemd is left out. */
int unit_read_log(const char *name, const struct scope *, const struct log_wish *, struct log_reader *, struct error *);

int unit_check(const char *text, size_t len, struct strv *ret_problems);

extern const struct control systemd_control; /* manager.c, or none.c where libsystemd is left out */

#endif
