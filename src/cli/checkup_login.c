/* SPDX-License-Identifier: MIT */
/* Who the server is, and whether it lets us in: one login for both, since an sshd may count those that fail.
 */
#include "cli/checkup_login.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "cli/as.h"
#include "cli/checkup.h"
#include "model/value.h"

enum { PATIENCE_MS = 15 * 1000 };

void login_done(struct login *l)
{
	free(l->forwards);
	*l = (struct login){0};
}

unsigned checkup_patience_ms(const struct checkup *t)
{
	/* Of each host on the way: the connection and the greeting. */
	return t->tunnel.connect_timeout * 2000 + PATIENCE_MS;
}

void checkup_errand(const struct checkup *t UNUSED, struct ssh_errand *ret)
{
	strv_push(&ret->words, "-o");
	strv_push(&ret->words, "LogLevel=DEBUG1");
}

static bool log_in(struct checkup *t, struct error *err)
{
	AUTO(ssh_errand) errand = {0};

	checkup_errand(t, &errand);
	t->login.tried = hear(&t->client, &errand, HEAR_LOGIN, checkup_patience_ms(t), &t->login.heard, NULL,
			      err) >= 0;
	return t->login.tried;
}

/* --- the host key -------------------------------------------------------------------------------------------- */

/* "SHA256:..." of each pinned key of the server's own. */
static void put_pinned(const struct checkup *t, struct buf *ret)
{
	for (size_t i = 0; i < t->tunnel.known_host_key.len; i++) {
		struct host_key key;
		AUTO(buf) text = {0};

		if (parse_host_key(t->tunnel.known_host_key.v[i], &key) || key.marker_len)
			continue;
		buf_put(&text, key.key, key.key_len);
		buf_puts(ret, ret->len ? ", " : "");
		checkup_fingerprint(t, &text, ret);
	}
}

static void complain_of_host_key(struct checkup *t, const struct heard *h)
{
	const char *shown = *h->server_key ? h->server_key : "a key that nobody pinned";
	const char *who = *h->server_key ? "the server" : "a host on the way";
	AUTO(buf) known = {0};

	if (h->verdict.class == CLASS_host_key_unknown) {
		checkup_fail(t, CURE_host_key_unknown, NULL, "%s shows %s, and no key of it is known", who,
			     shown);
		return;
	}
	put_pinned(t, &known);
	if (!known.len)
		checkup_known_fingerprints(t, &known);
	checkup_fail(t, CURE_host_key_changed, NULL, "%s shows %s; known is %s", who, shown,
		     known.len ? known.s : "another");
}

void checkup_complain_of_class(struct checkup *t, const struct heard *h)
{
	if (h->verdict.class == CLASS_none && h->timed_out)
		checkup_fail(t, CURE_stalled, NULL, "it greets, and then says nothing more");
	else
		checkup_fail(t, cure_of(h->verdict.class), t->tunnel.host, "%s",
			     *h->verdict.words ? h->verdict.words : "ssh ended without a word");
}

void checkup_host_key(struct checkup *t)
{
	const struct heard *h = &t->login.heard;
	struct error err = {0};

	if (!t->has_client) {
		checkup_nothing(t, "nobody but systemd can log in as RunAs = dynamic");
		return;
	}
	if (!t->login.tried && !log_in(t, &err)) {
		checkup_fail(t, err.code == -EINVAL ? CURE_config : CURE_unknown, NULL, "%s", err.text);
		return;
	}
	if (h->verdict.class == CLASS_host_key_unknown || h->verdict.class == CLASS_host_key_changed)
		complain_of_host_key(t, h);
	else if (h->authenticated || h->server_known)
		checkup_good(t, "%s", *h->server_key ? h->server_key : "accepted");
	else
		checkup_complain_of_class(t, h);
}

/* --- the login ----------------------------------------------------------------------------------------------- */

static void put_who(const struct checkup *t, struct buf *ret)
{
	if (t->tunnel.user)
		buf_cat(ret, t->tunnel.user, "@");
	buf_puts(ret, t->tunnel.host);
}

/* "explicit" only says that the INI names it. */
static int length_of_key(const char *words)
{
	static const char end[] = " explicit";
	size_t len = strlen(words), tail = sizeof(end) - 1;

	return (int)(len > tail && !strcmp(words + len - tail, end) ? len - tail : len);
}

static void complain_of_login(struct checkup *t, const struct heard *h)
{
	AUTO(buf) who = {0};

	put_who(t, &who);
	if (h->partial)
		checkup_fail(t, CURE_auth_partial, NULL, "%s takes the key, and then wants %s", who.s,
			     h->methods);
	else if (h->verdict.class != CLASS_auth)
		checkup_complain_of_class(t, h);
	else if (*h->accepted)
		checkup_fail(t, CURE_auth_late, NULL, "%s knows the key, and still lets nobody in", who.s);
	else if (!h->offered)
		checkup_fail(t, CURE_key_missing, NULL, "ssh had no key to offer; %s takes %s", who.s,
			     *h->methods ? h->methods : "nothing else");
	else
		checkup_fail(t, CURE_auth, NULL, "%s does not take the key %.*s", who.s,
			     length_of_key(h->offered_key), h->offered_key);
}

void checkup_login(struct checkup *t)
{
	const struct heard *h = &t->login.heard;
	const char *key = *h->accepted ? h->accepted : "us without a key";
	AUTO(buf) who = {0};

	put_who(t, &who);
	if (!t->login.tried)
		checkup_nothing(t, "nobody but systemd can log in as RunAs = dynamic");
	else if (h->authenticated)
		checkup_good(t, "%s takes %.*s", who.s, length_of_key(key), key);
	else
		complain_of_login(t, h);
}
