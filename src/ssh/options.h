/* SPDX-License-Identifier: MIT */
/* Options of ssh as "Keyword=value", for the command line (-o) and for a Host block alike. */
#ifndef TUNNELCTL_SSH_OPTIONS_H
#define TUNNELCTL_SSH_OPTIONS_H

#include "base/strv.h"
#include "model/key.h"
#include "ssh/argv.h"

/* What tunnelctl always says (mandatory.def), as far as this ssh knows the words and RET does not say them already. */
void options_mandatory(const struct ssh_machine *, struct strv *ret);

/* Which keys may be offered. */
void options_identity(const struct tunnel *, struct strv *ret);

/* Whether the key is said to ssh at all: it has a value, this ssh knows it, and it does not yield to ConfigFile. */
bool options_wants(const struct tunnel *, const struct ssh_machine *, const struct key *);

/* One value of a key as "Keyword=value". */
void options_key(const struct ssh_machine *, const struct key *, const char *value, struct strv *ret);

#endif
