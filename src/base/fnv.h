/* SPDX-License-Identifier: MIT */
/* FNV-1a: tells two things apart that nobody made alike on purpose. Not against malice. */
#ifndef TUNNELCTL_BASE_FNV_H
#define TUNNELCTL_BASE_FNV_H

#include <stddef.h>
#include <stdint.h>

#define FNV_START 14695981039346656037U

static inline uint64_t fnv_add(uint64_t h, const void *bytes, size_t len)
{
	const unsigned char *s = bytes;

	for (size_t i = 0; i < len; i++)
		h = (h ^ s[i]) * 1099511628211U;
	return h;
}

#endif
