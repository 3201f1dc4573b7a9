/* SPDX-License-Identifier: MIT */
#include "runner/spacing.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"

enum { SPACING_MS = 1000 };

static long long begun;

static long long clock_ms(clockid_t clock)
{
	struct timespec t;

	(void)clock_gettime(clock, &t);
	return (long long)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void sleep_ms(long long ms)
{
	struct timespec t = { .tv_sec = (time_t)(ms / 1000), .tv_nsec = (long)(ms % 1000) * 1000000 };

	/* A signal ends the process or is ignored: in neither case is there anything to do here. */
	(void)nanosleep(&t, NULL);
}

void spacing_begin(void)
{
	begun = clock_ms(CLOCK_MONOTONIC);
}

void spacing_settle(void)
{
	long long passed = clock_ms(CLOCK_MONOTONIC) - begun;

	if (passed < SPACING_MS)
		sleep_ms(SPACING_MS - passed);
}

void spacing_wait(const char *folder)
{
	AUTO(buf) path = {0};
	char text[32] = "";
	long long now = clock_ms(CLOCK_MONOTONIC), passed;
	int fd;

	buf_printf(&path, "%s/started", folder);
	fd = open(path.s, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0644);
	if (fd < 0)
		return;
	/* A time of this boot: the folder does not outlive it. A later one than now is none of ours. */
	if (read(fd, text, sizeof(text) - 1) > 0) {
		passed = now - strtoll(text, NULL, 10);
		if (passed >= 0 && passed < SPACING_MS) {
			sleep_ms(SPACING_MS - passed);
			now = clock_ms(CLOCK_MONOTONIC);
		}
	}
	(void)snprintf(text, sizeof(text), "%lld\n", now);
	if (pwrite(fd, text, strlen(text), 0) < 0)
		(void)unlink(path.s);
	(void)close(fd);
}
