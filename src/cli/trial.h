/* SPDX-License-Identifier: MIT */
/* An INI that is to be, judged in a private folder with what stands beside the real one (defaults.conf, NAME.ini.d). */
#ifndef TUNNELCTL_CLI_TRIAL_H
#define TUNNELCTL_CLI_TRIAL_H

#include "base/buf.h"
#include "base/error.h"
#include "base/strv.h"
#include "model/config.h"

/* All-zero is the valid empty trial. */
struct trial {
	struct buf real, folder, ini; /* the INI that is meant; our folder; the copy in it */
};

/* Writes TEXT as the copy of REAL. The caller ends it by trial_done(), also after an error. */
int trial_open(const char *real, const struct buf *text, struct trial *ret, struct error *);

/* config_load() of the copy; the problems name the real file. */
int trial_load(const struct trial *, enum config_scope, struct tunnel *ret, struct strv *ret_problems);

/* Puts the name of the real file into lines that name the copy. */
void trial_rename(const struct trial *, struct strv *lines);

void trial_done(struct trial *);

#endif
