/* SPDX-License-Identifier: MIT */
/* Time that only goes forward and goes on while the machine sleeps. One file a system: clock_linux.c, clock_darwin.c. */
#ifndef TUNNELCTL_BASE_CLOCK_H
#define TUNNELCTL_BASE_CLOCK_H

#include "base/buf.h"

/* Milliseconds since the machine was booted, those in which it slept included (CLOCK_BOOTTIME,
 * mach_continuous_time). Never 0. */
long long clock_ms(void);

/* For poll(): milliseconds until WHEN, 0 if it has passed, at most an hour: whoever is woken looks again. -1, never,
 * for 0. */
int clock_ms_until(long long when);

/* Milliseconds in which the machine has slept since it was booted: this minus an earlier one is the sleep between. */
long long clock_slept_ms(void);

/* Appends what names this boot: no other has the same. Nothing where the system does not say, as in a systemd unit that
 * has ProcSubset=pid but no PrivateTmp=: whoever compares takes it for unknown, not for another boot. */
void clock_boot_id(struct buf *ret);

/* A descriptor that becomes readable when the clock is set or the machine wakes up; poll() for POLLIN, then call
 * clock_watch_take(). -errno where there is no such thing: then nobody is woken, and whoever wakes for another reason
 * compares clock_slept_ms(). */
int clock_watch_open(void);
void clock_watch_take(int fd);

#endif
