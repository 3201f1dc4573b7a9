/* SPDX-License-Identifier: MIT */
#include "cli/hostscan.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/file.h"
#include "base/utf8.h"
#include "cli/as.h"
#include "model/key.h"
#include "model/value.h"
#include "ssh/classify.h"

#define KEYSCAN "/usr/bin/ssh-keyscan"
#define SEEN "seen" /* in the client's folder: known_hosts of one errand */

enum {
	FILES_MS = 10 * 1000,
	SLACK_MS = 5 * 1000, /* to start, look a name up, and exchange keys on a slow machine */
	SEEN_MAX = 256 * 1024,
};

/* Kinds of keys, the best first; since when ssh knows them (its release notes: 5.7, 6.5; rsa-sha2: 7.2). */
static const struct {
	const char *word, *algorithms;
	unsigned since;
} kinds[] = {
	{ "ed25519", "ssh-ed25519", VERSION(6, 5) },
	{ "ecdsa", "ecdsa-sha2-nistp256,ecdsa-sha2-nistp384,ecdsa-sha2-nistp521", VERSION(5, 7) },
	{ "rsa", "rsa-sha2-512,rsa-sha2-256,ssh-rsa", VERSION(7, 2) },
	{ "rsa", "ssh-rsa", 0 },
};

/* "name type base64"; ssh-keyscan puts what the server calls itself behind a '#'. */
static void take_line(const char *line, struct strv *ret)
{
	struct host_key k;
	AUTO_FREE char *key = NULL;

	if (*line == '#' || text_check(line, strlen(line)) || parse_host_key(line, &k) || !k.host_len || k.marker_len)
		return;
	key = xstrndup(k.key, k.key_len);
	if (!strv_has(ret, key) && ret->len < ARRAY_LEN(kinds))
		strv_push(ret, key);
}

static void take_lines(const struct buf *text, struct strv *ret)
{
	const char *s = buf_str(text);

	while (*s) {
		size_t len = strcspn(s, "\n");
		AUTO_FREE char *line = xstrndup(s, len && s[len - 1] == '\r' ? len - 1 : len);

		take_line(line, ret);
		s += len + (s[len] == '\n');
	}
}

/* ssh-keyscan goes straight to the server, from whatever address, and reads no ssh_config. */
static bool can_keyscan(const struct tunnel *way)
{
	return !way->proxy_jump && !way->proxy_command && !way->proxy.len && !way->bind_address &&
	       !strcmp(way->config_file, "none") && access(KEYSCAN, X_OK) == 0;
}

static void push_keyscan(const struct client *c, const struct tunnel *way, struct strv *ret)
{
	AUTO(buf) types = {0};

	for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
		if (c->machine.version >= kinds[i].since && !strstr(buf_str(&types), kinds[i].word))
			buf_printf(&types, "%s%s", types.len ? "," : "", kinds[i].word);
	strv_push(ret, KEYSCAN);
	strv_push(ret, "-T");
	strv_pushf(ret, "%u", way->connect_timeout ? way->connect_timeout : 1);
	strv_push(ret, "-p");
	strv_pushf(ret, "%u", way->port);
	if (way->address_family == ADDRESS_FAMILY_INET || way->address_family == ADDRESS_FAMILY_INET6)
		strv_push(ret, way->address_family == ADDRESS_FAMILY_INET ? "-4" : "-6");
	strv_push(ret, "-t");
	strv_push(ret, types.s);
	strv_push(ret, "--");
	strv_push(ret, way->host);
}

/* Whatever goes wrong, ssh will say it in words that are understood. */
static void keyscan(const struct client *c, const struct tunnel *way, struct strv *ret)
{
	AUTO(strv) argv = {0};
	AUTO(buf) output = {0};
	struct spawn s = { .environment = c->environment.v, .timeout_ms = 2000 * way->connect_timeout + SLACK_MS };

	push_keyscan(c, way, &argv);
	s.argv = argv.v;
	(void)as_spawn(&c->account, &s, &output, NULL);
	take_lines(&output, ret);
}

/* In ssh the first value wins, so these stand before what a tunnel is always told. The private file is the only one
 * that it knows, so no key in it is old; it ends at the login, where it has nothing to offer. */
static void push_words(const struct client *c, const char *algorithms, struct strv *ret)
{
	static const char *const words[] = {
		"StrictHostKeyChecking=no",
		"GlobalKnownHostsFile=/dev/null",
		"CheckHostIP=no",
		"HashKnownHosts=no",
		"PreferredAuthentications=none",
	};

	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		strv_push(ret, "-o");
		strv_push(ret, words[i]);
	}
	if (c->machine.version >= VERSION(8, 5)) {
		strv_push(ret, "-o");
		strv_push(ret, "KnownHostsCommand=none");
	}
	strv_push(ret, "-o");
	strv_pushf(ret, "UserKnownHostsFile=%s/" SEEN, c->folder.s);
	strv_push(ret, "-o");
	strv_pushf(ret, "HostKeyAlgorithms=%s", algorithms);
}

static int take_seen(const void *what, struct buf *ret, struct error *err)
{
	int r = file_read(what, SEEN_MAX, ret, NULL, err);

	(void)unlink(what);
	return r;
}

