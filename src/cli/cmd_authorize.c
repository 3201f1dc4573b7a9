/* SPDX-License-Identifier: MIT */
/* The server's half of a tunnel: printed to copy, or put into place over ssh. */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/install.h"
#include "cli/json.h"
#include "cli/keyfile.h"
#include "cli/nextstep.h"
#include "cli/select.h"
#include "model/config.h"
#include "model/value.h"
#include "ssh/device.h"
#include "ssh/path.h"
#include "ssh/server.h"

enum { PATIENCE_DEFAULT = 60, PATIENCE_MAX = 600 };

struct authorize {
	const struct cli *cli;
	const struct selected *selected;
	const char *destination; /* of --install and --revoke; NULL: the tunnel's own */
	unsigned patience;
	struct tunnel tunnel;
	struct account account; /* whose key it is */
	struct keyfile_facts key;
	struct buf there; /* the account on the server */
	struct server_half half;
	bool reclaim;
};

static void authorize_done(struct authorize *a)
{
	tunnel_done(&a->tunnel);
	account_done(&a->account);
	keyfile_facts_done(&a->key);
	buf_done(&a->there);
	server_half_done(&a->half);
}

static int load(struct authorize *a)
{
	AUTO(strv) problems = {0};
	int r = config_load(a->selected->ini, a->selected->user ? CONFIG_USER : CONFIG_SYSTEM, &a->tunnel,
			    &problems);

	cli_errors(&problems);
	return r < 0 ? (r == -ENOENT ? EXIT_NO_SUCH_TUNNEL : EXIT_BAD_CONFIG) : 0;
}

/* Of an account that exists only while the tunnel runs, root keeps the key. */
static int find_account(struct authorize *a, struct error *err)
{
	const char *run_as = a->selected->user ? NULL : a->tunnel.run_as;

	account_self(&a->account);
	if (!run_as || !strcmp(run_as, "dynamic"))
		return 0;
	account_done(&a->account);
	return account_find(run_as, &a->account, err);
}

/* The first IdentityFile that is a key; else why the first one is none. */
static int find_key(struct authorize *a, struct error *err)
{
	const struct strv *files = &a->tunnel.identity_file;
	AUTO(buf) next = {0};
	struct error first = {0};

	nextstep_command(a->cli, &a->tunnel, a->selected->user, "keygen", NULL, &next);
	for (size_t i = 0; i < files->len; i++) {
		struct ssh_machine machine = { .home = a->account.home };
		AUTO(buf) path = {0};
		struct keyfile file = { .account = &a->account };
		struct error why = {0};

		ssh_path_put(&machine, 0, files->v[i], &path);
		file.path = path.s;
		if (keyfile_read(&file, &a->key, &why) == 0)
			return 0;
		if (!first.code)
			first = why;
	}
	if ((first.code == -EPERM || first.code == -EACCES) && !a->selected->user) {
		AUTO(buf) again = {0};

		nextstep_command(a->cli, &a->tunnel, false, "authorize", NULL, &again);
		return error_set(err, first.code, "%s; try: %s", first.text, again.s);
	}
	if (a->cli->options.revoke)
		return error_set(err, -ENOENT, "%s: %s; only the key tells which line is its own: on the server look "
				 "for one that ends in :tunnel-%s", a->tunnel.name,
				 files->len ? first.text : "no IdentityFile", a->tunnel.name);
	return error_set(err, -ENOENT, "%s: %s; a key is made by: %s", a->tunnel.name,
			 files->len ? first.text : "no IdentityFile, so there is no key to authorize",
			 next.s);
}

/* As ssh chooses it: User, or the name of whoever runs ssh. */
static int find_there(struct authorize *a, struct error *err)
{
	if (!a->tunnel.user &&
	    (!a->account.name || (a->tunnel.run_as && !strcmp(a->tunnel.run_as, "dynamic"))))
		return error_set(err, -EINVAL, "%s: which account on the server? wanted User in [Tunnel]",
				 a->tunnel.name);
	buf_puts(&a->there, a->tunnel.user ? a->tunnel.user : a->account.name);
	return 0;
}

static int make_half(struct authorize *a, struct error *err)
{
	struct server_wish wish = { .account = a->there.s,
				    .key = a->key.public.s,
				    .dedicated = a->cli->options.dedicated };

	a->reclaim = a->cli->options.reclaim || a->tunnel.remote_port_busy == REMOTE_PORT_BUSY_RECLAIM;
	wish.reclaim = a->reclaim;
	return server_half_make(&a->tunnel, &wish, &a->half, err);
}

static const char *hop_account(const struct authorize *a, const struct server_hop *hop)
{
	return hop->at.user ? hop->at.user : a->account.name ? a->account.name : "root";
}

