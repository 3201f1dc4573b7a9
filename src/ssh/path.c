/* SPDX-License-Identifier: MIT */
#include "ssh/path.h"

#include <stdbool.h>
#include <string.h>

static void put(const char *s, bool doubled, struct buf *ret)
{
	for (; *s; s++) {
		if (*s == '%' && doubled)
			buf_putc(ret, '%');
		buf_putc(ret, *s);
	}
}

void ssh_path_put(const struct ssh_machine *machine, unsigned percent, const char *path, struct buf *ret)
{
	bool doubled = percent && machine->version >= percent;

	if (*path == '~' && machine->home) {
		put(machine->home, doubled, ret);
		path++;
	}
	put(path, doubled, ret);
}

void ssh_path_put_quoted(const struct ssh_machine *machine, unsigned percent, const char *path,
			 struct buf *ret)
{
	const char *quote = strpbrk(path, " \t#'=") || (machine->home && strpbrk(machine->home, " \t#'="))
				    ? "\""
				    : "";

	buf_puts(ret, quote);
	ssh_path_put(machine, percent, path, ret);
	buf_puts(ret, quote);
}

void ssh_percent_put(const char *s, struct buf *ret)
{
	put(s, true, ret);
}
