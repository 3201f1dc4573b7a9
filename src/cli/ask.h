/* SPDX-License-Identifier: MIT */
/* Questions to the person, on standard error, answered on standard input. */
#ifndef TUNNELCTL_CLI_ASK_H
#define TUNNELCTL_CLI_ASK_H

#include <stdbool.h>

#include "base/buf.h"

/* Whether somebody is there to ask: both are a terminal. */
bool ask_can(void);

/* Prints the question and " [y/N] "; true for y or yes. */
bool ask_yes(const char *format, ...) PRINTF(1, 2);

/* The same with " [Y/n] ": only n or no, or no answer at all, is no. */
bool ask_unless_no(const char *format, ...) PRINTF(1, 2);

/* Prints the question and a blank, and appends the answer without blanks around it. False: there was none. */
bool ask_line(struct buf *ret, const char *format, ...) PRINTF(2, 3);

#endif