/* Calls DO for each host on the way, the first one first, until one does not return 0. */
static int each_hop(const struct authorize *a, int (*each)(const struct authorize *, const struct server_hop *, json_t *),
		    json_t *o)
{
	int r, ret = 0;

	for (size_t i = 0; !ret; i++) {
		AUTO(server_hop) hop = {0};
		struct error err = {0};

		if ((r = server_hop_make(&a->tunnel, i, a->key.public.s, &hop, &err)) <= 0) {
			if (r < 0)
				cli_error("%s", err.text);
			return cli_exit_code(r);
		}
		ret = each(a, &hop, o);
	}
	return ret;
}

static int print_hop(const struct authorize *a, const struct server_hop *hop, json_t *o UNUSED)
{
	const char *account = hop_account(a, hop);

	cli_say(a->cli, "# On %s@%s (a host on the way), one line of ~%s/.ssh/authorized_keys;\n#    %s.\n\n%s\n", account,
		hop->at.host, account, hop->half.needs.s, hop->half.line.s);
	return 0;
}

static int put_hop(const struct authorize *a, const struct server_hop *hop, json_t *list)
{
	json_t *o = json_object();

	json_set_text(o, "host", hop->at.host);
	(void)json_object_set_new(o, "port", json_integer(hop->at.port));
	json_set_text(o, "account", hop_account(a, hop));
	json_set_text(o, "line", hop->half.line.s);
	(void)json_array_append_new(list, o);
	return 0;
}

static void print(const struct authorize *a)
{
	const struct cli *cli = a->cli;
	const struct tunnel *t = &a->tunnel;
	AUTO(buf) devices = {0};
	AUTO(buf) install = {0};

	nextstep_command(cli, t, a->selected->user, "authorize", "--install", &install);
	device_print(t, a->account.name, &devices);
	(void)each_hop(a, print_hop, NULL);
	cli_say(cli, "# 1. On %s, one line of ~%s/.ssh/authorized_keys;\n#    %s.\n\n%s\n", t->host,
		a->there.s, a->half.needs.s, a->half.line.s);
	cli_say(cli,
		"# 2. On %s, as root: /etc/ssh/sshd_config.d/50-tunnelctl-%s.conf, or before OpenSSH 8.2 the "
		"end of\n"
		"#    /etc/ssh/sshd_config; then: sshd -t && systemctl reload ssh\n\n%s",
		t->host, t->name, a->half.block.s);
	if (devices.len)
		cli_say(cli, "# 3. The device:\n\n%s", devices.s);
	for (size_t i = 0; i < a->half.notes.len; i++)
		cli_say(cli, "# %s.", a->half.notes.v[i]);
	if (a->half.notes.len)
		cli_say(cli, "%s", "");
	if (a->reclaim)
		cli_say(cli, "# The key runs " SERVER_RECLAIM ": copy it there from packaging/server.");
	cli_say(cli, "# %s\n# %s", server_line_gives(), server_block_gives(cli->options.dedicated));
	cli_say(cli, "\n# All that over ssh, shown before it is done: %s", install.s);
	nextstep_say(cli, t, a->selected->user, NEXTSTEP_AUTHORIZE);
}

static void put_facts(const struct authorize *a, json_t *o)
{
	AUTO(buf) devices = {0};
	json_t *hops = json_array();

	device_print(&a->tunnel, a->account.name, &devices);
	json_set_text(o, "tunnel", a->tunnel.name);
	json_set_text(o, "host", a->tunnel.host);
	json_set_text(o, "account", a->there.s);
	json_set_text(o, "line", a->half.line.s);
	json_set_text(o, "block", a->half.block.s);
	json_set_text(o, "needs", a->half.needs.s);
	json_set_text(o, "device", devices.len ? devices.s : NULL);
	json_set_text(o, "line_gives", server_line_gives());
	json_set_text(o, "block_gives", server_block_gives(a->cli->options.dedicated));
	(void)each_hop(a, put_hop, hops);
	(void)json_object_set_new(o, "hops", hops);
	(void)json_object_set_new(o, "notes", json_strv(&a->half.notes));
	(void)json_object_set_new(o, "dedicated", json_boolean(a->cli->options.dedicated));
	(void)json_object_set_new(o, "reclaim", json_boolean(a->reclaim));
}

/* The tunnel as far as this host: what is pinned without a name is the server's. */
static void cut_way(const struct authorize *a, const struct server_hop *hop, struct strv *known, struct tunnel *ret)
{
	*ret = a->tunnel; /* borrows all of it */
	for (size_t i = 0; i < ret->known_host_key.len; i++) {
		struct host_key k;

		if (!parse_host_key(ret->known_host_key.v[i], &k) && k.host_len)
			strv_push(known, ret->known_host_key.v[i]);
	}
	ret->known_host_key = *known;
	ret->host = hop->at.host;
	ret->port = hop->at.port;
	ret->user = (char *)(uintptr_t)hop_account(a, hop);
	ret->host_key_alias = NULL;
	ret->proxy_jump = hop->before.s;
}

