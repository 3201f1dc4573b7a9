/* SPDX-License-Identifier: MIT */
#include "ssh/path.h"

#include <string.h>

void ssh_path_put(const struct ssh_machine *machine, unsigned percent, const char *path, struct buf *ret)
{
	if (*path == '~' && machine->home) {
		buf_puts(ret, machine->home);
		path++;
	}
	for (; *path; path++) {
		if (*path == '%' && percent && machine->version >= percent)
			buf_putc(ret, '%');
		buf_putc(ret, *path);
	}
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
