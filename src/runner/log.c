/* SPDX-License-Identifier: MIT */
#include "runner/log.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/utf8.h"

/* macOS has none; SIGPIPE is ignored anyway. */
#ifndef MSG_NOSIGNAL
#define MSG_NOSIGNAL 0
#endif

/* A terminal may have room for less than a pipe once poll() says that it has some; Linux gives it out by 256 bytes, and
 * a newline becomes two. */
enum { TERMINAL_CHUNK = 128 };

static size_t left(const struct log *l)
{
	return l->waiting.len - l->written;
}

static void forget_waiting(struct log *l)
{
	buf_done(&l->waiting);
	l->written = l->announced_end = 0;
	l->announced = 0;
}

static void close_fd(struct log *l)
{
	if (l->fd && l->own)
		(void)close(l->fd - 1);
	l->fd = 0;
}

static bool is_journal(const struct stat *st)
{
	const char *stream = getenv("JOURNAL_STREAM");
	char name[64];

	(void)snprintf(name, sizeof(name), "%ju:%ju", (uintmax_t)st->st_dev, (uintmax_t)st->st_ino);
	return stream && !strcmp(stream, name);
}

/*
 * O_NONBLOCK belongs to the open file, which standard error shares with whoever started us, so it is opened once more
 * for us alone. Linux only: elsewhere /dev/fd gives the shared one again; so does an account that may not open it.
 */
