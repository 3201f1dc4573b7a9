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

/* proc(5), /proc/PID/stat: behind the name, which may hold anything, stands the third field, "Z" for a zombie; the 52nd
 * is its exit code. Before Linux 3.5 there are only 44, and the last of them says something else. */
int parent_status_parse(const char *stat)
{
	enum { STATE = 3, EXIT_CODE = 52 };
	const char *s = strrchr(stat, ')');

	if (!s || strncmp(s, ") Z ", 4) != 0)
		return -1;
	for (int field = STATE - 1; s && field < EXIT_CODE; field++)
		s = strchr(s + 1, ' ');
	return s ? (int)strtol(s, NULL, 10) : -1;
}

int parent_status(pid_t parent)
{
	enum { STAT_MAX = 4096 };
	char path[32];
	AUTO(buf) text = {0};

	(void)snprintf(path, sizeof(path), "/proc/%ld/stat", (long)parent);
	return file_read(path, STAT_MAX, &text, NULL, NULL) < 0 ? -1 : parent_status_parse(buf_str(&text));
}
