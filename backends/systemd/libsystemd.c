/* SPDX-License-Identifier: MIT */
#include "libsystemd.h"

#include <dlfcn.h>
#include <errno.h>

static int open_library(void **ret, struct error *err)
{
	*ret = dlopen("libsystemd.so.0", RTLD_NOW | RTLD_LOCAL);
	if (!*ret)
		return error_set(err, -ENOENT, "libsystemd.so.0 cannot be opened: %s", dlerror());
	return 0;
}

static int find(void *library, const char *name, void **ret, struct error *err)
{
	*ret = dlsym(library, name);
	if (!*ret)
		return error_set(err, -ENOENT, "libsystemd.so.0 has no %s", name);
	return 0;
}

int libsystemd_open(struct libsystemd *ret, struct error *err)
{
	void *library;
	int r;

	if ((r = open_library(&library, err)) < 0)
		return r;
#define SYMBOL(name)                                                                               \
	if ((r = find(library, "sd_bus_" #name, (void **)&ret->name, err)) < 0)                    \
		return r;
	LIBSYSTEMD_SYMBOLS(SYMBOL)
#undef SYMBOL
	return 0;
}

int libsystemd_open_journal(struct libsystemd_journal *ret, struct error *err)
{
	void *library;
	int r;

	if ((r = open_library(&library, err)) < 0)
		return r;
#define SYMBOL(name)                                                                               \
	if ((r = find(library, "sd_journal_" #name, (void **)&ret->name, err)) < 0)                \
		return r;
	LIBSYSTEMD_JOURNAL_SYMBOLS(SYMBOL)
#undef SYMBOL
	return 0;
}
