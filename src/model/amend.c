/* SPDX-License-Identifier: MIT */
#include "model/amend.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/utf8.h"
#include "model/config.h"
#include "model/reader.h"

/* A line of the key. */
struct hit {
	unsigned line;
	char *value;
};

/* What the reader sees of the key and its section; lines count from 1, 0 is none. */
struct look {
	const struct key *key;
	bool inside;
	unsigned last; /* line of the section, of any key or its name */
	struct hit *hits;
	size_t len;
	struct error *err;
	int result;
};

static void look_done(struct look *l)
{
	for (size_t i = 0; i < l->len; i++)
		free(l->hits[i].value);
	free(l->hits);
}

static void on_section(void *user, const char *name, unsigned line)
{
	struct look *l = user;

	l->inside = section_find(name) == l->key->section;
	if (l->inside)
		l->last = line;
}

static void on_key(void *user, const char *name, const char *value, unsigned line)
{
	struct look *l = user;

	if (!l->inside)
		return;
	l->last = line;
	if (key_find(l->key->section, name) != l->key)
		return;
	l->hits = array_grow(l->hits, l->len, sizeof(*l->hits));
	l->hits[l->len++] = (struct hit){ line, xstrdup(value) };
}

static void on_problem(void *user, unsigned line, const char *what)
{
	struct look *l = user;

	if (!l->result)
		l->result = error_set(l->err, -EINVAL, "line %u: %s", line, what);
}

static int look(const struct buf *text, const struct key *k, struct look *ret, struct error *err)
{
	const struct reader reader = { .section = on_section, .key = on_key, .problem = on_problem, .user = ret,
				       .line_max = CONFIG_LINE_MAX };

	*ret = (struct look){ .key = k, .err = err };
	reader_parse(&reader, buf_str(text), text->len);
	return ret->result;
}

static int judge(const struct key *k, const char *value, struct error *err)
{
	size_t len = strlen(value);
	const char *why = text_check(value, len);

	if (why)
		return error_set(err, -EINVAL, "%s: the value holds %s", k->name, why);
	if (len && (strchr(" \t", value[0]) || strchr(" \t", value[len - 1])))
		return error_set(err, -EINVAL, "%s: the value begins or ends in a blank", k->name);
	if (strlen(k->name) + strlen(" = ") + len > CONFIG_LINE_MAX)
		return error_set(err, -EINVAL, "%s: the line would be longer than %d bytes", k->name, CONFIG_LINE_MAX);
	return 0;
}

/* Where LINE begins; behind the last line: where the text ends. */
static size_t start_of(const struct buf *text, unsigned line)
{
	const char *s = buf_str(text), *end = s + text->len;

	for (; line > 1 && s < end; line--) {
		const char *newline = memchr(s, '\n', (size_t)(end - s));

		s = newline ? newline + 1 : end;
	}
	return (size_t)(s - buf_str(text));
}

static void splice(struct buf *text, size_t from, size_t to, const struct buf *in)
{
	AUTO(buf) made = {0};
	struct buf old = *text;

	buf_put(&made, buf_str(&old), from);
	buf_put(&made, buf_str(in), in->len);
	buf_put(&made, buf_str(&old) + to, old.len - to);
	*text = made;
	made = old;
}

/* How the lines of the text end, as far as FROM shows it. */
static const char *ending(const struct buf *text, size_t from)
{
	const char *s = buf_str(text), *newline = text->len > from ? memchr(s + from, '\n', text->len - from) : NULL;

	if (!newline && from)
		return ending(text, 0);
	return newline && newline > s && newline[-1] == '\r' ? "\r\n" : "\n";
}

static void put_line(const struct key *k, const char *value, struct buf *ret)
{
	buf_cat(ret, k->name, *value ? " = " : " =", value);
}

/* The end that the last line lacks: perhaps the half of one is there. */
static void put_missing_end(const struct buf *text, const char *end, struct buf *ret)
{
	bool half = text->len && text->s[text->len - 1] == '\r';

	buf_puts(ret, half ? "\n" : end);
}

static void insert_behind(struct buf *text, unsigned line, const struct key *k, const char *value)
{
	size_t at = start_of(text, line + 1);
	const char *end = ending(text, start_of(text, line));
	bool ended = at && text->s[at - 1] == '\n';
	AUTO(buf) in = {0};

	if (!ended)
		put_missing_end(text, end, &in);
	put_line(k, value, &in);
	if (ended)
		buf_puts(&in, end);
	splice(text, at, at, &in);
}

static bool is_blank(const struct buf *text)
{
	return !text->len || (text->len == 3 && !memcmp(text->s, "\xef\xbb\xbf", 3));
}

static void add_section(struct buf *text, const struct key *k, const char *value)
{
	const char *end = ending(text, 0);
	bool ended = is_blank(text) || text->s[text->len - 1] == '\n';

	if (!ended)
		put_missing_end(text, end, text);
	if (!is_blank(text))
		buf_puts(text, end);
	buf_cat(text, "[", sections[k->section].name, "]", end);
	put_line(k, value, text);
	if (ended)
		buf_puts(text, end);
}

static void add(struct buf *text, const struct look *l, const char *value)
{
	if (l->len)
		insert_behind(text, l->hits[l->len - 1].line, l->key, value);
	else if (l->last)
		insert_behind(text, l->last, l->key, value);
	else
		add_section(text, l->key, value);
}

static void cut(struct buf *text, unsigned line)
{
	const struct buf nothing = {0};

	splice(text, start_of(text, line), start_of(text, line + 1), &nothing);
}

/* Its name, indentation and end stay as somebody wrote them. */
static void replace(struct buf *text, const struct hit *hit, const char *value)
{
	size_t from = start_of(text, hit->line), to = start_of(text, hit->line + 1);
	const char *s = text->s + from, *equals = memchr(s, '=', to - from);
	AUTO(buf) in = {0};

	from += (size_t)(equals + 1 - s);
	if (*hit->value) /* of an empty one the reader leaves nothing to find */
		from += strspn(text->s + from, " \t");
	else if (equals > s && equals[-1] == ' ')
		buf_putc(&in, ' ');
	buf_puts(&in, value);
	splice(text, from, from + strlen(hit->value), &in);
}

int amend_set(struct buf *text, const struct key *k, const char *value, struct error *err)
{
	__attribute__((cleanup(look_done))) struct look l = {0};
	int r;

	if ((r = judge(k, value, err)) < 0 || (r = look(text, k, &l, err)) < 0)
		return r;
	if (l.len == 1 && !strcmp(l.hits[0].value, value))
		return 0;
	for (size_t i = l.len; i-- > 1;)
		cut(text, l.hits[i].line);
	if (l.len)
		replace(text, &l.hits[0], value);
	else
		add(text, &l, value);
	return 1;
}

int amend_append(struct buf *text, const struct key *k, const char *value, struct error *err)
{
	__attribute__((cleanup(look_done))) struct look l = {0};
	int r;

	if ((r = judge(k, value, err)) < 0 || (r = look(text, k, &l, err)) < 0)
		return r;
	add(text, &l, value);
	return 1;
}

int amend_remove(struct buf *text, const struct key *k, const char *value, struct error *err)
{
	__attribute__((cleanup(look_done))) struct look l = {0};
	int r, ret = 0;

	if ((r = look(text, k, &l, err)) < 0)
		return r;
	for (size_t i = l.len; i-- > 0;)
		if (!value || !strcmp(l.hits[i].value, value)) {
			cut(text, l.hits[i].line);
			ret = 1;
		}
	return ret;
}
