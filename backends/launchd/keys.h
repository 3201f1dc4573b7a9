/* SPDX-License-Identifier: MIT */
/* The keys of a launchd job (keys.def) as data, for the renderer's additions and for the checker. */
#ifndef TUNNELCTL_BACKENDS_LAUNCHD_KEYS_H
#define TUNNELCTL_BACKENDS_LAUNCHD_KEYS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

/* The attributes are explained at the top of keys.def; types and of are bits of enum item_type. */
struct job_key {
	const char *dict, *name;
	unsigned types, of;
	long long min, max;
	const char *words;
	bool absolute, octal, open;
	const char *refused, *harm, *if_false, *if_true, *machine, *advice;
};

extern const struct job_key job_keys[];
extern const size_t job_keys_len;

/* The row of NAME in the dictionary DICT ("" or a path), exactly spelled or in any case; NULL if none. */
const struct job_key *job_key_find(const char *dict, const char *name);
const struct job_key *job_key_find_any_case(const char *dict, const char *name);

/* A row with nearly this spelling, or NULL. */
const struct job_key *job_key_close(const char *dict, const char *name);

/* Whether an integer, a string is what the row wants; in an array, of its elements. */
bool job_key_takes_number(const struct job_key *, long long);
bool job_key_takes_text(const struct job_key *, const char *);

/* Appends what a value of TYPE may be, in words: "1 to 12", "an absolute path". */
void job_key_print_range(const struct job_key *, unsigned type, struct buf *ret);

#endif
