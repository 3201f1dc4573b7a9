/* SPDX-License-Identifier: MIT */
/* Memory that never fails: out of memory prints one line and exits 71 (EX_OSERR). */
#ifndef TUNNELCTL_BASE_ALLOC_H
#define TUNNELCTL_BASE_ALLOC_H

#include <stddef.h>

void *xrealloc(void *p, size_t size);
char *xstrdup(const char *s);
char *xstrndup(const char *s, size_t len);

/* Makes room for one element more in a growing array of SIZE-byte elements; returns the array. The caller may
 * also take elements off its end. */
void *array_grow(void *array, size_t len, size_t size);

#endif
