/* SPDX-License-Identifier: MIT */
#include "initctl.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "base/macros.h"
#include "base/spawn.h"

extern char **environ;

/* How much of what initctl says goes into a line. */
enum { WORDS_MAX = 160 };

struct row {
	const char *words;
	enum answer_kind kind;
	const char *why, *next;
};

static const struct row rows[] = {
#define ANSWER(text, what, wrong, step) { text, ANSWER_##what, wrong, step },
#include "answers.def"
};

static const struct row *find(const struct answer *a)
{
	for (size_t i = 0; a->code && i < ARRAY_LEN(rows); i++)
		if (strstr(buf_str(&a->output), rows[i].words))
			return &rows[i];
	return NULL;
}

static bool is_variable(const char *text, const char *name)
{
	size_t len = strlen(name);

	return !strncmp(text, name, len) && text[len] == '=';
}

/* initctl speaks to the init of $UPSTART_SESSION if there is one, also where root means the system's. */
static void make_environment(const char *session, struct strv *ret)
{
	for (size_t i = 0; environ[i]; i++)
		if (!is_variable(environ[i], "LC_ALL") && !is_variable(environ[i], "UPSTART_SESSION"))
			strv_push(ret, environ[i]);
	strv_push(ret, "LC_ALL=C");
	if (session)
		strv_pushf(ret, "UPSTART_SESSION=%s", session);
}

static enum answer_kind understand(const struct answer *a)
{
	const struct row *row = find(a);

	if (a->code < 0)
		return ANSWER_NONE;
	if (a->code == 0)
		return ANSWER_DONE;
	return row ? row->kind : ANSWER_REFUSED;
}

void initctl_call(const char *session, unsigned limit_s, const char *const words[], struct answer *ret)
{
	AUTO(strv) environment = {0};

	answer_done(ret);
	make_environment(session, &environment);
	strv_push(&ret->argv, initctl_program);
	if (session)
		strv_push(&ret->argv, "--user");
	for (size_t i = 0; words[i]; i++)
		strv_push(&ret->argv, words[i]);
	ret->code = spawn_run_in(ret->argv.v, environment.v, NULL, limit_s * 1000, &ret->output, NULL);
	ret->kind = understand(ret);
}

static void put_step(const char *step, const char *name, struct buf *ret)
{
	const char *at = strstr(step, "NAME");

	if (at)
		buf_printf(ret, "; %.*s%s%s", (int)(at - step), step, name, at + 4);
	else
		buf_cat(ret, "; ", step);
}

void answer_describe(const struct answer *a, const char *name, struct buf *ret)
{
	const struct row *row = find(a);

	buf_puts(ret, "initctl");
	for (size_t i = 1; i < a->argv.len; i++)
		buf_cat(ret, " ", a->argv.v[i]);
	if (a->code == -ETIMEDOUT) {
		buf_puts(ret, ": no answer, given up; is init busy? Try again");
		return;
	}
	if (a->code < 0) {
		buf_cat(ret, ": ", strerror(-a->code));
		return;
	}
	buf_cat(ret, ": ", row ? row->why : "it did not work");
	spawn_quote(&a->output, WORDS_MAX, ret);
	if (row)
		put_step(row->next, name, ret);
	else
		buf_printf(ret, "; exit status %d, which tells no more", a->code);
}

int answer_errno(const struct answer *a)
{
	if (a->kind == ANSWER_DONE)
		return 0;
	if (a->kind == ANSWER_NONE)
		return a->code;
	return a->kind == ANSWER_DENIED ? -EPERM : -EIO;
}

void answer_done(struct answer *a)
{
	strv_done(&a->argv);
	buf_done(&a->output);
	*a = (struct answer){0};
}
