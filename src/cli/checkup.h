/* SPDX-License-Identifier: MIT */
/*
 * One tunnel tried out, step by step (checkup_steps.def), as the account that it runs as and beside the one
 * that may be running, which is never disturbed. A step says one line or several; each comes to show() as
 * soon as it is known.
 */
#ifndef TUNNELCTL_CLI_CHECKUP_H
#define TUNNELCTL_CLI_CHECKUP_H

#include "cli/cli.h"
#include "cli/client.h"
#include "cli/cure.h"
#include "cli/report.h"
#include "cli/select.h"
#include "cli/checkup_login.h"
#include "cli/checkup_way.h"

enum checkup_id {
#define STEP(id, ...) CHECKUP_##id,
#include "cli/checkup_steps.def"
	CHECKUP_COUNT
};

/* In the order of how much they count: of several lines the last of these is what the step is. */
enum checkup_verdict {
	CHECKUP_NOTHING, /* nothing to look at */
	CHECKUP_GOOD,
	CHECKUP_WARNING, /* works, and is not as it should be */
	CHECKUP_BLOCKED, /* a step that it needs has failed */
	CHECKUP_FAILED,
};

/* One line. All strings are clean and valid until show() returns. */
struct checkup_line {
	const char *step;  /* "key" */
	const char *about; /* which of several: "-R 12345:localhost:22"; or NULL */
	enum checkup_verdict verdict;
	const char *seen;
	const char *why, *command; /* what helps; or NULL */
	long ms;                   /* it took */
};

typedef void checkup_show(const struct checkup_line *, void *user);

/* All-zero is the valid empty checkup. */
struct checkup {
	const struct cli *cli;
	const struct selected *selected;
	checkup_show *show;
	void *user;
	struct tunnel tunnel;
	struct account account; /* that the files are looked at as */
	struct client client;
	bool has_client; /* else a step has said why not */
	bool bad_file;
	struct strv agent_keys; /* "type base64" of each key in the agent */
	struct way way;
	struct login login;
	struct selection alone; /* the selected one, for the report */
	struct reports reports;
	enum checkup_verdict verdicts[CHECKUP_COUNT];
	enum checkup_id step;
	const char *about;
	long long since; /* clock_ms(): of the line under way */
	long took;       /* ms, where it was found out before; -1: since then */
};

/* Takes all steps, or the OFFLINE ones alone. An exit code: 0 also where there are warnings, 1, 78 for a bad
 * file. Ctrl-C waits until nothing is left behind, and then ends the process. */
int checkup_run(struct checkup *, bool offline);

void checkup_done(struct checkup *);

/* Ctrl-C, or another wish to end, has come: whatever is under way is to end soon. */
bool checkup_is_interrupted(void);

/* --- for the steps ------------------------------------------------------------------------------------------- */

#define STEP(id, ...) void checkup_##id(struct checkup *);
#include "cli/checkup_steps.def"

void checkup_good(struct checkup *, const char *format, ...) PRINTF(2, 3);
void checkup_nothing(struct checkup *, const char *format, ...) PRINTF(2, 3);

/* ARGUMENT: of the cure, a file or a port; or NULL. */
void checkup_warn(struct checkup *, enum cure_id, const char *argument, const char *format, ...) PRINTF(4, 5);
void checkup_fail(struct checkup *, enum cure_id, const char *argument, const char *format, ...) PRINTF(4, 5);

/* Connects to HOST, a name, addresses with blanks between them or a path, as the account; HEARS: until it
 * greets. Each takes at most TIMEOUT_MS. False: not even tried. */
bool checkup_call(const struct checkup *, const char *host, unsigned port, unsigned timeout_ms, bool hears,
		  struct contact *ret, struct error *);

/* Appends "SHA256:..." of a public key, "type base64". */
void checkup_fingerprint(const struct checkup *, const struct buf *public, struct buf *ret);

/* Appends those of the server's keys that are in the account's known_hosts. */
void checkup_known_fingerprints(const struct checkup *, struct buf *ret);

/* How long ssh may take to be let in, or not. */
unsigned checkup_patience_ms(const struct checkup *);

bool checkup_uses_agent(const struct checkup *);

/* ConfigFile or a PKCS11Provider may have keys that nobody looks at here. */
bool checkup_has_other_keys(const struct checkup *);

/* Part of the step "connection", where there are several. */
void checkup_proxies(struct checkup *);

/* Part of the step "key". */
void checkup_certificates(struct checkup *);

/* Whatever ssh is sent for, it is to tell of it. */
void checkup_errand(const struct checkup *, struct ssh_errand *);

void checkup_complain_of_class(struct checkup *, const struct heard *);

/* The same tunnel without its forwards. What it returns borrows from the checkup. */
void checkup_bare(const struct checkup *, struct tunnel *ret_tunnel, struct client *ret_client);

/* Logs in with all forwards of the client's tunnel, and fills login.with_forwards. */
bool checkup_forward_all(struct checkup *, const struct client *, struct error *);

/* The program that stands beside the tunnel's ssh, "ssh-keygen", or else in /usr/bin. */
void checkup_tool(const struct checkup *, const char *name, struct buf *ret);

#endif
