/* SPDX-License-Identifier: MIT */
#include "cli/report.h"

#include <errno.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/utf8.h"
#include "cli/batch.h"
#include "cli/cure.h"
#include "cli/nextstep.h"
#include "cli/person.h"
#include "model/config.h"
#include "runner/account.h"
#include "runner/folder.h"
#include "runner/logfile.h"

/* Where the system has no watches to give, somebody looks. */
enum { NO_WATCH_MS = 1000 };

/* So long the supervisor and the next process take at most until that holds the lock. */
enum { BETWEEN_MS = 5000 };

/* The account that a tunnel runs as, as far as anybody knows it. */
static void find_account(const struct selected *s, const struct tunnel *t, struct account *ret)
{
	if (s->user)
		account_self(ret);
	else if (t->run_as)
		(void)account_find(t->run_as, ret, NULL);
}

/* Fills T as far as the INI can be read: a broken or missing one is no reason to say nothing. */
static void load(const struct selected *s, struct tunnel *t)
{
	AUTO(strv) problems = {0};

	if (s->ini)
		(void)config_load_known(s->ini, s->user ? CONFIG_USER : CONFIG_SYSTEM, s->absent, t, &problems);
}

static void push_state_file(const struct selected *s, const struct account *a, struct strv *ret)
{
	AUTO(buf) path = {0};

	folder_seek(s->name, s->user, a, &path);
	buf_puts(&path, "/state");
	if (!strv_has(ret, path.s))
		strv_push_take(ret, buf_take(&path));
}

/* Both places where its state may come into being, and the INI. */
static void push_files(const struct selected *s, struct strv *ret)
{
	AUTO(tunnel) t = {0};
	AUTO(account) a = {0};
	AUTO(buf) ini = {0};
	struct strv places = {0};
	struct account nowhere;

	load(s, &t);
	find_account(s, &t, &a);
	nowhere = (struct account){ .uid = a.uid, .gid = a.gid };
	push_state_file(s, &nowhere, &places);
	push_state_file(s, &a, &places);
	strv_push_all(ret, &places);
	strv_done(&places);
	if (s->ini && path_absolute(s->ini, &ini, NULL) == 0)
		strv_push_take(ret, buf_take(&ini));
}

void reports_open(const struct cli *cli, const struct selection *l, struct reports *ret)
{
	AUTO(strv) files = {0};

	*ret = (struct reports){ .cli = cli, .len = l->len };
	ret->v = xrealloc(NULL, (l->len + 1) * sizeof(*ret->v));
	memset(ret->v, 0, (l->len + 1) * sizeof(*ret->v));
	for (size_t i = 0; i < l->len; i++) {
		ret->v[i].selected = &l->v[i];
		push_files(&l->v[i], &files);
	}
	filewatch_open(&ret->watch, &files, 0);
}

/* Some accounts are for programs alone. */
static bool can_log_in(const struct account *a)
{
	const struct passwd *pw = a->name ? getpwnam(a->name) : NULL;
	const char *shell = pw && pw->pw_shell ? path_base(pw->pw_shell) : "";

	return pw && strcmp(shell, "nologin") != 0 && strcmp(shell, "false") != 0;
}

/* The tunnel as it is to be, and what else is known of it without asking anybody. */
static void read_settings(struct report *r, struct account *ret_account)
{
	AUTO(account) person = {0};

	tunnel_done(&r->tunnel);
	load(r->selected, &r->tunnel);
	r->settings = r->tunnel.name ? tunnel_print(&r->tunnel) : 0;
	find_account(r->selected, &r->tunnel, ret_account);
	buf_clear(&r->log);
	if (!logfile_path(r->selected->name, r->tunnel.log, ret_account, &r->log))
		buf_clear(&r->log);
	free(r->me);
	r->me = NULL;
	if (can_log_in(ret_account)) {
		r->me = xstrdup(ret_account->name);
	} else {
		person_find(&person);
		r->me = person.name ? xstrdup(person.name) : NULL;
	}
}

static bool is_alive(long pid)
{
	return kill((pid_t)pid, 0) == 0 || errno == EPERM;
}

/* The process that the supervisor names is not the one that wrote the state. One that has ended since the supervisor
 * was asked says nothing: with each new process of the tunnel there is such a moment. */
static bool is_another(const struct report *r)
{
	return r->unit.running && r->unit.pid != r->state.pid && is_alive(r->unit.pid);
}

