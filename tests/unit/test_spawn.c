/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <time.h>

#include "base/alloc.h"
#include "base/spawn.h"

static double now(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int shell(const char *script, const char *input, unsigned timeout_ms, struct buf *ret,
	struct error *err)
{
	char *argv[] = { (char *)"/bin/sh", (char *)"-c", (char *)script, NULL };

	return spawn_run(argv, input, timeout_ms, ret, err);
}

static void tells_how_it_ended(void **state UNUSED)
{
	static const struct { const char *script, *input; int want; const char *output; } rows[] = {
		{ "exit 0", NULL, 0, "" },
		{ "exit 1", NULL, 1, "" },
		{ "exit 255", NULL, 255, "" },
		{ "kill -9 $$", NULL, 128 + SIGKILL, "" },
		{ "kill -15 $$", NULL, 128 + SIGTERM, "" },
		{ "echo out; echo err >&2; exit 3", NULL, 3, "out\nerr\n" },
		{ "cat", "given", 0, "given" },
		{ "cat", "", 0, "" },
		{ "cat", NULL, 0, "" }, /* nothing to read is the end, not a wait */
		{ "echo \"$LC_ALL\"", NULL, 0, "C\n" },
		{ "env | grep -c ^LC_ALL=", NULL, 0, "1\n" },
		{ "echo \"$TUNNELCTL_TEST\"", NULL, 0, "passed on\n" },
		/* Its output is closed long before it ends. */
		{ "exec >&- 2>&-; sleep 0.1; exit 7", NULL, 7, "" },
		/* A verb of ours may ignore these; what it runs must not. */
		{ "kill -1 $$; echo survived", NULL, 128 + SIGHUP, "" },
		{ "kill -13 $$; echo survived", NULL, 128 + SIGPIPE, "" },
		{ "kill -15 $$; echo survived", NULL, 128 + SIGTERM, "" },
	};
	sigset_t term, before;

	assert_int_equal(setenv("LC_ALL", "de_DE.UTF-8", 1), 0);
	assert_int_equal(setenv("TUNNELCTL_TEST", "passed on", 1), 0);
	(void)signal(SIGHUP, SIG_IGN);
	(void)signal(SIGPIPE, SIG_IGN);
	(void)sigemptyset(&term);
	(void)sigaddset(&term, SIGTERM);
	(void)sigprocmask(SIG_BLOCK, &term, &before);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(buf) out = {0};
		struct error e = {0};
		int r = shell(rows[i].script, rows[i].input, 10000, &out, &e);

		if (r != rows[i].want)
			fail_msg("%s: %d, wanted %d; %s", rows[i].script, r, rows[i].want, e.text);
		assert_string_equal(buf_str(&out), rows[i].output);
	}
	(void)sigprocmask(SIG_SETMASK, &before, NULL);
	(void)signal(SIGHUP, SIG_DFL);
	(void)signal(SIGPIPE, SIG_DFL);
}

static void in_an_environment(void **state UNUSED)
{
	char *argv[] = { (char *)"/usr/bin/env", NULL };
	char *environment[] = { (char *)"LC_ALL=C.UTF-8", (char *)"COLOUR=deep blue", NULL };
	AUTO(buf) out = {0};

	assert_int_equal(setenv("SSH_AUTH_SOCK", "/not/for/it", 1), 0);
	assert_int_equal(spawn_run_in(argv, environment, NULL, 10000, &out, NULL), 0);
	assert_string_equal(out.s, "LC_ALL=C.UTF-8\nCOLOUR=deep blue\n");
	buf_clear(&out);
	assert_int_equal(spawn_run_in(argv, environment + 2, NULL, 10000, &out, NULL), 0);
	assert_int_equal(out.len, 0);
}

static void does_not_start(void **state UNUSED)
{
	static const struct { const char *path; int want; } rows[] = {
		{ "/nonexistent/program", -ENOENT },
		{ "/tmp", -EACCES },
		{ "/etc/passwd", -EACCES },
		{ "sh", -ENOENT }, /* nothing is searched in PATH */
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(buf) out = {0};
		struct error e = {0};
		char *argv[] = { (char *)rows[i].path, NULL };

		assert_int_equal(spawn_run(argv, NULL, 1000, &out, &e), rows[i].want);
		assert_int_equal(e.code, rows[i].want);
		assert_non_null(strstr(e.text, rows[i].path));
		assert_int_equal(out.len, 0);
	}
}

static void is_bounded(void **state UNUSED)
{
	static const char *const scripts[] = {
		"exec sleep 60",
		"trap '' TERM HUP INT; while :; do sleep 1; done",
		"exec >&- 2>&-; exec sleep 60",
		"while :; do echo y; done",  /* never silent, so always ready to be read */
	};

	for (size_t i = 0; i < ARRAY_LEN(scripts); i++) {
		AUTO(buf) out = {0};
		struct error e = {0};
		double start = now();
		int r = shell(scripts[i], NULL, 200, &out, &e);

		assert_true(now() - start < 5);
		if (r != -ETIMEDOUT)
			fail_msg("%s: %d", scripts[i], r);
		assert_string_equal(e.text, "/bin/sh: no end after 0.2 s, killed");
	}
}

