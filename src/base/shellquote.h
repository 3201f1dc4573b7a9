/* SPDX-License-Identifier: MIT */
/* A command line as a person can paste it into a shell. We never give one to a shell ourselves. */
#ifndef TUNNELCTL_BASE_SHELLQUOTE_H
#define TUNNELCTL_BASE_SHELLQUOTE_H

#include "base/buf.h"
#include "base/strv.h"

/* Appends the words with a blank between them, in single quotes where sh(1) wants quotes. */
void shell_quote(const struct strv *words, struct buf *ret);

#endif
