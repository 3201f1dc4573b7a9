/* SPDX-License-Identifier: MIT */
/* Files read whole and replaced whole: never a half-written one, not even after a crash. */
#ifndef TUNNELCTL_BASE_FILE_H
#define TUNNELCTL_BASE_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/error.h"

/* Appends a regular file of at most MAX bytes to ret. ret_st may be NULL.
 * -ENOENT, -EACCES, -EISDIR, -EINVAL (neither file nor directory), -EFBIG, or what open and read say;
 * ret is then as it was. */
int file_read(const char *path, size_t max, struct buf *ret, struct stat *ret_st, struct error *);

/* Writes beside PATH and renames over it; the mode (0 to 0777) is set whatever the umask. DURABLE adds fsync.
 * 1 = written, 0 = had these bytes and this mode already and was not touched, < 0 = as it was before. */
int file_install(const char *path, const struct buf *text, mode_t mode, bool durable, struct error *);

/* The same without a look at what is there, for many files into an empty folder: always writes. */
int file_write(const char *path, const struct buf *text, mode_t mode, bool durable, struct error *);

/* Whether nothing is in the folder, or there is none. */
bool folder_is_empty(const char *path);

/* Appends a new folder in /tmp, whose sticky bit keeps others out of it: short, as a socket must be, and any account's. */
int folder_private_make(struct buf *ret, struct error *);

/* Removes it with the files in it, and what an editor may have left beside them; folders in it stay, and so does it. */
void folder_private_remove(const char *path);

/* 1 = removed, 0 = was not there. */
int file_remove(const char *path, struct error *);

/* Makes a folder with this very MODE, whatever the umask. -EEXIST: something is there already. */
int folder_create(const char *path, mode_t mode);

/* Makes the folders above PATH (not PATH itself), mode 0755 whatever the umask. */
int file_make_parents(const char *path, struct error *);

/* What stands behind the last slash; part of the argument. */
const char *path_base(const char *path);

/* Appends the folder of PATH: "/a" for "/a/b", "/" for "/b", "." for "b". */
void path_folder(const char *path, struct buf *ret);

/* Appends PATH made absolute by the current folder in front, "." and ".." resolved by text alone. */
int path_absolute(const char *path, struct buf *ret, struct error *);

#endif
