/* SPDX-License-Identifier: MIT */
#include "xml.h"

#include <stdint.h>
#include <string.h>
#include <strings.h>

#include "base/utf8.h"

#define BLANKS " \t\r\n"
#define PUBLIC_ID LETTERS "0123456789 \r\n-'()+,./:=?;!*#@$_%"
#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"

unsigned xml_line(struct xml *x)
{
	for (; x->counted < x->s; x->counted++)
		x->line += *x->counted == '\n';
	return x->line;
}

bool xml_fail(struct xml *x, const char *format, ...)
{
	AUTO(buf) text = {0};
	va_list ap;

	buf_printf(&text, "%u: ", xml_line(x));
	va_start(ap, format);
	buf_vprintf(&text, format, ap);
	va_end(ap);
	text_clean(text.s);
	strv_push_take(x->problems, buf_take(&text));
	return false;
}

static bool take(struct xml *x, const char *word)
{
	size_t len = strlen(word);

	if (strncmp(x->s, word, len) != 0)
		return false;
	x->s += len;
	return true;
}

static void skip_blanks(struct xml *x)
{
	x->s += strspn(x->s, BLANKS);
}

static bool take_until(struct xml *x, const char *end, const char *what)
{
	const char *found = strstr(x->s, end);

	if (!found)
		return xml_fail(x, "%s is not closed", what);
	x->s = found + strlen(end);
	return true;
}

/* Behind "<!--". XML ends a comment at the first "--", which only ">" may follow. */
static bool skip_comment(struct xml *x)
{
	if (!take_until(x, "--", "a comment"))
		return false;
	return take(x, ">") || xml_fail(x, "a comment holds --");
}

/* Behind "<?". */
static bool skip_instruction(struct xml *x)
{
	size_t len = strspn(x->s, LETTERS);

	if (len == 3 && !strncasecmp(x->s, "xml", 3))
		return xml_fail(x, "<?xml does not stand at the very beginning");
	if (!len || !strchr(BLANKS "?", x->s[len]))
		return xml_fail(x, "wanted a processing instruction, found \"%.20s\"", x->s - 2);
	return take_until(x, "?>", "a processing instruction");
}

bool xml_skip(struct xml *x)
{
	for (;;) {
		skip_blanks(x);
		if (take(x, "<!--")) {
			if (!skip_comment(x))
				return false;
		} else if (take(x, "<?")) {
			if (!skip_instruction(x))
				return false;
		} else {
			return true;
		}
	}
}

static bool take_blanks(struct xml *x)
{
	const char *start = x->s;

	skip_blanks(x);
	return x->s > start;
}

/* "..." or '...' without the characters of FORBIDDEN. */
static bool take_quoted(struct xml *x, const char *forbidden, struct buf *ret)
{
	char quote = *x->s;
	const char *end = quote == '"' || quote == '\'' ? strchr(x->s + 1, quote) : NULL;
	AUTO(buf) value = {0};

	if (!end)
		return false;
	buf_put(&value, x->s + 1, (size_t)(end - x->s - 1));
	if (strpbrk(value.s, forbidden))
		return false;
	x->s = end + 1;
	buf_put(ret, value.s, value.len);
	return true;
}

/* ' NAME="..."', if it stands here. */
static bool take_attribute(struct xml *x, const char *name, struct buf *ret)
{
	const char *start = x->s;

	if (take_blanks(x) && take(x, name)) {
		skip_blanks(x);
		if (take(x, "=")) {
			skip_blanks(x);
			if (take_quoted(x, "<&", ret))
				return true;
		}
	}
	x->s = start;
	return false;
}

/* Behind "<?xml". */
static bool read_declaration(struct xml *x)
{
	AUTO(buf) version = {0};
	AUTO(buf) encoding = {0};
	AUTO(buf) standalone = {0};
	bool good = take_attribute(x, "version", &version) && !strcmp(version.s, "1.0");

	if (take_attribute(x, "encoding", &encoding) && strcasecmp(encoding.s, "UTF-8") != 0)
		return xml_fail(x, "encoding %s; wanted UTF-8", encoding.s);
	if (take_attribute(x, "standalone", &standalone))
		good = good && (!strcmp(standalone.s, "yes") || !strcmp(standalone.s, "no"));
	skip_blanks(x);
	return (good && take(x, "?>")) || xml_fail(x, "wanted <?xml version=\"1.0\" encoding=\"UTF-8\"?>");
}

/* Behind "<!DOCTYPE". */
static bool read_doctype(struct xml *x)
{
	AUTO(buf) id = {0};
	bool good = take_blanks(x) && take(x, "plist");

	if (good && take_blanks(x)) {
		if (take(x, "PUBLIC"))
			good = take_blanks(x) && take_quoted(x, "", &id) && !id.s[strspn(id.s, PUBLIC_ID)] &&
			       take_blanks(x) && take_quoted(x, "", &id);
		else if (take(x, "SYSTEM"))
			good = take_blanks(x) && take_quoted(x, "", &id);
	}
	skip_blanks(x);
	return (good && take(x, ">")) || xml_fail(x, "the document type is not that of a property list");
}

