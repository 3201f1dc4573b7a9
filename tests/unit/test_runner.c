/* SPDX-License-Identifier: MIT */
/* What tunnelctl-run is made of, as far as it can be tried without ssh; tests/ssh tries the whole. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* Both call a function folder_make(). */
#define folder_make test_folder_make
#include "folder.h"
#undef folder_make
#include "runner/account.h"
#include "runner/environment.h"
#include "runner/folder.h"

static bool is_root(const char *test)
{
	if (geteuid() == 0)
		return true;
	print_message("%s: SKIPPED: only root can become somebody else\n", test);
	return false;
}

static void finds_accounts(void **state UNUSED)
{
	static const struct { const char *run_as, *error; } rows[] = {
		{ "nobody", NULL },
		{ "no-such-account", "RunAs = no-such-account: no account no-such-account on this machine" },
		{ "nobody:no-such-group",
		  "RunAs = nobody:no-such-group: no group no-such-group on this machine" },
		{ "", "no account  on" },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(account) a = {0};
		struct error err = {0};
		int r = account_find(rows[i].run_as, &a, &err);

		if (rows[i].error) {
			assert_int_equal(r, -ESRCH);
			assert_non_null(strstr(err.text, rows[i].error));
			assert_null(a.name);
		} else {
			assert_int_equal(r, 0);
			assert_string_equal(a.name, "nobody");
			assert_int_equal(a.uid, getpwnam("nobody")->pw_uid);
			assert_int_equal(a.gid, getpwnam("nobody")->pw_gid);
		}
	}
}

static void takes_the_group_that_is_named(void **state UNUSED)
{
	AUTO(account) a = {0};
	AUTO(buf) run_as = {0};
	const struct group *gr = getgrgid(0); /* root, or wheel on macOS */

	assert_non_null(gr);
	buf_printf(&run_as, "nobody:%s", gr->gr_name);
	assert_int_equal(account_find(run_as.s, &a, NULL), 0);
	assert_int_equal(a.gid, 0);
	assert_int_equal(a.uid, getpwnam("nobody")->pw_uid);
}

static void knows_itself(void **state UNUSED)
{
	AUTO(account) a = {0};

	account_self(&a);
	assert_int_equal(a.uid, geteuid());
}

/* Runs TRY in a child and returns its exit status: what it does to itself cannot be undone. */
static int in_a_child(int (*try)(void))
{
	int status;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0)
		_exit(try());
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

/* 0, or the number of what is wrong. */
static int try_to_become_nobody(void)
{
	const gid_t extra[] = { 0, 1, 2 };
	struct account a = {0};
	struct error err = {0};
	gid_t groups[64];
	int n;

	if (setgroups(3, extra) < 0 || account_find("nobody", &a, &err) < 0)
		return 1;
	if (account_become(&a, &err) != 0)
		return 2;
	if (getuid() != a.uid || geteuid() != a.uid || getgid() != a.gid || getegid() != a.gid)
		return 3;
	if ((n = getgroups(64, groups)) < 0)
		return 4;
	for (int i = 0; i < n; i++)
		if (groups[i] != a.gid)
			return 5; /* one of root's was kept */
	if (setuid(0) == 0 || seteuid(0) == 0 || setgid(0) == 0 || setegid(0) == 0)
		return 6;
	if (setgroups(1, extra) == 0)
		return 7;
	if (account_become(&a, &err) != 0)
		return 8; /* it is the account already */
	account_done(&a);
	if (account_find("root", &a, &err) < 0 || account_become(&a, &err) != -EPERM)
		return 9;
	account_done(&a);
	return 0;
}

static void becomes_another_for_good(void **state UNUSED)
{
	if (is_root(__func__))
		assert_int_equal(in_a_child(try_to_become_nobody), 0);
}

static int try_to_stay_root(void)
{
	struct account a = {0};
	struct error err = {0};
	int r = account_find("root", &a, &err) < 0 || account_become(&a, &err) != 0 || geteuid() != 0;

	account_done(&a);
	return r;
}

static void root_may_stay_root(void **state UNUSED)
{
	if (is_root(__func__))
		assert_int_equal(in_a_child(try_to_stay_root), 0);
}

static size_t count(const struct strv *v, const char *prefix)
{
	size_t n = 0;

	for (size_t i = 0; i < v->len; i++)
		n += !strncmp(v->v[i], prefix, strlen(prefix));
	return n;
}