static int install_hop(const struct authorize *a, const struct server_hop *hop, json_t *o)
{
	struct tunnel way;
	AUTO(strv) known = {0};
	const struct install in = {
		.cli = a->cli,
		.tunnel = &way,
		.half = &hop->half,
		.account = hop_account(a, hop),
		.user = a->selected->user,
		.hop = true,
		.revoke = a->cli->options.revoke,
		.patience = a->patience,
	};
	json_t *facts = json_object();
	int r;

	cut_way(a, hop, &known, &way);
	r = install_run(&in, facts);
	(void)json_array_append_new(o, facts);
	return r;
}

/* The way to the server leads through them, and so does the proof with the tunnel's own key. */
static int install_hops(const struct authorize *a, json_t *o)
{
	json_t *hops = json_array();
	AUTO(buf) print = {0};
	int r = each_hop(a, install_hop, hops);

	(void)json_object_set_new(o, "installed_hops", hops);
	if (!r || a->cli->options.revoke)
		return r;
	nextstep_command(a->cli, &a->tunnel, a->selected->user, "authorize", NULL, &print);
	cli_error("%s: the server was not asked: each host of ProxyJump needs a line for the key first; all lines: %s",
		  a->tunnel.name, print.s);
	return r;
}

static int install(const struct authorize *a, json_t *o)
{
	const struct options *options = &a->cli->options;
	const struct install in = {
		.cli = a->cli,
		.tunnel = &a->tunnel,
		.half = &a->half,
		.account = a->there.s,
		.destination = a->destination,
		.user = a->selected->user,
		.dedicated = options->dedicated,
		.reclaim = a->reclaim,
		.revoke = options->revoke,
		.patience = a->patience,
	};
	int r = a->tunnel.proxy_jump ? install_hops(a, o) : EXIT_DONE;

	if (r == EXIT_DONE)
		r = install_run(&in, o);

	if (r == EXIT_DONE && !options->revoke)
		nextstep_say(a->cli, &a->tunnel, a->selected->user, NEXTSTEP_AUTHORIZE);
	return r;
}

static int authorize(struct authorize *a, json_t *list)
{
	const struct options *options = &a->cli->options;
	struct error err = {0};
	json_t *o;
	int r;

	if ((r = load(a)))
		return r;
	if ((r = find_account(a, &err)) < 0 || (r = find_key(a, &err)) < 0 || (r = find_there(a, &err)) < 0 ||
	    (r = make_half(a, &err)) < 0) {
		cli_error("%s", err.text);
		return cli_exit_code(r);
	}
	o = json_object();
	put_facts(a, o);
	(void)json_array_append_new(list, o);
	if (options->install || options->revoke)
		return install(a, o);
	print(a);
	return EXIT_DONE;
}

static int check_options(const struct cli *cli, unsigned *ret_patience)
{
	const struct options *o = &cli->options;
	const char *why;

	*ret_patience = PATIENCE_DEFAULT;
	if (o->install && o->revoke) {
		cli_error("--install and --revoke exclude each other; say one of them");
		return EXIT_USAGE;
	}
	if (o->timeout && (why = parse_uint(o->timeout, 1, PATIENCE_MAX, ret_patience))) {
		cli_error("--timeout %s: %s; wanted 1 to %d seconds for the second login", o->timeout, why,
			  PATIENCE_MAX);
		return EXIT_USAGE;
	}
	if (*cli->arguments && cli->arguments[1] && (cli->arguments[2] || !(o->install || o->revoke))) {
		cli_error("authorize takes one NAME, and with --install or --revoke where to log in: "
			  "authorize NAME ADMIN@HOST "
			  "--install");
		return EXIT_USAGE;
	}
	return 0;
}

int cmd_authorize(const struct cli *cli)
{
	__attribute__((cleanup(selection_done))) struct selection l = {0};
	__attribute__((cleanup(authorize_done))) struct authorize a = { .cli = cli };
	char *name[2] = { *cli->arguments, NULL };
	struct cli one = *cli;
	json_t *list;
	int r;

	if ((r = check_options(cli, &a.patience)))
		return r;
	one.arguments = name;
	if ((r = select_one(&one, SELECT_BOTH_SCOPES, &l)))
		return r;
	a.selected = &l.v[0];
	a.destination = *cli->arguments ? cli->arguments[1] : NULL;
	list = json_array();
	r = authorize(&a, list);
	json_finish(cli, list);
	return r;
}
