/* SPDX-License-Identifier: MIT */
/* A growing string of bytes. */
#ifndef TUNNELCTL_BASE_BUF_H
#define TUNNELCTL_BASE_BUF_H

#include <stdarg.h>
#include <stddef.h>

#include "base/macros.h"

/* s is NULL or holds len bytes and a NUL after them; all-zero is the valid empty buf. */
struct buf {
	char *s;
	size_t len;
	size_t cap;
};

void buf_put(struct buf *, const void *bytes, size_t len);
void buf_putc(struct buf *, char c);

void buf_puts(struct buf *, const char *s);

/* Appends strings one after the other: buf_cat(&path, folder, "/", name). None may be NULL. */
#define buf_cat(b, ...) buf_cat_all(b, (const char *const[]){ __VA_ARGS__, NULL })
void buf_cat_all(struct buf *, const char *const strings[]); /* ends with NULL */

void buf_printf(struct buf *, const char *format, ...) PRINTF(2, 3);
void buf_vprintf(struct buf *, const char *format, va_list) PRINTF(2, 0);

/* Makes room for at least LEN bytes more and returns where they go; the caller then adds to len. */
char *buf_reserve(struct buf *, size_t len);

/* The text, never NULL; valid until the buf is next changed. */
const char *buf_str(const struct buf *);

/* Empties the buf but keeps its memory. */
void buf_clear(struct buf *);

/* Hands the memory to the caller, who frees it; the buf is empty afterwards. Never NULL. */
char *buf_take(struct buf *);

void buf_done(struct buf *);

#endif
