/* SPDX-License-Identifier: MIT */
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
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>
#ifdef __linux__
#include <sched.h>
#include <sys/mount.h>
#endif

#include "base/file.h"
#include "base/utf8.h"
#include "folder.h"
#include "runner/log.h"

/* Nothing here may block; what does is killed, and the test has failed. */
enum { TOO_LONG = 60 };

static int begin(void **state UNUSED)
{
	(void)alarm(TOO_LONG);
	(void)signal(SIGPIPE, SIG_IGN);
	(void)unsetenv("JOURNAL_STREAM");
	return 0;
}

/* Takes away what can be read now, at most MAX bytes. */
static void take(int fd, size_t max, struct buf *ret)
{
	int flags = fcntl(fd, F_GETFL);

	assert_int_equal(fcntl(fd, F_SETFL, flags | O_NONBLOCK), 0);
	while (max) {
		char chunk[4096];
		ssize_t n = read(fd, chunk, max < sizeof(chunk) ? max : sizeof(chunk));

		if (n <= 0)
			break;
		buf_put(ret, chunk, (size_t)n);
		max -= (size_t)n;
	}
	assert_int_equal(fcntl(fd, F_SETFL, flags), 0);
}

static void take_all(struct log *l, int fd, struct buf *ret)
{
	while (log_wants(l) >= 0) {
		take(fd, SIZE_MAX, ret);
		log_flush(l);
	}
	take(fd, SIZE_MAX, ret);
}

static size_t count(const char *text, const char *what)
{
	size_t n = 0;

	for (; (text = strstr(text, what)); text += strlen(what))
		n++;
	return n;
}

/* The sum of all "N lines dropped"; each must be a line of its own. */
static unsigned dropped(const char *text)
{
	unsigned sum = 0;

	for (const char *s = text; (s = strstr(s, " dropped\n")); s++) {
		const char *line = s;
		char want[64];
		unsigned n;

		while (line > text && line[-1] != '\n')
			line--;
		if (line[4] == '-' && line[7] == '-')
			line += strlen("2026-11-22 14:03:05 ");
		assert_int_equal(sscanf(line, "%u", &n), 1);
		(void)snprintf(want, sizeof(want), "%u line%s dropped\n", n, n == 1 ? "" : "s");
		assert_int_equal(strncmp(line, want, strlen(want)), 0);
		sum += n;
	}
	return sum;
}

/* The ways to open a descriptor: by itself, or as where it cannot be opened a second time (macOS, another account). */
static void open_log(struct log *l, int fd, bool again)
{
	struct rlimit before, none;

	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	none = before;
	none.rlim_cur = 0;
	if (!again)
		assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	log_open_fd(l, fd);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
	if (!again)
		assert_false(l->own);
}

struct ends {
	int in, out; /* in: written to, out: read from */
};

static struct ends new_pipe(void)
{
	int fd[2];

	assert_int_equal(pipe(fd), 0);
	return (struct ends){ .in = fd[1], .out = fd[0] };
}

static struct ends new_socket(void)
{
	int fd[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fd), 0);
	return (struct ends){ .in = fd[1], .out = fd[0] };
}

/* Without a translation of newlines, so that what is read is what was written. */
static struct ends new_terminal(void)
{
	struct ends e;
	struct termios t;

	e.out = posix_openpt(O_RDWR | O_NOCTTY);
	assert_true(e.out >= 0);
	assert_int_equal(grantpt(e.out), 0);
	assert_int_equal(unlockpt(e.out), 0);
	e.in = open(ptsname(e.out), O_RDWR | O_NOCTTY);
	assert_true(e.in >= 0);
	assert_int_equal(tcgetattr(e.in, &t), 0);
	t.c_oflag &= (tcflag_t)~OPOST;
	assert_int_equal(tcsetattr(e.in, TCSANOW, &t), 0);
	return e;
}

