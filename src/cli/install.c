/* SPDX-License-Identifier: MIT */
#include "cli/install.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/shellquote.h"
#include "base/spawn.h"
#include "base/utf8.h"
#include "cli/ask.h"
#include "cli/ink.h"
#include "cli/nextstep.h"
#include "ssh/classify.h"

enum { SSH_FAILED = 255, CONFIRM_TRIES = 3, PROOF_MS = 30 * 1000, LINE_MAX_SHOWN = 4000 };
enum { APPLY_S = 10 }; /* what the server's watch grants to the change itself (the script, watch) */

static const char script[] = {
#include "cli/install_script.inc"
	0,
};

/* The lines of an answer, without the nonce in front. */
struct answer {
	struct strv lines;
	bool whole; /* it ended as it should */
};

static void answer_done(struct answer *a)
{
	strv_done(&a->lines);
}

/* One session with the server. */
struct talk {
	const struct install *in;
	struct install_ssh ssh;
	char nonce[33];
	struct answer look;
	const char *state; /* in the answer of apply */
	struct answer apply;
};

static void talk_done(struct talk *t)
{
	install_ssh_done(&t->ssh);
	answer_done(&t->look);
	answer_done(&t->apply);
}

/* What only this session knows, so that no greeting of the server can be taken for an answer. */
static int make_nonce(char ret[33], struct error *err)
{
	unsigned char bytes[16];
	FILE *f = fopen("/dev/urandom", "rb");
	size_t n = f ? fread(bytes, 1, sizeof(bytes), f) : 0;

	if (f)
		(void)fclose(f);
	if (n != sizeof(bytes))
		return error_set(err, -EIO, "/dev/urandom: cannot be read");
	for (size_t i = 0; i < sizeof(bytes); i++)
		(void)snprintf(ret + 2 * i, 3, "%02x", bytes[i]);
	return 0;
}

/* What stands behind WORD, or NULL: the line has another one. */
static const char *behind(const char *line, const char *word)
{
	size_t len = strlen(word);

	if (strncmp(line, word, len) != 0 || (line[len] && line[len] != ' '))
		return NULL;
	return line + len + !!line[len];
}

/* The same in the first line that begins with WORD. */
static const char *find(const struct answer *a, const char *word)
{
	const char *rest = NULL;

	for (size_t i = 0; i < a->lines.len && !rest; i++)
		rest = behind(a->lines.v[i], word);
	return rest;
}

static void read_answer(const char *text, const char *nonce, struct answer *ret)
{
	size_t len = strlen(nonce);

	while (*text) {
		size_t n = strcspn(text, "\n");

		if (n > len && !strncmp(text, nonce, len) && text[len] == ' ') {
			size_t shown = n - len - 1 < LINE_MAX_SHOWN ? n - len - 1 : LINE_MAX_SHOWN;
			char *line = xstrndup(text + len + 1, shown);

			text_clean(line);
			strv_push_take(&ret->lines, line);
		}
		text += n + (text[n] == '\n');
	}
	ret->whole = find(ret, "end");
}

static void put_value(const char *name, const char *value, struct buf *ret)
{
	AUTO(strv) word = {0};

	strv_push(&word, value);
	buf_cat(ret, name, "=");
	shell_quote(&word, ret);
	buf_putc(ret, '\n');
}

/* Data in single quotes, and the constant behind it. */
static void make_text(const struct talk *t, const char *step, struct buf *ret)
{
	const struct install *in = t->in;
	const char *keys = find(&t->look, "keys-sum"), *block = find(&t->look, "block-sum");
	AUTO(buf) patience = {0};
	AUTO(buf) lines = {0};

	buf_printf(&patience, "%u", in->revoke ? 0 : in->patience);
	if (in->half->block.len)
		buf_put(&lines, in->half->block.s, in->half->block.len - 1); /* without its last newline */
	put_value("nonce", t->nonce, ret);
	put_value("step", step, ret);
	put_value("account", in->account, ret);
	put_value("name", in->tunnel->name, ret);
	put_value("type", in->half->type.s, ret);
	put_value("base64", in->half->base64.s, ret);
	put_value("line", in->revoke ? "" : in->half->line.s, ret);
	put_value("block", in->revoke ? "" : buf_str(&lines), ret);
	put_value("hop", in->hop ? "yes" : "no", ret);
	put_value("dedicated", in->dedicated ? "yes" : "no", ret);
	put_value("seen_keys", keys ? keys : "", ret);
	put_value("seen_block", block ? block : "", ret);
	put_value("state", t->state ? t->state : "", ret);
	put_value("patience", patience.s, ret);
	buf_puts(ret, script);
}

