/* SPDX-License-Identifier: MIT */
/* Work in a process of its own: what comes back, whatever becomes of it; and nothing of it stays. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "cli/as.h"

enum { MOST = 1024 * 1024 };

static struct account self;

static int set_up(void **state UNUSED)
{
	account_self(&self);
	return 0;
}

static int tear_down(void **state UNUSED)
{
	account_done(&self);
	return 0;
}

static int put_many(const void *what, struct buf *ret, struct error *err UNUSED)
{
	for (size_t i = 0; i < *(const size_t *)what; i++)
		buf_putc(ret, (char)('a' + i % 26));
	return 7;
}

static void output_is_bounded(void **state UNUSED)
{
	static const size_t rows[][2] = { { 0, 0 }, { 1, 1 }, { 65536, 65536 }, { MOST, MOST }, { MOST + 1, MOST },
					  { 2 * MOST, MOST } };

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(buf) out = {0};
		AUTO(buf) wanted = {0};
		struct error err = {0};
		size_t len = rows[i][1];

		buf_puts(&out, "before");
		buf_puts(&wanted, "before");
		assert_int_equal(put_many(&len, &wanted, NULL), 7);
		assert_int_equal(as_call(&self, put_many, &rows[i][0], 20000, &out, &err), 7);
		assert_int_equal(out.len, wanted.len);
		assert_memory_equal(out.s, wanted.s, out.len);
	}
	/* Nobody asked for it. */
	assert_int_equal(as_call(&self, put_many, &rows[5][0], 20000, NULL, NULL), 7);
}

static int look_around(const void *what UNUSED, struct buf *ret, struct error *err UNUSED)
{
	char folder[64];

	buf_puts(ret, getcwd(folder, sizeof(folder)) ? folder : "?");
	(void)setenv("TUNNELCTL_TEST", "changed", 1);
	return 0;
}

static void is_a_process_of_its_own(void **state UNUSED)
{
	AUTO(buf) out = {0};

	assert_int_equal(setenv("TUNNELCTL_TEST", "kept", 1), 0);
	assert_int_equal(as_call(&self, look_around, NULL, 5000, &out, NULL), 0);
	assert_string_equal(out.s, "/");
	assert_string_equal(getenv("TUNNELCTL_TEST"), "kept");
}

static int go_wrong(const void *what UNUSED, struct buf *ret, struct error *err)
{
	buf_puts(ret, "so far");
	return error_set(err, -ENOTSUP, "no such thing: %d", 5);
}

static int end_by_signal(const void *what, struct buf *ret, struct error *err UNUSED)
{
	buf_puts(ret, "lost");
	(void)raise(*(const int *)what);
	return 0;
}

static int end(const void *what UNUSED, struct buf *ret UNUSED, struct error *err UNUSED)
{
	_exit(0);
}

static int sleep_long(const void *what UNUSED, struct buf *ret UNUSED, struct error *err UNUSED)
{
	return (int)sleep(60);
}

/* Stops the one that reads, so that the pipe fills up, and ends this process while it writes. */
static int die_while_it_writes(const void *what, struct buf *ret, struct error *err UNUSED)
{
	pid_t reader = getppid(), writer = getpid();

	(void)put_many(what, ret, NULL);
	if (fork() == 0) {
		(void)kill(reader, SIGSTOP);
		(void)usleep(200 * 1000);
		(void)kill(writer, SIGKILL);
		(void)kill(reader, SIGCONT);
		_exit(0);
	}
	(void)usleep(100 * 1000);
	return 0;
}

static void tells_what_became_of_it(void **state UNUSED)
{
	static const int killed = SIGKILL, hung_up = SIGHUP;
	static const size_t half = MOST / 2;
	static const struct {
		as_work *work;
		const void *what;
		unsigned timeout_ms;
		int wanted;
		const char *says;
	} rows[] = {
		{ go_wrong, NULL, 5000, -ENOTSUP, "no such thing: 5" },
		{ end_by_signal, &killed, 5000, -EIO, "ended early" },
		{ end_by_signal, &hung_up, 5000, -EIO, "ended early" },
		{ end, NULL, 5000, -EIO, "ended early" },
		{ die_while_it_writes, &half, 5000, -EIO, "ended early" },
		{ sleep_long, NULL, 100, -ETIMEDOUT, "no end after 0.1 s" },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(buf) out = {0};
		struct error err = {0};
		long long before = clock_ms();
		int r = as_call(&self, rows[i].work, rows[i].what, rows[i].timeout_ms, &out, &err);

		if (r != rows[i].wanted || !strstr(err.text, rows[i].says) || err.code != r)
			fail_msg("row %zu: %d, %s", i, r, err.text);
		assert_true(clock_ms() - before < 4000);
		assert_true(r == -ENOTSUP || !out.len);
	}
}