static const struct way {
	const char *name;
	struct ends (*make)(void);
	bool again;
} ways[] = {
	{ "pipe", new_pipe, true },         { "pipe, shared", new_pipe, false },
	{ "terminal", new_terminal, true }, { "terminal, shared", new_terminal, false },
	{ "socket", new_socket, true },
};

static void open_way(const struct way *w, struct log *l, struct ends *e)
{
	*e = w->make();
	open_log(l, e->in, w->again);
}

static void close_way(struct log *l, struct ends *e)
{
	/* It is shared with others, who would not expect that. */
	assert_int_equal(fcntl(e->in, F_GETFL) & O_NONBLOCK, 0);
	log_done(l);
	assert_true(fcntl(e->in, F_GETFD) >= 0);
	(void)close(e->in);
	if (e->out >= 0)
		(void)close(e->out);
}

static void writes_lines(void **state UNUSED)
{
	for (size_t i = 0; i < ARRAY_LEN(ways); i++) {
		AUTO(buf) got = {0};
		struct log l = {0};
		struct ends e;

		open_way(&ways[i], &l, &e);
		log_line(&l, LOG_LEVEL_INFO, "one");
		log_line(&l, LOG_LEVEL_ERR, "");
		log_line(&l, LOG_LEVEL_WARNING, "\x1b]0;x\x07 b\xc3\xa4ren\r\nforged \xff\t\xe2\x80\xa8");
		assert_int_equal(log_wants(&l), -1);
		assert_null(l.waiting.s);
		take(e.out, SIZE_MAX, &got);
		assert_string_equal(got.s, "one\n\n?]0;x? b\xc3\xa4ren??forged ?\t???\n");
		close_way(&l, &e);
	}
}

static void nothing_is_open(void **state UNUSED)
{
	struct log l = {0};

	log_line(&l, LOG_LEVEL_ERR, "x");
	log_flush(&l);
	assert_int_equal(log_wants(&l), -1);
	log_done(&l);
	log_open_fd(&l, 987);
	log_line(&l, LOG_LEVEL_ERR, "x");
	assert_int_equal(log_wants(&l), -1);
	log_done(&l);
	/* Closed behind our back. */
	for (size_t i = 0; i < ARRAY_LEN(ways); i++) {
		struct ends e;

		open_way(&ways[i], &l, &e);
		if (!l.own)
			(void)close(e.in);
		log_line(&l, LOG_LEVEL_ERR, "x");
		assert_int_equal(log_wants(&l), -1);
		log_done(&l);
		if (ways[i].again && ways[i].make != new_socket)
			(void)close(e.in);
		(void)close(e.out);
	}
}

static void long_lines(void **state UNUSED)
{
	AUTO(buf) got = {0};
	AUTO(buf) text = {0};
	struct log l = {0};
	struct ends e = new_pipe();

	log_open_fd(&l, e.in);
	while (text.len < LOG_LINE_MAX)
		buf_putc(&text, 'x');
	log_line(&l, LOG_LEVEL_INFO, text.s);
	take(e.out, SIZE_MAX, &got);
	buf_putc(&text, '\n');
	assert_string_equal(got.s, text.s);
	for (size_t len = LOG_LINE_MAX + 1; len < 50000; len = len * 3 / 2) {
		/* Four bytes a character: it is cut between two. */
		for (size_t shift = 0; shift < 4; shift++) {
			buf_clear(&text);
			buf_clear(&got);
			for (size_t i = 0; i < shift; i++)
				buf_putc(&text, 'x');
			while (text.len < len)
				buf_puts(&text, "\xf0\x9f\x90\xbb");
			log_line(&l, LOG_LEVEL_INFO, text.s);
			take(e.out, SIZE_MAX, &got);
			assert_in_range(got.len, LOG_LINE_MAX - 3, LOG_LINE_MAX + 1);
			assert_string_equal(got.s + got.len - 4, "...\n");
			assert_memory_equal(got.s, text.s, got.len - 4);
			assert_null(strchr(got.s, '?'));
		}
	}
	close_way(&l, &e);
}

