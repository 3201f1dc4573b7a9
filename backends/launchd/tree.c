/* SPDX-License-Identifier: MIT */
#include "tree.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/alloc.h"
#include "base/utf8.h"
#include "xml.h"

#define LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
#define DIGITS "0123456789"

/* Far more than any job has: a file made to keep us busy is refused instead. */
enum { DEPTH_MAX = 32, KEYS_MAX = 2048 };

static const struct { const char *name; enum item_type type; } elements[] = {
	{ "dict", ITEM_DICT }, { "array", ITEM_ARRAY }, { "string", ITEM_STRING },
	{ "true", ITEM_BOOL }, { "false", ITEM_BOOL },  { "integer", ITEM_INTEGER },
	{ "real", ITEM_REAL }, { "date", ITEM_DATE },   { "data", ITEM_DATA },
};

static bool read_value(struct xml *, const struct xml_tag *, unsigned depth, struct item *ret);

/* Its index in elements[], or how many there are. */
static size_t find_element(const char *name)
{
	size_t i = 0;

	while (i < ARRAY_LEN(elements) && strcmp(elements[i].name, name) != 0)
		i++;
	return i;
}

/* What a text goes on with, if it looks like a tag and is none: the blanks of templates do, <your_name>. */
static bool judge_blank(struct xml *x, const char *element)
{
	size_t len = *x->s == '<' ? strcspn(x->s + 1, "<>/!?\"=\r\n") : 0;
	AUTO(buf) name = {0};

	buf_put(&name, x->s + 1, len);
	if (!len || x->s[1 + len] != '>' || find_element(name.s) < ARRAY_LEN(elements) || !strcmp(name.s, "key"))
		return true;
	return xml_fail(x,
			"<%.60s> inside <%s>: a blank that nobody filled in? wanted the real name (a < is written &lt;)",
			name.s, element);
}

/* The end of the element; its start was not <name/>. */
static bool read_end(struct xml *x, const char *name)
{
	struct xml_tag tag;

	if (!judge_blank(x, name))
		return false;
	if (!xml_tag(x, &tag))
		return false;
	if (!tag.close)
		return xml_fail(x, "<%s> inside <%s>", tag.name, name);
	return !strcmp(tag.name, name) || xml_fail(x, "</%s> closes <%s>", tag.name, name);
}

static bool read_text(struct xml *x, const struct xml_tag *tag, char **ret)
{
	AUTO(buf) text = {0};

	if (!tag->empty && (!xml_text(x, &text) || !read_end(x, tag->name)))
		return false;
	*ret = buf_take(&text);
	return true;
}

static bool push(struct xml *x, struct item *parent, const struct xml_tag *tag, unsigned depth,
		 struct item *item)
{
	if (!read_value(x, tag, depth + 1, item)) {
		item_done(item);
		return false;
	}
	parent->items = array_grow(parent->items, parent->len, sizeof(*item));
	parent->items[parent->len++] = *item;
	return true;
}

static bool read_array(struct xml *x, unsigned depth, struct item *ret)
{
	for (;;) {
		struct item item = {0};
		struct xml_tag tag;

		if (!xml_skip(x))
			return false;
		item.line = xml_line(x);
		if (!xml_tag(x, &tag))
			return false;
		if (tag.close)
			return !strcmp(tag.name, "array") || xml_fail(x, "</%s> closes <array>", tag.name);
		if (!push(x, ret, &tag, depth, &item))
			return false;
	}
}

static bool read_member(struct xml *x, const struct xml_tag *key, unsigned depth, struct item *dict)
{
	struct item item = { .line = xml_line(x) };
	struct xml_tag tag;

	if (strcmp(key->name, "key") != 0)
		return xml_fail(x, "<%s> where <dict> wants a <key>", key->name);
	if (!read_text(x, key, &item.key))
		return false;
	if (item_find(dict, item.key))
		(void)xml_fail(x, "%.60s: given twice", item.key); /* the reading can go on */
	if (xml_skip(x) && xml_tag(x, &tag)) {
		if (!tag.close && strcmp(tag.name, "key") != 0)
			return push(x, dict, &tag, depth, &item);
		(void)xml_fail(x, "%.60s: has no value", item.key);
	}
	item_done(&item);
	return false;
}

static bool read_dict(struct xml *x, unsigned depth, struct item *ret)
{
	for (;;) {
		struct xml_tag tag;

		if (!xml_skip(x) || !xml_tag(x, &tag))
			return false;
		if (tag.close)
			return !strcmp(tag.name, "dict") || xml_fail(x, "</%s> closes <dict>", tag.name);
		if (ret->len == KEYS_MAX)
			return xml_fail(x, "more than %d keys in one dictionary", KEYS_MAX);
		if (!read_member(x, &tag, depth, ret))
			return false;
	}
}

static bool judge_integer(struct xml *x, struct item *item)
{
	const char *digits = item->text + strspn(item->text, "+-");
	char *end;

	errno = 0;
	item->number = strtoll(item->text, &end, strncasecmp(digits, "0x", 2) == 0 ? 16 : 10);
	if (end == item->text || end[strspn(end, " \t\r\n")])
		return xml_fail(x, "<integer>%.20s: not a whole number", item->text);
	return errno == 0 || xml_fail(x, "<integer>%.20s: too large", item->text);
}

