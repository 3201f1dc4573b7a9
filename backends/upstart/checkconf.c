/* SPDX-License-Identifier: MIT */
#include "verify.h"

const char *const checkconf_programs[] = { "/usr/bin/init-checkconf", "/bin/init-checkconf", NULL };
const unsigned checkconf_limit_s = 20;
