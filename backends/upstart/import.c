/* SPDX-License-Identifier: MIT */
#include "import.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/macros.h"
#include "check.h"
#include "lexer.h"
#include "stanza.h"
#include "version.h"
#include "words.h"

/* The job while it is read; lines are 0 for what it does not say. */
struct import {
	struct foreign *ret;
	struct strv *problems;
	unsigned start, respawn, exit_0, account;
	struct buf user, group;
};

static void import_done(struct import *i)
{
	buf_done(&i->user);
	buf_done(&i->group);
}

/* Reads a command, as the shell of the job would. */
static void take_command(struct import *i, const char *text, const char *what, unsigned line)
{
	__attribute__((cleanup(words_done))) struct words w = {0};
	const char *why = NULL;

	if (!words_split(text, &w) || !w.v.len)
		why = "no command that a shell would take";
	else if (*w.list || w.redirect)
		why = "more than one command, or files for what it says; wanted ssh alone: tunnelctl import -- ssh ...";
	else if (w.expands)
		why = "the shell of the job would expand a word of it ($, *, ~); wanted it written out";
	if (why) {
		strv_pushf(i->problems, "%u: %s: %s", line, what, why);
		return;
	}
	for (size_t j = strcmp(w.v.v[0], "exec") != 0 ? 0 : 1; j < w.v.len; j++)
		foreign_push_word(i->ret, w.v.v[j], line);
}

static void take_exec(struct import *i, struct lexer *l, unsigned line)
{
	AUTO(buf) text = {0};

	(void)lexer_command(l, &text);
	take_command(i, buf_str(&text), "exec", line);
}

static bool is_nothing(const char *line, size_t len)
{
	size_t blanks = strspn(line, " \t\r");

	return blanks >= len || line[blanks] == '#';
}

/* One line that runs something is a command; several are a program. */
static void take_script(struct import *i, struct lexer *l, unsigned line)
{
	AUTO(buf) body = {0};
	AUTO(buf) command = {0};
	unsigned commands = 0;

	(void)lexer_script(l, &body);
	for (const char *s = buf_str(&body); *s;) {
		size_t len = strcspn(s, "\n");

		if (!is_nothing(s, len) && commands++ == 0)
			buf_put(&command, s, len);
		s += len + (s[len] == '\n');
	}
	if (commands == 1)
		take_command(i, command.s, "script", line);
	else
		strv_pushf(i->problems, "%u: script: %u commands; wanted that of the tunnel: tunnelctl import -- ssh ...",
			   line, commands);
}

static void take_variable(struct import *i, const char *variable, unsigned line)
{
	AUTO_FREE char *name = xstrndup(variable, strcspn(variable, "="));

	foreign_push_environment(i->ret, name, variable + strlen(name) + 1, line);
}

static void take_start(struct import *i, struct lexer *l, unsigned line)
{
	(void)l;
	i->start = line;
	foreign_drop(i->ret, "start on", line, "a tunnel starts at boot and waits for the network by itself");
}

static void take_exit(struct import *i, struct lexer *l, unsigned line)
{
	while (lexer_peek(l, false)) {
		AUTO(buf) token = {0};

		if (lexer_token(l, &token))
			return;
		if (!strcmp(token.s, "0"))
			i->exit_0 = line;
		else
			foreign_drop(i->ret, "normal exit", line, "%.20s: ssh says 255 for whatever went wrong", token.s);
	}
}

/* ssh has one limit, soft and hard alike. */
static void take_files(struct import *i, struct lexer *l, unsigned line)
{
	AUTO(buf) soft = {0};
	AUTO(buf) hard = {0};

	(void)lexer_token(l, &soft);
	(void)lexer_token(l, &hard);
	foreign_set(i->ret, &keys[KEY_limit_nofile], buf_str(&hard), "limit nofile", line);
}

/* Those whose one token is all. */
static bool take_token(struct import *i, const char *name, const char *token, unsigned line)
{
	if (!strcmp(name, "description")) {
		foreign_set(i->ret, &keys[KEY_description], token, name, line);
	} else if (!strcmp(name, "env")) {
		take_variable(i, token, line);
	} else if (!strcmp(name, "kill timeout")) {
		foreign_set(i->ret, &keys[KEY_stop_timeout], token, name, line);
	} else if (!strcmp(name, "setuid")) {
		i->account = line;
		buf_puts(&i->user, token);
	} else if (!strcmp(name, "setgid")) {
		i->account = i->account ? i->account : line;
		buf_puts(&i->group, token);
	} else if (!strcmp(name, "chdir")) {
		free(i->ret->folder);
		i->ret->folder = xstrdup(token);
		foreign_drop(i->ret, name, line, "ssh needs none; relative file names are written out");
	} else {
		return false;
	}
	return true;
}

