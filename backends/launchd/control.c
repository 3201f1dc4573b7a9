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
#include "base/file.h"
#include "base/process.h"
#include "cause.h"
#include "launchctl.h"
#include "model/value.h"
#include "place.h"
#include "print.h"

enum {
	STOP_SLACK_S = 5,   /* until the label is gone, behind ExitTimeOut */
	START_SLACK_S = 10, /* until launchd has got over a bootout, behind ExitTimeOut */
	PAUSE_MIN_MS = 50,
	PAUSE_MAX_MS = 1000,
	STEADY_MS = 1000,   /* a process that has lived so long was really started */
	ABSENT_MS = 2500,   /* longer than ThrottleInterval: no process is about to come */
	VERIFY_MS = 10 * 1000,
};

struct supervisor {
	struct scope scope;
	uid_t owner;         /* whose agents */
	struct strv domains; /* where jobs of this scope may be; the first is where new ones go */
	bool reread;         /* plists have changed, and launchd reads one only when it bootstraps it */
};

/* A tunnel while it is being started or stopped. */
struct job {
	const char *name;
	const char *domain; /* of the supervisor's */
	struct buf plist;
	struct print print; /* as it was seen last */
	bool begun;         /* and to be looked after */
	long long since;    /* its pid is the same since then */
};

static void jobs_done(struct job *jobs, size_t len)
{
	for (size_t i = 0; i < len; i++)
		buf_done(&jobs[i].plist);
	free(jobs);
}

static struct job *jobs_make(const struct supervisor *s, const struct strv *names)
{
	struct job *jobs = xrealloc(NULL, names->len * sizeof(*jobs));
	bool automatic;

	memset(jobs, 0, names->len * sizeof(*jobs));
	for (size_t i = 0; i < names->len; i++) {
		jobs[i].name = names->v[i];
		(void)launchd_find(names->v[i], &s->scope, &jobs[i].plist, &automatic, NULL);
	}
	return jobs;
}

/* --- single calls --------------------------------------------------------------------------------------------- */

static void put_target(const char *domain, const char *name, struct buf *ret)
{
	buf_cat(ret, domain, "/" LABEL_PREFIX, name);
}

/* launchctl VERB [OPTION] DOMAIN/LABEL, which may take MORE_S seconds longer than others. */
static void call(const char *verb, const char *option, const char *domain, const char *name, unsigned more_s,
		 struct reply *ret)
{
	const unsigned limit_s = launchctl_limit_s + more_s;
	AUTO(buf) target = {0};

	put_target(domain, name, &target);
	if (option)
		launchctl_call(limit_s, (const char *const[]){ verb, option, target.s, NULL }, ret);
	else
		launchctl_call(limit_s, (const char *const[]){ verb, target.s, NULL }, ret);
}

/* What came of a call, for the person. Returns the errno. */
static int complain(const struct reply *reply, const struct job *j, struct strv *ret_problems)
{
	AUTO(buf) text = {0};

	reply_describe(reply, j->name, j->plist.s, &text);
	strv_pushf(ret_problems, "%s: %s", j->name, text.s);
	return reply_errno(reply);
}

/* 1 = launchd has the job, 0 = it does not, -1 = nobody can tell: see the reply. */
static int look(const char *domain, const char *name, struct print *ret, struct reply *reply)
{
	call("print", NULL, domain, name, 0, reply);
	*ret = (struct print){0};
	if (reply->kind == REPLY_DONE)
		print_read(buf_str(&reply->output), ret);
	else if (reply->kind != REPLY_GONE && reply->kind != REPLY_NO_DOMAIN)
		return -1;
	return reply->kind == REPLY_DONE;
}

/* The same for all domains: the first that has it is put into the job. */
static int seek(const struct supervisor *s, struct job *j, struct reply *reply)
{
	int r = 0;

	for (size_t i = 0; i < s->domains.len; i++) {
		j->domain = s->domains.v[i];
		if ((r = look(j->domain, j->name, &j->print, reply)) != 0)
			return r;
	}
	return r;
}

/* --- the connection, which is none ---------------------------------------------------------------------------- */

static bool came_by_ssh(void)
{
	return getenv("SSH_CONNECTION") || getenv("SSH_CLIENT") || getenv("SSH_TTY");
}

static bool is_at_screen(uid_t uid)
{
	struct stat st;

	return stat("/dev/console", &st) == 0 && st.st_uid == uid;
}

/* gui/UID lives while that user is logged in at the screen, user/UID with any login. */
static bool prefers_background(uid_t owner)
{
	return getuid() != owner || getenv("SUDO_USER") || (came_by_ssh() && !is_at_screen(owner));
}

