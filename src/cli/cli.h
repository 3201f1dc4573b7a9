/* SPDX-License-Identifier: MIT */
/* What the verbs share: the command line, exit codes, and how to print. */
#ifndef TUNNELCTL_CLI_CLI_H
#define TUNNELCTL_CLI_CLI_H

#include <stdbool.h>
#include <stddef.h>

#include "backend.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/strv.h"

/* sysexits.h where it has a word for it; 3 and 4 are those of systemctl(1), status. */
enum exit_code {
	EXIT_DONE = 0,
	EXIT_FAILED = 1,
	EXIT_USAGE = 2,
	EXIT_NOT_UP = 3,
	EXIT_NO_SUCH_TUNNEL = 4,
	EXIT_BUSY = 75,
	EXIT_PERMISSION = 77,
	EXIT_BAD_CONFIG = 78,
};

/* What was given, in order, for an option that may be given several times. */
struct option_values {
	const char *v[16];
	size_t len;
};

struct options {
#define FLAG(field) bool field;
#define VALUE(field) const char *field;
#define VALUES(field) struct option_values field;
#define OPTION(type, field, ...) type(field)
#include "cli/options.def"
#undef FLAG
#undef VALUE
#undef VALUES
};

/* The command line, taken apart; arguments are those behind the verb. */
struct cli {
	struct options options;
	const char *program; /* argv[0] */
	const char *verb;
	char **arguments;    /* ends with NULL */
};

#define COMMAND(verb, ...) int cmd_##verb(const struct cli *);
#include "cli/commands.def"

/* "tunnelctl: ..." on standard error. */
void cli_error(const char *format, ...) PRINTF(1, 2);
void cli_errors(const struct strv *lines);

/* A line on standard output, unless --quiet or --json. */
void cli_say(const struct cli *, const char *format, ...) PRINTF(2, 3);

/* The exit code for what a library function returned. */
int cli_exit_code(int negative_errno);

/* The verb wants root or the user's own supervisor: which, as the command line and the uid say. */
bool cli_is_user(const struct cli *);

/* Home and configuration folder of whoever runs this; both may be NULL. Valid until the process ends. */
const char *cli_home(void);
const char *cli_config_home(void);

/* --backend, else the supervisor of this host; NULL and an error printed when there is none. */
const struct backend *cli_backend(const struct cli *);

/* From here on the verb finishes whatever happens to its terminal, which may hang on the tunnel itself. */
void cli_finish_without_terminal(void);

/* Whether Ctrl-C has to wait because something is half done. */
void cli_hold_interrupts(bool on);

/* Columns of the terminal; 0 when standard output is none. */
size_t cli_columns(void);

#endif
