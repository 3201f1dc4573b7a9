/* SPDX-License-Identifier: MIT */
#include "cli/checkup.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/utf8.h"

#define NEED(id) (1u << CHECKUP_##id)

static const struct step {
	const char *name;
	enum { OFFLINE, ONLINE } reach;
	unsigned needs;
	void (*take)(struct checkup *);
} steps[CHECKUP_COUNT] = {
#define STEP(id, name, reach, needs) [CHECKUP_##id] = { name, reach, needs, checkup_##id },
#include "cli/checkup_steps.def"
};

/* --- Ctrl-C -------------------------------------------------------------------------------------------------- */

static volatile sig_atomic_t interrupted;

static void interrupt(int sig)
{
	interrupted = sig;
}

bool checkup_is_interrupted(void)
{
	return interrupted;
}

/* SIGPIPE: whoever read what we say, head(1) perhaps, has seen enough. */
static const int signals[] = { SIGINT, SIGTERM, SIGHUP, SIGPIPE };

struct handlers {
	struct sigaction v[ARRAY_LEN(signals)];
};

/* What a shell left ignored (nohup(1)) stays so. */
static void handlers_set(struct handlers *ret)
{
	struct sigaction ours = { .sa_handler = interrupt };

	(void)sigemptyset(&ours.sa_mask);
	for (size_t i = 0; i < ARRAY_LEN(signals); i++) {
		(void)sigaction(signals[i], NULL, &ret->v[i]);
		if (ret->v[i].sa_handler != SIG_IGN)
			(void)sigaction(signals[i], &ours, NULL);
	}
}

static void handlers_restore(const struct handlers *h)
{
	for (size_t i = 0; i < ARRAY_LEN(signals); i++)
		(void)sigaction(signals[i], &h->v[i], NULL);
}

/* --- what a step says ---------------------------------------------------------------------------------------- */

static void note_verdict(struct checkup *t, enum checkup_verdict v)
{
	if (v > t->verdicts[t->step])
		t->verdicts[t->step] = v;
}

static void say(struct checkup *t, enum checkup_verdict v, enum cure_id cure, const char *argument,
		const char *format, va_list ap)
{
	const struct cure_case c = {
		.cli = t->cli,
		.tunnel = &t->tunnel,
		.account = &t->account,
		.ini = t->selected->ini,
		.argument = argument,
		.user = t->selected->user,
		.system = system_here(),
	};
	long long now = clock_ms();
	AUTO(buf) seen = {0};
	AUTO(buf) command = {0};

	if (interrupted)
		return; /* whatever it says, that is why */
	buf_vprintf(&seen, format, ap);
	if (seen.len)
		text_clean(seen.s);
	if (cure && cure_command(cure, &c, &command))
		text_clean(command.s);
	note_verdict(t, v);
	t->show(&(struct checkup_line){ .step = steps[t->step].name,
					.about = t->about,
					.verdict = v,
					.seen = buf_str(&seen),
					.why = cure_why(cure),
					.command = command.len ? command.s : NULL,
					.ms = t->took >= 0 ? t->took : (long)(now - t->since) },
		t->user);
	t->since = now;
	t->took = -1;
}

void checkup_good(struct checkup *t, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	say(t, CHECKUP_GOOD, CURE_none, NULL, format, ap);
	va_end(ap);
}

void checkup_nothing(struct checkup *t, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	say(t, CHECKUP_NOTHING, CURE_none, NULL, format, ap);
	va_end(ap);
}

static void PRINTF(2, 3) blocked(struct checkup *t, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	say(t, CHECKUP_BLOCKED, CURE_none, NULL, format, ap);
	va_end(ap);
}

void checkup_warn(struct checkup *t, enum cure_id cure, const char *argument, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	say(t, CHECKUP_WARNING, cure, argument, format, ap);
	va_end(ap);
}

void checkup_fail(struct checkup *t, enum cure_id cure, const char *argument, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	say(t, CHECKUP_FAILED, cure, argument, format, ap);
	va_end(ap);
}

/* --- all of them --------------------------------------------------------------------------------------------- */

/* The first step that failed among those that this one needs, or that those need: it is to be mended first.
 */
static const char *find_hindrance(const struct checkup *t, enum checkup_id id)
{
	for (int i = 0; i < CHECKUP_COUNT; i++) {
		if (!(steps[id].needs & 1u << i))
			continue;
		if (t->verdicts[i] == CHECKUP_FAILED)
			return steps[i].name;
		if (t->verdicts[i] == CHECKUP_BLOCKED)
			return find_hindrance(t, (enum checkup_id)i);
	}
	return NULL;
}

static void take(struct checkup *t, enum checkup_id id)
{
	const char *hindrance = find_hindrance(t, id);

	t->step = id;
	t->about = NULL;
	t->since = clock_ms();
	t->took = -1;
	if (hindrance)
		blocked(t, "not tried, because of: %s", hindrance);
	else
		steps[id].take(t);
}

int checkup_run(struct checkup *t, bool offline)
{
	struct handlers handlers;

	handlers_set(&handlers);
	for (int i = 0; i < CHECKUP_COUNT && !interrupted; i++)
		if (!offline || steps[i].reach == OFFLINE)
			take(t, (enum checkup_id)i);
	client_done(&t->client);
	t->has_client = false;
	handlers_restore(&handlers);
	if (interrupted) {
		(void)fflush(stdout);
		(void)raise(interrupted); /* as if it came now: whoever waits for us sees what ended us */
	}
	if (t->bad_file)
		return EXIT_BAD_CONFIG;
	for (int i = 0; i < CHECKUP_COUNT; i++)
		if (t->verdicts[i] == CHECKUP_FAILED)
			return EXIT_FAILED;
	return EXIT_DONE;
}

/* The tunnel's ssh has them beside it, where it is not the system's own. */
void checkup_tool(const struct checkup *t, const char *name, struct buf *ret)
{
	AUTO(buf) folder = {0};

	path_folder(t->has_client ? t->client.program.s : "/usr/bin/ssh", &folder);
	buf_cat(ret, folder.s, "/", name);
	if (access(ret->s, X_OK) == 0)
		return;
	buf_clear(ret);
	buf_cat(ret, "/usr/bin/", name);
}

void checkup_done(struct checkup *t)
{
	client_done(&t->client);
	tunnel_done(&t->tunnel);
	account_done(&t->account);
	strv_done(&t->agent_keys);
	way_done(&t->way);
	login_done(&t->login);
	reports_done(&t->reports);
	*t = (struct checkup){0};
}
