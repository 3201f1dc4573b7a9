/* SPDX-License-Identifier: MIT */
/* Units as files: put there and taken away, and never one that is not ours. */
#ifndef TUNNELCTL_CLI_UNITFILE_H
#define TUNNELCTL_CLI_UNITFILE_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/error.h"

/* 0 if PATH may be replaced or removed: it is not there, or tunnelctl wrote it and nobody changed it since.
 * -EEXIST with what to do about it; FORCE lets it pass. */
int unitfile_judge(const char *path, bool force, struct error *);

/* 1 = written, 0 = had these bytes. What is not ours (judged with force) is kept as PATH.bak. */
int unitfile_install(const char *path, const struct buf *text, struct error *);

/* 1 = removed, 0 = was not there. What is not ours is kept as PATH.bak. */
int unitfile_remove(const char *path, struct error *);

#endif
