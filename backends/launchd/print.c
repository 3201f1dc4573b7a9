/* SPDX-License-Identifier: MIT */
#include "print.h"

#include <ctype.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/utf8.h"

/* 0 where it is no number, or none that can be meant. */
static long number(const char *s)
{
	char *end;
	long n = strtol(s, &end, 10);

	return end != s && n > 0 && n <= INT_MAX ? n : 0;
}

static void put(char *ret, size_t size, const char *value)
{
	(void)snprintf(ret, size, "%s", value);
	text_clean(ret);
}

/* "0", "1", "78: EX_CONFIG", "(never exited)" */
static void read_exit(const char *value, struct print *ret)
{
	if (!isdigit((unsigned char)*value))
		return;
	ret->exited = true;
	ret->last_exit = (int)number(value);
	put(ret->last_exit_words, sizeof(ret->last_exit_words), value);
}

static void read_pair(const char *key, const char *value, struct print *ret)
{
	if (!strcmp(key, "pid"))
		ret->pid = number(value);
	else if (!strcmp(key, "state"))
		put(ret->state, sizeof(ret->state), value);
	else if (!strcmp(key, "path"))
		put(ret->path, sizeof(ret->path), value);
	else if (!strcmp(key, "username"))
		put(ret->user, sizeof(ret->user), value);
	else if (!strcmp(key, "runs"))
		ret->runs = (unsigned)number(value);
	else if (!strcmp(key, "exit timeout"))
		ret->exit_timeout = (unsigned)number(value);
	else if (!strcmp(key, "last exit code"))
		read_exit(value, ret);
	else if (!strcmp(key, "last exit reason"))
		put(ret->reason, sizeof(ret->reason), value);
	else if (!strcmp(key, "pended nondemand spawn"))
		put(ret->pended, sizeof(ret->pended), value);
}

void print_read(const char *output, struct print *ret)
{
	char line[1280];

	*ret = (struct print){0};
	for (const char *s = output, *next; *s; s = next) {
		size_t len = strcspn(s, "\n");
		char *equals;

		next = s + len + (s[len] == '\n');
		if (*s != '\t' || s[1] == '\t' || len >= sizeof(line))
			continue;
		memcpy(line, s + 1, len - 1);
		line[len - 1] = '\0';
		if (!(equals = strstr(line, " = ")) || !strcmp(equals, " = {"))
			continue;
		*equals = '\0';
		read_pair(line, equals + 3, ret);
	}
}

/* Behind "\tNAME = {\n"; NULL: there is none. */
static const char *find_block(const char *output, const char *name)
{
	const size_t len = strlen(name);

	for (const char *s = output; (s = strstr(s, name)); s += len)
		if (s - output >= 2 && s[-1] == '\t' && s[-2] == '\n' && !strncmp(s + len, " = {\n", 5))
			return s + len + 5;
	return NULL;
}

void print_block(const char *output, const char *name, struct strv *ret)
{
	for (const char *s = find_block(output, name), *next; s && !strncmp(s, "\t\t", 2); s = next) {
		size_t len = strcspn(s, "\n");

		next = s + len + (s[len] == '\n');
		strv_push_take(ret, xstrndup(s + 2, len - 2));
	}
}

bool print_is_dying(const struct print *p)
{
	return !strcmp(p->state, "SIGTERMed") || !strcmp(p->state, "SIGKILLed");
}

bool print_is_disabled(const char *output, const char *label)
{
	size_t len = strlen(label);

	for (const char *s = output; (s = strstr(s, label)); s += len) {
		const char *word = s + len;

		if (s == output || s[-1] != '"' || strncmp(word, "\" => ", 5) != 0)
			continue;
		word += 5;
		return !strncmp(word, "disabled", 8) || !strncmp(word, "true", 4);
	}
	return false;
}
