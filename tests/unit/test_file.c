/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "base/file.h"
#include "folder.h"

/* Stands in for the C library's: by its name a folder may be another one than the one just made, or a link. */
static bool counts_chmod;
static unsigned chmods;

int chmod(const char *path, mode_t mode)
{
	chmods += counts_chmod;
	return fchmodat(AT_FDCWD, path, mode, 0);
}

static void install(const char *path, const char *text, mode_t mode, bool durable, int want)
{
	AUTO(buf) b = {0};
	AUTO(buf) back = {0};
	struct error e = {0};
	struct stat st;

	buf_puts(&b, text);
	if (file_install(path, &b, mode, durable, &e) != want)
		fail_msg("%s: code %d, wanted %d: %s", path, e.code, want, e.text);
	if (want < 0) {
		assert_int_equal(e.code, want);
		assert_non_null(strstr(e.text, path));
		return;
	}
	assert_int_equal(file_read(path, 1 << 20, &back, &st, NULL), 0);
	assert_string_equal(buf_str(&back), text);
	assert_int_equal(st.st_mode & 07777, mode);
}

static void installs_what_changed_and_nothing_else(void **state UNUSED)
{
	static const struct { const char *text; mode_t mode; int want; } rows[] = {
		{ "one\n", 0644, 1 },
		{ "one\n", 0644, 0 },
		{ "two\n", 0644, 1 }, /* the same length */
		{ "two\n", 0600, 1 }, /* the mode alone */
		{ "two\n", 0600, 0 },
		{ "two", 0600, 1 },
		{ "", 0600, 1 },
		{ "", 0600, 0 },
		{ "three\n", 0755, 1 },
	};
	static const mode_t masks[] = { 0, 022, 077, 0777 };

	for (size_t m = 0; m < ARRAY_LEN(masks); m++) {
		__attribute__((cleanup(folder_done))) struct folder f = {0};
		AUTO(buf) path = {0};
		mode_t old;

		folder_make(&f);
		folder_at(&f, "unit", &path);
		old = umask(masks[m]);
		for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
			struct stat before = {0}, after;

			(void)stat(path.s, &before);
			install(path.s, rows[i].text, rows[i].mode, m % 2, rows[i].want);
			assert_int_equal(stat(path.s, &after), 0);
			/* Not touched means the very same file. */
			if (rows[i].want == 0)
				assert_int_equal(after.st_ino, before.st_ino);
			assert_int_equal(folder_count(&f), 1);
		}
		(void)umask(old);
	}
}

static void failure_leaves_everything(void **state UNUSED)
{
	static const struct { const char *path; int want; } rows[] = {
		{ "folder", -EISDIR },
		{ "missing/unit", -ENOENT },
		{ "file/unit", -ENOTDIR },
	};
	__attribute__((cleanup(folder_done))) struct folder f = {0};
	AUTO(buf) path = {0};

	folder_make(&f);
	folder_puts(&f, "folder/inside", "x");
	folder_puts(&f, "file", "x");
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		install(folder_at(&f, rows[i].path, &path), "text", 0644, true, rows[i].want);
		assert_int_equal(folder_count(&f), 2);
	}
}

static void a_folder_that_may_not_be_written(void **state UNUSED)
{
	__attribute__((cleanup(folder_done))) struct folder f = {0};
	AUTO(buf) path = {0};

	if (geteuid() == 0) {
		print_message("SKIPPED: root may write into every folder; run this as an ordinary user\n");
		skip();
	}
	folder_make(&f);
	folder_puts(&f, "unit", "old");
	assert_int_equal(chmod(f.path, 0555), 0);
	install(folder_at(&f, "unit", &path), "new", 0644, false, -EACCES);
	install(path.s, "old", 0644, false, 0);
	assert_int_equal(chmod(f.path, 0755), 0);
	assert_int_equal(folder_count(&f), 1);
}

