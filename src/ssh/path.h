/* SPDX-License-Identifier: MIT */
/* File names as ssh is told them. */
#ifndef TUNNELCTL_SSH_PATH_H
#define TUNNELCTL_SSH_PATH_H

#include "base/buf.h"
#include "ssh/argv.h"

/* Appends PATH with ~ expanded where the machine's home is known, and with % doubled where this ssh expands it,
 * which it does since release PERCENT (0: never). */
void ssh_path_put(const struct ssh_machine *, unsigned percent, const char *path, struct buf *ret);

/* The same in double quotes where a line of ssh_config needs them; such a line knows no escapes before 8.7,
 * so check_path() lets no quote and no backslash through. */
void ssh_path_put_quoted(const struct ssh_machine *, unsigned percent, const char *path, struct buf *ret);

/* Appends S with every % doubled, for a value in which every ssh expands them. */
void ssh_percent_put(const char *s, struct buf *ret);

#endif