/* Only RunAs and root may look at the lock; for others a process of that number must do, the one that the supervisor
 * names where it names one. The state is of this boot (state_read()). */
static bool is_writer_alive(const struct report *r)
{
	return r->state.pid > 0 && !is_another(r) && is_alive(r->state.pid);
}

static bool is_lock_hidden(const struct report *r)
{
	AUTO(buf) path = {0};

	buf_cat(&path, r->folder.s, "/lock");
	return access(path.s, R_OK) < 0 && errno == EACCES;
}

static bool is_held(const struct report *r)
{
	return is_lock_hidden(r) ? is_writer_alive(r) : state_is_held(r->folder.s);
}

static void read_state(struct report *r)
{
	AUTO(account) a = {0};

	read_settings(r, &a);
	buf_clear(&r->folder);
	folder_seek(r->selected->name, r->selected->user, &a, &r->folder);
	state_done(&r->state);
	r->state_error = state_read(r->folder.s, &r->state, NULL);
	r->held = is_held(r);
}

/* Of a tunnel whose state others may not read, the supervisor still tells the sentence, which begins with the phase
 * (runner/sentence.c). */
static enum phase phase_of_sentence(const char *text)
{
	AUTO_FREE char *word = xstrndup(text, strcspn(text, ": ,"));
	enum phase phase = phase_find(word);

	return phase == PHASE_UP && text[strlen(word)] == ',' ? PHASE_UP_TARGET_REFUSES : phase;
}

/* One ssh has ended, and said why; the supervisor is about to start the next. */
static bool is_between(const struct report *r)
{
	bool ended = r->state.phase == PHASE_WAITING || r->state.phase == PHASE_PARKED;
	bool same = r->unit.running && r->unit.pid == r->state.pid && is_alive(r->unit.pid);

	return r->state_error == 0 && !r->held && r->unit.active && ended && !same &&
	       clock_ms() - r->state.since < BETWEEN_MS;
}

/* Those of a process that has just begun, perhaps. That it is up only the state can tell, and who holds it. */
static enum phase phase_of_unit(const struct report *r)
{
	enum phase phase = phase_of_sentence(r->unit.text);

	return r->state_error == 0 && phase_is_up(phase) ? PHASE_NONE : phase;
}

static void join(struct report *r)
{
	text_clean(r->unit.text);
	text_clean(r->unit.state);
	r->phase = PHASE_NONE;
	r->between = is_between(r);
	r->held |= r->between;
	if (r->state_error == 0 && r->held)
		r->phase = r->state.phase;
	else if (r->unit.running)
		r->phase = phase_of_unit(r);
}

/* One of ours. Those of others want what only `test' finds out: which file, which machine. */
static bool is_ours(const struct buf *command)
{
	const char *s = buf_str(command);

	return !strncmp(s + (strncmp(s, "sudo ", 5) ? 0 : 5), "tunnelctl ", 10);
}

/* What a person does about a tunnel that does not come up by itself. */
static void find_cure(const struct cli *cli, struct report *r)
{
	const struct cure_case c = {
		.cli = cli,
		.tunnel = &r->tunnel,
		.account = &(struct account){0},
		.ini = r->selected->ini,
		.user = r->selected->user,
		.system = system_here(),
	};
	enum cure_id cure = cure_of(r->state.class);

	buf_clear(&r->cure);
	if ((r->phase != PHASE_PARKED && r->phase != PHASE_WAITING) || !r->held || !r->selected->ini)
		return;
	if (!r->tunnel.name)
		cure = CURE_file;
	(void)cure_command(cure, &c, &r->cure);
	if (is_ours(&r->cure))
		return;
	buf_clear(&r->cure);
	nextstep_command(cli, &r->tunnel, r->selected->user, "test", NULL, &r->cure);
}

static void take_answers(struct reports *l, bool user, const struct unit_state *states)
{
	size_t n = 0;

	for (size_t i = 0; i < l->len; i++)
		if (l->v[i].selected->user == user) {
			l->v[i].asked = states;
			l->v[i].unit = states ? states[n++] : (struct unit_state){0};
		}
}

/* The tunnels of one scope: there is one supervisor for each. NULL: it does not answer. */
static struct unit_state *ask(struct reports *l, const struct backend *backend, bool user, const struct strv *names)
{
	AUTO(batch) batch = {
		.backend = backend,
		.scope = { .user = user, .home = cli_home(), .config_home = cli_config_home() },
	};
	struct unit_state *states = NULL;
	struct error err = {0};