static void links_are_replaced_not_followed(void **state UNUSED)
{
	static const char *const targets[] = { "other", "/nonexistent/x", "unit" };

	for (size_t i = 0; i < ARRAY_LEN(targets); i++) {
		__attribute__((cleanup(folder_done))) struct folder f = {0};
		AUTO(buf) path = {0};
		AUTO(buf) other = {0};
		struct stat st;

		folder_make(&f);
		/* The same bytes: still a link, and to be replaced. */
		folder_puts(&f, "other", "text");
		assert_int_equal(symlink(targets[i], folder_at(&f, "unit", &path)), 0);
		install(path.s, "text", 0644, false, 1);
		assert_int_equal(lstat(path.s, &st), 0);
		assert_true(S_ISREG(st.st_mode));
		install(path.s, "changed", 0644, false, 1);
		assert_int_equal(file_read(folder_at(&f, "other", &path), 99, &other, NULL, NULL), 0);
		assert_string_equal(other.s, "text");
	}
}

/* A crash, or somebody's trap, under the temporary name. */
static void what_stands_in_the_way_is_not_written_to(void **state UNUSED)
{
	__attribute__((cleanup(folder_done))) struct folder f = {0};
	AUTO(buf) path = {0};
	AUTO(buf) temp = {0};
	AUTO(buf) precious = {0};
	AUTO(buf) text = {0};

	folder_make(&f);
	folder_puts(&f, "precious", "precious");
	folder_at(&f, "precious", &precious);
	folder_at(&f, "unit", &path);
	buf_printf(&temp, "%s.tmp%ld", path.s, (long)getpid());
	assert_int_equal(link(precious.s, temp.s), 0);
	install(path.s, "one", 0644, false, 1);
	assert_int_equal(symlink(precious.s, temp.s), 0);
	install(path.s, "two", 0644, false, 1);
	assert_int_equal(mkfifo(temp.s, 0600), 0);
	install(path.s, "three", 0644, false, 1);
	assert_int_equal(file_read(precious.s, 99, &text, NULL, NULL), 0);
	assert_string_equal(text.s, "precious");
	assert_int_equal(folder_count(&f), 2);
}

static void reads_regular_files_alone(void **state UNUSED)
{
	static const struct { const char *name; size_t max; int want; const char *text; } rows[] = {
		{ "file", 100, 0, "0123456789" },
		{ "file", 10, 0, "0123456789" },
		{ "file", 9, -EFBIG, ": larger than 0 KiB" },
		{ "empty", 0, 0, "" },
		{ "link", 100, 0, "0123456789" },
		{ "folder", 100, -EISDIR, ": is a directory, wanted a file" },
		{ "fifo", 100, -EINVAL, ": is not a regular file" },
		{ "missing", 100, -ENOENT, ": No such file or directory" },
		{ "dangling", 100, -ENOENT, ": No such file or directory" },
		{ "file/x", 100, -ENOTDIR, ": Not a directory" },
		{ "loop", 100, -ELOOP, NULL },
	};
	__attribute__((cleanup(folder_done))) struct folder f = {0};
	AUTO(buf) path = {0};

	folder_make(&f);
	folder_puts(&f, "file", "0123456789");
	folder_puts(&f, "empty", "");
	assert_int_equal(mkdir(folder_at(&f, "folder", &path), 0755), 0);
	assert_int_equal(mkfifo(folder_at(&f, "fifo", &path), 0600), 0);
	assert_int_equal(symlink("file", folder_at(&f, "link", &path)), 0);
	assert_int_equal(symlink("nothing", folder_at(&f, "dangling", &path)), 0);
	assert_int_equal(symlink("loop", folder_at(&f, "loop", &path)), 0);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(buf) text = {0};
		struct error e = {0};
		struct stat st = {0};

		buf_puts(&text, "before ");
		folder_at(&f, rows[i].name, &path);
		assert_int_equal(file_read(path.s, rows[i].max, &text, &st, &e), rows[i].want);
		assert_int_equal(e.code, rows[i].want);
		if (rows[i].want == 0) {
			assert_string_equal(text.s + 7, rows[i].text);
			assert_int_equal(st.st_size, text.len - 7);
			continue;
		}
		assert_string_equal(text.s, "before ");
		assert_int_equal(text.len, 7);
		assert_int_equal(st.st_mode, 0);
		if (rows[i].text)
			assert_string_equal(e.text + path.len, rows[i].text);
	}
}

