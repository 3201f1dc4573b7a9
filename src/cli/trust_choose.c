/* SPDX-License-Identifier: MIT */
#include "cli/trust.h"

#include <string.h>
#include <strings.h>

#include "cli/ask.h"

enum { QUESTIONS_MAX = 5 };

/* How many of the given fingerprints are some key's; those that may be pinned are chosen. */
static size_t choose_given(struct trust *t, struct trust_host *h)
{
	const struct option_values *given = &t->cli->options.fingerprint;
	size_t hits = 0;

	for (size_t i = 0; i < h->keys.len; i++)
		for (size_t j = 0; j < given->len; j++) {
			struct hostkey *k = &h->keys.v[i];

			if (k->state == HOSTKEY_OLD || !fingerprint_is(&k->fingerprint, given->v[j]))
				continue;
			k->chosen |= hostkey_is_candidate(k);
			t->used[j] = true;
			hits++;
		}
	return hits;
}

static void choose_all(struct trust_host *h)
{
	for (size_t i = 0; i < h->keys.len; i++)
		h->keys.v[i].chosen = hostkey_is_candidate(&h->keys.v[i]);
}

static size_t choose_typed(struct trust_host *h, const char *typed)
{
	size_t hits = 0;

	for (size_t i = 0; i < h->keys.len; i++)
		if (hostkey_is_candidate(&h->keys.v[i]) && fingerprint_is(&h->keys.v[i].fingerprint, typed)) {
			h->keys.v[i].chosen = true;
			hits++;
		}
	return hits;
}

static void list_fingerprints(const struct trust_host *h, struct buf *ret)
{
	for (size_t i = 0; i < h->keys.len; i++)
		if (h->keys.v[i].state != HOSTKEY_OLD)
			buf_printf(ret, "%s%s (%s)", ret->len ? ", " : "", h->keys.v[i].fingerprint.text,
				   h->keys.v[i].fingerprint.type);
}

static int no_match(const struct trust *t, const struct trust_host *h)
{
	AUTO(buf) given = {0};
	AUTO(buf) there = {0};

	for (size_t i = 0; i < t->cli->options.fingerprint.len; i++)
		buf_cat(&given, i ? " or " : "", t->cli->options.fingerprint.v[i]);
	list_fingerprints(h, &there);
	cli_error("%s: no host key of %s has the fingerprint %s; it presents %s; nothing was pinned: compare them on "
		  "the "
		  "server, somebody may be in between", t->tunnel.name, h->shown.s, given.s, buf_str(&there));
	return EXIT_FAILED;
}

/* As ssh asks, and again as long as the answer is none. */
static int ask(const struct trust *t, struct trust_host *h)
{
	for (int i = 0; i < QUESTIONS_MAX; i++) {
		AUTO(buf) answer = {0};

		if (!ask_line(&answer, i ? "Please type yes, no or one of the fingerprints above:"
					 : "Are these the keys of %s (yes / no / the fingerprint)?", h->shown.s) ||
		    !strcasecmp(answer.s, "no") || !strcasecmp(answer.s, "n"))
			break;
		if (!strcasecmp(answer.s, "yes"))
			choose_all(h);
		else if (!answer.len || !choose_typed(h, answer.s))
			continue;
		h->compared = strcasecmp(answer.s, "yes") ? COMPARED_FINGERPRINT : COMPARED_ASKED;
		return 0;
	}
	cli_error("%s: unchanged: nothing was pinned of %s", t->tunnel.name, h->shown.s);
	return EXIT_FAILED;
}

/* Which keys are to be pinned: 0 or an exit code, with the error printed. */
int trust_choose(struct trust *t, struct trust_host *h)
{
	const struct options *o = &t->cli->options;
	int r;

	if (o->fingerprint.len) {
		h->compared = COMPARED_FINGERPRINT;
		/* Of a host that is pinned already it may be meant for another on the way. */
		return choose_given(t, h) || h->keys.count[HOSTKEY_PINNED] ? 0 : no_match(t, h);
	}
	if (!o->yes && ask_can()) {
		client_heed_interrupt(true);
		r = ask(t, h);
		client_heed_interrupt(false);
		return r;
	}
	if (!o->yes) {
		cli_error("%s: nobody is here to compare the keys of %s: say the right one with --fingerprint "
			  "SHA256:..., or "
			  "--yes to take what is presented", t->tunnel.name, h->shown.s);
		return EXIT_FAILED;
	}
	cli_error("warning: nobody compared these keys: whoever answers as %s now is trusted from now on", h->shown.s);
	choose_all(h);
	h->compared = COMPARED_BY_NOBODY;
	return 0;
}
