/* SPDX-License-Identifier: MIT */
#include "status.h"

#include <ctype.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/macros.h"

#define LETTERS "abcdefghijklmnopqrstuvwxyz-"
#define DIGITS "0123456789"

static bool is_state(const struct job_status *s, const char *state)
{
	const char *slash = strchr(s->word, '/');

	return slash && !strcmp(slash + 1, state);
}

/* S is what stands behind the name. False: not such a line. */
static bool read_goal(const char *s, struct job_status *ret)
{
	bool wanted = !strncmp(s, "start/", 6);
	size_t goal = wanted ? 6 : 5, len;

	if (!wanted && strncmp(s, "stop/", 5) != 0)
		return false;
	len = strspn(s + goal, LETTERS);
	if (!len || (s[goal + len] && !strchr(",\n\r ", s[goal + len])))
		return false;
	*ret = (struct job_status){ .known = true, .wanted = wanted };
	if (goal + len < sizeof(ret->word))
		(void)snprintf(ret->word, sizeof(ret->word), "%.*s", (int)(goal + len), s);
	else
		(void)snprintf(ret->word, sizeof(ret->word), "%.*sunknown", (int)goal, s);
	return true;
}

static long read_pid(const char *line, size_t len)
{
	static const char word[] = "process ";
	const char *s = strstr(line, word);
	size_t digits;
	long pid;

	if (!s || s >= line + len)
		return 0;
	s += sizeof(word) - 1;
	digits = strspn(s, DIGITS);
	if (!digits || digits > 10 || (s[digits] && !isspace((unsigned char)s[digits])))
		return 0;
	pid = strtol(s, NULL, 10);
	return pid <= INT_MAX ? pid : 0;
}

/* Behind "NAME " or "NAME (INSTANCE) ", where the instance may be any text; NULL: another job's line. */
static const char *behind_name(const char *line, size_t len, const char *job)
{
	size_t name = strlen(job);
	const char *s = line + name + 1;

	if (len <= name + 1 || strncmp(line, job, name) != 0 || line[name] != ' ')
		return NULL;
	if (*s != '(')
		return s;
	for (const char *at = line + len - 1; at > s; at--)
		if (at[-1] == ')' && *at == ' ')
			return at + 1;
	return NULL;
}

bool job_status_read(const char *output, const char *job, struct job_status *ret)
{
	*ret = (struct job_status){0};
	for (const char *line = output; *line;) {
		size_t len = strcspn(line, "\n");
		const char *s = behind_name(line, len, job);
		struct job_status one;

		if (s && !ret->wanted && read_goal(s, &one)) {
			one.pid = read_pid(line, len);
			*ret = one;
		}
		line += len + (line[len] == '\n');
	}
	return ret->known;
}

bool job_status_is_over(const struct job_status *s)
{
	return !s->known || (!s->wanted && is_state(s, "waiting"));
}

bool job_status_is_running(const struct job_status *s)
{
	static const char *const others[] = { "waiting",  "starting", "security",  "pre-starting", "pre-start",
					      "stopping", "killed",   "post-stop", "post-stopping" };

	for (size_t i = 0; i < ARRAY_LEN(others); i++)
		if (is_state(s, others[i]))
			return false;
	return s->wanted && s->pid > 0;
}

bool job_status_is_respawning(const struct job_status *s)
{
	return s->wanted && (is_state(s, "post-stop") || is_state(s, "stopping") || is_state(s, "killed"));
}
