/* SPDX-License-Identifier: MIT */
#include "launchctl.h"

#include <ctype.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "base/macros.h"
#include "base/spawn.h"

/* How much of what launchctl says goes into a line; how often one that Ctrl-C ended is called again. */
enum { WORDS_MAX = 160, AGAIN_MAX = 5 };

struct row {
	int code;
	const char *words;
	enum reply_kind kind;
	const char *why, *next;
};

static const struct row rows[] = {
#define REPLY(number, text, what, wrong, step) { number, text, REPLY_##what, wrong, step },
#include "replies.def"
};

static const struct row *find_code(int code)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (rows[i].code == code)
			return &rows[i];
	return NULL;
}

static const struct row *find_words(const char *output)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (rows[i].words && strstr(output, rows[i].words))
			return &rows[i];
	return NULL;
}

/* "Bootstrap failed: 5: Input/output error", "Load failed: 5: ...": said, and yet the status may be 0. 0: not said. */
static int said_code(const char *output)
{
	static const char failed[] = " failed: ";

	for (const char *s = output; (s = strstr(s, failed));) {
		s += sizeof(failed) - 1;
		if (isdigit((unsigned char)*s) && s[strspn(s, "0123456789")] == ':' && strspn(s, "0123456789") < 4)
			return (int)strtol(s, NULL, 10);
	}
	return 0;
}

/* The row that the reply means; NULL: none, which with code 0 means that all is well. */
static const struct row *understand(struct reply *r)
{
	const char *output = buf_str(&r->output);
	const struct row *row;

	if (r->code == 0)
		r->code = said_code(output);
	if ((row = find_code(r->code)))
		return row;
	row = find_words(output);
	if (row && r->code == 0)
		r->code = row->code;
	return row;
}

static bool prints(const struct reply *r)
{
	return !strncmp(r->argv.v[1], "print", 5);
}

/* Ctrl-C ends every program of the terminal, and so also a launchctl whose caller has put the signal off. */
static bool was_interrupted(int code)
{
	sigset_t pending;

	return code == 128 + SIGINT && sigpending(&pending) == 0 && sigismember(&pending, SIGINT) == 1;
}

void launchctl_call(unsigned limit_s, const char *const words[], struct reply *ret)
{
	const struct row *row;

	reply_done(ret);
	strv_push(&ret->argv, launchctl_program);
	for (size_t i = 0; words[i]; i++)
		strv_push(&ret->argv, words[i]);
	for (int i = 0; i == 0 || (i < AGAIN_MAX && was_interrupted(ret->code)); i++) {
		buf_clear(&ret->output);
		ret->code = spawn_run(ret->argv.v, NULL, limit_s * 1000, &ret->output, NULL);
	}
	if (ret->code < 0) {
		ret->kind = REPLY_NONE;
	} else if (ret->code == 0 && prints(ret)) {
		ret->kind = REPLY_DONE;
	} else {
		row = understand(ret);
		ret->kind = row ? row->kind : ret->code ? REPLY_REFUSED : REPLY_DONE;
	}
}

/* The call as a person would type it. */
static void put_call(const struct reply *r, struct buf *ret)
{
	buf_puts(ret, "launchctl");
	for (size_t i = 1; i < r->argv.len; i++)
		buf_cat(ret, " ", r->argv.v[i]);
}

/* The step, with NAME and PLIST replaced. */
static void put_step(const char *step, const char *name, const char *plist, struct buf *ret)
{
	while (*step) {
		if (!strncmp(step, "NAME", 4)) {
			buf_puts(ret, name);
			step += 4;
		} else if (!strncmp(step, "PLIST", 5)) {
			buf_puts(ret, plist ? plist : "PLIST");
			step += 5;
		} else {
			buf_putc(ret, *step++);
		}
	}
}

void reply_describe(const struct reply *r, const char *name, const char *plist, struct buf *ret)
{
	const struct row *row = find_code(r->code);

	put_call(r, ret);
	if (r->kind == REPLY_NONE && r->code == -ETIMEDOUT) {
		buf_puts(ret, ": no answer, given up; is launchd busy? Try again");
		return;
	}
	if (r->kind == REPLY_NONE) {
		buf_cat(ret, ": ", strerror(-r->code));
		return;
	}
	if (!row && (row = find_words(buf_str(&r->output))))
		buf_printf(ret, ": %d, which tunnelctl does not know", r->code);
	else
		buf_printf(ret, ": %d", r->code);
	if (row)
		buf_cat(ret, ", ", row->why);
	spawn_quote(&r->output, WORDS_MAX, ret);
	if (row) {
		buf_puts(ret, "; ");
		put_step(row->next, name, plist, ret);
	} else {
		buf_printf(ret, "; launchctl error %d may tell more", r->code);
	}
}

int reply_errno(const struct reply *r)
{
	if (r->kind == REPLY_DONE)
		return 0;
	if (r->kind == REPLY_NONE)
		return r->code;
	return r->code == 1 || r->code == 13 ? -EPERM : -EIO;
}

void reply_done(struct reply *r)
{
	strv_done(&r->argv);
	buf_done(&r->output);
	*r = (struct reply){0};
}
