/* SPDX-License-Identifier: MIT */
#include "libsystemd.h"

#include <dlfcn.h>
#include <errno.h>

int libsystemd_open(struct libsystemd *ret, struct error *err)
{
	void *library = dlopen("libsystemd.so.0", RTLD_NOW | RTLD_LOCAL);

	if (!library)
		return error_set(err, -ENOENT, "libsystemd.so.0 cannot be opened: %s", dlerror());
#define SYMBOL(name)                                                                               \
	*(void **)&ret->name = dlsym(library, "sd_bus_" #name);                                    \
	if (!ret->name)                                                                            \
		return error_set(err, -ENOENT, "libsystemd.so.0 has no sd_bus_" #name);
	LIBSYSTEMD_SYMBOLS(SYMBOL)
#undef SYMBOL
	return 0;
}
