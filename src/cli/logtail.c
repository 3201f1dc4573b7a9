/* SPDX-License-Identifier: MIT */
#include "cli/logtail.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/filewatch.h"
#include "cli/cli.h"
#include "cli/logline.h"
#include "runner/log.h"

enum { BLIND_MS = 1000, ROTATIONS_MAX = 16 };

/* One open file, read from its start to its end, which may move. All-zero is none. */
struct source {
	int fd;             /* + 1 */
	dev_t device;
	ino_t inode;
	off_t at;
	char bytes[16 * 1024];
	size_t taken, len;  /* of the bytes */
	struct lines lines;
};

static void source_done(struct source *s)
{
	if (s->fd)
		(void)close(s->fd - 1);
	*s = (struct source){0};
}

static bool is_same(const struct source *a, const struct source *b)
{
	return a->fd && b->fd && a->device == b->device && a->inode == b->inode;
}

static int judge(const struct logtail *l, const char *path, const struct stat *st, struct error *err)
{
	if (!S_ISREG(st->st_mode))
		return error_set(err, -EINVAL, "%s: wanted a file, and it is something else", path);
	if (l->is_owned && st->st_uid != l->owner)
		return error_set(err, -EPERM, "%s: belongs to another account than the tunnel runs as", path);
	return 0;
}

static int source_open(const struct logtail *l, const char *path, struct source *ret, struct error *err)
{
	int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC), r;
	struct stat st;

	if (fd < 0 && errno == ELOOP)
		return error_set(err, -ELOOP, "%s: is a link, wanted a file", path);
	if (fd < 0)
		return error_errno(err, -errno, "%s", path);
	r = fstat(fd, &st) < 0 ? error_errno(err, -errno, "%s", path) : judge(l, path, &st, err);
	if (r < 0) {
		(void)close(fd);
		return r;
	}
	*ret = (struct source){ .fd = fd + 1, .device = st.st_dev, .inode = st.st_ino };
	return 0;
}

/* The next line, or NULL: no more now. LAST: what has no newline yet is a line, too. */
static const char *source_line(struct source *s, bool last)
{
	const char *line, *next;
	size_t left;
	ssize_t n = 1;

	while (s->fd) {
		next = s->bytes + s->taken;
		left = s->len - s->taken;
		line = lines_next(&s->lines, &next, &left, n <= 0);
		s->taken = s->len - left;
		if (line || n <= 0)
			return line;
		do
			n = read(s->fd - 1, s->bytes, sizeof(s->bytes));
		while (n < 0 && errno == EINTR);
		if (n <= 0 && !last)
			return NULL;
		s->taken = 0;
		s->len = n > 0 ? (size_t)n : 0;
		s->at += (off_t)s->len;
	}
	return NULL;
}

static void source_rewind(struct source *s)
{
	if (!s->fd)
		return;
	(void)lseek(s->fd - 1, 0, SEEK_SET);
	s->at = 0;
	s->taken = s->len = 0;
	s->lines = (struct lines){0};
}

/* What is being read: the file of that name, and the one that had the name before. Its last writer may not have seen
 * yet that it has another name now, so it is not closed before the next one takes its place. */
struct reader {
	const struct logtail *l;
	char *rotated;             /* PATH.1 */
	struct source now, before;
	bool from_then_on;         /* since has been reached */
};

/* What stands behind a line that is wanted was written later, whatever the clock said: it may have been set back. */
static bool is_wanted(struct reader *r, const char *line)
{
	if (!r->l->wish.since)
		return true;
	if (logline_has_time(line) && strncmp(line, r->l->wish.since, LOGLINE_TIME) >= 0)
		r->from_then_on = true;
	return r->from_then_on;
}

static size_t count(struct reader *r, struct source *s, bool last)
{
	const char *line;
	size_t n = 0;

	source_rewind(s);
	while ((line = source_line(s, last)))
		n += is_wanted(r, line);
	return n;
}

/* Prints the source but for the first *SKIP lines that are wanted. */
static void print_from(struct reader *r, struct source *s, bool last, size_t *skip)
{
	const char *line;

	source_rewind(s);
	while ((line = source_line(s, last))) {
		if (!is_wanted(r, line))
			continue;
		if (*skip)
			(*skip)--;
		else
			logline_print_line(r->l->json, line);
	}
}

static void print_past(struct reader *r)
{
	const struct log_wish *wish = &r->l->wish;
	size_t lines = 0, skip = 0;

	if (wish->lines) {
		lines = count(r, &r->before, true);
		lines += count(r, &r->now, !wish->follow);
		r->from_then_on = false;
		skip = lines > wish->lines ? lines - wish->lines : 0;
	}
	print_from(r, &r->before, true, &skip);
	print_from(r, &r->now, !wish->follow, &skip);
}

