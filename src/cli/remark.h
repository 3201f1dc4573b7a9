/* SPDX-License-Identifier: MIT */
/* What is to be said of a tunnel in a line of prose: its sentence and all that a person should know besides. */
#ifndef TUNNELCTL_CLI_REMARK_H
#define TUNNELCTL_CLI_REMARK_H

#include "cli/facts.h"
#include "cli/report.h"

/* Appends since when it is in its state: "3 h", or "-". */
void remark_age(const struct report *, const struct moment *, struct buf *ret);

/* Appends the remark, which does not repeat report_word(). */
void remark_print(const struct report *, const struct moment *, struct buf *ret);

#endif
