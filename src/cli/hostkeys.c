/* SPDX-License-Identifier: MIT */
#include "cli/hostkeys.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/file.h"
#include "base/table.h"
#include "cli/as.h"

enum { LOOK_MS = 10 * 1000, COLUMNS = 4 };

#define ONE_KEY "key" /* in the client's folder */

const char *const hostkey_words[] = {
	[HOSTKEY_PINNED] = "pinned", [HOSTKEY_NEW] = "new", [HOSTKEY_CHANGED] = "changed", [HOSTKEY_OLD] = "old",
};

bool hostkey_is_candidate(const struct hostkey *k)
{
	return k->state == HOSTKEY_NEW || k->state == HOSTKEY_CHANGED;
}

struct file {
	const char *path, *line;
};

static int write_line(const void *what, struct buf *ret UNUSED, struct error *err)
{
	const struct file *f = what;
	AUTO(buf) text = {0};

	buf_cat(&text, f->line, "\n");
	return file_write(f->path, &text, 0600, false, err);
}

/* By a file: an ssh-keygen before 7.2 reads no standard input, and reads a file twice. 1 = read, 0 = ssh-keygen
 * cannot. */
static int read_fingerprint(const struct client *c, const char *key, struct fingerprint *ret, struct error *err)
{
	AUTO(strv) argv = {0};
	AUTO(buf) path = {0};
	AUTO(buf) output = {0};
	struct spawn s = { .environment = c->environment.v, .timeout_ms = LOOK_MS };
	struct file file;
	int r;

	buf_cat(&path, c->folder.s, "/" ONE_KEY);
	file = (struct file){ path.s, key };
	fingerprint_argv(path.s, &argv);
	s.argv = argv.v;
	if ((r = as_call(&c->account, write_line, &file, LOOK_MS, NULL, err)) < 0 ||
	    (r = as_spawn(&c->account, &s, &output, err)) < 0)
		return r;
	return r == 0 && fingerprint_parse(buf_str(&output), ret);
}

static struct hostkey *push(struct hostkeys *l, const char *key)
{
	l->v = array_grow(l->v, l->len, sizeof(*l->v));
	l->v[l->len] = (struct hostkey){ .key = xstrdup(key) };
	return &l->v[l->len++];
}

static const struct pin *find_pin(const struct pins *pins, const char *key)
{
	for (size_t i = 0; i < pins->len; i++)
		if (!pins->v[i].authority && !strcmp(pins->v[i].key, key))
			return &pins->v[i];
	return NULL;
}

static int take_presented(const struct client *c, const struct strv *presented, const struct pins *pins,
			  struct hostkeys *ret, struct strv *ret_unknown, struct error *err)
{
	for (size_t i = 0; i < presented->len; i++) {
		struct fingerprint f;
		struct hostkey *k;
		int r = read_fingerprint(c, presented->v[i], &f, err);

		if (r < 0)
			return r;
		if (r == 0) {
			strv_pushf(ret_unknown, "%.*s", (int)strcspn(presented->v[i], " "), presented->v[i]);
			continue;
		}
		k = push(ret, presented->v[i]);
		k->fingerprint = f;
		k->pin = find_pin(pins, k->key);
		k->state = k->pin ? HOSTKEY_PINNED : HOSTKEY_NEW;
	}
	return 0;
}

/* What is pinned may be of a type that ssh-keygen does not know (any more). */
static int take_old(const struct client *c, const struct strv *presented, const struct pins *pins, struct hostkeys *ret,
		    struct error *err)
{
	for (size_t i = 0; i < pins->len; i++) {
		const struct pin *p = &pins->v[i];
		struct fingerprint f = {0};
		struct hostkey *k;
		int r;

		if (p->authority || strv_has(presented, p->key))
			continue;
		if ((r = read_fingerprint(c, p->key, &f, err)) < 0)
			return r;
		if (r == 0) {
			(void)snprintf(f.type, sizeof(f.type), "%.*s", (int)strcspn(p->key, " "), p->key);
			(void)snprintf(f.text, sizeof(f.text), "(not known to ssh-keygen)");
		}
		k = push(ret, p->key);
		k->fingerprint = f;
		k->pin = p;
		k->state = HOSTKEY_OLD;
	}
	return 0;
}

static void judge(struct hostkeys *l)
{
	bool any_pinned = false, any_old = false;

	for (size_t i = 0; i < l->len; i++) {
		any_pinned |= l->v[i].state == HOSTKEY_PINNED;
		any_old |= l->v[i].state == HOSTKEY_OLD;
	}
	for (size_t i = 0; i < l->len; i++) {
		bool changed = any_old && !any_pinned;

		for (size_t j = 0; j < l->len; j++)
			changed |= l->v[j].state == HOSTKEY_OLD &&
				   !strcmp(l->v[i].fingerprint.type, l->v[j].fingerprint.type);
		if (l->v[i].state == HOSTKEY_NEW && changed)
			l->v[i].state = HOSTKEY_CHANGED;
	}
	for (size_t i = 0; i < l->len; i++)
		l->count[l->v[i].state]++;
}

/* Each old one to those of its type, so that the two are seen together. */
static void bring_together(struct hostkeys *l)
{
	for (size_t i = 1; i < l->len; i++) {
		struct hostkey moved = l->v[i];
		size_t to = i;

		while (to > 0 && strcmp(l->v[to - 1].fingerprint.type, moved.fingerprint.type) != 0)
			to--;
		if (moved.state != HOSTKEY_OLD || to == 0)
			continue;
		memmove(&l->v[to + 1], &l->v[to], (i - to) * sizeof(*l->v));
		l->v[to] = moved;
	}
}

int hostkeys_compare(const struct client *c, const struct strv *presented, const struct pins *pins,
		     struct hostkeys *ret, struct strv *ret_unknown, struct error *err)
{
	int r;

	if ((r = take_presented(c, presented, pins, ret, ret_unknown, err)) < 0 ||
	    (r = take_old(c, presented, pins, ret, err)) < 0)
		return r;
	judge(ret);
	bring_together(ret);
	return 0;
}

void hostkeys_print(const struct hostkeys *l, size_t width, struct buf *ret)
{
	static const char *const words[] = {
		[HOSTKEY_PINNED] = "pinned", [HOSTKEY_NEW] = "", [HOSTKEY_CHANGED] = "now", [HOSTKEY_OLD] = "pinned",
	};
	bool all_new = l->count[HOSTKEY_NEW] == l->len;
	AUTO(strv) cells = {0};

	strv_push(&cells, "TYPE");
	strv_push(&cells, "BITS");
	strv_push(&cells, "FINGERPRINT");
	strv_push(&cells, "");
	for (size_t i = 0; i < l->len; i++) {
		const struct hostkey *k = &l->v[i];

		strv_push(&cells, k->fingerprint.type);
		strv_pushf(&cells, "%u", k->fingerprint.bits);
		strv_push(&cells, k->fingerprint.text);
		strv_push(&cells, k->state == HOSTKEY_NEW && !all_new ? "not pinned" : words[k->state]);
	}
	table_print(&cells, COLUMNS, width, ret);
}

void hostkeys_done(struct hostkeys *l)
{
	for (size_t i = 0; i < l->len; i++)
		free(l->v[i].key);
	free(l->v);
	*l = (struct hostkeys){0};
}
