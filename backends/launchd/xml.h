/* SPDX-License-Identifier: MIT */
/*
 * The XML that a property list is made of, read without mercy: tags, text and entities, nothing else.
 * libplist's own reader takes control characters, Latin-1 and <integer>ten, so it cannot judge a file.
 */
#ifndef TUNNELCTL_BACKENDS_LAUNCHD_XML_H
#define TUNNELCTL_BACKENDS_LAUNCHD_XML_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/macros.h"
#include "base/strv.h"

/* s is where the reader stands in text that ends with a NUL and has passed text_check() line by line. */
struct xml {
	const char *s;
	const char *counted;   /* up to here the newlines are in line */
	unsigned line;         /* from 1 */
	struct strv *problems; /* every function that returns false has added one */
};

struct xml_tag {
	char name[16];
	bool close; /* </name> */
	bool empty; /* <name/> */
};

/* Adds "LINE: ..." to the problems; returns false. */
bool xml_fail(struct xml *, const char *format, ...) PRINTF(2, 3);

/* The line on which the reader stands. */
unsigned xml_line(struct xml *);

/* Passes over the XML declaration and the document type. */
bool xml_prolog(struct xml *);

/* Passes over blanks, comments and processing instructions. */
bool xml_skip(struct xml *);

/* Reads one tag. Attributes are refused, but for the version of <plist>. */
bool xml_tag(struct xml *, struct xml_tag *ret);

/* Appends the text up to the next tag: entities and CDATA resolved, comments left out. */
bool xml_text(struct xml *, struct buf *ret);

#endif
