/* SPDX-License-Identifier: MIT */
#include "backend.h"
static bool present(void) { return false; }
const struct backend backend_launchd = { .name = "launchd", .present = present };
