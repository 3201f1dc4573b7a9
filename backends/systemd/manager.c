/* SPDX-License-Identifier: MIT */
/* Talks to systemd's manager over D-Bus (org.freedesktop.systemd1(5)): one connection, all units in one call. */
#include "unit.h"

#include <errno.h>
#include <poll.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/alloc.h"
#include "libsystemd.h"

#define MANAGER "org.freedesktop.systemd1", "/org/freedesktop/systemd1", "org.freedesktop.systemd1.Manager"
#define LOGIND "org.freedesktop.login1", "/org/freedesktop/login1", "org.freedesktop.login1.Manager"

/* A job that has not ended so long after the unit's own time for stopping has passed (once for SIGTERM, once for
 * SIGKILL) is stuck. */
enum { JOB_TIMEOUT_S = 60, CLEAN_TRIES = 300 };

/* One queued job and what became of it. */
struct job {
	char *path;   /* of the job on the bus */
	char *result; /* systemd's word for its end, NULL: still running */
	const char *name;
};

struct supervisor {
	struct libsystemd bus;
	sd_bus *connection;
	bool user;
	/* Of the call under way: */
	struct job *jobs;
	size_t jobs_len, pending;
};

static void close_manager(struct supervisor *s)
{
	if (!s)
		return;
	if (s->connection)
		s->bus.flush_close_unref(s->connection);
	free(s);
}

/* What went wrong on the bus, in systemd's words where it has some, and what to do about it. */
static int failed(struct supervisor *s, const char *what, int r, sd_bus_error *e, struct error *err)
{
	const char *why = e && e->message ? e->message : strerror(-r);
	int len = (int)strlen(why);
	const char *next = "";

	if (r == -EACCES || r == -EPERM)
		next = s->user ? "" : "; run it as root, or with --user for a tunnel of your own";
	if (len && why[len - 1] == '.')
		len--;
	(void)error_set(err, r, "systemd: %s: %.*s%s", what, len, why, next);
	if (e)
		s->bus.error_free(e);
	return r;
}

static int on_job_removed(sd_bus_message *m, void *user, sd_bus_error *e UNUSED)
{
	struct supervisor *s = user;
	const char *path, *unit, *result;
	uint32_t id;

	if (s->bus.message_read(m, "uoss", &id, &path, &unit, &result) < 0)
		return 0;
	for (size_t i = 0; i < s->jobs_len; i++)
		if (s->jobs[i].path && !s->jobs[i].result && !strcmp(s->jobs[i].path, path)) {
			s->jobs[i].result = xstrdup(result);
			s->pending--;
		}
	return 0;
}

/* A shell that su or cron started does not know where the user's bus is. */
static void find_user_bus(void)
{
	char folder[32];

	(void)snprintf(folder, sizeof(folder), "/run/user/%lu", (unsigned long)geteuid());
	if (!getenv("XDG_RUNTIME_DIR") && access(folder, X_OK) == 0)
		(void)setenv("XDG_RUNTIME_DIR", folder, 1);
}

/* That there is no socket, and no folder for one, is no news behind "not running". Without a manager there is no session
 * either, and logind lets only root decide then. */
static int refuse_user_bus(int r, struct error *err)
{
	const struct passwd *pw = getpwuid(geteuid());
	bool plain = r == -ENOENT || r == -ECONNREFUSED || r == -ENOMEDIUM;

	return error_set(err, r, "no systemd of this user is running here%s%s; sudo loginctl enable-linger %s starts one, now "
			 "and at every boot (or log in anew)", plain ? "" : ": ", plain ? "" : strerror(-r),
			 pw ? pw->pw_name : "USER");
}