static void print_more(const struct reader *r, struct source *s, bool last)
{
	const char *line;

	while ((line = source_line(s, last)))
		logline_print_line(r->l->json, line);
}

/* The file and the one before it; between the two looks the one may have become the other. */
static int open_both(struct reader *r, struct error *err)
{
	int code = 0;

	for (int i = 0; i < ROTATIONS_MAX; i++) {
		source_done(&r->now);
		source_done(&r->before);
		code = source_open(r->l, r->l->path, &r->now, err);
		(void)source_open(r->l, r->rotated, &r->before, NULL);
		if (!is_same(&r->now, &r->before))
			break;
	}
	return code;
}

/* Whether PATH is still the file that we read; begun anew in its place it is read anew. */
static bool is_current(struct reader *r)
{
	struct stat st;

	if (!r->now.fd || lstat(r->l->path, &st) < 0 || st.st_dev != r->now.device || st.st_ino != r->now.inode)
		return false;
	if (st.st_size < r->now.at)
		source_rewind(&r->now);
	return true;
}

/* Opens what comes after the file that we read: PATH, or PATH.1 where PATH has been renamed more than once. */
static bool open_next(struct reader *r, struct source *ret)
{
	struct source rotated = {0}, again = {0};
	bool steady = false;

	for (int i = 0; i < ROTATIONS_MAX && !steady; i++) {
		source_done(ret);
		source_done(&rotated);
		(void)source_open(r->l, r->rotated, &rotated, NULL);
		if (rotated.fd && !is_same(&rotated, &r->now) && !is_same(&rotated, &r->before)) {
			*ret = rotated;
			return true;
		}
		if (source_open(r->l, r->l->path, ret, NULL) < 0)
			break;
		(void)source_open(r->l, r->rotated, &again, NULL);
		steady = is_same(&rotated, &again) || (!rotated.fd && !again.fd);
		source_done(&again);
	}
	source_done(&rotated);
	if (steady && !is_same(ret, &r->now))
		return true;
	source_done(ret);
	return false;
}

/* Whether there is another file to read now. */
static bool turn(struct reader *r)
{
	struct source next = {0};

	if (is_current(r) || !open_next(r, &next))
		return false;
	if (r->now.fd) {
		print_more(r, &r->before, true);
		source_done(&r->before);
		r->before = r->now;
	}
	r->now = next;
	return true;
}

int logtail_reader(void)
{
	struct stat st;

	return fstat(STDOUT_FILENO, &st) == 0 && (S_ISFIFO(st.st_mode) || S_ISSOCK(st.st_mode)) ? STDOUT_FILENO : -1;
}

/* Sleeps until something happens to the files; false: nobody reads any more. */
static bool await(struct filewatch *w)
{
	struct pollfd p[] = {
		{ .fd = w->fd ? w->fd : -1, .events = POLLIN },
		{ .fd = logtail_reader() },
	};

	while (!filewatch_changed(w)) {
		(void)poll(p, ARRAY_LEN(p), w->fd ? -1 : BLIND_MS);
		if (p[1].revents & (POLLERR | POLLHUP))
			return false;
	}
	return true;
}

static void follow(struct reader *r, struct filewatch *w)
{
	do {
		do {
			print_more(r, &r->before, false);
			print_more(r, &r->now, false);
		} while (turn(r));
	} while (fflush(stdout) == 0 && await(w));
}

static int print(struct reader *r, struct error *err)
{
	AUTO(filewatch) watch = {0};
	AUTO(strv) files = {0};
	int code;

	strv_push(&files, r->l->path);
	strv_push(&files, r->rotated);
	if (r->l->wish.follow)
		filewatch_open_growing(&watch, &files); /* before anything is read, so that nothing is missed */
	code = open_both(r, err);
	if (code < 0 && (code != -ENOENT || (!r->before.fd && !r->l->wish.follow)))
		return code;
	if (!r->now.fd && !r->before.fd && r->l->says)
		cli_error("%s: not there yet; waiting for it", r->l->path);
	print_past(r);
	if (r->l->wish.follow)
		follow(r, &watch);
	return 0;
}

int logtail_print(const struct logtail *l, struct error *err)
{
	AUTO(buf) rotated = {0};
	struct reader r = { .l = l };
	int code;

	buf_cat(&rotated, l->path, ".1");
	r.rotated = rotated.s;
	code = print(&r, err);
	source_done(&r.now);
	source_done(&r.before);
	return code;
}
