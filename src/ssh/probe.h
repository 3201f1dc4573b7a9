/* SPDX-License-Identifier: MIT */
/* What proves that a forward works. Here, because ssh must be told what to say about it (ssh/argv.h). */
#ifndef TUNNELCTL_SSH_PROBE_H
#define TUNNELCTL_SSH_PROBE_H

#include "model/tunnel.h"

/* PROBE_BANNER: an SSH server greets. PROBE_OPEN: the connection is taken, and not closed at once. */
enum probe_kind { PROBE_NONE, PROBE_BANNER, PROBE_OPEN };

/* As Probe says; PROBE_NONE also for what no setting can prove: a port that the server has yet to choose, and a
 * DynamicForward without ProbeTarget. */
enum probe_kind probe_kind_of(const struct tunnel *, const struct forward *);

#endif
