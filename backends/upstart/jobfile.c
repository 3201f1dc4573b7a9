/* SPDX-License-Identifier: MIT */
#include "jobfile.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/utf8.h"
#include "check.h"
#include "place.h"
#include "stanza.h"
#include "version.h"

enum { KILL_TIMEOUT = 5, KILL_TIMEOUT_MAX = 3600 }; /* init(5); the longest that a tunnel may have */

static const char ours[] = "manual\n";

/* Where in which text we are. */
struct walk {
	struct jobfile *job;
	unsigned version;
	bool override; /* the text is that of the override */
};

static bool is_word(const struct stanza *s, const char *name)
{
	return !strcmp(s->name, name);
}

static void read_token(struct lexer l, struct buf *ret)
{
	buf_clear(ret);
	if (lexer_token(&l, ret))
		buf_clear(ret);
}

/* As it stands in a command, perhaps in quotes. */
static bool has_word(const char *text, const char *word)
{
	for (const char *s = text; (s = strstr(s, word)); s++)
		if (s > text && strchr(" '", s[-1]) && strchr(" '", s[strlen(word)]))
			return true;
	return false;
}

/* The program is the first word; what a shell makes of a backslash is not known here. */
static void read_command(struct lexer l, struct jobfile *job)
{
	AUTO(buf) text = {0};

	read_token(l, &job->program);
	if (*buf_str(&job->program) != '/' || strchr(job->program.s, '\\'))
		buf_clear(&job->program);
	job->own_log = !lexer_command(&l, &text) && has_word(buf_str(&text), JOB_OWN_LOG);
}

static void read_timeout(struct lexer l, struct jobfile *job)
{
	AUTO(buf) token = {0};
	long n;

	read_token(l, &token);
	n = strtol(buf_str(&token), NULL, 10);
	job->kill_timeout = n < 0 || n > KILL_TIMEOUT_MAX ? KILL_TIMEOUT_MAX : (unsigned)n;
}

/* L stands before the arguments of a faultless statement. */
static void take(const struct stanza *s, struct lexer l, struct jobfile *job)
{
	if (is_word(s, "start on"))
		job->starts = true;
	else if (is_word(s, "manual"))
		job->starts = false;
	else if (is_word(s, "kill timeout"))
		read_timeout(l, job);
	else if (is_word(s, "setuid"))
		read_token(l, &job->user);
	else if (is_word(s, "setgid"))
		read_token(l, &job->group);
	else if (is_word(s, "exec"))
		read_command(l, job);
	else if (is_word(s, "script"))
		buf_clear(&job->program);
}

/* What init starts: the main process, or one before or after it. */
static bool is_command(const struct stanza *s)
{
	return s->slot && (!strcmp(s->slot, "exec") || !strncmp(s->slot, "pre-", 4) || !strncmp(s->slot, "post-", 5));
}

static const char *judge(const struct stanza *s, struct lexer *l, unsigned version)
{
	if (!s)
		return "unknown stanza";
	return s->since > version ? "a stanza of a later release" : stanza_check(s, l);
}

/* upstart takes the statements of an override one by one, up to the first that is wrong; from there on only a command
 * is looked at. */
static void walk_through(const struct walk *w, const char *text, size_t len)
{
	struct lexer l = { .text = text, .len = len, .line = 1 };

	while (lexer_peek(&l, true)) {
		const struct stanza *s = NULL;
		AUTO(buf) name = {0};
		unsigned line = l.line;
		struct lexer arguments;
		const char *why;

		(void)stanza_next(&l, &name, &s);
		arguments = l;
		if ((why = judge(s, &l, w->version)) && w->override) {
			w->job->deadly |= s && is_command(s);
			if (!w->job->override_problem.len)
				buf_printf(&w->job->override_problem, "line %u: %s", line, why);
		}
		if (!why && !w->job->override_problem.len)
			take(s, arguments, w->job);
		lexer_skip_line(&l);
	}
}

static void read_override(unsigned version, struct jobfile *job)
{
	const struct walk w = { job, version, true };
	AUTO(buf) text = {0};
	struct error err = {0};
	struct stat st;

	if (lstat(job->override_path.s, &st) < 0)
		return;
	job->override = OVERRIDE_OTHER;
	if (file_read(job->override_path.s, JOB_MAX, &text, NULL, &err) < 0) {
		buf_puts(&job->override_problem, err.text);
		return;
	}
	if (S_ISREG(st.st_mode) && !strcmp(buf_str(&text), ours) && text.len == strlen(ours))
		job->override = OVERRIDE_OURS;
	if (version < UPSTART_OVERRIDES)
		return;
	if (text.len && memchr(text.s, '\0', text.len))
		buf_puts(&job->override_problem, "holds a NUL byte");
	else
		walk_through(&w, buf_str(&text), text.len);
}

void jobfile_read(const char *path, unsigned version, struct jobfile *ret)
{
	const struct walk w = { ret, version, false };
	AUTO(buf) text = {0};
	AUTO(strv) problems = {0};
	struct error err = {0};
	int r;

	jobfile_done(ret);
	buf_puts(&ret->path, path);
	buf_printf(&ret->override_path, "%.*s.override", (int)(strlen(path) - strlen(".conf")), path);
	ret->kill_timeout = KILL_TIMEOUT;
	r = file_read(path, JOB_MAX, &text, NULL, &err);
	ret->there = r != -ENOENT;
	if (r == 0 && job_check(buf_str(&text), text.len, version, &problems) < 0)
		buf_printf(&ret->problem, "line %s", problems.v[0]);
	else if (r < 0 && ret->there)
		buf_puts(&ret->problem, err.text);
	if (r == 0 && !memchr(buf_str(&text), '\0', text.len))
		walk_through(&w, buf_str(&text), text.len);
	ret->automatic = ret->starts;
	read_override(version, ret);
}

int jobfile_forbid_start(const struct jobfile *job, unsigned version, struct error *err)
{
	AUTO(buf) text = {0};

	if (!job->there || !job->starts || job->override != OVERRIDE_NONE || version < UPSTART_OVERRIDES)
		return 0;
	buf_puts(&text, ours);
	return file_install(job->override_path.s, &text, 0644, true, err);
}

int jobfile_allow_start(const struct jobfile *job, struct error *err)
{
	return job->override == OVERRIDE_OURS ? file_remove(job->override_path.s, err) : 0;
}

bool jobfile_cause(const struct jobfile *job, struct buf *ret)
{
	size_t before = ret->len;
	const char *program = buf_str(&job->program), *user = buf_str(&job->user), *group = buf_str(&job->group);

	if (!job->there)
		buf_printf(ret, "%s is not there", job->path.s);
	else if (job->problem.len)
		buf_printf(ret, "upstart drops its file: %s: %s", job->path.s, job->problem.s);
	else if (*program && access(program, X_OK) < 0)
		buf_printf(ret, "%s: %s, but its job runs that", program, strerror(errno));
	else if (*user && !getpwnam(user))
		buf_printf(ret, "there is no account %s on this machine, but its job runs as that", user);
	else if (*group && !getgrnam(group))
		buf_printf(ret, "there is no group %s on this machine, but its job runs in that", group);
	return ret->len > before;
}

void jobfile_done(struct jobfile *job)
{
	buf_done(&job->path);
	buf_done(&job->override_path);
	buf_done(&job->program);
	buf_done(&job->user);
	buf_done(&job->group);
	buf_done(&job->problem);
	buf_done(&job->override_problem);
	*job = (struct jobfile){0};
}
