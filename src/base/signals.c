/* SPDX-License-Identifier: MIT */
#include "base/signals.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

/* A handler can be told nothing: what it needs is global. */
static volatile sig_atomic_t arrived[NSIG];
static int ends[2] = { -1, -1 };

static void arrive(int signal)
{
	int before = errno;

	arrived[signal] = 1;
	/* A full pipe is readable already. */
	if (write(ends[1], "", 1) < 0)
		errno = before;
	errno = before;
}

static int make_ends(int ret[2])
{
	/* pipe2() is not in macOS. */
	if (pipe(ret) < 0)
		return -errno;
	for (int i = 0; i < 2; i++)
		if (fcntl(ret[i], F_SETFD, FD_CLOEXEC) < 0 || fcntl(ret[i], F_SETFL, O_NONBLOCK) < 0) {
			int r = -errno;

			(void)close(ret[0]);
			(void)close(ret[1]);
			return r;
		}
	return 0;
}

int signals_open(const int *signals, size_t len)
{
	/* No SA_RESTART: whoever waits is to be woken. */
	struct sigaction action = { .sa_handler = arrive };
	int old[2] = { ends[0], ends[1] }, fresh[2], r;

	if ((r = make_ends(fresh)) < 0)
		return r;
	ends[0] = fresh[0];
	ends[1] = fresh[1];
	/* After fork() the old ones, and what has arrived, are our parent's. */
	for (int i = 0; i < 2; i++)
		if (old[i] >= 0)
			(void)close(old[i]);
	for (int i = 0; i < NSIG; i++)
		arrived[i] = 0;
	(void)sigemptyset(&action.sa_mask);
	for (size_t i = 0; i < len; i++)
		if (sigaction(signals[i], &action, NULL) < 0)
			return -errno;
	return ends[0];
}

bool signals_take(int signal)
{
	char bytes[64];
	ssize_t n;

	/* Before the look: a signal that arrives in between makes the pipe readable again. */
	do
		n = read(ends[0], bytes, sizeof(bytes));
	while (n > 0 || (n < 0 && errno == EINTR));
	if (!arrived[signal])
		return false;
	arrived[signal] = 0;
	return true;
}

bool signals_told_to_end(void)
{
	bool term = signals_take(SIGTERM), interrupt = signals_take(SIGINT); /* both are to be forgotten */

	return term || interrupt;
}
