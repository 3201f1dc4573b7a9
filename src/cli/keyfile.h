/* SPDX-License-Identifier: MIT */
/*
 * A private key and the public one beside it, made by ssh-keygen(1) with the rights of the account that is to have it:
 * both whole or none, and never over anything that is there.
 */
#ifndef TUNNELCTL_CLI_KEYFILE_H
#define TUNNELCTL_CLI_KEYFILE_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/error.h"
#include "runner/account.h"
#include "ssh/fingerprint.h"

struct keyfile {
	const struct account *account;
	const char *path;       /* absolute */
	const char *own_folder; /* made, mode 0700, if it is missing; NULL: none is */
};

/* 1 = a key is there, 0 = one can be made. Else why not, in words that say what helps: a folder or a dangling link in
 * its place (-EEXIST), no folder for it (-ENOENT), one that the account may not write (-EACCES). */
int keyfile_look(const struct keyfile *, struct error *);

struct keyfile_wish {
	const char *type, *comment;
	bool passphrase; /* ssh-keygen asks for one on the terminal */
};

/* -EEXIST: somebody made one meanwhile; -EINTR: no passphrase was given. */
int keyfile_make(const struct keyfile *, const struct keyfile_wish *, struct error *);

/* What is public of a key. */
struct keyfile_facts {
	struct buf public;  /* "type base64 comment" */
	struct fingerprint fingerprint;
	bool locked;        /* it has a passphrase */
};

/* -EINVAL: what is there is no key that ssh can use. */
int keyfile_read(const struct keyfile *, struct keyfile_facts *ret, struct error *);

void keyfile_facts_done(struct keyfile_facts *);

#endif
