/* SPDX-License-Identifier: MIT */
#include "model/draft.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/alloc.h"
#include "base/utf8.h"
#include "model/config.h"

#define LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
#define CAPITALS "ABCDEFGHIJKLMNOPQRSTUVWXYZ"

/* What the longest name and " = " need beside a value. */
enum { VALUE_MAX = CONFIG_LINE_MAX - 64 };

static void line_done(struct draft_line *l)
{
	free(l->name);
	free(l->value);
	free(l->what);
}

static void forget(struct draft *d, enum section_id section, const char *name)
{
	size_t kept = 0;

	for (size_t i = 0; i < d->lines_len; i++) {
		if (d->lines[i].section == section && !strcasecmp(d->lines[i].name, name))
			line_done(&d->lines[i]);
		else
			d->lines[kept++] = d->lines[i];
	}
	d->lines_len = kept;
}

static int judge_text(const char *value, struct error *err)
{
	size_t len = strlen(value);
	const char *why = text_check(value, len);

	if (why)
		return error_set(err, -EINVAL, "holds %s", why);
	if (!len)
		return error_set(err, -EINVAL, "is empty");
	if (len > VALUE_MAX)
		return error_set(err, -EINVAL, "longer than %d bytes", VALUE_MAX);
	return 0;
}

/* Of an open section: somebody's plist may hold a whole section in a name. */
static int judge_name(const char *name, struct error *err)
{
	if (!*name || name[word_span(name, "_-.")] || name[strlen(name) - 1] == '.')
		return error_set(err, -EINVAL, "no name that a line of an INI can have");
	return 0;
}

/* The reader takes the blanks at both ends of a value away, so they are not in the draft either. */
static char *trimmed(const char *value)
{
	size_t len;

	value += strspn(value, " \t");
	len = strlen(value);
	while (len && (value[len - 1] == ' ' || value[len - 1] == '\t'))
		len--;
	return xstrndup(value, len);
}

static void push(struct draft *d, enum section_id section, const struct key *k, const char *name, const char *value,
		 const struct draft_origin *at)
{
	d->lines = array_grow(d->lines, d->lines_len, sizeof(*d->lines));
	d->lines[d->lines_len++] = (struct draft_line){
		.section = section,
		.key = k,
		.name = xstrdup(name),
		.value = xstrdup(value),
		.what = xstrdup(at->what),
		.line = at->line,
	};
}

int draft_set(struct draft *d, const struct key *k, const char *value, const struct draft_origin *at, struct error *err)
{
	AUTO_FREE char *text = trimmed(value);
	AUTO(tunnel) scratch = {0};
	int r;

	if ((r = judge_text(text, err)) < 0 || (r = key_set(k, text, &scratch, err)) < 0)
		return r;
	if (!key_repeats(k))
		forget(d, k->section, k->name);
	push(d, k->section, k, k->name, text, at);
	return 0;
}

int draft_add(struct draft *d, enum section_id section, const char *name, const char *value, bool replace,
	      const struct draft_origin *at, struct error *err)
{
	AUTO_FREE char *text = trimmed(value);
	int r;

	if ((r = judge_name(name, err)) < 0 || (r = judge_text(text, err)) < 0)
		return r;
	if (replace)
		forget(d, section, name);
	push(d, section, NULL, name, text, at);
	return 0;
}

const struct draft_line *draft_find(const struct draft *d, const struct key *k)
{
	for (size_t i = 0; i < d->lines_len; i++)
		if (d->lines[i].key == k)
			return &d->lines[i];
	return NULL;
}

const struct draft_line *draft_find_name(const struct draft *d, enum section_id section, const char *name)
{
	for (size_t i = 0; i < d->lines_len; i++)
		if (!d->lines[i].key && d->lines[i].section == section && !strcasecmp(d->lines[i].name, name))
			return &d->lines[i];
	return NULL;
}

void draft_forget(struct draft *d, const struct key *k)
{
	forget(d, k->section, k->name);
}

void draft_remark(struct draft *d, enum draft_kind kind, const struct draft_origin *at, const char *format, ...)
{
	AUTO(buf) what = {0};
	AUTO(buf) why = {0};
	va_list ap;

	value_print(at->what, &what);
	va_start(ap, format);
	buf_vprintf(&why, format, ap);
	va_end(ap);
	d->remarks = array_grow(d->remarks, d->remarks_len, sizeof(*d->remarks));
	d->remarks[d->remarks_len] = (struct draft_remark){
		.kind = kind, .line = at->line, .what = buf_take(&what), .why = buf_take(&why),
	};
	text_clean(d->remarks[d->remarks_len].what);
	text_clean(d->remarks[d->remarks_len++].why);
}

bool draft_is_refused(const struct draft *d)
{
	for (size_t i = 0; i < d->remarks_len; i++)
		if (d->remarks[i].kind == DRAFT_REFUSED)
			return true;
	return false;
}

/* <user name>, {{user}}: what stands between the marks is words, nothing that a path or a host could hold. */
static char *between(const char *s, const char *open, const char *close)
{
	for (const char *at = s; (at = strstr(at, open)); at++) {
		const char *word = at + strlen(open);
		size_t len = strspn(word, LETTERS "0123456789_- ");

		if (len && strchr(LETTERS, *word) && word[len - 1] != ' ' && !strncmp(word + len, close, strlen(close)))
			return xstrndup(at, strlen(open) + len + strlen(close));
	}
	return NULL;
}

/* YOUR_USER, CHANGE_ME. A lower-case your-server may well be the name of one. */
static char *shouted(const char *s)
{
	static const char *const words[] = { "YOUR", "CHANGEME", "CHANGE_ME", "REPLACE_ME", "REPLACEME" };

	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		const char *at = strstr(s, words[i]);
		size_t len = at ? strspn(at, CAPITALS "_-") : 0;

		/* YOURK.example is a name; YOUR alone, YOUR_X, YOURUSER are blanks. */
		if (len && (at == s || !strchr(LETTERS, at[-1])) && (!at[len] || !strchr(LETTERS, at[len])))
			return xstrndup(at, len);
	}
	return NULL;
}

char *draft_blank(const char *s)
{
	char *ret = between(s, "<", ">");

	if (!ret)
		ret = between(s, "{{", "}}");
	return ret ? ret : shouted(s);
}

static void print_line(const struct draft_line *l, enum section_id *open, struct buf *ret)
{
	if (*open != l->section)
		buf_printf(ret, "%s[%s]\n", *open == SECTION_COUNT ? "" : "\n", sections[l->section].name);
	*open = l->section;
	buf_printf(ret, "%s = %s\n", l->name, l->value);
}

void draft_print(const struct draft *d, struct buf *ret)
{
	enum section_id open = SECTION_COUNT;

	for (enum section_id section = 0; section < SECTION_COUNT; section++) {
		for (size_t k = 0; k < KEY_COUNT; k++)
			for (size_t i = 0; keys[k].section == section && i < d->lines_len; i++)
				if (d->lines[i].key == &keys[k])
					print_line(&d->lines[i], &open, ret);
		for (size_t i = 0; i < d->lines_len; i++)
			if (!d->lines[i].key && d->lines[i].section == section)
				print_line(&d->lines[i], &open, ret);
	}
}

void draft_done(struct draft *d)
{
	for (size_t i = 0; i < d->lines_len; i++)
		line_done(&d->lines[i]);
	for (size_t i = 0; i < d->remarks_len; i++) {
		free(d->remarks[i].what);
		free(d->remarks[i].why);
	}
	free(d->lines);
	free(d->remarks);
	*d = (struct draft){0};
}
