/* SPDX-License-Identifier: MIT */
#include "cli/ink.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* SGR (console_codes(4)); INK_PLAIN has none. */
static const char *const codes[] = {
	[INK_GOOD] = "32", [INK_BAD] = "31", [INK_WARNING] = "33", [INK_DIM] = "2", [INK_BOLD] = "1",
};

bool ink_can_move(int fd)
{
	const char *term = getenv("TERM");

	return isatty(fd) && term && *term && strcmp(term, "dumb") != 0;
}

bool ink_has_colour(int fd)
{
	const char *no = getenv("NO_COLOR");

	return ink_can_move(fd) && !(no && *no);
}

/* locale(7): the first of them that is set says it. */
bool ink_has_signs(int fd)
{
	static const char *const names[] = { "LC_ALL", "LC_CTYPE", "LANG" };

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		const char *value = getenv(names[i]);

		if (value && *value)
			return ink_can_move(fd) && (strcasestr(value, "utf-8") || strcasestr(value, "utf8"));
	}
	return false;
}

void ink_put(bool on, enum ink ink, const char *text, struct buf *ret)
{
	if (!on || ink == INK_PLAIN || !*text)
		buf_puts(ret, text);
	else
		buf_printf(ret, "\033[%sm%s\033[0m", codes[ink], text);
}
