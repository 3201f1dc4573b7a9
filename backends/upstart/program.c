/* SPDX-License-Identifier: MIT */
/* Alone in its file: the tests link another definition, and run a stand-in. */
#include "initctl.h"

const char *const initctl_program = "/sbin/initctl";
const unsigned initctl_limit_s = 30;
