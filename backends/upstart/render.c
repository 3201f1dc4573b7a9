/* SPDX-License-Identifier: MIT */
#include "backend.h"

#include <errno.h>
#include <string.h>

#include "additions.h"
#include "base/alloc.h"
#include "base/macros.h"
#include "base/utf8.h"
#include "check.h"
#include "control.h"
#include "import.h"
#include "marker.h"
#include "model/key.h"
#include "place.h"
#include "quote.h"
#include "session.h"
#include "verify.h"
#include "version.h"

/* What the parts of a job are made from and written into. */
struct job {
	const struct tunnel *tunnel;
	const struct scope *scope;
	unsigned version;
	struct buf *out;
	struct strv *notes;
	struct error *err;
};

/* An error about a key, at the line that gave it. */
static int PRINTF(3, 4) blame(const struct job *j, enum key_id id, const char *format, ...)
{
	const struct setting *s = tunnel_origin(j->tunnel, &keys[id]);
	AUTO(buf) text = {0};
	va_list ap;

	if (s)
		setting_print(j->tunnel, s, &text);
	else
		buf_printf(&text, "%s: ", keys[id].name);
	va_start(ap, format);
	buf_vprintf(&text, format, ap);
	va_end(ap);
	return error_set(j->err, -EINVAL, "%s", text.s);
}

static int put_head(const struct job *j)
{
	AUTO(buf) text = {0};
	const char *why;

	/* It goes into a comment, which ends where a line ends. */
	if (j->scope->ini && (why = text_check(j->scope->ini, strlen(j->scope->ini))))
		return error_set(j->err, -EINVAL, "the path of the INI: %s", why);
	if (j->tunnel->description)
		buf_puts(&text, j->tunnel->description);
	else
		buf_printf(&text, "ssh tunnel %s", j->tunnel->name);
	buf_puts(j->out, "# ");
	marker_put(j->tunnel, j->scope, j->out);
	buf_puts(j->out, "\n\ndescription ");
	if ((why = job_quote_value(text.s, j->out)))
		return blame(j, KEY_description, "%s", why);
	buf_putc(j->out, '\n');
	return 0;
}

/* RHEL 6, for one, has other events: [upstart] may say which. */
static void put_events(const struct job *j, const char *name, const char *events)
{
	const struct setting *s = addition_find(j->tunnel, name);

	if (s)
		addition_put(s, j->out);
	else if (events)
		buf_printf(j->out, "%s %s\n", name, events);
}

static int put_start(const struct job *j)
{
	bool user = j->scope->user;
	unsigned start = j->tunnel->start;
	const struct setting *events = addition_find(j->tunnel, "start on");

	if (start == START_BOOT && user)
		return blame(j, KEY_start, "a user's jobs run only while that user is logged in; for a start "
			     "at boot use tunnelctl --system enable %s", j->tunnel->name);
	if (start == START_LOGIN && !user)
		return blame(j, KEY_start, "only for a user's jobs; wanted boot or manual");
	if (start == START_MANUAL && events)
		return setting_refuse(j->tunnel, events, j->err, "not with Start = manual");
	/* `startup` is the first event of a session's own upstart, and the only one that every session has:
	 * those of the desktop and of the system come from helpers that may not run. The end of a session
	 * ends its jobs. */
	if (start != START_MANUAL)
		put_events(j, "start on", user ? "startup" : "runlevel [2345]");
	/* A tunnel started by hand must go down with the machine, too. */
	put_events(j, "stop on", user ? NULL : "runlevel [!2345]");
	return 0;
}

static void put_restart(const struct job *j)
{
	buf_putc(j->out, '\n');
	if (j->tunnel->restart != RESTART_NEVER)
		buf_puts(j->out, "respawn\n"
				 "respawn limit unlimited\n");
	if (j->tunnel->restart == RESTART_ON_FAILURE)
		buf_puts(j->out, "normal exit 0\n");
	buf_printf(j->out, "kill timeout %u\n", j->tunnel->stop_timeout);
}

static void put_log(const struct job *j)
{
	if (j->version >= UPSTART(1, 4, 0))
		buf_puts(j->out, "console log\n");
	else if (!strcmp(j->tunnel->log, "native"))
		strv_push(j->notes, j->scope->standalone ? "Log: upstart keeps no log before 1.4"
							 : "Log: upstart keeps no log before 1.4; tunnelctl-run does, in "
							   ".cache/tunnelctl in the home of RunAs");
}

/*
 * No pre-start makes the state directory for RunAs: from 1.4, setuid holds for every process of the job,
 * pre-start included, and /run belongs to root. tunnelctl-run copes without the directory.
 */
static int put_account(const struct job *j)
{
	const char *run_as = j->tunnel->run_as, *group;

	if (j->scope->user)
		return run_as ? blame(j, KEY_run_as, "a user's job runs as that user") : 0;
	if (!run_as)
		return blame(j, KEY_run_as, "missing; ssh would run as root");
	if (!strcmp(run_as, "dynamic"))
		return blame(j, KEY_run_as, "upstart makes no accounts; wanted user[:group]");
	if (j->version >= UPSTART(1, 4, 0)) {
		group = strchr(run_as, ':');
		buf_printf(j->out, "setuid %.*s\n", (int)strcspn(run_as, ":"), run_as);
		if (group)
			buf_printf(j->out, "setgid %s\n", group + 1);
	} else if (j->scope->standalone && strcmp(run_as, "root") != 0) {
		return blame(j, KEY_run_as, "ssh would run as root: upstart changes the account from 1.4 on; "
			     "wanted a newer upstart, or a job that is not standalone");
	}
	return 0;
}

