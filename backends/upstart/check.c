/* SPDX-License-Identifier: MIT */
#include "check.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

#include "base/file.h"
#include "base/utf8.h"
#include "lexer.h"
#include "sense.h"
#include "stanza.h"
#include "version.h"

#define BOM "\xef\xbb\xbf"
#define OVERRIDE ".override"

/* A job while it is read; seen[] has the line of each stanza so far, 0: none. */
struct job {
	unsigned version;
	unsigned seen[STANZA_COUNT];
	unsigned post_stop; /* line of one that may fail, 0: none */
	bool is_script;     /* that one */
	struct buf command; /* of the main exec */
	struct strv *ret;
};

/* A statement and where it stands; arguments is the lexer in front of them. */
struct statement {
	const struct stanza *stanza;
	const char *name;
	unsigned line;
	struct lexer arguments;
};

static void job_done(struct job *j)
{
	buf_done(&j->command);
}

static unsigned line_of(const struct job *j, const char *name)
{
	for (size_t i = 0; i < STANZA_COUNT; i++)
		if (!strcmp(stanzas[i].name, name))
			return j->seen[i];
	return 0;
}

static unsigned line_of_slot(const struct job *j, const char *slot)
{
	for (size_t i = 0; slot && i < STANZA_COUNT; i++)
		if (j->seen[i] && stanzas[i].slot && !strcmp(stanzas[i].slot, slot))
			return j->seen[i];
	return 0;
}

/* Why there is no such stanza, as far as it can be guessed. */
static void explain_unknown(const char *name, struct buf *ret)
{
	if (!strncmp(name, BOM, strlen(BOM))) {
		buf_puts(ret, "a byte order mark, which upstart takes for a part of the stanza's name; save the file "
			      "without it");
		return;
	}
	buf_puts(ret, "unknown stanza");
	if (strpbrk(name, "'\"\\"))
		buf_puts(ret, "; its name takes neither quotes nor a backslash");
	else if (!strcmp(name, "and") || !strcmp(name, "or") || *name == '(')
		buf_puts(ret, "; events go on in the next line only between parentheses");
	for (size_t i = 0; i < STANZA_COUNT; i++)
		if (!strcasecmp(stanzas[i].name, name)) {
			buf_printf(ret, "; wanted %s, in lower case", stanzas[i].name);
			return;
		}
}

/* What the stanza is in the way of, or what is in its way. */
static void judge_among_others(const struct job *j, const struct statement *s, struct buf *ret)
{
	unsigned earlier = line_of_slot(j, s->stanza->slot), manual = line_of(j, "manual");

	if (earlier)
		buf_printf(ret, "line %u says it already, and upstart takes the last", earlier);
	else if (manual && !strcmp(s->stanza->name, "start on"))
		buf_printf(ret, "undoes manual in line %u, which counts only behind it", manual);
}

/* A command is not only to be read, but to be run. */
static void judge_command(struct job *j, struct statement *s, struct buf *ret)
{
	const char *name = s->stanza->name;
	AUTO(buf) text = {0};

	if (!strcmp(name, "exec")) {
		(void)lexer_command(&s->arguments, &j->command);
		sense_command(buf_str(&j->command), ret);
	} else if (!strcmp(name, "post-stop exec")) {
		(void)lexer_command(&s->arguments, &text);
		j->post_stop = sense_exec_may_fail(buf_str(&text)) ? s->line : 0;
	} else if (!strcmp(name, "post-stop script")) {
		(void)lexer_script(&s->arguments, &text);
		j->is_script = true;
		j->post_stop = sense_script_may_fail(buf_str(&text)) ? s->line : 0;
	}
}

/* Appends what is wrong, if anything is. */
static void judge(struct job *j, struct statement *s, struct lexer *l, struct buf *ret)
{
	const char *why;

	if (!s->stanza) {
		explain_unknown(s->name, ret);
		return;
	}
	s->arguments = *l;
	if ((why = stanza_check(s->stanza, l))) {
		buf_puts(ret, why);
	} else if (s->stanza->since > j->version) {
		buf_puts(ret, "needs upstart ");
		upstart_version_print(s->stanza->since, ret);
	} else {
		judge_among_others(j, s, ret);
		if (!ret->len)
			judge_command(j, s, ret);
	}
}

/* False at the end of the file. */
static bool take_statement(struct job *j, struct lexer *l)
{
	struct statement s = {0};
	AUTO(buf) name = {0};
	AUTO(buf) why = {0};

	l->corrupt = false;
	if (!lexer_peek(l, true))
		return false;
	s.line = l->line;
	(void)stanza_next(l, &name, &s.stanza);
	s.name = buf_str(&name);
	judge(j, &s, l, &why);
	if (s.stanza)
		j->seen[s.stanza - stanzas] = s.line;
	if (why.len) {
		text_clean(name.s);
		strv_pushf(j->ret, "%u: %s: %s", s.line, name.s, why.s);
	}
	lexer_skip_line(l);
	return true;
}

