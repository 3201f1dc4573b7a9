/* SPDX-License-Identifier: MIT */
/* The waiting rules of the runner, as a table of how ssh ended and when it is started again. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <limits.h>
#include <string.h>

#include "base/macros.h"
#include "runner/backoff.h"

enum { NOW = 1000000 };

static const struct tunnel tunnel = { .retry_delay = 1, .retry_delay_max = 30,
				      .remote_port_busy = REMOTE_PORT_BUSY_WAIT };
static const struct tunnel reclaims = { .retry_delay = 1, .retry_delay_max = 30,
					.remote_port_busy = REMOTE_PORT_BUSY_RECLAIM };
static const struct tunnel patient = { .retry_delay = 60, .retry_delay_max = 600 };

/* How the last ssh ended just now, with so many failures before it; the wait must lie between these, in ms. */
static const struct {
	const char *name;
	const struct tunnel *t;
	enum phase phase;
	enum class_id class;
	bool was_up;
	unsigned failures;
	long long since_first;  /* how long it has been failing in this way */
	long long least, most;
	enum phase then;
} rows[] = {
	{ "the first start", &tunnel, PHASE_NONE, CLASS_none, false, 0, 0, 0, 0, PHASE_CONNECTING },
	{ "a person stopped it", &tunnel, PHASE_STOPPED, CLASS_auth, false, 9, 0, 0, 0, PHASE_CONNECTING },
	{ "it had been up", &tunnel, PHASE_WAITING, CLASS_closed, true, 0, 0, 0, 0, PHASE_CONNECTING },
	{ "it had been up, and any class will do", &tunnel, PHASE_WAITING, CLASS_dns, true, 0, 0, 0, 0, PHASE_CONNECTING },
	{ "all killed while up", &tunnel, PHASE_UP, CLASS_none, false, 0, 0, 0, 0, PHASE_CONNECTING },
	{ "all killed while up, target refusing", &tunnel, PHASE_UP_TARGET_REFUSES, CLASS_none, false, 0, 0, 0, 0,
	  PHASE_CONNECTING },
	{ "all killed while connecting", &tunnel, PHASE_CONNECTING, CLASS_none, false, 0, 0, 750, 1250, PHASE_WAITING },
	{ "again", &tunnel, PHASE_CONNECTING, CLASS_none, false, 1, 5000, 1500, 2500, PHASE_WAITING },
	{ "dns", &tunnel, PHASE_WAITING, CLASS_dns, false, 0, 0, 750, 1250, PHASE_WAITING },
	{ "dns, the second", &tunnel, PHASE_WAITING, CLASS_dns, false, 1, 2000, 1500, 2500, PHASE_WAITING },
	{ "dns, the fourth", &tunnel, PHASE_WAITING, CLASS_dns, false, 3, 9000, 6000, 10000, PHASE_WAITING },
	{ "dns, the hundredth", &tunnel, PHASE_WAITING, CLASS_dns, false, 99, 900000, 22500, 30000, PHASE_WAITING },
	{ "unknown words", &tunnel, PHASE_WAITING, CLASS_unknown, false, 99, 900000, 22500, 30000, PHASE_WAITING },
	{ "RetryDelay", &patient, PHASE_WAITING, CLASS_timeout, false, 0, 0, 45000, 75000, PHASE_WAITING },
	{ "RetryDelayMax", &patient, PHASE_WAITING, CLASS_timeout, false, 30, 0, 450000, 600000, PHASE_WAITING },
	{ "refused", &tunnel, PHASE_WAITING, CLASS_refused, false, 0, 0, 750, 1250, PHASE_WAITING },
	{ "refused for 20 s", &tunnel, PHASE_WAITING, CLASS_refused, false, 15, 20000, 1500, 2500, PHASE_WAITING },
	{ "refused for long", &tunnel, PHASE_WAITING, CLASS_refused, false, 50, 900000, 3750, 5000, PHASE_WAITING },
	{ "refused, RetryDelay", &patient, PHASE_WAITING, CLASS_refused, false, 50, 900000, 45000, 75000, PHASE_WAITING },
	{ "port busy", &tunnel, PHASE_WAITING, CLASS_port_busy, false, 0, 0, 1000, 2000, PHASE_WAITING },
	{ "port busy for 29 s", &tunnel, PHASE_WAITING, CLASS_port_busy, false, 19, 29000, 1000, 2000, PHASE_WAITING },
	{ "port busy for 40 s", &tunnel, PHASE_WAITING, CLASS_port_busy, false, 20, 40000, 7500, 12500, PHASE_WAITING },
	{ "port busy for an hour", &tunnel, PHASE_WAITING, CLASS_port_busy, false, 90, 3600000, 30000, 30000, PHASE_WAITING },
	{ "port busy, reclaim", &reclaims, PHASE_WAITING, CLASS_port_busy, false, 0, 0, 0, 0, PHASE_CONNECTING },
	{ "port busy, reclaim was no use", &reclaims, PHASE_WAITING, CLASS_port_busy, false, 1, 1000, 1000, 2000,
	  PHASE_WAITING },
	{ "auth", &tunnel, PHASE_WAITING, CLASS_auth, false, 0, 0, BACKOFF_PARK_MS, BACKOFF_PARK_MS, PHASE_PARKED },
	{ "host key", &tunnel, PHASE_WAITING, CLASS_host_key_changed, false, 5, 0, BACKOFF_PARK_MS, BACKOFF_PARK_MS,
	  PHASE_PARKED },
	{ "the address changed", &tunnel, PHASE_WAITING, CLASS_roam, true, 0, 0, 0, 0, PHASE_CONNECTING },
	{ "the address changed while connecting", &tunnel, PHASE_WAITING, CLASS_roam, false, 3, 0, 0, 0, PHASE_CONNECTING },
};