/* Nobody reads: bounded, and in the end each line is there or counted. */
static void full(void **state UNUSED)
{
	enum { LINES = 20000 };

	for (size_t i = 0; i < ARRAY_LEN(ways); i++) {
		AUTO(buf) got = {0};
		struct log l = {0};
		struct ends e;
		char text[32];
		unsigned last = 0, seen = 0;

		open_way(&ways[i], &l, &e);
		for (unsigned n = 1; n <= LINES; n++) {
			(void)snprintf(text, sizeof(text), "line %u", n);
			log_line(&l, LOG_LEVEL_INFO, text);
			assert_true(l.waiting.len - l.written <= LOG_WAITING_MAX / 2);
		}
		assert_true(log_wants(&l) >= 0);
		log_flush(&l); /* poll() may say so though nothing has changed */
		assert_true(log_wants(&l) >= 0);
		/* Others write into the same pipe, but not into the middle of a line. */
		take(e.out, 10000, &got);
		log_flush(&l);
		take(e.out, SIZE_MAX, &got);
		if (ways[i].make == new_pipe)
			assert_int_equal(got.s[got.len - 1], '\n');
		take_all(&l, e.out, &got);
		assert_null(l.waiting.s);
		for (const char *s = got.s; (s = strstr(s, "line ")); s++) {
			unsigned n = (unsigned)strtoul(s + 5, NULL, 10);

			if (!n)
				continue; /* "1 line dropped" */
			assert_true(n > last);
			last = n;
			seen++;
		}
		if (seen + dropped(got.s) != LINES)
			fail_msg("%s: %u lines, %u dropped", ways[i].name, seen, dropped(got.s));
		assert_true(dropped(got.s) > 0);
		/* It goes on as if nothing had been. */
		buf_clear(&got);
		log_line(&l, LOG_LEVEL_INFO, "after");
		take_all(&l, e.out, &got);
		assert_string_equal(got.s, "after\n");
		close_way(&l, &e);
	}
}

/* ctrl-S, and the reader goes on reading: nothing comes, and nobody is held up. */
static void stopped_terminal(void **state UNUSED)
{
	for (int again = 0; again < 2; again++) {
		AUTO(buf) got = {0};
		struct log l = {0};
		struct ends e = new_terminal();

		open_log(&l, e.in, again);
		assert_int_equal(tcflow(e.in, TCOOFF), 0);
		for (int i = 0; i < 20000; i++)
			log_line(&l, LOG_LEVEL_ERR, "an error");
		take(e.out, SIZE_MAX, &got);
		assert_int_equal(got.len, 0);
		assert_true(log_wants(&l) >= 0);
		assert_int_equal(tcflow(e.in, TCOON), 0);
		take_all(&l, e.out, &got);
		assert_int_equal(count(got.s, "an error\n") + dropped(got.s), 20000);
		close_way(&l, &e);
	}
}

static void reader_gone(void **state UNUSED)
{
	for (size_t i = 0; i < ARRAY_LEN(ways); i++)
		for (int waits = 0; waits < 2; waits++) {
			struct log l = {0};
			struct ends e;

			open_way(&ways[i], &l, &e);
			for (int n = 0; waits && n < 20000; n++)
				log_line(&l, LOG_LEVEL_INFO, "waits");
			(void)close(e.out);
			e.out = -1;
			for (int n = 0; n < 3; n++)
				log_line(&l, LOG_LEVEL_ERR, "nobody is there");
			assert_int_equal(log_wants(&l), -1);
			assert_null(l.waiting.s);
			close_way(&l, &e);
		}
}

/*
 * The reader is slower than all lines together, but faster than the errors alone: then each error comes, whole and in
 * its place, and the ordinary lines come or are counted.
 */
