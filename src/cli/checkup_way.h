/* SPDX-License-Identifier: MIT */
/* The way to the first machine that the tunnel's ssh connects to: its server, or the first ProxyJump host. */
#ifndef TUNNELCTL_CLI_CHECKUP_WAY_H
#define TUNNELCTL_CLI_CHECKUP_WAY_H

#include <stdbool.h>

#include "base/buf.h"

/* What came of one connection. Of fixed size: it is handed on by another process. */
struct contact {
	int error;      /* errno of the connection; 0: it stands */
	bool timed_out; /* nobody greeted in time */
	int heard;      /* bytes */
	char address[64];
	char greeting[256]; /* its first line as it came; of an SSH server the one that begins with "SSH-" */
	long connect_ms, greet_ms;
};

/* All-zero is the valid empty way. */
struct way {
	struct buf host; /* empty: a ProxyCommand finds it */
	unsigned port;
	struct buf addresses;
	struct contact contact;
};

void way_done(struct way *);

#endif
