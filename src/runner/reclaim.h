/* SPDX-License-Identifier: MIT */
/*
 * RemotePortBusy = reclaim: frees the remote port that a dead session of this tunnel still holds. One bounded session
 * with the tunnel's own key, whose forced command on the server (tunnelctl-reclaim) ends the dead ones.
 */
#ifndef TUNNELCTL_RUNNER_RECLAIM_H
#define TUNNELCTL_RUNNER_RECLAIM_H

#include "base/buf.h"
#include "base/error.h"
#include "base/strv.h"
#include "model/tunnel.h"
#include "ssh/argv.h"

/*
 * Runs it, for at most ConnectTimeout + 5 s; ENVIRONMENT is that of the tunnel's ssh. 0: the server's command ended
 * with 0. Otherwise a negative errno and the server's or ssh's words, for the log: the tunnel is tried all the same.
 */
int reclaim_run(const struct tunnel *, const struct ssh_machine *, const struct strv *environment, struct error *);

#endif
