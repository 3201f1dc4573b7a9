/* SPDX-License-Identifier: MIT */
#include "control.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
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
	STEADY_MS = 2000,   /* a process that has lived so long was really started; tunnelctl-run lives for 1 s */
	ABSENT_MS = 2500,   /* longer than ThrottleInterval: no process is about to come */
	VERIFY_MS = 10 * 1000,
};

struct supervisor {
	struct scope scope;
	uid_t owner;         /* whose agents */
	struct strv domains; /* where jobs of this scope may be; the first is where new ones go */
	bool reread;         /* plists have changed, and launchd reads one only when it bootstraps it */
	struct reply disabled; /* what print-disabled said last */
	struct strv enabled; /* names that are not disabled for certain: it was this connection that enabled them */
};

/* A tunnel while it is being started or stopped. */
struct job {
	const char *name;
	const char *domain; /* of the supervisor's */
	const char *home;   /* the domain that it was taken out of, if it has to go back there; or NULL */
	struct buf plist;
	struct print print; /* as it was seen last */
	bool begun;         /* and to be looked after */
	bool gone;          /* launchd has had it, and has it no more */
	bool settled;       /* enough has been seen of it */
	long old;           /* pid of the process that is to be replaced, or 0 */
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

/* The same for all domains: the first that has it is put into the job. Where one cannot tell, another may. Of -1 the
 * reply and the domain are those of the first that cannot tell. */
static int seek(const struct supervisor *s, struct job *j, struct reply *reply)
{
	const char *silent = NULL;
	AUTO(reply) other = {0};
	int r;

	for (size_t i = 0; i < s->domains.len; i++) {
		j->domain = s->domains.v[i];
		if ((r = look(j->domain, j->name, &j->print, silent ? &other : reply)) > 0) {
			if (silent) {
				reply_done(reply);
				*reply = other;
				other = (struct reply){0};
			}
			return r;
		}
		if (r < 0 && !silent)
			silent = j->domain;
	}
	if (silent)
		j->domain = silent;
	return silent ? -1 : 0;
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
static int choose_domains(struct supervisor *s, bool for_changes, struct error *err)
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
	/* To ask about a job does no harm where there is no domain, and a whole domain is much to print. */
	if (for_changes)
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
	strv_done(&s->enabled);
	reply_done(&s->disabled);
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
	if ((r = choose_domains(s, for_changes, err)) < 0) {
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

/* launchd's own record of what is disabled; it wins over any plist, and outlives it. An account has one, whichever
 * domain is asked. */
static void read_disabled(struct supervisor *s)
{
	struct reply *r = &s->disabled;

	for (size_t i = 0; i < s->domains.len && (!i || r->kind == REPLY_NO_DOMAIN); i++)
		launchctl_call(launchctl_limit_s, (const char *const[]){ "print-disabled", s->domains.v[i], NULL }, r);
}

static bool is_disabled(const struct supervisor *s, const char *name)
{
	AUTO(buf) label = {0};

	buf_cat(&label, LABEL_PREFIX, name);
	return s->disabled.kind == REPLY_DONE && print_is_disabled(buf_str(&s->disabled.output), label.s);
}

static int enable(struct supervisor *s, const struct strv *names, struct error *err)
{
	AUTO(reply) reply = {0};
	int changed = 0;

	if (names->len && !s->disabled.argv.len) /* else query() has just asked */
		read_disabled(s);
	for (size_t i = 0; i < names->len; i++) {
		AUTO(buf) why = {0};

		/* Also what is not in the list: that list is no interface. */
		call("enable", NULL, s->domains.v[0], names->v[i], 0, &reply);
		if (reply.kind != REPLY_DONE) {
			reply_describe(&reply, names->v[i], NULL, &why);
			return error_set(err, reply_errno(&reply), "%s: %s", names->v[i], why.s);
		}
		changed |= is_disabled(s, names->v[i]);
		strv_push(&s->enabled, names->v[i]);
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
	j->old = j->print.pid;
	return 0;
}

/* launchd starts no second process of a job that it was told to forget: this is another job of that label. */
static bool is_another(const struct job *j)
{
	return j->old && j->print.pid && j->print.pid != j->old;
}

static int await_gone(struct job *j, struct strv *ret_problems)
{
	const long long deadline = clock_ms() + (long long)(exit_timeout(j) + STOP_SLACK_S) * 1000;
	AUTO(reply) reply = {0};
	int pause = PAUSE_MIN_MS, r;

	/* Also while launchctl does not answer: it is the end that is waited for. */
	while ((r = look(j->domain, j->name, &j->print, &reply)) != 0 && !is_another(j) && clock_ms() < deadline)
		rest(&pause);
	if (is_another(j))
		strv_pushf(ret_problems, "%s: note: it was ended, and somebody has loaded it again meanwhile", j->name);
	if (r == 0 || is_another(j))
		return 0;
	if (r < 0)
		return complain(&reply, j, ret_problems);
	strv_pushf(ret_problems, "%s: launchd does not let go of it (%s%s%ld); see: launchctl print %s/" LABEL_PREFIX "%s",
		   j->name, j->print.state, *j->print.state ? ", pid " : "pid ", j->print.pid, j->domain, j->name);
	return -ETIMEDOUT;
}

static bool is_screen(const char *domain)
{
	return !strncmp(domain, "gui/", 4);
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
		/* What launchd took at the login there goes back there, from wherever somebody restarts it. */
		if (jobs[i].begun && is_screen(domain))
			jobs[i].home = domain;
	}
	for (size_t i = 0; i < len; i++)
		if (jobs[i].begun && (s = await_gone(&jobs[i], ret_problems)) < 0)
			r = s;
	return r;
}

static int unload(const struct supervisor *s, struct job *jobs, size_t len, struct strv *ret_problems)
{
	int r = 0, one;

	for (size_t i = 0; i < s->domains.len; i++)
		if ((one = unload_from(s->domains.v[i], jobs, len, ret_problems)) < 0)
			r = one;
	for (size_t i = 0; i < len; i++) {
		jobs[i].begun = false;
		jobs[i].old = 0;
	}
	return r;
}

static int stop(struct supervisor *s, const struct strv *names, struct strv *ret_problems)
{
	struct job *jobs = jobs_make(s, names);
	int r = unload(s, jobs, names->len, ret_problems);

	jobs_done(jobs, names->len);
	return r;
}

/* Between the end of an old job and the load of the new one Ctrl-C would leave none: it counts when that is done. */
static void hold_interrupts(sigset_t *ret_before)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	(void)sigprocmask(SIG_BLOCK, &set, ret_before);
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
		launchctl_call(launchctl_limit_s, (const char *const[]){ "bootstrap", j->domain, buf_str(&j->plist), NULL },
			       &reply);
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

/* One that somebody has disabled while it was loaded stays loaded, and may yet refuse to be started. */
static void call_enabled(const char *option, const struct job *j, unsigned more_s, struct reply *ret)
{
	AUTO(reply) other = {0};

	call("kickstart", option, j->domain, j->name, more_s, ret);
	if (ret->kind != REPLY_DISABLED)
		return;
	call("enable", NULL, j->domain, j->name, 0, &other);
	call("kickstart", option, j->domain, j->name, more_s, ret);
}

/* Without -k: to kill what has only just been started would bring in the throttle. 1 = launchd does not have it. */
static int kickstart(struct job *j, struct strv *ret_problems)
{
	AUTO(reply) reply = {0};

	call_enabled(NULL, j, 0, &reply);
	if (reply.kind != REPLY_DONE && reply.kind != REPLY_LOADED && reply.kind != REPLY_GONE)
		return complain(&reply, j, ret_problems);
	j->begun = true;
	j->since = clock_ms();
	return reply.kind == REPLY_GONE;
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

	j->domain = j->home ? j->home : s->domains.v[0];
	j->old = 0;
	if (!j->plist.len) {
		strv_pushf(ret_problems, "%s: has no plist; tunnelctl enable %s writes it", j->name, j->name);
		return -ENOENT;
	}
	/* What is disabled would be refused, by some releases with a mere 5. Where this fails bootstrap says why. */
	if (!strv_has(&s->enabled, j->name))
		call("enable", NULL, j->domain, j->name, 0, &reply);
	if ((r = bootstrap(s, j, ret_problems)) < 0 || (r = kickstart(j, ret_problems)) < 0)
		return r;
	warn_background(j, ret_problems);
	return 0; /* verify() tells whether it has gone since */
}

/* What launchd has loaded is not what the plist says now. */
static int load_anew(const struct supervisor *s, struct job *j, struct strv *ret_problems)
{
	int r = unload(s, j, 1, ret_problems), one = load(s, j, ret_problems);

	return one < 0 ? one : r;
}

/* Whether the file is another one than PATH, as far as that can be told: links lead to the same. */
static bool is_elsewhere(const struct job *j)
{
	const char *read = j->print.path, *ours = buf_str(&j->plist);
	struct stat a, b;

	if (*read != '/' || !*ours || !strcmp(read, ours))
		return false;
	return stat(read, &a) < 0 || stat(ours, &b) < 0 || a.st_dev != b.st_dev || a.st_ino != b.st_ino;
}

static bool is_other(const struct job *j, const struct reply *printed)
{
	return is_elsewhere(j) || cause_is_other(buf_str(&j->plist), &j->print, buf_str(&printed->output));
}

/* A login at the screen loads what was loaded by ssh before into the other domain. The two would wait for one another;
 * the one at the screen is started again by launchd, and stays. True: there were two. */
static bool keep_one(const struct supervisor *s, const struct job *j, struct strv *ret_problems)
{
	bool later = false, found = false;

	for (size_t i = 0; i < s->domains.len; later |= s->domains.v[i++] == j->domain) {
		AUTO(reply) reply = {0};
		struct job twin = *j; /* borrows the plist */

		if (!later || look(s->domains.v[i], j->name, &twin.print, &reply) <= 0)
			continue;
		found = true;
		twin.domain = s->domains.v[i];
		if (is_screen(twin.domain)) {
			twin.domain = j->domain;
			twin.print = j->print;
		}
		strv_pushf(ret_problems, "%s: note: it was loaded twice, in %s and %s; it stays at the screen alone",
			   j->name, j->domain, s->domains.v[i]);
		if (boot_out(&twin, ret_problems) == 0 && twin.begun)
			(void)await_gone(&twin, ret_problems);
	}
	return found;
}

/* seek(), and what is found is one, and will stay. */
static int settle_old(const struct supervisor *s, struct job *j, struct reply *reply, struct strv *ret_problems)
{
	int r = seek(s, j, reply);

	if (r > 0 && keep_one(s, j, ret_problems))
		r = seek(s, j, reply);
	if (r > 0 && print_is_dying(&j->print)) {
		j->old = j->print.pid;
		if ((r = await_gone(j, ret_problems)) == 0)
			r = seek(s, j, reply);
		else
			r = -1; /* it has been told */
		j->old = 0;
	}
	return r;
}

static int start_one(const struct supervisor *s, struct job *j, struct strv *ret_problems)
{
	AUTO(reply) reply = {0};
	int r = settle_old(s, j, &reply, ret_problems);

	if (r > 0 && is_other(j, &reply))
		return load_anew(s, j, ret_problems);
	if (r > 0 && (r = kickstart(j, ret_problems)) <= 0)
		return r;
	/* Where nobody can tell, bootstrap will: it loads nothing twice. */
	return load(s, j, ret_problems);
}

/* Looks whether enough has been seen of the job: a process that lives, or that none is to be expected. Returns in how
 * many milliseconds to look again, at most PAUSE but for a process that has only to be found again; 0: it is. */
static int look_again(struct job *j, int pause)
{
	AUTO(reply) reply = {0};
	struct print now;
	long long age;
	int r;

	if (j->settled || !j->begun)
		return 0;
	r = look(j->domain, j->name, &now, &reply);
	j->gone = r == 0;
	if (r >= 0 && now.pid != j->print.pid)
		j->since = clock_ms();
	if (r >= 0)
		j->print = now;
	age = clock_ms() - j->since;
	if (r >= 0 && now.pid && now.pid == j->old)
		return pause;
	/* What nobody can tell is settled as well: it was started. */
	j->settled = r < 0 || age >= (now.pid ? STEADY_MS : ABSENT_MS);
	return j->settled ? 0 : now.pid ? (int)(STEADY_MS - age) : pause;
}

/* What launchd made of a job that it took; false: it runs, or will. */
static bool find_failure(const struct job *j, struct buf *ret)
{
	if (j->gone)
		buf_puts(ret, "launchd has loaded it, and has it no more; did somebody unload it, or is its program not for "
			 "this Mac?");
	else if (j->old && j->print.pid == j->old)
		buf_printf(ret, "launchd has not ended its old process %ld; see: launchctl print %s/" LABEL_PREFIX "%s",
			   j->old, j->domain, j->name);
	else
		return cause_of_silence(&j->print, ret);
	return true;
}

static long long verify_deadline(const struct job *jobs, size_t len)
{
	unsigned longest = 0;

	for (size_t i = 0; i < len; i++)
		if (jobs[i].begun && jobs[i].old && exit_timeout(&jobs[i]) > longest)
			longest = exit_timeout(&jobs[i]);
	return clock_ms() + VERIFY_MS + 1000LL * longest;
}

/* That launchd took the job means little: by its pid is seen whether it runs. An ssh that ends and is started again is
 * no failure here; a job that launchd cannot start is. */
static int verify(struct job *jobs, size_t len, struct strv *ret_problems)
{
	const long long deadline = verify_deadline(jobs, len);
	int r = 0, pause = PAUSE_MIN_MS;

	for (int wait = 1; wait && clock_ms() < deadline; pause = pause * 2 < PAUSE_MAX_MS ? pause * 2 : PAUSE_MAX_MS) {
		wait = 0;
		for (size_t i = 0; i < len; i++) {
			int its = look_again(&jobs[i], pause);

			wait = its && (!wait || its < wait) ? its : wait;
		}
		(void)poll(NULL, 0, wait);
	}
	for (size_t i = 0; i < len; i++) {
		AUTO(buf) why = {0};

		if (!jobs[i].begun || !find_failure(&jobs[i], &why))
			continue;
		strv_pushf(ret_problems, "%s: %s", jobs[i].name, why.s);
		r = -EIO;
	}
	return r;
}

/* kickstart -k ends and starts the process in one step, but does not read the plist again. */
static int kick(const struct supervisor *s, struct job *j, struct strv *ret_problems)
{
	AUTO(reply) reply = {0};
	int r = settle_old(s, j, &reply, ret_problems);

	if (r > 0 && is_other(j, &reply))
		return load_anew(s, j, ret_problems);
	if (r == 0)
		return load(s, j, ret_problems);
	/* Where nobody can tell, this does. */
	j->old = j->print.pid;
	call_enabled("-k", j, exit_timeout(j), &reply);
	if (reply.kind == REPLY_GONE || reply.kind == REPLY_NO_DOMAIN)
		return load(s, j, ret_problems);
	if (reply.kind != REPLY_DONE)
		return complain(&reply, j, ret_problems);
	j->begun = true;
	j->since = clock_ms();
	return 0;
}

static int run(struct supervisor *s, const struct strv *names, bool again, struct strv *ret_problems)
{
	struct job *jobs = jobs_make(s, names);
	bool reload_all = again && s->reread;
	sigset_t before;
	int r = 0, one;

	hold_interrupts(&before);
	/* Whatever goes wrong with the end: a tunnel that is down is worse than an old one. */
	if (reload_all)
		r = unload(s, jobs, names->len, ret_problems);
	for (size_t i = 0; i < names->len; i++) {
		if (reload_all)
			one = load(s, &jobs[i], ret_problems);
		else
			one = again ? kick(s, &jobs[i], ret_problems) : start_one(s, &jobs[i], ret_problems);
		r = one < 0 ? one : r;
	}
	(void)sigprocmask(SIG_SETMASK, &before, NULL);
	if ((one = verify(jobs, names->len, ret_problems)) < 0)
		r = one;
	jobs_done(jobs, names->len);
	return r;
}

static int start(struct supervisor *s, const struct strv *names, struct strv *ret_problems)
{
	return run(s, names, false, ret_problems);
}

static int restart(struct supervisor *s, const struct strv *names, struct strv *ret_problems)
{
	return run(s, names, true, ret_problems);
}

/* --- asking --------------------------------------------------------------------------------------------------- */

/* A plist that is newer than the process was not read by launchd, as far as can be seen. */
static bool is_newer(const char *plist, long long started)
{
	struct stat st;

	return started && stat(plist, &st) == 0 && (long long)st.st_mtime > started / 1000000;
}

/* Why launchd has it and it does not run, or not as its plist says; nothing where there is nothing to say. */
static void describe(const struct job *j, bool off, struct buf *ret)
{
	if (cause_of_silence(&j->print, ret))
		return;
	if (is_elsewhere(j))
		buf_printf(ret, "launchd has read it from %s, not from %s", j->print.path, j->plist.s);
	else if (off)
		buf_printf(ret, "disabled, by launchctl disable or in System Settings > General > Login Items, so it will "
			   "not come back by itself; tunnelctl enable %s switches it on", j->name);
	else if (!j->print.pid && j->print.exited)
		buf_printf(ret, "its process has ended (last exit code %s)", j->print.last_exit_words);
}

static void fill(const struct job *j, bool off, struct unit_state *ret)
{
	AUTO(buf) why = {0};

	ret->loaded = ret->active = true;
	ret->pid = j->print.pid;
	ret->running = ret->pid && !print_is_dying(&j->print); /* one on its way out is to be started */
	ret->since = (unsigned long long)(ret->running ? process_started((pid_t)ret->pid) : 0);
	ret->stale = is_elsewhere(j) || (ret->running && is_newer(buf_str(&j->plist), (long long)ret->since));
	ret->restarts = j->print.runs ? j->print.runs - 1 : 0;
	(void)snprintf(ret->state, sizeof(ret->state), "%s", *j->print.state ? j->print.state : "loaded");
	describe(j, off, &why);
	(void)snprintf(ret->text, sizeof(ret->text), "%s", buf_str(&why));
}

/* What nobody can tell counts as loaded: what may run must be stopped before its plist goes. */
static void fill_unknown(const struct job *j, const struct reply *reply, struct unit_state *ret)
{
	AUTO(buf) why = {0};

	reply_describe(reply, j->name, j->plist.s, &why);
	ret->loaded = ret->active = true;
	(void)snprintf(ret->state, sizeof(ret->state), "unknown");
	(void)snprintf(ret->text, sizeof(ret->text), "%s", why.s);
}

/* REPLY: of the last call; one that was not answered in time is not followed by another. */
static void query_one(const struct supervisor *s, struct job *j, struct reply *reply, struct unit_state *ret)
{
	bool automatic = false, off = is_disabled(s, j->name), there;
	int r = reply->code == -ETIMEDOUT ? -1 : seek(s, j, reply);

	there = launchd_find(j->name, &s->scope, &j->plist, &automatic, NULL) > 0;
	ret->enabled = there && automatic && !off;
	if (r < 0)
		fill_unknown(j, reply, ret);
	else if (r > 0)
		fill(j, off && there && automatic, ret);
	else if (there && automatic)
		(void)snprintf(ret->text, sizeof(ret->text), "%s",
			       off ? "disabled, by launchctl disable or in System Settings > General > Login Items; tunnelctl "
				     "enable switches it on"
				   : "launchd has not loaded its plist; tunnelctl start does; if that is so after every login or "
				     "boot, look at System Settings > General > Login Items");
}

static int query(struct supervisor *s, const struct strv *names, struct unit_state *ret, struct error *err UNUSED)
{
	AUTO(reply) reply = {0};
	struct job *jobs = jobs_make(s, names);

	memset(ret, 0, names->len * sizeof(*ret));
	if (names->len)
		read_disabled(s);
	for (size_t i = 0; i < names->len; i++)
		query_one(s, &jobs[i], &reply, &ret[i]);
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
