/* SPDX-License-Identifier: MIT */
/* Linked in the place of backends/upstart/program.c: the stand-in of this folder instead of upstart's initctl. */
#include "upstart/initctl.h"

const char *const initctl_program = INITCTL_STANDIN;
const unsigned initctl_limit_s = 2;
