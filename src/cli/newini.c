/* SPDX-License-Identifier: MIT */
#include "cli/newini.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "model/forward.h"
#include "ssh/commandline.h"
#include "ssh/letters.h"

/* What "ssh" would be given: one destination, and nothing to run there. */
static int look_at_words(const char *name, const struct strv *argv, struct newini *ret, struct strv *ret_problems)
{
	struct letters l = { .argv = argv, .next = 1 };
	struct letters_step step;

	while (letters_next(&l, &step)) {
		if (step.kind == LETTERS_COMMAND) {
			strv_pushf(ret_problems, "%s: stands behind the destination %s, where ssh has a command, and a "
				   "tunnel runs none on the server; leave it out, or quote the option that it belongs to",
				   step.value, ret->destination);
			return -EINVAL;
		}
		if (step.kind == LETTERS_DESTINATION)
			ret->destination = xstrdup(step.value);
	}
	if (ret->destination)
		return 0;
	strv_pushf(ret_problems, "%s: no DESTINATION; wanted the server at the end, as in: tunnelctl new %s -R "
		   "12345:localhost:22 remoteuser@servername", name, name);
	return -EINVAL;
}

static bool forwards(const struct draft *d)
{
	static const enum key_id ids[] = { KEY_remote_forward, KEY_local_forward, KEY_dynamic_forward, KEY_tunnel_device };

	for (size_t i = 0; i < ARRAY_LEN(ids); i++)
		if (draft_find(d, &keys[ids[i]]))
			return true;
	return false;
}

static int refuse_idle(const char *name, const char *destination, struct strv *ret_problems)
{
	static const struct { const char *words, *meaning; } examples[] = {
		{ "-R 12345:localhost:22", "port 12345 of the server leads to sshd here" },
		{ "-L 5432:localhost:5432", "port 5432 here leads to the server's database" },
		{ "-D 1080", "port 1080 here is a SOCKS proxy that goes out from the server" },
	};

	strv_pushf(ret_problems, "%s: forwards nothing; wanted one of these, or more:", name);
	for (size_t i = 0; i < ARRAY_LEN(examples); i++)
		strv_pushf(ret_problems, "  tunnelctl new %s %s %s: %s", name, examples[i].words, destination,
			   examples[i].meaning);
	return -EINVAL;
}

/* People paste "-fNT" with the rest, and all of it is so anyway. */
static bool is_silent(const struct draft_remark *r)
{
	static const char *const whats[] = { "ssh", "-1", "-2", "-f", "-N", "-n", "-q", "-T", "-v", "-y" };

	for (size_t i = 0; i < ARRAY_LEN(whats); i++)
		if (!strcmp(r->what, whats[i]))
			return true;
	return !strcmp(r->why, "always so");
}

static int take_remarks(struct newini *n, struct strv *ret_problems)
{
	bool refused = draft_is_refused(&n->draft);

	for (size_t i = 0; i < n->draft.remarks_len; i++) {
		const struct draft_remark *r = &n->draft.remarks[i];

		if (r->kind == DRAFT_REFUSED)
			strv_pushf(ret_problems, "%s: %s", r->what, r->why);
		else if (r->kind == DRAFT_DROPPED && !is_silent(r))
			strv_pushf(&n->left_out, "%s: left out: %s", r->what, r->why);
	}
	return refused ? -EINVAL : 0;
}

int newini_read(const char *name, const struct strv *words, const char *folder, struct newini *ret,
		struct strv *ret_problems)
{
	AUTO(strv) argv = {0};
	const struct commandline line = { .argv = &argv, .folder = folder };

	strv_push(&argv, "ssh");
	strv_push_all(&argv, words);
	if (look_at_words(name, &argv, ret, ret_problems) < 0)
		return -EINVAL;
	(void)commandline_read(&line, &ret->draft);
	if (take_remarks(ret, ret_problems) < 0)
		return -EINVAL;
	return forwards(&ret->draft) ? 0 : refuse_idle(name, ret->destination, ret_problems);
}

static void put_end(const struct endpoint *e, struct buf *ret)
{
	const char *host = e->host ? e->host : "localhost";

	if (e->path)
		buf_puts(ret, e->path);
	else
		buf_printf(ret, strchr(host, ':') ? "[%s]:%u" : "%s:%u", host, e->port);
}

static void put_listener(const struct endpoint *e, struct buf *ret)
{
	if (e->path)
		buf_printf(ret, "the socket %s", e->path);
	else if (e->port)
		buf_printf(ret, "port %u", e->port);
	else
		buf_puts(ret, "a port that the server chooses,");
}

/* What a forward does, for whoever opens the file in a year. */
static void describe(const struct draft_line *l, const char *host, struct buf *ret)
{
	AUTO(forward) f = {0};

	if (forward_parse(l->key->forward, l->value, &f, NULL) < 0)
		return;
	put_listener(&f.listen, ret);
	if (f.kind == FORWARD_DYNAMIC) {
		buf_printf(ret, " here is a SOCKS proxy that goes out from %s", host);
		return;
	}
	buf_printf(ret, f.kind == FORWARD_REMOTE ? " of %s leads to " : " here leads to ", host);
	put_end(&f.target, ret);
	if (f.kind == FORWARD_LOCAL)
		buf_printf(ret, ", seen from %s", host);
}

void newini_print(const struct newini *n, const char *name, struct buf *ret)
{
	const struct draft_line *host = draft_find(&n->draft, &keys[KEY_host]);
	AUTO(buf) comment = {0};

	buf_printf(&comment, "; %s.ini:", name);
	for (size_t i = 0; i < n->draft.lines_len; i++) {
		const struct draft_line *l = &n->draft.lines[i];

		if (!l->key || !l->key->forward)
			continue;
		buf_puts(&comment, comment.s[comment.len - 1] == ':' ? " " : "\n; and ");
		describe(l, host->value, &comment);
	}
	if (comment.s[comment.len - 1] == ':')
		buf_printf(&comment, " a network device that leads to %s", host->value);
	buf_cat(ret, comment.s, "\n; What may stand here: tunnelctl explain\n\n");
	draft_print(&n->draft, ret);
}

void newini_done(struct newini *n)
{
	free(n->destination);
	draft_done(&n->draft);
	strv_done(&n->left_out);
	*n = (struct newini){0};
}
