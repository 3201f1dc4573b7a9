/* SPDX-License-Identifier: MIT */
/* One line of a log as `logs` prints it, wherever it was kept: "2026-03-01 14:00:05 words", in the local zone; or with
 * --json {"time": seconds since 1970, "text": "words"}, time being null where nobody knows it. */
#ifndef TUNNELCTL_CLI_LOGLINE_H
#define TUNNELCTL_CLI_LOGLINE_H

#include <stdbool.h>

enum { LOGLINE_TIME = sizeof("YYYY-MM-DD HH:MM:SS") - 1 };

/* Whether the line begins with such a time. */
bool logline_has_time(const char *line);

/* Seconds since 1970 of such a beginning; of an hour that the clock goes through twice the first. 0: there is no such
 * time. */
long long logline_time(const char *line);

/* Prints words of TIME; 0: unknown. The text is clean (text_clean()). */
void logline_print(bool json, long long time, const char *text);

/* Prints a line that begins with its time, as runner/log.h writes it, or one that does not. */
void logline_print_line(bool json, const char *line);

#endif
