/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include "base/clock.h"

static void goes_forward(void **state UNUSED)
{
	long long before = clock_ms(), after;

	assert_true(before > 0);
	(void)poll(NULL, 0, 20);
	after = clock_ms();
	assert_true(after - before >= 19 && after - before < 60000);
}

static void knows_the_sleep(void **state UNUSED)
{
	long long before = clock_slept_ms();

	assert_true(before >= 0 && before <= clock_ms());
	/* Nobody sends this machine to sleep now, and a busy one is not asleep. */
	for (int i = 0; i < 1000; i++)
		assert_true(clock_slept_ms() - before < 1000);
}

static void names_the_boot(void **state UNUSED)
{
	AUTO(buf) id = {0};
	AUTO(buf) again = {0};

	buf_puts(&again, "before ");
	clock_boot_id(&id);
	clock_boot_id(&again);
	assert_string_equal(buf_str(&again) + 7, buf_str(&id));
	if (!id.len) {
		print_message("SKIPPED: this system does not tell its boots apart\n");
		skip();
	}
	assert_true(id.len >= 32 && id.len <= 64);
	assert_null(strpbrk(id.s, " \n\"\\;#"));
}

static void waits_for_a_set_clock(void **state UNUSED)
{
	struct pollfd p = { .fd = clock_watch_open(), .events = POLLIN };

	if (p.fd == -ENOTSUP) {
		print_message("SKIPPED: this system does not tell when the clock is set\n");
		skip();
	}
	assert_true(p.fd > 0);
	assert_true(fcntl(p.fd, F_GETFD) & FD_CLOEXEC);
	assert_int_equal(poll(&p, 1, 30), 0);
	clock_watch_take(p.fd); /* does not block */
	assert_int_equal(close(p.fd), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(goes_forward),
		cmocka_unit_test(knows_the_sleep),
		cmocka_unit_test(names_the_boot),
		cmocka_unit_test(waits_for_a_set_clock),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
