/* SPDX-License-Identifier: MIT */
#include "runner/pause.h"

#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/filewatch.h"
#include "base/signals.h"
#include "runner/netwatch.h"

enum { SETTLE_MS = 200, SETTLE_MAX_MS = 1000, SLEPT_MS = 1000, UNWATCHED_MS = 30 * 1000 };

struct waiting {
	const struct pause *setup;
	struct filewatch files;
	int network, clock;
	long long slept;
	enum pause_end end;  /* 0: nothing has happened */
	long long end_at;    /* when it takes effect */
	long long latest;    /* whatever else happens */
};

/* The first reason holds, but a file's change need not wait for the network's time; the messages of one change come in
 * a flock, so the last of them sets the time. */
static void happen(struct waiting *w, enum pause_end why)
{
	long long now = clock_ms(), at = now + SETTLE_MS, not_before = w->setup->not_before;

	if (!w->end || (w->end == PAUSE_NETWORK && why != PAUSE_NETWORK)) {
		w->end = why;
		w->latest = now + SETTLE_MAX_MS;
	}
	if (at > w->latest)
		at = w->latest;
	if (w->end == PAUSE_NETWORK && w->setup->network_not_before > not_before)
		not_before = w->setup->network_not_before;
	w->end_at = at > not_before ? at : not_before;
}

static int time_left(const struct waiting *w)
{
	long long when = w->setup->until;

	if (w->end && w->end_at < when)
		when = w->end_at;
	return clock_ms_until(when);
}

/* The system has given no watch: there are only so many for one account (inotify(7), max_user_instances). */
static int time_until_look(const struct waiting *w, int left)
{
	return w->files.fd <= 0 && left > UNWATCHED_MS ? UNWATCHED_MS : left;
}

static void take_clock(struct waiting *w)
{
	long long slept = clock_slept_ms();

	if (w->clock >= 0)
		clock_watch_take(w->clock);
	if (slept - w->slept >= SLEPT_MS)
		happen(w, PAUSE_NETWORK);
	w->slept = slept;
}

/* 0: go on waiting. */
static enum pause_end turn(struct waiting *w)
{
	enum { SIGNALS, FILES, NETWORK, CLOCK, ALL };
	struct pollfd fds[ALL] = {
		[SIGNALS] = { .fd = w->setup->signals, .events = POLLIN },
		[FILES] = { .fd = w->files.fd > 0 ? w->files.fd : -1, .events = POLLIN },
		[NETWORK] = { .fd = w->network, .events = POLLIN },
		[CLOCK] = { .fd = w->clock, .events = POLLIN },
	};
	int left = time_left(w);

	if (left == 0)
		return w->end ? w->end : PAUSE_TIME;
	(void)poll(fds, ALL, time_until_look(w, left));
	if (signals_told_to_end())
		return PAUSE_STOP;
	if ((fds[FILES].revents || w->files.fd <= 0) && filewatch_changed(&w->files))
		happen(w, PAUSE_FILES);
	if (fds[NETWORK].revents && netwatch_take(w->network))
		happen(w, PAUSE_NETWORK);
	if (fds[CLOCK].revents || fds[NETWORK].revents)
		take_clock(w);
	return 0;
}

enum pause_end pause_for(const struct pause *setup)
{
	struct waiting w = { .setup = setup, .network = netwatch_open(), .clock = clock_watch_open(),
			     .slept = clock_slept_ms() };
	enum pause_end end;

	filewatch_open(&w.files, setup->files, setup->print);
	if (filewatch_changed(&w.files))
		happen(&w, setup->print ? PAUSE_BEFORE : PAUSE_FILES);
	while (!(end = turn(&w)))
		;
	filewatch_done(&w.files);
	if (w.network >= 0)
		(void)close(w.network);
	if (w.clock >= 0)
		(void)close(w.clock);
	return end;
}
