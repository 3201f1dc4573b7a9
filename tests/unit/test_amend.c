/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/strv.h"
#include "model/amend.h"
#include "model/reader.h"

#define BOM "\xef\xbb\xbf"

enum verb { SET, APPEND, REMOVE };

static const char *const verbs[] = { "set", "append", "remove" };

static int amend(enum verb verb, struct buf *text, enum key_id id, const char *value, struct error *err)
{
	if (verb == SET)
		return amend_set(text, &keys[id], value, err);
	return verb == APPEND ? amend_append(text, &keys[id], value, err) : amend_remove(text, &keys[id], value, err);
}

static const struct {
	enum verb verb;
	enum key_id key;
	const char *value, *before, *after; /* AFTER NULL: nothing changes */
} rows[] = {
	/* Where a line goes that was not there. */
	{ APPEND, KEY_known_host_key, "K", "[Tunnel]\nHost = h\n", "[Tunnel]\nHost = h\nKnownHostKey = K\n" },
	{ APPEND, KEY_known_host_key, "K", "[Tunnel]\n", "[Tunnel]\nKnownHostKey = K\n" },
	{ APPEND, KEY_known_host_key, "K", "[Tunnel]", "[Tunnel]\nKnownHostKey = K" },
	{ APPEND, KEY_known_host_key, "K", "[Tunnel]\nHost = h\n\n; of the service\n[Service]\nRunAs = me\n",
	  "[Tunnel]\nHost = h\nKnownHostKey = K\n\n; of the service\n[Service]\nRunAs = me\n" },
	{ APPEND, KEY_known_host_key, "K", "; c\n\n[tunnel]\n ; c\n  Host=h  \n# c",
	  "; c\n\n[tunnel]\n ; c\n  Host=h  \nKnownHostKey = K\n# c" },
	/* Behind those of the key, also where the section comes twice. */
	{ APPEND, KEY_known_host_key, "K", "[Tunnel]\nKnownHostKey = A\nHost = h\n",
	  "[Tunnel]\nKnownHostKey = A\nKnownHostKey = K\nHost = h\n" },
	{ APPEND, KEY_known_host_key, "K", "[Tunnel]\nKNOWNHOSTKEY = A\n[Service]\nRunAs = me\n[Tunnel]\nHost = h\n",
	  "[Tunnel]\nKNOWNHOSTKEY = A\nKnownHostKey = K\n[Service]\nRunAs = me\n[Tunnel]\nHost = h\n" },
	{ APPEND, KEY_known_host_key, "K", "[Tunnel]\nHost = h\n[Service]\nRunAs = me\n[Tunnel]\nPort = 1\n",
	  "[Tunnel]\nHost = h\n[Service]\nRunAs = me\n[Tunnel]\nPort = 1\nKnownHostKey = K\n" },
	{ APPEND, KEY_known_host_key, "K", "[Tunnel]\nKnownHostKey = A\nKnownHostKey =\nHost = h\n",
	  "[Tunnel]\nKnownHostKey = A\nKnownHostKey =\nKnownHostKey = K\nHost = h\n" },
	{ APPEND, KEY_known_host_key, "", "[Tunnel]\nHost = h\n", "[Tunnel]\nHost = h\nKnownHostKey =\n" },
	/* A section that is not there yet. */
	{ APPEND, KEY_known_host_key, "K", "", "[Tunnel]\nKnownHostKey = K\n" },
	{ APPEND, KEY_known_host_key, "K", BOM, BOM "[Tunnel]\nKnownHostKey = K\n" },
	{ APPEND, KEY_environment, "A=b", "[Tunnel]\nHost = h\n", "[Tunnel]\nHost = h\n\n[Service]\nEnvironment = A=b\n" },
	{ APPEND, KEY_environment, "A=b", "[Tunnel]\nHost = h", "[Tunnel]\nHost = h\n\n[Service]\nEnvironment = A=b" },
	{ APPEND, KEY_environment, "A=b", "[Tunnel]\r\nHost = h\r\n",
	  "[Tunnel]\r\nHost = h\r\n\r\n[Service]\r\nEnvironment = A=b\r\n" },
	/* CRLF, a BOM, no end of the last line, half an end. */
	{ APPEND, KEY_known_host_key, "K", BOM "[Tunnel]\r\nHost = h\r\n; c\r\n",
	  BOM "[Tunnel]\r\nHost = h\r\nKnownHostKey = K\r\n; c\r\n" },
	{ APPEND, KEY_known_host_key, "K", "[Tunnel]\r\nHost = h", "[Tunnel]\r\nHost = h\r\nKnownHostKey = K" },
	{ APPEND, KEY_known_host_key, "K", "[Tunnel]\r\nHost = h\r", "[Tunnel]\r\nHost = h\r\nKnownHostKey = K" },
	{ APPEND, KEY_known_host_key, "K", BOM "[Tunnel]", BOM "[Tunnel]\nKnownHostKey = K" },
	/* In the place of the first. */
	{ SET, KEY_port, "23", "[Tunnel]\nHost = h\n", "[Tunnel]\nHost = h\nPort = 23\n" },
	{ SET, KEY_port, "23", "[Tunnel]\nPort = 22\nHost = h\n", "[Tunnel]\nPort = 23\nHost = h\n" },
	{ SET, KEY_port, "23", "[Tunnel]\n\tport  =\t 22 \r\nHost = h\n", "[Tunnel]\n\tport  =\t 23 \r\nHost = h\n" },
	{ SET, KEY_port, "23", "[Tunnel]\nPort=22", "[Tunnel]\nPort=23" },
	{ SET, KEY_port, "23", "[Tunnel]\nPort=\n", "[Tunnel]\nPort=23\n" },
	{ SET, KEY_port, "23", "[Tunnel]\nPort =\n", "[Tunnel]\nPort = 23\n" },
	{ SET, KEY_port, "", "[Tunnel]\nPort = 22\n", "[Tunnel]\nPort = \n" },
	{ SET, KEY_port, "22", "[Tunnel]\nPort = 22\n", NULL },
	{ SET, KEY_description, "a = b", "[Tunnel]\nDescription = c = d = e\n", "[Tunnel]\nDescription = a = b\n" },
	{ SET, KEY_remote_forward, "1:h:2", "[Tunnel]\nRemoteForward = 3:h:4\n; c\nRemoteForward = 1:h:2\nHost = h\n",
	  "[Tunnel]\nRemoteForward = 1:h:2\n; c\nHost = h\n" },
	/* Away. */
	{ REMOVE, KEY_known_host_key, "B", "[Tunnel]\nKnownHostKey = A\nKnownHostKey = B\n; c\nKnownHostKey=B\nHost = h",
	  "[Tunnel]\nKnownHostKey = A\n; c\nHost = h" },
	{ REMOVE, KEY_known_host_key, NULL, "[Tunnel]\nKnownHostKey = A\nHost = h\nknownhostkey =\n[Service]\nRunAs = me\n",
	  "[Tunnel]\nHost = h\n[Service]\nRunAs = me\n" },
	{ REMOVE, KEY_known_host_key, "C", "[Tunnel]\nKnownHostKey = A\n", NULL },
	{ REMOVE, KEY_port, NULL, "[SSH]\nPort = 22\n; Port = 22\n", NULL },
	/* A comment is none of it. */
	{ APPEND, KEY_known_host_key, "K", "; [Tunnel]\n#KnownHostKey = A\n",
	  "; [Tunnel]\n#KnownHostKey = A\n\n[Tunnel]\nKnownHostKey = K\n" },
};

