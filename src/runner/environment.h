/* SPDX-License-Identifier: MIT */
/* The environment that ssh gets: a short list, nothing that a shell or a supervisor happened to leave there. */
#ifndef TUNNELCTL_RUNNER_ENVIRONMENT_H
#define TUNNELCTL_RUNNER_ENVIRONMENT_H

#include "base/strv.h"
#include "model/tunnel.h"
#include "runner/account.h"

void environment_make(const struct tunnel *, const struct account *, struct strv *ret);

#endif