/* What has a key of its own, or no meaning for a tunnel. */
static bool take_known(struct import *i, const struct stanza *s, struct lexer *l, unsigned line)
{
	static const struct {
		const char *name;
		void (*take)(struct import *, struct lexer *, unsigned line);
	} takers[] = {
		{ "exec", take_exec },          { "script", take_script },    { "start on", take_start },
		{ "normal exit", take_exit },   { "limit nofile", take_files },
	};
	static const struct { const char *name, *why; } dropped[] = {
		{ "stop on", "a tunnel ends with the machine" },
		{ "respawn limit", "tunnelctl-run itself waits between tries, and never gives up" },
		{ "manual", "Start = manual says it" },
		{ "version", "of the job, which tunnelctl writes anew" },
		{ "author", "of the job, which tunnelctl writes anew" },
	};

	for (size_t j = 0; j < ARRAY_LEN(takers); j++)
		if (!strcmp(s->name, takers[j].name)) {
			takers[j].take(i, l, line);
			return true;
		}
	for (size_t j = 0; j < ARRAY_LEN(dropped); j++)
		if (!strcmp(s->name, dropped[j].name)) {
			i->start = strcmp(s->name, "manual") != 0 ? i->start : 0;
			foreign_drop(i->ret, s->name, line, "%s", dropped[j].why);
			return true;
		}
	if (strcmp(s->name, "respawn") != 0)
		return false;
	i->respawn = line;
	return true;
}

/* The rest of the statement, as it stands there, goes into [upstart], or nowhere: "limit = core 0 0". */
static void take_other(struct import *i, const struct stanza *s, const struct lexer *from, const struct lexer *to,
		       unsigned line)
{
	struct draft_origin at = { s->name, line };
	size_t first = strcspn(s->name, " "), end = to->pos;
	AUTO_FREE char *name = xstrndup(s->name, first);
	AUTO(buf) value = {0};
	AUTO(buf) text = {0};
	struct error err = {0};

	if (s->instead) {
		foreign_drop(i->ret, s->name, line, "%s", s->instead);
		return;
	}
	while (end > from->pos && strchr(" \t\r", from->text[end - 1]))
		end--;
	buf_put(&value, from->text + from->pos, end - from->pos);
	for (size_t j = 0; j < value.len; j++)
		if (strchr("\r\n", value.s[j])) {
			foreign_drop(i->ret, s->name, line, "goes over more than one line");
			return;
		}
	buf_cat(&text, s->name + first, " ", buf_str(&value) + strspn(buf_str(&value), " \t"));
	if (draft_add(&i->ret->draft, SECTION_upstart, name, text.s + strspn(text.s, " "), false, &at, &err) < 0)
		foreign_drop(i->ret, s->name, line, "%s", err.text);
}

/* False at the end of the file. */
static bool take_statement(struct import *i, struct lexer *l)
{
	AUTO(buf) name = {0};
	AUTO(buf) token = {0};
	const struct stanza *s;
	struct lexer from, peek;
	unsigned line;

	if (!lexer_peek(l, true))
		return false;
	line = l->line;
	(void)stanza_next(l, &name, &s);
	from = peek = *l;
	(void)stanza_check(s, l);
	if (!take_known(i, s, &peek, line) && (lexer_token(&peek, &token) || !take_token(i, s->name, token.s, line)))
		take_other(i, s, &from, l, line);
	lexer_skip_line(l);
	return true;
}

static void take_life(struct import *i)
{
	AUTO(buf) account = {0};

	if (!i->respawn)
		foreign_set(i->ret, &keys[KEY_restart], "never", "no respawn", 0);
	else if (i->exit_0)
		foreign_set(i->ret, &keys[KEY_restart], "on-failure", "normal exit", i->exit_0);
	else
		foreign_drop(i->ret, "respawn", i->respawn, "Restart = always is the default");
	if (!i->start)
		foreign_set(i->ret, &keys[KEY_start], "manual", "no start on", 0);
	if (!i->account)
		return;
	buf_cat(&account, i->user.len ? i->user.s : "root", i->group.len ? ":" : "", buf_str(&i->group));
	foreign_set(i->ret, &keys[KEY_run_as], account.s, "setuid", i->account);
}

/* What upstart would not take; that a tunnel could not live with it is another matter. */
static bool is_readable(const char *text, size_t len, struct strv *ret)
{
	struct lexer l = { .text = text, .len = len, .line = 1 };
	size_t before = ret->len;

	if ((len && memchr(text, '\0', len)) || len > JOB_MAX) {
		(void)job_check(text, len, UPSTART_NEWEST, ret);
		return false;
	}
	while (lexer_peek(&l, true)) {
		AUTO(buf) name = {0};
		const struct stanza *s;
		unsigned line = l.line;
		const char *why = "unknown stanza";

		(void)stanza_next(&l, &name, &s);
		/* One that goes to the background is imported as one that does not. */
		if (!s || (strcmp(s->name, "expect") != 0 && (why = stanza_check(s, &l))))
			strv_pushf(ret, "%u: %s", line, why);
		lexer_skip_line(&l);
	}
	return ret->len == before;
}

int upstart_import(const char *text, size_t len, struct foreign *ret, struct strv *ret_problems)
{
	AUTO(strv) problems = {0};
	AUTO(import) i = { .ret = ret, .problems = &problems };
	struct lexer l = { .text = text, .len = len, .line = 1 };

	if (!is_readable(text, len, ret_problems))
		return -EINVAL;
	ret->folder = xstrdup("/"); /* where upstart starts a job of the system that says nothing */
	while (take_statement(&i, &l))
		;
	take_life(&i);
	if (!problems.len && !ret->argv.len)
		strv_push(&problems, "no exec or script: wanted the command of a tunnel");
	if (problems.len) {
		strv_push_all(ret_problems, &problems);
		return -EINVAL;
	}
	draft_remark(&ret->draft, DRAFT_NOTE, &(struct draft_origin){ "the old job", 0 },
		     "stop it before the tunnel comes, or both fight for the port: initctl stop JOB, then move its file "
		     "away");
	return 0;
}
