/* SPDX-License-Identifier: MIT */
/*
 * An INI in the making, out of something that a person has already: its lines, each with the words that it came
 * from, and what is to be said about the words that made none. Each value is judged as the reader would judge it.
 */
#ifndef TUNNELCTL_MODEL_DRAFT_H
#define TUNNELCTL_MODEL_DRAFT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/macros.h"
#include "model/key.h"

/* Words of the source, as a person would find them there. */
struct draft_origin {
	const char *what; /* "-R 12345:localhost:22", "UserName" */
	unsigned line;    /* from 1; 0: the source has no lines */
};

struct draft_line {
	enum section_id section;
	const struct key *key; /* NULL in an open section */
	char *name;            /* as it will be printed */
	char *value;
	char *what;            /* see struct draft_origin */
	unsigned line;
};

enum draft_kind {
	DRAFT_DROPPED = 1, /* not in the INI, and the tunnel is one all the same */
	DRAFT_REFUSED,     /* without it there would be another tunnel, or none */
	DRAFT_NOTE,        /* in the INI or not meant to be; something the person should know */
};

struct draft_remark {
	enum draft_kind kind;
	unsigned line;
	char *what;
	char *why;
};

/* Owns all it points to; all-zero is the valid empty draft. */
struct draft {
	struct draft_line *lines;
	size_t lines_len;
	struct draft_remark *remarks;
	size_t remarks_len;
};

/* A line for KEY, behind those that it has; one that does not repeat is replaced. -EINVAL: not a value of that key. */
int draft_set(struct draft *, const struct key *, const char *value, const struct draft_origin *, struct error *);

/* A line for an open section; REPLACE takes a former one of that name away. -EINVAL: not a value of any key, or
 * not the name of one. */
int draft_add(struct draft *, enum section_id, const char *name, const char *value, bool replace,
	      const struct draft_origin *, struct error *);

/* The first line of a key, of a name in an open section; NULL when there is none. Valid until the next change. */
const struct draft_line *draft_find(const struct draft *, const struct key *);
const struct draft_line *draft_find_name(const struct draft *, enum section_id, const char *name);

/* Takes the lines of a key away. */
void draft_forget(struct draft *, const struct key *);

void draft_remark(struct draft *, enum draft_kind, const struct draft_origin *, const char *format, ...) PRINTF(4, 5);
bool draft_is_refused(const struct draft *);

/* Whether a blank of a template was left unfilled: <username> or YOUR_USER, for the caller to free, or NULL. */
char *draft_blank(const char *s);

/* Appends the sections that have lines, the keys in the order of keys.def. */
void draft_print(const struct draft *, struct buf *ret);

void draft_done(struct draft *);

#endif
