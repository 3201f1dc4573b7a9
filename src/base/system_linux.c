/* SPDX-License-Identifier: MIT */
#include "base/system.h"

enum system system_here(void)
{
	return SYSTEM_LINUX;
}
