/* SPDX-License-Identifier: MIT */
/* The tunnel's own key: made as RunAs, where the INI says or else said there, and shown. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/utf8.h"
#include "cli/ask.h"
#include "cli/cli.h"
#include "cli/inifile.h"
#include "cli/json.h"
#include "cli/keyfile.h"
#include "cli/nextstep.h"
#include "cli/select.h"
#include "model/config.h"
#include "model/key.h"
#include "model/owner.h"
#include "ssh/path.h"

#define KEYS_OF_DYNAMIC "/etc/tunnelctl/keys"

/* One tunnel and its key. */
struct keygen {
	const struct cli *cli;
	const struct selected *selected;
	struct tunnel tunnel;
	struct account account;  /* whose the key is */
	struct buf path, folder; /* of the key; the folder that is made for it */
	struct buf line;         /* IdentityFile for the INI; empty: it has one */
	struct keyfile file;     /* borrows from here */
	struct keyfile_facts facts;
	bool made, written;
};

static void keygen_done(struct keygen *k)
{
	tunnel_done(&k->tunnel);
	account_done(&k->account);
	buf_done(&k->path);
	buf_done(&k->folder);
	buf_done(&k->line);
	keyfile_facts_done(&k->facts);
}

static int load(struct keygen *k)
{
	const struct selected *s = k->selected;
	AUTO(strv) problems = {0};
	int r = config_load(s->ini, s->user ? CONFIG_USER : CONFIG_SYSTEM, &k->tunnel, &problems);

	if (r == 0 && !s->user && geteuid() == 0)
		r = owner_check(&k->tunnel, &problems);
	cli_errors(&problems);
	return r < 0 ? (r == -ENOENT ? EXIT_NO_SUCH_TUNNEL : cli_exit_code(r)) : 0;
}

static bool is_dynamic(const struct keygen *k)
{
	return !k->selected->user && k->tunnel.run_as && !strcmp(k->tunnel.run_as, "dynamic");
}

/* Of an account that exists only while the tunnel runs, root keeps the key, and systemd hands it over. */
static int find_account(struct keygen *k, struct error *err)
{
	int r;

	account_self(&k->account);
	if (k->selected->user || !k->tunnel.run_as)
		return 0;
	if (!is_dynamic(k)) {
		account_done(&k->account);
		if ((r = account_find(k->tunnel.run_as, &k->account, err)) < 0)
			return r;
	}
	if (geteuid() == 0 || (!is_dynamic(k) && geteuid() == k->account.uid))
		return 0;
	return error_set(err, -EPERM, "RunAs = %s: only root can make a key for that account; try with sudo",
			 k->tunnel.run_as);
}

/* The first IdentityFile, or where keygen puts the key of a tunnel that has none. */
static int locate(struct keygen *k, struct error *err)
{
	const struct tunnel *t = &k->tunnel;
	struct ssh_machine machine = { .home = k->account.home };

	if (!t->identity_file.len && is_dynamic(k))
		buf_cat(&k->line, KEYS_OF_DYNAMIC "/", t->name);
	else if (!t->identity_file.len)
		buf_cat(&k->line, "~/.ssh/tunnel-", t->name);
	ssh_path_put(&machine, 0, t->identity_file.len ? t->identity_file.v[0] : k->line.s, &k->path);
	if (*k->path.s != '/')
		return error_set(err, -ENOENT, "%s: %s has no home folder; give the tunnel an absolute IdentityFile",
				 k->path.s, k->account.name ? k->account.name : "this account");
	if (is_dynamic(k))
		buf_puts(&k->folder, KEYS_OF_DYNAMIC);
	else if (k->account.home)
		buf_cat(&k->folder, k->account.home, "/.ssh");
	k->file = (struct keyfile){ .account = &k->account, .path = k->path.s, .own_folder = k->folder.s };
	return 0;
}

/* user@host:tunnel-NAME: in an authorized_keys with many lines it says which machine and which tunnel may come in. */
static void put_comment(const struct keygen *k, struct buf *ret)
{
	char host[256] = ""; /* POSIX: a name has at most 255 bytes */

	if (gethostname(host, sizeof(host) - 1) < 0 || !*host)
		(void)snprintf(host, sizeof(host), "localhost");
	host[strcspn(host, ".")] = '\0';
	if (k->account.name)
		buf_puts(ret, k->account.name);
	else
		buf_printf(ret, "%u", (unsigned)k->account.uid);
	buf_cat(ret, "@", host, ":tunnel-", k->tunnel.name);
	text_clean(ret->s);
}

static int make(struct keygen *k, struct error *err)
{
	const struct options *o = &k->cli->options;
	AUTO(buf) comment = {0};
	struct keyfile_wish wish = { .type = o->type ? o->type : "ed25519", .passphrase = o->passphrase };
	int r;

	if (o->passphrase)
		cli_error("warning: a tunnel cannot ask for a passphrase: it can use this key through an ssh-agent "
			  "alone "
			  "(IdentityAgent, and ssh-add after each start of the agent)");
	put_comment(k, &comment);
	wish.comment = comment.s;
	if ((r = keyfile_make(&k->file, &wish, err)) < 0)
		return r;
	k->made = true;
	return 0;
}