/* No words such as inf, and no blanks; launchd has no key that wants one. */
static bool is_real(const char *s)
{
	char *end;

	if (!*s || s[strspn(s, DIGITS "+-.eE")])
		return false;
	(void)strtod(s, &end);
	return !*end;
}

/* YYYY-MM-DDThh:mm:ssZ, the only form that Apple's readers take. */
static bool is_date(const char *s)
{
	static const char form[] = "0000-00-00T00:00:00Z";

	for (size_t i = 0; i < sizeof(form); i++)
		if (form[i] == '0' ? s[i] < '0' || s[i] > '9' : s[i] != form[i])
			return false;
	return true;
}

/* Groups of four; blanks are nothing. */
static bool is_base64(const char *s)
{
	size_t len = 0, padding = 0;

	for (; *s; s++) {
		if (strchr(" \t\r\n", *s))
			continue;
		if (*s == '=')
			padding++;
		else if (padding || !strchr(LETTERS DIGITS "+/", *s))
			return false;
		len++;
	}
	return len % 4 == 0 && padding <= 2;
}

static bool judge_text(struct xml *x, struct item *item)
{
	switch ((unsigned)item->type) {
	case ITEM_BOOL:
		return !*item->text || xml_fail(x, "<true/> and <false/> hold no text");
	case ITEM_INTEGER:
		return judge_integer(x, item);
	case ITEM_REAL:
		return is_real(item->text) || xml_fail(x, "<real>%.20s: not a number", item->text);
	case ITEM_DATE:
		return is_date(item->text) || xml_fail(x, "<date>%.20s: not a date", item->text);
	case ITEM_DATA:
		return is_base64(item->text) || xml_fail(x, "<data>: not base64");
	}
	return true;
}

/* Behind the tag that begins the value. */
static bool read_value(struct xml *x, const struct xml_tag *tag, unsigned depth, struct item *ret)
{
	size_t i = find_element(tag->name);

	if (tag->close)
		return xml_fail(x, "</%s> where a value should be", tag->name);
	if (i == ARRAY_LEN(elements))
		return xml_fail(x, "<%s> is not an element of a property list", tag->name);
	if (depth > DEPTH_MAX)
		return xml_fail(x, "nested deeper than %d levels", DEPTH_MAX);
	ret->type = elements[i].type;
	ret->number = !strcmp(tag->name, "true");
	if (ret->type == ITEM_DICT)
		return tag->empty || read_dict(x, depth, ret);
	if (ret->type == ITEM_ARRAY)
		return tag->empty || read_array(x, depth, ret);
	return read_text(x, tag, &ret->text) && judge_text(x, ret);
}

/* XML allows more characters than a supervisor's file should hold; a line is the unit that has a number. */
static bool judge_characters(struct xml *x)
{
	for (const char *s = x->s; *s; s += strcspn(s, "\n"), s += *s == '\n') {
		size_t len = strcspn(s, "\r\n");
		const char *why = text_check(s, len);

		if (why) {
			x->s = s;
			return xml_fail(x, "holds %s", why);
		}
	}
	return true;
}

static bool read_document(struct xml *x, struct item *ret)
{
	struct xml_tag tag;

	if (!judge_characters(x) || !xml_prolog(x) || !xml_skip(x) || !xml_tag(x, &tag))
		return false;
	if (tag.close || tag.empty || strcmp(tag.name, "plist") != 0)
		return xml_fail(x, "<%s> where <plist> should be", tag.name);
	if (!xml_skip(x))
		return false;
	ret->line = xml_line(x);
	if (!xml_tag(x, &tag) || !read_value(x, &tag, 1, ret) || !xml_skip(x) || !read_end(x, "plist") ||
	    !xml_skip(x))
		return false;
	return !*x->s || xml_fail(x, "something stands behind </plist>");
}

int item_read(const char *text, struct item *ret, struct strv *ret_problems)
{
	struct xml x = { .s = text, .counted = text, .line = 1, .problems = ret_problems };
	AUTO(item) item = {0};
	size_t before = ret_problems->len;

	if (!read_document(&x, &item) || ret_problems->len > before)
		return -EINVAL;
	*ret = item;
	item = (struct item){0};
	return 0;
}

const struct item *item_find(const struct item *dict, const char *key)
{
	for (size_t i = 0; i < dict->len; i++)
		if (dict->items[i].key && !strcmp(dict->items[i].key, key))
			return &dict->items[i];
	return NULL;
}

void item_finding(const struct item *at, struct strv *ret, const char *format, ...)
{
	AUTO(buf) text = {0};
	va_list ap;

	buf_printf(&text, "%u: ", at->line);
	va_start(ap, format);
	buf_vprintf(&text, format, ap);
	va_end(ap);
	text_clean(text.s);
	strv_push_take(ret, buf_take(&text));
}

void item_done(struct item *item)
{
	for (size_t i = 0; i < item->len; i++)
		item_done(&item->items[i]);
	free(item->items);
	free(item->key);
	free(item->text);
	*item = (struct item){0};
}
