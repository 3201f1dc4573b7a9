/* SPDX-License-Identifier: MIT */
/*
 * Asks a server which host keys it has, without logging in there: by ssh-keyscan(1) where it can be reached as
 * ssh-keyscan does that, else by the tunnel's own ssh, which goes through its proxies (ProxyJump hosts let the key in,
 * so theirs must be pinned) and writes down what it sees. All of it runs as the client's account. Nothing proves that
 * the keys are the server's: that is for a person, or for a fingerprint from elsewhere.
 */
#ifndef TUNNELCTL_CLI_HOSTSCAN_H
#define TUNNELCTL_CLI_HOSTSCAN_H

#include "base/error.h"
#include "base/strv.h"
#include "cli/client.h"

/* WAY is a tunnel that ends at the server. Fills the empty RET with "type base64" for each key, the best type first.
 * -EHOSTUNREACH: there is none to be had; the sentence of its class (ssh/classify.h) says why. -ECONNREFUSED: a
 * ProxyJump host does not let the key in. */
int hostscan(const struct client *, const struct tunnel *way, struct strv *ret, struct error *);

#endif
