/* SPDX-License-Identifier: MIT */
/*
 * What an option of somebody's ssh becomes in an INI: a line of the draft, or a remark that says why none. Of two
 * values for one option the first wins, but for some letters the last (ssh(1)), and the loser gets a remark.
 */
#ifndef TUNNELCTL_SSH_TRANSLATION_H
#define TUNNELCTL_SSH_TRANSLATION_H

#include <stdbool.h>

#include "base/strv.h"
#include "model/draft.h"

/* The options of one command so far; draft and folder are the caller's to set, the rest begins as zero. */
struct translation {
	struct draft *draft;
	const char *folder;       /* absolute: relative file names begin there */
	char *host_name;          /* of HostName, or NULL; the Host is the caller's to put */
	bool gateway;             /* GatewayPorts: listen for everybody */
	bool device_said, device; /* by Tunnel or -w: whether a tun device is wanted */
};

/* One option, as it was said. */
struct ssh_option {
	struct draft_origin at;
	const char *keyword; /* of ssh_config(5) */
	const char *value;   /* in ssh_config's words when raw, else one word of the command line */
	bool raw;            /* by -o */
	bool last;           /* overrules what was said before */
};

void translation_take(struct translation *, const struct ssh_option *);

/* A value for a key that no keyword gives; the second makes a file name whole first. */
void translation_set(struct translation *, const struct key *, const char *value, const struct draft_origin *);
void translation_set_path(struct translation *, const struct key *, const char *value, const struct draft_origin *);

/* The words of a line of ssh_config, quotes and backslashes taken away; NULL, or what is wrong. */
const char *translation_split(const char *, struct strv *ret);

/* The Host: HostName where one was said, in which %h is the destination, else the destination itself. */
void translation_put_host(struct translation *, const char *destination, const struct draft_origin *);

/* What only all options together tell. */
void translation_finish(struct translation *);

void translation_done(struct translation *);

#endif
