/* SPDX-License-Identifier: MIT */
/* What a terminal can show: colours (unless NO_COLOR, no-color.org, says no) and signs beyond ASCII. */
#ifndef TUNNELCTL_CLI_INK_H
#define TUNNELCTL_CLI_INK_H

#include <stdbool.h>

#include "base/buf.h"

enum ink { INK_PLAIN, INK_GOOD, INK_BAD, INK_WARNING, INK_DIM, INK_BOLD };

/* Whether FD is a terminal whose lines can be wiped and written anew. */
bool ink_can_move(int fd);

/* Whether FD is a terminal that shows colours. */
bool ink_has_colour(int fd);

/* Whether FD is a terminal whose character set is UTF-8. */
bool ink_has_signs(int fd);

/* Appends the text, in its colour if ON. */
void ink_put(bool on, enum ink, const char *text, struct buf *ret);

#endif
