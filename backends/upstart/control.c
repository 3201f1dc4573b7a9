/* SPDX-License-Identifier: MIT */
#include "control.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/process.h"
#include "initctl.h"
#include "jobfile.h"
#include "model/value.h"
#include "place.h"
#include "session.h"
#include "status.h"

enum {
	STOP_SLACK_S = 5,   /* until a job is over, behind its kill timeout: a pre-stop may take its time */
	APPEAR_MS = 5000,   /* until init has read a file that was put there */
	PAUSE_MIN_MS = 20,
	PAUSE_MAX_MS = 500,
	FEW = 4,            /* so many jobs are asked for one by one; `initctl list` tells of every job there is */
};

struct supervisor {
	struct scope scope;
	struct buf session; /* address of a user's init; empty: the system's */
	unsigned version;   /* UPSTART() */
	bool rescanned;     /* init has been told to read all files anew */
	struct strv doomed; /* names whose override goes when their file has gone */
};

/* A tunnel while something is done to it. */
struct job {
	const char *name;
	struct buf id; /* upstart's name for it */
	struct jobfile file;
	struct job_status status; /* as it was seen last */
	bool silent;              /* nobody can tell how it is: see answer */
	bool begun;               /* it was told to end */
	bool refused;             /* it must not be started, so a restart leaves it as it is */
	struct answer answer;
};

static int find_file(const struct supervisor *s, const char *name, struct jobfile *ret, struct error *err)
{
	struct tunnel t = { .name = (char *)name };
	AUTO(buf) path = {0};
	int r = job_path(&t, &s->scope, &path, err);

	if (r == 0)
		jobfile_read(path.s, s->version, ret);
	return r;
}

static void jobs_done(struct job *jobs, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		buf_done(&jobs[i].id);
		jobfile_done(&jobs[i].file);
		answer_done(&jobs[i].answer);
	}
	free(jobs);
}

static struct job *jobs_make(const struct supervisor *s, const struct strv *names)
{
	struct job *jobs = xrealloc(NULL, (names->len + 1) * sizeof(*jobs));

	memset(jobs, 0, (names->len + 1) * sizeof(*jobs));
	for (size_t i = 0; i < names->len; i++) {
		jobs[i].name = names->v[i];
		buf_cat(&jobs[i].id, JOB_PREFIX, names->v[i]);
		(void)find_file(s, names->v[i], &jobs[i].file, NULL); /* open() has seen that there is a folder */
	}
	return jobs;
}

/* --- single calls --------------------------------------------------------------------------------------------- */

/* initctl VERB [OPTION] JOB, which may take MORE_S seconds longer than others. */
static void call(const struct supervisor *s, const char *verb, const char *option, struct job *j, unsigned more_s)
{
	const char *words[4] = { verb };
	size_t n = 1;

	if (option)
		words[n++] = option;
	words[n] = j->id.s;
	initctl_call(s->session.s, initctl_limit_s + more_s, words, &j->answer);
}

/* What came of a call, for the person. Returns the errno. */
static int complain(const struct job *j, struct strv *ret_problems)
{
	AUTO(buf) text = {0};

	answer_describe(&j->answer, j->name, &text);
	strv_pushf(ret_problems, "%s: %s", j->name, text.s);
	return answer_errno(&j->answer);
}

static bool is_unknown(const struct answer *a)
{
	return a->kind == ANSWER_UNKNOWN || a->kind == ANSWER_GONE;
}

static void look(const struct supervisor *s, struct job *j)
{
	call(s, "status", NULL, j, 0);
	j->status = (struct job_status){0};
	j->silent = false;
	if (j->answer.kind == ANSWER_DONE)
		j->silent = !job_status_read(buf_str(&j->answer.output), j->id.s, &j->status);
	else
		j->silent = !is_unknown(&j->answer);
}

/* Few by themselves; one that was not answered in time is not followed by another. Many by one call: where that fails,
 * nobody can tell of any. */
