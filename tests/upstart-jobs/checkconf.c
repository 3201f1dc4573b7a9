/* SPDX-License-Identifier: MIT */
/* Linked in the place of backends/upstart/checkconf.c: the stand-in of this folder instead of upstart's checker. */
#include <stddef.h>

#include "upstart/verify.h"

const char *const checkconf_programs[] = { "/nonexistent/init-checkconf", CHECKCONF_STANDIN, NULL };
const unsigned checkconf_limit_s = 2;
