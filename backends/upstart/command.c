/* SPDX-License-Identifier: MIT */
#include "command.h"

#include <string.h>

#include "base/alloc.h"

static void push_shell(struct strv *ret)
{
	strv_push(ret, "/bin/sh");
	strv_push(ret, "-e");
}

void command_exec(const char *text, struct strv *ret)
{
	static const char blanks[] = " \t\r\n";

	if (strpbrk(text, "~`!$^&*()=|\\{}[];\"'<>?")) {
		push_shell(ret);
		strv_push(ret, "-c");
		strv_pushf(ret, "exec %s", text);
		strv_push(ret, "/bin/sh");
		return;
	}
	for (text += strspn(text, blanks); *text; text += strspn(text, blanks)) {
		size_t len = strcspn(text, blanks);

		strv_push_take(ret, xstrndup(text, len));
		text += len;
	}
}

bool command_script(const char *body, struct strv *ret)
{
	size_t len = strcspn(body, "\n");

	push_shell(ret);
	if (body[len + strspn(body + len, "\n")]) {
		strv_push(ret, "/proc/self/fd/9");
		return true;
	}
	strv_push(ret, "-c");
	strv_push_take(ret, xstrndup(body, len));
	strv_push(ret, "/bin/sh");
	return false;
}
