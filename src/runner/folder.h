/* SPDX-License-Identifier: MIT */
/* The folder of one tunnel for what must not outlive the boot: files that ssh reads, its state, its lock. */
#ifndef TUNNELCTL_RUNNER_FOLDER_H
#define TUNNELCTL_RUNNER_FOLDER_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/strv.h"
#include "runner/account.h"

/* Sets ret to where the folder of the tunnel NAME is: where the supervisor says ($RUNTIME_DIRECTORY), else the
 * system's place. One file a system: folder_linux.c, folder_darwin.c. */
void folder_path(const char *name, bool user, const struct account *, struct buf *ret);

/* For whoever reads only: where the folder of a tunnel that somebody else may run is, whether it is there or not.
 * ACCOUNT is that of the tunnel (RunAs). */
void folder_seek(const char *name, bool user, const struct account *, struct buf *ret);

/* Makes the folder for the account, called with the rights that this process started with; then its files are
 * only ever touched as the account. -EPERM if it is somebody else's. */
int folder_make(const char *path, const struct account *, struct error *);

/* Where the loop's sockets of the tunnel go whose folder is FOLDER: into that one, unless it is too long for a socket
 * (sun_path has 104 bytes on macOS, 108 on Linux) or holds what ssh reads otherwise; then into a short one of the
 * account's own in BASE, always the same. Appends its path; makes nothing. */
void folder_loop_path(const char *folder, const char *base, struct buf *ret);

/* The same in the first of the bases where it can be, and makes it, mode 0700. One that is there already is taken only
 * if nobody but this account can have put anything into it; else -EPERM. -ENOENT: there are no bases. */
int folder_loop_make(const char *folder, const struct strv *bases, struct buf *ret, struct error *);

/* Removes the LOOP folder if it is empty, and not FOLDER. */
void folder_loop_remove(const char *folder, const char *loop);

/* Appends the bases, the best first. One file a system. */
void folder_bases(struct strv *ret);

#endif
