/* SPDX-License-Identifier: MIT */
#include "runner/backoff.h"

#include <string.h>

enum { SECOND = 1000 };

static long long smaller(long long a, long long b)
{
	return a < b ? a : b;
}

/* A quarter to either side, so that a hundred tunnels that lost one server do not come back in step. */
static long long jitter(long long ms, unsigned random)
{
	return ms * 3 / 4 + ms / 2 * (random % 1024) / 1024;
}

/* 1, 2, 4 ... times RetryDelay, at most MOST. */
static long long doubling(const struct tunnel *t, unsigned failures, long long most, unsigned random)
{
	long long ms = (long long)t->retry_delay * SECOND;

	while (failures-- > 1 && ms < most)
		ms *= 2;
	return smaller(jitter(smaller(ms, most), random), most);
}

/* The server frees the port when it notices that the earlier session is dead; how soon nobody here can know. */
static long long busy(const struct tunnel *t, const struct state *s, long long ended, unsigned random)
{
	long long most = (long long)t->retry_delay_max * SECOND, for_ms = ended - s->first_failure;

	if (for_ms < BACKOFF_BUSY_MS)
		return SECOND + random % SECOND;
	/* As long again as it has lasted since then: that doubles. */
	for_ms -= BACKOFF_BUSY_MS;
	return smaller(jitter(for_ms > 2 * SECOND ? for_ms : 2 * SECOND, random), most);
}

/* A server that starts again is met soon, and one that is away for hours is not hammered. */
static long long refused(const struct tunnel *t, const struct state *s, long long ended, unsigned random)
{
	long long least = (long long)t->retry_delay * SECOND, most = (long long)t->retry_delay_max * SECOND;
	long long ms = (ended - s->first_failure) / 10;

	most = smaller(most, BACKOFF_REFUSED_MS > least ? BACKOFF_REFUSED_MS : least);
	return smaller(jitter(ms > least ? smaller(ms, most) : least, random), most > least ? most : least * 5 / 4);
}

static long long wait_for(const struct tunnel *t, const struct state *s, enum rule rule, long long ended,
			  unsigned random)
{
	long long most = (long long)t->retry_delay_max * SECOND;

	switch (rule) {
	case RULE_PARK:
		return BACKOFF_PARK_MS;
	case RULE_PORT_BUSY:
		if (t->remote_port_busy == REMOTE_PORT_BUSY_RECLAIM && s->failures == 1)
			return 0;
		return busy(t, s, ended, random);
	case RULE_REFUSED:
		return refused(t, s, ended, random);
	case RULE_AT_ONCE:
	case RULE_BACKOFF:
		break;
	}
	return doubling(t, s->failures ? s->failures : 1, most, random);
}

/* Whether one more start without a wait is not one too many; then it is counted. */
static bool take_quick(struct state *s, long long now)
{
	const long long *oldest = &s->quick[STATE_QUICK - 1];

	if (*oldest && now - *oldest < BACKOFF_QUICK_MS)
		return false;
	memmove(s->quick + 1, s->quick, sizeof(s->quick) - sizeof(*s->quick));
	s->quick[0] = now;
	return true;
}

static void start(struct state *s)
{
	s->phase = PHASE_CONNECTING;
	s->next_try = 0;
}

static void tame_time(long long *t, long long now)
{
	*t = smaller(*t, now);
}

/* What lies in the future was written under another clock, or by somebody who wants the tunnel never to start. */
static void tame(struct state *s, long long now)
{
	tame_time(&s->since, now);
	tame_time(&s->first_failure, now);
	tame_time(&s->down_since, now);
	for (size_t i = 0; i < STATE_QUICK; i++)
		tame_time(&s->quick[i], now);
	s->next_try = smaller(s->next_try, now + BACKOFF_PARK_MS);
}

void backoff_plan(const struct tunnel *t, struct state *s, long long now, unsigned random)
{
	bool written = s->phase == PHASE_WAITING || s->phase == PHASE_PARKED; /* somebody saw how it ended */
	long long ended, most = (long long)t->retry_delay_max * SECOND;
	enum rule rule;

	tame(s, now);
	ended = written ? s->since : now;
	if (s->phase == PHASE_NONE || s->phase == PHASE_STOPPED) {
		s->failures = 0;
		s->first_failure = 0;
		s->down_since = 0;
		start(s);
		return;
	}
	if (written && s->next_try) { /* planned before; whoever planned it was killed while it waited */
		if (s->phase == PHASE_WAITING)
			s->next_try = smaller(s->next_try, now + most);
		return;
	}
	if (!written) {
		s->was_up = phase_is_up(s->phase);
		s->class = s->was_up ? CLASS_killed : CLASS_unknown;
	}
	rule = s->was_up ? RULE_AT_ONCE : classes[s->class].rule;
	if (s->was_up || rule == RULE_AT_ONCE) {
		s->failures = 0;
		s->first_failure = 0;
		s->down_since = 0;
		if (take_quick(s, now)) {
			start(s);
			return;
		}
		rule = RULE_BACKOFF;
	} else {
		s->failures++;
		if (!s->first_failure)
			s->first_failure = ended;
		if (!s->down_since)
			s->down_since = s->first_failure;
	}
	s->next_try = ended + wait_for(t, s, rule, ended, random);
	s->phase = rule == RULE_PARK ? PHASE_PARKED : PHASE_WAITING;
	if (s->next_try <= now)
		start(s);
}
