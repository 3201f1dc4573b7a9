/* SPDX-License-Identifier: MIT */
/* Judges text from outside before anybody prints it or writes it into a unit. */
#ifndef TUNNELCTL_BASE_UTF8_H
#define TUNNELCTL_BASE_UTF8_H

#include <stddef.h>

/*
 * NULL if the LEN bytes are text that every supervisor's file can carry: valid UTF-8 (RFC 3629)
 * without control characters (a tab is allowed) and without Unicode's noncharacters, which systemd
 * refuses (src/basic/utf8.c, unichar_is_valid). Otherwise what is wrong.
 */
const char *text_check(const char *s, size_t len);

/* How many bytes at the start of S are ASCII letters, digits or among MORE. */
size_t word_span(const char *s, const char *more);

/* Replaces what text_check() refuses by '?', in place: no terminal escape survives. Likewise what lets a line look other
 * than it is: controls of the writing direction, and Unicode's own ends of a line and a paragraph. */
void text_clean(char *s);

#endif
