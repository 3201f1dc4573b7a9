/* SPDX-License-Identifier: MIT */
#include "addition.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "tree.h"

/* Why the row, or the dictionary at the root of its path, is not for the INI; NULL if it is. */
static const char *refusal(const char *path, const struct job_key *k)
{
	AUTO(buf) root = {0};
	const struct job_key *top;

	if (k && (k->harm || k->refused || k->if_true))
		return k->harm ? k->harm : k->refused ? k->refused : k->if_true;
	buf_put(&root, path, strcspn(path, "."));
	top = job_key_find_any_case("", root.s);
	if (!top)
		return NULL;
	return top->harm ? top->harm : top->refused;
}

static int unknown(const struct tunnel *t, const struct setting *s, const char *dict, const char *name,
		   struct error *err)
{
	const struct job_key *close = job_key_close(dict, name);

	if (close)
		return setting_refuse(t, s, err, "unknown to launchd; did you mean %s%s%s?", close->dict,
				      *close->dict ? "." : "", close->name);
	return setting_refuse(t, s, err, "unknown to launchd; launchd.plist(5) lists its keys");
}

/* Of a key with more than one type the INI writes the first of these. */
static unsigned choose_type(const struct job_key *k)
{
	static const unsigned order[] = { ITEM_BOOL, ITEM_INTEGER, ITEM_DICT, ITEM_ARRAY };

	for (size_t i = 0; i < ARRAY_LEN(order); i++)
		if (k->types & order[i])
			return order[i];
	return ITEM_STRING;
}

static bool read_bool(const char *s, long long *ret)
{
	*ret = !strcasecmp(s, "yes") || !strcasecmp(s, "true");
	return *ret || !strcasecmp(s, "no") || !strcasecmp(s, "false");
}

static bool read_integer(const struct job_key *k, const char *s, long long *ret)
{
	long long n;
	char *end;

	/* A Umask of 22 is what launchd would take for 026: only octal as in a shell is understood. */
	if (k->octal && *s != '0')
		return false;
	if (strspn(s, "-0123456789") != strlen(s))
		return false;
	errno = 0;
	n = strtoll(s, &end, k->octal ? 8 : 10);
	*ret = n;
	return end != s && !*end && errno == 0 && job_key_takes_number(k, n);
}

static bool read_value(struct addition *a)
{
	switch (a->type) {
	case ITEM_BOOL:
		return read_bool(a->text, &a->number);
	case ITEM_INTEGER:
		return read_integer(a->key, a->text, &a->number);
	default:
		return job_key_takes_text(a->key, a->text);
	}
}

/* A second value for a key that takes one: a later file may replace it, the same file contradicts itself. */
static const struct setting *given_before(const struct tunnel *t, const struct setting *s)
{
	for (const struct setting *p = NULL; (p = tunnel_next(t, SECTION_launchd, p)) && p != s;)
		if (p->file == s->file && !strcasecmp(p->name, s->name))
			return p;
	return NULL;
}

static bool is_limit_nofile(const struct job_key *k)
{
	return !strcmp(k->name, "NumberOfFiles") && !strcmp(k->dict, "SoftResourceLimits");
}

static int judge(const struct tunnel *t, const struct scope *scope, const struct setting *s,
		 struct addition *a, struct error *err)
{
	const struct setting *before = given_before(t, s);
	AUTO(buf) range = {0};

	if (a->type == ITEM_DICT)
		return setting_refuse(t, s, err, "a dictionary; wanted %s.NAME", a->key->name);
	if (a->type != ITEM_ARRAY && before)
		return setting_refuse(t, s, err, "given twice, first in line %u", before->line);
	if (is_limit_nofile(a->key) && t->limit_nofile && scope->user)
		return setting_refuse(t, s, err, "given twice: LimitNOFILE in [Service] says it too");
	if (!read_value(a)) {
		job_key_print_range(a->key, a->type, &range);
		return setting_refuse(t, s, err, "wanted %s", range.s);
	}
	return 0;
}

int addition_read(const struct tunnel *t, const struct scope *scope, const struct setting *s,
		  struct addition *ret, struct error *err)
{
	const char *dot = strrchr(s->name, '.'), *name = dot ? dot + 1 : s->name, *why;
	struct addition a = { .text = s->value };
	AUTO(buf) dict = {0};
	int r;

	if (dot)
		buf_put(&dict, s->name, (size_t)(dot - s->name));
	a.key = job_key_find_any_case(buf_str(&dict), name);
	if ((why = refusal(s->name, a.key)))
		return setting_refuse(t, s, err, "not for [launchd]: %s", why);
	if (!a.key)
		return unknown(t, s, buf_str(&dict), name, err);
	a.name = strcmp(a.key->name, "*") != 0 ? a.key->name : name;
	a.type = choose_type(a.key);
	if ((r = judge(t, scope, s, &a, err)) == 0)
		*ret = a;
	return r;
}
