/* SPDX-License-Identifier: MIT */
/*
 * The words in every generated file by which tunnelctl knows it again: who made it, from what, in which format, and
 * a checksum that tells whether anybody edited it since.
 */
#ifndef TUNNELCTL_BACKENDS_MARKER_H
#define TUNNELCTL_BACKENDS_MARKER_H

#include <stddef.h>

#include "base/buf.h"
#include "model/scope.h"
#include "model/tunnel.h"

/* Changes when, and only when, some renderer writes other bytes for the same tunnel. */
#define MARKER_FORMAT "1"

enum marker { MARKER_FOREIGN, MARKER_EDITED, MARKER_OURS };

/* Appends one line of text, without comment signs or newline, that holds no "--" (XML). The checksum in it is
 * blank until marker_seal(). */
void marker_put(const struct tunnel *, const struct scope *, struct buf *ret);

/* Fills the checksum into finished text that holds one marker. */
void marker_seal(struct buf *text);

/* Whose file this is. */
enum marker marker_judge(const char *text, size_t len);

#endif
