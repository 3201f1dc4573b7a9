/* SPDX-License-Identifier: MIT */
/* What filewatch.c asks of the system it runs on; nobody else includes this. */
#ifndef TUNNELCTL_BASE_FILEWATCH_SYSTEM_H
#define TUNNELCTL_BASE_FILEWATCH_SYSTEM_H

#include <stdbool.h>
#include <sys/stat.h>
#include <time.h>

/* A descriptor to poll(), or -errno. */
int filewatch_system_open(void);

/* Begins to watch what PATH names now, links followed: a file for its bytes and its attributes, a folder for its
 * entries, too. GROWS: so is each write, not only the last. A number for filewatch_system_remove(), perhaps the same
 * one for the same file; or -errno. */
int filewatch_system_add(int fd, const char *path, bool grows);
void filewatch_system_remove(int fd, int number);

/* Takes all events away. */
void filewatch_system_drain(int fd);

/* When the bytes and when the attributes were changed: struct stat names them differently. */
struct timespec filewatch_system_mtime(const struct stat *);
struct timespec filewatch_system_ctime(const struct stat *);

#endif