static void look_all(const struct supervisor *s, struct job *jobs, size_t len)
{
	AUTO(answer) list = {0};
	const char *const words[] = { "list", NULL };

	for (size_t i = 0; i < len && len <= FEW; i++) {
		look(s, &jobs[i]);
		if (jobs[i].answer.kind != ANSWER_NONE)
			continue;
		for (size_t k = i + 1; k < len; k++) {
			jobs[k].silent = true;
			strv_push_all(&jobs[k].answer.argv, &jobs[i].answer.argv);
			jobs[k].answer.kind = ANSWER_NONE;
			jobs[k].answer.code = jobs[i].answer.code;
		}
		return;
	}
	if (len <= FEW)
		return;
	initctl_call(s->session.s, initctl_limit_s, words, &list);
	for (size_t i = 0; i < len; i++) {
		struct answer *a = &jobs[i].answer;

		(void)job_status_read(buf_str(&list.output), jobs[i].id.s, &jobs[i].status);
		jobs[i].silent = list.kind != ANSWER_DONE;
		answer_done(a);
		a->kind = list.kind;
		a->code = list.code;
		strv_push_all(&a->argv, &list.argv);
	}
}

/* --- the connection, which is none ---------------------------------------------------------------------------- */

static void close_upstart(struct supervisor *s)
{
	if (!s)
		return;
	buf_done(&s->session);
	strv_done(&s->doomed);
	free(s);
}

/* sudo leaves the session behind, and what root writes into the person's folder would be root's. */
static bool came_by_sudo(const struct scope *scope)
{
	const char *sudo = getenv("SUDO_UID");
	unsigned uid;

	return scope->user && geteuid() == 0 && sudo && !parse_uint(sudo, 1, INT_MAX, &uid);
}

static int open_upstart(const struct scope *scope, bool for_changes, struct supervisor **ret, struct error *err)
{
	struct tunnel any = { .name = (char *)"x" };
	AUTO(buf) path = {0};
	struct supervisor *s;
	int r;

	if (for_changes && came_by_sudo(scope))
		return error_set(err, -EPERM, "a job of a session belongs to a person, and this runs as root; run it "
				 "without sudo, or without --user");
	if ((r = job_path(&any, scope, &path, err)) < 0)
		return r;
	s = xrealloc(NULL, sizeof(*s));
	*s = (struct supervisor){ .scope = *scope };
	r = scope->user ? session_of_user(&s->session, &s->version, err) : session_of_system(&s->version, err);
	if (r < 0) {
		close_upstart(s);
		return r;
	}
	*ret = s;
	return 0;
}

/* --- what starts by itself ------------------------------------------------------------------------------------ */

/* init reads what changes in its folder by itself (inotify). To have it read all is for when it has not: that makes
 * every idle job forget the events that it has seen, and they do not come back. So here only an override goes whose job
 * has gone. */
static int reload(struct supervisor *s, struct error *err)
{
	for (size_t i = 0; i < s->doomed.len; i++) {
		AUTO(jobfile) file = {0};
		int r = find_file(s, s->doomed.v[i], &file, err);

		if (r < 0 || (!file.there && (r = jobfile_allow_start(&file, err)) < 0))
			return r;
	}
	return 0;
}

static int enable(struct supervisor *s, const struct strv *names, struct error *err)
{
	int changed = 0;

	for (size_t i = 0; i < names->len; i++) {
		AUTO(jobfile) file = {0};
		int r = find_file(s, names->v[i], &file, err);

		if (r < 0 || (r = jobfile_allow_start(&file, err)) < 0)
			return r;
		changed |= r;
	}
	return changed;
}

/* The file goes next, and with it what starts the job. Until it has gone, and if it does not go, an override keeps the
 * job from starting; that of a job whose file has gone, or that would not start anyway, is a leftover. */
static int disable(struct supervisor *s, const struct strv *names, struct error *err)
{
	int changed = 0;

	for (size_t i = 0; i < names->len; i++) {
		AUTO(jobfile) file = {0};
		int r = find_file(s, names->v[i], &file, err);

		if (r == 0 && file.there && (file.automatic || file.problem.len))
			r = jobfile_forbid_start(&file, s->version, err);
		else if (r == 0)
			r = jobfile_allow_start(&file, err);
		if (r < 0)
			return r;
		strv_push(&s->doomed, names->v[i]);
		changed |= r;
	}
	return changed;
}

/* --- stopping ------------------------------------------------------------------------------------------------- */

