/* SPDX-License-Identifier: MIT */
/* Several Proxy entries, each tried by a login of its own: the tunnel takes them in turn, so that one is enough. */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "cli/checkup.h"

struct attempt {
	struct heard heard;
	struct error error; /* of an ssh that could not even be started */
	long ms;
};

static bool leads_there(const struct attempt *a)
{
	return a->heard.authenticated || a->heard.server_known || *a->heard.server_key;
}

static void try_one(struct checkup *t, size_t i, struct attempt *ret)
{
	AUTO(ssh_errand) errand = {0};
	long long since = clock_ms();

	checkup_errand(t, &errand);
	t->client.machine.proxy = i;
	(void)hear(&t->client, &errand, HEAR_LOGIN, checkup_patience_ms(t), &ret->heard, NULL, &ret->error);
	ret->ms = (long)(clock_ms() - since);
}

static void say_failure(struct checkup *t, const struct attempt *a, bool others)
{
	void (*complain)(struct checkup *, enum cure_id, const char *, const char *, ...) =
		others ? checkup_warn : checkup_fail;
	const struct verdict *v = &a->heard.verdict;

	if (a->error.code)
		complain(t, CURE_proxy_tool, NULL, "%s", a->error.text);
	else if (v->class == CLASS_none)
		complain(t, CURE_proxy, NULL, "nobody greets through it");
	else
		complain(t, cure_of(v->class), t->tunnel.host, "%s", *v->words ? v->words : "ssh ended without a word");
}

/* The first that leads there is the one by which all else is tried. */
static bool choose(struct checkup *t, const struct attempt *tried)
{
	for (size_t i = 0; i < t->tunnel.proxy.len; i++) {
		if (!leads_there(&tried[i]))
			continue;
		t->client.machine.proxy = i;
		t->login.heard = tried[i].heard;
		t->login.tried = true;
		return true;
	}
	return false;
}

void checkup_proxies(struct checkup *t)
{
	size_t len = t->tunnel.proxy.len;
	AUTO_FREE struct attempt *tried = xrealloc(NULL, len * sizeof(*tried));
	bool others;

	memset(tried, 0, len * sizeof(*tried));
	for (size_t i = 0; i < len && !checkup_is_interrupted(); i++)
		try_one(t, i, &tried[i]);
	others = choose(t, tried);
	for (size_t i = 0; i < len; i++) {
		t->about = t->tunnel.proxy.v[i];
		t->took = tried[i].ms;
		if (leads_there(&tried[i]))
			checkup_good(t, "leads to the server");
		else
			say_failure(t, &tried[i], others);
	}
	t->about = NULL;
}
