/* SPDX-License-Identifier: MIT */
/*
 * tests/cases: every file says in its first lines what config_load() must say about it:
 *
 *	; expect: ok
 *	; expect: 4: Port = 0: not between 1 and 65535        one line for each problem, in their order
 *	; scope: user                                        without it: system
 *
 * What cannot be kept as text is made here when the test runs.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "base/file.h"
#include "folder.h"
#include "model/config.h"

#define CASES SOURCE_DIR "/tests/cases"

static void list_cases(struct strv *ret)
{
	DIR *d = opendir(CASES);

	assert_non_null(d);
	for (struct dirent *e; (e = readdir(d));)
		if (*e->d_name != '.')
			strv_push(ret, e->d_name);
	(void)closedir(d);
	strv_sort(ret);
}

/* Reads the comments at the top. */
static void read_expectations(const char *text, struct strv *ret, enum config_scope *ret_scope)
{
	*ret_scope = CONFIG_SYSTEM;
	if (!strncmp(text, "\xef\xbb\xbf", 3))
		text += 3;
	while (*text == ';') {
		size_t len = strcspn(text, "\r\n");

		if (!strncmp(text, "; expect: ", 10))
			strv_pushf(ret, "%.*s", (int)len - 10, text + 10);
		else if (!strncmp(text, "; scope: user", 13))
			*ret_scope = CONFIG_USER;
		text += len;
		text += strspn(text, "\r\n");
	}
}

/* Says what differs; returns whether anything does. */
static bool differs(const char *name, const char *path, const struct strv *want, const struct strv *got,
	int code)
{
	bool ok = want->len == 1 && !strcmp(want->v[0], "ok"), wrong = false;
	size_t wanted = ok ? 0 : want->len, more = got->len > wanted ? got->len : wanted;

	for (size_t i = 0; i < more; i++) {
		AUTO(buf) line = {0};
		const char *found = i < got->len ? got->v[i] : "nothing";

		buf_printf(&line, "%s:%s", path, i < wanted ? want->v[i] : "nothing");
		if (i < wanted && !strcmp(line.s, found))
			continue;
		print_error("%s: wanted \"%s\"\n%s: got    \"%s\"\n", name, i < wanted
			? want->v[i] : "nothing",
			    name, found);
		wrong = true;
	}
	if ((code == 0) != (wanted == 0)) {
		print_error("%s: config_load() returned %d\n", name, code);
		wrong = true;
	}
	return wrong;
}

static void every_file_meets_its_expectation(void **state UNUSED)
{
	AUTO(strv) files = {0};
	unsigned failures = 0;

	list_cases(&files);
	assert_true(files.len > 100);
	for (size_t i = 0; i < files.len; i++) {
		AUTO(buf) text = {0};
		AUTO(buf) path = {0};
		AUTO(strv) want = {0};
		AUTO(strv) got = {0};
		AUTO(tunnel) t = {0};
		enum config_scope scope;
		int r;

		buf_printf(&path, CASES "/%s", files.v[i]);
		assert_int_equal(file_read(path.s, 1 << 20, &text, NULL, NULL), 0);
		read_expectations(buf_str(&text), &want, &scope);
		if (!want.len) {
			print_error("%s: no line \"; expect: ...\" at its top\n", files.v[i]);
			failures++;
			continue;
		}
		r = config_load(path.s, scope, &t, &got);
		failures += differs(files.v[i], path.s, &want, &got, r);
		if (r < 0)
			assert_null(t.name);
	}
	assert_int_equal(failures, 0);
}

#define GOOD "[Tunnel]\nHost = server\n[Service]\nRunAs = me\n"

struct made {
	const char *what;
	void (*make)(const struct folder *, const char *path);
	const char *text;        /* in place of make */
	size_t len;              /* of text where it holds a NUL; 0: strlen() */
	enum config_scope scope; /* 0: system */
	int code;
	const char *problem; /* behind the path; NULL: none */
	bool not_as_root;
};

static void make_folder(const struct folder *f UNUSED, const char *path)
{
	assert_int_equal(mkdir(path, 0755), 0);
}

static void make_fifo(const struct folder *f UNUSED, const char *path)
{
	assert_int_equal(mkfifo(path, 0644), 0);
}

static void make_nothing(const struct folder *f UNUSED, const char *path UNUSED)
{
}

static void make_dangling(const struct folder *f UNUSED, const char *path)
{
	assert_int_equal(symlink("nowhere", path), 0);
}

static void make_link(const struct folder *f, const char *path)
{
	folder_puts(f, "real", GOOD);
	assert_int_equal(symlink("real", path), 0);
}

