/* SPDX-License-Identifier: MIT */
/* What is known of a tunnel, for programs: the same wherever a verb prints it as JSON. */
#ifndef TUNNELCTL_CLI_FACTS_H
#define TUNNELCTL_CLI_FACTS_H

#include <jansson.h>

#include "cli/report.h"

/* Now, on both clocks: that of clock_ms(), and milliseconds since 1970. */
struct moment {
	long long clock_ms, unix_ms;
};

struct moment moment_now(void);

/* Since when it is in its state, seconds since 1970; 0: unknown. */
long long facts_since(const struct report *, const struct moment *);

/* The caller frees it by json_decref(). */
json_t *facts_to_json(const struct report *, const struct moment *);

#endif