static void changes_lines(void **state UNUSED)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const char *wanted = rows[i].after ? rows[i].after : rows[i].before;
		struct error err = {0};
		AUTO(buf) text = {0};
		int r;

		buf_puts(&text, rows[i].before);
		r = amend(rows[i].verb, &text, rows[i].key, rows[i].value, &err);
		if (r != (rows[i].after ? 1 : 0) || strcmp(buf_str(&text), wanted) != 0)
			fail_msg("%s %s in\n%s\ngives %d %s\n%s\nwanted\n%s", verbs[rows[i].verb],
				 rows[i].value ? rows[i].value : "(all)", rows[i].before, r, err.text, buf_str(&text),
				 wanted);
	}
}

static void refuses(void **state UNUSED)
{
	static const struct { const char *text, *value, *why; } bad[] = {
		{ "[Tunnel]\n", "a\nb", "KnownHostKey: the value holds a control character" },
		{ "[Tunnel]\n", "a\033[2J", "KnownHostKey: the value holds a control character" },
		{ "[Tunnel]\n", " a", "KnownHostKey: the value begins or ends in a blank" },
		{ "[Tunnel]\n", "a\t", "KnownHostKey: the value begins or ends in a blank" },
		{ "[Tunnel\nHost = h\n", "a", "line 1: a section ends in ']'; wanted [Name] and nothing behind it" },
		{ "[Tunnel]\nHost h\nno\n", "a", "line 2: no '=' in the line; wanted Name = value" },
	};

	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		for (enum verb verb = SET; verb <= APPEND; verb++) {
			struct error err = {0};
			AUTO(buf) text = {0};

			buf_puts(&text, bad[i].text);
			assert_int_equal(amend(verb, &text, KEY_known_host_key, bad[i].value, &err), -EINVAL);
			assert_string_equal(err.text, bad[i].why);
			assert_string_equal(text.s, bad[i].text);
		}
}

