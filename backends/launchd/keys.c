/* SPDX-License-Identifier: MIT */
#include "keys.h"

#include <stdint.h>
#include <string.h>
#include <strings.h>

#include "base/spelling.h"
#include "tree.h"

enum { NAME_MAX_CLOSE = 64 };
enum { BOOL = ITEM_BOOL, INTEGER = ITEM_INTEGER, STRING = ITEM_STRING, ARRAY = ITEM_ARRAY, DICT = ITEM_DICT };

const struct job_key job_keys[] = {
#define KEY(parent, title, ...) { .dict = parent, .name = title, .types = __VA_ARGS__ },
#include "keys.def"
};

const size_t job_keys_len = ARRAY_LEN(job_keys);

static const struct job_key *find(const char *dict, const char *name,
				  int (*compare)(const char *, const char *))
{
	for (size_t i = 0; i < job_keys_len; i++) {
		const struct job_key *k = &job_keys[i];

		if (!compare(k->dict, dict) && (!strcmp(k->name, "*") || !compare(k->name, name)))
			return k;
	}
	return NULL;
}

const struct job_key *job_key_find(const char *dict, const char *name)
{
	return find(dict, name, strcmp);
}

const struct job_key *job_key_find_any_case(const char *dict, const char *name)
{
	return find(dict, name, strcasecmp);
}

const struct job_key *job_key_close(const char *dict, const char *name)
{
	/* A comparison takes as long as the name is: one of megabytes is nobody's slip. */
	if (strnlen(name, NAME_MAX_CLOSE) == NAME_MAX_CLOSE)
		return NULL;
	for (size_t i = 0; i < job_keys_len; i++) {
		const struct job_key *k = &job_keys[i];

		if (!strcasecmp(k->dict, dict) && spelling_is_close(name, k->name))
			return k;
	}
	return NULL;
}

bool job_key_takes_number(const struct job_key *k, long long n)
{
	return (k->min == 0 && k->max == 0) || (n >= k->min && n <= k->max);
}

static bool is_word(const char *words, const char *text)
{
	size_t len = strlen(text);

	for (const char *w = words; w; w = strchr(w, '|') ? strchr(w, '|') + 1 : NULL)
		if (strcspn(w, "|") == len && !strncmp(w, text, len))
			return true;
	return false;
}

/* $HOME, ${HOME}, $(id -un): nobody expands them. A file's name may hold any other dollar. */
static bool holds_variable(const char *text)
{
	const char *dollar = strchr(text, '$');

	return dollar && (strchr("{(", dollar[1]) || (dollar[1] >= 'A' && dollar[1] <= 'Z'));
}

bool job_key_takes_text(const struct job_key *k, const char *text)
{
	if (k->words)
		return is_word(k->words, text);
	return !k->absolute || (*text == '/' && !holds_variable(text));
}

static void print_words(const char *words, struct buf *ret)
{
	for (const char *w = words, *next; w; w = next) {
		size_t len = strcspn(w, "|");

		next = w[len] ? w + len + 1 : NULL;
		buf_put(ret, w, len);
		if (next)
			buf_puts(ret, strchr(next, '|') ? ", " : " or ");
	}
}

void job_key_print_range(const struct job_key *k, unsigned type, struct buf *ret)
{
	if (type == ITEM_BOOL)
		buf_puts(ret, "yes or no");
	else if (type == ITEM_INTEGER && k->octal)
		buf_printf(ret, "octal digits behind a 0, up to 0%llo", (unsigned long long)k->max);
	else if (type == ITEM_INTEGER && k->max == INT64_MAX)
		buf_puts(ret, "a whole number");
	else if (type == ITEM_INTEGER)
		buf_printf(ret, "%lld to %lld", k->min, k->max);
	else if (k->words)
		print_words(k->words, ret);
	else
		buf_puts(ret, k->absolute ? "an absolute path" : "text");
}
