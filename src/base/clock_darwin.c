/* SPDX-License-Identifier: MIT */
#include "base/clock.h"

#include <errno.h>
#include <mach/mach_time.h>
#include <stdint.h>
#include <sys/sysctl.h>

static long long to_ms(uint64_t ticks)
{
	mach_timebase_info_data_t base = {0};

	/* 125/3 on Apple's own processors, 1/1 on Intel's: overflows after 195 years. */
	(void)mach_timebase_info(&base);
	return base.denom ? (long long)(ticks * base.numer / base.denom / 1000000) : 0;
}

long long clock_ms(void)
{
	long long now = to_ms(mach_continuous_time());

	return now > 0 ? now : 1;
}

long long clock_slept_ms(void)
{
	uint64_t before, all, after;
	int tries = 0;

	/* The clocks are read one after the other: whatever takes our processor in between would look like sleep. */
	do {
		before = mach_absolute_time();
		all = mach_continuous_time();
		after = mach_absolute_time();
	} while (to_ms(after - before) > 1 && ++tries < 10);
	return to_ms(all - before);
}

void clock_boot_id(struct buf *ret)
{
	char id[64] = {0};
	size_t len = sizeof(id) - 1;

	if (sysctlbyname("kern.bootsessionuuid", id, &len, NULL, 0) == 0)
		buf_puts(ret, id);
}

int clock_watch_open(void)
{
	return -ENOTSUP;
}

void clock_watch_take(int fd UNUSED)
{
}
