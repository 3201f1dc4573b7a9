/* SPDX-License-Identifier: MIT */
#include "cli/trust.h"

#include <stdio.h>
#include <string.h>

#include "cli/nextstep.h"
#include "ssh/path.h"

static const char *const compared_words[] = { NULL, "nobody", "asked", "fingerprint" };

void trust_show(const struct trust *t, bool asking, const char *text)
{
	if (asking)
		(void)fputs(text, stderr);
	else if (!t->cli->options.quiet && !t->cli->options.json)
		(void)fputs(text, stdout);
}

void trust_name(struct trust_host *h)
{
	buf_cat(&h->shown, h->name.hop ? "jump host " : "", h->name.host);
	if (h->name.port != 22)
		buf_printf(&h->shown, ", port %u", h->name.port);
}

/* Lower case, as in the name of the file on the server. */
static void put_type(const struct fingerprint *f, struct buf *ret)
{
	for (const char *s = f->type; *s; s++)
		buf_putc(ret, (char)(*s >= 'A' && *s <= 'Z' ? *s - 'A' + 'a' : *s));
}

void trust_put_table(const struct trust_host *h, bool advise, struct buf *ret)
{
	bool changed = h->keys.count[HOSTKEY_CHANGED];
	AUTO(buf) type = {0};
	size_t first = 0;

	buf_printf(ret, "%s presents %s:\n\n", h->shown.s, changed ? "other host keys than the pinned ones" : "these "
		   "host keys");
	hostkeys_print(&h->keys, cli_columns(), ret);
	buf_putc(ret, '\n');
	if (!advise)
		return;
	while (first + 1 < h->keys.len && !hostkey_is_candidate(&h->keys.v[first]))
		first++;
	put_type(&h->keys.v[first].fingerprint, &type);
	buf_printf(ret, "Only the server itself can tell whether these are its keys, or those of somebody in between.\n"
		   "On its console, or over a connection that you trust already, compare with what this prints:\n\n"
		   "  ssh-keygen -lf /etc/ssh/ssh_host_%s_key.pub\n\n", type.s);
}

/* ssh's own files, or those that the tunnel says. */
static void list_files(const struct tunnel *t, struct strv *ret)
{
	strv_push_all(ret, &t->user_known_hosts_file);
	if (ret->len)
		return;
	strv_push(ret, "~/.ssh/known_hosts");
	strv_push(ret, "~/.ssh/known_hosts2");
	strv_push(ret, "/etc/ssh/ssh_known_hosts");
}

static const char *type_of(const char *key)
{
	return !strncmp(key, "ecdsa-sha2-", 11) ? "ecdsa-sha2-" : key;
}

/* Of the same kind, whatever the size. */
static bool is_same_type(const char *x, const char *y)
{
	x = type_of(x);
	y = type_of(y);
	return !strncmp(x, y, strcspn(x, " ")) && strcspn(x, " ") == strcspn(y, " ");
}

/* What the account has accepted some day is worth a word, for it or against it. */
void trust_ask_known(const struct trust *t, struct trust_host *h)
{
	AUTO(strv) files = {0};

	list_files(&t->tunnel, &files);
	for (size_t i = 0; i < files.len; i++) {
		AUTO(strv) known = {0};
		AUTO(buf) path = {0};

		ssh_path_put(&t->client.machine, 0, files.v[i], &path);
		pins_in_file(&t->client, path.s, &h->name, &known);
		for (size_t j = 0; j < h->keys.len; j++) {
			const struct hostkey *k = &h->keys.v[j];
			bool other = false;

			if (k->state == HOSTKEY_OLD)
				continue;
			if (strv_has(&known, k->key))
				strv_pushf(&h->known, "%s has this %s key already", files.v[i], k->fingerprint.type);
			for (size_t n = 0; n < known.len && !strv_has(&known, k->key); n++)
				other |= is_same_type(known.v[n], k->key);
			if (other)
				strv_pushf(&h->known, "warning: %s has another %s key for it: either the server was "
					   "set up "
					   "anew, or somebody is in between", files.v[i], k->fingerprint.type);
		}
	}
}

static void put_command(const struct trust *t, const char *more, struct buf *ret)
{
	nextstep_command(t->cli, &t->tunnel, t->selected->user, "trust", more, ret);
}

/* The first old key and the one that has come in its place. */
int trust_refuse_changed(const struct trust *t, const struct trust_host *h)
{
	AUTO(buf) old = {0};
	AUTO(buf) now = {0};
	AUTO(buf) command = {0};

	for (size_t i = 0; i < h->keys.len; i++) {
		const struct hostkey *k = &h->keys.v[i];
		struct buf *b = k->state == HOSTKEY_OLD ? &old : k->state == HOSTKEY_CHANGED ? &now : NULL;

		if (b)
			buf_printf(b, "%s%s (%s)", b->len ? ", " : "", k->fingerprint.text, k->fingerprint.type);
	}
	put_command(t, "--replace", &command);
	cli_error("%s: the host key of %s has changed: pinned is %s, now it presents %s; either the server was set up "
		  "anew, or "
		  "somebody is in between: ask whoever runs it, and only then: "
		  "%s", t->tunnel.name, h->shown.s, buf_str(&old),
		  buf_str(&now), command.s);
	return EXIT_FAILED;
}

/* Nothing to be done, or nothing that anybody asked for. */
void trust_say_unchanged(const struct trust *t, const struct trust_host *h)
{
	cli_say(t->cli, "%s: unchanged: the host key of %s is pinned already", t->tunnel.name, h->shown.s);
	if (h->keys.count[HOSTKEY_NEW])
		cli_say(t->cli, "It has keys of other types as well. One is enough; --fingerprint SHA256:... adds "
			"another.");
	if (h->keys.count[HOSTKEY_OLD])
		cli_say(t->cli, "A pinned key is no longer presented; take its line out of %s when the server has "
			"given it up.",
			t->selected->ini);
}

/* As it is in the end: an old one goes when new ones take its place. */
static bool is_pinned(const struct trust_host *h, const struct hostkey *k)
{
	if (k->state == HOSTKEY_OLD)
		return !(h->changed && h->replaced);
	return k->state == HOSTKEY_PINNED || (h->changed && k->chosen);
}

json_t *trust_json(const struct trust_host *h)
{
	json_t *o = json_object(), *list = json_array();

	json_set_text(o, "host", h->name.host);
	(void)json_object_set_new(o, "port", json_integer(h->name.port));
	(void)json_object_set_new(o, "jump", json_boolean(h->name.hop));
	(void)json_object_set_new(o, "changed", json_boolean(h->changed));
	json_set_text(o, "compared", compared_words[h->compared]);
	for (size_t i = 0; i < h->keys.len; i++) {
		const struct hostkey *k = &h->keys.v[i];
		json_t *one = json_object();

		json_set_text(one, "type", k->fingerprint.type);
		(void)json_object_set_new(one, "bits", json_integer(k->fingerprint.bits));
		json_set_text(one, "fingerprint", k->fingerprint.text);
		json_set_text(one, "key", k->key);
		json_set_text(one, "state", hostkey_words[k->state]);
		(void)json_object_set_new(one, "pinned", json_boolean(is_pinned(h, k)));
		(void)json_array_append_new(list, one);
	}
	(void)json_object_set_new(o, "keys", list);
	(void)json_object_set_new(o, "authority", json_boolean(h->authority));
	(void)json_object_set_new(o, "known", json_strv(&h->known));
	return o;
}