/* Which domain new jobs go to is settled here, once: one that has answered is never given up for the other, or a job
 * could be in both. Old ones are looked for in both. */
static int choose_domains(struct supervisor *s, struct error *err)
{
	bool background = prefers_background(s->owner);
	const char *const first = background ? "user" : "gui", *const second = background ? "gui" : "user";
	AUTO(reply) reply = {0};
	AUTO(buf) domain = {0};
	AUTO(buf) why = {0};

	if (!s->scope.user) {
		strv_push(&s->domains, "system");
		return 0;
	}
	buf_printf(&domain, "%s/%u", first, (unsigned)s->owner);
	launchctl_call(launchctl_limit_s, (const char *const[]){ "print", domain.s, NULL }, &reply);
	if (reply.kind != REPLY_DONE && reply.kind != REPLY_NO_DOMAIN) {
		reply_describe(&reply, "NAME", NULL, &why);
		return error_set(err, reply_errno(&reply), "%s", why.s);
	}
	if (reply.kind == REPLY_DONE)
		strv_push(&s->domains, domain.s);
	strv_pushf(&s->domains, "%s/%u", second, (unsigned)s->owner);
	return 0;
}

static void close_launchd(struct supervisor *s)
{
	if (!s)
		return;
	strv_done(&s->domains);
	free(s);
}

/* sudo leaves $HOME as it is (sudoers(5) of macOS), so the agents that are meant are those of the person. Root may ask
 * about them; a plist that root writes for them launchd would refuse. */
static bool find_owner(const struct scope *scope, uid_t *ret)
{
	const char *sudo = getenv("SUDO_UID");
	unsigned uid;

	*ret = geteuid();
	if (!scope->user || geteuid() != 0 || !sudo || parse_uint(sudo, 1, INT_MAX, &uid))
		return false;
	*ret = (uid_t)uid;
	return true;
}

static int open_launchd(const struct scope *scope, bool for_changes, struct supervisor **ret, struct error *err)
{
	struct supervisor *s;
	uid_t owner;
	bool by_sudo = find_owner(scope, &owner);
	int r;

	if (access(launchctl_program, X_OK) < 0)
		return error_set(err, -errno, "%s: %s: launchd is macOS's; its plists are written anywhere by: tunnelctl "
				 "--backend launchd generate", launchctl_program, strerror(errno));
	if (by_sudo && for_changes)
		return error_set(err, -EPERM, "an agent belongs to a person, and this runs as root; run it without sudo, "
				 "or without --user");
	s = xrealloc(NULL, sizeof(*s));
	*s = (struct supervisor){ .scope = *scope, .owner = owner };
	if ((r = choose_domains(s, err)) < 0) {
		close_launchd(s);
		return r;
	}
	*ret = s;
	return 0;
}

static int reload(struct supervisor *s, struct error *err UNUSED)
{
	s->reread = true;
	return 0;
}

/* --- what starts by itself ------------------------------------------------------------------------------------ */

/* launchd's own record of what is disabled; it wins over any plist, and outlives it. */
static void read_disabled(const struct supervisor *s, struct reply *ret)
{
	launchctl_call(launchctl_limit_s, (const char *const[]){ "print-disabled", s->domains.v[0], NULL }, ret);
}

static bool is_disabled(const struct reply *disabled, const char *name)
{
	AUTO(buf) label = {0};

	buf_cat(&label, LABEL_PREFIX, name);
	return disabled->kind == REPLY_DONE && print_is_disabled(buf_str(&disabled->output), label.s);
}

static int enable(struct supervisor *s, const struct strv *names, struct error *err)
{
	AUTO(reply) disabled = {0};
	AUTO(reply) reply = {0};
	int changed = 0;

	if (!names->len)
		return 0;
	read_disabled(s, &disabled);
	for (size_t i = 0; i < names->len; i++) {
		AUTO(buf) why = {0};

		/* Also what is not in the list: that list is no interface. */
		call("enable", NULL, s->domains.v[0], names->v[i], 0, &reply);
		if (reply.kind != REPLY_DONE) {
			reply_describe(&reply, names->v[i], NULL, &why);
			return error_set(err, reply_errno(&reply), "%s: %s", names->v[i], why.s);
		}
		changed |= is_disabled(&disabled, names->v[i]);
	}
	return changed;
}

/* Whether a plist is loaded by itself is a matter of the folder that it is in. `launchctl disable` would stay behind
 * when the plist has gone, and stand in the way of the next one. */
static int disable(struct supervisor *s UNUSED, const struct strv *names UNUSED, struct error *err UNUSED)
{
	return 0;
}

