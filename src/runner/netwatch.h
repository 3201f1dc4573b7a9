/* SPDX-License-Identifier: MIT */
/*
 * Tells that this machine's network has changed: an address, a route, a link. One file a system: netwatch_linux.c
 * (rtnetlink(7)), netwatch_darwin.c (route(4)); what their messages mean is in rtnetlink.c and pfroute.c, which are
 * pure and are compiled and tested on every system.
 */
#ifndef TUNNELCTL_RUNNER_NETWATCH_H
#define TUNNELCTL_RUNNER_NETWATCH_H

#include <stdbool.h>
#include <stddef.h>

/* A descriptor to poll() for POLLIN, or -errno: then the network is not watched. */
int netwatch_open(void);

/* Takes all that waits there: whether any of it matters. */
bool netwatch_take(int fd);

/* Whether LEN bytes as the kernel sends them tell of a change that may break or mend a connection. Hostile bytes are
 * no danger. Not so: an address whose lifetime was renewed, a statistic, a neighbour, a route of a cache. */
bool rtnetlink_matters(const void *bytes, size_t len);
bool pfroute_matters(const void *bytes, size_t len);

enum { SOURCE_TEXT_MAX = 64 };

/* The address of this machine from which packets to PEER (an address in text, with a zone or not) go: "10.0.0.2".
 * BIND_ADDRESS (NULL: none, or an address) is where ssh was told to connect from. -ENETUNREACH and other negative
 * errno where there is no way. Sends nothing: connect() of a UDP socket. */
int source_of(const char *peer, const char *bind_address, char ret[SOURCE_TEXT_MAX]);

/* Knocks at PEER's TCP port: begins a connection that will never carry anything. The descriptor to poll() for POLLOUT,
 * which the caller closes; -errno where it cannot even begin. */
int knock_begin(const char *peer, unsigned port, const char *bind_address);

/* How the knock stands: 0: somebody answered, be it to refuse. -EINPROGRESS: nobody yet. Another -errno: there is no
 * way. */
int knock_ask(int fd);

/* Whether this machine still has the address. */
bool source_is_here(const char *address);

#endif
