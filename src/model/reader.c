/* SPDX-License-Identifier: MIT */
#include "model/reader.h"

#include <ini.h>
#include <stdbool.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/utf8.h"

/*
 * inih (reference: ini.h) cuts lines at a length fixed when it was built (200 bytes in Debian), joins indented lines,
 * takes ':' for '=' and " ;" for a comment, and tells no line number. So it never sees a value: we hand it
 * "[section]" or "name=", one clean short line at a time, and keep the value here until its handler asks.
 */
enum { NAME_MAX_LEN = 49 }; /* inih keeps that much of a section's name */

struct state {
	const struct reader *reader;
	const char *next, *end;
	unsigned line;
	bool lost;         /* behind a bad section line */
	struct buf value;  /* of the key that inih is being shown */
	struct buf scratch;
};

static void problem(struct state *s, const char *what)
{
	s->reader->problem(s->reader->user, s->line, what);
}

/* The next line without its end, or NULL behind the last. */
static const char *take_line(struct state *s, size_t *ret_len)
{
	const char *line = s->next, *newline;

	if (s->next == s->end)
		return NULL;
	newline = memchr(s->next, '\n', (size_t)(s->end - s->next));
	s->next = newline ? newline + 1 : s->end;
	s->line++;
	*ret_len = (size_t)((newline ? newline : s->end) - line);
	if (*ret_len && line[*ret_len - 1] == '\r')
		--*ret_len;
	return line;
}

static bool blank(char c)
{
	return c == ' ' || c == '\t';
}

static void trim(const char **line, size_t *len)
{
	while (*len && blank(**line)) {
		++*line;
		--*len;
	}
	while (*len && blank((*line)[*len - 1]))
		--*len;
}

static bool is_name(const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		char c = s[i];

		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
		      c == '.' || c == '_' || c == '-' || (c == ' ' && i)))
			return false;
	}
	return len > 0 && len <= NAME_MAX_LEN;
}

/* Each returns whether inih shall see what is now in scratch. */
static bool take_section(struct state *s, const char *line, size_t len)
{
	s->lost = true;
	if (line[len - 1] != ']') {
		problem(s, "a section ends in ']'; wanted [Name] and nothing behind it");
		return false;
	}
	if (len > NAME_MAX_LEN + 2) {
		problem(s, "the name of the section is longer than 49 bytes");
		return false;
	}
	if (!is_name(line + 1, len - 2)) {
		problem(s, "not the name of a section, such as [Tunnel]");
		return false;
	}
	s->lost = false;
	buf_put(&s->scratch, line, len);
	buf_put(&s->value, line + 1, len - 2);
	s->reader->section(s->reader->user, s->value.s, s->line);
	return true;
}

static bool take_key(struct state *s, const char *line, size_t len)
{
	const char *equals = memchr(line, '=', len), *value;
	size_t value_len;

	if (s->lost)
		return false;
	if (!equals) {
		problem(s, "no '=' in the line; wanted Name = value");
		return false;
	}
	value = equals + 1;
	value_len = len - (size_t)(value - line);
	trim(&value, &value_len);
	len = (size_t)(equals - line);
	trim(&line, &len);
	if (!is_name(line, len)) {
		problem(s, len ? "not the name of a key in front of '='" : "nothing in front of '='");
		return false;
	}
	buf_put(&s->value, value, value_len);
	buf_put(&s->scratch, line, len);
	buf_putc(&s->scratch, '=');
	return true;
}

static bool take(struct state *s, const char *line, size_t len)
{
	AUTO(buf) what = {0};
	const char *why;

	if (len > s->reader->line_max) {
		buf_printf(&what, "the line is longer than %zu bytes", s->reader->line_max);
		problem(s, what.s);
		return false;
	}
	if ((why = text_check(line, len))) {
		buf_printf(&what, "the line holds %s", why);
		problem(s, what.s);
		return false;
	}
	trim(&line, &len);
	if (!len || *line == ';' || *line == '#')
		return false;
	return *line == '[' ? take_section(s, line, len) : take_key(s, line, len);
}

/* inih's fgets(): the next line that it may see, in at most SIZE bytes. */
static char *read_line(char *ret, int size, void *stream)
{
	struct state *s = stream;
	const char *line;
	size_t len;

	while ((line = take_line(s, &len))) {
		buf_clear(&s->scratch);
		buf_clear(&s->value);
		if (!take(s, line, len))
			continue;
		if (s->scratch.len + 2 > (size_t)size) {
			problem(s, "the name is too long");
			continue;
		}
		memcpy(ret, s->scratch.s, s->scratch.len);
		memcpy(ret + s->scratch.len, "\n", 2);
		return ret;
	}
	return NULL;
}

static int on_key(void *user, const char *section UNUSED, const char *name, const char *value UNUSED)
{
	struct state *s = user;

	if (name) /* NULL: an inih built to announce sections, which we have done */
		s->reader->key(s->reader->user, name, buf_str(&s->value), s->line);
	return 1;
}

void reader_parse(const struct reader *reader, const char *text, size_t len)
{
	static const char bom[] = "\xef\xbb\xbf";
	struct state s = { .reader = reader, .next = text, .end = text + len };

	if (len >= 3 && !memcmp(text, bom, 3))
		s.next += 3;
	(void)ini_parse_stream(read_line, &s, on_key, &s); /* it has nothing to say that we have not */
	buf_done(&s.value);
	buf_done(&s.scratch);
}