static int open_again(int fd)
{
	char path[32];
	int own, flags;

	(void)snprintf(path, sizeof(path), "/dev/fd/%d", fd);
	own = open(path, O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (own < 0)
		return -errno;
	flags = fcntl(own, F_GETFL);
	if (flags >= 0 && flags & O_NONBLOCK)
		return own;
	(void)close(own);
	return -ENOTSUP;
}

void log_open_fd(struct log *l, int fd)
{
	struct stat st;
	int own;

	log_done(l);
	if (fstat(fd, &st) < 0)
		return;
	l->fd = fd + 1;
	l->socket = S_ISSOCK(st.st_mode);
	l->regular = S_ISREG(st.st_mode);
	l->journal = is_journal(&st);
	l->chunk = S_ISCHR(st.st_mode) && isatty(fd) ? TERMINAL_CHUNK : PIPE_BUF;
	if ((S_ISFIFO(st.st_mode) || l->chunk == TERMINAL_CHUNK) && (own = open_again(fd)) >= 0) {
		l->fd = own + 1;
		l->own = true;
		l->chunk = PIPE_BUF;
	}
}

static int open_path(const char *path)
{
	/* A pipe that somebody made there must not hold us up. */
	const int flags = O_WRONLY | O_APPEND | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
	int fd = open(path, flags);

	if (fd < 0 && errno == ENOENT && (fd = open(path, flags | O_CREAT | O_EXCL, 0640)) >= 0)
		(void)fchmod(fd, 0640); /* the unit's UMask= makes all else private */
	else if (fd < 0 && errno == EEXIST)
		fd = open(path, flags); /* another tunnel's runner was faster */
	return fd < 0 ? -errno : fd;
}

static int begin_file(struct log *l, const char *path)
{
	struct stat st;
	int fd = open_path(path);

	if (fd < 0)
		return fd;
	if (fstat(fd, &st) < 0)
		st = (struct stat){0};
	close_fd(l);
	l->fd = fd + 1;
	l->own = true;
	l->torn = false;
	l->regular = S_ISREG(st.st_mode);
	l->size = st.st_size;
	l->chunk = PIPE_BUF;
	return 0;
}

int log_open_file(struct log *l, const char *path)
{
	int r;

	log_done(l);
	if ((r = begin_file(l, path)) < 0)
		return r;
	l->path = xstrdup(path);
	return 0;
}

/* Whether PATH is still the file that we write to. */
static bool is_ours(const struct log *l)
{
	struct stat named, ours;

	return lstat(l->path, &named) == 0 && fstat(l->fd - 1, &ours) == 0 && named.st_dev == ours.st_dev &&
	       named.st_ino == ours.st_ino;
}

/* Another name has been given to the file, by logrotate or another tunnel that writes to the same one, or it is now
 * large enough for us to do so. If it cannot be begun anew the old one goes on. */
static void turn_file(struct log *l, long long now)
{
	AUTO(buf) old = {0};
	bool full = l->regular && l->size > LOG_FILE_MAX;

	if (!l->path || (!full && now == l->looked))
		return;
	l->looked = now;
	if (is_ours(l)) {
		if (!full)
			return;
		buf_cat(&old, l->path, ".1");
		if (rename(l->path, old.s) < 0) {
			l->size = 0; /* asked again only when it has grown by as much again */
			return;
		}
	}
	(void)begin_file(l, l->path);
}

/* How much of what waits to write at once: whole lines where possible, for others may write there, too. */
static size_t next_chunk(const struct log *l)
{
	const char *s = l->waiting.s + l->written;
	size_t len = left(l);

	if (len <= l->chunk)
		return len;
	for (len = l->chunk; len && s[len - 1] != '\n';)
		len--;
	return len ? len : l->chunk;
}

/* The number of bytes, 0: not now, or -errno. */
static ssize_t write_now(const struct log *l, const char *s, size_t len)
{
	struct pollfd p = { .fd = l->fd - 1, .events = POLLOUT };
	ssize_t n;

	if (l->socket)
		n = send(p.fd, s, len, MSG_DONTWAIT | MSG_NOSIGNAL);
	else if (!l->own && poll(&p, 1, 0) <= 0)
		return 0;
	else
		n = write(p.fd, s, len);
	if (n >= 0)
		return n;
	return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR ? 0 : -errno;
}

static void drop_waiting(struct log *l)
{
	const char *s = l->waiting.s, *end = s + l->waiting.len;

	/* The line about dropped ones is none itself, but those that it counted have not been told of. */
	if (l->announced_end > l->written)
		l->dropped += l->announced - 1;
	for (s += l->written; s < end && (s = memchr(s, '\n', (size_t)(end - s))); s++)
		l->dropped++;
	forget_waiting(l);
}

static void fail(struct log *l, int code)
{
	/* A file becomes writable again without a word, so it is tried with the next line; where nobody reads any
	 * more, or the terminal has gone, nobody ever will. */
	if (l->path || code == ENOSPC || code == EDQUOT || code == EFBIG) {
		drop_waiting(l);
		return;
	}
	forget_waiting(l);
	close_fd(l);
}

static void append(struct log *l, const char *line, size_t len)
{
	if (l->written && l->waiting.cap - l->waiting.len <= len) {
		memmove(l->waiting.s, l->waiting.s + l->written, left(l));
		l->waiting.len -= l->written;
		l->announced_end -= l->announced_end > l->written ? l->written : l->announced_end;
		l->written = 0;
	}
	buf_put(&l->waiting, line, len);
}

enum { HEAD_MAX = 32 };

/* The line as it is written; RET holds LOG_LINE_MAX + HEAD_MAX bytes. Its length. */
static size_t compose(const struct log *l, int level, const char *text, char *ret)
{
	time_t now = time(NULL);
	struct tm tm;
	size_t len = 0;

	if (l->journal) {
		len = (size_t)snprintf(ret, HEAD_MAX, "<%d>", level);
	} else if (l->path) {
		tzset(); /* the machine may have travelled */
		if (localtime_r(&now, &tm))
			len = strftime(ret, HEAD_MAX, "%Y-%m-%d %H:%M:%S ", &tm);
	}
	for (; *text; text++)
		ret[len++] = *text;
	ret[len++] = '\n';
	return len;
}

/* As soon as there is room again, how many lines had none. */
static void announce(struct log *l)
{
	char text[64], line[LOG_LINE_MAX + HEAD_MAX];

	if (!l->dropped || left(l) > LOG_WAITING_MAX / 4)
		return;
	(void)snprintf(text, sizeof(text), "%u line%s dropped", l->dropped, l->dropped == 1 ? "" : "s");
	append(l, line, compose(l, LOG_LEVEL_WARNING, text, line));
	l->announced = l->dropped;
	l->announced_end = l->waiting.len;
	l->dropped = 0;
}

/* Half a line was written before the disk was full: what comes now begins a new one. */
static bool mend(struct log *l)
{
	if (l->torn && !left(l) && write_now(l, "\n", 1) == 1)
		l->torn = false;
	return !l->torn || left(l);
}

void log_flush(struct log *l)
{
	ssize_t n;

	if (!l->fd)
		return;
	for (announce(l); left(l); announce(l)) {
		size_t len = next_chunk(l);

		if ((n = write_now(l, l->waiting.s + l->written, len)) < 0) {
			fail(l, (int)-n);
			return;
		}
		if (n == 0)
			return;
		l->torn = l->waiting.s[l->written + (size_t)n - 1] != '\n';
		l->written += (size_t)n;
		l->size += n;
	}
	forget_waiting(l);
}

int log_wants(const struct log *l)
{
	return l->fd && left(l) ? l->fd - 1 : -1;
}

static bool has_room(const struct log *l, int level, size_t len)
{
	if (level <= LOG_LEVEL_WARNING)
		return left(l) + len <= LOG_WAITING_MAX;
	return !l->dropped && left(l) + len <= LOG_WAITING_MAX / 2;
}

/* Makes the LEN bytes of S one line that is safe to print; S has room for LOG_LINE_MAX + 1 bytes and a NUL. */
static void clean(char *s, size_t len)
{
	if (len > LOG_LINE_MAX) {
		len = LOG_LINE_MAX - 3;
		/* Not within a character. */
		for (int i = 0; i < 3 && ((unsigned char)s[len] & 0xc0) == 0x80; i++)
			len--;
		memset(s + len, '.', 3);
		len += 3;
	}
	s[len] = '\0';
	text_clean(s);
}

void log_line(struct log *l, int level, const char *text)
{
	char clear[LOG_LINE_MAX + 2], line[LOG_LINE_MAX + HEAD_MAX];
	size_t len = strnlen(text, LOG_LINE_MAX + 1);

	if (!l->fd)
		return;
	memcpy(clear, text, len);
	clean(clear, len);
	turn_file(l, time(NULL));
	len = compose(l, level, clear, line);
	if (!mend(l)) {
		l->dropped++;
		return;
	}
	announce(l);
	if (has_room(l, level, len))
		append(l, line, len);
	else
		l->dropped++;
	log_flush(l);
}

void log_done(struct log *l)
{
	log_flush(l);
	forget_waiting(l);
	close_fd(l);
	free(l->path);
	*l = (struct log){0};
}

const char *lines_next(struct lines *l, const char **bytes, size_t *len, bool end)
{
	for (; *len; (*bytes)++, (*len)--) {
		char c = **bytes;

		if (c == '\n')
			break;
		/* One byte more than a line may have: a CR that goes away again. */
		if (l->len <= LOG_LINE_MAX)
			l->s[l->len++] = c ? c : '?';
		else
			l->cut = true;
	}
	if (*len) {
		(*bytes)++;
		(*len)--;
		if (l->len && !l->cut && l->s[l->len - 1] == '\r')
			l->len--;
	} else if (!end || !l->len) {
		return NULL;
	}
	clean(l->s, l->len);
	l->len = 0;
	l->cut = false;
	return l->s;
}