static int connect_manager(struct supervisor *s, struct error *err)
{
	int r;

	if (s->user)
		find_user_bus();
	r = s->user ? s->bus.open_user(&s->connection) : s->bus.open_system(&s->connection);
	if (r < 0 && s->user)
		return refuse_user_bus(r, err);
	if (r < 0)
		return error_set(err, r, "systemd's bus: %s; is dbus installed and running?", strerror(-r));
	(void)s->bus.set_allow_interactive_authorization(s->connection, 1);
	/* Both before any job: it may end before the answer to our call arrives. */
	if ((r = s->bus.match_signal(s->connection, NULL, MANAGER, "JobRemoved", on_job_removed, s)) < 0 ||
	    (r = s->bus.call_method(s->connection, MANAGER, "Subscribe", NULL, NULL, "")) < 0)
		return failed(s, "subscribe", r, NULL, err);
	return 0;
}

static int open_manager(const struct scope *scope, bool for_changes UNUSED, struct supervisor **ret, struct error *err)
{
	struct supervisor *s = xrealloc(NULL, sizeof(*s));
	int r;

	*s = (struct supervisor){ .user = scope->user };
	if ((r = libsystemd_open(&s->bus, err)) < 0 || (r = connect_manager(s, err)) < 0) {
		close_manager(s);
		return r;
	}
	*ret = s;
	return 0;
}

static int reload(struct supervisor *s, struct error *err)
{
	sd_bus_error e = SD_BUS_ERROR_NULL;
	int r = s->bus.call_method(s->connection, MANAGER, "Reload", &e, NULL, "");

	return r < 0 ? failed(s, "reload", r, &e, err) : 0;
}

static void unit_names(const struct strv *names, struct strv *ret)
{
	for (size_t i = 0; i < names->len; i++)
		strv_pushf(ret, UNIT_PREFIX "%s" UNIT_SUFFIX, names->v[i]);
}

/* Calls a method that takes the names first; MORE is the signature of what follows, booleans all false. */
static int call_with_names(struct supervisor *s, const char *method, const struct strv *names,
			   const char *more, sd_bus_message **ret, struct error *err)
{
	AUTO(strv) units = {0};
	sd_bus_error e = SD_BUS_ERROR_NULL;
	sd_bus_message *m = NULL;
	int r;

	unit_names(names, &units);
	if ((r = s->bus.message_new_method_call(s->connection, &m, MANAGER, method)) >= 0 &&
	    (r = s->bus.message_append_strv(m, units.v)) >= 0 &&
	    (r = s->bus.message_append(m, more, 0, 0)) >= 0)
		r = s->bus.call(s->connection, m, 0, &e, ret);
	(void)s->bus.message_unref(m);
	return r < 0 ? failed(s, method, r, &e, err) : 0;
}

/* 1 if the answer lists any change of a link, 0 if not. */
static int read_changes(struct supervisor *s, sd_bus_message *m, bool skip_bool)
{
	const char *type, *file, *target;
	int carries, r;

	if (skip_bool && s->bus.message_read(m, "b", &carries) < 0)
		return 0;
	if (s->bus.message_enter_container(m, 'a', "(sss)") < 0)
		return 0;
	r = s->bus.message_read(m, "(sss)", &type, &file, &target);
	return r > 0;
}

static int set_enabled(struct supervisor *s, const struct strv *names, bool on, struct error *err)
{
	sd_bus_message *answer = NULL;
	int r;

	if (!names->len)
		return 0;
	if (on)
		r = call_with_names(s, "EnableUnitFiles", names, "bb", &answer, err);
	else
		r = call_with_names(s, "DisableUnitFiles", names, "b", &answer, err);
	if (r == 0)
		r = read_changes(s, answer, on);
	(void)s->bus.message_unref(answer);
	return r;
}

static int enable(struct supervisor *s, const struct strv *names, struct error *err)
{
	return set_enabled(s, names, true, err);
}

