/* SPDX-License-Identifier: MIT */
/*
 * What ssh says on its standard error, understood: the only place that knows ssh's words (reference: format strings of
 * OpenSSH 5.0 to 10.5). Every failure of ssh is exit status 255; only the text tells.
 */
#ifndef TUNNELCTL_SSH_CLASSIFY_H
#define TUNNELCTL_SSH_CLASSIFY_H

#include <stdbool.h>
#include <stddef.h>

#include "base/system.h"

enum class_id {
	CLASS_none, /* nothing is wrong, or nobody knows */
#define CLASS(id, word, rule, sentence) CLASS_##id,
#include "ssh/classes.def"
	CLASS_COUNT
};

enum rule { RULE_AT_ONCE = 1, RULE_BACKOFF, RULE_REFUSED, RULE_PORT_BUSY, RULE_PARK };

struct class {
	const char *word, *sentence;
	enum rule rule;
};

extern const struct class classes[CLASS_COUNT]; /* [CLASS_none]: empty strings, RULE_BACKOFF */

/* By its word; CLASS_none if there is none such. */
enum class_id class_find(const char *word);

/* What it is for a job of the system, which Local Network Privacy leaves alone (Apple TN3179): there is no way, then. */
enum class_id class_of_daemon(enum class_id);

/* What one line tells of the way of a tunnel. */
enum said {
	SAID_NOTHING,         /* of use to a person at most */
	SAID_AUTHENTICATED,   /* peer and peer_port are set where ssh tells them; not of a ProxyJump host of ours */
	SAID_HOP,             /* the same of the first ProxyJump host: peer is where this machine connects to */
	SAID_CONFIRMED,       /* a remote forward stands: listen is what ssh prints behind "listen " */
	SAID_ALLOCATED,       /* port 0 became port */
	SAID_SESSION,         /* local forwards listen, and ssh has begun its loop */
	SAID_DEVICE,          /* the TunnelDevice is there, here and on the server */
	SAID_CHANNEL_OPEN,    /* the server has opened a channel that we asked for */
	SAID_TARGET_REFUSES,  /* a connection came through a remote forward, and its target here did not take it */
	SAID_LOOP_FORBIDDEN,  /* the server forbids to open a channel */
	SAID_PATH_FORBIDDEN,  /* the same to a Unix socket of its own; or nobody listens there */
	SAID_STOPPED,         /* ssh was told to end, and ends: "Transferred: " */
	SAID_SERVER_KEY,      /* at debug1: words are the host key that the server shows, "ssh-ed25519 SHA256:..." */
	SAID_SERVER_KNOWN,    /* at debug1: and it is one that we know */
	SAID_KEY_OFFERED,     /* at debug1: to the server; words: which of ours */
	SAID_KEY_ACCEPTED,    /* at debug1: the server would take it, if we can sign */
	SAID_METHODS,         /* at debug1: words are the ways to log in that are left, "publickey,password" */
	SAID_PARTIAL,         /* the server took the key, and wants something else as well */
	SAID_KEY_OPTIONS,     /* at debug1: words are what the server's line for our key permits, "port-forwarding pty" */
	SAID_NO_SUBSYSTEM,    /* the server opened a session, and knows no such subsystem */
	SAID_FAILURE,         /* class is set */
};

struct saying {
	enum said what;
	enum class_id class;   /* of SAID_FAILURE */
	unsigned row;          /* of SAID_FAILURE: the smaller, the more specific */
	bool ours;             /* a line of debug, that only tunnelctl asked for: nothing for a log */
	bool error;            /* worth keeping when there is too much to keep */
	const char *text;      /* the line without what LogVerbose puts in front; part of the argument */
	char peer[64];         /* an address */
	unsigned port;         /* of the peer, or allocated */
	char listen[128];      /* "12345", "localhost:12345" or a path; also of a SAID_FAILURE that tells where ssh or the
				* server does not listen: "12345" or a path */
	const char *words;     /* part of text, where said above; else NULL */
};

/* LINE is cleaned (text_clean()) and has no newline. Never fails: unknown wording is SAID_NOTHING. */
void classify_line(const char *line, struct saying *ret);

/* The same for an ssh that runs on another system than this. */
void classify_line_of(enum system, const char *line, struct saying *ret);

/* The most specific failure so far, and ssh's own words for it. */
struct verdict {
	enum class_id class;
	unsigned row;
	char words[256];
};

/* Takes a saying into account. A line that is no known failure is kept as words, with CLASS_none, while there is
 * nothing better, unless it is ours or only says how things go. What was before the server let us in is forgotten. */
void verdict_add(struct verdict *, const struct saying *);

/* The same of each line of what an ssh wrote. */
void verdict_add_all(struct verdict *, const char *output);

#endif
