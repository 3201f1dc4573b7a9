/* SPDX-License-Identifier: MIT */
/* Facts for programs: the only user of jansson. */
#ifndef TUNNELCTL_CLI_JSON_H
#define TUNNELCTL_CLI_JSON_H

#include <jansson.h>

#include "base/strv.h"
#include "cli/cli.h"

json_t *json_strv(const struct strv *);

/* Sets a string, or null for NULL; text that is not UTF-8 becomes null too. */
void json_set_text(json_t *object, const char *key, const char *text);

/* Prints the value with a newline on standard output, and frees it. */
void json_print(json_t *);

/* How a verb ends, also where it failed: prints its list if --json was given, and frees it. */
void json_finish(const struct cli *, json_t *list);

#endif
