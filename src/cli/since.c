/* SPDX-License-Identifier: MIT */
#include "cli/since.h"

#include <stdbool.h>
#include <string.h>

#include "model/value.h"

/* Fills *TM, which is midnight of today, as far as FORMAT tells; false if TEXT is something else. */
static bool read_as(const char *text, const char *format, struct tm *tm)
{
	struct tm read = *tm;
	const char *end = strptime(text, format, &read);

	if (!end || *end)
		return false;
	*tm = read;
	return true;
}

static bool read_date(const char *text, struct tm *tm)
{
	/* The longest first: strptime(3) is content with less. */
	static const char *const formats[] = { "%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%d", "%H:%M:%S", "%H:%M" };

	if (!strcmp(text, "today"))
		return true;
	if (!strcmp(text, "yesterday")) {
		tm->tm_mday--;
		return true;
	}
	for (size_t i = 0; i < ARRAY_LEN(formats); i++)
		if (read_as(text, formats[i], tm))
			return true;
	return false;
}

/*
 * Local time of THEN. Where the clocks have been set back since, what was written later may look earlier: the time is
 * then told by the clock of NOW, which is too early rather than too late.
 */
static void tell_time(time_t then, time_t now, struct tm *ret)
{
	struct tm tm;
	time_t back, later;

	(void)localtime_r(&now, &tm);
	(void)localtime_r(&then, ret);
	back = (time_t)(ret->tm_gmtoff - tm.tm_gmtoff);
	if (back <= 0)
		return;
	/* Longer ago than that they have not been set back yet, and this changes nothing. */
	later = then + back;
	(void)localtime_r(&later, &tm);
	then += tm.tm_gmtoff;
	(void)gmtime_r(&then, ret);
}

const char *since_parse(const char *text, time_t now, struct buf *ret)
{
	unsigned seconds;
	struct tm tm;
	char made[32];
	int day;

	(void)localtime_r(&now, &tm);
	tm.tm_hour = tm.tm_min = tm.tm_sec = 0;
	tm.tm_isdst = -1;
	if (read_date(text, &tm)) {
		day = tm.tm_mday;
		/* 31 February is none: mktime(3) makes it another day. */
		if (mktime(&tm) == (time_t)-1 || (day > 0 && tm.tm_mday != day))
			return "there is no such day";
	} else if (!parse_duration(text, &seconds)) {
		tell_time(now - (time_t)seconds, now, &tm);
	} else {
		return "wanted a time as \"2026-03-01 14:00\", 14:00 or yesterday, or how long ago, as 90s, 1h30m or 2d";
	}
	buf_put(ret, made, strftime(made, sizeof(made), "%Y-%m-%d %H:%M:%S", &tm));
	return NULL;
}