static void what_may_not_be_read(void **state UNUSED)
{
	__attribute__((cleanup(folder_done))) struct folder f = {0};
	AUTO(buf) path = {0};
	AUTO(buf) text = {0};

	if (geteuid() == 0) {
		print_message("SKIPPED: root may read every file; run this as an ordinary user\n");
		skip();
	}
	folder_make(&f);
	folder_puts(&f, "secret", "x");
	assert_int_equal(chmod(folder_at(&f, "secret", &path), 0), 0);
	assert_int_equal(file_read(path.s, 9, &text, NULL, NULL), -EACCES);
}

static void keeps_nul_bytes_and_large_files(void **state UNUSED)
{
	__attribute__((cleanup(folder_done))) struct folder f = {0};
	AUTO(buf) path = {0};
	AUTO(buf) big = {0};
	AUTO(buf) text = {0};

	folder_make(&f);
	for (unsigned i = 0; i < 300000; i++)
		buf_putc(&big, (char)(i * 7 % 251));
	assert_int_equal(file_install(folder_at(&f, "big", &path), &big, 0644, false, NULL), 1);
	assert_int_equal(file_read(path.s, big.len, &text, NULL, NULL), 0);
	assert_int_equal(text.len, big.len);
	assert_memory_equal(text.s, big.s, big.len);
}

static void removes_once(void **state UNUSED)
{
	__attribute__((cleanup(folder_done))) struct folder f = {0};
	AUTO(buf) path = {0};
	struct error e = {0};

	folder_make(&f);
	folder_puts(&f, "unit", "x");
	assert_int_equal(file_remove(folder_at(&f, "unit", &path), &e), 1);
	assert_int_equal(file_remove(path.s, &e), 0);
	assert_int_equal(e.code, 0);
	assert_true(file_remove(f.path, &e) < 0);
	assert_non_null(strstr(e.text, f.path));
}

static void makes_parents(void **state UNUSED)
{
	static const struct { const char *path; int want; } rows[] = {
		{ "unit", 0 },
		{ "a/b/c/unit", 0 },
		{ "a/b/c/unit", 0 },
		{ "a/b/d/unit", 0 },
		{ "file/unit", -ENOTDIR },
		{ "file/below/unit", -ENOTDIR },
	};
	__attribute__((cleanup(folder_done))) struct folder f = {0};
	AUTO(buf) path = {0};
	struct stat st;
	mode_t old = umask(077);

	folder_make(&f);
	folder_puts(&f, "file", "x");
	counts_chmod = true;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(buf) folder = {0};
		struct error e = {0};

		folder_at(&f, rows[i].path, &path);
		assert_int_equal(file_make_parents(path.s, &e), rows[i].want);
		assert_int_equal(e.code, rows[i].want);
		if (rows[i].want < 0)
			continue;
		path_folder(path.s, &folder);
		assert_int_equal(stat(folder.s, &st), 0);
		assert_int_equal(st.st_mode & 07777, 0755);
		assert_int_equal(access(path.s, F_OK), -1);
	}
	counts_chmod = false;
	assert_int_equal(chmods, 0);
	assert_int_equal(umask(old), 077);
	assert_int_equal(file_make_parents("relative", NULL), 0);
	assert_int_equal(file_make_parents("/", NULL), 0);
}

static void takes_paths_apart(void **state UNUSED)
{
	static const struct { const char *path, *base, *folder; } rows[] = {
		{ "/a/b", "b", "/a" },
		{ "/b", "b", "/" },
		{ "b", "b", "." },
		{ "a/b.ini", "b.ini", "a" },
		{ "./b", "b", "." },
		{ "/a/", "", "/a" },
		{ "/", "", "/" },
		{ "", "", "." },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(buf) folder = {0};

		assert_string_equal(path_base(rows[i].path), rows[i].base);
		path_folder(rows[i].path, &folder);
		assert_string_equal(folder.s, rows[i].folder);
	}
}