static int linger(struct supervisor *s, struct error *err)
{
	sd_bus_error e = SD_BUS_ERROR_NULL;
	sd_bus *system = NULL;
	AUTO(buf) mark = {0};
	const struct passwd *pw = getpwuid(geteuid());
	const char *name = pw ? pw->pw_name : NULL;
	int r;

	/* Where logind itself keeps it (loginctl(1), enable-linger). */
	buf_printf(&mark, "/var/lib/systemd/linger/%s", name ? name : "");
	if (name && access(mark.s, F_OK) == 0)
		return 0;
	if ((r = s->bus.open_system(&system)) >= 0) {
		(void)s->bus.set_allow_interactive_authorization(system, 1);
		r = s->bus.call_method(system, LOGIND, "SetUserLinger", &e, NULL, "ubb", (uint32_t)geteuid(), 1, 1);
	}
	if (r < 0) {
		struct error why;

		(void)failed(s, "linger", r, &e, &why);
		(void)error_set(err, r, "Start = boot: the tunnel waits for a login, because logind does not let it start "
				"without one: %s; as root: loginctl enable-linger %s", why.text, name ? name : "USER");
	}
	s->bus.error_free(&e);
	if (system)
		s->bus.flush_close_unref(system);
	return r < 0 ? r : 1;
}

static int queue(struct supervisor *s, const char *method, const char *name, struct job *ret,
		 struct error *err)
{
	sd_bus_error e = SD_BUS_ERROR_NULL;
	sd_bus_message *answer = NULL;
	AUTO(buf) unit = {0};
	const char *path;
	int r;

	buf_printf(&unit, UNIT_PREFIX "%s" UNIT_SUFFIX, name);
	r = s->bus.call_method(s->connection, MANAGER, method, &e, &answer, "ss", unit.s, "replace");
	if (r >= 0 && (r = s->bus.message_read(answer, "o", &path)) >= 0) {
		*ret = (struct job){ .path = xstrdup(path), .name = name };
		r = 0;
	}
	(void)s->bus.message_unref(answer);
	return r < 0 ? failed(s, name, r, &e, err) : 0;
}

/* The unit's path on the bus, which the caller frees. */
static bool unit_path(struct supervisor *s, const char *name, char **ret)
{
	AUTO(buf) unit = {0};

	buf_printf(&unit, UNIT_PREFIX "%s" UNIT_SUFFIX, name);
	return s->bus.path_encode("/org/freedesktop/systemd1/unit", unit.s, ret) >= 0;
}

/* Whether the state of the unit is one of the WORDS, which are separated by blanks. */
static bool is_in_state(struct supervisor *s, const char *name, const char *words)
{
	AUTO_FREE char *path = NULL;
	AUTO_FREE char *state = NULL;
	AUTO(strv) wanted = {0};

	strv_split(&wanted, words);
	return unit_path(s, name, &path) &&
	       s->bus.get_property_string(s->connection, "org.freedesktop.systemd1", path,
					  "org.freedesktop.systemd1.Unit", "ActiveState", NULL, &state) >= 0 &&
	       strv_has(&wanted, state);
}

/* How long the slowest of them may take to stop, in seconds. */
static long long slowest_stop(struct supervisor *s, const struct strv *names)
{
	uint64_t slowest = 0;

	for (size_t i = 0; i < names->len; i++) {
		AUTO_FREE char *path = NULL;
		uint64_t time = 0;

		if (unit_path(s, names->v[i], &path) &&
		    s->bus.get_property_trivial(s->connection, "org.freedesktop.systemd1", path,
						"org.freedesktop.systemd1.Service", "TimeoutStopUSec", NULL, 't',
						&time) >= 0 &&
		    time > slowest && time != UINT64_MAX)
			slowest = time;
	}
	return (long long)(slowest / 1000000);
}

static long long now_s(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (long long)t.tv_sec;
}

static void await(struct supervisor *s, long long seconds)
{
	long long deadline = now_s() + seconds;

	while (s->pending && now_s() < deadline) {
		int r = s->bus.process(s->connection, NULL);

		if (r == 0)
			r = s->bus.wait(s->connection, 1000000);
		if (r < 0 && r != -EINTR)
			return; /* the connection is gone, the jobs go on without us */
	}
}

