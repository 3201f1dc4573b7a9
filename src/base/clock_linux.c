/* SPDX-License-Identifier: MIT */
#include "base/clock.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"

enum { NS_PER_MS = 1000000, BOOT_ID_MAX = 64, MOUNTS_MAX = 1024 * 1024 };

/* Before Linux 2.6.39 there is no CLOCK_BOOTTIME, and nobody knows of sleep. */
static long long now_ns(clockid_t clock)
{
	struct timespec t = {0};

	if (clock_gettime(clock, &t) < 0)
		(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (long long)t.tv_sec * 1000000000 + t.tv_nsec;
}

long long clock_ms(void)
{
	long long now = now_ns(CLOCK_BOOTTIME) / NS_PER_MS;

	return now > 0 ? now : 1;
}

long long clock_slept_ms(void)
{
	long long before, all, after;
	int tries = 0;

	/* The clocks are read one after the other: whatever takes our processor in between would look like sleep. */
	do {
		before = now_ns(CLOCK_MONOTONIC);
		all = now_ns(CLOCK_BOOTTIME);
		after = now_ns(CLOCK_MONOTONIC);
	} while (after - before > NS_PER_MS && ++tries < 10);
	return (all - before) / NS_PER_MS;
}

/* Appends the 32 hexadecimal digits of TEXT, which may have dashes between them; false if it has not so many. */
static bool put_id(const char *text, struct buf *ret)
{
	AUTO(buf) id = {0};

	for (; *text && id.len < 32; text++)
		if (strchr("0123456789abcdef", *text))
			buf_putc(&id, *text);
		else if (*text != '-')
			break;
	if (id.len < 32)
		return false;
	buf_puts(ret, id.s);
	return true;
}

/* In a line of /proc/self/mountinfo (proc(5)) the folder that is mounted stands fourth, the place fifth. */
static bool put_id_of_private_tmp(const char *line, struct buf *ret)
{
	static const char mark[] = "/systemd-private-";
	char root[512], place[16];
	const char *at;

	if (sscanf(line, "%*s %*s %*s %511s %15s", root, place) != 2 ||
	    (strcmp(place, "/tmp") != 0 && strcmp(place, "/var/tmp") != 0))
		return false;
	at = strstr(root, mark);
	return at && put_id(at + strlen(mark), ret);
}

void clock_boot_id(struct buf *ret)
{
	AUTO(buf) text = {0};

	if (file_read("/proc/sys/kernel/random/boot_id", BOOT_ID_MAX, &text, NULL, NULL) == 0 &&
	    put_id(buf_str(&text), ret))
		return;
	/* systemd's ProcSubset=pid hides it, but names the folders of PrivateTmp= by it: tmpfiles.d/tmp.conf relies
	 * on /tmp/systemd-private-%b-*, and the kernel tells where our /tmp comes from. */
	buf_clear(&text);
	if (file_read("/proc/self/mountinfo", MOUNTS_MAX, &text, NULL, NULL) < 0)
		return;
	for (const char *line = buf_str(&text); line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (put_id_of_private_tmp(line, ret))
			return;
	}
}

int clock_watch_open(void)
{
	/* As late as the clock can be: this timer is there to be cancelled (timerfd_create(2)). */
	const time_t never = (time_t)(UINT64_MAX >> (8 * (sizeof(uint64_t) - sizeof(time_t)) + 1));
	const struct itimerspec when = { .it_value = { .tv_sec = never } };
	int fd = timerfd_create(CLOCK_REALTIME, TFD_CLOEXEC | TFD_NONBLOCK);
	int r;

	if (fd < 0)
		return -errno;
	if (timerfd_settime(fd, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &when, NULL) == 0)
		return fd;
	r = -errno;
	(void)close(fd);
	return r;
}

void clock_watch_take(int fd)
{
	uint64_t times;

	/* ECANCELED, once for each time that it was set; the timer goes on. */
	while (read(fd, &times, sizeof(times)) < 0 && errno == EINTR)
		;
}
