/* SPDX-License-Identifier: MIT */
#include "base/filewatch_system.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <sys/event.h>
#include <unistd.h>

#include "base/macros.h"

int filewatch_system_open(void)
{
	int fd = kqueue();

	if (fd < 0)
		return -errno;
	(void)fcntl(fd, F_SETFD, FD_CLOEXEC);
	return fd;
}

int filewatch_system_add(int fd, const char *path, bool grows UNUSED)
{
	/* O_EVTONLY (open(2)): does not keep a volume from being unmounted. O_NONBLOCK: a FIFO must not hang us. */
	int file = open(path, O_EVTONLY | O_CLOEXEC | O_NONBLOCK);
	struct kevent event;
	int r;

	if (file < 0)
		return -errno;
	EV_SET(&event, (uintptr_t)file, EVFILT_VNODE, EV_ADD | EV_CLEAR,
	       NOTE_WRITE | NOTE_EXTEND | NOTE_ATTRIB | NOTE_LINK | NOTE_RENAME | NOTE_DELETE | NOTE_REVOKE, 0, NULL);
	if (kevent(fd, &event, 1, NULL, 0, NULL) == 0)
		return file;
	r = -errno;
	(void)close(file);
	return r;
}

void filewatch_system_remove(int fd UNUSED, int number)
{
	(void)close(number); /* takes the event out of the queue as well */
}

void filewatch_system_drain(int fd)
{
	const struct timespec at_once = {0};
	struct kevent events[16];

	while (kevent(fd, NULL, 0, events, ARRAY_LEN(events), &at_once) == (int)ARRAY_LEN(events))
		;
}

struct timespec filewatch_system_mtime(const struct stat *st)
{
	return st->st_mtimespec;
}

struct timespec filewatch_system_ctime(const struct stat *st)
{
	return st->st_ctimespec;
}
