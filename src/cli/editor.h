/* SPDX-License-Identifier: MIT */
/*
 * The person's editor on a copy, in a private folder. Under sudo it runs as who called sudo, as with sudoedit(8): with their
 * settings, and what they start from within it has no more rights than they; the text comes back through their eyes.
 */
#ifndef TUNNELCTL_CLI_EDITOR_H
#define TUNNELCTL_CLI_EDITOR_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/strv.h"
#include "runner/account.h"

/* All-zero is the valid empty one. */
struct editor {
	struct account person;
	struct strv argv;         /* $VISUAL, $EDITOR, or what is there; the file is its last word */
	struct strv environment;
	struct buf folder, file;  /* the copy */
	bool kept;
};

/* Finds the editor and makes the copy, FILE_NAME with the TEXT. -ENOENT: no such program. */
int editor_open(const char *file_name, const struct buf *text, struct editor *ret, struct error *);

/* Runs it until the person is done and sets ret to the text then. -ECANCELED: it did not end with 0. */
int editor_run(const struct editor *, struct buf *ret, struct error *);

/* Takes the copy away, unless KEPT was set. */
void editor_done(struct editor *);

#endif