/* --- stopping ------------------------------------------------------------------------------------------------- */

static void rest(int *pause)
{
	(void)poll(NULL, 0, *pause);
	*pause = *pause * 2 < PAUSE_MAX_MS ? *pause * 2 : PAUSE_MAX_MS;
}

static unsigned exit_timeout(const struct job *j)
{
	return j->print.exit_timeout ? j->print.exit_timeout : cause_exit_timeout(buf_str(&j->plist));
}

/* SIGTERM is sent, and the label stays until the process is dead. */
static int boot_out(struct job *j, struct strv *ret_problems)
{
	AUTO(reply) reply = {0};

	call("bootout", NULL, j->domain, j->name, exit_timeout(j), &reply);
	/* UNCLEAR, and what hangs: whether the label goes is what counts. */
	if (reply.kind == REPLY_REFUSED || reply.kind == REPLY_DISABLED)
		return complain(&reply, j, ret_problems);
	j->begun = reply.kind != REPLY_GONE;
	return 0;
}

static int await_gone(struct job *j, long long deadline, struct strv *ret_problems)
{
	AUTO(reply) reply = {0};
	int pause = PAUSE_MIN_MS, r;

	/* Also while launchctl does not answer: it is the end that is waited for. */
	while ((r = look(j->domain, j->name, &j->print, &reply)) != 0 && clock_ms() < deadline)
		rest(&pause);
	if (r == 0)
		return 0;
	if (r < 0)
		return complain(&reply, j, ret_problems);
	strv_pushf(ret_problems, "%s: launchd does not let go of it (%s%s%ld); see: launchctl print %s/" LABEL_PREFIX "%s",
		   j->name, j->print.state, *j->print.state ? ", pid " : "pid ", j->print.pid, j->domain, j->name);
	return -ETIMEDOUT;
}

/* All are told to end before the first is waited for. Somebody may have loaded one into both domains of a user. */
static int unload_from(const char *domain, struct job *jobs, size_t len, struct strv *ret_problems)
{
	int r = 0, s;

	for (size_t i = 0; i < len; i++) {
		AUTO(reply) reply = {0};

		jobs[i].domain = domain;
		jobs[i].begun = false;
		if ((s = look(domain, jobs[i].name, &jobs[i].print, &reply)) < 0)
			s = complain(&reply, &jobs[i], ret_problems);
		else if (s > 0)
			s = boot_out(&jobs[i], ret_problems);
		r = s < 0 ? s : r;
	}
	for (size_t i = 0; i < len; i++) {
		long long deadline = clock_ms() + (long long)(exit_timeout(&jobs[i]) + STOP_SLACK_S) * 1000;

		if (jobs[i].begun && (s = await_gone(&jobs[i], deadline, ret_problems)) < 0)
			r = s;
	}
	return r;
}

static int unload(const struct supervisor *s, struct job *jobs, size_t len, struct strv *ret_problems)
{
	int r = 0, one;

	for (size_t i = 0; i < s->domains.len; i++)
		if ((one = unload_from(s->domains.v[i], jobs, len, ret_problems)) < 0)
			r = one;
	return r;
}

static int stop(struct supervisor *s, const struct strv *names, struct strv *ret_problems)
{
	struct job *jobs = jobs_make(s, names);
	int r = unload(s, jobs, names->len, ret_problems);

	jobs_done(jobs, names->len);
	return r;
}

/* --- starting ------------------------------------------------------------------------------------------------- */

/* It tells 5 for many things: those that stay so are looked for before anything is tried again. */
static int explain_refusal(const struct supervisor *s, const struct job *j, const struct reply *reply,
			   struct strv *ret_problems)
{
	AUTO(buf) cause = {0};

	if (!cause_find(buf_str(&j->plist), &s->scope, &cause))
		return 0;
	strv_pushf(ret_problems, "%s: launchctl bootstrap %s: %d, because of its plist: %s", j->name, j->domain, reply->code,
		   cause.s);
	return -EINVAL;
}