static unsigned count_hosts(const struct tunnel *way)
{
	unsigned ret = 1;

	for (const char *s = way->proxy_jump; s; s = strchr(s + 1, ','))
		ret++;
	return ret;
}

/* One kind of key. The verdict tells why there is none. */
static int errand(const struct client *c, const char *algorithms, struct strv *ret, struct verdict *ret_verdict,
		  struct error *err)
{
	__attribute__((cleanup(ssh_errand_done))) struct ssh_errand e = {0};
	AUTO(buf) output = {0};
	AUTO(buf) seen = {0};
	AUTO(buf) lines = {0};
	struct error why = {0};
	unsigned timeout = 1000 * c->tunnel->connect_timeout * count_hosts(c->tunnel) + 2 * SLACK_MS;
	size_t before = ret->len;
	int r;

	push_words(c, algorithms, &e.words);
	buf_cat(&seen, c->folder.s, "/" SEEN);
	r = client_run(c, &e, timeout, &output, &why);
	if (r < 0 && r != -ETIMEDOUT)
		return error_set(err, r, "%s", why.text);
	(void)as_call(&c->account, take_seen, seen.s, FILES_MS, &lines, NULL);
	take_lines(&lines, ret);
	*ret_verdict = (struct verdict){ .class = r == -ETIMEDOUT ? CLASS_banner_timeout : CLASS_none };
	if (ret->len == before && r != -ETIMEDOUT)
		verdict_add_all(ret_verdict, buf_str(&output));
	return 0;
}

/* The ssh that asks the server never logs in, so who refuses a login is a host on the way. It says who, as
 * "me@there: Permission denied (publickey)." (since 7.5); before, one alone is known all the same. */
static int blame_hop(const struct tunnel *way, const char *words, struct error *err)
{
	size_t len = strcspn(words, "@ "), end = (size_t)(strstr(words, ": ") ? strstr(words, ": ") - words : 0);
	AUTO(buf) hop = {0};

	if (words[len] == '@' && end > len)
		buf_put(&hop, words, end);
	else
		buf_puts(&hop, strchr(way->proxy_jump, ',') ? "a host of ProxyJump" : way->proxy_jump);
	return error_set(err, -ECONNREFUSED, "%s, on the way there, does not let the tunnel's key in", hop.s);
}

static int explain(const struct tunnel *way, const struct verdict *v, struct error *err)
{
	const char *sentence = classes[v->class ? v->class : CLASS_unknown].sentence;

	if (way->proxy_jump && (v->class == CLASS_auth || v->class == CLASS_too_many_keys))
		return blame_hop(way, v->words, err);
	if (*v->words)
		return error_set(err, -EHOSTUNREACH, "%s: %s (ssh said: %.200s)", way->host, sentence, v->words);
	return error_set(err, -EHOSTUNREACH, "%s: %s", way->host, sentence);
}

/* A kind that the server does not have (negotiation) or this ssh is told not to use (config) leaves the others. */
static bool may_have_others(const struct verdict *v)
{
	return v->class == CLASS_negotiation || v->class == CLASS_config;
}

static int ask_ssh(const struct client *c, struct strv *ret, struct error *err)
{
	struct verdict verdict = {0};
	bool has_rsa = false;
	int r;

	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		size_t before = ret->len;
		bool rsa = !strcmp(kinds[i].word, "rsa");

		if (c->machine.version < kinds[i].since || (rsa && has_rsa))
			continue;
		has_rsa |= rsa;
		if ((r = errand(c, kinds[i].algorithms, ret, &verdict, err)) < 0)
			return r;
		if (ret->len == before && !may_have_others(&verdict))
			break;
	}
	return ret->len ? 0 : explain(c->tunnel, &verdict, err);
}

static bool is_of_kind(const char *key, size_t kind)
{
	AUTO(strv) types = {0};
	AUTO_FREE char *list = xstrdup(kinds[kind].algorithms);
	AUTO_FREE char *type = xstrndup(key, strcspn(key, " "));

	for (char *s = list; *s; s++)
		if (*s == ',')
			*s = ' ';
	strv_split(&types, list);
	return strv_has(&types, type);
}

/* The best kind first: ssh-keyscan prints what comes, when it comes. */
static void sort(struct strv *l)
{
	AUTO(strv) sorted = {0};
	struct strv old = *l;

	for (size_t kind = 0; kind < ARRAY_LEN(kinds); kind++)
		for (size_t i = 0; i < l->len; i++)
			if (is_of_kind(l->v[i], kind) && !strv_has(&sorted, l->v[i]))
				strv_push(&sorted, l->v[i]);
	for (size_t i = 0; i < l->len; i++)
		if (!strv_has(&sorted, l->v[i]))
			strv_push(&sorted, l->v[i]);
	*l = sorted;
	sorted = old;
}

int hostscan(const struct client *c, const struct tunnel *way, struct strv *ret, struct error *err)
{
	struct client there = *c; /* borrows all that C owns */

	int r = 0;

	there.tunnel = way;
	if (can_keyscan(way))
		keyscan(c, way, ret);
	/* Each Proxy in turn, as tunnelctl-run does. */
	for (size_t i = 0; !ret->len && (i == 0 || i < way->proxy.len); i++) {
		there.machine.proxy = i;
		r = ask_ssh(&there, ret, err);
	}
	sort(ret);
	return ret->len ? 0 : r;
}
