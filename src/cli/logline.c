/* SPDX-License-Identifier: MIT */
#include "cli/logline.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/alloc.h"
#include "cli/json.h"

bool logline_has_time(const char *line)
{
	static const char pattern[] = "0000-00-00 00:00:00";

	for (size_t i = 0; i < LOGLINE_TIME; i++)
		if (pattern[i] == '0' ? line[i] < '0' || line[i] > '9' : line[i] != pattern[i])
			return false;
	return true;
}

long long logline_time(const char *line)
{
	struct tm tm = { .tm_isdst = -1 }, before;
	AUTO_FREE char *text = xstrndup(line, LOGLINE_TIME);
	time_t time, earlier;

	if (!strptime(text, "%Y-%m-%d %H:%M:%S", &tm) || (time = mktime(&tm)) == (time_t)-1)
		return 0;
	earlier = time - 3600;
	if (localtime_r(&earlier, &before) && before.tm_hour == tm.tm_hour && before.tm_mday == tm.tm_mday)
		time = earlier;
	return time;
}

static void print_json(long long time, const char *text)
{
	json_t *o = json_object();
	AUTO_FREE char *line = NULL;

	(void)json_object_set_new(o, "time", time ? json_integer((json_int_t)time) : json_null());
	json_set_text(o, "text", text);
	line = json_dumps(o, JSON_COMPACT);
	json_decref(o);
	if (line)
		(void)puts(line);
}

void logline_print(bool json, long long time, const char *text)
{
	time_t then = (time_t)time;
	char made[LOGLINE_TIME + 1];
	struct tm tm;

	if (json)
		print_json(time, text);
	else if (time && localtime_r(&then, &tm) && strftime(made, sizeof(made), "%Y-%m-%d %H:%M:%S", &tm))
		(void)printf("%s %s\n", made, text);
	else
		(void)puts(text);
}

void logline_print_line(bool json, const char *line)
{
	long long time = json && logline_has_time(line) ? logline_time(line) : 0;

	if (!json)
		(void)puts(line);
	else
		print_json(time, time ? line + LOGLINE_TIME + (line[LOGLINE_TIME] == ' ') : line);
}
