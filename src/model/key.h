/* SPDX-License-Identifier: MIT */
/* The key table (keys.def) as data: what a key is called, what it may be, and how its field is read and printed. */
#ifndef TUNNELCTL_MODEL_KEY_H
#define TUNNELCTL_MODEL_KEY_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "base/strv.h"
#include "model/tunnel.h"

/* An ssh release as a number that compares: VERSION(8, 5) < VERSION(10, 0). */
#define VERSION(major, minor) ((major) * 100 + (minor))

enum destination_id { SSH = 1, RUNNER, SERVICE };

enum key_type { STR = 1, PATH, WORD, BOOL, UINT, SECS, LIST, PATHS, FWD };

/* The attributes are explained at the top of keys.def. */
struct key {
	enum key_id id;
	enum key_type type;
	enum section_id section;
	enum destination_id destination;
	size_t offset; /* of the field in struct tunnel */
	const char *name;

	const char *def, *words, *doc;
	unsigned min, max;
	enum forward_kind forward;
	const char *(*check)(const char *value);
	const char *ssh;
	unsigned since, percent;
	bool weak, hole;
};

struct section {
	const char *name;
	bool open;
	const char *doc;
};

extern const struct key keys[KEY_COUNT];
extern const struct section sections[SECTION_COUNT];

/* Both without regard to case; NULL / SECTION_COUNT when there is none. */
const struct key *key_find(enum section_id, const char *name);
enum section_id section_find(const char *name);

bool key_repeats(const struct key *);  /* LIST, PATHS, FWD: values append */

/* Reads VALUE into the field: sets it, or appends to a list. An empty VALUE puts the default back.
 * -EINVAL: the error says what is wrong in words that follow "Key = value: ". */
int key_set(const struct key *, const char *value, struct tunnel *, struct error *);

/* Puts every default into the fields of an empty tunnel. */
void key_set_defaults(struct tunnel *);

/* Appends the values of the field in their canonical spelling, none where nothing is set. */
void key_values(const struct key *, const struct tunnel *, struct strv *ret);

/* Frees the field and leaves it empty. */
void key_clear(const struct key *, struct tunnel *);

/* Appends what the key may be, in words: "1 to 65535", "yes or no", "boot, login or manual". */
void key_print_range(const struct key *, struct buf *ret);

#endif
