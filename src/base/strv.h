/* SPDX-License-Identifier: MIT */
/* A growing list of strings that it owns; what argv, lists of names and lists of notes are made of. */
#ifndef TUNNELCTL_BASE_STRV_H
#define TUNNELCTL_BASE_STRV_H

#include <stdbool.h>
#include <stddef.h>

#include "base/macros.h"

/* v is NULL when empty, else len strings and a NULL after them; all-zero is the valid empty strv. */
struct strv {
	char **v;
	size_t len;
};

void strv_push(struct strv *, const char *s);            /* a copy of s */
void strv_push_take(struct strv *, char *s);             /* s itself, freed with the list */
void strv_pushf(struct strv *, const char *format, ...) PRINTF(2, 3);
void strv_push_all(struct strv *, const struct strv *more);

/* Appends the words of s, which are separated by spaces and tabs. */
void strv_split(struct strv *, const char *s);

bool strv_has(const struct strv *, const char *s);
void strv_sort(struct strv *);
void strv_done(struct strv *);

#endif
