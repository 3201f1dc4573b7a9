/* SPDX-License-Identifier: MIT */
/* Which system this runs on, as a fact to be passed on: what is said to a person may differ, and is tested for all of
 * them on each. One file a system: system_linux.c, system_darwin.c. */
#ifndef TUNNELCTL_BASE_SYSTEM_H
#define TUNNELCTL_BASE_SYSTEM_H

enum system { SYSTEM_LINUX = 1, SYSTEM_MACOS };

enum system system_here(void);

#endif
