/* SPDX-License-Identifier: MIT */
/* A property list as a tree of values that remember their lines. */
#ifndef TUNNELCTL_BACKENDS_LAUNCHD_TREE_H
#define TUNNELCTL_BACKENDS_LAUNCHD_TREE_H

#include <stddef.h>

#include "base/strv.h"

/* Bits, so that a key can have more than one. */
enum item_type {
	ITEM_BOOL = 1,
	ITEM_INTEGER = 2,
	ITEM_STRING = 4,
	ITEM_ARRAY = 8,
	ITEM_DICT = 16,
	ITEM_REAL = 32,
	ITEM_DATE = 64,
	ITEM_DATA = 128,
};

/* Owns all it points to; all-zero is the valid empty item. */
struct item {
	enum item_type type;
	unsigned line;      /* of its key in a dictionary, else of the value */
	char *key;          /* NULL outside dictionaries */
	char *text;         /* of everything but arrays and dictionaries; "" for a boolean */
	long long number;   /* of an integer; 0 or 1 of a boolean */
	struct item *items; /* of an array or a dictionary */
	size_t len;
};

/* Reads a whole property list in XML, which ends with a NUL. -EINVAL: what is wrong is in ret_problems,
 * "LINE: what", and ret is untouched. The caller frees ret by item_done(). */
int item_read(const char *text, struct item *ret, struct strv *ret_problems);

/* The value of KEY in a dictionary, or NULL. */
const struct item *item_find(const struct item *dict, const char *key);

/* Appends "LINE: ..." to the list, as one line of text. */
void item_finding(const struct item *at, struct strv *ret, const char *format, ...) PRINTF(3, 4);

void item_done(struct item *);

#endif
