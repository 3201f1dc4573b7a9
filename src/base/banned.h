/* SPDX-License-Identifier: MIT */
/*
 * Force-included into every file: functions that cut, overflow or keep hidden state do not compile.
 * Use buf_printf(), strv_split() and spawn_run() instead.
 */
#ifndef TUNNELCTL_BASE_BANNED_H
#define TUNNELCTL_BASE_BANNED_H

/* These declare the functions that we are about to take away. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define BANNED(function) do_not_use_##function

#undef strcpy
#define strcpy BANNED(strcpy)
#undef strcat
#define strcat BANNED(strcat)
#undef strncpy
#define strncpy BANNED(strncpy)
#undef strncat
#define strncat BANNED(strncat)
#undef strtok
#define strtok BANNED(strtok)
#undef sprintf
#define sprintf BANNED(sprintf)
#undef vsprintf
#define vsprintf BANNED(vsprintf)
#undef atoi
#define atoi BANNED(atoi)
#undef atol
#define atol BANNED(atol)
#undef system
#define system BANNED(system)
#undef popen
#define popen BANNED(popen)
#undef alloca
#define alloca BANNED(alloca)

#endif
