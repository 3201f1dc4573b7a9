/* SPDX-License-Identifier: MIT */
/* Units as files: put there and taken away, and never one that is not ours. */
#ifndef TUNNELCTL_CLI_UNITFILE_H
#define TUNNELCTL_CLI_UNITFILE_H

#include <stdbool.h>

#include "backend.h"
#include "base/buf.h"
#include "base/error.h"

/* Whose units have the suffix of that file; NULL: nobody's. */
const struct backend *unitfile_backend(const char *path);

/* What a backend found in the file: appends "FILE:3: what" for "3: what", "FILE: what" where no line is to blame. */
void unitfile_blame(const char *front, const char *path, const struct strv *findings, struct strv *ret);

/* 0 if PATH may be replaced or removed: it is not there, or tunnelctl wrote it and nobody changed it since.
 * -EEXIST with what to do about it; FORCE lets it pass. */
int unitfile_judge(const char *path, bool force, struct error *);

/* 1 = written, 0 = had these bytes. What is not ours (judged with force) is kept as PATH.bak. */
int unitfile_install(const char *path, const struct buf *text, struct error *);

/* Appends every path where a unit of that name may be. */
int unitfile_places(const struct backend *, const char *name, const struct scope *, struct strv *ret, struct error *);

/* 1 = removed, 0 = was not there. What is not ours is kept as PATH.bak. */
int unitfile_remove(const char *path, struct error *);

#endif
