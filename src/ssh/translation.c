/* SPDX-License-Identifier: MIT */
#include "ssh/translation.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/alloc.h"
#include "base/spelling.h"
#include "base/utf8.h"
#include "model/forward.h"
#include "model/keyword.h"

#define BLANKS " \t\r\n"

static bool is_same(const char *a, const char *b)
{
	return !strcasecmp(a, b) || (!strcasecmp(a, "true") && !strcasecmp(b, "yes")) ||
	       (!strcasecmp(a, "false") && !strcasecmp(b, "no"));
}

/* argv_split() of misc.c: a word that begins with '#' ends it. */
const char *translation_split(const char *s, struct strv *ret)
{
	for (;;) {
		AUTO(buf) word = {0};
		char quote = '\0';

		s += strspn(s, BLANKS);
		if (!*s || *s == '#')
			return NULL;
		for (; *s && (quote || !strchr(BLANKS, *s)); s++) {
			if (*s == '\\' && s[1] && (strchr("'\"\\", s[1]) || (!quote && s[1] == ' ')))
				buf_putc(&word, *++s);
			else if (quote ? *s == quote : *s == '"' || *s == '\'')
				quote = quote ? '\0' : *s;
			else
				buf_putc(&word, *s);
		}
		if (quote)
			return "a quote does not end";
		strv_push_take(ret, buf_take(&word));
	}
}

/* What ssh_config calls it: the table's key, or NULL. Keys without a word of ssh's are none of its options. */
static const struct key *key_of(const char *keyword)
{
	static const enum key_id by_name[] = { KEY_user_known_hosts_file, KEY_proxy_jump };

	for (size_t i = 0; i < ARRAY_LEN(by_name); i++)
		if (!strcasecmp(keys[by_name[i]].name, keyword))
			return &keys[by_name[i]];
	for (size_t i = 0; i < KEY_COUNT; i++)
		if (keys[i].destination == SSH && keys[i].ssh && !strcasecmp(keys[i].name, keyword))
			return &keys[i];
	return NULL;
}

/* A tunnel without one of these would go elsewhere, as somebody else, or lead nowhere; the others have a default. */
static bool is_vital(const struct key *k)
{
	return !k->def || k == &keys[KEY_port];
}

static void give_up(struct translation *t, const struct key *k, const struct draft_origin *at, const char *why)
{
	if (is_vital(k))
		draft_remark(t->draft, DRAFT_REFUSED, at, "%s", why);
	else
		draft_remark(t->draft, DRAFT_DROPPED, at, "%s; the default %s = %s holds", why, k->name, k->def);
}

/* Of two ways through a proxy, as of two values, the first wins in ssh. */
static const struct draft_line *rival(const struct translation *t, const struct key *k)
{
	if (k == &keys[KEY_proxy_jump] && draft_find(t->draft, &keys[KEY_proxy_command]))
		return draft_find(t->draft, &keys[KEY_proxy_command]);
	if (k == &keys[KEY_proxy_command] && draft_find(t->draft, &keys[KEY_proxy_jump]))
		return draft_find(t->draft, &keys[KEY_proxy_jump]);
	return key_repeats(k) && k != &keys[KEY_user_known_hosts_file] ? NULL : draft_find(t->draft, k);
}

void translation_set(struct translation *t, const struct key *k, const char *value, const struct draft_origin *at)
{
	struct error err = {0};

	if (draft_set(t->draft, k, value, at, &err) < 0)
		give_up(t, k, at, err.text);
}

/* ssh starts in the folder, and expands what it finds in a file name; an INI says neither. Appends the name whole;
 * NULL, or why not. */
static const char *whole_path(const struct translation *t, const char *path, struct buf *ret)
{
	if (!strncmp(path, "%d/", 3)) {
		buf_putc(ret, '~');
		path += 2;
	} else if (*path != '/' && *path != '~' && *path != '$' && *path != '"' && *path != '\'') {
		buf_cat(ret, t->folder, t->folder[strlen(t->folder) - 1] == '/' ? "" : "/");
	}
	for (; *path; path++) {
		if (*path == '%' && *++path != '%')
			return "ssh puts something in the place of the % and the letter behind it; write it out";
		buf_putc(ret, *path);
	}
	return NULL;
}