/* The lines that the reader sees, "section key value"; MINE apart: those of the key that is changed. */
struct seen {
	const struct key *key;
	char section[64];
	struct strv mine, others;
	unsigned problems;
};

static void see_section(void *user, const char *name, unsigned line UNUSED)
{
	struct seen *s = user;

	(void)snprintf(s->section, sizeof(s->section), "%s", name);
}

static void see_key(void *user, const char *name, const char *value, unsigned line UNUSED)
{
	struct seen *s = user;

	if (key_find(section_find(s->section), name) == s->key)
		strv_push(&s->mine, value);
	else
		strv_pushf(&s->others, "[%s] %s = %s", s->section, name, value);
}

static void see_problem(void *user, unsigned line UNUSED, const char *what UNUSED)
{
	((struct seen *)user)->problems++;
}

static void see(const struct buf *text, const struct key *k, struct seen *ret)
{
	const struct reader reader = { see_section, see_key, see_problem, ret, 8192 };

	*ret = (struct seen){ .key = k };
	reader_parse(&reader, buf_str(text), text->len);
	assert_int_equal(ret->problems, 0);
}

static void seen_done(struct seen *s)
{
	strv_done(&s->mine);
	strv_done(&s->others);
}

static unsigned long long random_state;

static unsigned dice(unsigned sides)
{
	random_state = random_state * 6364136223846793005ULL + 1442695040888963407ULL;
	return (unsigned)(random_state >> 33) % sides;
}

/* An INI with all that a person may do to one. */
static void put_random_ini(struct buf *ret)
{
	static const char *const lines[] = {
		"[Tunnel]", "[tunnel]", "  [Tunnel]  ", "[Service]", "[SSH]", "", "   ", "; KnownHostKey = a", "# x = y",
		"Host = h", "host=h", "KnownHostKey = a", "knownhostkey=b", "\tKnownHostKey =c d ", "KnownHostKey =",
		"KnownHostKey = d=e", "RemoteForward = 1:h:2", "RunAs = me", "Description = \xc3\xa4 ; # [Tunnel]",
	};
	bool crlf = dice(3) == 0;

	if (dice(5) == 0)
		buf_puts(ret, BOM);
	if (dice(8))
		buf_puts(ret, dice(2) ? "[Tunnel]\n" : "[Service]\r\n");
	else
		return;
	for (unsigned n = dice(12); n > 0; n--)
		buf_cat(ret, lines[dice(ARRAY_LEN(lines))], crlf || dice(20) == 0 ? "\r\n" : "\n");
	if (dice(3) == 0) /* no end of the last line, or half of one */
		ret->s[--ret->len] = '\0';
}