/* 0, or a negative errno; -EREMOTEIO where ssh did not get through. */
static int step(const struct talk *t, const char *name, bool fresh, struct answer *ret, struct error *err)
{
	AUTO(buf) text = {0};
	AUTO(buf) output = {0};
	const char *why;
	int status;

	make_text(t, name, &text);
	(void)fflush(stdout); /* ssh's questions stand behind what was said */
	status = install_ssh_run(&t->ssh, text.s, fresh, &output, err);
	if (status < 0)
		return status;
	read_answer(buf_str(&output), t->nonce, ret);
	if ((why = find(ret, "fail")))
		return error_set(err, -EPERM, "%s: %s", t->ssh.shown.s, why);
	if (ret->whole)
		return 0;
	if (status == SSH_FAILED)
		return error_set(err, -EIO, "%s: ssh did not get through; it says why above; try: %s",
				 t->ssh.shown.s, t->ssh.by_hand.s);
	return error_set(err, -EPROTO,
			 "%s: no whole answer came (status %d); is its shell one that runs commands? try: "
			 "%s true",
			 t->ssh.shown.s, status, t->ssh.by_hand.s);
}

/* The lines of the answer with this mark, as a person reads a diff. */
static void put_marked(const struct answer *a, const char *mark, enum ink ink, struct buf *ret)
{
	bool colour = ink_has_colour(STDOUT_FILENO);

	for (size_t i = 0; i < a->lines.len; i++) {
		const char *rest = behind(a->lines.v[i], mark);
		AUTO(buf) line = {0};

		if (!rest)
			continue;
		buf_printf(&line, "%c %s", mark[strlen(mark) - 1], rest);
		ink_put(colour, ink, line.s, ret);
		buf_putc(ret, '\n');
	}
}

static void put_diff(const struct talk *t, struct buf *ret)
{
	static const struct {
		const char *change, *file, *minus, *plus;
	} parts[] = {
		{ "keys-change", "keys", "keys-", "keys+" },
		{ "block-change", "block", "block-", "block+" },
	};

	for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
		if (!find(&t->look, parts[i].change))
			continue;
		buf_printf(ret, "%s: %s\n", t->ssh.shown.s, find(&t->look, parts[i].file));
		put_marked(&t->look, parts[i].minus, INK_BAD, ret);
		put_marked(&t->look, parts[i].plus, INK_GOOD, ret);
	}
}

static bool changes(const struct talk *t)
{
	return find(&t->look, "keys-change") || find(&t->look, "block-change");
}

static bool has_root(const struct talk *t)
{
	const char *root = find(&t->look, "root");

	return root && strcmp(root, "no") != 0;
}

/* The first Unix socket that the tunnel makes on the server, or NULL. */
static const char *socket_there(const struct tunnel *t)
{
	for (size_t i = 0; i < t->remote_forward.len; i++)
		if (t->remote_forward.v[i].listen.path)
			return t->remote_forward.v[i].listen.path;
	return NULL;
}

