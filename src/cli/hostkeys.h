/* SPDX-License-Identifier: MIT */
/* The host keys that a server presents beside those that are pinned: which are new, which have changed; and as a
 * table. */
#ifndef TUNNELCTL_CLI_HOSTKEYS_H
#define TUNNELCTL_CLI_HOSTKEYS_H

#include <stdbool.h>
#include <stddef.h>

#include "cli/client.h"
#include "cli/pins.h"
#include "ssh/fingerprint.h"

enum hostkey_state {
	HOSTKEY_PINNED,  /* presented, and pinned */
	HOSTKEY_NEW,     /* presented, and no key of its type is pinned */
	HOSTKEY_CHANGED, /* presented, where another one of its type, or none that is presented, is pinned */
	HOSTKEY_OLD,     /* pinned, and not presented */
};

extern const char *const hostkey_words[]; /* of the states: "pinned", "new", "changed", "old" */

struct hostkey {
	enum hostkey_state state;
	char *key; /* "type base64" */
	struct fingerprint fingerprint;
	const struct pin *pin; /* of HOSTKEY_PINNED and HOSTKEY_OLD */
	bool chosen;           /* the caller's: to be pinned */
};

/* Presented, and not pinned yet. */
bool hostkey_is_candidate(const struct hostkey *);

struct hostkeys {
	struct hostkey *v;
	size_t len;
	size_t count[HOSTKEY_OLD + 1]; /* of each state */
};

/* Presented keys in their order, each old one behind those of its type. A presented one that ssh-keygen cannot read
 * goes into ret_unknown instead, by its type. RET points into the pins. */
int hostkeys_compare(const struct client *, const struct strv *presented, const struct pins *, struct hostkeys *ret,
		     struct strv *ret_unknown, struct error *);

/* Appends TYPE BITS FINGERPRINT and what is to be said about each, a line each, WIDTH as of table_print(). */
void hostkeys_print(const struct hostkeys *, size_t width, struct buf *ret);

void hostkeys_done(struct hostkeys *);

#endif
