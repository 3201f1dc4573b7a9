/* SPDX-License-Identifier: MIT */
/*
 * roundtrip_plist OUTDIR COUNT SEED: renders plists that hold COUNT hostile arguments and environment values,
 * and writes beside them what a reader must find, for plist_check.py: expected.jsonl, a line a file, in hex.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend.h"
#include "base/alloc.h"
#include "base/file.h"
#include "model/key.h"

/* Whatever ends, opens or expands something in XML, in printf, in a shell or in an eye. */
static const char *const fragments[] = {
	"", " ", "  ", "\t", "\"", "'", "`", "<", ">", "&", "&amp;", "&lt;", "&#65;", "&#x41;", "&nbsp;",
	"]]>", "<![CDATA[", "<!--", "-->", "--", "<?xml?>", "<string>", "</string>", "</array>",
	"</plist>", "<string/>", "%s", "%n", "%%", "%h", "$HOME", "${HOME}", "$(id)", "$$", "~", "~/x",
	"*", "?", "[a-z]", "{a,b}", "\\", "\\n", "\\\\", "\\u0041", ";", "#", "=", "|", "!", "/", "//",
	"-", "-o", "--", "=x=", "org.tunnelctl.", "\xc3\xa9", "e\xcc\x81", "\xe2\x82\xac", "\xe2\x80\xae",
	"\xef\xbb\xbf", "\xe2\x80\xa8", "\xc2\xa0", "\xf0\x9f\x98\x80", "\xf4\x8f\xbf\xbd", "\xed\x9f\xbf",
	"\xee\x80\x80", "\xef\xbf\xbd", "true", "0", "-1",
};

static uint64_t seed;

/* xorshift64: the same texts for the same seed on every machine. */
static unsigned pick(unsigned n)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (unsigned)((seed >> 16) % n);
}

/* Any character that text_check() takes. */
static void put_random(struct buf *ret)
{
	uint32_t c;
	char s[5] = {0};

	switch (pick(4)) {
	case 0:
		c = 0xa0 + pick(0x800 - 0xa0);
		s[0] = (char)(0xc0 | c >> 6);
		s[1] = (char)(0x80 | (c & 0x3f));
		break;
	case 1:
		c = 0x800 + pick(0xd800 - 0x800);
		s[0] = (char)(0xe0 | c >> 12);
		s[1] = (char)(0x80 | (c >> 6 & 0x3f));
		s[2] = (char)(0x80 | (c & 0x3f));
		break;
	case 2:
		c = 0x10000 + pick(0xfff0); /* without U+1FFFE and U+1FFFF, which are no characters */
		s[0] = (char)0xf0;
		s[1] = (char)(0x80 | (c >> 12 & 0x3f));
		s[2] = (char)(0x80 | (c >> 6 & 0x3f));
		s[3] = (char)(0x80 | (c & 0x3f));
		break;
	default:
		s[0] = (char)(0x20 + pick(0x5f));
	}
	buf_puts(ret, s);
}

static char *hostile(const char *front)
{
	/* One in 256 is as long as a command line gets, most are a few fragments. */
	unsigned parts = pick(256) ? pick(6) : 2000 + pick(2000);
	AUTO(buf) text = {0};

	buf_puts(&text, front);
	while (parts--) {
		if (pick(3))
			buf_puts(&text, fragments[pick(ARRAY_LEN(fragments))]);
		else
			put_random(&text);
	}
	return buf_take(&text);
}

static void put_hex(const char *s, struct buf *ret)
{
	buf_putc(ret, '"');
	for (; *s; s++)
		buf_printf(ret, "%02x", (unsigned char)*s);
	buf_putc(ret, '"');
}

static void expect(const char *file, const struct strv *argv, const struct strv *environment, struct buf *ret)
{
	buf_printf(ret, "{\"file\": \"%s\", \"argv\": [", file);
	for (size_t i = 0; i < argv->len; i++) {
		buf_puts(ret, i ? ", " : "");
		put_hex(argv->v[i], ret);
	}
	buf_puts(ret, "], \"env\": [");
	for (size_t i = 0; i < environment->len; i++) {
		buf_puts(ret, i ? ", " : "");
		put_hex(environment->v[i], ret);
	}
	buf_puts(ret, "]}\n");
}

/* A tunnel with what only this test varies: everything else keeps its default. */
static unsigned make_tunnel(unsigned number, bool user, struct tunnel *t, struct strv *argv)
{
	unsigned arguments = 1 + pick(12), variables = pick(6);

	key_set_defaults(t);
	t->name = xstrdup("hostile");
	t->start = number % 7 == 0 ? START_MANUAL : user ? START_LOGIN : START_BOOT;
	t->restart = (enum restart[]){ RESTART_ALWAYS, RESTART_ON_FAILURE, RESTART_NEVER }[number / 2 % 3];
	t->limit_nofile = number % 11 == 0 ? 512 : 0;
	if (!user)
		t->run_as = xstrdup(number % 4 ? "me" : "me:staff");
	if (number % 3 == 0)
		t->description = hostile("");
	strv_push_take(argv, hostile("/"));
	for (unsigned i = 1; i < arguments; i++)
		strv_push_take(argv, hostile(""));
	for (unsigned i = 0; i < variables; i++) {
		AUTO(buf) front = {0};

		buf_printf(&front, "V%u=", pick(4)); /* few names: the last of two must win */
		strv_push_take(&t->environment, hostile(front.s));
	}
	return arguments + variables;
}

/* Renders file NUMBER into the folder; returns how many hostile values it holds, or what went wrong. */
static int write_one(const char *folder, unsigned number, struct buf *expected, struct error *err)
{
	const struct backend *be = backend_find("launchd");
	struct scope scope = { .user = number % 2, .standalone = number % 5 == 0,
			       .ini = "/etc/tunnelctl/hos--tile.ini" };
	AUTO(tunnel) t = {0};
	AUTO(strv) argv = {0};
	AUTO(strv) notes = {0};
	AUTO(strv) problems = {0};
	AUTO(buf) text = {0};
	AUTO(buf) path = {0};
	unsigned values = make_tunnel(number, scope.user, &t, &argv);
	int r = be->render(&t, &scope, &argv, &text, &notes, err);

	if (r < 0)
		return r;
	if (be->check(text.s, text.len, &problems) < 0)
		return error_set(err, -EINVAL, "our own checker, file %u: %s", number, problems.v[0]);
	buf_printf(&path, "%s/%05u.plist", folder, number);
	if ((r = file_install(path.s, &text, 0644, false, err)) < 0)
		return r;
	expect(path_base(path.s), &argv, &t.environment, expected);
	return (int)values;
}

int main(int argc, char **argv)
{
	AUTO(buf) expected = {0};
	AUTO(buf) path = {0};
	struct error err = {0};
	long wanted, values = 0;
	unsigned files = 0;
	int r = 0;

	if (argc != 4) {
		(void)fprintf(stderr, "usage: roundtrip_plist OUTDIR COUNT SEED\n");
		return 2;
	}
	wanted = strtol(argv[2], NULL, 10);
	seed = strtoull(argv[3], NULL, 10) * 2 + 1; /* xorshift stays at 0 for ever */
	for (; values < wanted && r >= 0; values += r)
		r = write_one(argv[1], files++, &expected, &err);
	buf_printf(&path, "%s/expected.jsonl", argv[1]);
	if (r >= 0)
		r = file_install(path.s, &expected, 0644, false, &err);
	if (r < 0) {
		(void)fprintf(stderr, "roundtrip_plist: %s\n", err.text);
		return 1;
	}
	(void)printf("%ld values in %u files\n", values, files);
	return 0;
}
