/* SPDX-License-Identifier: MIT */
/* Which host keys are known of a host already: pinned by KnownHostKey, or in a known_hosts file. ssh-keygen(1), -F, is
 * asked, which reads host names as ssh does: patterns, hashes, ports (sshd(8), SSH_KNOWN_HOSTS FILE FORMAT). */
#ifndef TUNNELCTL_CLI_PINS_H
#define TUNNELCTL_CLI_PINS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/strv.h"
#include "cli/client.h"

/* The tunnel's server, or a ProxyJump host on the way to it. */
struct pins_host {
	const char *host, *alias; /* alias: HostKeyAlias of the server, or NULL */
	unsigned port;
	bool hop;
};

struct pin {
	const struct setting *setting; /* its line */
	char *key;                     /* "type base64" */
	bool authority;                /* @cert-authority */
	bool shared;                   /* the line names other hosts as well, or a pattern */
};

struct pins {
	struct pin *v;
	size_t len;
};

/* Appends the name by which ssh looks the host up: "host", "[host]:port". */
void pins_name(const struct pins_host *, struct buf *ret);

/* The KnownHostKey lines of TUNNEL that ssh will go by for the host; they point into the tunnel. */
int pins_find(const struct client *, const struct tunnel *, const struct pins_host *, struct pins *ret, struct error *);

/* Appends "type base64" for each key of the host in a known_hosts file, as the account reads it; nothing if it
 * cannot. */
void pins_in_file(const struct client *, const char *path, const struct pins_host *, struct strv *ret);

void pins_done(struct pins *);

#endif
