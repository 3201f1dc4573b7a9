/* SPDX-License-Identifier: MIT */
#include "base/process.h"

#include <errno.h>
#include <string.h>

#include "base/process_arguments.h"

const char *process_variable(const struct buf *environment, const char *name)
{
	size_t len = strlen(name);

	for (const char *s = buf_str(environment), *end = s + environment->len; s < end; s += strlen(s) + 1)
		if (!strncmp(s, name, len) && s[len] == '=')
			return s + len + 1;
	return NULL;
}

/* Behind the string at *AT and its NUL; -EINVAL if it has none. */
static int skip_string(const char **at, const char *end)
{
	const char *nul = memchr(*at, '\0', (size_t)(end - *at));

	if (!nul)
		return -EINVAL;
	*at = nul + 1;
	return 0;
}

int process_arguments_environment(const char *bytes, size_t len, struct buf *ret)
{
	const char *at = bytes, *end = bytes + len, *begin;
	int arguments;

	if (len < sizeof(arguments))
		return -EINVAL;
	memcpy(&arguments, bytes, sizeof(arguments));
	at += sizeof(arguments);
	if (arguments < 0 || skip_string(&at, end) < 0)
		return -EINVAL;
	/* Where the first argument is empty the rest is misread by one: no harm, a variable is missed at most. */
	while (at < end && !*at)
		at++;
	for (int i = 0; i < arguments; i++)
		if (skip_string(&at, end) < 0)
			return -EINVAL;
	for (begin = at; at < end && *at;)
		if (skip_string(&at, end) < 0)
			return -EINVAL;
	buf_put(ret, begin, (size_t)(at - begin));
	return 0;
}
