/* SPDX-License-Identifier: MIT */
/*
 * One run of the tunnel's ssh, listened to while it runs: it is ended as soon as all is known, and in any
 * case when its time is over. It runs beside the tunnel that may be running, and leaves nothing behind.
 */
#ifndef TUNNELCTL_CLI_CHECKUP_HEAR_H
#define TUNNELCTL_CLI_CHECKUP_HEAR_H

#include <stdbool.h>

#include "cli/client.h"
#include "runner/state.h"
#include "ssh/classify.h"

enum heard_forward_is { FORWARD_UNHEARD, FORWARD_STANDS, FORWARD_REFUSED, FORWARD_FORBIDDEN };

/* One forward of the tunnel. */
struct heard_forward {
	enum heard_forward_is is;
	unsigned port; /* that the server chose; else 0 */
	enum proof proof;
	unsigned round_trip_us;
	char words[160]; /* of ssh, where it does not stand */
};

/* Of fixed size: it is handed on by the process that listened. Words are clean. */
struct heard {
	struct verdict verdict; /* why it ended, if it did by itself */
	bool authenticated, session, partial, no_subsystem, loop_forbidden, device;
	bool server_known;
	bool timed_out, succeeded; /* succeeded: it ended by itself, with 0 */
	bool path_forbidden;       /* like loop_forbidden, of forwards that listen at a Unix socket of the server */
	bool other_forbidden;      /* the server opened no way to another port */
	bool other_tried;
	unsigned offered;      /* keys */
	char server_key[160];  /* "ssh-ed25519 SHA256:..." */
	char accepted[256];    /* the key that the server took, in ssh's words */
	char offered_key[256]; /* the last one that it was offered */
	char methods[128];     /* that are left */
	char options[256];     /* of the key line */
	bool has_options;
	char device_words[160];
	bool device_on_server;   /* that is where it failed */
	size_t forwards;
};

enum hear_until {
	HEAR_LOGIN = 1, /* until ssh is in, or has failed */
	HEAR_PROOF,     /* until each forward has been answered and proved, and the other port tried */
	HEAR_END,       /* until it ends */
};

/* The name of the socket in the client's folder that leads to another port of the server than the tunnel's:
 * for a word of the errand, "-L FOLDER/NAME:localhost:1". */
#define HEAR_OTHER "other"

/* Runs the errand. The forwards stand in the order of struct state: remote, local, dynamic; ret_forwards is
 * for the caller to free, NULL where the errand has none. */
int hear(const struct client *, const struct ssh_errand *, enum hear_until, unsigned timeout_ms,
	 struct heard *ret, struct heard_forward **ret_forwards, struct error *);

#endif
