/* SPDX-License-Identifier: MIT */
/* The parts of the verb trust: what it says, whom it asks, what it writes. cmd_trust.c puts them in order. */
#ifndef TUNNELCTL_CLI_TRUST_H
#define TUNNELCTL_CLI_TRUST_H

#include <stdbool.h>

#include "cli/cli.h"
#include "cli/client.h"
#include "cli/hostkeys.h"
#include "cli/json.h"
#include "cli/pins.h"
#include "cli/select.h"
#include "model/tunnel.h"

/* How the person, or whoever wrote the script, has compared the keys. */
enum compared { COMPARED_NOT, COMPARED_BY_NOBODY, COMPARED_ASKED, COMPARED_FINGERPRINT };

struct trust {
	const struct cli *cli;
	const struct selected *selected;
	struct tunnel tunnel;
	struct client client;
	json_t *hosts;
	bool changed;
	bool used[ARRAY_LEN(((struct option_values *)0)->v)]; /* which --fingerprint has been somebody's */
};

/* One host of the way. */
struct trust_host {
	struct pins_host name;
	struct tunnel way; /* borrows from the tunnel: one that ends at this host */
	struct buf shown;  /* as messages call it */
	struct pins pins;
	struct hostkeys keys;
	struct strv known; /* what known_hosts files have to say about the keys */
	enum compared compared;
	bool authority;    /* its keys are judged by a pinned @cert-authority, and were not asked for */
	bool changed;
	bool replaced;     /* and the old keys were taken away */
};

/* trust_say.c */

/* On standard output, unless --quiet or --json; for a question on standard error: then it must be seen. */
void trust_show(const struct trust *, bool asking, const char *text);

/* Fills host->shown. */
void trust_name(struct trust_host *);

/* Appends the table of keys; ADVISE: and how a person compares them. */
void trust_put_table(const struct trust_host *, bool advise, struct buf *ret);

/* Fills host->known. */
void trust_ask_known(const struct trust *, struct trust_host *);

/* The error about a changed key; returns the exit code. */
int trust_refuse_changed(const struct trust *, const struct trust_host *);
void trust_say_unchanged(const struct trust *, const struct trust_host *);

json_t *trust_json(const struct trust_host *);

/* trust_choose.c: sets key->chosen of those to be pinned. 0, or an exit code with the error printed. */
int trust_choose(struct trust *, struct trust_host *);

/* trust_pin.c. Both: 0, or an exit code with the error printed. */

/* Reads the tunnel (anew). */
int trust_load(struct trust *);

/* Writes the chosen keys into the INI, with --replace in the place of the old ones, and proves that they are in
 * effect. */
int trust_pin(struct trust *, struct trust_host *);

#endif