static void output_is_bounded(void **state UNUSED)
{
	static const struct { const char *script; size_t len; } rows[] = {
		{ "head -c 1048575 /dev/zero | tr '\\0' x", 1048575 },
		{ "head -c 1048576 /dev/zero | tr '\\0' x", 1048576 },
		{ "head -c 3000001 /dev/zero | tr '\\0' x", 1048576 },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(buf) out = {0};

		buf_puts(&out, "before");
		assert_int_equal(shell(rows[i].script, NULL, 20000, &out, NULL), 0);
		assert_int_equal(out.len, rows[i].len + 6);
		assert_int_equal(out.s[out.len - 1], 'x');
		assert_memory_equal(out.s, "beforex", 7);
	}
	assert_int_equal(shell("head -c 300000 /dev/zero", NULL, 20000, NULL, NULL), 0);
}

static void input_of_any_size(void **state UNUSED)
{
	AUTO(buf) in = {0};
	AUTO(buf) out = {0};

	for (int i = 0; i < 500000; i++)
		buf_putc(&in, (char)('a' + i % 26));
	assert_int_equal(shell("cat", in.s, 20000, &out, NULL), 0);
	assert_int_equal(out.len, in.len);
	assert_memory_equal(out.s, in.s, in.len);
	/* Programs that do not read it. */
	buf_clear(&out);
	assert_int_equal(shell("exit 4", in.s, 20000, &out, NULL), 4);
	assert_int_equal(shell("exec <&-; sleep 0.1; echo done; exit 5", in.s, 20000, &out, NULL), 5);
	assert_string_equal(out.s, "done\n");
}

static void leaves_no_descriptors(void **state UNUSED)
{
	AUTO(buf) out = {0};

	/* ctest leaves descriptors of its own to us; they are not the question here. */
	for (int fd = 3; fd < 10; fd++)
		(void)fcntl(fd, F_SETFD, FD_CLOEXEC);
	/* The shell sees 0, 1, 2, and nothing of ours. */
	for (int i = 0; i < 50; i++)
		(void)shell("exit 0", NULL, 5000, NULL, NULL);
	assert_int_equal(shell("for i in 3 4 5 6 7 8 9; do (: >&$i) 2>&- && echo $i; done; :", "x", 5000,
			       &out, NULL), 0);
	assert_string_equal(buf_str(&out), "");
}

/* On our own standard error, and nothing else is. */
static void keeps_stderr(void **state UNUSED)
{
	char *argv[] = { (char *)"/bin/sh", (char *)"-c", (char *)"echo out; echo err >&2; cat", NULL };
	const struct spawn s = { .argv = argv, .input = "in", .timeout_ms = 5000, .keeps_stderr = true };
	int fd[2], kept = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 10);
	AUTO(buf) out = {0};
	char said[16] = {0};

	assert_int_equal(pipe(fd), 0);
	(void)dup2(fd[1], STDERR_FILENO);
	assert_int_equal(spawn_as(&s, &out, NULL), 0);
	(void)dup2(kept, STDERR_FILENO);
	assert_string_equal(out.s, "out\nin");
	assert_int_equal(read(fd[0], said, sizeof(said) - 1), 4);
	assert_string_equal(said, "err\n");
	(void)close(fd[0]);
	(void)close(fd[1]);
	(void)close(kept);
}

/* Whoever started us may ignore SIGCHLD; a program that we start must not, nor be deaf to the terminal's signals. */
static void under_any_caller(void **state UNUSED)
{
	char *argv[] = { (char *)"/bin/sh", (char *)"-c", NULL, NULL };
	AUTO(buf) out = {0};
	struct error err = {0};

	(void)signal(SIGCHLD, SIG_IGN);
	assert_int_equal(shell("cat; exit 3", "in", 5000, &out, &err), 3);
	assert_string_equal(out.s, "in");
	(void)signal(SIGCHLD, SIG_IGN);
	argv[2] = (char *)"exit 5";
	assert_int_equal(spawn_on_terminal(argv, NULL, &err), 5);
	(void)signal(SIGCHLD, SIG_IGN);
	assert_int_equal(shell("kill -CHLD $$; exit 6", NULL, 5000, NULL, &err), 6);
	(void)signal(SIGCHLD, SIG_DFL);
	argv[2] = (char *)"ulimit -c 0; kill -QUIT $$; exit 7";
	assert_int_equal(spawn_on_terminal(argv, NULL, &err), 128 + SIGQUIT);
	argv[2] = (char *)"kill -INT $$; exit 7";
	assert_int_equal(spawn_on_terminal(argv, NULL, &err), 128 + SIGINT);
	argv[2] = (char *)"kill -INT $PPID; kill -QUIT $PPID"; /* we are to outlive it */
	assert_int_equal(spawn_on_terminal(argv, NULL, &err), 0);
	assert_true(signal(SIGINT, SIG_DFL) == SIG_DFL);
	assert_true(signal(SIGQUIT, SIG_DFL) == SIG_DFL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tells_how_it_ended),
		cmocka_unit_test(in_an_environment),
		cmocka_unit_test(does_not_start),
		cmocka_unit_test(is_bounded),
		cmocka_unit_test(output_is_bounded),
		cmocka_unit_test(input_of_any_size),
		cmocka_unit_test(leaves_no_descriptors),
		cmocka_unit_test(keeps_stderr),
		cmocka_unit_test(under_any_caller),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
