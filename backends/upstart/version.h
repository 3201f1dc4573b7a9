/* SPDX-License-Identifier: MIT */
/* Releases of upstart as numbers that compare: what struct scope.version holds for this backend. */
#ifndef TUNNELCTL_UPSTART_VERSION_H
#define TUNNELCTL_UPSTART_VERSION_H

#include "base/buf.h"
#include "base/error.h"

#define UPSTART(major, minor, patch) ((major) * 10000 + (minor) * 100 + (patch))

enum {
	UPSTART_ANY = 0,                      /* older than every host that has /etc/init */
	UPSTART_OVERRIDES = UPSTART(1, 3, 0), /* the first that reads NAME.override */
	UPSTART_DEFAULT = UPSTART(1, 4, 0),   /* the first with setuid and a log */
	UPSTART_SESSIONS = UPSTART(1, 7, 0),  /* the first that users can run */
	UPSTART_NEWEST = UPSTART(1, 13, 2),   /* the last that there will be */
};

/* Reads "0.6.5", "1.4": each number at most 99. -EINVAL. */
int upstart_version_parse(const char *text, unsigned *ret, struct error *);

/* Appends "0.6.5", "1.4", "1.13.2". */
void upstart_version_print(unsigned version, struct buf *ret);

#endif