/* A drop-in is read after the INI and may take the line back. */
static int prove(struct keygen *k, struct error *err)
{
	AUTO(tunnel) t = {0};
	AUTO(strv) problems = {0};

	if (config_load(k->selected->ini, k->selected->user ? CONFIG_USER : CONFIG_SYSTEM, &t, &problems) < 0)
		return error_set(err, -EINVAL, "%s", problems.len ? problems.v[0] : k->selected->ini);
	if (strv_has(&t.identity_file, k->line.s))
		return 0;
	return error_set(err, -EINVAL, "%s: IdentityFile = %s was written there, and is not in effect: another file "
			 "resets "
			 "it; see: tunnelctl show %s", k->selected->ini, k->line.s, k->tunnel.name);
}

static int write_line(struct keygen *k, struct error *err)
{
	const struct key *key = &keys[KEY_identity_file];
	__attribute__((cleanup(inifile_change_done))) struct inifile_change change = { .key = key };
	struct error why = {0};
	int r;

	if (!k->line.len)
		return 0;
	strv_push(&change.add, k->line.s);
	if ((r = inifile_amend(k->selected->ini, &change, &why)) < 0)
		return error_set(err, r, "%s; the key is there, so put this line into [Tunnel] yourself: IdentityFile "
				 "= %s",
				 why.text, k->line.s);
	k->written = true;
	return prove(k, err);
}

static int work(struct keygen *k, struct error *err)
{
	int there, r;

	if ((r = find_account(k, err)) < 0 || (r = locate(k, err)) < 0)
		return r;
	if ((there = keyfile_look(&k->file, err)) < 0)
		return there;
	if ((k->line.len && (r = inifile_judge(k->selected->ini, err)) < 0) || (!there && (r = make(k, err)) < 0) ||
	    (r = keyfile_read(&k->file, &k->facts, err)) < 0)
		return r;
	return write_line(k, err);
}

static void say(const struct keygen *k)
{
	const struct cli *cli = k->cli;
	const char *name = k->tunnel.name, *whose = k->account.name ? k->account.name : "this account";

	if (k->made)
		cli_say(cli, "%s: made a key of %s: %s", name, whose, k->path.s);
	else
		cli_say(cli, "%s: %s: the key is there: %s", name, k->written ? "changed" : "unchanged", k->path.s);
	if (k->written)
		cli_say(cli, "%s: wrote into %s: IdentityFile = %s", name, k->selected->ini, k->line.s);
	if (!k->made && k->facts.locked)
		cli_error("warning: %s has a passphrase: a tunnel can use it through an ssh-agent alone "
			  "(IdentityAgent)",
			  k->path.s);
	if (!k->made && k->cli->options.type && strncasecmp(k->cli->options.type, k->facts.fingerprint.type, 3) != 0)
		cli_error("warning: it is a key of type %s; for another one give the tunnel another IdentityFile",
			  k->facts.fingerprint.type);
	cli_say(cli, "\nfingerprint: %u %s (%s)", k->facts.fingerprint.bits, k->facts.fingerprint.text,
		k->facts.fingerprint.type);
	cli_say(cli, "public key, for the server:\n%s\n", k->facts.public.s);
}

static json_t *to_json(const struct keygen *k)
{
	json_t *o = json_object();
	AUTO(strv) next = {0};

	nextstep_list(k->cli, &k->tunnel, k->selected->user, NEXTSTEP_KEYGEN, &next);
	json_set_text(o, "tunnel", k->tunnel.name);
	(void)json_object_set_new(o, "changed", json_boolean(k->made || k->written));
	(void)json_object_set_new(o, "made", json_boolean(k->made));
	json_set_text(o, "path", k->path.s);
	json_set_text(o, "account", k->account.name);
	json_set_text(o, "type", k->facts.fingerprint.type);
	(void)json_object_set_new(o, "bits", json_integer(k->facts.fingerprint.bits));
	json_set_text(o, "fingerprint", k->facts.fingerprint.text);
	json_set_text(o, "public_key", k->facts.public.s);
	(void)json_object_set_new(o, "passphrase", json_boolean(k->facts.locked));
	(void)json_object_set_new(o, "next", json_strv(&next));
	return o;
}

static int keygen(const struct cli *cli, const struct selected *s, json_t *list)
{
	__attribute__((cleanup(keygen_done))) struct keygen k = { .cli = cli, .selected = s };
	struct error err = {0};
	int r;

	if ((r = load(&k)))
		return r;
	if ((r = work(&k, &err)) < 0) {
		cli_error("%s", err.text);
		return cli_exit_code(r);
	}
	say(&k);
	if (cli->options.json)
		(void)json_array_append_new(list, to_json(&k));
	nextstep_say(cli, &k.tunnel, s->user, NEXTSTEP_KEYGEN);
	return EXIT_DONE;
}

static int check_options(const struct cli *cli)
{
	static const char *const types[] = { "ed25519", "ecdsa", "rsa" };
	const char *type = cli->options.type;
	bool known = !type;

	for (size_t i = 0; i < ARRAY_LEN(types) && type; i++)
		known |= !strcmp(type, types[i]);
	if (!known) {
		cli_error("--type %s: wanted ed25519, ecdsa or rsa", type);
		return EXIT_USAGE;
	}
	if (cli->options.passphrase && !ask_can()) {
		cli_error("--passphrase asks on a terminal, and there is none here");
		return EXIT_USAGE;
	}
	return 0;
}

int cmd_keygen(const struct cli *cli)
{
	__attribute__((cleanup(selection_done))) struct selection l = {0};
	json_t *list;
	int r;

	if ((r = check_options(cli)) || (r = select_one(cli, 0, &l)))
		return r;
	list = json_array();
	r = keygen(cli, &l.v[0], list);
	json_finish(cli, list);
	return r;
}
