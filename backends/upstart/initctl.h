/* SPDX-License-Identifier: MIT */
/* Runs initctl(8) and understands how it ends: its status is 0 or 1 and no more, so its words have to tell. */
#ifndef TUNNELCTL_UPSTART_INITCTL_H
#define TUNNELCTL_UPSTART_INITCTL_H

#include "base/buf.h"
#include "base/strv.h"

/* In program.c: its path, and how many seconds a call may take that init can answer at once. */
extern const char *const initctl_program;
extern const unsigned initctl_limit_s;

enum answer_kind {
	ANSWER_DONE,
	ANSWER_RUNNING,     /* the job runs already */
	ANSWER_STOPPED,     /* it does not run, or is being stopped */
	ANSWER_UNKNOWN,     /* init has no such job */
	ANSWER_GONE,        /* it was there, and went while initctl looked: its file is no more */
	ANSWER_FAILED,      /* init tried, and could not */
	ANSWER_DENIED,
	ANSWER_NO_INIT,     /* nobody answers */
	ANSWER_NO_SESSION,
	ANSWER_OLD,         /* this initctl does not know the call */
	ANSWER_REFUSED,     /* anything else */
	ANSWER_NONE,        /* initctl itself is missing or hangs */
};

/* One call and what came of it. Owns what it points to. */
struct answer {
	enum answer_kind kind;
	int code;          /* exit status; of ANSWER_NONE a negative errno */
	struct strv argv;
	struct buf output; /* both streams, NUL bytes replaced; at most 1 MiB */
};

/* Calls initctl with these words behind it; the list ends with NULL. SESSION: the address of a session's init
 * ($UPSTART_SESSION), NULL: the system's, whatever is in our environment. Takes at most LIMIT_S seconds. */
void initctl_call(const char *session, unsigned limit_s, const char *const words[], struct answer *ret);

/* Appends what was called, what went wrong and the next step: one line. NAME stands for the tunnel's. */
void answer_describe(const struct answer *, const char *name, struct buf *ret);

/* 0, -EPERM where root is wanted, -ETIMEDOUT, -ENOENT, or -EIO. */
int answer_errno(const struct answer *);

void answer_done(struct answer *);

#endif
