/* SPDX-License-Identifier: MIT */
#include "runner/parent.h"

#include <fcntl.h>
#include <sys/event.h>
#include <unistd.h>

#include "base/macros.h"

int parent_watch(pid_t parent, int signal UNUSED)
{
	struct kevent event;
	int fd = kqueue();

	if (fd < 0)
		return -1;
	(void)fcntl(fd, F_SETFD, FD_CLOEXEC);
	EV_SET(&event, (uintptr_t)parent, EVFILT_PROC, EV_ADD | EV_ONESHOT, NOTE_EXIT, 0, NULL);
	/* ESRCH: it has ended already, which the caller finds out by getppid(). */
	(void)kevent(fd, &event, 1, NULL, 0, NULL);
	return fd;
}

int parent_status(pid_t parent UNUSED)
{
	return -1; /* kqueue(2) tells it of children only */
}
