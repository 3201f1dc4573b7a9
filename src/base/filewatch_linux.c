/* SPDX-License-Identifier: MIT */
#include "base/filewatch_system.h"

#include <errno.h>
#include <sys/inotify.h>
#include <unistd.h>

/* Not IN_MODIFY, unless it is asked for: few want to read a file that is half written. */
enum {
	EVENTS = IN_CLOSE_WRITE | IN_ATTRIB | IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_DELETE_SELF |
		 IN_MOVE_SELF
};

int filewatch_system_open(void)
{
	int fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

int filewatch_system_add(int fd, const char *path, bool grows)
{
	int number = inotify_add_watch(fd, path, EVENTS | (grows ? IN_MODIFY : 0));

	return number < 0 ? -errno : number;
}

void filewatch_system_remove(int fd, int number)
{
	(void)inotify_rm_watch(fd, number); /* the kernel has done so already if the file is gone */
}

void filewatch_system_drain(int fd)
{
	char events[4096];
	ssize_t n;

	/* What they say does not count, and an overflow does not hurt: filewatch.c looks itself. */
	do
		n = read(fd, events, sizeof(events));
	while (n > 0 || (n < 0 && errno == EINTR));
}

struct timespec filewatch_system_mtime(const struct stat *st)
{
	return st->st_mtim;
}

struct timespec filewatch_system_ctime(const struct stat *st)
{
	return st->st_ctim;
}
