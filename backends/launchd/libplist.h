/* SPDX-License-Identifier: MIT */
/* Where the releases of libplist differ, so that the renderer need not know. */
#ifndef TUNNELCTL_BACKENDS_LAUNCHD_LIBPLIST_H
#define TUNNELCTL_BACKENDS_LAUNCHD_LIBPLIST_H

#include <stdint.h>

#include <plist/plist.h>

/* Both functions came with libplist 2.3, which takes a negative number no longer in plist_new_uint(). The text is
 * that of plist_to_xml(), and may be NULL. */
#ifdef HAVE_PLIST_MEM_FREE
static inline void libplist_free_xml(char *xml)
{
	plist_mem_free(xml);
}

static inline plist_t libplist_integer(int64_t n)
{
	return plist_new_int(n);
}
#else
static inline void libplist_free_xml(char *xml)
{
	plist_to_xml_free(xml);
}

static inline plist_t libplist_integer(int64_t n)
{
	return plist_new_uint((uint64_t)n);
}
#endif

#endif