/* What is left to somebody else, or may surprise. */
static void say_rest(const struct talk *t)
{
	const struct install *in = t->in;
	const char *stays = find(&t->look, "block-stays"), *path;

	for (size_t i = 0; i < t->look.lines.len; i++)
		if (!strncmp(t->look.lines.v[i], "note ", 5))
			cli_error("warning: %s: %s", t->ssh.shown.s, t->look.lines.v[i] + 5);
	if (in->reclaim && !in->revoke && find(&t->look, "no-reclaim"))
		cli_error("warning: %s: " SERVER_RECLAIM
			  " is not there yet, and the key can only come in with it; copy it from "
			  "packaging/server, mode 755",
			  t->ssh.shown.s);
	if (has_root(t) || in->hop)
		return;
	if (stays)
		cli_error("warning: %s: %s stays: only root there can %s it", t->ssh.shown.s, stays,
			  in->revoke ? "remove" : "change");
	else if (!in->revoke && (path = socket_there(in->tunnel)))
		cli_error("warning: %s: the tunnel survives no restart as long as sshd does not say StreamLocalBindUnlink "
			  "yes: it leaves %s behind, and no later session can listen there",
			  t->ssh.shown.s, path);
	if (!stays && !in->revoke)
		cli_say(in->cli,
			"\n%s has no root there, so sshd's own settings stay as they are. Whoever has, can "
			"put this into\n"
			"/etc/ssh/sshd_config.d/50-tunnelctl-%s.conf (before OpenSSH 8.2: at the end of "
			"/etc/ssh/sshd_config),\n"
			"and then: sshd -t && systemctl reload ssh\n\n%s",
			t->ssh.shown.s, in->tunnel->name, in->half->block.s);
}

/* sshd reads its settings anew just then, and is away for a moment. */
static int confirm(struct talk *t, struct error *err)
{
	int r = -EIO;

	for (int i = 0; i < CONFIRM_TRIES && r == -EIO; i++) {
		AUTO(answer) answer = {0};

		(void)nanosleep(&(struct timespec){ .tv_sec = i, .tv_nsec = 500 * 1000 * 1000 }, NULL);
		r = step(t, "confirm", true, &answer, err);
	}
	return r;
}

static int apply(struct talk *t)
{
	struct error err = {0};
	int r = step(t, "apply", false, &t->apply, &err);

	if (r < 0) {
		cli_error("%s", err.text);
		if (!find(&t->apply, "fail"))
			cli_error(
				"%s: whatever was changed there is put back by the server itself within %u s",
				t->ssh.shown.s, APPLY_S + t->in->patience);
		return EXIT_FAILED;
	}
	if (!(t->state = find(&t->apply, "state")))
		return EXIT_DONE;
	if ((r = confirm(t, &err)) < 0) {
		cli_error("%s", err.text);
		cli_error("%s: a second login did not work, so within %u s the server puts its old files "
			  "back by itself; "
			  "nothing has to be done there",
			  t->ssh.shown.s, t->in->patience);
		return EXIT_FAILED;
	}
	return EXIT_DONE;
}

/* A ProxyJump host says so as well; of what lies behind it ssh then says "(via proxy)". */
static bool is_let_in(const struct tunnel *t, const char *output)
{
	static const char words[] = "Authenticated to ";

	for (const char *s = output; *s; s += strspn(s, "\r\n")) {
		size_t len = strcspn(s, "\r\n");
		const char *via = strstr(s, "(via proxy)");

		if (!strncmp(s, words, strlen(words)) && (!t->proxy_jump || (via && via < s + len)))
			return true;
		s += len;
	}
	return false;
}

/* The line that tells, which need not be the last one. */
static void say_unproved(const struct install *in, const struct verdict *v, const char *error)
{
	bool key = v->class == CLASS_host_key_unknown || v->class == CLASS_host_key_changed || v->class == CLASS_host_key;
	AUTO(buf) see = {0};

	nextstep_command(in->cli, in->tunnel, in->user, key ? "trust" : "test", NULL, &see);
	cli_error("%s: the tunnel's own key does not come in%s%s yet%s%s%s; see: %s", in->tunnel->name,
		  in->hop ? " on " : "", in->hop ? in->tunnel->host : "", error || *v->words ? ": " : "",
		  !error && *v->words ? "ssh said: " : "", error ? error : v->words, see.s);
}

/* A login with the tunnel's own key, which asks for nothing but a connection that no line permits: so nothing
 * is started there, under no form of the line. */
