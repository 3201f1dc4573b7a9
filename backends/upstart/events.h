/* SPDX-License-Identifier: MIT */
/* The expression of events behind `start on` and `stop on`. */
#ifndef TUNNELCTL_UPSTART_EVENTS_H
#define TUNNELCTL_UPSTART_EVENTS_H

#include "lexer.h"

/* Reads "EVENT [VALUE]... [KEY=VALUE]... and|or ...", with parentheses, in which lines may end.
 * NULL, or what is wrong with it. */
const char *events_check(struct lexer *);

#endif
