/* SPDX-License-Identifier: MIT */
/*
 * The text of an INI, changed in the lines of one key. Everything else stays as it is, byte for byte: comments, order,
 * blank lines, CRLF, a BOM, a last line without its end. Pure: no file is looked at, so a line of defaults.conf or of a
 * drop-in is none of these.
 */
#ifndef TUNNELCTL_MODEL_AMEND_H
#define TUNNELCTL_MODEL_AMEND_H

#include "base/buf.h"
#include "base/error.h"
#include "model/key.h"

/* Each returns 1 = changed, 0 = it was so already, or -EINVAL and leaves TEXT alone: TEXT is no INI ("line 3: ..."), or
 * VALUE none that a line can carry. The key's own range is not judged here (key_set()). */

/* One line of the key, with this value, in the place of the first that there was. */
int amend_set(struct buf *text, const struct key *, const char *value, struct error *);

/* A line more, behind those of the key; an empty value resets what stands above it. */
int amend_append(struct buf *text, const struct key *, const char *value, struct error *);

/* Takes away the lines with this value; NULL: all of them. */
int amend_remove(struct buf *text, const struct key *, const char *value, struct error *);

#endif
