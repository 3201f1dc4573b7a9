/* SPDX-License-Identifier: MIT */
/* Alone in its file: the tests link another definition, and run a stand-in. */
#include "launchctl.h"

const char *const launchctl_program = "/bin/launchctl";
const unsigned launchctl_limit_s = 30;