static void check_mine(enum verb verb, const char *value, const struct seen *before, const struct seen *after)
{
	size_t n = 0;

	if (verb == SET) {
		assert_int_equal(after->mine.len, 1);
		assert_string_equal(after->mine.v[0], value);
	} else if (verb == APPEND) {
		assert_int_equal(after->mine.len, before->mine.len + 1);
		for (; n < before->mine.len; n++)
			assert_string_equal(after->mine.v[n], before->mine.v[n]);
		assert_string_equal(after->mine.v[n], value);
	} else {
		for (size_t i = 0; i < before->mine.len; i++)
			if (value && strcmp(before->mine.v[i], value) != 0)
				assert_string_equal(after->mine.v[n++], before->mine.v[i]);
		assert_int_equal(after->mine.len, n);
	}
}

/* What is left when the reader's lines of the key are taken away by amend_remove(), which the table has tested. */
static void check_rest(const struct buf *before, const struct buf *after, const struct key *k)
{
	AUTO(buf) a = {0};
	AUTO(buf) b = {0};

	buf_put(&a, buf_str(before), before->len);
	buf_put(&b, buf_str(after), after->len);
	assert_true(amend_remove(&a, k, NULL, NULL) >= 0 && amend_remove(&b, k, NULL, NULL) >= 0);
	/* A last line without its end gets one where another comes behind it, and a section may have come. */
	while (a.len && strchr("\r\n", a.s[a.len - 1]))
		a.s[--a.len] = '\0';
	while (b.len && strchr("\r\n", b.s[b.len - 1]))
		b.s[--b.len] = '\0';
	if (b.len > a.len && b.len >= 8 && !strcmp(b.s + b.len - 8, "[Tunnel]"))
		b.len -= 8;
	while (b.len > a.len && strchr("\r\n", b.s[b.len - 1]))
		b.len--;
	assert_int_equal(a.len, b.len);
	assert_memory_equal(buf_str(&a), buf_str(&b), a.len);
}

static void only_that_key_changes(void **state UNUSED)
{
	static const char *const values[] = { "a", "c d", "d=e", "new = one" };
	const struct key *k = &keys[KEY_known_host_key];

	for (unsigned seed = 0; seed < 6000; seed++) {
		enum verb verb = (enum verb)(seed % 3);
		struct seen before, after;
		AUTO(buf) old = {0};
		AUTO(buf) new = {0};
		const char *value;

		random_state = seed;
		value = verb == REMOVE && dice(4) == 0 ? NULL : values[dice(ARRAY_LEN(values))];
		put_random_ini(&old);
		buf_put(&new, buf_str(&old), old.len);
		see(&old, k, &before);
		assert_true(amend(verb, &new, KEY_known_host_key, value, NULL) >= 0);
		see(&new, k, &after);
		assert_int_equal(before.others.len, after.others.len);
		for (size_t i = 0; i < before.others.len; i++)
			assert_string_equal(before.others.v[i], after.others.v[i]);
		check_mine(verb, value, &before, &after);
		check_rest(&old, &new, k);
		assert_int_equal(amend(SET, &new, KEY_known_host_key, "x", NULL), 1);
		assert_int_equal(amend(SET, &new, KEY_known_host_key, "x", NULL), 0);
		seen_done(&before);
		seen_done(&after);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(changes_lines),
		cmocka_unit_test(refuses),
		cmocka_unit_test(only_that_key_changes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
