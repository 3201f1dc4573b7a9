/* SPDX-License-Identifier: MIT */
/* What a person does next on the way to a tunnel that works: the commands still needed, in order, ready to copy. */
#ifndef TUNNELCTL_CLI_NEXTSTEP_H
#define TUNNELCTL_CLI_NEXTSTEP_H

#include "cli/cli.h"
#include "model/tunnel.h"
#include "runner/account.h"
#include "ssh/argv.h"

/* In their order. */
enum nextstep {
	NEXTSTEP_FIRST,     /* nothing has been done yet but the INI */
	NEXTSTEP_KEYGEN,    /* left out where the key is there, or an agent has it */
	NEXTSTEP_TRUST,     /* left out where the INI or a known_hosts of RunAs has a key of the server */
	NEXTSTEP_AUTHORIZE, /* in each list that begins before it, but from trust on of a tunnel that was up with its key */
	NEXTSTEP_TEST,
	NEXTSTEP_ENABLE,    /* restart where it has a unit already, nothing where it is up with these settings */
};

/*
 * Prints "next:" and a line for each, unless --quiet or --json. AFTER has just been done: it, and of the last three
 * what stands before it, is left out. The tunnel is one that config_load() has filled. Looks at files, as RunAs where
 * it may.
 */
void nextstep_say(const struct cli *, const struct tunnel *, bool user, enum nextstep after);

/* Appends the same commands, for --json. */
void nextstep_list(const struct cli *, const struct tunnel *, bool user, enum nextstep after, struct strv *ret);

/* Appends "sudo tunnelctl VERB NAME MORE" as this person has to type it: sudo, --user, --config-dir, the path of an INI that
 * is in none of the usual folders. MORE may be NULL. */
void nextstep_command(const struct cli *, const struct tunnel *, bool user, const char *verb, const char *more,
		      struct buf *ret);

/* Whether the INI or a known_hosts of that account has a key of the server. */
bool nextstep_has_host_key(const struct tunnel *, const struct account *, const struct ssh_machine *);

/* Whether a unit of that name is installed. */
bool nextstep_is_enabled(const struct cli *, const struct tunnel *, bool user);

#endif