static int run_shell(const char *script, bool keeps_stderr, struct buf *ret, struct error *err)
{
	char *argv[] = { (char *)"/bin/sh", (char *)"-c", (char *)script, NULL };
	char *environment[] = { (char *)"COLOUR=blue", NULL };
	const struct spawn s = { .argv = argv, .environment = environment, .input = "given", .timeout_ms = 5000,
				 .keeps_stderr = keeps_stderr };

	return as_spawn(&self, &s, ret, err);
}

static void runs_programs(void **state UNUSED)
{
	AUTO(buf) out = {0};
	struct error err = {0};
	int null = open("/dev/null", O_WRONLY | O_CLOEXEC), kept = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 10);

	assert_int_equal(run_shell("echo $COLOUR $(cat) $(pwd); echo err >&2; exit 3", false, &out, &err), 3);
	assert_string_equal(out.s, "blue given /\nerr\n");
	buf_clear(&out);
	(void)dup2(null, STDERR_FILENO);
	assert_int_equal(run_shell("echo out; echo err >&2; kill -9 $$", true, &out, &err), 128 + SIGKILL);
	(void)dup2(kept, STDERR_FILENO);
	(void)close(kept);
	(void)close(null);
	assert_string_equal(out.s, "out\n");
	buf_clear(&out);
	for (int fd = 3; fd < 10; fd++) /* ctest's */
		(void)fcntl(fd, F_SETFD, FD_CLOEXEC);
	assert_int_equal(run_shell("for i in 3 4 5 6 7 8 9; do (: >&$i) 2>&- && echo $i; done; :", false, &out, &err), 0);
	assert_string_equal(buf_str(&out), "");
	assert_int_equal(as_spawn(&self, &(struct spawn){ .argv = (char *[]){ (char *)"/nonexistent", NULL },
							  .timeout_ms = 1000 }, &out, &err), -ENOENT);
	assert_non_null(strstr(err.text, "/nonexistent"));
}

/* The lowest numbers that are free: what leaks makes them higher. */
static int sum_of_free(void)
{
	int fd[3], sum = 0;

	for (size_t i = 0; i < ARRAY_LEN(fd); i++)
		sum += fd[i] = open("/dev/null", O_RDONLY | O_CLOEXEC);
	for (size_t i = 0; i < ARRAY_LEN(fd); i++)
		(void)close(fd[i]);
	return sum;
}

static void leaves_nothing(void **state UNUSED)
{
	static const size_t none;
	static const int killed = SIGKILL;
	int before = sum_of_free();

	for (int i = 0; i < 100; i++) {
		assert_int_equal(as_call(&self, put_many, &none, 5000, NULL, NULL), 7);
		assert_int_equal(as_call(&self, go_wrong, NULL, 5000, NULL, NULL), -ENOTSUP);
		assert_int_equal(as_call(&self, end_by_signal, &killed, 5000, NULL, NULL), -EIO);
	}
	assert_int_equal(as_call(&self, sleep_long, NULL, 1, NULL, NULL), -ETIMEDOUT);
	assert_int_equal(sum_of_free(), before);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1); /* no zombie, and no child that lives */
	assert_int_equal(errno, ECHILD);
}

/* As whoever started us may have left things. */
static void under_any_caller(void **state UNUSED)
{
	static const int closed[][2] = { { STDIN_FILENO, -1 }, { STDIN_FILENO, STDOUT_FILENO } };
	static const size_t some = 5;

	(void)signal(SIGCHLD, SIG_IGN);
	for (size_t i = 0; i < ARRAY_LEN(closed); i++) {
		AUTO(buf) out = {0};
		AUTO(buf) said = {0};
		int kept[2], r, status;

		for (size_t n = 0; n < 2; n++) {
			kept[n] = fcntl(closed[i][n], F_DUPFD_CLOEXEC, 10);
			(void)close(closed[i][n]);
		}
		r = as_call(&self, put_many, &some, 5000, &out, NULL);
		status = run_shell("cat; echo; exit 4", false, &said, NULL);
		for (size_t n = 0; n < 2; n++) {
			(void)dup2(kept[n], closed[i][n]);
			(void)close(kept[n]);
		}
		assert_int_equal(r, 7);
		assert_string_equal(buf_str(&out), "abcde");
		assert_int_equal(status, 4);
		assert_string_equal(buf_str(&said), "given\n");
	}
	(void)signal(SIGCHLD, SIG_DFL);
}

static void only_root_becomes_another(void **state UNUSED)
{
	struct account other = { .name = (char *)"other", .uid = self.uid + 4321, .gid = self.gid };
	struct error err = {0};

	if (self.uid == 0)
		skip();
	assert_int_equal(as_call(&other, end, NULL, 5000, NULL, &err), -EPERM);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(output_is_bounded),
		cmocka_unit_test(is_a_process_of_its_own),
		cmocka_unit_test(tells_what_became_of_it),
		cmocka_unit_test(runs_programs),
		cmocka_unit_test(leaves_nothing),
		cmocka_unit_test(under_any_caller),
		cmocka_unit_test(only_root_becomes_another),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
