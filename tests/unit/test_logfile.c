/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "folder.h"
#include "runner/logfile.h"

/* Stands in for the C library's: by its name a folder may be another one than the one just made, or a link. */
static bool counts_chmod;
static unsigned chmods;

int chmod(const char *path, mode_t mode)
{
	chmods += counts_chmod;
	return fchmodat(AT_FDCWD, path, mode, 0);
}

static void knows_launchd(void **state UNUSED)
{
	assert_true(logfile_under_launchd("org.tunnelctl.home", 1));
	assert_true(logfile_under_launchd("com.example.by-hand", 1));
	/* a shell of Terminal.app, a login over ssh, tunnelctl run as a job, no launchd at all */
	assert_false(logfile_under_launchd("application.com.apple.Terminal.1.2", 500));
	assert_false(logfile_under_launchd("0", 1));
	assert_false(logfile_under_launchd("org.tunnelctl.home", 500));
	assert_false(logfile_under_launchd("", 1));
	assert_false(logfile_under_launchd(NULL, 1));
}

static void says_where(void **state UNUSED)
{
	const struct account me = { .home = (char[]){ "/home/me" } };
	AUTO(buf) path = {0};

	assert_true(logfile_path("home", "/var/log/x.log", &me, &path));
	assert_string_equal(path.s, "/var/log/x.log");
	buf_clear(&path);
	assert_true(logfile_path("home", "~/x.log", &me, &path));
	assert_string_equal(path.s, "/home/me/x.log");
	buf_clear(&path);
#ifdef __APPLE__
	assert_true(logfile_path("home", "native", &me, &path));
	assert_string_equal(path.s, "/home/me/Library/Logs/tunnelctl/home.log");
#else
	assert_false(logfile_path("home", "native", &me, &path));
	assert_false(logfile_path("home", NULL, &me, &path));
	assert_int_equal(path.len, 0);
#endif
}

static mode_t mode_of(const char *path)
{
	struct stat st;

	assert_int_equal(lstat(path, &st), 0);
	return st.st_mode & 07777;
}

static void makes_the_folder(void **state UNUSED)
{
	__attribute__((cleanup(folder_done))) struct folder f = {0};
	AUTO(buf) path = {0};
	AUTO(log) l = {0};
	mode_t before = umask(0077);

	folder_make(&f);
	counts_chmod = true;
	/* of somebody's choice: the last folder alone */
	assert_int_equal(logfile_open(&l, folder_at(&f, "a/b/x.log", &path), false), -ENOENT);
	assert_int_equal(access(folder_at(&f, "a", &path), F_OK), -1);
	assert_int_equal(logfile_open(&l, folder_at(&f, "c/x.log", &path), false), 0);
	assert_int_equal(mode_of(folder_at(&f, "c", &path)), 0755);
	assert_int_equal(mode_of(folder_at(&f, "c/x.log", &path)), 0640);
	/* native: all of them, the last one private */
	assert_int_equal(logfile_open(&l, folder_at(&f, "Library/Logs/tunnelctl/x.log", &path), true), 0);
	assert_int_equal(mode_of(folder_at(&f, "Library/Logs", &path)), 0755);
	assert_int_equal(mode_of(folder_at(&f, "Library/Logs/tunnelctl", &path)), 0700);
	counts_chmod = false;
	assert_int_equal(chmods, 0);
	assert_int_equal(umask(before), 0077);
}

static void leaves_alone_what_is_there(void **state UNUSED)
{
	__attribute__((cleanup(folder_done))) struct folder f = {0};
	AUTO(buf) path = {0};
	AUTO(buf) link = {0};
	AUTO(log) l = {0};

	folder_make(&f);
	assert_int_equal(mkdir(folder_at(&f, "there", &path), 0711), 0);
	assert_int_equal(logfile_open(&l, folder_at(&f, "there/x.log", &path), true), 0);
	assert_int_equal(mode_of(folder_at(&f, "there", &path)), 0711);
	/* a link to nowhere in its place, a file in place of the folder */
	assert_int_equal(symlink("/nowhere/at/all", folder_at(&f, "link.log", &link)), 0);
	assert_int_equal(logfile_open(&l, link.s, false), -ELOOP);
	folder_puts(&f, "file", "x");
	assert_int_equal(logfile_open(&l, folder_at(&f, "file/x.log", &path), false), -ENOTDIR);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(knows_launchd),
		cmocka_unit_test(says_where),
		cmocka_unit_test(makes_the_folder),
		cmocka_unit_test(leaves_alone_what_is_there),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
