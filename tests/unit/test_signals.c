/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/macros.h"
#include "runner/parent.h"
#include "base/signals.h"

enum { SOON_MS = 10000 };

static const int caught[] = { SIGTERM, SIGHUP, SIGUSR1 };

static bool readable(int fd, int wait_ms)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	int n;

	do
		n = poll(&p, 1, wait_ms);
	while (n < 0 && errno == EINTR);
	return n == 1;
}

static void become_bytes(void **state UNUSED)
{
	int fd = signals_open(caught, ARRAY_LEN(caught));

	assert_true(fd >= 0);
	assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	assert_false(readable(fd, 0));
	for (size_t i = 0; i < ARRAY_LEN(caught); i++)
		assert_false(signals_take(caught[i]));
	for (int round = 0; round < 3; round++) {
		assert_int_equal(raise(SIGUSR1), 0);
		assert_int_equal(raise(SIGTERM), 0);
		assert_int_equal(raise(SIGTERM), 0);
		assert_true(readable(fd, 0));
		assert_true(signals_take(SIGTERM));
		assert_false(signals_take(SIGTERM));
		assert_false(signals_take(SIGHUP));
		assert_true(signals_take(SIGUSR1));
		assert_false(readable(fd, 0));
	}
}

/* More than a pipe holds. */
static void are_never_too_many(void **state UNUSED)
{
	int fd = signals_open(caught, ARRAY_LEN(caught));

	for (int i = 0; i < 100000; i++)
		assert_int_equal(raise(SIGHUP), 0);
	errno = 1234;
	assert_int_equal(raise(SIGHUP), 0);
	assert_int_equal(errno, 1234);
	assert_true(readable(fd, 0));
	assert_true(signals_take(SIGHUP));
	assert_false(readable(fd, 0));
}

/* The observer begins anew, and has nothing of its parent's. */
static void are_a_childs_own(void **state UNUSED)
{
	int fd = signals_open(caught, ARRAY_LEN(caught)), status;
	pid_t child;

	assert_int_equal(raise(SIGTERM), 0);
	if ((child = fork()) == 0) {
		int own = signals_open(caught, ARRAY_LEN(caught));
		bool clean = own >= 0 && !readable(own, 0) && !signals_take(SIGTERM);

		(void)raise(SIGUSR1);
		_exit(clean && readable(own, 0) && signals_take(SIGUSR1) ? 0 : 1);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	assert_true(readable(fd, 0));
	assert_false(signals_take(SIGUSR1));
	assert_true(signals_take(SIGTERM));
}

static void wake_whoever_waits(void **state UNUSED)
{
	int fd = signals_open(caught, ARRAY_LEN(caught)), status;
	struct pollfd p = { .fd = fd, .events = POLLIN };
	pid_t parent = getpid(), child = fork();

	if (child == 0) {
		(void)poll(NULL, 0, 20);
		_exit(kill(parent, SIGHUP));
	}
	/* EINTR, or ready if the signal came first. */
	assert_true(poll(&p, 1, SOON_MS) != 0);
	assert_true(readable(fd, SOON_MS));
	assert_true(signals_take(SIGHUP));
	assert_int_equal(waitpid(child, &status, 0), child);
}

/* A parent that ends, and its child, which writes what it noticed into the pipe. */
static void watch_the_parent(void **state UNUSED)
{
	int out[2], status;
	char said = 0;
	pid_t parent;

	assert_int_equal(pipe(out), 0);
	if ((parent = fork()) == 0) {
		pid_t self = getpid();
		int ready[2];

		if (pipe(ready) < 0)
			_exit(1);
		if (fork() == 0) {
			int fd = signals_open(caught, ARRAY_LEN(caught));
			int ended = parent_watch(self, SIGUSR1);

			(void)!write(ready[1], "", 1);
			(void)!write(out[1], readable(ended < 0 ? fd : ended, SOON_MS) && getppid() != self &&
						     (ended >= 0 || signals_take(SIGUSR1)) ? "y" : "n", 1);
			_exit(0);
		}
		_exit(read(ready[0], &said, 1) == 1 ? 0 : 1);
	}
	assert_int_equal(waitpid(parent, &status, 0), parent);
	assert_int_equal(status, 0);
	assert_true(readable(out[0], 2 * SOON_MS));
	assert_int_equal(read(out[0], &said, 1), 1);
	assert_int_equal(said, 'y');
	(void)close(out[0]);
	(void)close(out[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(become_bytes),
		cmocka_unit_test(are_never_too_many),
		cmocka_unit_test(are_a_childs_own),
		cmocka_unit_test(wake_whoever_waits),
		cmocka_unit_test(watch_the_parent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
