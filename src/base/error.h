/* SPDX-License-Identifier: MIT */
/*
 * One error: the text for the person and the negative errno for the program.
 * A function that can fail takes struct error * last, fills it on failure and returns the code.
 * Library code never prints; only main does, once.
 */
#ifndef TUNNELCTL_BASE_ERROR_H
#define TUNNELCTL_BASE_ERROR_H

#include "base/macros.h"

struct error {
	int code; /* 0, or a negative errno */
	char text[512];
};

/* Writes the text (control characters become '?', a long text is cut) and returns CODE.
 * CODE is a negative errno; err may be NULL. */
int error_set(struct error *err, int code, const char *format, ...) PRINTF(3, 4);

/* The same with ": " and strerror(-code) behind the text. */
int error_errno(struct error *err, int code, const char *format, ...) PRINTF(3, 4);

#endif