static void slow_reader(void **state UNUSED)
{
	enum { ERRORS = 10000, ORDINARY = 10, PACE = 200 };

	for (size_t i = 0; i < ARRAY_LEN(ways); i++) {
		AUTO(buf) got = {0};
		struct log l = {0};
		struct ends e;
		char text[64];
		unsigned errors = 0, ordinary = 0;

		open_way(&ways[i], &l, &e);
		for (unsigned n = 0; n < ERRORS; n++) {
			for (unsigned k = 0; k < ORDINARY; k++) {
				(void)snprintf(text, sizeof(text), "debug1: %u of %u, and some more words", k, n);
				log_line(&l, LOG_LEVEL_INFO, text);
			}
			(void)snprintf(text, sizeof(text), "error %u", n);
			log_line(&l, n % 2 ? LOG_LEVEL_ERR : LOG_LEVEL_WARNING, text);
			take(e.out, PACE, &got);
			log_flush(&l);
			assert_true(l.waiting.cap <= 2 * LOG_WAITING_MAX + LOG_LINE_MAX * 4);
		}
		take_all(&l, e.out, &got);
		for (char *s = got.s, *end; (end = strchr(s, '\n')); s = end + 1) {
			unsigned n, k;
			int used = 0;

			*end = '\0';
			if (sscanf(s, "error %u%n", &n, &used) == 1 && !s[used])
				assert_int_equal(n, errors++);
			else if (sscanf(s, "debug1: %u of %u, and some more words%n", &k, &n, &used) == 2 && !s[used])
				ordinary++;
			else if (!strstr(s, " dropped"))
				fail_msg("%s: %s", ways[i].name, s);
			*end = '\n';
		}
		assert_int_equal(errors, ERRORS);
		assert_int_equal(ordinary + dropped(got.s), ERRORS * ORDINARY);
		assert_true(ordinary > 0 && dropped(got.s) > 0);
		print_message("%s: %u ordinary lines, %u dropped in %zu gaps\n", ways[i].name, ordinary,
			      dropped(got.s), count(got.s, " dropped\n"));
		close_way(&l, &e);
	}
}

/* Only errors, and nobody reads: bounded as well, and counted. */
static void errors_without_end(void **state UNUSED)
{
	AUTO(buf) got = {0};
	struct log l = {0};
	struct ends e = new_pipe();

	log_open_fd(&l, e.in);
	for (int i = 0; i < 50000; i++) {
		log_line(&l, LOG_LEVEL_ERR, "error");
		assert_true(l.waiting.len - l.written <= LOG_WAITING_MAX);
	}
	take_all(&l, e.out, &got);
	assert_int_equal(count(got.s, "error\n") + dropped(got.s), 50000);
	close_way(&l, &e);
}

/* A few bytes at a time go out and come in: nothing is lost or torn. */
static void partial_writes(void **state UNUSED)
{
	for (size_t i = 0; i < ARRAY_LEN(ways); i++) {
		AUTO(buf) got = {0};
		AUTO(buf) want = {0};
		struct log l = {0};
		struct ends e;
		unsigned seed = 1;

		open_way(&ways[i], &l, &e);
#ifdef F_SETPIPE_SZ
		(void)fcntl(e.in, F_SETPIPE_SZ, 4096);
#endif
		if (ways[i].make == new_socket)
			assert_int_equal(setsockopt(e.in, SOL_SOCKET, SO_SNDBUF, &(int){ 4608 }, sizeof(int)), 0);
		for (unsigned n = 0; n < 3000; n++) {
			char text[1000];
			size_t len;

			seed = seed * 1103515245 + 12345;
			len = (seed >> 16) % sizeof(text);
			memset(text, 'a' + (int)(n % 26), len);
			text[len ? len - 1 : 0] = '\0';
			log_line(&l, LOG_LEVEL_INFO, text);
			buf_cat(&want, text, "\n");
			do {
				take(e.out, (seed >> 8) % 1500, &got);
				seed = seed * 1103515245 + 12345;
				log_flush(&l);
			} while (l.waiting.len - l.written > 50000);
		}
		take_all(&l, e.out, &got);
		assert_int_equal(got.len, want.len);
		assert_string_equal(got.s, want.s);
		close_way(&l, &e);
	}
}

