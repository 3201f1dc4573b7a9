/* SPDX-License-Identifier: MIT */
#include "base/process.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"

enum { PROC_MAX = 4 * 1024 * 1024 };

static int read_file(pid_t pid, const char *name, struct buf *ret)
{
	AUTO(buf) path = {0};

	if (pid <= 0)
		return -ESRCH;
	buf_printf(&path, "/proc/%ld/%s", (long)pid, name);
	return file_read(path.s, PROC_MAX, ret, NULL, NULL);
}

/* The field of /proc/PID/stat with this number, which counts from 1 and is at least 3. */
static const char *find_field(const struct buf *stat, int number)
{
	/* "pid (comm) state ppid ...": comm may hold anything, also parentheses (proc(5)). */
	const char *s = strrchr(buf_str(stat), ')');

	for (int at = 2; s && at < number; at++)
		if ((s = strchr(s, ' ')))
			s++;
	return s;
}

pid_t process_parent(pid_t pid)
{
	enum { PPID = 4 };
	AUTO(buf) stat = {0};
	const char *s;

	if (read_file(pid, "stat", &stat) < 0 || !(s = find_field(&stat, PPID)))
		return 0;
	return (pid_t)strtol(s, NULL, 10);
}

static long long now_us(clockid_t clock)
{
	struct timespec t = {0};

	if (clock_gettime(clock, &t) < 0)
		(void)clock_gettime(CLOCK_MONOTONIC, &t); /* before Linux 2.6.39 */
	return (long long)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

long long process_started(pid_t pid)
{
	enum { STARTTIME = 22 };
	AUTO(buf) stat = {0};
	const char *s;
	long ticks = sysconf(_SC_CLK_TCK);

	if (ticks <= 0 || read_file(pid, "stat", &stat) < 0 || !(s = find_field(&stat, STARTTIME)))
		return 0;
	/* In ticks since the boot, sleep included. When that was says btime of /proc/stat, too, but in seconds, and not
	 * in a unit that sees nothing of /proc but processes. */
	return now_us(CLOCK_REALTIME) - now_us(CLOCK_BOOTTIME) + strtoll(s, NULL, 10) * (1000000 / ticks);
}

int process_environment(pid_t pid, struct buf *ret)
{
	int r = read_file(pid, "environ", ret);

	return r == -ENOENT ? -ESRCH : r == -EACCES ? -EPERM : r;
}
