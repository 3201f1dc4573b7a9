/* SPDX-License-Identifier: MIT */
#include "version.h"

#include <errno.h>
#include <string.h>

#include "base/alloc.h"
#include "model/value.h"

int upstart_version_parse(const char *text, unsigned *ret, struct error *err)
{
	enum { PARTS = 3 };
	unsigned parts[PARTS] = {0};
	size_t n = 0;

	for (const char *s = text;; s++) {
		AUTO_FREE char *number = xstrndup(s, strcspn(s, "."));

		if (n == PARTS || parse_uint(number, 0, 99, &parts[n++]))
			return error_set(err, -EINVAL, "%.40s: not a release such as 1.12.1", text);
		s += strlen(number);
		if (!*s)
			break;
	}
	if (n < 2)
		return error_set(err, -EINVAL, "%.40s: not a release such as 1.12.1", text);
	*ret = (unsigned)UPSTART(parts[0], parts[1], parts[2]);
	return 0;
}

void upstart_version_print(unsigned version, struct buf *ret)
{
	buf_printf(ret, "%u.%u", version / 10000, version / 100 % 100);
	if (version % 100)
		buf_printf(ret, ".%u", version % 100);
}
