/* SPDX-License-Identifier: MIT */
/* The fingerprint of a public key, by which people compare keys; ssh-keygen(1), -l, computes it. */
#ifndef TUNNELCTL_SSH_FINGERPRINT_H
#define TUNNELCTL_SSH_FINGERPRINT_H

#include <stdbool.h>

#include "base/strv.h"

#define SSH_KEYGEN "/usr/bin/ssh-keygen"

struct fingerprint {
	unsigned bits;
	char text[128]; /* "SHA256:..."; of an ssh-keygen before 6.8 "MD5:.." */
	char type[32];  /* "ED25519", as ssh prints it */
};

/* Appends the command for the public key in a file. */
void fingerprint_argv(const char *path, struct strv *ret);

/* Reads the first line that the command has printed. False: that is none. */
bool fingerprint_parse(const char *output, struct fingerprint *ret);

/* What a person has typed or pasted is the fingerprint, and all of it: ssh leaves out the = at the end, other programs
 * do not. */
bool fingerprint_is(const struct fingerprint *, const char *typed);

#endif