static void makes_a_short_environment(void **state UNUSED)
{
	static const char *const there[] = {
		"SHELL=/bin/sh", "HOME=/home/me", "USER=me", "LOGNAME=me", "TZ=Mars",
		"LANG=fr_FR.UTF-8", "FOO=bar=baz", "EMPTY=", "PATH=/opt/bin", "PATHOLOGY=x",
	};
	static const char *const absent[] = {
		"SSH_AUTH_SOCK=", "LD_PRELOAD=", "BASH_ENV=", "SSH_ASKPASS=", "DISPLAY=", "FOO_SECRET=", "NOTIFY_SOCKET=",
	};
	AUTO(strv) env = {0};
	char name[] = "me", home[] = "/home/me";
	struct account a = { .uid = 1, .gid = 1, .name = name, .home = home };
	AUTO(tunnel) t = {0};

	for (size_t i = 0; i < ARRAY_LEN(absent); i++) {
		AUTO(buf) variable = {0};

		buf_put(&variable, absent[i], strlen(absent[i]) - 1);
		assert_int_equal(setenv(variable.s, "there", 1), 0);
	}
	assert_int_equal(setenv("TZ", "Mars", 1), 0);
	assert_int_equal(setenv("LANG", "C", 1), 0);
	strv_push(&t.environment, "FOO=bar=baz");
	strv_push(&t.environment, "EMPTY=");
	strv_push(&t.environment, "PATH=/opt/bin");
	strv_push(&t.environment, "PATHOLOGY=x");
	strv_push(&t.environment, "LANG=de_DE.UTF-8");
	strv_push(&t.environment, "LANG=fr_FR.UTF-8"); /* the last one holds */
	environment_make(&t, &a, &env);
	assert_null(env.v[env.len]);
	for (size_t i = 0; i < ARRAY_LEN(there); i++) {
		AUTO(buf) variable = {0};

		if (!strv_has(&env, there[i]))
			fail_msg("%s is missing", there[i]);
		buf_put(&variable, there[i], strcspn(there[i], "=") + 1);
		assert_int_equal(count(&env, variable.s), 1);
	}
	for (size_t i = 0; i < ARRAY_LEN(absent); i++)
		if (count(&env, absent[i]))
			fail_msg("%s is there", absent[i]);
}

static void passes_an_agent_on_when_told(void **state UNUSED)
{
	struct account a = { .uid = 1, .gid = 1 };
	AUTO(tunnel) t = { .identity_agent = strdup("SSH_AUTH_SOCK") };
	AUTO(strv) env = {0};
	AUTO(strv) without = {0};

	assert_int_equal(setenv("SSH_AUTH_SOCK", "/tmp/x/Listeners", 1), 0);
	environment_make(&t, &a, &env);
	assert_true(strv_has(&env, "SSH_AUTH_SOCK=/tmp/x/Listeners"));
	assert_int_equal(unsetenv("SSH_AUTH_SOCK"), 0);
	environment_make(&t, &a, &without);
	assert_int_equal(count(&without, "SSH_AUTH_SOCK="), 0);
}

static void an_unknown_account_has_an_environment_too(void **state UNUSED)
{
	AUTO(strv) env = {0};
	struct account a = { .uid = 4711, .gid = 4711 };
	struct tunnel t = {0};

	environment_make(&t, &a, &env);
	assert_true(strv_has(&env, "HOME=/"));
	assert_int_equal(count(&env, "USER="), 0);
}

static void says_where_the_folder_is(void **state UNUSED)
{
	char home[] = "/home/me";
	struct account a = { .name = home, .home = home };
	static const struct { const char *given, *session; bool user; const char *path; } rows[] = {
		{ "/run/tunnelctl/given", NULL, false, "/run/tunnelctl/given" },
		{ "/run/tunnelctl/given", "/run/user/1", true, "/run/tunnelctl/given" },
		{ "/run/a:/run/b", "/run/user/1", true, "/run/user/1/tunnelctl/x" },
		{ "relative", "/run/user/1", true, "/run/user/1/tunnelctl/x" },
		{ NULL, "/run/user/1", true, "/run/user/1/tunnelctl/x" },
		{ NULL, "relative", true, "/home/me/.cache/tunnelctl/x" },
		{ NULL, NULL, true, "/home/me/.cache/tunnelctl/x" },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(buf) path = {0};

		assert_int_equal(rows[i].given ? setenv("RUNTIME_DIRECTORY", rows[i].given, 1) :
						 unsetenv("RUNTIME_DIRECTORY"), 0);
		assert_int_equal(rows[i].session ? setenv("XDG_RUNTIME_DIR", rows[i].session, 1) :
						   unsetenv("XDG_RUNTIME_DIR"), 0);
		folder_path("x", rows[i].user, &a, &path);
#ifdef __APPLE__
		assert_string_equal(path.s, "/home/me/Library/Application Support/tunnelctl/x");
#else
		assert_string_equal(path.s, rows[i].path);
#endif
	}
}

