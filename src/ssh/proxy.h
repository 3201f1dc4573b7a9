/* SPDX-License-Identifier: MIT */
/*
 * A Proxy entry ("http://host:port", "socks5://host:port", "direct"; checked by check_proxy()) as ssh's ProxyCommand: ssh
 * itself speaks to no proxy (ssh_config(5), ProxyCommand), so a small program does. Pure; who looks which one this
 * machine has is ssh/proxytool.h.
 */
#ifndef TUNNELCTL_SSH_PROXY_H
#define TUNNELCTL_SSH_PROXY_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/system.h"
#include "model/tunnel.h"

enum proxy_program {
	PROXY_NONE,
	PROXY_NC,        /* OpenBSD's, and Apple's: nc -X connect|5 -x proxy:port (nc(1)) */
	PROXY_NCAT,      /* nmap's, which Fedora calls nc as well: --proxy, --proxy-type (ncat(1)) */
	PROXY_CORKSCREW, /* http only, by IPv4 only (corkscrew 2.0) */
	PROXY_PROGRAM_COUNT
};

/* All-zero: none. */
struct proxy_tool {
	enum proxy_program program;
	struct buf path; /* absolute */
};

/* What no machine was asked about: OpenBSD's /usr/bin/nc, which Debian's netcat-openbsd and macOS have there. */
extern const struct proxy_tool proxy_tool_usual;

bool proxy_is_direct(const char *entry);

/* Whether the tool can speak to the proxy; always for "direct". */
bool proxy_is_usable(const struct proxy_tool *, const char *entry);

/* Appends the command for ssh, which gives it to a shell and puts the server in for %h and %p; HOST only tells whether the
 * server is an IPv6 address. The entry is usable and not "direct". */
void proxy_command(const struct proxy_tool *, const char *entry, const char *host, struct buf *ret);

/* Appends what a person has to install for the entry, "install netcat-openbsd (...) ...". */
void proxy_cure(const char *entry, struct buf *ret);

/* What a program called NAME ("nc", "ncat") is, from what it says to -h. PROXY_NONE: one that speaks to no proxy, as
 * netcat-traditional and busybox. */
enum proxy_program proxy_program_of(const char *said);

/* As one line of a state file, "nc /usr/bin/nc" ("none": looked for, none found) and back; false: not such a line. */
void proxy_tool_print(const struct proxy_tool *, struct buf *ret);
bool proxy_tool_parse(const char *text, struct proxy_tool *ret);

void proxy_tool_done(struct proxy_tool *);

#endif
