/* SPDX-License-Identifier: MIT */
/* The statements of which a job file is made (stanza.def): which there are, since when, what they take. */
#ifndef TUNNELCTL_UPSTART_STANZA_H
#define TUNNELCTL_UPSTART_STANZA_H

#include <stddef.h>

#include "base/buf.h"
#include "lexer.h"

enum {
#define STANZA(...) +1
	STANZA_COUNT = 0
#include "stanza.def"
};

/* The attributes are explained at the top of stanza.def. */
struct stanza {
	const char *name;
	unsigned since;
	const char *slot;
	const char *(*arguments)(struct lexer *);
	const char *instead;
};

extern const struct stanza stanzas[STANZA_COUNT];

/* Reads the name of the next statement and appends it, one space between two words. False at the end of the
 * file; NULL in ret if there is no such stanza. */
bool stanza_next(struct lexer *, struct buf *ret_name, const struct stanza **ret);

/* Reads the rest of the statement: NULL, or what is wrong with it. */
const char *stanza_check(const struct stanza *, struct lexer *);

#endif
