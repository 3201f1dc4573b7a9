/* SPDX-License-Identifier: MIT */
#include "cli/pins.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/file.h"
#include "cli/as.h"
#include "model/key.h"
#include "model/value.h"
#include "ssh/fingerprint.h"

enum { LOOK_MS = 10 * 1000, DEFAULT_PORT = 22 };

#define PINS "pins" /* in the client's folder */

void pins_name(const struct pins_host *h, struct buf *ret)
{
	if (h->alias || h->port == DEFAULT_PORT)
		buf_puts(ret, h->alias ? h->alias : h->host);
	else
		buf_printf(ret, "[%s]:%u", h->host, h->port);
}

/* One line a KnownHostKey, so that the number of the line is that of the value. What has no host in front is the
 * server's, and for a hop a line that never matches. */
static void put_lines(const struct tunnel *t, const struct pins_host *h, struct buf *ret)
{
	AUTO(buf) name = {0};

	pins_name(h, &name);
	for (size_t i = 0; i < t->known_host_key.len; i++) {
		struct host_key k;

		if (!parse_host_key(t->known_host_key.v[i], &k) && (k.host_len || !h->hop)) {
			if (k.marker_len)
				buf_printf(ret, "%.*s ", (int)k.marker_len, k.marker);
			buf_printf(ret, "%.*s %.*s", (int)(k.host_len ? k.host_len : name.len),
				   k.host_len ? k.host : name.s, (int)k.key_len, k.key);
		}
		buf_putc(ret, '\n');
	}
}

static int find_name(const struct client *c, const char *path, const char *name, struct buf *ret, struct error *err)
{
	char *const argv[] = { (char *)SSH_KEYGEN, (char *)"-F", (char *)name, (char *)"-f", (char *)path, NULL };
	const struct spawn s = { .argv = argv, .environment = c->environment.v, .timeout_ms = LOOK_MS };

	return as_spawn(&c->account, &s, ret, err);
}

/* As ssh does: with the port, and where that finds nothing without. */
static int find(const struct client *c, const char *path, const struct pins_host *h, struct buf *ret, struct error *err)
{
	AUTO(buf) name = {0};
	int r;

	pins_name(h, &name);
	if ((r = find_name(c, path, name.s, ret, err)) <= 0 || h->alias || h->port == DEFAULT_PORT)
		return r < 0 ? r : 0;
	buf_clear(ret);
	r = find_name(c, path, h->host, ret, err);
	return r < 0 ? r : 0;
}

static void push(const struct tunnel *t, size_t i, struct pins *ret)
{
	const struct setting *s = NULL;
	struct host_key k;

	for (size_t n = 0; n <= i; n++)
		do
			s = tunnel_next(t, SECTION_tunnel, s);
		while (s && s->key != &keys[KEY_known_host_key]);
	if (parse_host_key(t->known_host_key.v[i], &k) || !s)
		return;
	ret->v = array_grow(ret->v, ret->len, sizeof(*ret->v));
	ret->v[ret->len++] = (struct pin){
		.setting = s,
		.key = xstrndup(k.key, k.key_len),
		.authority = k.marker_len > 0,
		.shared = strcspn(k.host, ",*?!|") < k.host_len,
	};
}

/* "# Host NAME found: line 3" (ssh-keygen.c, known_hosts_find_delete()); older releases write more behind it. */
static void take_numbers(const struct tunnel *t, const struct buf *output, struct pins *ret)
{
	static const char words[] = " found: line ";

	for (const char *s = buf_str(output); (s = strstr(s, words)); s++) {
		size_t i = strtoul(s + strlen(words), NULL, 10);

		if (i >= 1 && i <= t->known_host_key.len)
			push(t, i - 1, ret);
	}
}

struct file {
	const char *path;
	const struct buf *text;
};

static int write_file(const void *what, struct buf *ret UNUSED, struct error *err)
{
	const struct file *f = what;

	return file_write(f->path, f->text, 0600, false, err);
}

int pins_find(const struct client *c, const struct tunnel *t, const struct pins_host *h, struct pins *ret,
	      struct error *err)
{
	AUTO(buf) path = {0};
	AUTO(buf) lines = {0};
	AUTO(buf) output = {0};
	struct file file;
	int r;

	put_lines(t, h, &lines);
	if (!lines.len)
		return 0;
	buf_cat(&path, c->folder.s, "/" PINS);
	file = (struct file){ path.s, &lines };
	if ((r = as_call(&c->account, write_file, &file, LOOK_MS, NULL, err)) < 0 ||
	    (r = find(c, path.s, h, &output, err)) < 0)
		return r;
	take_numbers(t, &output, ret);
	return 0;
}

void pins_in_file(const struct client *c, const char *path, const struct pins_host *h, struct strv *ret)
{
	AUTO(buf) output = {0};

	if (find(c, path, h, &output, NULL) < 0)
		return;
	for (const char *s = buf_str(&output); *s; s += strspn(s, "\n")) {
		size_t len = strcspn(s, "\n");
		AUTO_FREE char *line = xstrndup(s, len);
		AUTO_FREE char *key = NULL;
		struct host_key k;

		s += len;
		if (*line == '#' || parse_host_key(line, &k) || k.marker_len)
			continue;
		key = xstrndup(k.key, k.key_len);
		if (!strv_has(ret, key))
			strv_push(ret, key);
	}
}

void pins_done(struct pins *p)
{
	for (size_t i = 0; i < p->len; i++)
		free(p->v[i].key);
	free(p->v);
	*p = (struct pins){0};
}