/* Again and again where launchd is still busy with an earlier bootout, and answers 5, 36 or 37. */
static int bootstrap(const struct supervisor *s, struct job *j, struct strv *ret_problems)
{
	AUTO(reply) reply = {0};
	AUTO(reply) other = {0};
	long long deadline = clock_ms() + (long long)(exit_timeout(j) + START_SLACK_S) * 1000;
	bool enabled = false, looked = false;
	int pause = PAUSE_MIN_MS, r;

	for (;;) {
		launchctl_call(launchctl_limit_s, (const char *const[]){ "bootstrap", j->domain, buf_str(&j->plist), NULL }, &reply);
		switch (reply.kind) {
		case REPLY_DONE:
			return 0;
		case REPLY_LOADED:
		case REPLY_BUSY:
		case REPLY_UNCLEAR:
			break;
		case REPLY_NONE:
			if (reply.code != -ETIMEDOUT)
				return complain(&reply, j, ret_problems);
			break;
		case REPLY_DISABLED:
			call("enable", NULL, j->domain, j->name, 0, &other);
			if (!enabled && (enabled = other.kind == REPLY_DONE))
				continue;
			return complain(&reply, j, ret_problems);
		default:
			return complain(&reply, j, ret_problems);
		}
		if (reply.kind != REPLY_BUSY && look(j->domain, j->name, &j->print, &other) > 0)
			return 0;
		if (reply.kind == REPLY_UNCLEAR && !looked && (r = explain_refusal(s, j, &reply, ret_problems)) < 0)
			return r;
		looked |= reply.kind == REPLY_UNCLEAR;
		if (clock_ms() >= deadline)
			return complain(&reply, j, ret_problems);
		rest(&pause);
	}
}

/* Without -k: to kill what has only just been started would bring in the throttle. */
static int kickstart(struct job *j, struct strv *ret_problems)
{
	AUTO(reply) reply = {0};

	call("kickstart", NULL, j->domain, j->name, 0, &reply);
	if (reply.kind != REPLY_DONE && reply.kind != REPLY_LOADED)
		return complain(&reply, j, ret_problems);
	j->begun = true;
	j->since = clock_ms();
	return 0;
}

/* An agent outside a login at the screen: it runs, but not for ever. */
static void warn_background(const struct job *j, struct strv *ret_problems)
{
	if (!strncmp(j->domain, "user/", 5))
		strv_pushf(ret_problems, "%s: note: it runs in the background domain %s, because nobody of this account is "
			   "at the screen; launchd starts it again by itself only at a login there; for a tunnel from boot "
			   "on: sudo tunnelctl --system enable %s", j->name, j->domain, j->name);
}

static int load(const struct supervisor *s, struct job *j, struct strv *ret_problems)
{
	AUTO(reply) reply = {0};
	int r;

	j->domain = s->domains.v[0];
	if (!j->plist.len) {
		strv_pushf(ret_problems, "%s: has no plist; tunnelctl enable %s writes it", j->name, j->name);
		return -ENOENT;
	}
	/* What is disabled would be refused, by some releases with a mere 5. Where this fails bootstrap says why. */
	call("enable", NULL, j->domain, j->name, 0, &reply);
	if ((r = bootstrap(s, j, ret_problems)) < 0 || (r = kickstart(j, ret_problems)) < 0)
		return r;
	warn_background(j, ret_problems);
	return 0;
}

static int start_one(const struct supervisor *s, struct job *j, struct strv *ret_problems)
{
	AUTO(reply) reply = {0};

	/* Where nobody can tell, bootstrap will: it loads nothing twice. */
	return seek(s, j, &reply) > 0 ? kickstart(j, ret_problems) : load(s, j, ret_problems);
}

/* Whether enough has been seen of the job: a process that lives, or that none is to be expected. */
static bool is_settled(struct job *j)
{
	AUTO(reply) reply = {0};
	struct print now;
	long long age;

	if (!j->begun)
		return true;
	if (look(j->domain, j->name, &now, &reply) < 0)
		return true; /* it was started; what became of it nobody can tell */
	if (now.pid != j->print.pid)
		j->since = clock_ms();
	j->print = now;
	age = clock_ms() - j->since;
	return age >= (now.pid ? STEADY_MS : ABSENT_MS);
}

/* That launchd took the job means little: by its pid is seen whether it runs. An ssh that ends and is started again is
 * no failure here; a job that launchd cannot start is. */
static int verify(struct job *jobs, size_t len, struct strv *ret_problems)
{
	long long deadline = clock_ms() + VERIFY_MS;
	int r = 0, pause = PAUSE_MIN_MS;

	for (bool settled = false; !settled && clock_ms() < deadline;) {
		settled = true;
		for (size_t i = 0; i < len; i++)
			settled &= is_settled(&jobs[i]);
		if (!settled)
			rest(&pause);
	}
	for (size_t i = 0; i < len; i++) {
		AUTO(buf) why = {0};

		if (!jobs[i].begun || !cause_of_silence(&jobs[i].print, &why))
			continue;
		strv_pushf(ret_problems, "%s: %s", jobs[i].name, why.s);
		r = -EIO;
	}
	return r;
}