	if (!backend->control)
		return NULL;
	if (backend->control->open(&batch.scope, false, &batch.supervisor, &err) == 0)
		states = batch_query(&batch, names, &err);
	if (!states && !l->complained[user] && !l->cli->options.quiet)
		cli_error("%s", err.text);
	l->complained[user] |= !states;
	return states;
}

static void ask_scope(struct reports *l, const struct backend *backend, bool user)
{
	AUTO(strv) names = {0};
	AUTO_FREE struct unit_state *states = NULL;

	for (size_t i = 0; i < l->len; i++)
		if (l->v[i].selected->user == user)
			strv_push(&names, l->v[i].selected->name);
	if (backend && names.len)
		states = ask(l, backend, user, &names);
	take_answers(l, user, states);
}

void reports_look(struct reports *l, const struct backend *backend)
{
	ask_scope(l, backend, true);
	ask_scope(l, backend, false);
	/* After the supervisor: what it has just started or stopped shows. */
	for (size_t i = 0; i < l->len; i++) {
		read_state(&l->v[i]);
		join(&l->v[i]);
		find_cure(l->cli, &l->v[i]);
	}
}

bool reports_have_lapsed(const struct reports *l)
{
	for (size_t i = 0; i < l->len; i++)
		if (l->v[i].between || is_held(&l->v[i]) != l->v[i].held)
			return true;
	return false;
}

enum reports_event reports_await(struct reports *l, long long deadline, int also)
{
	struct pollfd p[] = {
		{ .fd = l->watch.fd ? l->watch.fd : -1, .events = POLLIN },
		{ .fd = also, .events = POLLIN },
	};
	long long blind = l->watch.fd ? 0 : clock_ms() + NO_WATCH_MS;
	long long wake = blind && (!deadline || blind < deadline) ? blind : deadline;

	for (;;) {
		/* Also before the first sleep: something may have happened since filewatch_open(). */
		if (l->watch.fd && filewatch_changed(&l->watch))
			return REPORTS_CHANGED;
		(void)poll(p, ARRAY_LEN(p), clock_ms_until(wake));
		if (p[1].revents)
			return REPORTS_ALSO;
		if (deadline && clock_ms() >= deadline)
			return REPORTS_TIME;
		if (blind && clock_ms() >= blind)
			return REPORTS_CHANGED;
	}
}

const char *report_word(const struct report *r)
{
	if (r->phase)
		return phase_word(r->phase);
	if (*r->unit.state)
		return r->unit.state;
	return r->state.phase == PHASE_STOPPED ? phase_word(PHASE_STOPPED) : "off";
}

const char *report_sentence(const struct report *r)
{
	/* That it was stopped says less than what the supervisor finds wrong with it. */
	bool known = *r->unit.text && !phase_of_sentence(r->unit.text);
	bool counts = r->state_error == 0 && (r->held || (r->state.phase == PHASE_STOPPED && !known));

	if (counts && r->state.sentence)
		return r->state.sentence;
	/* A supervisor keeps the last words of what has ended: "up" is none that outlives it. */
	return r->unit.active || !phase_is_up(phase_of_sentence(r->unit.text)) ? r->unit.text : "";
}

bool report_is_fine(const struct report *r)
{
	return r->phase == PHASE_UP;
}

bool report_is_older(const struct report *r)
{
	return r->phase && r->held && r->settings && r->state.settings && r->settings != r->state.settings;
}

bool report_is_by_hand(const struct report *r)
{
	if (!r->phase || !r->held || r->between || !r->asked)
		return false;
	/* A new process has the lock a moment before it writes a state of its own. */
	return r->unit.running ? r->state.pid && is_alive(r->state.pid) && is_another(r) : !r->unit.active;
}

bool report_is_orphan(const struct report *r)
{
	/* The ssh that the observer told of: a new process of the tunnel has no lock yet, and one that has just ended has
	 * none any more. */
	return r->unit.running && r->state_error == 0 && !r->held && r->state.phase != PHASE_STOPPED &&
	       r->unit.pid == r->state.pid && is_alive(r->unit.pid);
}

void reports_done(struct reports *l)
{
	for (size_t i = 0; i < l->len; i++) {
		buf_done(&l->v[i].folder);
		state_done(&l->v[i].state);
		tunnel_done(&l->v[i].tunnel);
		free(l->v[i].me);
		buf_done(&l->v[i].log);
		buf_done(&l->v[i].cure);
	}
	free(l->v);
	filewatch_done(&l->watch);
	*l = (struct reports){0};
}
