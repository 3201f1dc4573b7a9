/* SPDX-License-Identifier: MIT */
/*
 * The lines of an INI file, exactly: the only user of inih. Whatever switches inih was built with, a line has its
 * number, a value arrives whole, and a line that is not one is a problem, never a guess.
 */
#ifndef TUNNELCTL_MODEL_READER_H
#define TUNNELCTL_MODEL_READER_H

#include <stddef.h>

/* Line numbers count from 1. The strings are valid during the call. */
struct reader {
	void (*section)(void *user, const char *name, unsigned line);
	void (*key)(void *user, const char *name, const char *value, unsigned line);
	void (*problem)(void *user, unsigned line, const char *what);
	void *user;
	size_t line_max; /* bytes */
};

/* Walks over TEXT of LEN bytes in order. A key stands in the section last announced; keys behind a
 * section line that was a problem are passed over. */
void reader_parse(const struct reader *, const char *text, size_t len);

#endif
