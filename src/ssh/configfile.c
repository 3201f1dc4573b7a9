/* SPDX-License-Identifier: MIT */
#include "ssh/configfile.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/alloc.h"
#include "ssh/letters.h"
#include "ssh/translation.h"

#define BLANKS " \t\r\n\f"

/* The file while it is read. */
struct reader {
	const char *alias;
	struct configfile *out;
	bool counts;    /* the lines of this block; those above the first Host do */
	unsigned match; /* the Match that they stand below, or 0 */
};

/* match_pattern() of match.c: '*' and '?', and letters as they stand. Only the last '*' is ever tried again, so that no
 * pattern takes long. */
static bool matches(const char *s, const char *pattern)
{
	const char *star = NULL, *from = NULL;

	while (*s) {
		if (*pattern == '*') {
			star = pattern++;
			from = s;
		} else if (*pattern == '?' || (*pattern && *pattern == *s)) {
			pattern++;
			s++;
		} else if (star) {
			pattern = star + 1;
			s = ++from;
		} else {
			return false;
		}
	}
	return !pattern[strspn(pattern, "*")];
}

static void push(struct reader *r, enum configfile_fate fate, unsigned line, const struct buf *keyword,
		 const struct buf *value)
{
	struct configfile *c = r->out;

	c->v = array_grow(c->v, c->len, sizeof(*c->v));
	c->v[c->len++] = (struct configfile_line){
		.fate = fate, .line = line, .keyword = xstrdup(buf_str(keyword)), .value = xstrdup(buf_str(value)),
		.match = r->match,
	};
}

/* ssh_config(5), PATTERNS: one that is negated and matches makes the line match nothing. */
static void take_host(struct reader *r, unsigned line, const struct buf *keyword, const struct buf *value)
{
	AUTO(strv) patterns = {0};
	const char *why = translation_split(buf_str(value), &patterns);
	bool negated = false, any = false, tells = false;

	for (size_t i = 0; i < patterns.len && !negated; i++) {
		const char *p = patterns.v[i];
		bool match = matches(r->alias, p + (*p == '!'));

		negated = match && *p == '!';
		any |= match;
		tells |= match && p[strspn(p, "*?!")];
		if (!p[strcspn(p, "*?!")])
			strv_push(&r->out->names, p);
	}
	r->counts = any && !negated;
	r->out->named |= r->counts && tells;
	r->match = 0;
	if (why || !patterns.len) {
		push(r, CONFIGFILE_BROKEN, line, keyword, value);
		r->out->v[r->out->len - 1].why = why ? why : "no pattern behind it";
	} else if (r->counts) {
		push(r, CONFIGFILE_HOST, line, keyword, value);
	}
}

static void take_line(struct reader *r, const char *text, unsigned line)
{
	AUTO(buf) keyword = {0};
	AUTO(buf) value = {0};

	text += strspn(text, BLANKS);
	if (!*text || *text == '#')
		return;
	letters_split(text, &keyword, &value);
	if (!strcasecmp(buf_str(&keyword), "Host")) {
		take_host(r, line, &keyword, &value);
	} else if (!strcasecmp(buf_str(&keyword), "Match")) {
		r->counts = false;
		r->match = line;
		push(r, CONFIGFILE_MATCH, line, &keyword, &value);
	} else if (r->counts || r->match) {
		push(r, r->match ? CONFIGFILE_BELOW
			: strcasecmp(buf_str(&keyword), "Include") ? CONFIGFILE_COUNTS : CONFIGFILE_INCLUDE,
		     line, &keyword, &value);
	}
}

void configfile_read(const char *text, const char *alias, struct configfile *ret)
{
	struct reader r = { .alias = alias, .out = ret, .counts = true };

	for (unsigned line = 1; *text; line++) {
		size_t len = strcspn(text, "\n");
		AUTO_FREE char *one = xstrndup(text, len);

		take_line(&r, one, line);
		text += len + (text[len] == '\n');
	}
}

char *configfile_find(const struct configfile *c, const char *keyword)
{
	for (size_t i = 0; i < c->len; i++) {
		AUTO(strv) words = {0};

		if (c->v[i].fate != CONFIGFILE_COUNTS || strcasecmp(c->v[i].keyword, keyword) != 0)
			continue;
		if (translation_split(c->v[i].value, &words) || !words.len)
			return NULL;
		return xstrdup(words.v[0]);
	}
	return NULL;
}

static void remark(const struct configfile_line *l, const struct draft_origin *at, struct draft *ret)
{
	switch (l->fate) {
	case CONFIGFILE_HOST:
		draft_remark(ret, DRAFT_DROPPED, at, "the lines below it are in the INI");
		break;
	case CONFIGFILE_MATCH:
		draft_remark(ret, DRAFT_DROPPED, at, "only ssh can judge a Match, so nothing below it is taken; what you "
			     "need of it, add to the INI");
		break;
	case CONFIGFILE_BELOW:
		draft_remark(ret, DRAFT_DROPPED, at, "stands below the Match of line %u", l->match);
		break;
	case CONFIGFILE_INCLUDE:
		draft_remark(ret, DRAFT_DROPPED, at, "no other file is read; for a Host in there: tunnelctl import "
			     "--host ALIAS FILE");
		break;
	case CONFIGFILE_BROKEN:
		draft_remark(ret, DRAFT_REFUSED, at, "%s; ssh would not take this file", l->why);
		break;
	case CONFIGFILE_COUNTS:
		break;
	}
}

static void take(const struct configfile_line *l, struct translation *t)
{
	AUTO(buf) what = {0};
	struct draft_origin at = { .line = l->line };

	buf_cat(&what, l->keyword, *l->value ? " " : "", l->value);
	at.what = what.s ? what.s : "";
	if (l->fate != CONFIGFILE_COUNTS)
		remark(l, &at, t->draft);
	else if (!*l->value)
		draft_remark(t->draft, DRAFT_REFUSED, &at, "no value; wanted Keyword value");
	else
		translation_take(t, &(struct ssh_option){ .at = at, .keyword = l->keyword, .value = l->value, .raw = true });
}

int configfile_import(const struct configfile *c, const char *alias, const char *folder, struct draft *ret)
{
	struct translation t = { .draft = ret, .folder = folder };

	for (size_t i = 0; i < c->len; i++)
		take(&c->v[i], &t);
	translation_put_host(&t, alias, &(struct draft_origin){ .what = alias });
	translation_finish(&t);
	translation_done(&t);
	return draft_is_refused(ret) ? -EINVAL : 0;
}

void configfile_done(struct configfile *c)
{
	for (size_t i = 0; i < c->len; i++) {
		free(c->v[i].keyword);
		free(c->v[i].value);
	}
	free(c->v);
	strv_done(&c->names);
	*c = (struct configfile){0};
}
