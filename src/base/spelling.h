/* SPDX-License-Identifier: MIT */
/* Did you mean ...? */
#ifndef TUNNELCTL_BASE_SPELLING_H
#define TUNNELCTL_BASE_SPELLING_H

#include <stdbool.h>

/* Whether NAME is KNOWN but for a slip of the fingers, or two in a longer word; case does not count. */
bool spelling_is_close(const char *name, const char *known);

#endif
