/* SPDX-License-Identifier: MIT */
/*
 * Waits for files to change, appear or vanish: by name, so that a replaced file is seen as well as one that is written
 * to, and before the folder that it will lie in exists. Nothing polls. One file a system: filewatch_linux.c (inotify),
 * filewatch_darwin.c (kqueue); what they share is in filewatch.c.
 */
#ifndef TUNNELCTL_BASE_FILEWATCH_H
#define TUNNELCTL_BASE_FILEWATCH_H

#include <stdbool.h>
#include <stdint.h>

#include "base/strv.h"

/* What the files look like now, as one number: device, inode, size, mode, owner, times of change; links are followed;
 * of a folder its entries' names, too. Equal numbers: nothing has happened to any of them. Never 0. */
uint64_t filewatch_print(const struct strv *paths);

/* All-zero is none: fd is then 0 and is not to be polled. */
struct filewatch {
	int fd;             /* poll() for POLLIN; 0: the system gave none */
	bool grows;
	struct strv paths;
	uint64_t print;     /* of what was there when we last looked */
	void *system;
};

/* Begins to watch absolute paths, which are copied. PRINT is that of an earlier look (0: look now), so that nothing
 * is missed between. */
void filewatch_open(struct filewatch *ret, const struct strv *paths, uint64_t print);

/* The same for files that somebody reads while they are being written to: each write counts, not only the last. */
void filewatch_open_growing(struct filewatch *ret, const struct strv *paths);

/* To be called when fd is readable, and once after filewatch_open(): whether anything is different from the print.
 * Takes the events away, and watches anew what has come into being. */
bool filewatch_changed(struct filewatch *);

void filewatch_done(struct filewatch *);

#endif
