/* SPDX-License-Identifier: MIT */
#include "base/strv.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"

void strv_push_take(struct strv *l, char *s)
{
	/* One slot more than strings: the NULL at the end. */
	l->v = array_grow(l->v, l->len, sizeof(*l->v));
	l->v[l->len++] = s;
	l->v = array_grow(l->v, l->len, sizeof(*l->v));
	l->v[l->len] = NULL;
}

void strv_push(struct strv *l, const char *s)
{
	strv_push_take(l, xstrdup(s));
}

void strv_pushf(struct strv *l, const char *format, ...)
{
	struct buf b = {0};
	va_list ap;

	va_start(ap, format);
	buf_vprintf(&b, format, ap);
	va_end(ap);
	strv_push_take(l, buf_take(&b));
}

void strv_push_all(struct strv *l, const struct strv *more)
{
	for (size_t i = 0; i < more->len; i++)
		strv_push(l, more->v[i]);
}

void strv_split(struct strv *l, const char *s)
{
	for (;;) {
		size_t len;

		s += strspn(s, " \t");
		if (!*s)
			return;
		len = strcspn(s, " \t");
		strv_push_take(l, xstrndup(s, len));
		s += len;
	}
}

bool strv_has(const struct strv *l, const char *s)
{
	for (size_t i = 0; i < l->len; i++)
		if (!strcmp(l->v[i], s))
			return true;
	return false;
}

static int compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

void strv_sort(struct strv *l)
{
	if (l->len)
		qsort(l->v, l->len, sizeof(*l->v), compare);
}

void strv_done(struct strv *l)
{
	for (size_t i = 0; i < l->len; i++)
		free(l->v[i]);
	free(l->v);
	*l = (struct strv){0};
}
