/* SPDX-License-Identifier: MIT */
#include "cli/as.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"

enum { OUTPUT_MAX = 1024 * 1024, PATIENCE_MS = 1000, FOLDER_MS = 10 * 1000 };

/* What comes back in front of the output. */
struct answer {
	int result;
	size_t len; /* of the output that is meant to follow: a process that is killed meanwhile writes less */
	struct error error;
};

static bool write_all(int fd, const void *bytes, size_t len)
{
	const char *s = bytes;

	while (len) {
		ssize_t n = write(fd, s, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		s += n;
		len -= (size_t)n;
	}
	return true;
}

static _Noreturn void work_and_end(int fd, const struct account *a, as_work *work, const void *what)
{
	struct answer answer = {0};
	AUTO(buf) output = {0};

	answer.result = account_become(a, &answer.error);
	if (answer.result == 0 && chdir("/") < 0)
		answer.result = error_errno(&answer.error, -errno, "/");
	if (answer.result == 0)
		answer.result = work(what, &output, &answer.error);
	answer.len = output.len < OUTPUT_MAX ? output.len : OUTPUT_MAX;
	(void)(write_all(fd, &answer, sizeof(answer)) && write_all(fd, buf_str(&output), answer.len));
	_exit(0);
}

/* All that comes until the deadline (0: however long it takes); false if it passed. */
static bool read_all(int fd, long long deadline, struct buf *ret)
{
	for (;;) {
		struct pollfd p = { .fd = fd, .events = POLLIN };
		long long left = deadline ? deadline - clock_ms() : INT_MAX;
		char chunk[4096];
		ssize_t n;

		if (left <= 0)
			return false;
		if (poll(&p, 1, deadline ? (int)(left < INT_MAX ? left : INT_MAX) : -1) <= 0)
			continue;
		n = read(fd, chunk, sizeof(chunk));
		if (n == 0 || (n < 0 && errno != EINTR))
			return true;
		if (n > 0 && ret->len <= OUTPUT_MAX + sizeof(struct answer))
			buf_put(ret, chunk, (size_t)n);
	}
}

static int take_answer(const struct buf *bytes, struct buf *ret, struct error *err)
{
	struct answer answer;

	if (bytes->len >= sizeof(answer))
		memcpy(&answer, bytes->s, sizeof(answer));
	if (bytes->len < sizeof(answer) || bytes->len - sizeof(answer) != answer.len)
		return error_set(err, -EIO, "a process of tunnelctl's own ended early; try again");
	if (ret)
		buf_put(ret, bytes->s + sizeof(answer), bytes->len - sizeof(answer));
	if (answer.result < 0)
		return error_set(err, answer.result, "%s", answer.error.text);
	return answer.result;
}

/* TIMEOUT_MS 0: however long it takes. */
static int call(const struct account *a, as_work *work, const void *what, unsigned timeout_ms, struct buf *ret,
		struct error *err)
{
	long long deadline = timeout_ms ? clock_ms() + timeout_ms : 0;
	AUTO(buf) bytes = {0};
	bool ended;
	int fd[2];
	pid_t pid;

	(void)fflush(NULL); /* or the child would print it again */
	if (pipe(fd) < 0)
		return error_errno(err, -errno, "pipe");
	for (int i = 0; i < 2; i++)
		(void)fcntl(fd[i], F_SETFD, FD_CLOEXEC);
	pid = fork();
	if (pid == 0)
		work_and_end(fd[1], a, work, what);
	(void)close(fd[1]);
	ended = pid < 0 || read_all(fd[0], deadline, &bytes);
	(void)close(fd[0]);
	if (pid < 0)
		return error_errno(err, -errno, "fork");
	if (!ended)
		(void)kill(pid, SIGKILL);
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	if (!ended)
		return error_set(err, -ETIMEDOUT, "no end after %g s", timeout_ms / 1000.0);
	return take_answer(&bytes, ret, err);
}

int as_call(const struct account *a, as_work *work, const void *what, unsigned timeout_ms, struct buf *ret,
	    struct error *err)
{
	return call(a, work, what, timeout_ms, ret, err);
}

static int work_spawn(const void *what, struct buf *ret, struct error *err)
{
	return spawn_as(what, ret, err);
}

int as_spawn(const struct account *a, const struct spawn *s, struct buf *ret_output, struct error *err)
{
	return call(a, work_spawn, s, s->timeout_ms + PATIENCE_MS, ret_output, err);
}

struct terminal {
	char *const *argv, *const *environment;
};

static int work_on_terminal(const void *what, struct buf *ret UNUSED, struct error *err)
{
	const struct terminal *t = what;

	return spawn_on_terminal(t->argv, t->environment, err);
}

int as_spawn_on_terminal(const struct account *a, char *const argv[], char *const environment[], struct error *err)
{
	const struct terminal t = { argv, environment };
	void (*interrupt)(int) = signal(SIGINT, SIG_IGN);
	void (*quit)(int) = signal(SIGQUIT, SIG_IGN);
	int r = call(a, work_on_terminal, &t, 0, NULL, err);

	(void)signal(SIGINT, interrupt);
	(void)signal(SIGQUIT, quit);
	return r;
}

static int work_make_folder(const void *what UNUSED, struct buf *ret, struct error *err)
{
	return folder_private_make(ret, err);
}

static int work_remove_folder(const void *what, struct buf *ret UNUSED, struct error *err UNUSED)
{
	folder_private_remove(what);
	return 0;
}

int as_folder_make(const struct account *a, struct buf *ret, struct error *err)
{
	return as_call(a, work_make_folder, NULL, FOLDER_MS, ret, err);
}

void as_folder_remove(const struct account *a, const char *path)
{
	(void)as_call(a, work_remove_folder, path, FOLDER_MS, NULL, NULL);
}
