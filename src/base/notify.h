/* SPDX-License-Identifier: MIT */
/* Tells systemd what a person shall read: one datagram (sd_notify(3), whose protocol is stable). */
#ifndef TUNNELCTL_BASE_NOTIFY_H
#define TUNNELCTL_BASE_NOTIFY_H

#include <stdbool.h>

/* Sends STATUS=sentence, and READY=1 in front where ready. Does nothing without $NOTIFY_SOCKET; never blocks, never
 * fails. */
void notify_status(const char *sentence, bool ready);

#endif
