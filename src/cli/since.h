/* SPDX-License-Identifier: MIT */
/* Since when: a time as a person says it. */
#ifndef TUNNELCTL_CLI_SINCE_H
#define TUNNELCTL_CLI_SINCE_H

#include <time.h>

#include "base/buf.h"

/*
 * Reads "2026-03-01 14:00[:30]", "2026-03-01", "14:00[:30]" (of today), "today", "yesterday", or how long ago (90s, 1h30m,
 * 2d) as seen at NOW, and appends "YYYY-MM-DD HH:MM:SS" of this machine's clock; of how long ago never a time that is later
 * than what was written since then, though the clocks were set back. NULL, or what is wrong.
 */
const char *since_parse(const char *text, time_t now, struct buf *ret);

#endif