static void makes_its_folder_and_no_others(void **state UNUSED)
{
	__attribute__((cleanup(folder_done))) struct folder f = { "" };
	AUTO(account) a = {0};
	AUTO(buf) path = {0};
	struct error err = {0};
	struct stat st;

	account_self(&a);
	test_folder_make(&f);
	buf_printf(&path, "%s/a/b/x", f.path);
	assert_int_equal(folder_make(path.s, &a, &err), 0);
	assert_int_equal(stat(path.s, &st), 0);
	assert_int_equal(st.st_uid, geteuid());
	assert_int_equal(folder_make(path.s, &a, &err), 0);
	assert_int_equal(chmod(path.s, 0777), 0);
	assert_int_equal(folder_make(path.s, &a, &err), -EPERM);
	assert_int_equal(chmod(path.s, 0755), 0);
	assert_int_equal(rmdir(path.s), 0);
	/* A link, even to a folder of ours, is somebody's trick. */
	assert_int_equal(symlink(f.path, path.s), 0);
	assert_int_equal(folder_make(path.s, &a, &err), -EPERM);
	assert_int_equal(unlink(path.s), 0);
	folder_puts(&f, "a/file", "");
	buf_clear(&path);
	buf_printf(&path, "%s/a/file", f.path);
	assert_int_equal(folder_make(path.s, &a, &err), -EPERM);
	assert_non_null(strstr(err.text, "wanted a folder that only"));
}

static void gives_the_folder_to_the_account(void **state UNUSED)
{
	__attribute__((cleanup(folder_done))) struct folder f = { "" };
	AUTO(account) nobody = {0};
	AUTO(account) root = {0};
	AUTO(buf) path = {0};
	struct error err = {0};
	struct stat st;

	if (!is_root(__func__))
		return;
	test_folder_make(&f);
	assert_int_equal(account_find("nobody", &nobody, &err), 0);
	account_self(&root);
	assert_int_equal(folder_make(folder_at(&f, "x", &path), &nobody, &err), 0);
	assert_int_equal(stat(path.s, &st), 0);
	assert_int_equal(st.st_uid, nobody.uid);
	assert_int_equal(st.st_gid, nobody.gid);
	/* Another tunnel of that name runs as somebody else: not in a folder of nobody's. */
	assert_int_equal(folder_make(path.s, &root, &err), -EPERM);
}

static void finds_a_place_for_sockets(void **state UNUSED)
{
	static const char *const unfit[] = {
		"/Users/me/Library/Application Support/tunnelctl/home", "/run/a%b/x", "/run/a:b/x", "/run/$x",
		"/run/0123456789/0123456789/0123456789/0123456789/0123456789/0123456789/0123456789/x",
	};
	AUTO(buf) path = {0};
	AUTO(buf) again = {0};

	folder_loop_path("/run/tunnelctl/home", "/tmp", &path);
	assert_string_equal(path.s, "/run/tunnelctl/home");
	for (size_t i = 0; i < sizeof(unfit) / sizeof(*unfit); i++) {
		buf_clear(&again);
		buf_puts(&again, buf_str(&path));
		buf_clear(&path);
		folder_loop_path(unfit[i], "/var/folders/zz/zyxvpxvq6csfxvn_n0000000000000/T", &path);
		/* short enough with "/loop4194304.99" behind it, and another one for each */
		assert_in_range(path.len, 50, 103 - 15);
		assert_string_not_equal(path.s, again.s);
	}
}

