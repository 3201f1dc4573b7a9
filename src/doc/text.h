/* SPDX-License-Identifier: MIT */
/* Text of the tables as mdoc(7) and the shells want it: quoted once, by what reads it. */
#ifndef TUNNELCTL_DOC_TEXT_H
#define TUNNELCTL_DOC_TEXT_H

#include "base/buf.h"

/* Appends text lines of mdoc(7): filled to 78 columns, a new line for each sentence, nothing in them a macro or an
 * escape. A capital begins it, and a full stop ends it unless another mark does. */
void text_mdoc(const char *text, struct buf *ret);

/* The same for an argument of a macro, within its line: in quotes. */
void text_mdoc_argument(const char *text, struct buf *ret);

/* Appends 'text' for bash and zsh, and for fish, where a backslash is one even in quotes. */
void text_sh(const char *text, struct buf *ret);
void text_fish(const char *text, struct buf *ret);

/* Appends the text between brackets of zsh's _arguments, and before the colon of its _describe: inside of single quotes
 * that the caller writes. */
void text_zsh(const char *text, struct buf *ret);

#endif
