/* SPDX-License-Identifier: MIT */
/* Runs another program: an argv, an absolute path, no shell, never longer than asked. */
#ifndef TUNNELCTL_BASE_SPAWN_H
#define TUNNELCTL_BASE_SPAWN_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/error.h"

/*
 * Runs argv[0] with the argument list, INPUT (NULL: nothing) on its standard input and LC_ALL=C in its
 * environment. What it writes to its standard output and error is appended to ret_output, at most 1 MiB; a NUL byte
 * becomes '?'.
 * Returns the exit status (0 to 255; 128 + n if signal n ended it), -ETIMEDOUT after TIMEOUT_MS
 * milliseconds (the program has then been killed), -ENOENT and other negative errno if it did not start.
 */
int spawn_run(char *const argv[], const char *input, unsigned timeout_ms, struct buf *ret_output,
	      struct error *);

/* The same with this ENVIRONMENT, which ends with NULL, and nothing else in it. */
int spawn_run_in(char *const argv[], char *const environment[], const char *input, unsigned timeout_ms,
		 struct buf *ret_output, struct error *);

/* How a program is run. */
struct spawn {
	char *const *argv;        /* ends with NULL */
	char *const *environment; /* ends with NULL; NULL: that of this process, with LC_ALL=C */
	const char *input;        /* NULL: nothing */
	unsigned timeout_ms;
	bool keeps_stderr;        /* on our own standard error, where a person reads it; not in the output */
};

/* The same as it says. */
int spawn_as(const struct spawn *, struct buf *ret_output, struct error *);

/* For a program that talks with the person at the terminal: our own standard files, our own environment (NULL) or
 * ENVIRONMENT, and as long as it takes. Ctrl-C is for the program alone. */
int spawn_on_terminal(char *const argv[], char *const environment[], struct error *);

/* Appends the last line of such an output that is not blank, safe to print and cut to MAX bytes, as " (it said: ...)":
 * programs say the reason last, behind their warnings. Nothing where they said nothing. */
void spawn_quote(const struct buf *output, size_t max, struct buf *ret);

#endif