static void makes_paths_absolute(void **state UNUSED)
{
	/* out "+x": the current folder and x. */
	static const struct { const char *path, *out; } rows[] = {
		{ "/a/b", "/a/b" },
		{ "/", "/" },
		{ "//a///b//", "/a/b" },
		{ "/a/./b/.", "/a/b" },
		{ "/a/../b", "/b" },
		{ "/a/b/../../c", "/c" },
		{ "/a/..", "/" },
		{ "/..", "/" },
		{ "/../../../a", "/a" },
		{ "/a/...", "/a/..." },
		{ "/a/.b/..c", "/a/.b/..c" },
		{ "a/b", "+/a/b" },
		{ "./a", "+/a" },
		{ "a/..", "+" },
		{ ".", "+" },
		{ "", "+" },
		{ "home.ini", "+/home.ini" },
	};
	AUTO_FREE char *cwd = getcwd(NULL, 0);

	assert_non_null(cwd);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(buf) out = {0};
		AUTO(buf) want = {0};

		buf_printf(&want, "before:%s%s", *rows[i].out == '+' ? cwd : "",
			   rows[i].out + (*rows[i].out == '+'));
		buf_puts(&out, "before:");
		assert_int_equal(path_absolute(rows[i].path, &out, NULL), 0);
		assert_string_equal(out.s, want.s);
		assert_int_equal(out.len, strlen(out.s));
	}
}

static void writes_without_a_look(void **state UNUSED)
{
	__attribute__((cleanup(folder_done))) struct folder f = {0};
	AUTO(buf) path = {0};
	AUTO(buf) text = {0};
	AUTO(buf) back = {0};
	struct stat before, after;

	folder_make(&f);
	assert_true(folder_is_empty(f.path));
	assert_true(folder_is_empty(folder_at(&f, "nowhere", &path)));
	buf_puts(&text, "one\n");
	assert_int_equal(file_write(folder_at(&f, "unit", &path), &text, 0600, false, NULL), 1);
	assert_false(folder_is_empty(f.path));
	assert_false(folder_is_empty(path.s));
	assert_int_equal(stat(path.s, &before), 0);
	assert_int_equal(file_write(path.s, &text, 0644, false, NULL), 1);
	assert_int_equal(file_read(path.s, 4, &back, &after, NULL), 0);
	assert_int_not_equal(before.st_ino, after.st_ino);
	assert_int_equal(after.st_mode & 07777, 0644);
	assert_string_equal(back.s, "one\n");
	assert_int_equal(folder_count(&f), 1);
}

static void a_private_folder(void **state UNUSED)
{
	__attribute__((cleanup(folder_done))) struct folder elsewhere = {0};
	struct folder made = {0};
	AUTO(buf) path = {0};
	AUTO(buf) at = {0};
	struct stat st;

	assert_int_equal(folder_private_make(&path, NULL), 0);
	assert_true(!strncmp(path.s, "/tmp/", 5) && path.len < sizeof(made.path));
	assert_int_equal(stat(path.s, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0700);
	(void)snprintf(made.path, sizeof(made.path), "%s", path.s);
	folder_make(&elsewhere);
	folder_puts(&elsewhere, "kept", "x");
	folder_puts(&made, "one", "1");
	folder_puts(&made, ".one~", "2");
	/* A link to a folder is a file of it, and is not followed. */
	assert_int_equal(symlink(elsewhere.path, folder_at(&made, "link", &at)), 0);
	folder_private_remove(path.s);
	assert_int_equal(stat(path.s, &st), -1);
	assert_int_equal(folder_count(&elsewhere), 1);
	folder_private_remove(path.s); /* gone already */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(installs_what_changed_and_nothing_else),
		cmocka_unit_test(failure_leaves_everything),
		cmocka_unit_test(a_folder_that_may_not_be_written),
		cmocka_unit_test(links_are_replaced_not_followed),
		cmocka_unit_test(what_stands_in_the_way_is_not_written_to),
		cmocka_unit_test(reads_regular_files_alone),
		cmocka_unit_test(what_may_not_be_read),
		cmocka_unit_test(keeps_nul_bytes_and_large_files),
		cmocka_unit_test(writes_without_a_look),
		cmocka_unit_test(a_private_folder),
		cmocka_unit_test(removes_once),
		cmocka_unit_test(makes_parents),
		cmocka_unit_test(takes_paths_apart),
		cmocka_unit_test(makes_paths_absolute),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