static int start(struct supervisor *s, const struct strv *names, struct strv *ret_problems)
{
	struct job *jobs = jobs_make(s, names);
	int r = 0, one;

	for (size_t i = 0; i < names->len; i++)
		if ((one = start_one(s, &jobs[i], ret_problems)) < 0)
			r = one;
	if ((one = verify(jobs, names->len, ret_problems)) < 0)
		r = one;
	jobs_done(jobs, names->len);
	return r;
}

/* kickstart -k ends and starts the process in one step, but does not read the plist again. */
static int kick(const struct supervisor *s, struct job *j, struct strv *ret_problems)
{
	AUTO(reply) reply = {0};

	if (seek(s, j, &reply) <= 0)
		return load(s, j, ret_problems);
	call("kickstart", "-k", j->domain, j->name, exit_timeout(j), &reply);
	if (reply.kind == REPLY_GONE)
		return load(s, j, ret_problems);
	if (reply.kind != REPLY_DONE)
		return complain(&reply, j, ret_problems);
	j->begun = true;
	j->since = clock_ms();
	return 0;
}

static int restart(struct supervisor *s, const struct strv *names, struct strv *ret_problems)
{
	struct job *jobs = jobs_make(s, names);
	int r = 0, one;

	/* Whatever goes wrong with the end: a tunnel that is down is worse than an old one. */
	if (s->reread)
		r = unload(s, jobs, names->len, ret_problems);
	for (size_t i = 0; i < names->len; i++)
		if ((one = s->reread ? start_one(s, &jobs[i], ret_problems) : kick(s, &jobs[i], ret_problems)) < 0)
			r = one;
	if ((one = verify(jobs, names->len, ret_problems)) < 0)
		r = one;
	jobs_done(jobs, names->len);
	return r;
}

/* --- asking --------------------------------------------------------------------------------------------------- */

/* A plist that is newer than the process was not read by launchd, as far as can be seen. */
static bool is_stale(const char *plist, long long started)
{
	struct stat st;

	return started && stat(plist, &st) == 0 && (long long)st.st_mtime > started / 1000000;
}

static void fill(const struct job *j, bool loaded, struct unit_state *ret)
{
	AUTO(buf) why = {0};

	ret->loaded = ret->active = loaded;
	ret->pid = j->print.pid;
	ret->running = ret->pid != 0;
	ret->since = (unsigned long long)(ret->running ? process_started((pid_t)ret->pid) : 0);
	ret->stale = ret->running && is_stale(buf_str(&j->plist), (long long)ret->since);
	ret->restarts = j->print.runs ? j->print.runs - 1 : 0;
	if (loaded)
		(void)snprintf(ret->state, sizeof(ret->state), "%s", *j->print.state ? j->print.state : "loaded");
	if (loaded && cause_of_silence(&j->print, &why))
		(void)snprintf(ret->text, sizeof(ret->text), "%s", why.s);
}

static void query_one(const struct supervisor *s, struct job *j, const struct reply *disabled, struct unit_state *ret)
{
	AUTO(reply) reply = {0};
	bool automatic = false, off = is_disabled(disabled, j->name), there;
	int r = seek(s, j, &reply);
	AUTO(buf) why = {0};

	there = launchd_find(j->name, &s->scope, &j->plist, &automatic, NULL) > 0;
	ret->enabled = there && automatic && !off;
	if (r < 0) {
		reply_describe(&reply, j->name, j->plist.s, &why);
		(void)snprintf(ret->state, sizeof(ret->state), "unknown");
		(void)snprintf(ret->text, sizeof(ret->text), "%s", why.s);
		return;
	}
	fill(j, r > 0, ret);
	if (r > 0 || !there || !automatic)
		return;
	(void)snprintf(ret->text, sizeof(ret->text), "%s",
		       off ? "disabled, by launchctl disable or in System Settings > General > Login Items; tunnelctl enable "
			     "switches it on"
			   : "launchd has not loaded its plist; tunnelctl start does; if that is so after every login or boot, "
			     "look at System Settings > General > Login Items");
}

static int query(struct supervisor *s, const struct strv *names, struct unit_state *ret, struct error *err UNUSED)
{
	AUTO(reply) disabled = {0};
	struct job *jobs = jobs_make(s, names);

	memset(ret, 0, names->len * sizeof(*ret));
	if (names->len)
		read_disabled(s, &disabled);
	for (size_t i = 0; i < names->len; i++)
		query_one(s, &jobs[i], &disabled, &ret[i]);
	jobs_done(jobs, names->len);
	return 0;
}

const struct control launchd_control = {
	.open = open_launchd,
	.close = close_launchd,
	.reload = reload,
	.enable = enable,
	.disable = disable,
	.start = start,
	.stop = stop,
	.restart = restart,
	.query = query,
};
