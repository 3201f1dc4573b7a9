/* SPDX-License-Identifier: MIT */
/*
 * Changes a tunnel's INI where it lies: whole or not at all, with its mode, owner and group, and for a file of somebody
 * else with that account's rights alone. A link stays one; the file that it leads to is changed.
 */
#ifndef TUNNELCTL_CLI_INIFILE_H
#define TUNNELCTL_CLI_INIFILE_H

#include "base/buf.h"
#include "base/error.h"
#include "base/strv.h"
#include "model/key.h"

/* Lines to take away and to add (model/amend.h), of one key. */
struct inifile_change {
	const struct key *key;
	struct strv add, remove;
};

/* 0, or -EPERM and -EACCES, in words that say what helps: whether inifile_amend() may do it, so that nothing else is
 * begun that would be of no use without. */
int inifile_judge(const char *path, struct error *);

/* 1 = changed, 0 = was so already; else what inifile_judge(), amend_append() and file_install() say. */
int inifile_amend(const char *path, const struct inifile_change *, struct error *);

/* Puts TEXT in the place of EXPECTED. 1 = changed, 0 = was so already, -ESTALE: something else is there by now. */
int inifile_replace(const char *path, const struct buf *expected, const struct buf *text, struct error *);

void inifile_change_done(struct inifile_change *);

#endif