static void rest(int *pause)
{
	(void)poll(NULL, 0, *pause);
	*pause = *pause * 2 < PAUSE_MAX_MS ? *pause * 2 : PAUSE_MAX_MS;
}

/* `initctl stop` would wait for each in turn, and not at all where somebody else has told it to stop. */
static int tell_to_stop(const struct supervisor *s, struct job *j, struct strv *ret_problems)
{
	call(s, "stop", "--no-wait", j, 0);
	switch (j->answer.kind) {
	case ANSWER_DONE:
	case ANSWER_STOPPED:
	case ANSWER_GONE:
	case ANSWER_FAILED:
		j->begun = true; /* whether it ends is what counts */
		return 0;
	case ANSWER_UNKNOWN:
		return 0;
	case ANSWER_NONE:
		j->begun = j->answer.code == -ETIMEDOUT;
		return complain(j, ret_problems);
	default:
		return complain(j, ret_problems);
	}
}

/* Also while initctl does not answer: it is the end that is waited for. */
static bool is_ending(const struct job *j)
{
	return j->begun && (j->silent || (!j->status.wanted && !job_status_is_over(&j->status)));
}

static bool are_over(const struct job *jobs, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (is_ending(&jobs[i]))
			return false;
	return true;
}

static long long stop_deadline(const struct job *jobs, size_t len)
{
	unsigned longest = 0;

	for (size_t i = 0; i < len; i++)
		if (jobs[i].begun && jobs[i].file.kill_timeout > longest)
			longest = jobs[i].file.kill_timeout;
	return clock_ms() + 1000LL * (longest + STOP_SLACK_S);
}

/* Of one that was to end and has not, or has been started again. */
static int judge_end(const struct job *j, struct strv *ret_problems)
{
	if (!j->begun || (!j->silent && job_status_is_over(&j->status)))
		return 0;
	if (j->silent)
		return complain(j, ret_problems);
	if (j->status.wanted) {
		strv_pushf(ret_problems, "%s: note: it was ended, and somebody has started it again meanwhile",
			   j->name);
		return 0;
	}
	strv_pushf(ret_problems, "%s: upstart does not get it to an end (%s, process %ld); see: initctl status %s",
		   j->name, j->status.word, j->status.pid, j->id.s);
	return -ETIMEDOUT;
}

static int stop_all(const struct supervisor *s, struct job *jobs, size_t len, struct strv *ret_problems)
{
	int r = 0, one, pause = PAUSE_MIN_MS;
	bool any = false;
	long long deadline;

	for (size_t i = 0; i < len; i++) {
		if (jobs[i].refused)
			continue;
		if ((one = tell_to_stop(s, &jobs[i], ret_problems)) < 0)
			r = one;
		any |= jobs[i].begun;
	}
	for (deadline = stop_deadline(jobs, len); any; rest(&pause)) {
		look_all(s, jobs, len);
		if (are_over(jobs, len) || clock_ms() >= deadline)
			break;
	}
	for (size_t i = 0; i < len; i++)
		if ((one = judge_end(&jobs[i], ret_problems)) < 0)
			r = one;
	return r;
}

static int stop(struct supervisor *s, const struct strv *names, struct strv *ret_problems)
{
	struct job *jobs = jobs_make(s, names);
	int r = stop_all(s, jobs, names->len, ret_problems);

	jobs_done(jobs, names->len);
	return r;
}

/* --- starting ------------------------------------------------------------------------------------------------- */

/* What must not be handed to init: its own end, or what a shell between it and a missing program would hide: then init
 * starts it again and again, without a pause. */
static int refuse(const struct job *j, struct strv *ret_problems)
{
	const struct jobfile *f = &j->file;
	AUTO(buf) why = {0};

	if (f->deadly) {
		strv_pushf(ret_problems, "%s: %s is not tunnelctl's, and upstart cannot read the command in it (%s): init "
			   "itself may abort when it starts the job; repair the file, or move it away", j->name,
			   f->override_path.s, f->override_problem.s);
		return -EINVAL;
	}
	if (!f->there || f->problem.len || !jobfile_cause(f, &why))
		return 0; /* what it is, init knows better */
	strv_pushf(ret_problems, "%s: %s; tunnelctl enable %s writes the job anew", j->name, why.s, j->name);
	return -ENOENT;
}

