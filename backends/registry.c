/* SPDX-License-Identifier: MIT */
#include "backend.h"

#include <string.h>

#define BACKEND(name) extern const struct backend backend_##name;
#include "backends.def"
#undef BACKEND

const struct backend *const backends[] = {
#define BACKEND(name) &backend_##name,
#include "backends.def"
#undef BACKEND
	NULL,
};

const struct backend *backend_find(const char *name)
{
	for (size_t i = 0; backends[i]; i++)
		if (!strcmp(backends[i]->name, name))
			return backends[i];
	return NULL;
}

const struct backend *backend_present(void)
{
	for (size_t i = 0; backends[i]; i++)
		if (backends[i]->present())
			return backends[i];
	return NULL;
}

int backend_check(const struct backend *b, const struct scope *scope, const char *text, size_t len,
		  struct strv *ret_problems)
{
	return b->check_for ? b->check_for(scope, text, len, ret_problems) : b->check(text, len, ret_problems);
}
