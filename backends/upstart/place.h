/* SPDX-License-Identifier: MIT */
/* Where upstart keeps its job files, and whether it is there at all. */
#ifndef TUNNELCTL_UPSTART_PLACE_H
#define TUNNELCTL_UPSTART_PLACE_H

#include <stdbool.h>

#include "backend.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/strv.h"
#include "model/scope.h"
#include "model/tunnel.h"

/* A job's name is this and the tunnel's; the file is that and ".conf". */
#define JOB_PREFIX "tunnelctl-"

/* By this tunnelctl-run is told to keep a log of its own, in a job for an upstart that keeps none. */
#define JOB_OWN_LOG "--own-log"

/* See struct backend. */
bool job_present(void);
int job_path(const struct tunnel *, const struct scope *, struct buf *ret, struct error *);
int job_installed(const struct scope *, struct strv *ret, struct error *);
void job_log_path(const char *name, const struct scope *, struct buf *ret);

#endif
