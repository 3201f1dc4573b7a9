/* SPDX-License-Identifier: MIT */
#include "base/spawn.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/utf8.h"

enum { OUTPUT_MAX = 1024 * 1024 };

extern char **environ;

struct pipes {
	int in[2], out[2];
};

static void pipes_done(struct pipes *p)
{
	for (int i = 0; i < 2; i++) {
		if (p->in[i] >= 0)
			(void)close(p->in[i]);
		if (p->out[i] >= 0)
			(void)close(p->out[i]);
	}
}

static void close_end(int *fd)
{
	(void)close(*fd);
	*fd = -1;
}

static int open_pipe(int fd[2])
{
	/* pipe2() is not in macOS; nothing here runs threads that could exec in between. */
	if (pipe(fd) < 0) {
		fd[0] = fd[1] = -1;
		return -errno;
	}
	for (int i = 0; i < 2; i++)
		if (fcntl(fd[i], F_SETFD, FD_CLOEXEC) < 0)
			return -errno;
	return 0;
}

static long long now_ms(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (long long)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static char **environment_in_c(void)
{
	char **env;
	size_t n = 0, kept = 0;

	while (environ[n])
		n++;
	env = xrealloc(NULL, (n + 2) * sizeof(*env));
	for (size_t i = 0; i < n; i++)
		if (strncmp(environ[i], "LC_ALL=", 7) != 0)
			env[kept++] = environ[i];
	env[kept++] = (char *)"LC_ALL=C";
	env[kept] = NULL;
	return env;
}

/* Whoever started us may ignore SIGCHLD, and then nobody learns how a program ended (waitpid(2)). */
static void heed_children(void)
{
	struct sigaction now;

	if (sigaction(SIGCHLD, NULL, &now) == 0 && now.sa_handler == SIG_IGN)
		(void)signal(SIGCHLD, SIG_DFL);
}

/* P may be NULL: the program has our own standard files. */
static int start(const struct spawn *s, char *const environment[], const struct pipes *p, pid_t *ret)
{
	/* We may be ignoring these (a verb that finishes whatever happens to its terminal), and blocking any. */
	static const int restored[] = { SIGHUP, SIGPIPE, SIGINT, SIGQUIT, SIGTERM };
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attributes;
	sigset_t defaults, none;
	int r;

	heed_children();
	posix_spawn_file_actions_init(&files);
	if (p) {
		posix_spawn_file_actions_adddup2(&files, p->in[0], STDIN_FILENO);
		posix_spawn_file_actions_adddup2(&files, p->out[1], STDOUT_FILENO);
		if (!s->keeps_stderr)
			posix_spawn_file_actions_adddup2(&files, p->out[1], STDERR_FILENO);
	}
	sigemptyset(&defaults);
	for (size_t i = 0; i < ARRAY_LEN(restored); i++)
		sigaddset(&defaults, restored[i]);
	posix_spawnattr_init(&attributes);
	posix_spawnattr_setsigdefault(&attributes, &defaults);
	sigemptyset(&none);
	posix_spawnattr_setsigmask(&attributes, &none);
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
	r = -posix_spawn(ret, s->argv[0], &files, &attributes, s->argv, environment);
	posix_spawnattr_destroy(&attributes);
	posix_spawn_file_actions_destroy(&files);
	return r;
}

/* Feeds input and collects output until the program closes its end. 0 or -ETIMEDOUT. */
static int converse(struct pipes *p, const char *input, long long deadline, struct buf *output)
{
	size_t left = input ? strlen(input) : 0, room = OUTPUT_MAX;

	(void)fcntl(p->in[1], F_SETFL, O_NONBLOCK);
	for (;;) {
		struct pollfd fds[2] = { { .fd = p->out[0], .events = POLLIN },
					 { .fd = left ? p->in[1] : -1, .events = POLLOUT } };
		long long wait = deadline - now_ms();
		int n;

		if (!left && p->in[1] >= 0)
			close_end(&p->in[1]);
		/* Not left to poll(): a program that never stops writing is always ready. */
		if (wait <= 0)
			return -ETIMEDOUT;
		n = poll(fds, 2, (int)(wait < INT_MAX ? wait : INT_MAX));
		if (n < 0 && errno != EINTR)
			return -errno;
		if (n <= 0)
			continue;
		if (fds[1].revents) {
			ssize_t done = write(p->in[1], input, left);

			if (done > 0) {
				input += done;
				left -= (size_t)done;
			} else if (errno != EAGAIN && errno != EINTR) {
				left = 0; /* it does not want to read; its exit status tells why */
			}
		}
		if (fds[0].revents) {
			char chunk[4096];
			ssize_t done = read(p->out[0], chunk, sizeof(chunk));

			if (done == 0)
				return 0;
			if (done > 0 && output && room) {
				size_t kept = (size_t)done < room ? (size_t)done : room;

				for (size_t i = 0; i < kept; i++)
					chunk[i] = chunk[i] ? chunk[i] : '?';
				buf_put(output, chunk, kept);
				room -= kept;
			}
		}
	}
}

/* Waits until the deadline, then kills. The wait status, or -ETIMEDOUT. */
static int reap(pid_t pid, long long deadline, int *ret_status)
{
	for (;;) {
		pid_t r = waitpid(pid, ret_status, WNOHANG);

		if (r == pid)
			return 0;
		if (r < 0 && errno != EINTR)
			return -errno;
		if (now_ms() >= deadline) {
			(void)kill(pid, SIGKILL);
			while (waitpid(pid, ret_status, 0) < 0 && errno == EINTR)
				;
			return -ETIMEDOUT;
		}
		(void)poll(NULL, 0, 1);
	}
}

static int exit_status(int status)
{
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int spawn_as(const struct spawn *s, struct buf *ret_output, struct error *err)
{
	__attribute__((cleanup(pipes_done))) struct pipes p = { { -1, -1 }, { -1, -1 } };
	AUTO_FREE char **own = s->environment ? NULL : environment_in_c();
	long long deadline = now_ms() + s->timeout_ms;
	void (*old)(int);
	int r, status = 0, talk;
	pid_t pid;

	if ((r = open_pipe(p.in)) < 0 || (r = open_pipe(p.out)) < 0)
		return error_errno(err, r, "pipe");
	if ((r = start(s, s->environment ? s->environment : own, &p, &pid)) < 0)
		return error_errno(err, r, "%s", s->argv[0]);
	close_end(&p.in[0]);
	close_end(&p.out[1]);

	old = signal(SIGPIPE, SIG_IGN);
	talk = converse(&p, s->input, deadline, ret_output);
	(void)signal(SIGPIPE, old);
	r = reap(pid, talk < 0 ? now_ms() : deadline, &status);
	if (talk < 0)
		r = talk;
	if (r == -ETIMEDOUT)
		return error_set(err, r, "%s: no end after %g s, killed", s->argv[0], s->timeout_ms / 1000.0);
	if (r < 0)
		return error_errno(err, r, "%s", s->argv[0]);
	return exit_status(status);
}

int spawn_run(char *const argv[], const char *input, unsigned timeout_ms, struct buf *ret_output,
	      struct error *err)
{
	return spawn_run_in(argv, NULL, input, timeout_ms, ret_output, err);
}

int spawn_run_in(char *const argv[], char *const environment[], const char *input, unsigned timeout_ms,
		 struct buf *ret_output, struct error *err)
{
	const struct spawn s = { .argv = argv, .environment = environment, .input = input, .timeout_ms = timeout_ms };

	return spawn_as(&s, ret_output, err);
}

int spawn_on_terminal(char *const argv[], char *const environment[], struct error *err)
{
	const struct spawn s = { .argv = argv };
	void (*interrupt)(int) = signal(SIGINT, SIG_IGN);
	void (*quit)(int) = signal(SIGQUIT, SIG_IGN);
	int r, status = 0;
	pid_t pid;

	r = start(&s, environment ? environment : environ, NULL, &pid);
	while (r == 0 && waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			r = -errno;
	(void)signal(SIGINT, interrupt);
	(void)signal(SIGQUIT, quit);
	return r < 0 ? error_errno(err, r, "%s", argv[0]) : exit_status(status);
}

void spawn_quote(const struct buf *output, size_t max, struct buf *ret)
{
	const char *s = buf_str(output), *line = s;
	size_t len = output->len;
	AUTO(buf) text = {0};

	while (len && isspace((unsigned char)s[len - 1]))
		len--;
	for (size_t i = 0; i < len; i++)
		if (s[i] == '\n')
			line = s + i + 1;
	buf_put(&text, line, (size_t)(s + len - line));
	if (!text.len)
		return;
	text_clean(text.s);
	buf_printf(ret, " (it said: %.*s)", (int)max, text.s);
}
