/* SPDX-License-Identifier: MIT */
/* Linked in the place of backends/launchd/program.c: the stand-in of this folder instead of macOS's launchctl. */
#include "launchd/launchctl.h"

const char *const launchctl_program = LAUNCHCTL_STANDIN;
const unsigned launchctl_limit_s = 5;
