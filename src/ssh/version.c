/* SPDX-License-Identifier: MIT */
#include "ssh/version.h"

#include <errno.h>
#include <string.h>

#include "base/alloc.h"
#include "base/macros.h"
#include "base/spawn.h"
#include "model/key.h"
#include "model/value.h"

enum { TIMEOUT_MS = 5000 };

int ssh_version_parse(const char *text, unsigned *ret)
{
	const char *s = strstr(text, "OpenSSH_");
	AUTO_FREE char *major = NULL;
	AUTO_FREE char *minor = NULL;
	unsigned a, b;

	if (!s)
		return -EINVAL;
	s += strcspn(s, "0123456789");
	major = xstrndup(s, strspn(s, "0123456789"));
	s += strlen(major);
	if (*s != '.')
		return -EINVAL;
	minor = xstrndup(s + 1, strspn(s + 1, "0123456789"));
	if (parse_uint(major, 1, 1000, &a) || parse_uint(minor, 0, 99, &b))
		return -EINVAL;
	*ret = VERSION(a, b);
	return 0;
}

int ssh_version_ask(const char *program, unsigned *ret, struct error *err)
{
	AUTO(buf) said = {0};
	char *const argv[] = { (char *)program, (char *)"-V", NULL };
	int r = spawn_run(argv, NULL, TIMEOUT_MS, &said, err);

	if (r < 0)
		return r;
	if (ssh_version_parse(buf_str(&said), ret) < 0)
		return error_set(err, -EINVAL, "%s -V: not OpenSSH: %.80s", program, buf_str(&said));
	return 0;
}
