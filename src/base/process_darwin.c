/* SPDX-License-Identifier: MIT */
#include "base/process.h"

#include <errno.h>
#include <sys/sysctl.h>

#include "base/process_arguments.h"

/* proc_pidinfo(PROC_PIDTBSDINFO) tells the same, but of one's own processes only. */
static int ask(pid_t pid, struct kinfo_proc *ret)
{
	int name[] = { CTL_KERN, KERN_PROC, KERN_PROC_PID, pid };
	size_t len = sizeof(*ret);

	if (pid <= 0)
		return -ESRCH;
	if (sysctl(name, ARRAY_LEN(name), ret, &len, NULL, 0) < 0)
		return -errno;
	/* No such process: no error, and nothing. */
	return len == sizeof(*ret) && ret->kp_proc.p_pid == pid ? 0 : -ESRCH;
}

pid_t process_parent(pid_t pid)
{
	struct kinfo_proc p;

	return ask(pid, &p) == 0 ? p.kp_eproc.e_ppid : 0;
}

long long process_started(pid_t pid)
{
	struct kinfo_proc p;

	if (ask(pid, &p) < 0)
		return 0;
	return (long long)p.kp_proc.p_starttime.tv_sec * 1000000 + p.kp_proc.p_starttime.tv_usec;
}

int process_environment(pid_t pid, struct buf *ret)
{
	enum { ARGUMENTS_MAX = 4 * 1024 * 1024 };
	int largest[] = { CTL_KERN, KERN_ARGMAX }, name[] = { CTL_KERN, KERN_PROCARGS2, pid }, max = 0;
	struct kinfo_proc p;
	AUTO(buf) bytes = {0};
	size_t len = sizeof(max);
	int r;

	if ((r = ask(pid, &p)) < 0)
		return r;
	if (sysctl(largest, ARRAY_LEN(largest), &max, &len, NULL, 0) < 0 || max <= 0 || max > ARGUMENTS_MAX)
		max = ARGUMENTS_MAX;
	len = (size_t)max;
	/* EINVAL is also for what belongs to somebody else; that the process is there we know already. */
	if (sysctl(name, ARRAY_LEN(name), buf_reserve(&bytes, len), &len, NULL, 0) < 0)
		return errno == EINVAL ? -EPERM : -errno;
	return process_arguments_environment(bytes.s, len, ret);
}
