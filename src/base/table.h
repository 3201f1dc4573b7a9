/* SPDX-License-Identifier: MIT */
/* Text in columns, as wide as it must be and never wider than the terminal. */
#ifndef TUNNELCTL_BASE_TABLE_H
#define TUNNELCTL_BASE_TABLE_H

#include <stddef.h>

#include "base/buf.h"
#include "base/strv.h"

/* Cells row by row: every COLUMNS (1 to 16) cells make a row. The last column takes what is left of WIDTH
 * characters (0: no limit), at least 10, and goes on below itself there. Appends the lines to ret. */
void table_print(const struct strv *cells, size_t columns, size_t width, struct buf *ret);

#endif