static void journal(void **state UNUSED)
{
	for (int is = 0; is < 2; is++) {
		AUTO(buf) got = {0};
		struct log l = {0};
		struct ends e = new_socket();
		struct stat st;
		char stream[64];

		assert_int_equal(fstat(e.in, &st), 0);
		(void)snprintf(stream, sizeof(stream), "%ju:%ju", (uintmax_t)st.st_dev, (uintmax_t)st.st_ino + !is);
		assert_int_equal(setenv("JOURNAL_STREAM", stream, 1), 0);
		log_open_fd(&l, e.in);
		log_line(&l, LOG_LEVEL_ERR, "an error");
		log_line(&l, LOG_LEVEL_INFO, "<3>no error");
		take(e.out, SIZE_MAX, &got);
		assert_string_equal(got.s, is ? "<3>an error\n<6><3>no error\n" : "an error\n<3>no error\n");
		close_way(&l, &e);
	}
	(void)unsetenv("JOURNAL_STREAM");
}

static void read_file(const char *path, struct buf *ret)
{
	struct error err = {0};

	buf_clear(ret);
	if (file_read(path, 16 * LOG_FILE_MAX, ret, NULL, &err) < 0)
		fail_msg("%s", err.text);
}

static void own_file(void **state UNUSED)
{
	struct folder dir = {0};
	AUTO(buf) path = {0};
	AUTO(buf) got = {0};
	struct log l = {0};
	struct stat st;
	struct tm tm = {0};
	mode_t mask = umask(0077);
	time_t now = time(NULL), then;

	folder_make(&dir);
	assert_int_equal(log_open_file(&l, folder_at(&dir, "log", &path)), 0);
	log_line(&l, LOG_LEVEL_INFO, "one");
	log_line(&l, LOG_LEVEL_ERR, "two");
	assert_int_equal(log_wants(&l), -1);
	log_done(&l);
	assert_int_equal(stat(path.s, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0640);
	read_file(path.s, &got);
	assert_int_equal(got.len, 2 * strlen("2026-11-22 14:03:05 one\n"));
	assert_int_equal(sscanf(got.s, "%d-%d-%d %d:%d:%d one\n", &tm.tm_year, &tm.tm_mon, &tm.tm_mday, &tm.tm_hour,
				&tm.tm_min, &tm.tm_sec), 6);
	tm.tm_year -= 1900;
	tm.tm_mon--;
	tm.tm_isdst = -1;
	then = mktime(&tm);
	assert_in_range(then, now - 3601, now + 3602); /* an hour that there is twice a year */

	/* Appended to, and a mode that somebody gave it stays. */
	assert_int_equal(chmod(path.s, 0604), 0);
	assert_int_equal(log_open_file(&l, path.s), 0);
	log_line(&l, LOG_LEVEL_INFO, "three");
	log_done(&l);
	read_file(path.s, &got);
	assert_int_equal(count(got.s, "\n"), 3);
	assert_int_equal(stat(path.s, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0604);
	(void)umask(mask);
	folder_done(&dir);
}

static void own_file_is_refused(void **state UNUSED)
{
	struct folder dir = {0};
	AUTO(buf) path = {0};
	AUTO(buf) link_path = {0};
	struct log l = {0};

	folder_make(&dir);
	folder_puts(&dir, "target", "");
	assert_int_equal(symlink(folder_at(&dir, "target", &path), folder_at(&dir, "link", &link_path)), 0);
	assert_int_equal(log_open_file(&l, link_path.s), -ELOOP);
	assert_int_equal(log_open_file(&l, folder_at(&dir, "none/log", &path)), -ENOENT);
	assert_int_equal(log_open_file(&l, dir.path), -EISDIR);
	assert_int_equal(mkfifo(folder_at(&dir, "fifo", &path), 0600), 0);
	assert_int_equal(log_open_file(&l, path.s), -ENXIO); /* at once */
	log_line(&l, LOG_LEVEL_ERR, "nowhere");
	assert_int_equal(log_wants(&l), -1);
	log_done(&l);
	folder_done(&dir);
}

static void rotation(void **state UNUSED)
{
	struct folder dir = {0};
	AUTO(buf) path = {0};
	AUTO(buf) now = {0};
	AUTO(buf) old = {0};
	struct log logs[2] = {{0}};
	struct stat st;
	char text[128], want[160];
	unsigned lines = 0;

	folder_make(&dir);
	/* Two tunnels may write to one file. */
	for (int i = 0; i < 2; i++)
		assert_int_equal(log_open_file(&logs[i], folder_at(&dir, "log", &path)), 0);
	(void)folder_at(&dir, "log.1", &old);
	while (stat(old.s, &st) < 0) {
		assert_true(lines < 2 * LOG_FILE_MAX / 60);
		(void)snprintf(text, sizeof(text), "line %u: forty bytes and a few more of them", lines++);
		log_line(&logs[0], LOG_LEVEL_INFO, text);
	}
	assert_in_range(st.st_size, LOG_FILE_MAX, LOG_FILE_MAX + 200);
	read_file(path.s, &now);
	assert_int_equal(count(now.s, "\n"), 1);
	buf_clear(&old);
	read_file(folder_at(&dir, "log.1", &path), &old);
	assert_int_equal(count(old.s, "\n"), lines - 1);
	for (unsigned i = 0; i < lines; i += 997) {
		(void)snprintf(want, sizeof(want), " line %u: forty", i);
		assert_int_equal(count(old.s, want), 1);
	}
	/* The other one notices, at the latest a second later. */
	logs[1].looked = 0;
	log_line(&logs[1], LOG_LEVEL_INFO, "from the other");
	read_file(folder_at(&dir, "log", &path), &now);
	assert_int_equal(count(now.s, " from the other\n"), 1);
	/* Turned a second time the oldest goes. */
	for (int i = 0; i < 30000; i++)
		log_line(&logs[i % 2], LOG_LEVEL_INFO, text);
	assert_int_equal(folder_count(&dir), 2);
	for (int i = 0; i < 2; i++)
		log_done(&logs[i]);
	folder_done(&dir);
}

static void moved_away(void **state UNUSED)
{
	struct folder dir = {0};
	AUTO(buf) path = {0};
	AUTO(buf) other = {0};
	AUTO(buf) got = {0};
	struct log l = {0};

	folder_make(&dir);
	assert_int_equal(log_open_file(&l, folder_at(&dir, "log", &path)), 0);
	log_line(&l, LOG_LEVEL_INFO, "one");
	assert_int_equal(rename(path.s, folder_at(&dir, "log.2026", &other)), 0);
	l.looked = 0; /* a second later */
	log_line(&l, LOG_LEVEL_INFO, "two");
	read_file(path.s, &got);
	assert_int_equal(count(got.s, " two\n"), 1);
	read_file(other.s, &got);
	assert_int_equal(count(got.s, " one\n"), 1);
	/* Removed. */
	assert_int_equal(unlink(path.s), 0);
	l.looked = 0;
	log_line(&l, LOG_LEVEL_INFO, "three");
	read_file(path.s, &got);
	assert_int_equal(count(got.s, "\n"), 1);
	/* A link in its place is not followed; the file that is open goes on. */
	assert_int_equal(unlink(path.s), 0);
	assert_int_equal(symlink(other.s, path.s), 0);
	l.looked = 0;
	log_line(&l, LOG_LEVEL_INFO, "four");
	read_file(other.s, &got);
	assert_int_equal(count(got.s, "\n"), 1);
	log_done(&l);
	folder_done(&dir);
}

static void dev_full(void **state UNUSED)
{
	struct log l = {0};
	int fd;

	if (access("/dev/full", W_OK) < 0) {
		print_message("SKIPPED: no /dev/full here\n");
		return;
	}
	assert_int_equal(log_open_file(&l, "/dev/full"), 0);
	for (unsigned i = 1; i <= 1000; i++) {
		log_line(&l, i % 3 ? LOG_LEVEL_INFO : LOG_LEVEL_ERR, "x");
		assert_int_equal(l.dropped, i);
		assert_int_equal(log_wants(&l), -1); /* or the owner would turn in a circle */
	}
	log_done(&l);
	/* As standard error. */
	fd = open("/dev/full", O_WRONLY | O_CLOEXEC);
	log_open_fd(&l, fd);
	for (unsigned i = 1; i <= 1000; i++)
		log_line(&l, LOG_LEVEL_INFO, "x");
	assert_int_equal(l.dropped, 1000);
	log_done(&l);
	(void)close(fd);
}

#ifdef __linux__
/* A disk that is full for a while, with room for some bytes of a line before it is. */
static void full_disk(void **state UNUSED)
{
	struct folder dir = {0};
	AUTO(buf) path = {0};
	AUTO(buf) hog = {0};
	AUTO(buf) got = {0};
	struct log l = {0};
	char text[100];
	unsigned seen = 0;

	folder_make(&dir);
	if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mount("tmpfs", dir.path, "tmpfs", 0, "size=64k") < 0) {
		print_message("SKIPPED: cannot mount a small disk (%s)\n", strerror(errno));
		folder_done(&dir);
		return;
	}
	buf_reserve(&got, 32768);
	memset(got.s, 'x', 32768);
	folder_write(&dir, "hog", got.s, 32768);
	assert_int_equal(log_open_file(&l, folder_at(&dir, "log", &path)), 0);
	for (unsigned i = 0; i < 2000; i++) {
		(void)snprintf(text, sizeof(text), "line %u of some length that no page is a multiple of", i);
		if (i == 1000) {
			assert_in_range(l.dropped, 1, 999);
			assert_int_equal(unlink(folder_at(&dir, "hog", &hog)), 0);
		}
		log_line(&l, LOG_LEVEL_INFO, text);
	}
	/* Full once more, until somebody takes the file away. */
	assert_in_range(l.dropped, 1, 999);
	read_file(path.s, &got);
	assert_int_equal(count(got.s, " dropped\n"), 1);
	seen = (unsigned)count(got.s, "no page is a multiple of\n") + dropped(got.s);
	/* The half of a line is one that was dropped, and what came after it is whole. */
	assert_int_equal(count(got.s, "\n"), count(got.s, "multiple of\n") + 1 + 1);
	assert_int_equal(unlink(path.s), 0);
	l.looked = 0;
	log_line(&l, LOG_LEVEL_INFO, "at last");
	read_file(path.s, &got);
	assert_int_equal(seen + dropped(got.s), 2000);
	assert_int_equal(count(got.s, " at last\n"), 1);
	assert_int_equal(count(got.s, "\n"), 2);
	log_done(&l);
	assert_int_equal(umount(dir.path), 0);
	folder_done(&dir);
}
#endif

/* What came of all the lines, each in brackets. */
static void split(const char *bytes, size_t len, size_t piece, bool end, struct buf *ret)
{
	struct lines lines = {0};
	const char *line;

	while (len || end) {
		size_t n = len < piece ? len : piece, rest = n;
		const char *s = bytes;
		bool last = n == len && end;

		while ((line = lines_next(&lines, &s, &rest, last))) {
			assert_true(strlen(line) <= LOG_LINE_MAX);
			buf_cat(ret, "[", line, "]");
		}
		assert_int_equal(rest, 0);
		bytes += n;
		len -= n;
		if (last)
			return;
	}
}

static void pieces(void **state UNUSED)
{
#define TEXT(s) s, sizeof(s) - 1
	static const struct { const char *bytes; size_t len; const char *open, *ended; } rows[] = {
		{ TEXT(""), "", "" },
		{ TEXT("a"), "", "[a]" },
		{ TEXT("a\n"), "[a]", "[a]" },
		{ TEXT("a\nb"), "[a]", "[a][b]" },
		{ TEXT("\n\n"), "[][]", "[][]" },
		{ TEXT("a\r\nb\r\n"), "[a][b]", "[a][b]" },
		{ TEXT("a\rb\r\r\n\r\n"), "[a?b?][]", "[a?b?][]" },
		{ TEXT("a\r"), "", "[a?]" },
		{ TEXT("a\0b\n\0"), "[a?b]", "[a?b][?]" },
		{ TEXT("\0\n"), "[?]", "[?]" },
		{ TEXT("\x1b[31mred\x7f\xc2\x9b\n"), "[?[31mred???]", "[?[31mred???]" },
		{ TEXT("b\xc3\xa4r\xff\xc3\n\xa4"), "[b\xc3\xa4r??]", "[b\xc3\xa4r??][?]" },
		{ TEXT("\tx \n"), "[\tx ]", "[\tx ]" },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		for (size_t piece = 1; piece < 12; piece++)
			for (int end = 0; end < 2; end++) {
				AUTO(buf) got = {0};

				split(rows[i].bytes, rows[i].len, piece, end, &got);
				assert_string_equal(buf_str(&got), end ? rows[i].ended : rows[i].open);
			}
}

/* Around the longest line, with the ends of line that there are. */
static void long_pieces(void **state UNUSED)
{
	static const char *const ends[] = { "\n", "\r\n", "" };

	for (size_t len = LOG_LINE_MAX - 4; len < LOG_LINE_MAX + 5; len++)
		for (size_t i = 0; i < ARRAY_LEN(ends); i++)
			for (size_t piece = 1; piece < 3000; piece = piece * 5 + 1) {
				AUTO(buf) text = {0};
				AUTO(buf) want = {0};
				AUTO(buf) got = {0};
				bool cut = len > LOG_LINE_MAX;

				for (size_t k = 0; k < len; k++)
					buf_putc(&text, 'x');
				buf_putc(&want, '[');
				buf_put(&want, text.s, cut ? LOG_LINE_MAX - 3 : len);
				buf_puts(&want, cut ? "...]" : "]");
				buf_puts(&text, ends[i]);
				if (*ends[i]) {
					buf_puts(&text, "next");
					buf_puts(&want, "[next]");
				}
				split(text.s, text.len, piece, true, &got);
				assert_string_equal(got.s, want.s);
			}
}

/* Noise gives lines that are safe, and the same ones however it arrives. */
static void noise(void **state UNUSED)
{
	unsigned seed = 7;

	for (int i = 0; i < 40; i++) {
		AUTO(buf) bytes = {0};
		AUTO(buf) first = {0};

		for (size_t k = 0; k < 5000; k++) {
			seed = seed * 1103515245 + 12345;
			buf_putc(&bytes, seed >> 28 == 0 && i % 2 ? '\n' : (char)(seed >> 16));
		}
		split(bytes.s, bytes.len, SIZE_MAX, true, &first);
		assert_null(text_check(buf_str(&first), first.len));
		for (size_t piece = 1; piece < 5000; piece = piece * 3 + 1) {
			AUTO(buf) got = {0};

			split(bytes.s, bytes.len, piece, true, &got);
			assert_string_equal(got.s, first.s);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(writes_lines),
		cmocka_unit_test(nothing_is_open),
		cmocka_unit_test(long_lines),
		cmocka_unit_test(full),
		cmocka_unit_test(stopped_terminal),
		cmocka_unit_test(reader_gone),
		cmocka_unit_test(slow_reader),
		cmocka_unit_test(errors_without_end),
		cmocka_unit_test(partial_writes),
		cmocka_unit_test(journal),
		cmocka_unit_test(own_file),
		cmocka_unit_test(own_file_is_refused),
		cmocka_unit_test(rotation),
		cmocka_unit_test(moved_away),
		cmocka_unit_test(dev_full),
#ifdef __linux__
		cmocka_unit_test(full_disk),
#endif
		cmocka_unit_test(pieces),
		cmocka_unit_test(long_pieces),
		cmocka_unit_test(noise),
	};

	return cmocka_run_group_tests(tests, begin, NULL);
}
