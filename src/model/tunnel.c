/* SPDX-License-Identifier: MIT */
#include "model/tunnel.h"

#include <stdlib.h>

#include "model/key.h"

const struct setting *tunnel_next(const struct tunnel *t, enum section_id section,
				  const struct setting *previous)
{
	const struct setting *end = t->settings + t->settings_len;

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

void setting_print(const struct tunnel *t, const struct setting *s, struct buf *ret)
{
	buf_printf(ret, "%s:%u: %s = %s: ", t->files.v[s->file], s->line,
		   s->key ? s->key->name : s->name, s->value);
}

static bool uses_sockets(const struct forwards *l)
{
	for (size_t i = 0; i < l->len; i++)
		if (forward_uses_sockets(&l->v[i]))
			return true;
	return false;
}

bool tunnel_uses_sockets(const struct tunnel *t)
{
	return uses_sockets(&t->remote_forward) || uses_sockets(&t->local_forward);
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
