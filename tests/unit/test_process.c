/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/process.h"
#include "base/process_arguments.h"

/* Runs sleep(1) with this environment, and returns when it does. */
static pid_t begin_child(char *const environment[])
{
	char *const argv[] = { (char[]){ "/bin/sleep" }, (char[]){ "60" }, NULL };
	char byte;
	int fd[2];
	pid_t pid;

	assert_int_equal(pipe(fd), 0);
	assert_int_equal(fcntl(fd[1], F_SETFD, FD_CLOEXEC), 0);
	if ((pid = fork()) == 0) {
		(void)execve(argv[0], argv, environment);
		_exit(127);
	}
	assert_true(pid > 0);
	(void)close(fd[1]);
	assert_int_equal(read(fd[0], &byte, 1), 0);
	(void)close(fd[0]);
	return pid;
}

static void end_child(pid_t pid)
{
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
}

static void knows_parents(void **state UNUSED)
{
	static char *const none[] = { NULL };
	pid_t child = begin_child(none);

	assert_int_equal(process_parent(getpid()), getppid());
	assert_int_equal(process_parent(child), getpid());
	end_child(child);
	assert_int_equal(process_parent(child), 0);
	assert_int_equal(process_parent(0), 0);
	assert_int_equal(process_parent(-1), 0);
}

static void knows_starts(void **state UNUSED)
{
	static char *const none[] = { NULL };
	long long own = process_started(getpid()), now = (long long)time(NULL) * 1000000, its;
	pid_t child;

	assert_true(own > now - 3600LL * 1000000 && own < now + 2 * 1000000);
	assert_true(process_started(getppid()) <= own + 20000);
	(void)usleep(50 * 1000);
	child = begin_child(none);
	its = process_started(child);
	/* A tick of the kernel is a hundredth of a second. */
	assert_true(its > own + 20000 && its < own + 60LL * 1000000);
	end_child(child);
	assert_true(process_started(child) == 0);
	assert_true(process_started(0) == 0 && process_started(-1) == 0);
}

static void reads_environments(void **state UNUSED)
{
	char *const given[] = { (char[]){ "FIRST=1" }, (char[]){ "SSH_CONNECTION=::1 5 ::1 22" },
				(char[]){ "EMPTY=" }, (char[]){ "LAST=a=b" }, NULL };
	AUTO(buf) environment = {0};
	pid_t child = begin_child(given);

	assert_int_equal(process_environment(child, &environment), 0);
	assert_string_equal(process_variable(&environment, "FIRST"), "1");
	assert_string_equal(process_variable(&environment, "SSH_CONNECTION"), "::1 5 ::1 22");
	assert_string_equal(process_variable(&environment, "EMPTY"), "");
	assert_string_equal(process_variable(&environment, "LAST"), "a=b");
	assert_null(process_variable(&environment, "LAS"));
	assert_null(process_variable(&environment, "SSH_CONNECTIO"));
	assert_null(process_variable(&environment, "a"));
	end_child(child);
	buf_clear(&environment);
	assert_int_equal(process_environment(child, &environment), -ESRCH);
	assert_int_equal(process_environment(0, &environment), -ESRCH);
	assert_int_equal(process_environment(-1, &environment), -ESRCH);
	assert_int_equal(environment.len, 0);
	assert_null(process_variable(&environment, "FIRST"));
}

static void minds_whose_it_is(void **state UNUSED)
{
	AUTO(buf) environment = {0};

	if (geteuid() == 0) {
		print_message("SKIPPED: root may read every environment\n");
		skip();
	}
	assert_int_equal(process_environment(1, &environment), -EPERM);
}

/* What the kernel gives begins with an int. */
static void put_count(struct buf *b, int count)
{
	buf_put(b, &count, sizeof(count));
}

#define REST(text) text, sizeof(text) - 1

static void takes_apart_what_macos_gives(void **state UNUSED)
{
	static const struct {
		int count;
		const char *rest;
		size_t len;
		int r;
		const char *environment;
		size_t environment_len;
	} cases[] = {
		{ 2, REST("/bin/sleep\0\0\0\0sleep\0" "60\0A=1\0B=2\0\0executable_path=/bin/sleep\0"), 0, REST("A=1\0B=2\0") },
		/* empty arguments count, only the padding does not */
		{ 3, REST("/x\0x\0\0\0A=1\0"), 0, REST("A=1\0") },
		{ 1, REST("/x\0x\0"), 0, REST("") },
		{ 1, REST("/x\0x\0\0apple=1\0"), 0, REST("") },
		{ 0, REST("/x\0\0\0"), 0, REST("") },
		/* cut, or lies */
		{ 1, REST("/x\0x\0A=1"), -EINVAL, REST("") },
		{ 2, REST("/x\0x\0"), -EINVAL, REST("") },
		{ INT_MAX, REST("/x\0x\0y\0"), -EINVAL, REST("") },
		{ -1, REST("/x\0x\0A=1\0"), -EINVAL, REST("") },
		{ 1, REST("/x"), -EINVAL, REST("") },
		{ 1, REST(""), -EINVAL, REST("") },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		AUTO(buf) bytes = {0};
		AUTO(buf) environment = {0};

		put_count(&bytes, cases[i].count);
		buf_put(&bytes, cases[i].rest, cases[i].len);
		assert_int_equal(process_arguments_environment(bytes.s, bytes.len, &environment), cases[i].r);
		assert_int_equal(environment.len, cases[i].environment_len);
		assert_memory_equal(buf_str(&environment), cases[i].environment, environment.len);
	}
}

static void survives_any_cut(void **state UNUSED)
{
	AUTO(buf) bytes = {0};

	put_count(&bytes, 2);
	buf_put(&bytes, REST("/bin/sleep\0\0\0sleep\0" "60\0A=1\0B=2\0\0x=y\0"));
	for (size_t len = 0; len <= bytes.len; len++) {
		AUTO(buf) environment = {0};
		/* Its own memory, so that the sanitizer sees a byte too many. */
		AUTO(buf) cut = {0};

		buf_put(&cut, bytes.s, len);
		(void)process_arguments_environment(buf_str(&cut), len, &environment);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(knows_parents),
		cmocka_unit_test(knows_starts),
		cmocka_unit_test(reads_environments),
		cmocka_unit_test(minds_whose_it_is),
		cmocka_unit_test(takes_apart_what_macos_gives),
		cmocka_unit_test(survives_any_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
