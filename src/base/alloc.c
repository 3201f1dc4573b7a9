/* SPDX-License-Identifier: MIT */
#include "base/alloc.h"

#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/macros.h"

static _Noreturn void out_of_memory(void)
{
	static const char text[] = "tunnelctl: out of memory\n";

	/* Nothing that could allocate; the exit status tells if the write does not. */
	if (write(STDERR_FILENO, text, sizeof(text) - 1) < 0)
		_exit(EX_OSERR);
	_exit(EX_OSERR);
}

void *xrealloc(void *p, size_t size)
{
	void *q = realloc(p, size ? size : 1);

	if (!q)
		out_of_memory();
	return q;
}

char *xstrndup(const char *s, size_t len)
{
	char *copy = xrealloc(NULL, len + 1);

	memcpy(copy, s, len);
	copy[len] = '\0';
	return copy;
}

char *xstrdup(const char *s)
{
	return xstrndup(s, strlen(s));
}

void *array_grow(void *array, size_t len, size_t size)
{
	/* The capacity is implied: the powers of two from 8 on. */
	if (len && (len < 8 || (len & (len - 1))))
		return array;
	return xrealloc(array, (len < 8 ? 8 : len * 2) * size);
}

void free_at_exit_of_scope(void *pointer_to_pointer)
{
	free(*(void **)pointer_to_pointer);
}