bool xml_prolog(struct xml *x)
{
	(void)take(x, "\xef\xbb\xbf");
	if (take(x, "<?xml") && !read_declaration(x))
		return false;
	if (!xml_skip(x))
		return false;
	return !take(x, "<!DOCTYPE") || read_doctype(x);
}

bool xml_tag(struct xml *x, struct xml_tag *ret)
{
	AUTO(buf) version = {0}; /* nobody looks at it, Apple's readers neither */
	struct xml_tag tag = {0};
	size_t len;

	if (!*x->s)
		return xml_fail(x, "the file ends too early");
	if (!take(x, "<"))
		return xml_fail(x, "wanted a tag, found \"%.20s\"", x->s);
	tag.close = take(x, "/");
	len = strspn(x->s, LETTERS);
	if (!len || len >= sizeof(tag.name))
		return xml_fail(x, "not an element of a property list: <%.20s", x->s);
	memcpy(tag.name, x->s, len);
	x->s += len;
	if (!tag.close && !strcmp(tag.name, "plist"))
		(void)take_attribute(x, "version", &version);
	skip_blanks(x);
	tag.empty = !tag.close && take(x, "/>");
	if (!tag.empty && !take(x, ">"))
		return xml_fail(x, "wanted the end of <%s>, found \"%.20s\"", tag.name, x->s);
	*ret = tag;
	return true;
}

/* The characters that XML 1.0 allows, less those that text_check() would refuse anyway. */
static bool put_character(struct xml *x, uint32_t c, struct buf *ret)
{
	char s[4];
	size_t n = 0;

	if (c < 0x80) {
		s[n++] = (char)c;
	} else if (c < 0x800) {
		s[n++] = (char)(0xc0 | c >> 6);
	} else if (c < 0x10000) {
		s[n++] = (char)(0xe0 | c >> 12);
		s[n++] = (char)(0x80 | (c >> 6 & 0x3f));
	} else {
		s[n++] = (char)(0xf0 | c >> 18);
		s[n++] = (char)(0x80 | (c >> 12 & 0x3f));
		s[n++] = (char)(0x80 | (c >> 6 & 0x3f));
	}
	if (c >= 0x80)
		s[n++] = (char)(0x80 | (c & 0x3f));
	if (c != '\n' && c != '\r' && text_check(s, n))
		return xml_fail(x, "&#%u; is not a character of XML", (unsigned)c);
	buf_put(ret, s, n);
	return true;
}

/* Behind "&#". */
static bool read_number(struct xml *x, struct buf *ret)
{
	static const char digits[] = "0123456789abcdef";
	uint32_t base = take(x, "x") ? 16 : 10, c = 0;
	const char *start = x->s, *digit;

	for (; *x->s && (digit = memchr(digits, *x->s | 0x20, base)); x->s++)
		if ((c = c * base + (uint32_t)(digit - digits)) > 0x10ffff)
			return xml_fail(x, "a character reference is too large");
	if (x->s == start || !take(x, ";"))
		return xml_fail(x, "an incomplete character reference");
	return put_character(x, c, ret);
}

/* Behind "&". */
static bool read_entity(struct xml *x, struct buf *ret)
{
	static const struct { const char *name, *text; } entities[] = {
		{ "amp;", "&" }, { "lt;", "<" }, { "gt;", ">" }, { "apos;", "'" }, { "quot;", "\"" },
	};

	if (take(x, "#"))
		return read_number(x, ret);
	for (size_t i = 0; i < ARRAY_LEN(entities); i++) {
		if (take(x, entities[i].name)) {
			buf_puts(ret, entities[i].text);
			return true;
		}
	}
	return xml_fail(x, "a bare &; wanted &amp;");
}

/* Behind "<![CDATA[". */
static bool read_cdata(struct xml *x, struct buf *ret)
{
	const char *start = x->s;

	if (!take_until(x, "]]>", "a CDATA section"))
		return false;
	buf_put(ret, start, (size_t)(x->s - start) - 3);
	return true;
}

bool xml_text(struct xml *x, struct buf *ret)
{
	bool good = true;

	while (good && *x->s) {
		size_t len = strcspn(x->s, "<&]");

		buf_put(ret, x->s, len);
		x->s += len;
		if (take(x, "&"))
			good = read_entity(x, ret);
		else if (take(x, "<![CDATA["))
			good = read_cdata(x, ret);
		else if (take(x, "<!--"))
			good = skip_comment(x);
		else if (take(x, "<?"))
			good = skip_instruction(x);
		else if (take(x, "]]>"))
			good = xml_fail(x, "a bare ]]>; wanted ]]&gt;");
		else if (take(x, "]"))
			buf_putc(ret, ']');
		else
			break; /* a tag, or the end */
	}
	return good;
}
