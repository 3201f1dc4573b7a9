/* SPDX-License-Identifier: MIT */
/* All tunnels at a glance: the table of `status`, trouble first, and its one line. */
#ifndef TUNNELCTL_CLI_OVERVIEW_H
#define TUNNELCTL_CLI_OVERVIEW_H

#include <stdbool.h>

#include "cli/report.h"

/* What it is printed on. */
struct overview_paper {
	size_t columns; /* 0: no limit */
	bool colour, signs;
};

/* Standard output as it is now. */
struct overview_paper overview_paper(void);

/* Whether it is asked for: with --failed only what is not fine. */
bool overview_wants(const struct cli *, const struct report *);

/* Appends NAME STATE SINCE FORWARDS NOTE, with SCOPE where there are both; under it how to come in. */
void overview_table(const struct reports *, const struct overview_paper *, struct buf *ret);

/* Appends "3 up, 1 waiting": what is up first, then in the order in which the words come. */
void overview_line(const struct reports *, struct buf *ret);

#endif
