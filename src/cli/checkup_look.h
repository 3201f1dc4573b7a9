/* SPDX-License-Identifier: MIT */
/* A key file as the account of the tunnel sees it. */
#ifndef TUNNELCTL_CLI_CHECKUP_LOOK_H
#define TUNNELCTL_CLI_CHECKUP_LOOK_H

#include <sys/stat.h>

#include "cli/checkup.h"

/* Of fixed size: it is handed on by the process that looked. */
struct look {
	int error; /* of reading it; 0: none */
	uid_t owner;
	mode_t mode;
	bool has_public;  /* PATH.pub is there */
	bool is_public;   /* it is a public key itself */
	char closed[512]; /* a folder on the way that it may not enter, or "" */
	char open[512];   /* the folder it really lies in, if others may write there; or "" */
};

/* False: the account could not even look. */
bool look(const struct checkup *, const char *path, struct look *ret, struct error *);

/* ssh looks at the mode of its own account's keys alone (authfile.c, sshkey_perm_ok()). */
bool look_is_too_open(const struct checkup *, const struct look *);

/* ssh itself can read a private key there. */
bool look_is_usable(const struct checkup *, const struct look *);

/* Of "type base64 comment" the first two words; false where there are none. */
bool look_cut_public(const struct buf *text, struct buf *ret);

/* The same of a file. */
bool look_read_public(const struct checkup *, const char *path, struct buf *ret);

#endif
