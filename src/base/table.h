/* SPDX-License-Identifier: MIT */
/* Text in columns, as wide as it must be and never wider than the terminal. */
#ifndef TUNNELCTL_BASE_TABLE_H
#define TUNNELCTL_BASE_TABLE_H

#include <stddef.h>

#include "base/buf.h"
#include "base/strv.h"

/*
 * Cells row by row: every COLUMNS (1 to 16) cells make a row. A cell may have several lines, and colours
 * (console_codes(4), SGR), which have no width; those of a cell in the last column end in the line in which they begin.
 * The last column takes what is left of WIDTH characters (0: no limit), at least 10, and goes on below itself there.
 * Appends the lines to ret, with no blanks at their ends.
 */
void table_print(const struct strv *cells, size_t columns, size_t width, struct buf *ret);

/* The same where the last column is prose: with less than LEAST characters left for it, it stands below its row. */
void table_print_prose(const struct strv *cells, size_t columns, size_t width, size_t least, struct buf *ret);

/* How many columns of a terminal the LEN bytes take. */
size_t table_width(const char *s, size_t len);

#endif