static void make_unreadable(const struct folder *f, const char *path)
{
	folder_puts(f, "x.ini", GOOD);
	assert_int_equal(chmod(path, 0), 0);
}

static void make_mode_666(const struct folder *f, const char *path)
{
	folder_puts(f, "x.ini", GOOD);
	assert_int_equal(chmod(path, 0666), 0);
}

static void make_mode_664(const struct folder *f, const char *path)
{
	folder_puts(f, "x.ini", GOOD);
	assert_int_equal(chmod(path, 0664), 0);
}

static void make_user_666(const struct folder *f, const char *path)
{
	folder_puts(f, "x.ini", "[Tunnel]\nHost = server\n");
	assert_int_equal(chmod(path, 0666), 0);
}

static void make_long(const struct folder *f, const char *before, size_t len, char c, const char *behind)
{
	AUTO(buf) text = {0};

	buf_puts(&text, before);
	for (size_t i = 0; i < len; i++)
		buf_putc(&text, c);
	buf_puts(&text, behind);
	folder_write(f, "x.ini", text.s, text.len);
}

static void make_line_100k(const struct folder *f, const char *path UNUSED)
{
	make_long(f, GOOD "[Tunnel]\nDescription = ", 100000, 'x', "\nPort = 22\n");
}

static void make_comment_100k(const struct folder *f, const char *path UNUSED)
{
	make_long(f, GOOD ";", 100000, 'x', "\n");
}

/* "Description = " has 14 bytes. */
static void make_line_8192(const struct folder *f, const char *path UNUSED)
{
	make_long(f, GOOD "[Tunnel]\nDescription = ", 8192 - 14, 'x', "\r\nPort = 22\n");
}

static void make_line_8193(const struct folder *f, const char *path UNUSED)
{
	make_long(f, GOOD "[Tunnel]\nDescription = ", 8193 - 14, 'x', "\nPort = 22\n");
}

static void make_10m(const struct folder *f, const char *path UNUSED)
{
	make_long(f, GOOD, 10 * 1024 * 1024, '\n', "");
}

static void make_1m(const struct folder *f, const char *path UNUSED)
{
	make_long(f, GOOD, 1024 * 1024 - (sizeof(GOOD) - 1), '\n', "");
}

static void make_long_name(const struct folder *f, const char *path UNUSED)
{
	make_long(f, GOOD, 5000, 'a', " = x\n");
}

#define NO_HOST ":1: Host: missing; wanted the name or address of the server in [Tunnel]"
#define NO_RUN_AS ":1: RunAs: missing; a system tunnel wants the account to run ssh as in [Service] " \
	"(root must be said)"
#define UTF8 ": the line holds invalid UTF-8"

static const struct made made[] = {
	{ "nothing unusual", .text = GOOD },
	{ "NUL in a value", .text = GOOD "[Tunnel]\nUser = a\0b\n", .len = sizeof(GOOD) + 19, .code = -EINVAL,
	  .problem = ":6: the line holds a NUL byte" },
	{ "NUL in a comment", .text = "; \0\n" GOOD, .len = sizeof(GOOD) + 3, .code = -EINVAL,
	  .problem = ":1: the line holds a NUL byte" },
	{ "NUL at the end", .text = GOOD "\0", .len = sizeof(GOOD), .code = -EINVAL,
	  .problem = ":5: the line holds a NUL byte" },
	{ "Latin-1", .text = GOOD "[Tunnel]\nDescription = B\xfc" "cher\n", .code = -EINVAL,
	  .problem = ":6" UTF8 },
	{ "Latin-1 in a comment", .text = "; B\xfc" "cher\n" GOOD, .code = -EINVAL, .problem = ":1" UTF8 },
	{ "overlong", .text = GOOD "[Tunnel]\nUser = \xc0\xaf\n", .code = -EINVAL, .problem = ":6" UTF8 },
	{ "surrogate", .text = GOOD "[Tunnel]\nUser = \xed\xa0\x80\n", .code = -EINVAL,
	  .problem = ":6" UTF8 },
	{ "cut at the end", .text = GOOD "[Tunnel]\nUser = \xe2\x82", .code = -EINVAL, .problem = ":6" UTF8 },
	{ "UTF-16", .text = "\xff\xfe[\0T\0]\0\n\0", .len = 10, .code = -EINVAL, .problem = ":1" UTF8 },
	{ "DEL", .text = GOOD "\x7f\n", .code = -EINVAL,
	  .problem = ":5: the line holds a control character" },
	{ "old Mac lines", .text = "[Tunnel]\rHost = x\r", .scope = CONFIG_USER, .code = -EINVAL,
	  .problem = ":1: the line holds a control character" },
	{ "a line of 100 kB", make_line_100k, .code = -EINVAL,
	  .problem = ":6: the line is longer than 8192 bytes" },
	{ "a comment of 100 kB", make_comment_100k, .code = -EINVAL,
	  .problem = ":5: the line is longer than 8192 bytes" },
	{ "a line of 8192 bytes", make_line_8192 },
	{ "a line of 8193 bytes", make_line_8193, .code = -EINVAL,
	  .problem = ":6: the line is longer than 8192 bytes" },
	{ "a name of 5000 bytes", make_long_name, .code = -EINVAL,
	  .problem = ":5: not the name of a key in front of '='" },
	{ "10 MB", make_10m, .code = -EINVAL, .problem = ": larger than 1024 KiB" },
	{ "1 MiB", make_1m },
	{ "a directory", make_folder, .code = -EINVAL, .problem = ": is a directory, wanted a file" },
	{ "a FIFO", make_fifo, .code = -EINVAL, .problem = ": is not a regular file" },
	{ "a missing file", make_nothing, .code = -ENOENT, .problem = ": no such file" },
	{ "a dangling link", make_dangling, .code = -ENOENT, .problem = ": no such file" },
	{ "a link", make_link },
	{ "an empty file", .text = "", .code = -EINVAL, .problem = NO_HOST },
	{ "an empty file of a user", .text = "", .scope = CONFIG_USER, .code = -EINVAL, .problem = NO_HOST },
	{ "comments only", .text = "; nothing\n\n# at all\n", .scope = CONFIG_USER, .code = -EINVAL,
	  .problem = NO_HOST },
	{ "an unreadable file", make_unreadable, .code = -EINVAL, .problem = ": Permission denied",
	  .not_as_root = true },
	{ "writable by everybody, system", make_mode_666, .code = -EINVAL,
	  .problem = ": everybody may write it; " },
	{ "writable by the group, system", make_mode_664 },
	{ "writable by everybody, user", make_user_666, .scope = CONFIG_USER },
};