void translation_set_path(struct translation *t, const struct key *k, const char *value, const struct draft_origin *at)
{
	AUTO(buf) path = {0};
	const char *why;

	if (!strcasecmp(value, "none") && !k->words) {
		draft_remark(t->draft, DRAFT_DROPPED, at, "none is what a tunnel without %s has", k->name);
	} else if (k == &keys[KEY_user_known_hosts_file] && !strcmp(value, "/dev/null")) {
		draft_remark(t->draft, DRAFT_DROPPED, at,
			     "nothing would be trusted, as no unknown host key is accepted; give it with KnownHostKey");
	} else if (!strcasecmp(value, "none") || !strcmp(value, "SSH_AUTH_SOCK")) {
		translation_set(t, k, value, at); /* words of ssh_config, no names of files */
	} else if (!strcmp(value, "$SSH_AUTH_SOCK")) {
		translation_set(t, k, value + 1, at);
	} else if ((why = whole_path(t, value, &path))) {
		give_up(t, k, at, why);
	} else {
		translation_set(t, k, buf_str(&path), at);
	}
}

/* Hops may be URIs on the command line (ssh(1), -J). */
static void set_jump(struct translation *t, const char *value, const struct draft_origin *at)
{
	AUTO(buf) hops = {0};

	if (!strcasecmp(value, "none")) {
		draft_remark(t->draft, DRAFT_DROPPED, at, "none is what a tunnel without ProxyJump has");
		return;
	}
	for (const char *s = value;; s++) {
		size_t len = strcspn(s, ",");

		if (!strncmp(s, "ssh://", 6)) {
			s += 6;
			len = strcspn(s, ",");
			buf_put(&hops, s, len && s[len - 1] == '/' ? len - 1 : len);
		} else {
			buf_put(&hops, s, len);
		}
		s += len;
		if (!*s)
			break;
		buf_putc(&hops, ',');
	}
	translation_set(t, &keys[KEY_proxy_jump], buf_str(&hops), at);
}

/* ssh_config(5), Tunnel: yes is point-to-point. */
static void set_tunnel(struct translation *t, const char *value, const struct draft_origin *at)
{
	bool no = is_same(value, "no");

	if (t->device_said)
		draft_remark(t->draft, DRAFT_DROPPED, at, "given twice, and ssh takes the first, Tunnel or -w");
	else if (no)
		draft_remark(t->draft, DRAFT_DROPPED, at, "so without a TunnelDevice");
	else
		translation_set(t, &keys[KEY_tunnel], is_same(value, "yes") ? "point-to-point" : value, at);
	t->device |= !t->device_said && !no;
	t->device_said = true;
}

static void set_key(struct translation *t, const struct key *k, const char *value, const struct draft_origin *at)
{
	if (k->type == PATH || k->type == PATHS)
		translation_set_path(t, k, value, at);
	else if (k == &keys[KEY_proxy_jump])
		set_jump(t, value, at);
	else if (k == &keys[KEY_tunnel])
		set_tunnel(t, value, at);
	else if (k == &keys[KEY_proxy_command] && !strcasecmp(value, "none"))
		draft_remark(t->draft, DRAFT_DROPPED, at, "none is what a tunnel without ProxyCommand has");
	else
		translation_set(t, k, value, at);
}

/* ssh gives it to a shell as it stands. */
static bool is_whole_line(const char *keyword)
{
	return !strcasecmp(keyword, "ProxyCommand");
}

static void say_twice(struct translation *t, const struct draft_origin *loser, const char *which, const char *winner)
{
	draft_remark(t->draft, DRAFT_DROPPED, loser, "given twice, and ssh takes the %s, %.60s", which, winner);
}

/* One value is one line, but for a list of files; "12345 localhost:22" is two words. */
static void set_words(struct translation *t, const struct key *k, const struct strv *words,
		      const struct draft_origin *at)
{
	AUTO(buf) all = {0};

	for (size_t i = 0; i < words->len; i++)
		if (k == &keys[KEY_user_known_hosts_file])
			set_key(t, k, words->v[i], at);
		else
			buf_cat(&all, i ? " " : "", words->v[i]);
	if (k != &keys[KEY_user_known_hosts_file])
		set_key(t, k, buf_str(&all), at);
}

/* ssh takes no more than these from a line; a blank that a quote keeps is part of a port's number to it. */
static const char *judge_words(const struct key *k, const struct strv *words)
{
	size_t most = k == &keys[KEY_user_known_hosts_file] ? words->len : k->forward ? 2 : 1;

	if (!words->len)
		return "no value";
	if (words->len > most)
		return "more than one value, which ssh would not take; one with blanks stands in quotes";
	for (size_t i = 0; k->forward && i < words->len; i++)
		if (strpbrk(words->v[i], BLANKS))
			return "blanks within a quote, which ssh takes for part of it; leave the quotes out";
	return NULL;
}

