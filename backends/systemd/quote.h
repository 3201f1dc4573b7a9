/* SPDX-License-Identifier: MIT */
/*
 * Words for unit files, so that systemd reads back exactly what we wrote. A unit knows three languages: words of a
 * command, words of Environment=, and plain strings (systemd.service(5), COMMAND LINES; systemd.exec(5), Environment=;
 * systemd.syntax(7)). What one of them cannot say is refused.
 */
#ifndef TUNNELCTL_BACKENDS_SYSTEMD_QUOTE_H
#define TUNNELCTL_BACKENDS_SYSTEMD_QUOTE_H

#include "base/buf.h"

/* Each appends to ret and returns NULL, or says why the text has no representation. */
const char *quote_program(const char *path, struct buf *ret);        /* the first word of ExecStart= */
const char *quote_argument(const char *word, struct buf *ret);       /* any other word of it */
const char *quote_environment(const char *assignment, struct buf *ret);
const char *quote_plain(const char *text, struct buf *ret);          /* Description=, User=, paths */

#endif