static int put_process(const struct job *j)
{
	const struct tunnel *t = j->tunnel;
	const char *why;

	put_log(j);
	if (t->limit_nofile)
		buf_printf(j->out, "limit nofile %u %u\n", t->limit_nofile, t->limit_nofile);
	for (size_t i = 0; i < t->environment.len; i++) {
		buf_puts(j->out, "env ");
		if ((why = job_quote_value(t->environment.v[i], j->out)))
			return blame(j, KEY_environment, "%s", why);
		buf_putc(j->out, '\n');
	}
	if (t->sandbox == SANDBOX_STRICT)
		strv_push(j->notes, "Sandbox: upstart confines nothing; ssh may do all that its account may");
	return put_account(j);
}

/* Below 1.4 the runner, started as root, becomes the account itself, and keeps its own log. */
static bool runner_changes_account(const struct job *j)
{
	return !j->scope->user && !j->scope->standalone && j->version < UPSTART(1, 4, 0);
}

/* From 1.4 on setuid holds for each process of the job; before there is none. */
static void note_processes_of_root(const struct job *j)
{
	static const char *const processes[] = { "pre-start exec", "post-start exec", "pre-stop exec" };

	for (size_t i = 0; i < ARRAY_LEN(processes) && runner_changes_account(j); i++)
		if (strcmp(j->tunnel->run_as, "root") != 0 && addition_find(j->tunnel, processes[i]))
			strv_pushf(j->notes, "%s: upstart runs it as root before 1.4, and as RunAs from then on",
				   processes[i]);
}

static int put_additions(const struct job *j)
{
	AUTO(buf) lines = {0};
	int r = additions_put(j->tunnel, j->version, &lines, j->notes, j->err);

	if (r < 0)
		return r;
	note_processes_of_root(j);
	if (lines.len)
		buf_printf(j->out, "\n%s", lines.s);
	return 0;
}

static int put_command(const struct job *j, const struct strv *argv)
{
	AUTO(strv) command = {0};

	for (size_t i = 0; i < argv->len; i++) {
		strv_push(&command, argv->v[i]);
		if (i == 0 && runner_changes_account(j)) {
			strv_push(&command, "--as");
			strv_push(&command, j->tunnel->run_as);
			strv_push(&command, JOB_OWN_LOG); /* whatever Log is: that may change without the job */
		}
	}
	buf_putc(j->out, '\n');
	job_quote_command(&command, j->out);
	if (j->out->len > JOB_MAX)
		return error_set(j->err, -EINVAL, "%s: the job has %zu bytes; wanted at most %d",
				 j->tunnel->name, j->out->len, (int)JOB_MAX);
	return 0;
}

static unsigned version_of(const struct scope *scope)
{
	unsigned version = scope->version ? scope->version : UPSTART_DEFAULT;

	/* No older upstart ever reads a user's job. */
	return scope->user && version < UPSTART_SESSIONS ? UPSTART_SESSIONS : version;
}

static int render(const struct tunnel *t, const struct scope *scope, const struct strv *argv, struct buf *ret,
		  struct strv *ret_notes, struct error *err)
{
	AUTO(buf) out = {0};
	AUTO(strv) notes = {0};
	struct job j = { t, scope, version_of(scope), &out, &notes, err };
	int r;

	if ((r = put_head(&j)) < 0 || (r = put_start(&j)) < 0)
		return r;
	put_restart(&j);
	if ((r = put_process(&j)) < 0 || (r = put_additions(&j)) < 0 || (r = put_command(&j, argv)) < 0)
		return r;
	marker_seal(&out);
	buf_put(ret, out.s, out.len);
	strv_push_all(ret_notes, &notes);
	return 0;
}

static int check(const char *text, size_t len, struct strv *ret_problems)
{
	return job_check(text, len, UPSTART_NEWEST, ret_problems);
}

static int check_for(const struct scope *scope, const char *text, size_t len, struct strv *ret_problems)
{
	return job_check(text, len, version_of(scope), ret_problems);
}

static int check_beside(const struct scope *scope, const char *path, const char *text, size_t len,
			struct strv *ret_problems)
{
	unsigned version = scope->version ? scope->version : UPSTART_NEWEST;

	return job_is_override(path) ? job_check_override(text, len, version, ret_problems) : 1;
}

static const struct target target = {
	.runner = "/usr/libexec/tunnelctl/tunnelctl-run",
	.ini_folder = "/etc/tunnelctl",
	.ssh = VERSION(5, 3),
	.version = UPSTART_DEFAULT,
};

static const char *const becomes[KEY_COUNT] = {
	[KEY_description] = "description",
	[KEY_run_as] = "setuid and setgid, from upstart 1.4; below, tunnelctl-run --as",
	[KEY_start] = "boot: start on runlevel [2345]; login: start on startup; manual: no start on",
	[KEY_restart] = "respawn; on-failure: normal exit 0 as well; never: neither",
	[KEY_stop_timeout] = "kill timeout",
	[KEY_log] = "native: console log (/var/log/upstart), from upstart 1.4",
	[KEY_sandbox] = "nothing: upstart has no sandbox",
	[KEY_environment] = "env",
	[KEY_limit_nofile] = "limit nofile, soft and hard",
};

const struct backend backend_upstart = {
	.name = "upstart",
	.target = &target,
	.becomes = becomes,
	.present = job_present,
	.parse_version = upstart_version_parse,
	.path = job_path,
	.installed = job_installed,
	.render = render,
	.check = check,
	.check_for = check_for,
	.check_file = job_check_file,
	.check_beside = check_beside,
	.advise = job_hint,
	.verify = job_verify,
	.import = upstart_import,
	.log_path = job_log_path,
	.host_version = session_host_version,
	.control = &upstart_control,
};