static void makes_a_private_folder_for_sockets(void **state UNUSED)
{
	__attribute__((cleanup(folder_done))) struct folder f = { "" };
	const char *unfit = "/Users/me/Library/Application Support/tunnelctl/home";
	AUTO(strv) bases = {0};
	AUTO(buf) path = {0};
	AUTO(buf) again = {0};
	struct error err = {0};
	struct stat st;

	test_folder_make(&f);
	assert_int_equal(folder_loop_make(unfit, &bases, &path, &err), -ENOENT);
	strv_push(&bases, "/nowhere");
	strv_push(&bases, f.path);
	assert_int_equal(folder_loop_make(unfit, &bases, &path, &err), 0);
	assert_int_equal(strncmp(path.s, f.path, strlen(f.path)), 0);
	assert_int_equal(lstat(path.s, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0700);
	assert_int_equal(folder_loop_make(unfit, &bases, &again, &err), 0);
	assert_string_equal(again.s, path.s);
}

static void trusts_no_folder_of_others(void **state UNUSED)
{
	__attribute__((cleanup(folder_done))) struct folder f = { "" };
	const char *unfit = "/Users/me/Library/Application Support/tunnelctl/home";
	AUTO(strv) bases = {0};
	AUTO(buf) path = {0};
	AUTO(buf) none = {0};
	struct error err = {0};

	test_folder_make(&f);
	strv_push(&bases, f.path);
	folder_loop_path(unfit, f.path, &path);
	assert_int_equal(symlink("/tmp", path.s), 0);
	assert_int_equal(folder_loop_make(unfit, &bases, &none, &err), -EPERM);
	assert_int_equal(unlink(path.s), 0);
	assert_int_equal(mkdir(path.s, 0755), 0);
	assert_int_equal(chmod(path.s, 0755), 0);
	assert_int_equal(folder_loop_make(unfit, &bases, &none, &err), -EPERM);
	assert_non_null(strstr(err.text, "this account's alone"));
	assert_int_equal(chmod(path.s, 0700), 0);
	if (geteuid() == 0) {
		assert_int_equal(chown(path.s, 65534, 65534), 0);
		assert_int_equal(folder_loop_make(unfit, &bases, &none, &err), -EPERM);
		assert_int_equal(chown(path.s, 0, 0), 0);
	}
	/* a base in which others may exchange it */
	assert_int_equal(chmod(f.path, 0777), 0);
	assert_int_equal(folder_loop_make(unfit, &bases, &none, &err), -ENOENT);
	assert_int_equal(chmod(f.path, 01777), 0);
	assert_int_equal(none.len, 0);
	assert_int_equal(folder_loop_make(unfit, &bases, &none, &err), 0);
	assert_string_equal(none.s, path.s);
}

static void removes_the_folder_of_sockets_alone(void **state UNUSED)
{
	__attribute__((cleanup(folder_done))) struct folder f = { "" };
	AUTO(buf) own = {0};
	AUTO(buf) loop = {0};

	test_folder_make(&f);
	assert_int_equal(mkdir(folder_at(&f, "own", &own), 0700), 0);
	assert_int_equal(mkdir(folder_at(&f, "loop", &loop), 0700), 0);
	folder_puts(&f, "loop/loop1.0", "");
	folder_loop_remove(own.s, own.s);
	assert_int_equal(access(own.s, F_OK), 0);
	folder_loop_remove(own.s, loop.s);
	assert_int_equal(access(loop.s, F_OK), 0);
	buf_cat(&loop, "/loop1.0");
	assert_int_equal(unlink(loop.s), 0);
	folder_loop_remove(own.s, folder_at(&f, "loop", &loop));
	assert_int_equal(access(loop.s, F_OK), -1);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_accounts),
		cmocka_unit_test(takes_the_group_that_is_named),
		cmocka_unit_test(knows_itself),
		cmocka_unit_test(becomes_another_for_good),
		cmocka_unit_test(root_may_stay_root),
		cmocka_unit_test(makes_a_short_environment),
		cmocka_unit_test(passes_an_agent_on_when_told),
		cmocka_unit_test(an_unknown_account_has_an_environment_too),
		cmocka_unit_test(says_where_the_folder_is),
		cmocka_unit_test(makes_its_folder_and_no_others),
		cmocka_unit_test(gives_the_folder_to_the_account),
		cmocka_unit_test(finds_a_place_for_sockets),
		cmocka_unit_test(makes_a_private_folder_for_sockets),
		cmocka_unit_test(trusts_no_folder_of_others),
		cmocka_unit_test(removes_the_folder_of_sockets_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