static int report(struct supervisor *s, struct strv *ret_problems)
{
	int r = 0;

	for (size_t i = 0; i < s->jobs_len; i++) {
		const struct job *j = &s->jobs[i];

		if (!j->path || (j->result && !strcmp(j->result, "done")))
			continue;
		/* A server that is down ends ssh, sometimes before systemd has seen it start: it is tried again. */
		if (j->result && !strcmp(j->result, "failed") && is_in_state(s, j->name, "active activating"))
			continue;
		strv_pushf(ret_problems, "%s: systemd's job %s%s; see: systemctl status " UNIT_PREFIX "%s", j->name,
			   j->result ? "ended as " : "does not end", j->result ? j->result : "", j->name);
		r = -EIO;
	}
	return r;
}

/* Queues a job a name, then waits for all of them. */
static int run_jobs(struct supervisor *s, const char *method, const struct strv *names,
		    struct strv *ret_problems)
{
	int r = 0, reported;

	s->jobs = xrealloc(NULL, names->len * sizeof(*s->jobs));
	memset(s->jobs, 0, names->len * sizeof(*s->jobs));
	s->jobs_len = names->len;
	s->pending = 0;
	for (size_t i = 0; i < names->len; i++) {
		struct error err = {0};

		/* The count first: while we wait for this answer, others' ends arrive. */
		s->pending++;
		if (queue(s, method, names->v[i], &s->jobs[i], &err) < 0) {
			s->pending--;
			strv_pushf(ret_problems, "%s", err.text);
			r = err.code;
		}
	}
	await(s, JOB_TIMEOUT_S + 2 * slowest_stop(s, names));
	reported = report(s, ret_problems);
	for (size_t i = 0; i < s->jobs_len; i++) {
		free(s->jobs[i].path);
		free(s->jobs[i].result);
	}
	free(s->jobs);
	s->jobs = NULL;
	s->jobs_len = 0;
	return r < 0 ? r : reported;
}

static int start(struct supervisor *s, const struct strv *names, struct strv *ret_problems)
{
	return run_jobs(s, "StartUnit", names, ret_problems);
}

/* Fails for a unit that is in no such state. */
static void forget_failure(struct supervisor *s, const char *name)
{
	AUTO(buf) unit = {0};

	buf_printf(&unit, UNIT_PREFIX "%s" UNIT_SUFFIX, name);
	(void)s->bus.call_method(s->connection, MANAGER, "ResetFailedUnit", NULL, NULL, "s", unit.s);
}

/* Stopped between two tries, a unit would be called failed by the last of them. */
static int stop(struct supervisor *s, const struct strv *names, struct strv *ret_problems)
{
	int r = run_jobs(s, "StopUnit", names, ret_problems);

	for (size_t i = 0; i < names->len; i++)
		forget_failure(s, names->v[i]);
	return r;
}

static int restart(struct supervisor *s, const struct strv *names, struct strv *ret_problems)
{
	return run_jobs(s, "RestartUnit", names, ret_problems);
}

/* Takes away what Preserve=restart kept of a tunnel that was stopped between two tries. */
static void clean(struct supervisor *s, const char *name)
{
	AUTO(buf) unit = {0};

	forget_failure(s, name);
	buf_printf(&unit, UNIT_PREFIX "%s" UNIT_SUFFIX, name);
	if (s->bus.call_method(s->connection, MANAGER, "CleanUnit", NULL, NULL, "sas", unit.s, 1, "runtime") < 0)
		return;
	for (int i = 0; i < CLEAN_TRIES && is_in_state(s, name, "maintenance"); i++)
		(void)poll(NULL, 0, 10);
}

static int disable(struct supervisor *s, const struct strv *names, struct error *err)
{
	for (size_t i = 0; i < names->len; i++)
		clean(s, names->v[i]);
	return set_enabled(s, names, false, err);
}

