/* SPDX-License-Identifier: MIT */
/* For process_darwin.c alone, and for the test of it on every system. */
#ifndef TUNNELCTL_BASE_PROCESS_ARGUMENTS_H
#define TUNNELCTL_BASE_PROCESS_ARGUMENTS_H

#include <stddef.h>

#include "base/buf.h"

/*
 * Appends the environment out of what macOS's sysctl(3) KERN_PROCARGS2 gives: the number of arguments (an int), the path
 * of the program, NULs up to where the arguments begin, these, the environment, an empty string, and what the kernel
 * tells the program besides. 0, or -EINVAL: it is cut, or something else.
 */
int process_arguments_environment(const char *bytes, size_t len, struct buf *ret);

#endif
