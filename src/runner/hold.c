/* SPDX-License-Identifier: MIT */
/* The wait before a try: for its time, for a lock, or for whatever is wrong to be put right. */
#include "runner/run.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/filewatch.h"
#include "base/notify.h"
#include "base/signals.h"
#include "model/config.h"
#include "runner/backoff.h"
#include "runner/folder.h"
#include "runner/observer.h"
#include "runner/pause.h"
#include "ssh/path.h"
#include "ssh/proxytool.h"

void run_say(struct run *r, const char *text)
{
	AUTO(buf) line = {0};

	buf_cat(&line, "tunnelctl-run: ", text);
	log_line(&r->log, LOG_LEVEL_ERR, line.s);
}

static void watch(struct run *r, const char *path)
{
	AUTO(buf) expanded = {0};
	AUTO(buf) absolute = {0};

	ssh_path_put(&r->machine, 0, path, &expanded);
	if (path_absolute(expanded.s, &absolute, NULL) == 0 && !strv_has(&r->watched, absolute.s))
		strv_push(&r->watched, absolute.s);
}

static void watch_all(struct run *r, const struct strv *paths)
{
	for (size_t i = 0; i < paths->len; i++)
		watch(r, paths->v[i]);
}

/* What ssh reads together with a key. */
static void watch_beside(struct run *r, const char *key)
{
	static const char *const ends[] = { ".pub", "-cert.pub" };

	for (size_t i = 0; i < ARRAY_LEN(ends); i++) {
		AUTO(buf) path = {0};

		buf_cat(&path, key, ends[i]);
		watch(r, path.s);
	}
}

/* On what it depends whether a try may go better than the last. */
static void collect_watched(struct run *r)
{
	static const char *const usual_keys[] = { "~/.ssh/id_rsa", "~/.ssh/id_ecdsa", "~/.ssh/id_ecdsa_sk",
						  "~/.ssh/id_ed25519", "~/.ssh/id_ed25519_sk" };
	static const char *const usual_hosts[] = { "~/.ssh/known_hosts", "~/.ssh/known_hosts2",
						   "/etc/ssh/ssh_known_hosts", "/etc/ssh/ssh_known_hosts2" };
	const struct tunnel *t = &r->tunnel;
	const char *agent = getenv("SSH_AUTH_SOCK");
	AUTO(buf) beside = {0};

	r->machine.home = r->account.home;
	watch(r, r->ini.s);
	buf_cat(&beside, r->ini.s, ".d");
	watch(r, beside.s);
	watch_all(r, &t->files);
	watch(r, "/etc/resolv.conf");
	watch(r, "/etc/passwd");
	if (!t->host)
		return; /* an INI that could not be read: there is no more */
	watch(r, t->program);
	if (t->proxy.len)
		proxy_tool_files(&r->watched);
	watch_all(r, &t->identity_file);
	watch_all(r, &t->certificate_file);
	watch_all(r, &t->user_known_hosts_file);
	if (strcmp(t->identity_agent, "SSH_AUTH_SOCK") != 0)
		agent = t->identity_agent;
	if (agent && strcmp(agent, "none") != 0)
		watch(r, agent);
	if (strcmp(t->config_file, "none") != 0)
		watch(r, t->config_file);
	for (size_t i = 0; i < t->identity_file.len; i++)
		watch_beside(r, t->identity_file.v[i]);
	for (size_t i = 0; !t->identity_file.len && i < ARRAY_LEN(usual_keys); i++) {
		watch(r, usual_keys[i]);
		watch_beside(r, usual_keys[i]);
	}
	for (size_t i = 0; !t->known_host_key.len && !t->user_known_hosts_file.len && i < ARRAY_LEN(usual_hosts); i++)
		watch(r, usual_hosts[i]);
}

/* To be called before anything is read: what changes between then and the wait must not be missed. */
void run_look_at_files(struct run *r)
{
	enum { OTHER = 1 };
	bool changed = r->print && filewatch_print(&r->watched) != r->print;

	collect_watched(r);
	r->print = changed ? OTHER : filewatch_print(&r->watched);
}

static void publish(struct run *r, bool logged)
{
	struct observed o = { .tunnel = &r->tunnel, .folder = r->has_folder ? r->folder.s : NULL, .state = &r->state,
			      .log = &r->log };

	r->state.pid = getpid();
	observer_publish(&o, false, logged);
}

void run_enter(struct run *r, enum phase phase, bool logged)
{
	r->state.phase = phase;
	r->state.since = clock_ms();
	publish(r, logged);
}

/* SIGTERM and SIGINT, so that none gets lost on the way through execve(). */
void run_block_signals(sigset_t *ret_before)
{
	sigset_t ours;

	(void)sigemptyset(&ours);
	(void)sigaddset(&ours, SIGTERM);
	(void)sigaddset(&ours, SIGINT);
	(void)sigprocmask(SIG_BLOCK, &ours, ret_before);
}

void run_catch_signals(struct run *r)
{
	static const int caught[] = { SIGTERM, SIGINT, OBSERVER_PARENT_ENDED };

	r->signals = signals_open(caught, ARRAY_LEN(caught));
	(void)signal(SIGPIPE, SIG_IGN); /* a log that nobody reads any more is no reason to end */
}

static _Noreturn void stop(struct run *r)
{
	r->state.class = CLASS_none;
	state_set(&r->state.error, NULL);
	run_enter(r, PHASE_STOPPED, true);
	run_remove_loop(r);
	exit(EXIT_SUCCESS);
}

