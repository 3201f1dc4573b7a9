/* SPDX-License-Identifier: MIT */
/*
 * Shows the host keys of a tunnel's server, and of each ProxyJump host on the way, and pins in the INI those that
 * somebody has compared. One host after the other: what lies behind a jump host is asked for through it, so it comes
 * first.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "cli/ask.h"
#include "cli/hostscan.h"
#include "cli/inifile.h"
#include "cli/nextstep.h"
#include "cli/progress.h"
#include "cli/trust.h"
#include "model/value.h"

static void trust_done(struct trust *t)
{
	client_done(&t->client);
	tunnel_done(&t->tunnel);
}

static void host_done(struct trust_host *h)
{
	buf_done(&h->shown);
	strv_done(&h->known);
	hostkeys_done(&h->keys);
	pins_done(&h->pins);
}

/* An account that exists only while the tunnel runs asks nobody: nobody does it instead, or root, whose key it is,
 * where a host on the way has to let the key in. */
static int open_client(struct trust *t, struct error *err)
{
	struct tunnel as = t->tunnel;
	bool user = t->selected->user;
	int r;

	if (!user && as.run_as && !strcmp(as.run_as, "dynamic")) {
		as.run_as = (char *)(as.proxy_jump ? "root" : "nobody");
		user = geteuid() != 0;
	}
	r = client_open(t->cli, &as, user, &t->client, err);
	t->client.tunnel = &t->tunnel;
	return r;
}

/* Between what is known and what is written: shown, judged, chosen. */
static int decide(struct trust *t, struct trust_host *h)
{
	const struct options *o = &t->cli->options;
	bool changed = h->keys.count[HOSTKEY_CHANGED], first = !h->keys.count[HOSTKEY_PINNED] && !changed;
	bool wanted = first || (changed && o->replace) || (o->fingerprint.len && !changed);
	bool asking = wanted && !o->fingerprint.len && !o->yes && ask_can();
	AUTO(buf) text = {0};
	struct error err = {0};
	int r;

	trust_put_table(h, (wanted && !o->fingerprint.len) || (changed && !o->replace), &text);
	if (first || changed)
		trust_ask_known(t, h);
	for (size_t i = 0; i < h->known.len; i++)
		buf_cat(&text, h->known.v[i], "\n");
	trust_show(t, asking, text.s);
	if (changed && !o->replace)
		return trust_refuse_changed(t, h);
	if (wanted && (r = inifile_judge(t->selected->ini, &err)) < 0) {
		cli_error("%s", err.text);
		return cli_exit_code(r);
	}
	if (wanted && (r = trust_choose(t, h)))
		return r;
	for (size_t i = 0; i < h->keys.len; i++)
		if (h->keys.v[i].chosen)
			return trust_pin(t, h);
	trust_say_unchanged(t, h);
	return 0;
}

static int fetch(struct trust *t, struct trust_host *h, struct strv *ret)
{
	struct progress progress = {0};
	AUTO(buf) line = {0};
	struct error err = {0};
	int r;

	progress_begin(&progress, t->cli, "asking %s for its host keys", h->shown.s);
	r = hostscan(&t->client, &h->way, ret, &err);
	progress_end(&progress);
	if (r == -ECONNREFUSED) {
		nextstep_command(t->cli, &t->tunnel, t->selected->user, "authorize", NULL, &line);
		cli_error("%s: %s; its line: %s", t->tunnel.name, err.text, line.s);
		return EXIT_FAILED;
	}
	if (r < 0) {
		cli_error("%s: %s", t->tunnel.name, err.text);
		return r == -EHOSTUNREACH ? EXIT_FAILED : cli_exit_code(r);
	}
	return 0;
}

static const struct pin *find_authority(const struct pins *l)
{
	for (size_t i = 0; i < l->len; i++)
		if (l->v[i].authority)
			return &l->v[i];
	return NULL;
}

/* A certificate of that authority is all that ssh will want, and none of it is for us to judge. */
static int say_authority(const struct trust *t, const struct trust_host *h, const struct pin *p)
{
	const char *file = t->tunnel.files.v[p->setting->file];

	if (t->cli->options.replace) {
		cli_error("%s:%u: the host keys of %s are judged by this @cert-authority; take the line out first to "
			  "pin one",
			  file, p->setting->line, h->shown.s);
		return EXIT_FAILED;
	}
	cli_say(t->cli, "%s: unchanged: the host keys of %s are judged by the @cert-authority in %s:%u", t->tunnel.name,
		h->shown.s, file, p->setting->line);
	return 0;
}

static int compare(struct trust *t, struct trust_host *h)
{
	AUTO(strv) presented = {0};
	AUTO(strv) unknown = {0};
	struct error err = {0};
	int r;

	if ((r = fetch(t, h, &presented)))
		return r;
	if ((r = hostkeys_compare(&t->client, &presented, &h->pins, &h->keys, &unknown, &err)) < 0) {
		cli_error("%s", err.text);
		return cli_exit_code(r);
	}
	for (size_t i = 0; i < unknown.len; i++)
		cli_error("warning: %s presents a key of type %s that ssh-keygen cannot read; it is left "
			  "out", h->shown.s,
			  unknown.v[i]);
	if (unknown.len == presented.len) {
		cli_error("%s: %s presents no host key that this machine's ssh-keygen can "
			  "read", t->tunnel.name, h->shown.s);
		return EXIT_FAILED;
	}
	return decide(t, h);
}