/* init has not read the file: it has not come to it yet, or was told of no change. */
static void await_known(struct supervisor *s, struct job *j)
{
	const long long deadline = clock_ms() + APPEAR_MS;
	const char *const words[] = { "reload-configuration", NULL };
	AUTO(answer) reply = {0};
	int pause = PAUSE_MIN_MS;

	while (j->answer.kind == ANSWER_UNKNOWN && clock_ms() < deadline) {
		rest(&pause);
		if (!s->rescanned && pause >= PAUSE_MAX_MS / 4) {
			s->rescanned = true;
			initctl_call(s->session.s, initctl_limit_s, words, &reply);
		}
		call(s, "start", NULL, j, 0);
	}
}

static int explain_start(const struct job *j, struct strv *ret_problems)
{
	AUTO(buf) why = {0};

	if (j->answer.kind == ANSWER_UNKNOWN && !j->file.there) {
		strv_pushf(ret_problems, "%s: has no job; tunnelctl enable %s writes it", j->name, j->name);
		return -ENOENT;
	}
	if ((j->answer.kind != ANSWER_FAILED && j->answer.kind != ANSWER_UNKNOWN) || !jobfile_cause(&j->file, &why))
		return complain(j, ret_problems);
	strv_pushf(ret_problems, "%s: initctl start %s: %s; tunnelctl enable %s writes the job anew", j->name, j->id.s,
		   why.s, j->name);
	return -EIO;
}

/* A look before it: by the time it is answered init has read a file that was put there before. */
static int start_one(struct supervisor *s, struct job *j, struct strv *ret_problems)
{
	look(s, j);
	if (j->answer.kind == ANSWER_NONE || j->answer.kind == ANSWER_DENIED)
		return complain(j, ret_problems);
	/* One that is still ending is waited for by init. */
	call(s, "start", NULL, j, j->status.known && !j->status.wanted ? j->file.kill_timeout : 0);
	if (j->answer.kind == ANSWER_UNKNOWN && j->file.there)
		await_known(s, j);
	if (j->answer.kind == ANSWER_DONE || j->answer.kind == ANSWER_RUNNING)
		return 0;
	return explain_start(j, ret_problems);
}

static int refuse_all(struct job *jobs, size_t len, struct strv *ret_problems)
{
	int r = 0, one;

	for (size_t i = 0; i < len; i++) {
		if ((one = refuse(&jobs[i], ret_problems)) < 0)
			r = one;
		jobs[i].refused = one < 0;
	}
	return r;
}

static int start_all(struct supervisor *s, struct job *jobs, size_t len, struct strv *ret_problems)
{
	int r = 0, one;

	for (size_t i = 0; i < len; i++)
		if (!jobs[i].refused && (one = start_one(s, &jobs[i], ret_problems)) < 0)
			r = one;
	return r;
}

static int start(struct supervisor *s, const struct strv *names, struct strv *ret_problems)
{
	struct job *jobs = jobs_make(s, names);
	int r = refuse_all(jobs, names->len, ret_problems), one;

	if ((one = start_all(s, jobs, names->len, ret_problems)) < 0)
		r = one;
	jobs_done(jobs, names->len);
	return r;
}

/* Never `initctl restart`: it keeps the definition and the environment that the job was started with, as each respawn
 * does, and nothing tells which definition that is. Whatever goes wrong with the end: a tunnel that is down is worse
 * than an old one. So one that could not be started is not stopped, either. */
static int restart(struct supervisor *s, const struct strv *names, struct strv *ret_problems)
{
	struct job *jobs = jobs_make(s, names);
	int r = refuse_all(jobs, names->len, ret_problems), one;

	if ((one = stop_all(s, jobs, names->len, ret_problems)) < 0)
		r = one;
	if ((one = start_all(s, jobs, names->len, ret_problems)) < 0)
		r = one;
	jobs_done(jobs, names->len);
	return r;
}

/* --- asking --------------------------------------------------------------------------------------------------- */