/* What only the whole shows. */
static void judge_whole(struct job *j)
{
	if (j->post_stop && line_of(j, "respawn"))
		strv_pushf(j->ret, "%u: post-stop %s: the day it fails, upstart does not start the job again; wanted %s",
			   j->post_stop, j->is_script ? "script" : "exec",
			   j->is_script ? "|| true behind each command" : "a sleep, or a script with || true");
	if (!line_of_slot(j, "exec"))
		strv_push(j->ret, "no exec or script: upstart would run nothing");
}

/* What no lexer should be given. */
static bool is_readable(const char *text, size_t len, struct strv *ret)
{
	if (len && memchr(text, '\0', len))
		strv_push(ret, "holds a NUL byte");
	else if (len > JOB_MAX)
		strv_pushf(ret, "%zu bytes; wanted at most %d", len, (int)JOB_MAX);
	else
		return true;
	return false;
}

int job_check(const char *text, size_t len, unsigned version, struct strv *ret)
{
	size_t before = ret->len;
	AUTO(job) j = { .version = version, .ret = ret };
	struct lexer l = { .text = text, .len = len, .line = 1 };

	if (is_readable(text, len, ret)) {
		while (take_statement(&j, &l))
			;
		judge_whole(&j);
	}
	return ret->len > before ? -EINVAL : 0;
}

int job_check_file(const char *path, const char *text, size_t len, struct strv *ret)
{
	const char *name = path_base(path), *end = strrchr(name, '.');
	size_t chars = end ? (size_t)(end - name) : strlen(name);

	(void)text;
	(void)len;
	if (!chars)
		strv_push(ret, "no name before .conf; a job is called as its file is");
	else if (word_span(name, "._@-") < chars)
		strv_push(ret, "the file's name is the job's; wanted letters, digits and ._@- alone");
	else
		return 0;
	return -EINVAL;
}

static void advise_command(const struct job *j, struct strv *ret)
{
	unsigned line = line_of(j, "exec");
	AUTO(strv) lines = {0};

	if (!j->command.len || !sense_is_ssh(j->command.s))
		return;
	if (!line_of(j, "setuid"))
		strv_pushf(ret, "%u: exec: no setuid, so ssh runs as root in a job of the system", line);
	sense_advise(j->command.s, &lines);
	for (size_t i = 0; i < lines.len; i++)
		strv_pushf(ret, "%u: exec: %s", line, lines.v[i]);
}

static void advise_life(const struct job *j, struct strv *ret)
{
	unsigned respawn = line_of(j, "respawn");

	if (!respawn)
		strv_push(ret, "no respawn: the day it ends, upstart does not start it again");
	else if (!line_of(j, "respawn limit") && !line_of_slot(j, "post-stop"))
		strv_pushf(ret, "%u: respawn: upstart gives up after 10 starts within 5 s; add respawn limit unlimited",
			   respawn);
	if (line_of(j, "start on") && !line_of(j, "stop on"))
		strv_pushf(ret, "%u: start on: no stop on, so it is killed with the machine and not ended before",
			   line_of(j, "start on"));
}

void job_hint(const char *path, const char *text, size_t len, struct strv *ret)
{
	AUTO(strv) problems = {0};
	AUTO(job) j = { .version = UPSTART_NEWEST, .ret = &problems };
	struct lexer l = { .text = text, .len = len, .line = 1 };

	if (!is_readable(text, len, &problems))
		return;
	if (*path_base(path) == '.')
		strv_push(ret, "a hidden file, which upstart loads all the same");
	while (take_statement(&j, &l))
		;
	if (problems.len || !line_of_slot(&j, "exec"))
		return; /* what is wrong comes first */
	advise_life(&j, ret);
	advise_command(&j, ret);
}

bool job_is_override(const char *path)
{
	size_t len = strlen(path), suffix = strlen(OVERRIDE);

	return len > suffix && !strcmp(path + len - suffix, OVERRIDE);
}

/* Appends what makes the statement unsafe; false at the end of the file. */
static bool take_override(struct lexer *l, struct strv *ret)
{
	AUTO(buf) name = {0};
	const struct stanza *stanza;
	unsigned line;
	const char *why;

	if (!lexer_peek(l, true))
		return false;
	line = l->line;
	(void)stanza_next(l, &name, &stanza);
	if (!stanza || strcmp(stanza->name, "manual") != 0)
		why = "only manual is safe in an override: a mistake in any other stanza can abort init; wanted it in "
		      "the job itself";
	else
		why = stanza_check(stanza, l);
	if (why) {
		text_clean(name.s);
		strv_pushf(ret, "%u: %s: %s", line, name.s, why);
	}
	lexer_skip_line(l);
	return true;
}

int job_check_override(const char *text, size_t len, unsigned version, struct strv *ret)
{
	size_t before = ret->len;
	struct lexer l = { .text = text, .len = len, .line = 1 };

	if (is_readable(text, len, ret))
		while (take_override(&l, ret))
			;
	if (version < UPSTART_OVERRIDES)
		strv_push(ret, "upstart reads overrides since 1.3; before, the job starts all the same");
	return ret->len > before ? -EINVAL : 0;
}
