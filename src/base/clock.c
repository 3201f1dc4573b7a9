/* SPDX-License-Identifier: MIT */
#include "base/clock.h"

int clock_ms_until(long long when)
{
	enum { AN_HOUR = 3600 * 1000 };
	long long left = when - clock_ms();

	if (!when)
		return -1;
	return left < 0 ? 0 : left > AN_HOUR ? AN_HOUR : (int)left;
}
