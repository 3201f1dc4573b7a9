/* SPDX-License-Identifier: MIT */
#include "runner/parent.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/macros.h"

int parent_watch(pid_t parent UNUSED, int signal)
{
	(void)prctl(PR_SET_PDEATHSIG, (unsigned long)signal, 0UL, 0UL, 0UL); /* fails for no signal that there is */
	return -1;
}

/* proc(5), /proc/PID/stat: behind the name, which may hold anything, stands "Z" for a zombie; the last field is its
 * exit code (since 3.5). */
int parent_status(pid_t parent)
{
	enum { STAT_MAX = 4096 };
	char path[32];
	AUTO(buf) text = {0};
	const char *state, *last;

	(void)snprintf(path, sizeof(path), "/proc/%ld/stat", (long)parent);
	if (file_read(path, STAT_MAX, &text, NULL, NULL) < 0)
		return -1;
	state = strrchr(buf_str(&text), ')');
	last = strrchr(buf_str(&text), ' ');
	if (!state || !last || strncmp(state, ") Z ", 4) != 0)
		return -1;
	return (int)strtol(last, NULL, 10);
}