static void waits(void **state UNUSED)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		for (unsigned random = 0; random < 5000; random += 7) {
			struct state s = { .phase = rows[i].phase, .class = rows[i].class, .was_up = rows[i].was_up,
					   .failures = rows[i].failures, .since = NOW,
					   .first_failure = rows[i].failures ? NOW - rows[i].since_first : 0 };
			long long wait;

			if (rows[i].failures == 0 && rows[i].since_first)
				s.first_failure = NOW - rows[i].since_first;
			backoff_plan(rows[i].t, &s, NOW, random);
			wait = s.next_try ? s.next_try - NOW : 0;
			if (s.phase != rows[i].then || wait < rows[i].least || wait > rows[i].most)
				fail_msg("%s: %s after %lld ms", rows[i].name, phase_word(s.phase), wait);
		}
}

static void at_once_three_times_in_ten_seconds(void **state UNUSED)
{
	struct state s = {0};
	long long now = NOW;

	for (int i = 0; i < 4; i++, now += 1000) {
		s.phase = PHASE_UP;
		backoff_plan(&tunnel, &s, now, 512);
		assert_int_equal(s.phase, i < 3 ? PHASE_CONNECTING : PHASE_WAITING);
	}
	assert_true(s.next_try > NOW + 3000 && s.next_try <= NOW + 3000 + 1250);
	now = NOW + BACKOFF_QUICK_MS;
	s.phase = PHASE_UP;
	backoff_plan(&tunnel, &s, now, 512);
	assert_int_equal(s.phase, PHASE_CONNECTING);
}

/* What was planned holds, whoever was killed since; and the time between counts. */
static void keeps_a_plan(void **state UNUSED)
{
	struct state s = { .phase = PHASE_WAITING, .class = CLASS_dns, .since = NOW, .failures = 4 };
	long long planned;

	backoff_plan(&tunnel, &s, NOW, 3);
	planned = s.next_try;
	for (int i = 0; i < 50; i++)
		backoff_plan(&tunnel, &s, NOW + i * 10, 77);
	assert_int_equal(s.next_try, planned);
	assert_int_equal(s.failures, 5);

	/* Written before the clock was what it is now: never longer than the longest wait. */
	s.next_try = NOW + 1000000000LL;
	backoff_plan(&tunnel, &s, NOW, 3);
	assert_int_equal(s.next_try, NOW + 30000);

	/* ssh ended long ago: the wait is over. */
	s = (struct state){ .phase = PHASE_WAITING, .class = CLASS_dns, .since = NOW };
	backoff_plan(&tunnel, &s, NOW + 60000, 3);
	assert_int_equal(s.phase, PHASE_CONNECTING);
}

/* Times of another clock, or from hostile hands. */
static void starts_whatever_the_state_says(void **state UNUSED)
{
	static const enum phase phases[] = { PHASE_WAITING, PHASE_PARKED, PHASE_UP };

	for (size_t i = 0; i < ARRAY_LEN(phases); i++) {
		struct state s = { .phase = phases[i], .class = CLASS_auth, .since = INT64_MAX, .next_try = INT64_MAX,
				   .first_failure = INT64_MAX, .failures = INT_MAX,
				   .quick = { INT64_MAX, INT64_MAX, INT64_MAX } };

		backoff_plan(&tunnel, &s, NOW, 1023);
		assert_true(s.next_try <= NOW + BACKOFF_PARK_MS);
		assert_true(s.since <= NOW);
		s.phase = PHASE_WAITING;
		s.next_try = 0;
		s.class = CLASS_dns;
		backoff_plan(&tunnel, &s, NOW, 1023);
		assert_true(s.next_try <= NOW + 30000);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(waits),
		cmocka_unit_test(at_once_three_times_in_ten_seconds),
		cmocka_unit_test(keeps_a_plan),
		cmocka_unit_test(starts_whatever_the_state_says),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