static void what_is_made_at_run_time(void **state UNUSED)
{
	for (size_t i = 0; i < ARRAY_LEN(made); i++) {
		const struct made *m = &made[i];
		__attribute__((cleanup(folder_done))) struct folder f = {0};
		AUTO(buf) path = {0};
		AUTO(strv) got = {0};
		AUTO(tunnel) t = {0};
		int r;

		if (m->not_as_root && geteuid() == 0) {
			print_message("SKIPPED: %s: root may read every file; run this as an ordinary user\n",
				m->what);
			continue;
		}
		folder_make(&f);
		folder_at(&f, "x.ini", &path);
		if (m->make)
			m->make(&f, path.s);
		else
			folder_write(&f, "x.ini", m->text, m->len ? m->len : strlen(m->text));
		r = config_load(path.s, m->scope ? m->scope : CONFIG_SYSTEM, &t, &got);
		if (r != m->code)
			fail_msg("%s: %d, wanted %d: %s", m->what, r, m->code, got.len
				? got.v[0] : "nothing said");
		if (!m->problem) {
			assert_int_equal(got.len, 0);
			continue;
		}
		if (!got.len || strncmp(got.v[0], path.s, path.len) != 0 ||
		    strncmp(got.v[0] + path.len, m->problem, strlen(m->problem)) != 0)
			fail_msg("%s: said \"%s\", wanted \"%s\"", m->what, got.len ? got.v[0] : "nothing",
				m->problem);
	}
}

static void names_of_files(void **state UNUSED)
{
	static const char why[] = "not a tunnel's name: 1 to 63 letters, digits, dots, underscores and "
				  "hyphens, the first a letter or digit";
	static const struct { const char *path, *name, *why; } rows[] = {
		{ "home.ini", "home", NULL },
		{ "/etc/tunnelctl/web-db_2.prod.ini", "web-db_2.prod", NULL },
		{ "/etc/../x/home.ini", "home", NULL },
		{ "home", NULL, "the name of the file must end in .ini" },
		{ "home.INI", NULL, "the name of the file must end in .ini" },
		{ "home.conf", NULL, "the name of the file must end in .ini" },
		{ "/etc/tunnelctl/", NULL, "the name of the file must end in .ini" },
		{ "", NULL, "the name of the file must end in .ini" },
		{ ".ini", NULL, why },
		{ "...ini", NULL, why },
		{ ".home.ini", NULL, why },
		{ "-home.ini", NULL, why },
		{ "a b.ini", NULL, why },
		{ "\x1b[2J.ini", NULL, why },
		{ "a%n.ini", NULL, why },
		{ "home.ini.ini", NULL, "not a tunnel's name: ends in .ini" },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const char *found = NULL;
		AUTO_FREE char *name = config_name(rows[i].path, &found);
		AUTO(strv) problems = {0};
		AUTO(tunnel) t = {0};
		AUTO(buf) want = {0};

		if (rows[i].name) {
			assert_string_equal(name, rows[i].name);
			continue;
		}
		assert_null(name);
		assert_string_equal(found, rows[i].why);
		assert_int_equal(config_load(rows[i].path, CONFIG_USER, &t, &problems), -EINVAL);
		buf_printf(&want, "%s: %s", rows[i].path, rows[i].why);
		for (char *c = want.s; *c; c++)
			*c = *c == '\x1b' ? '?' : *c; /* nothing of a name may reach the terminal raw */
		assert_int_equal(problems.len, 1);
		assert_string_equal(problems.v[0], want.s);
	}
}

