/* SPDX-License-Identifier: MIT */
#include "model/tunnel.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/fnv.h"
#include "model/key.h"

const struct setting *tunnel_next(const struct tunnel *t, enum section_id section,
				  const struct setting *previous)
{
	const struct setting *end = t->settings_len ? t->settings + t->settings_len : NULL;

	for (const struct setting *s = previous ? previous + 1 : t->settings; s < end; s++)
		if (s->section == section)
			return s;
	return NULL;
}

const struct setting *tunnel_origin(const struct tunnel *t, const struct key *k)
{
	for (size_t i = t->settings_len; i; i--)
		if (t->settings[i - 1].key == k)
			return &t->settings[i - 1];
	return NULL;
}

/* With the NUL behind it: "a" and "bc" are not "ab" and "c". */
static uint64_t add_text(uint64_t h, const char *s)
{
	return fnv_add(h, s, strlen(s) + 1);
}

uint64_t tunnel_print(const struct tunnel *t)
{
	uint64_t h = FNV_START;

	for (size_t i = 0; i < KEY_COUNT; i++) {
		AUTO(strv) values = {0};

		key_values(&keys[i], t, &values);
		h = add_text(h, keys[i].name);
		for (size_t j = 0; j < values.len; j++)
			h = add_text(h, values.v[j]);
	}
	for (size_t i = 0; i < t->settings_len; i++)
		if (!t->settings[i].key) {
			h = fnv_add(h, &t->settings[i].section, sizeof(t->settings[i].section));
			h = add_text(h, t->settings[i].name);
			h = add_text(h, t->settings[i].value);
		}
	return h ? h : 1;
}

/* What goes wrong ends in a log that others may read: no password of a URL, and no more than a few words. */
void value_print(const char *value, struct buf *ret)
{
	enum { SHOWN = 60 };
	const char *url = strstr(value, "://"), *start = url ? url + 3 : value, *at = strrchr(start, '@');
	size_t len = strcspn(start, url ? "" : " \t,");

	if (at && at < start + len && (url || memchr(start, ':', (size_t)(at - start)))) {
		buf_put(ret, value, (size_t)(start - value));
		buf_puts(ret, "...");
		value = at;
	}
	len = strlen(value);
	if (len > SHOWN)
		for (len = SHOWN; ((unsigned char)value[len] & 0xc0) == 0x80;)
			len--; /* not in the middle of a character */
	buf_put(ret, value, len);
	if (value[len])
		buf_puts(ret, "...");
}

void setting_print(const struct tunnel *t, const struct setting *s, struct buf *ret)
{
	buf_printf(ret, "%s:%u: %s = ", t->files.v[s->file], s->line, s->key ? s->key->name : s->name);
	value_print(s->value, ret);
	buf_puts(ret, ": ");
}

int setting_refuse(const struct tunnel *t, const struct setting *s, struct error *err, const char *format, ...)
{
	AUTO(buf) text = {0};
	va_list ap;

	if (s)
		setting_print(t, s, &text);
	va_start(ap, format);
	buf_vprintf(&text, format, ap);
	va_end(ap);
	return error_set(err, -EINVAL, "%s", text.s);
}

void tunnel_done(struct tunnel *t)
{
	for (size_t i = 0; i < KEY_COUNT; i++)
		key_clear(&keys[i], t);
	for (size_t i = 0; i < t->settings_len; i++) {
		free(t->settings[i].name);
		free(t->settings[i].value);
	}
	free(t->settings);
	strv_done(&t->files);
	free(t->name);
	*t = (struct tunnel){0};
}
