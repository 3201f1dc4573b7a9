/* SPDX-License-Identifier: MIT */
/*
 * Whose turn it is of several Proxy entries. A try takes one; where it fails and that may be the proxy's fault, the next
 * one follows without a wait until each has failed once, and then the tunnel waits as for any other failure (backoff.h).
 * One through which the tunnel was up is taken first again. Pure.
 */
#ifndef TUNNELCTL_RUNNER_TURN_H
#define TUNNELCTL_RUNNER_TURN_H

#include <stdbool.h>

#include "model/tunnel.h"
#include "runner/state.h"
#include "ssh/proxy.h"

/* LAST is the state as the last ssh left it, and not planned yet (backoff_plan()); sets its proxy_turn and proxy_failed.
 * Entries that TOOL cannot use are left out. True: the next try begins at once, which it says in phase, too. */
bool turn_take(const struct tunnel *, const struct proxy_tool *, struct state *last);

/* Whether a try may end like this because of the proxy. */
bool turn_may_help(enum class_id);

#endif