/* The INI has changed, or whatever else kept us from running ssh: everything is read anew. */
static _Noreturn void start_over(struct run *r)
{
	run_block_signals(NULL);
	if (signals_told_to_end())
		stop(r);
	log_flush(&r->log);
	/* Who has given up being root could not read everything again; the supervisor starts us as it did before. */
	if (geteuid() == r->started_as && strchr(r->argv[0], '/'))
		(void)execv(r->argv[0], r->argv);
	exit(EX_TEMPFAIL);
}

/* A machine whose containers come and go changes its network all the time; a server minds failed logins. */
static long long network_not_before(const struct state *s, long long not_before)
{
	enum { DOUBLINGS = 6 };

	if (s->phase != PHASE_PARKED)
		return not_before;
	return not_before + (1000LL << (s->failures < DOUBLINGS ? s->failures : DOUBLINGS));
}

static enum pause_end sleep_until(struct run *r, long long until, long long not_before, uint64_t print)
{
	const struct pause p = { .signals = r->signals, .until = until, .not_before = not_before,
				 .network_not_before = network_not_before(&r->state, not_before),
				 .files = &r->watched, .print = print };
	enum pause_end end = pause_for(&p);

	if (end == PAUSE_STOP)
		stop(r);
	if (end == PAUSE_FILES)
		start_over(r);
	return end;
}

static void end_at_once(int signal UNUSED)
{
	_exit(EXIT_SUCCESS);
}

/* A signal that arrives just before flock() begins to sleep would not wake it: here nothing is to be done first. */
static int wait_for_lock(struct run *r)
{
	int fd;

	(void)signal(SIGTERM, end_at_once);
	(void)signal(SIGINT, end_at_once);
	if (signals_told_to_end())
		exit(EXIT_SUCCESS);
	while ((fd = state_lock(r->folder.s, true)) == -EINTR)
		;
	run_catch_signals(r);
	/* That may have taken days. */
	if (fd >= 0 && filewatch_print(&r->watched) != r->print)
		start_over(r);
	return fd;
}

/* One runner a tunnel: two would fight for the port. */
int run_take_lock(struct run *r, struct error *err)
{
	AUTO(state) other = {0};
	AUTO(buf) text = {0};
	int fd = state_lock(r->folder.s, false);

	if (fd == -EAGAIN) {
		(void)state_read(r->folder.s, &other, NULL);
		buf_printf(&text, "waiting: %s (pid %ld)", classes[CLASS_lock].sentence, other.pid);
		if (r->options.once)
			return error_set(err, -EBUSY, "%s", text.s);
		run_say(r, text.s);
		notify_status(text.s, false);
		fd = wait_for_lock(r);
	}
	if (fd < 0)
		return error_errno(err, fd, "%s/lock", r->folder.s);
	return 0; /* open until we end, or become ssh; then the observer has it */
}

/* With an INI that cannot be read there is no RunAs; but whoever runs as the account already has its folder. */
static void take_folder_of_account(struct run *r)
{
	const char *why;
	AUTO_FREE char *name = config_name(r->ini.s, &why);
	struct error err = {0};

	if (r->folder.len || !name || (!r->options.user && geteuid() == 0 && !getenv("RUNTIME_DIRECTORY")))
		return;
	folder_path(name, r->options.user, &r->account, &r->folder);
	if (folder_make(r->folder.s, &r->account, &err) == 0 && run_take_lock(r, &err) == 0)
		r->has_folder = true;
	if (r->has_folder)
		(void)state_read(r->folder.s, &r->state, NULL);
}

/* Something before ssh is wrong. The supervisor would start us again at once, whatever we say: so it is said in the
 * state, and we wait here until something changes. */
_Noreturn void run_hold(struct run *r, const struct error *why)
{
	enum { FOLDER_AGAIN_MS = 10 * 1000, SPACING_MS = 1000 };
	bool park = classes[r->class].rule == RULE_PARK;
	bool changed = r->print && filewatch_print(&r->watched) != r->print; /* since we read it */
	long long now = clock_ms();

	take_folder_of_account(r);
	collect_watched(r);
	r->state.class = r->class;
	state_set(&r->state.error, why->text);
	r->state.next_try = now + (changed ? SPACING_MS : park ? BACKOFF_PARK_MS : FOLDER_AGAIN_MS);
	run_enter(r, park ? PHASE_PARKED : PHASE_WAITING, true);
	(void)sleep_until(r, r->state.next_try, now + SPACING_MS, 0);
	r->state.next_try = 0;
	start_over(r);
}

static unsigned some_number(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_REALTIME, &t);
	return (unsigned)t.tv_nsec / 1000 ^ (unsigned)getpid() * 2654435761U;
}

/* What run_hold() waits for: that we have come as far as here means that it is over. */
static bool is_before_ssh(enum class_id class)
{
	return class == CLASS_file || class == CLASS_account || class == CLASS_program || class == CLASS_folder ||
	       class == CLASS_proxy_tool;
}

/* As long as the state says. What the last ssh died of is kept for whoever looks at it meanwhile. */
void run_wait(struct run *r)
{
	struct state *s = &r->state;
	long long ended = s->since, now = clock_ms();

	if (!r->has_folder) {
		/* Nobody knows when the last try was: one second each is no storm. */
		(void)sleep_until(r, r->begun + 1000, 0, 0);
		return;
	}
	if (is_before_ssh(s->class))
		s->phase = PHASE_NONE;
	if (r->next_proxy)
		return;
	backoff_plan(&r->tunnel, s, now, some_number());
	if (s->phase == PHASE_CONNECTING)
		return;
	ended = ended < now ? ended : now;
	publish(r, false);
	(void)sleep_until(r, s->next_try, ended + 1000, s->files);
}