static int prove(const struct install *in, json_t *facts)
{
	__attribute__((cleanup(client_done))) struct client c = {0};
	AUTO(ssh_errand) errand = {0};
	struct verdict verdict = {0};
	AUTO(buf) output = {0};
	struct error err = {0};
	bool in_there;
	int r;

	if ((r = client_open(in->cli, in->tunnel, in->user, &c, &err)) < 0) {
		cli_error("warning: not proved with the tunnel's own key: %s", err.text);
		return EXIT_DONE;
	}
	strv_split(&errand.words, "-o LogLevel=VERBOSE -W localhost:1");
	r = client_run(&c, &errand, PROOF_MS, &output, &err);
	in_there = is_let_in(in->tunnel, buf_str(&output));
	(void)json_object_set_new(facts, "proved", json_boolean(in_there));
	if (in_there) {
		cli_say(in->cli, "%s: proved: %s lets the tunnel's own key in as %s", in->tunnel->name,
			in->hop ? in->tunnel->host : "the server", in->account);
		return EXIT_DONE;
	}
	verdict_add_all(&verdict, buf_str(&output));
	say_unproved(in, &verdict, r < 0 ? err.text : NULL);
	return EXIT_FAILED;
}

/* 0 = go on; else an exit code. */
static int ask(const struct talk *t)
{
	const struct cli *cli = t->in->cli;
	AUTO(buf) diff = {0};
	bool yes;

	put_diff(t, &diff);
	if (!cli->options.json && !(cli->options.quiet && cli->options.yes))
		(void)puts(buf_str(&diff)); /* even with --quiet nobody agrees to what they have not seen */
	if (cli->options.yes)
		return 0;
	if (cli->options.json || !ask_can()) {
		cli_error("nobody is here to ask, and nothing was changed; --yes does it unasked");
		return EXIT_FAILED;
	}
	client_heed_interrupt(true);
	yes = ask_yes(t->in->revoke ? "Take this away?" : t->in->hop ? "Write this to the host on the way?"
								     : "Write this to the server?");
	client_heed_interrupt(false);
	if (yes)
		return 0;
	cli_error("nothing was changed");
	return EXIT_FAILED;
}

static void say_changed(const struct talk *t, json_t *facts)
{
	const char *keys = find(&t->apply, "keys-changed"), *block = find(&t->apply, "block-changed");

	(void)json_object_set_new(facts, "changed", json_boolean(keys || block));
	if (!keys && !block) {
		cli_say(t->in->cli, "%s: unchanged: %s", t->in->tunnel->name,
			t->in->revoke ? "nothing of it is on the server" : "the server has all of it");
		return;
	}
	cli_say(t->in->cli, "%s: changed: %s%s%s", t->in->tunnel->name, keys ? keys : "",
		keys && block ? " and " : "", block ? block : "");
}

static void put_facts(const struct talk *t, json_t *facts)
{
	json_set_text(facts, "server", t->ssh.shown.s);
	json_set_text(facts, "authorized_keys", find(&t->look, "keys"));
	json_set_text(facts, "sshd_config", find(&t->look, "block"));
	(void)json_object_set_new(facts, "root", json_boolean(has_root(t)));
}

static int open_talk(struct talk *t, struct error *err)
{
	int r;

	if ((r = make_nonce(t->nonce, err)) < 0 || (r = install_ssh_open(t->in, &t->ssh, err)) < 0)
		return r;
	install_ssh_announce(&t->ssh);
	return step(t, "look", false, &t->look, err);
}

int install_run(const struct install *in, json_t *facts)
{
	__attribute__((cleanup(talk_done))) struct talk t = { .in = in };
	struct error err = {0};
	int r;

	if ((r = open_talk(&t, &err)) < 0) {
		cli_error("%s", err.text);
		/* An account that runs no commands for anybody: somebody else has put the line there, or will. */
		if (in->hop && !in->revoke && r != -ENOENT)
			return prove(in, facts);
		return r == -ENOMSG ? EXIT_USAGE : EXIT_FAILED;
	}
	put_facts(&t, facts);
	if (changes(&t) && ((r = ask(&t)) || (r = apply(&t))))
		return r;
	say_changed(&t, facts);
	say_rest(&t);
	return in->revoke ? EXIT_DONE : prove(in, facts);
}
