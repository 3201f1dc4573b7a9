/* SPDX-License-Identifier: MIT */
/* Root's work on what belongs to somebody else: looked at, written and run with that account's rights alone, so that no
 * link of theirs leads further than they come themselves. */
#ifndef TUNNELCTL_CLI_AS_H
#define TUNNELCTL_CLI_AS_H

#include "base/buf.h"
#include "base/error.h"
#include "base/spawn.h"
#include "runner/account.h"

/* Done in a process of its own, in the folder /, whose end takes all that it changed in memory with it. What it appends
 * to ret, at most 1 MiB, and what it returns is handed on: 0 or more, or a negative errno with the error filled in. */
typedef int as_work(const void *what, struct buf *ret, struct error *);

/* -EPERM: only root may do this for another account; -ETIMEDOUT: no end after TIMEOUT_MS, killed. */
int as_call(const struct account *, as_work *, const void *what, unsigned timeout_ms, struct buf *ret, struct error *);

/* spawn_as() as the account. */
int as_spawn(const struct account *, const struct spawn *, struct buf *ret_output, struct error *);

/* folder_private_make() and folder_private_remove() as the account. */
int as_folder_make(const struct account *, struct buf *ret, struct error *);
void as_folder_remove(const struct account *, const char *path);

/* spawn_on_terminal() as the account. */
int as_spawn_on_terminal(const struct account *, char *const argv[], char *const environment[], struct error *);

#endif
