/* SPDX-License-Identifier: MIT */
#include "cli/progress.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/utf8.h"
#include "cli/ink.h"

/* Words go through the pipe in pieces of WORDS_MAX bytes: at most PIPE_BUF everywhere, so each is one (pipe(7)). */
enum { QUIET_MS = 500, TICK_MS = 1000, WORDS_MAX = 512, END_MS = 500, END_STEP_MS = 1 };

static const char wipe[] = "\r\033[K";

/* What the process that draws knows. */
struct drawing {
	char words[WORDS_MAX];
	long long begun;
	bool drawn;
};

/* Somebody else has the terminal: a job in the background draws nothing into it. */
static bool is_ours(void)
{
	return tcgetpgrp(STDERR_FILENO) == getpgrp();
}

/* One write each: two processes write to the terminal. */
static void put(const char *s, size_t len)
{
	(void)!write(STDERR_FILENO, s, len); /* where it fails, nobody looks any more */
}

/* Bytes of the first MAX characters. */
static size_t fit(const char *s, size_t max)
{
	size_t i = 0;

	for (size_t n = 0; s[i]; i++)
		if (((unsigned char)s[i] & 0xc0) != 0x80 && n++ == max)
			break;
	return i;
}

static void draw(struct drawing *d)
{
	long long seconds = (clock_ms() - d->begun) / 1000;
	struct winsize size = {0};
	AUTO(buf) line = {0};
	AUTO(buf) tail = {0};
	size_t room = 80;

	if (!is_ours())
		return;
	if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col)
		room = size.ws_col;
	buf_puts(&tail, " ...");
	if (seconds)
		buf_printf(&tail, " %lld s", seconds);
	room = room > tail.len + 1 ? room - tail.len - 1 : 0;
	buf_puts(&line, wipe);
	buf_put(&line, d->words, fit(d->words, room));
	buf_puts(&line, tail.s);
	put(line.s, line.len);
	d->drawn = true;
}

static void erase(struct drawing *d)
{
	if (d->drawn && is_ours())
		put(wipe, sizeof(wipe) - 1);
	d->drawn = false;
}

/* New words; false: there is an end to it. */
static bool take_words(struct drawing *d, int fd)
{
	ssize_t n = read(fd, d->words, sizeof(d->words));

	if (n <= 0)
		return n < 0 && errno == EINTR;
	d->words[WORDS_MAX - 1] = '\0';
	d->begun = clock_ms();
	return true;
}

static long long next_draw(const struct drawing *d)
{
	long long age = clock_ms() - d->begun;

	return d->begun + (age < QUIET_MS ? QUIET_MS : (age / TICK_MS + 1) * TICK_MS);
}

/* Until whoever began it ends it, or ends. */
static void draw_until_end(int fd)
{
	struct drawing d = { .begun = clock_ms() };
	struct pollfd p = { .fd = fd, .events = POLLIN };
	bool goes_on = true;

	while (goes_on) {
		if (poll(&p, 1, clock_ms_until(next_draw(&d))) > 0) {
			goes_on = take_words(&d, fd);
			if (d.drawn && goes_on)
				draw(&d);
		} else if (*d.words && clock_ms() - d.begun >= QUIET_MS) {
			draw(&d);
		}
	}
	erase(&d);
}

/* The handlers of the process that we were would answer in its name. Ctrl-C is for that one: its end is ours. */
static void forget_handlers(void)
{
	static const int dropped[] = { SIGTERM, SIGHUP, SIGWINCH };

	for (size_t i = 0; i < ARRAY_LEN(dropped); i++)
		(void)signal(dropped[i], SIG_DFL);
	(void)signal(SIGINT, SIG_IGN);
	(void)signal(SIGQUIT, SIG_IGN);
	(void)signal(SIGPIPE, SIG_IGN);
}

static void become_drawer(int fd, int theirs)
{
	forget_handlers();
	(void)close(theirs);
	/* Whoever reads the verb's output must not wait for us. */
	(void)close(STDIN_FILENO);
	(void)close(STDOUT_FILENO);
	draw_until_end(fd);
	_exit(0);
}

static bool is_shown(const struct cli *cli)
{
	return !cli->options.quiet && ink_can_move(STDERR_FILENO) && is_ours();
}

static void say(const struct progress *p, const char *format, va_list ap)
{
	void (*before)(int) = signal(SIGPIPE, SIG_IGN); /* the process that draws may have been killed */
	char piece[WORDS_MAX] = {0};
	AUTO(buf) words = {0};

	buf_vprintf(&words, format, ap);
	text_clean(words.s);
	memcpy(piece, words.s, fit(words.s, (WORDS_MAX - 1) / 4)); /* a character has at most four bytes */
	(void)!write(p->fd - 1, piece, sizeof(piece));
	(void)signal(SIGPIPE, before);
}

/* fd[1] is ours, and no program that we start gets it. */
static int open_pipe(int fd[2])
{
	if (pipe(fd) < 0)
		return -errno;
	(void)fcntl(fd[0], F_SETFD, FD_CLOEXEC);
	(void)fcntl(fd[1], F_SETFD, FD_CLOEXEC);
	(void)fcntl(fd[1], F_SETFL, O_NONBLOCK);
	return 0;
}

void progress_begin(struct progress *p, const struct cli *cli, const char *format, ...)
{
	va_list ap;
	int fd[2];

	*p = (struct progress){0};
	if (!is_shown(cli) || open_pipe(fd) < 0)
		return;
	(void)fflush(stdout); /* what was said before stands above */
	p->pid = fork();
	if (p->pid == 0)
		become_drawer(fd[0], fd[1]);
	(void)close(fd[0]);
	if (p->pid < 0) {
		(void)close(fd[1]);
		return;
	}
	p->fd = fd[1] + 1;
	va_start(ap, format);
	say(p, format, ap);
	va_end(ap);
}

void progress_step(struct progress *p, const char *format, ...)
{
	va_list ap;

	if (!p->fd)
		return;
	va_start(ap, format);
	say(p, format, ap);
	va_end(ap);
}

/* A terminal that takes nothing (Ctrl-S, a line that is dead) must not hold the verb up: false then. */
static bool wait_for_end(pid_t pid, int *ret_status)
{
	for (int i = 0; i < END_MS / END_STEP_MS; i++) {
		pid_t ended = waitpid(pid, ret_status, WNOHANG);

		if (ended == pid)
			return true;
		if (ended < 0 && errno != EINTR)
			return false;
		(void)usleep(END_STEP_MS * 1000);
	}
	(void)kill(pid, SIGKILL);
	while (waitpid(pid, ret_status, 0) < 0 && errno == EINTR)
		;
	return false;
}

void progress_end(struct progress *p)
{
	int status = 0;

	if (!p->fd)
		return;
	(void)close(p->fd - 1);
	if (wait_for_end(p->pid, &status) && WIFSIGNALED(status) && is_ours())
		put(wipe, sizeof(wipe) - 1);
	*p = (struct progress){0};
}
