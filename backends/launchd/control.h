/* SPDX-License-Identifier: MIT */
/* Drives launchd by launchctl(1): bootstrap, kickstart, bootout; never load and unload, which end with 0 whatever fails. */
#ifndef TUNNELCTL_BACKENDS_LAUNCHD_CONTROL_H
#define TUNNELCTL_BACKENDS_LAUNCHD_CONTROL_H

#include "backend.h"

extern const struct control launchd_control;

#endif
