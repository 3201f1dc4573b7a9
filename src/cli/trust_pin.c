/* SPDX-License-Identifier: MIT */
#include "cli/trust.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "cli/inifile.h"
#include "model/config.h"
#include "model/key.h"
#include "model/owner.h"
#include "model/value.h"

int trust_load(struct trust *t)
{
	const struct selected *s = t->selected;
	AUTO(strv) problems = {0};
	int r;

	tunnel_done(&t->tunnel);
	r = config_load(s->ini, s->user ? CONFIG_USER : CONFIG_SYSTEM, &t->tunnel, &problems);
	if (r == 0 && !s->user && geteuid() == 0)
		r = owner_check(&t->tunnel, &problems);
	cli_errors(&problems);
	return r < 0 ? (r == -ENOENT ? EXIT_NO_SUCH_TUNNEL : cli_exit_code(r)) : 0;
}

/* Only lines of the INI itself, and of this host alone, are taken away. */
static int judge_old(const struct trust *t, const struct pin *p)
{
	const char *file = t->tunnel.files.v[p->setting->file];

	if (p->shared)
		cli_error("%s:%u: this KnownHostKey is for other hosts as well, so it is not replaced; change it "
			  "yourself", file,
			  p->setting->line);
	else if (strcmp(file, t->selected->ini) != 0)
		cli_error("%s:%u: the old key is pinned there, and trust changes %s alone; take the line out, then "
			  "try again",
			  file, p->setting->line, t->selected->ini);
	else
		return 0;
	return EXIT_FAILED;
}

static int list_old(const struct trust *t, const struct trust_host *h, struct strv *ret)
{
	int r;

	for (size_t i = 0; i < h->keys.len && t->cli->options.replace; i++) {
		const struct hostkey *k = &h->keys.v[i];

		if (k->state != HOSTKEY_OLD)
			continue;
		if ((r = judge_old(t, k->pin)))
			return r;
		strv_push(ret, k->pin->setting->value);
	}
	return 0;
}

/* The server's own key needs no name in front; that of a host on the way does. */
static void put_line(const struct trust_host *h, const char *key, struct buf *ret)
{
	if (h->name.hop) {
		pins_name(&h->name, ret);
		buf_putc(ret, ' ');
	}
	buf_puts(ret, key);
}

static int list_new(const struct trust_host *h, struct strv *ret)
{
	for (size_t i = 0; i < h->keys.len; i++) {
		AUTO(buf) line = {0};
		const char *why;

		if (!h->keys.v[i].chosen)
			continue;
		put_line(h, h->keys.v[i].key, &line);
		if ((why = check_host_key(line.s))) {
			cli_error("%s: its key cannot be pinned: %s; use UserKnownHostsFile", h->shown.s, why);
			return EXIT_FAILED;
		}
		strv_push(ret, line.s);
	}
	return 0;
}

/* Loads the tunnel anew: a drop-in is read after the INI, and may take back what was written there. */
static int prove(struct trust *t, struct trust_host *h)
{
	__attribute__((cleanup(pins_done))) struct pins now = {0};
	struct error err = {0};
	int r;

	/* What points into the old tunnel is of no use from here on. */
	pins_done(&h->pins);
	for (size_t i = 0; i < h->keys.len; i++)
		h->keys.v[i].pin = NULL;
	if ((r = trust_load(t)))
		return r;
	if ((r = pins_find(&t->client, &t->tunnel, &h->name, &now, &err)) < 0) {
		cli_error("%s", err.text);
		return cli_exit_code(r);
	}
	for (size_t i = 0; i < h->keys.len; i++) {
		bool there = false;

		for (size_t j = 0; j < now.len; j++)
			there |= !strcmp(now.v[j].key, h->keys.v[i].key);
		if (h->keys.v[i].chosen ? there : h->keys.v[i].state != HOSTKEY_OLD || !there || !h->replaced)
			continue;
		cli_error("%s: was written, and is not in effect: another file %s; see: tunnelctl show "
			  "%s", t->selected->ini,
			  there ? "has the old key as well" : "resets KnownHostKey", t->tunnel.name);
		return EXIT_FAILED;
	}
	return 0;
}

int trust_pin(struct trust *t, struct trust_host *h)
{
	const struct key *key = &keys[KEY_known_host_key];
	__attribute__((cleanup(inifile_change_done))) struct inifile_change change = { .key = key };
	struct error err = {0};
	int r;

	if ((r = list_new(h, &change.add)))
		return r;
	if (!change.add.len)
		return 0;
	if ((r = list_old(t, h, &change.remove)))
		return r;
	if ((r = inifile_amend(t->selected->ini, &change, &err)) < 0) {
		cli_error("%s", err.text);
		return cli_exit_code(r);
	}
	h->changed = t->changed = true;
	h->replaced = change.remove.len;
	cli_say(t->cli, "%s: changed: %s now holds %zu KnownHostKey line%s for %s%s", t->tunnel.name, t->selected->ini,
		change.add.len, change.add.len == 1 ? "" : "s", h->shown.s,
		change.remove.len ? ", in the place of the old" : "");
	return prove(t, h);
}
