/* SPDX-License-Identifier: MIT */
#include "model/key.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "model/value.h"

const struct section sections[SECTION_COUNT] = {
#define SECTION(id, sect, is_open, text) [SECTION_##id] = { .name = sect, .open = is_open, .doc = text },
#define KEY(...)
#include "model/keys.def"
};

const struct key keys[KEY_COUNT] = {
#define SECTION(...)
#define KEY(kind, field, sect, title, dest, ...)                                                   \
	[KEY_##field] = { .id = KEY_##field, .type = kind, .section = SECTION_##sect,              \
			  .destination = dest, .offset = offsetof(struct tunnel, field),           \
			  .name = title, __VA_ARGS__ },
#include "model/keys.def"
};

/* The first letters without regard to case: most rows are passed over by this alone. */
static bool same(const char *a, const char *b)
{
	return (*a | 0x20) == (*b | 0x20) && !strcasecmp(a, b);
}

const struct key *key_find(enum section_id section, const char *name)
{
	for (size_t i = 0; i < KEY_COUNT; i++)
		if (keys[i].section == section && same(keys[i].name, name))
			return &keys[i];
	return NULL;
}

enum section_id section_find(const char *name)
{
	enum section_id i = 0;

	while (i < SECTION_COUNT && !same(sections[i].name, name))
		i++;
	return i;
}

bool key_repeats(const struct key *k)
{
	return k->type == LIST || k->type == PATHS || k->type == FWD;
}

/* The field of K in T, as whatever type K says. */
static void *field(const struct key *k, struct tunnel *t)
{
	return (char *)t + k->offset;
}

static const void *const_field(const struct key *k, const struct tunnel *t)
{
	return (const char *)t + k->offset;
}

/* The number of the word in "a|b|c", from 1; 0 if it is none of them. */
static unsigned word_find(const char *words, const char *value)
{
	unsigned n = 1;

	for (const char *w = words; w; n++) {
		size_t len = strcspn(w, "|");

		if (strlen(value) == len && !strncasecmp(w, value, len))
			return n;
		w = w[len] ? w + len + 1 : NULL;
	}
	return 0;
}

static char *word_at(const char *words, unsigned n)
{
	while (--n)
		words = strchr(words, '|') + 1;
	return xstrndup(words, strcspn(words, "|"));
}

static int out_of_range(const struct key *k, const char *why, struct error *err)
{
	AUTO(buf) range = {0};

	key_print_range(k, &range);
	if (why && strncmp(why, "too", 3) != 0)
		return error_set(err, -EINVAL, "%s; wanted %s", why, range.s);
	return error_set(err, -EINVAL, "not between %u and %u%s", k->min, k->max,
			 k->type == SECS ? " s" : "");
}

static int set_number(const struct key *k, const char *value, unsigned *ret, struct error *err)
{
	unsigned n = 0;
	const char *why;

	if (k->type == UINT)
		why = parse_uint(value, k->min, k->max, &n);
	else
		why = parse_duration(value, &n);
	if (why || n < k->min || n > k->max)
		return out_of_range(k, why, err);
	*ret = n;
	return 0;
}

static int set_bool(const char *value, bool *ret, struct error *err)
{
	unsigned n = word_find("no|yes|false|true", value);

	if (!n)
		return error_set(err, -EINVAL, "not yes or no");
	*ret = n % 2 == 0;
	return 0;
}

static int set_word(const struct key *k, const char *value, unsigned *ret, struct error *err)
{
	AUTO(buf) range = {0};
	unsigned n = word_find(k->words, value);

	if (!n) {
		key_print_range(k, &range);
		return error_set(err, -EINVAL, "wanted %s", range.s);
	}
	*ret = n;
	return 0;
}

static const char *judge(const struct key *k, const char *value)
{
	const char *why;

	if (k->words && word_find(k->words, value))
		return NULL;
	if ((k->type == PATH || k->type == PATHS) && (why = check_path(value)))
		return why;
	return k->check ? k->check(value) : NULL;
}

static int set_forward(const struct key *k, const char *value, struct forwards *ret, struct error *err)
{
	AUTO(forward) forward = {0};
	int r = forward_parse(k->forward, value, &forward, err);

	if (r == 0)
		forwards_push_take(ret, &forward);
	return r;
}

