/* SPDX-License-Identifier: MIT */
#include "cli/person.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "cli/as.h"

enum { FILE_MAX = 1024 * 1024 - 1, READ_MS = 10 * 1000 };

const char *person_of_sudo(void)
{
	const char *name = geteuid() == 0 ? getenv("SUDO_USER") : NULL;
	AUTO(account) account = {0};

	/* A colon would be a group in RunAs. */
	if (!name || !*name || strchr(name, ':') || account_find(name, &account, NULL) < 0 || account.uid == 0)
		return NULL;
	return name;
}

void person_find(struct account *ret)
{
	const char *name = person_of_sudo();

	if (!name || account_find(name, ret, NULL) < 0)
		account_self(ret);
}

static int read_file(const void *what, struct buf *ret, struct error *err)
{
	return file_read(what, FILE_MAX, ret, NULL, err);
}

int person_read(const struct account *a, const char *path, struct buf *ret, struct error *err)
{
	int r = as_call(a, read_file, path, READ_MS, ret, err);

	return r < 0 ? r : 0;
}
