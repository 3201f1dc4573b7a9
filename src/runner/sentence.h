/* SPDX-License-Identifier: MIT */
/* What a person reads about a tunnel: one sentence for STATUS=, for `tunnelctl status` and for the log. */
#ifndef TUNNELCTL_RUNNER_SENTENCE_H
#define TUNNELCTL_RUNNER_SENTENCE_H

#include "base/system.h"
#include "model/tunnel.h"
#include "runner/state.h"

/* Sets state->sentence from the rest of the state. It names no time, so that it is true for as long as the phase lasts. */
void sentence_make(const struct tunnel *, struct state *);

/* The same for a tunnel that runs on another system than this. */
void sentence_make_of(enum system, const struct tunnel *, struct state *);

/* Fills state->v with the tunnel's forwards, none of them confirmed: remote, local, dynamic. */
void sentence_forwards(const struct tunnel *, struct state *);

#endif