static int set(const struct key *k, const char *value, struct tunnel *t, struct error *err)
{
	void *ret = field(k, t);
	const char *why;

	switch (k->type) {
	case UINT:
	case SECS:
		return set_number(k, value, ret, err);
	case BOOL:
		return set_bool(value, ret, err);
	case WORD:
		return set_word(k, value, ret, err);
	case FWD:
		return set_forward(k, value, ret, err);
	case STR:
	case PATH:
	case LIST:
	case PATHS:
		break;
	}
	if ((why = judge(k, value)))
		return error_set(err, -EINVAL, "%s", why);
	if (key_repeats(k)) {
		strv_push(ret, value);
	} else {
		/* "None" is said as "none" from here on: nobody else compares without regard to case. */
		unsigned word = word_find(k->words, value);

		free(*(char **)ret);
		*(char **)ret = word ? word_at(k->words, word) : xstrdup(value);
	}
	return 0;
}

int key_set(const struct key *k, const char *value, struct tunnel *t, struct error *err)
{
	if (*value)
		return set(k, value, t, err);
	key_clear(k, t);
	return k->def ? set(k, k->def, t, err) : 0;
}

void key_set_defaults(struct tunnel *t)
{
	for (size_t i = 0; i < KEY_COUNT; i++)
		if (keys[i].def)
			(void)set(&keys[i], keys[i].def, t, NULL); /* a test sets them all */
}

void key_values(const struct key *k, const struct tunnel *t, struct strv *ret)
{
	const void *f = const_field(k, t);

	switch (k->type) {
	case STR:
	case PATH:
		if (*(char *const *)f)
			strv_push(ret, *(char *const *)f);
		break;
	case WORD:
		if (*(const unsigned *)f)
			strv_push_take(ret, word_at(k->words, *(const unsigned *)f));
		break;
	case BOOL:
		strv_push(ret, *(const bool *)f ? "yes" : "no");
		break;
	case UINT:
		if (*(const unsigned *)f || k->def)
			strv_pushf(ret, "%u", *(const unsigned *)f);
		break;
	case SECS:
		strv_pushf(ret, "%u", *(const unsigned *)f);
		break;
	case LIST:
	case PATHS:
		strv_push_all(ret, f);
		break;
	case FWD:
		for (size_t i = 0; i < ((const struct forwards *)f)->len; i++) {
			AUTO(buf) text = {0};

			forward_print(&((const struct forwards *)f)->v[i], &text);
			strv_push_take(ret, buf_take(&text));
		}
		break;
	}
}

void key_clear(const struct key *k, struct tunnel *t)
{
	void *f = field(k, t);

	switch (k->type) {
	case STR:
	case PATH:
		free(*(char **)f);
		*(char **)f = NULL;
		break;
	case WORD:
	case UINT:
	case SECS:
		*(unsigned *)f = 0;
		break;
	case BOOL:
		*(bool *)f = false;
		break;
	case LIST:
	case PATHS:
		strv_done(f);
		break;
	case FWD:
		forwards_done(f);
		break;
	}
}

static void print_words(const char *words, struct buf *ret)
{
	for (const char *w = words;;) {
		size_t len = strcspn(w, "|");
		const char *next = w[len] ? w + len + 1 : NULL;

		buf_put(ret, w, len);
		if (!next)
			return;
		buf_puts(ret, strchr(next, '|') ? ", " : " or ");
		w = next;
	}
}

void key_print_range(const struct key *k, struct buf *ret)
{
	switch (k->type) {
	case WORD:
		print_words(k->words, ret);
		break;
	case BOOL:
		buf_puts(ret, "yes or no");
		break;
	case UINT:
		buf_printf(ret, "%u to %u", k->min, k->max);
		break;
	case SECS:
		buf_printf(ret, "%u to %u s", k->min, k->max);
		break;
	case PATH:
	case PATHS:
		buf_puts(ret, "an absolute path or ~/...");
		if (k->words) {
			buf_puts(ret, ", or ");
			print_words(k->words, ret);
		}
		break;
	case FWD:
		buf_puts(ret, k->forward == FORWARD_DYNAMIC ? "[bind:]port" : "[bind:]port:host:port");
		break;
	case STR:
	case LIST:
		buf_puts(ret, "text");
		break;
	}
}
