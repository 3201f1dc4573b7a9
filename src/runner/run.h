/* SPDX-License-Identifier: MIT */
/* The parts of tunnelctl-run: run.c prepares, hold.c waits, become.c becomes ssh. Nobody else includes this. */
#ifndef TUNNELCTL_RUNNER_RUN_H
#define TUNNELCTL_RUNNER_RUN_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/strv.h"
#include "model/tunnel.h"
#include "runner/account.h"
#include "runner/log.h"
#include "runner/state.h"
#include "ssh/argv.h"
#include "ssh/proxy.h"

struct options {
	const char *file, *as;
	bool user, once, print, own_log;
};

/* All that main frees at the end, or that execve drops. */
struct run {
	struct options options;
	char **argv;             /* ours, to start over with */
	uid_t started_as;
	long long begun;         /* clock_ms() */
	int signals;             /* < 0: none */
	struct buf ini;
	struct tunnel tunnel;
	struct account account;
	struct buf folder;
	bool has_folder;         /* it is there, it is ours, and we hold its lock */
	struct buf loop_folder;  /* for the loop's sockets; empty: none was looked for, or there is none */
	struct buf loop, program;
	struct ssh_machine machine;
	struct ssh_command command;
	struct proxy_tool proxy_tool;
	bool next_proxy;         /* the last try failed, and it may be its proxy's fault: no wait before the next one's */
	struct strv watched;     /* files on which a try depends */
	uint64_t print;          /* of them, from before they were read; 0: not looked yet */
	struct state state;
	struct log log;
	bool port_is_held;       /* the server may still have it for an earlier session */
	enum class_id class;     /* what kind of failure a step before ssh was */
};

/* One line for the log, with our name in front. */
void run_say(struct run *, const char *text);

/* --- hold.c --- */

/* To be called before anything is read: what changes between then and the wait must not be missed. */
void run_look_at_files(struct run *);

/* SIGTERM and SIGINT: as bytes to poll for, or held back on the way through execve(); ret_before may be NULL. */
void run_catch_signals(struct run *);
void run_block_signals(sigset_t *ret_before);

/* One runner a tunnel. Waits for the other to end, or with --once returns -EBUSY; the lock is held until we end, or
 * become ssh: then the observer has it. */
int run_take_lock(struct run *, struct error *);

/* Puts the phase into the state, tells the supervisor and, where LOGGED, the log. */
void run_enter(struct run *, enum phase, bool logged);

/* Waits as long as the last state says. */
void run_wait(struct run *);

/* Something before ssh is wrong: says so, waits until something changes, and starts over. */
_Noreturn void run_hold(struct run *, const struct error *why);

/* --- become.c --- */

/* Chooses the loop's sockets, where there can be any; removes those of an ssh that was killed together with its
 * observer. */
void run_prepare_loop(struct run *);

/* Their folder, where it is not that of the tunnel. */
void run_remove_loop(const struct run *);

/* Frees the port if it has to be, forks the observer, and becomes ssh. Returns where that fails. */
int run_become_ssh(struct run *, struct error *);

#endif
