/* SPDX-License-Identifier: MIT */
/*
 * Writes arbitrary text into a job file so that upstart, or the shell behind it, reads back the same bytes.
 * No code from here reads it back: the checker's lexer is a model of upstart's own, made independently.
 */
#ifndef TUNNELCTL_UPSTART_QUOTE_H
#define TUNNELCTL_UPSTART_QUOTE_H

#include "base/buf.h"
#include "base/strv.h"

/* Appends the statement that runs ARGV (argv[0]: an absolute path), newline included: an exec line without
 * quoting, for which upstart needs no shell, an exec line for the shell, or a script. Each is exact. */
void job_quote_command(const struct strv *argv, struct buf *ret);

/* Appends one argument for an exec line that the shell reads; it holds no newline, which is lost there. */
void job_quote_exec(const char *arg, struct buf *ret);

/* Appends one argument for a script. */
void job_quote_script(const char *arg, struct buf *ret);

/* Appends one token for every other stanza (env, description). NULL, or why there is no way to write it. */
const char *job_quote_value(const char *value, struct buf *ret);

#endif