/* What systemd itself ended with before tunnelctl-run was there to say a word (systemd.exec(5), PROCESS EXIT CODES). */
static const char *why_not_started(int32_t status)
{
	static const struct { int32_t status; const char *why; } rows[] = {
		{ 203, "systemd cannot start tunnelctl-run: it is not where the unit says" },
		{ 216, "systemd cannot become the group of RunAs: is there such a group?" },
		{ 217, "systemd cannot become the account of RunAs: is there such an account?" },
		{ 226, "systemd cannot make the sandbox: does this kernel allow it? Sandbox = off does without" },
		{ 233, "systemd cannot make the folder of the tunnel below /run" },
		{ 243, "systemd cannot read the credentials of the unit" },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (rows[i].status == status)
			return rows[i].why;
	return "";
}

static void read_properties(struct supervisor *s, const char *path, struct unit_state *ret)
{
	static const char to[] = "org.freedesktop.systemd1", unit[] = "org.freedesktop.systemd1.Unit",
			  service[] = "org.freedesktop.systemd1.Service";
	uint32_t pid = 0, restarts = 0;
	uint64_t since = 0;
	int stale = 0;
	AUTO_FREE char *text = NULL;
	AUTO_FREE char *file_state = NULL;
	int32_t status = 0;

	(void)s->bus.get_property_trivial(s->connection, to, path, service, "MainPID", NULL, 'u', &pid);
	(void)s->bus.get_property_trivial(s->connection, to, path, service, "ExecMainStatus", NULL, 'i', &status);
	(void)s->bus.get_property_trivial(s->connection, to, path, service, "NRestarts", NULL, 'u', &restarts);
	(void)s->bus.get_property_trivial(s->connection, to, path, unit, "StateChangeTimestamp", NULL, 't', &since);
	(void)s->bus.get_property_string(s->connection, to, path, service, "StatusText", NULL, &text);
	(void)s->bus.get_property_string(s->connection, to, path, unit, "UnitFileState", NULL, &file_state);
	(void)s->bus.get_property_trivial(s->connection, to, path, unit, "NeedDaemonReload", NULL, 'b', &stale);
	ret->stale = stale;
	ret->pid = (long)pid;
	ret->running = pid != 0;
	ret->restarts = restarts;
	ret->since = since;
	ret->enabled = file_state && !strcmp(file_state, "enabled");
	(void)snprintf(ret->text, sizeof(ret->text), "%s", text && *text ? text : why_not_started(status));
}

static int read_units(struct supervisor *s, sd_bus_message *m, const struct strv *names,
		      struct unit_state *ret)
{
	const char *unit, *text, *load, *active, *sub, *follows, *path, *type, *job;
	uint32_t id;
	int r;

	if ((r = s->bus.message_enter_container(m, 'a', "(ssssssouso)")) < 0)
		return r;
	while ((r = s->bus.message_read(m, "(ssssssouso)", &unit, &text, &load, &active, &sub, &follows, &path,
					&id, &type, &job)) > 0) {
		size_t i = 0;

		while (i < names->len && (strncmp(unit + sizeof(UNIT_PREFIX) - 1, names->v[i], strlen(names->v[i])) ||
					  strcmp(unit + sizeof(UNIT_PREFIX) - 1 + strlen(names->v[i]), UNIT_SUFFIX)))
			i++;
		if (i == names->len || !strcmp(load, "not-found"))
			continue;
		ret[i].loaded = true;
		ret[i].active = strcmp(active, "inactive") != 0 && strcmp(active, "failed") != 0;
		(void)snprintf(ret[i].state, sizeof(ret[i].state), "%s", strcmp(active, "active") ? active : sub);
		read_properties(s, path, &ret[i]);
	}
	return r;
}

static int query(struct supervisor *s, const struct strv *names, struct unit_state *ret, struct error *err)
{
	sd_bus_message *answer = NULL;
	int r;

	memset(ret, 0, names->len * sizeof(*ret));
	if (!names->len)
		return 0;
	if ((r = call_with_names(s, "ListUnitsByNames", names, "", &answer, err)) < 0)
		return r;
	r = read_units(s, answer, names, ret);
	(void)s->bus.message_unref(answer);
	return r < 0 ? failed(s, "ListUnitsByNames", r, NULL, err) : 0;
}

const struct control systemd_control = {
	.open = open_manager,
	.close = close_manager,
	.reload = reload,
	.enable = enable,
	.disable = disable,
	.linger = linger,
	.start = start,
	.stop = stop,
	.restart = restart,
	.query = query,
};