static void take_key(struct translation *t, const struct key *k, const struct ssh_option *o)
{
	const struct draft_line *before = rival(t, k);
	AUTO(strv) words = {0};
	const char *why = NULL;

	if (!o->raw || is_whole_line(o->keyword))
		strv_push(&words, o->value);
	else if (!(why = translation_split(o->value, &words)))
		why = judge_words(k, &words);
	if (why) {
		draft_remark(t->draft, DRAFT_REFUSED, &o->at, "%s", why);
		return;
	}
	if (before && !o->last) {
		say_twice(t, &o->at, "first", before->what);
		return;
	}
	if (before)
		say_twice(t, &(struct draft_origin){ before->what, before->line }, "last", o->at.what);
	set_words(t, k, &words, &o->at);
}

/* The first word of the value, which may stand in quotes; for the caller to free. */
static char *first_word(const struct ssh_option *o)
{
	AUTO(strv) words = {0};

	if (!o->raw || translation_split(o->value, &words) || !words.len)
		return xstrdup(o->value);
	return xstrdup(words.v[0]);
}

/* What tunnelctl says itself: the same, or not, and why. */
static void take_mandatory(struct translation *t, const struct mandatory *m, const struct ssh_option *o)
{
	static const struct { const char *name, *value; } so[] = {
		{ "SessionType", "none" }, { "StdinNull", "yes" }, { "IdentitiesOnly", "yes" },
	};
	AUTO_FREE char *word = first_word(o);
	bool same = m->value && is_same(word, m->value);

	for (size_t i = 0; i < ARRAY_LEN(so); i++)
		same |= !strcasecmp(m->name, so[i].name) && is_same(word, so[i].value);
	if (same)
		draft_remark(t->draft, DRAFT_DROPPED, &o->at, "always so");
	else if (!strcmp(m->name, "StrictHostKeyChecking"))
		draft_remark(t->draft, DRAFT_DROPPED, &o->at, "%s (tunnelctl trust does that): this ssh took whoever "
			     "answered", m->why);
	else
		draft_remark(t->draft, DRAFT_DROPPED, &o->at, "%s", m->why);
}

/* The two keywords that tunnelctl says by other means. */
static bool take_translated(struct translation *t, const struct ssh_option *o)
{
	AUTO_FREE char *word = first_word(o);

	if (!strcasecmp(o->keyword, "GatewayPorts") && is_same(word, "yes")) {
		t->gateway = true;
		draft_remark(t->draft, DRAFT_DROPPED, &o->at, "each forward says it for itself, by *: in front");
		return true;
	}
	if (strcasecmp(o->keyword, "HostName") != 0)
		return false;
	if (t->host_name) {
		draft_remark(t->draft, DRAFT_DROPPED, &o->at, "given twice, and ssh takes the first");
	} else {
		t->host_name = xstrdup(word);
		draft_remark(t->draft, DRAFT_DROPPED, &o->at, "is in Host, where ssh connects to");
	}
	return true;
}

static const char *close_word(const char *keyword)
{
	const char *close = keyword_close(keyword);

	for (size_t i = 0; !close && i < KEY_COUNT; i++)
		if (spelling_is_close(keyword, keys[i].name))
			close = keys[i].name;
	return close;
}

/* A word of the command line as ssh_config has to say it, the other way round than translation_split(). */
static void put_config_word(const char *word, struct buf *ret)
{
	bool quote = word[strcspn(word, BLANKS "\"'\\#")];

	buf_puts(ret, quote ? "\"" : "");
	for (; *word; word++) {
		if (strchr("\"\\", *word))
			buf_putc(ret, '\\');
		buf_putc(ret, *word);
	}
	buf_puts(ret, quote ? "\"" : "");
}

/* Any other keyword goes to [SSH] as it is, and from there back to ssh. */
static void take_keyword(struct translation *t, const struct ssh_option *o)
{
	const struct keyword *known = keyword_find(o->keyword);
	const char *name = known ? known->name : o->keyword, *close = known ? NULL : close_word(o->keyword);
	bool repeats = !strcasecmp(name, "SendEnv") || !strcasecmp(name, "SetEnv");
	const struct draft_line *before = repeats ? NULL : draft_find_name(t->draft, SECTION_ssh, name);
	AUTO(buf) value = {0};
	struct error err = {0};

	if (o->raw)
		buf_puts(&value, o->value);
	else
		put_config_word(o->value, &value);
	if (!*name || name[word_span(name, "")])
		draft_remark(t->draft, DRAFT_REFUSED, &o->at, "not a keyword of ssh_config");
	else if (close)
		draft_remark(t->draft, DRAFT_DROPPED, &o->at, "unknown keyword, close to %s", close);
	else if (before && !o->last)
		say_twice(t, &o->at, "first", before->what);
	else {
		if (before)
			say_twice(t, &(struct draft_origin){ before->what, before->line }, "last", o->at.what);
		if (draft_add(t->draft, SECTION_ssh, name, buf_str(&value), before != NULL, &o->at, &err) < 0)
			draft_remark(t->draft, DRAFT_REFUSED, &o->at, "%s", err.text);
	}
}