static int handle(struct trust *t, struct trust_host *h)
{
	const struct pin *authority;
	struct error err = {0};
	int r;

	trust_name(h);
	if ((r = pins_find(&t->client, &t->tunnel, &h->name, &h->pins, &err)) < 0) {
		cli_error("%s", err.text);
		return cli_exit_code(r);
	}
	authority = find_authority(&h->pins);
	h->authority = authority;
	r = authority ? say_authority(t, h, authority) : compare(t, h);
	(void)json_array_append_new(t->hosts, trust_json(h));
	return r;
}

/* A host of ProxyJump, which ends at LEN bytes of it; those in front of it, the first START bytes, are the way there.
 * */
static int trust_hop(struct trust *t, size_t start, size_t len)
{
	__attribute__((cleanup(host_done))) struct trust_host h = { .way = t->tunnel };
	AUTO(destination) hop = {0};
	AUTO(buf) before = {0};
	const char *jump = t->tunnel.proxy_jump;

	if (parse_destination(jump + start, len - start, &hop))
		return EXIT_BAD_CONFIG; /* check_jump() has seen to it */
	buf_put(&before, jump, start ? start - 1 : 0);
	h.name = (struct pins_host){ .host = hop.host, .port = hop.port ? hop.port : 22, .hop = true };
	h.way.host = hop.host;
	h.way.port = h.name.port;
	h.way.user = hop.user;
	h.way.host_key_alias = NULL;
	h.way.proxy_jump = before.len ? before.s : NULL;
	return handle(t, &h);
}

static int trust_server(struct trust *t)
{
	__attribute__((cleanup(host_done))) struct trust_host h = { .way = t->tunnel };
	/* The tunnel is loaded anew before the host is done with. */
	AUTO_FREE char *host = xstrdup(t->tunnel.host);
	AUTO_FREE char *alias = t->tunnel.host_key_alias ? xstrdup(t->tunnel.host_key_alias) : NULL;

	h.name = (struct pins_host){ .host = host, .alias = alias, .port = t->tunnel.port };
	return handle(t, &h);
}

/* The tunnel is loaded anew in between, but ProxyJump stays what it was. */
static int trust_all(struct trust *t)
{
	int r;

	for (size_t start = 0; t->tunnel.proxy_jump && start < strlen(t->tunnel.proxy_jump);) {
		size_t len = start + strcspn(t->tunnel.proxy_jump + start, ",");

		if ((r = trust_hop(t, start, len)))
			return r;
		start = len + 1;
	}
	return trust_server(t);
}

static int end(struct trust *t)
{
	const struct option_values *given = &t->cli->options.fingerprint;
	size_t used = 0;

	for (size_t i = 0; i < given->len; i++) {
		used += t->used[i];
		if (!t->used[i])
			cli_error("--fingerprint %s: no host key that was presented has it", given->v[i]);
	}
	if (given->len && !used)
		return EXIT_FAILED;
	nextstep_say(t->cli, &t->tunnel, t->selected->user, NEXTSTEP_TRUST);
	return EXIT_DONE;
}

static void append_json(const struct trust *t, bool done, json_t *list)
{
	json_t *o = json_object();
	AUTO(strv) next = {0};

	if (done)
		nextstep_list(t->cli, &t->tunnel, t->selected->user, NEXTSTEP_TRUST, &next);
	json_set_text(o, "tunnel", t->selected->name);
	(void)json_object_set_new(o, "changed", json_boolean(t->changed));
	(void)json_object_set_new(o, "hosts", t->hosts);
	(void)json_object_set_new(o, "next", json_strv(&next));
	(void)json_array_append_new(list, o);
}

static int trust(const struct cli *cli, const struct selected *s, json_t *list)
{
	__attribute__((cleanup(trust_done))) struct trust t = { .cli = cli, .selected = s };
	struct error err = {0};
	int r;

	if ((r = trust_load(&t)))
		return r;
	if ((r = open_client(&t, &err)) < 0) {
		cli_error("%s", err.text);
		return cli_exit_code(r);
	}
	t.hosts = json_array();
	if ((r = trust_all(&t)) == 0)
		r = end(&t);
	append_json(&t, r == 0, list);
	return r;
}

static int check_options(const struct cli *cli)
{
	const struct option_values *given = &cli->options.fingerprint;

	for (size_t i = 0; i < given->len; i++)
		if (strncmp(given->v[i], "SHA256:", 7) != 0 && strncmp(given->v[i], "MD5:", 4) != 0) {
			cli_error("--fingerprint %s: wanted SHA256:..., as ssh-keygen -lf prints it", given->v[i]);
			return EXIT_USAGE;
		}
	if (given->len && cli->options.yes) {
		cli_error("--yes and --fingerprint exclude each other: one takes any key, the other a certain one");
		return EXIT_USAGE;
	}
	return 0;
}

int cmd_trust(const struct cli *cli)
{
	__attribute__((cleanup(selection_done))) struct selection l = {0};
	json_t *list;
	int r;

	if ((r = check_options(cli)) || (r = select_one(cli, 0, &l)))
		return r;
	list = json_array();
	r = trust(cli, &l.v[0], list);
	json_finish(cli, list);
	return r;
}
