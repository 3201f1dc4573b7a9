/* SPDX-License-Identifier: MIT */
/*
 * What is known about a tunnel, in a file that tunnelctl-run writes and `tunnelctl status` reads: FOLDER/state, INI,
 * replaced whole. Times are those of clock_ms(), valid for the boot that the file names.
 */
#ifndef TUNNELCTL_RUNNER_STATE_H
#define TUNNELCTL_RUNNER_STATE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/error.h"
#include "model/tunnel.h"
#include "ssh/classify.h"

/* In the file by their words: connecting, up, up-target-refuses, waiting, parked, stopped. */
enum phase {
	PHASE_NONE,
	PHASE_CONNECTING,
	PHASE_UP,
	PHASE_UP_TARGET_REFUSES, /* the tunnel works, but nobody listens where it leads to */
	PHASE_WAITING,           /* for the next try */
	PHASE_PARKED,            /* until something changes */
	PHASE_STOPPED,           /* because somebody wanted it */
	PHASE_COUNT
};

/* In the file: -, good, refused, late. */
enum proof { PROOF_NONE, PROOF_GOOD, PROOF_REFUSED, PROOF_LATE, PROOF_COUNT };

struct state_forward {
	char *text;     /* "-R 12345:localhost:22" */
	bool confirmed; /* the server, or for local ones ssh, listens */
	unsigned port;  /* that the server allocated for port 0, else 0 */
	enum proof proof;
};

enum { STATE_QUICK = 3 };

/* All-zero is the valid empty state. Strings may be NULL. */
struct state {
	enum phase phase;
	long long since;                /* of the phase */
	char *sentence;                 /* what a person reads; the same as STATUS= */
	long pid;                       /* of ssh, or of the runner that waits to become it */
	enum class_id class;            /* why it is not up, or was not the last time */
	char *error;                    /* the last error in ssh's words */
	unsigned was_up;                /* 1: that ssh had been up before it ended */
	unsigned failures;              /* in a row */
	long long first_failure;        /* since when it is this class */
	long long down_since;           /* the first of these failures, of whatever class */
	long long next_try;             /* 0: nobody has planned one yet */
	long long quick[STATE_QUICK];   /* the last starts without a wait, the latest first */
	char *peer, *source;            /* addresses of the connection */
	char *proxy;                    /* the Proxy entry that was taken last, or NULL: there is no Proxy */
	unsigned proxy_turn;            /* whose turn it is: its place in the list, from 0 (runner/turn.h) */
	unsigned proxy_failed;          /* how many entries in a row have failed since the list was begun */
	char *proxy_tool;               /* what leads through it, proxy_tool_print(); while its files are as they were: */
	uint64_t proxy_print;           /* filewatch_print() */
	long long proved;               /* the last run of the loop that proved all it could; 0: never */
	unsigned round_trip_us;         /* of that run */
	unsigned starts, ups;           /* of ssh, and of the tunnel, since the folder was made */
	uint64_t settings;              /* tunnel_print() of the settings in use */
	uint64_t files;                 /* filewatch_print() of what the last try depended on */
	unsigned ssh_version;           /* that ssh said of itself, when its file was as */
	uint64_t ssh_print;             /* filewatch_print() told */
	char *note;                     /* what is not as wished but does not keep the tunnel down */
	struct state_forward *v;
	size_t len;
};

/* The words of phases ("up-target-refuses") and back; PHASE_NONE for any other. */
const char *phase_word(enum phase);
enum phase phase_find(const char *word);
bool phase_is_up(enum phase); /* up or up-target-refuses */

/* Reads FOLDER/state. -ENOENT: none. -ESTALE: of another boot. -EINVAL: cut, broken, of another format, not a regular
 * file or not to be trusted as one; hostile bytes are no danger, all strings are cleaned. ret is empty then. */
int state_read(const char *folder, struct state *ret, struct error *);

/* Replaces it: whoever reads sees the old one or the new one, whenever we are killed. */
int state_write(const char *folder, const struct state *, struct error *);

/* Whether a tunnelctl-run or its observer lives that holds FOLDER/lock: only then does a phase other than stopped
 * count. Whoever cannot read the folder gets false. */
bool state_is_held(const char *folder);

/* Takes the lock for this process and its children, or returns -EAGAIN while another holds it, or another -errno.
 * WAIT: sleeps until it is free (-EINTR by a signal). The descriptor is closed by execve(). */
int state_lock(const char *folder, bool wait);

void state_set(char **field, const char *text); /* a copy of TEXT, or NULL */
void state_done(struct state *);

#endif
