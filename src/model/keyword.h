/* SPDX-License-Identifier: MIT */
/* The words of ssh_config(5): which tunnelctl always sets (mandatory.def), and which it knows (keywords.def). */
#ifndef TUNNELCTL_MODEL_KEYWORD_H
#define TUNNELCTL_MODEL_KEYWORD_H

#include <stddef.h>

struct mandatory {
	const char *name;
	const char *value; /* NULL: never given, only refused */
	unsigned since;    /* VERSION(major, minor); 0: every release */
	const char *why;
};

struct keyword {
	const char *name;
	unsigned since;
};

extern const struct mandatory mandatory[];
extern const size_t mandatory_len;
extern const struct keyword keywords[];
extern const size_t keywords_len;

/* Both without regard to case; NULL when it is none. */
const struct mandatory *mandatory_find(const char *name);
const struct keyword *keyword_find(const char *name);

/* The word of either table that NAME may be a slip for, or NULL. */
const char *keyword_close(const char *name);

#endif