/* -w asks for a device too, where nothing was said before (ssh.c, main). */
static void note_device(struct translation *t, const struct ssh_option *o)
{
	if (o->raw || strcmp(o->keyword, keys[KEY_tunnel_device].name) != 0)
		return;
	t->device |= !t->device_said;
	t->device_said = true;
}

void translation_take(struct translation *t, const struct ssh_option *option)
{
	static const struct { const char *old, *name; } aliases[] = {
		{ "KeepAlive", "TCPKeepAlive" }, { "IdentityFile2", "IdentityFile" },
	};
	struct ssh_option o = *option;
	const struct mandatory *m;
	const struct key *k;

	for (size_t i = 0; i < ARRAY_LEN(aliases); i++)
		if (!strcasecmp(o.keyword, aliases[i].old))
			o.keyword = aliases[i].name;
	m = mandatory_find(o.keyword);
	k = key_of(o.keyword);
	if (!take_translated(t, &o)) {
		if (m)
			take_mandatory(t, m, &o);
		else if (k)
			take_key(t, k, &o);
		else
			take_keyword(t, &o);
	}
	note_device(t, &o);
}

/* %h of HostName is the destination, %% a percent sign, and ssh stops at any other (ssh_config(5), TOKENS). */
static bool put_host_name(const char *name, const char *destination, struct buf *ret)
{
	for (; *name; name++) {
		if (*name != '%')
			buf_putc(ret, *name);
		else if (*++name == 'h')
			buf_puts(ret, destination);
		else if (*name == '%')
			buf_putc(ret, '%');
		else
			return false;
	}
	return true;
}

void translation_put_host(struct translation *t, const char *destination, const struct draft_origin *at)
{
	AUTO(buf) host = {0};
	struct error err = {0};

	if (!t->host_name)
		buf_puts(&host, destination);
	else if (!put_host_name(t->host_name, destination, &host))
		draft_remark(t->draft, DRAFT_REFUSED, at, "HostName %s: ssh knows %%h and %%%% alone there", t->host_name);
	if (draft_set(t->draft, &keys[KEY_host], buf_str(&host), at, &err) < 0)
		draft_remark(t->draft, DRAFT_REFUSED, at, "%s", err.text);
	else if (t->host_name && strcmp(host.s, destination) != 0)
		draft_remark(t->draft, DRAFT_DROPPED, at, "HostName says where ssh connects to: %s", host.s);
}

/* What -g does: a listening end of this side without an address is everybody's. */
static void open_gateways(struct translation *t)
{
	for (size_t i = 0; t->gateway && i < t->draft->lines_len; i++) {
		struct draft_line *l = &t->draft->lines[i];
		AUTO(forward) forward = {0};
		AUTO(buf) text = {0};

		if ((l->key != &keys[KEY_local_forward] && l->key != &keys[KEY_dynamic_forward]) ||
		    forward_parse(l->key->forward, l->value, &forward, NULL) < 0 || forward.listen.path ||
		    forward.listen.host)
			continue;
		buf_puts(&text, "*:");
		forward_print(&forward, &text);
		free(l->value);
		l->value = buf_take(&text);
	}
}

/* A kind of device without its number is any; a number without a kind opens none. */
static void judge_device(struct translation *t)
{
	const struct draft_line *kind = draft_find(t->draft, &keys[KEY_tunnel]);
	const struct draft_line *device = draft_find(t->draft, &keys[KEY_tunnel_device]);
	struct draft_origin at;

	if (kind && !device) {
		at = (struct draft_origin){ kind->what, kind->line };
		translation_set(t, &keys[KEY_tunnel_device], "any", &at);
	} else if (device && !t->device) {
		at = (struct draft_origin){ device->what, device->line };
		draft_remark(t->draft, DRAFT_DROPPED, &at, "ssh opens no device without Tunnel");
		draft_forget(t->draft, &keys[KEY_tunnel_device]);
	}
}

void translation_finish(struct translation *t)
{
	open_gateways(t);
	judge_device(t);
}

void translation_done(struct translation *t)
{
	free(t->host_name);
	*t = (struct translation){0};
}
