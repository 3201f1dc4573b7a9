/* SPDX-License-Identifier: MIT */
/* The folder of one tunnel for what must not outlive the boot: files that ssh reads, its state, its lock. */
#ifndef TUNNELCTL_RUNNER_FOLDER_H
#define TUNNELCTL_RUNNER_FOLDER_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/error.h"
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

#endif