static uint32_t next_random(uint32_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 17;
	*seed ^= *seed << 5;
	return *seed;
}

static void mutate(struct buf *text, uint32_t *seed)
{
	static const char *const tokens[] = {
		"\n", "=", "[", "]", ";", "\r\n", "\t", "[SSH]\n", "[Tunnel]\n", "Host = a\n", "RunAs = b\n",
		":", "\"",
		"\xef\xbb\xbf", "65536", "\xff", "%", "${x}", "-", "RemoteForward = ", ",", "@", "//",
	};

	for (unsigned n = next_random(seed) % 4; n; n--) {
		size_t at = text->len ? next_random(seed) % text->len : 0;
		size_t some = text->len ? next_random(seed) % (text->len - at) % 40 : 0;
		const char *token = tokens[next_random(seed) % ARRAY_LEN(tokens)];
		AUTO(buf) out = {0};

		buf_put(&out, text->s, at);
		switch (next_random(seed) % 4) {
		case 0: /* another byte */
			if (text->len) {
				bool any = next_random(seed) % 8 == 0;

				buf_putc(&out, (char)(any
					? next_random(seed) : ' ' + next_random(seed) % 95));
				at++;
			}
			break;
		case 1: /* some bytes less */
			at += some;
			break;
		case 2: /* some bytes twice */
			buf_put(&out, text->s + at, some);
			break;
		default:
			buf_puts(&out, token);
		}
		buf_put(&out, text->s + at, text->len - at);
		buf_clear(text);
		buf_put(text, out.s, out.len);
	}
}

/* Whatever a file holds: it is read, or at least one problem is told, and each is one clean line. */
static void any_bytes_are_judged(void **state UNUSED)
{
	__attribute__((cleanup(folder_done))) struct folder f = {0};
	AUTO(strv) files = {0};
	AUTO(buf) path = {0};
	uint32_t seed = 31337;
	unsigned taken = 0, refused = 0;

	folder_make(&f);
	folder_at(&f, "x.ini", &path);
	list_cases(&files);
	for (size_t round = 0; round < 3000; round++) {
		AUTO(buf) text = {0};
		AUTO(buf) from = {0};
		AUTO(strv) problems = {0};
		AUTO(tunnel) t = {0};
		size_t n = next_random(&seed) % files.len;
		int r;

		/* Half of them start from a file that is taken,
			so that not all of them end at its first fault. */
		while (round % 2 && strncmp(files.v[n], "good-", 5) != 0)
			n = (n + 1) % files.len;
		buf_printf(&from, CASES "/%s", files.v[n]);
		assert_int_equal(file_read(from.s, 1 << 20, &text, NULL, NULL), 0);
		mutate(&text, &seed);
		folder_write(&f, "x.ini", buf_str(&text), text.len);
		r = config_load(path.s, round % 8 ? CONFIG_SYSTEM : CONFIG_USER, &t, &problems);
		if ((r == 0) != (problems.len == 0) || (r == 0) != (t.host != NULL)) {
			print_error("%s\n", buf_str(&text));
			fail_msg("round %zu, from %s: %d with %zu problems", round, files.v[n], r,
				problems.len);
		}
		for (size_t i = 0; i < problems.len; i++) {
			assert_memory_equal(problems.v[i], path.s, path.len);
			assert_null(strchr(problems.v[i], '\n'));
			assert_null(strchr(problems.v[i], '\x1b'));
		}
		taken += r == 0;
		refused += r != 0;
	}
	print_message("%u taken, %u refused\n", taken, refused);
	assert_true(taken > 100);
	assert_true(refused > 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_file_meets_its_expectation),
		cmocka_unit_test(what_is_made_at_run_time),
		cmocka_unit_test(names_of_files),
		cmocka_unit_test(any_bytes_are_judged),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
