/* SPDX-License-Identifier: MIT */
/*
 * An ssh or autossh command line of somebody's, read back into the lines of an INI: its words are taken apart in
 * letters.h, what each option becomes is in translation.h.
 */
#ifndef TUNNELCTL_SSH_COMMANDLINE_H
#define TUNNELCTL_SSH_COMMANDLINE_H

#include "base/strv.h"
#include "model/draft.h"

struct commandline {
	const struct strv *argv;
	const unsigned *lines; /* of each word, from 1; NULL: it has no lines */
	const char *folder;    /* where it runs, absolute: relative file names begin there */
};

/* Whether this program is one whose command line can be read: ssh or autossh, whatever its folder. */
bool commandline_knows(const char *program);

/*
 * Every word ends up in ret: in a line, or in a remark that says why not. 0, or -EINVAL when remarks of
 * DRAFT_REFUSED are among them: what the command does then cannot be said in an INI.
 */
int commandline_read(const struct commandline *, struct draft *ret);

/* The same for NAME=VALUE of its environment, behind the command itself: what ssh is told by an option counts more. Of two
 * settings of one name the first one counts. */
void commandline_environment(const struct commandline *, const char *setting, const struct draft_origin *,
			     struct draft *ret);

#endif