/* init uses a changed file only after a full stop. */
static bool is_newer(const char *path, long long started)
{
	struct stat st;

	return started && stat(path, &st) == 0 && (long long)st.st_mtime > started / 1000000;
}

static bool describe_override(const struct job *j, struct buf *ret)
{
	const struct jobfile *f = &j->file;

	if (f->override != OVERRIDE_OTHER || !f->there)
		return false;
	if (f->deadly)
		buf_printf(ret, "upstart cannot read the command in %s (%s): init itself may abort when it starts the "
			   "job; repair that file, or move it away", f->override_path.s, f->override_problem.s);
	else if (!f->starts)
		buf_printf(ret, "%s is not tunnelctl's, and keeps it from starting by itself; move that file away if it is "
			   "to start", f->override_path.s);
	else if (f->override_problem.len)
		buf_printf(ret, "upstart cannot read all of %s (%s); repair that file, or move it away",
			   f->override_path.s, f->override_problem.s);
	return ret->len;
}

/* Why it does not run, or will not; nothing where there is nothing to say. */
static void describe(const struct job *j, struct buf *ret)
{
	const struct jobfile *f = &j->file;

	if (describe_override(j, ret))
		return;
	if (j->status.known && !f->there)
		buf_printf(ret, "%s has gone, and upstart still has the job; tunnelctl stop %s ends it", f->path.s,
			   j->name);
	else if (!j->status.known && f->there && !jobfile_cause(f, ret))
		buf_printf(ret, "upstart has not read its file; tunnelctl start %s has it read", j->name);
	else if (job_status_is_respawning(&j->status))
		buf_puts(ret, "its process has ended, and upstart is about to start it again");
	else if (f->override == OVERRIDE_OURS && !j->status.wanted)
		buf_printf(ret, "an earlier disable was not finished; tunnelctl enable %s takes that back", j->name);
	else if (job_status_is_over(&j->status) && f->there && f->starts && !ret->len)
		(void)jobfile_cause(f, ret);
}

static void fill(const struct job *j, struct unit_state *ret)
{
	const struct job_status *s = &j->status;
	AUTO(buf) why = {0};

	ret->loaded = s->known;
	ret->enabled = s->known && j->file.there && j->file.starts;
	ret->active = !job_status_is_over(s);
	ret->running = job_status_is_running(s);
	ret->pid = ret->running ? s->pid : 0;
	ret->since = (unsigned long long)(ret->running ? process_started((pid_t)ret->pid) : 0);
	ret->stale = ret->running && is_newer(j->file.path.s, (long long)ret->since);
	if (ret->active) /* of what is over, the tunnel's own last word is better */
		(void)snprintf(ret->state, sizeof(ret->state), "%s", s->word);
	describe(j, &why);
	(void)snprintf(ret->text, sizeof(ret->text), "%s", buf_str(&why));
}

/* What nobody can tell counts as there: what may run must be stopped before its file goes. */
static void fill_unknown(const struct job *j, struct unit_state *ret)
{
	AUTO(buf) why = {0};

	if (j->answer.kind == ANSWER_DONE)
		buf_puts(&why, "initctl says nothing that tunnelctl understands; please report this, with: initctl "
			       "version");
	else
		answer_describe(&j->answer, j->name, &why);
	ret->loaded = ret->active = true;
	ret->enabled = j->file.there && j->file.starts;
	(void)snprintf(ret->state, sizeof(ret->state), "unknown");
	(void)snprintf(ret->text, sizeof(ret->text), "%s", why.s);
}

static int query(struct supervisor *s, const struct strv *names, struct unit_state *ret, struct error *err UNUSED)
{
	struct job *jobs = jobs_make(s, names);

	memset(ret, 0, names->len * sizeof(*ret));
	look_all(s, jobs, names->len);
	for (size_t i = 0; i < names->len; i++) {
		if (jobs[i].silent)
			fill_unknown(&jobs[i], &ret[i]);
		else
			fill(&jobs[i], &ret[i]);
	}
	jobs_done(jobs, names->len);
	return 0;
}

const struct control upstart_control = {
	.open = open_upstart,
	.close = close_upstart,
	.reload = reload,
	.enable = enable,
	.disable = disable,
	.start = start,
	.stop = stop,
	.restart = restart,
	.query = query,
};
