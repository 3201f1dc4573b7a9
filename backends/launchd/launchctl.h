/* SPDX-License-Identifier: MIT */
/* Runs launchctl(1) and understands how it ends: by its status where that is known, else by its words. */
#ifndef TUNNELCTL_BACKENDS_LAUNCHD_LAUNCHCTL_H
#define TUNNELCTL_BACKENDS_LAUNCHD_LAUNCHCTL_H

#include "base/buf.h"
#include "base/strv.h"

/* In program.c: its path, and how many seconds one call may take (it answers in milliseconds). */
extern const char *const launchctl_program;
extern const unsigned launchctl_limit_s;

enum reply_kind {
	REPLY_DONE,
	REPLY_GONE,      /* launchd does not have the label, or it has no process */
	REPLY_LOADED,    /* it has the label already, or the process runs already */
	REPLY_BUSY,      /* it is still getting rid of the label */
	REPLY_UNCLEAR,   /* 5, which may be any of the others */
	REPLY_DISABLED,
	REPLY_NO_DOMAIN, /* the domain does not exist, or not for us */
	REPLY_REFUSED,   /* anything else: it will not */
	REPLY_NONE,      /* launchctl itself is missing or hangs */
};

/* One call and what came of it. Owns what it points to. */
struct reply {
	enum reply_kind kind;
	int code;         /* exit status; of REPLY_NONE a negative errno */
	struct strv argv;
	struct buf output; /* both streams; unreadable bytes replaced, at most 1 MiB */
};

/* Calls launchctl with these words behind it; the list ends with NULL. Takes at most LIMIT_S seconds. An error that
 * hides behind status 0 is found by its words ("Bootstrap failed: 5: ..."), but not in what `print` prints. */
void launchctl_call(unsigned limit_s, const char *const words[], struct reply *ret);

/* Appends what was called, what went wrong and the next step: one line. NAME and PLIST stand for the tunnel's. */
void reply_describe(const struct reply *, const char *name, const char *plist, struct buf *ret);

/* 0, -EPERM where root is wanted, -ETIMEDOUT, -ENOENT, or -EIO. */
int reply_errno(const struct reply *);

void reply_done(struct reply *);

#endif
