/* SPDX-License-Identifier: MIT */
/* Section [upstart] of an INI: stanzas that go into the job as they are written there. */
#ifndef TUNNELCTL_UPSTART_ADDITIONS_H
#define TUNNELCTL_UPSTART_ADDITIONS_H

#include "base/buf.h"
#include "base/error.h"
#include "base/strv.h"
#include "model/tunnel.h"

/* The faultless line of [upstart] that gives the stanza NAME, or NULL. */
const struct setting *addition_find(const struct tunnel *, const char *name);

/* Appends it as a statement. */
void addition_put(const struct setting *, struct buf *ret);

/* Judges every line. -EINVAL: not a stanza, not one that [upstart] may give, or wrong arguments.
 * Those that VERSION does not know are a line each in ret_notes and are not appended; neither are
 * `start on` and `stop on`, which have their own place. */
int additions_put(const struct tunnel *, unsigned version, struct buf *ret, struct strv *ret_notes,
		  struct error *);

#endif
