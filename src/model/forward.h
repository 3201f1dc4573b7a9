/* SPDX-License-Identifier: MIT */
/* What ssh's -R, -L and -D forward: read in both spellings, printed back in one (ssh(1), ssh_config(5)). */
#ifndef TUNNELCTL_MODEL_FORWARD_H
#define TUNNELCTL_MODEL_FORWARD_H

#include <stddef.h>

#include "base/buf.h"
#include "base/error.h"

enum forward_kind { FORWARD_REMOTE = 1, FORWARD_LOCAL, FORWARD_DYNAMIC };

/* A Unix socket when path is set; otherwise TCP, where host is NULL when none was given (ssh then
 * listens on loopback) and port 0 lets the server choose (listening end of a remote forward only). */
struct endpoint {
	char *path;
	char *host;
	unsigned port;
};

/* A dynamic forward has no target: both its strings are NULL and its port is 0. */
struct forward {
	enum forward_kind kind;
	struct endpoint listen, target;
};

struct forwards {
	struct forward *v;
	size_t len;
};

/* Reads "[bind:]port:host:port" (ssh -R) or "[bind:]port host:port" (ssh_config), a path in place of
 * either end being a Unix socket. -EINVAL with what was wanted. The caller frees ret by forward_done(). */
int forward_parse(enum forward_kind, const char *text, struct forward *ret, struct error *);

/* Appends it as ssh takes it behind -R, -L or -D: no blanks, IPv6 addresses in brackets. */
void forward_print(const struct forward *, struct buf *ret);

void forwards_push_take(struct forwards *, struct forward *); /* empties the forward */
void forward_done(struct forward *);
void forwards_done(struct forwards *);

#endif
