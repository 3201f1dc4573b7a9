/* SPDX-License-Identifier: MIT */
/*
 * Where ssh's words go, whatever state that is in: a full pipe, a closed one or a full disk never hold the writer up.
 * What cannot be written now waits; when too much waits, ordinary lines are dropped first, and how many is written.
 */
#ifndef TUNNELCTL_RUNNER_LOG_H
#define TUNNELCTL_RUNNER_LOG_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

/* syslog(3)'s numbers, as systemd reads them in front of a line (sd-daemon(3)). */
enum { LOG_LEVEL_ERR = 3, LOG_LEVEL_WARNING = 4, LOG_LEVEL_NOTICE = 5, LOG_LEVEL_INFO = 6 };

/* How much may wait: ordinary lines up to the half, errors up to the whole. A file of our own is renamed to PATH.1 when
 * it is larger than LOG_FILE_MAX, and begun anew. */
enum { LOG_WAITING_MAX = 128 * 1024, LOG_LINE_MAX = 1024, LOG_FILE_MAX = 1024 * 1024 };

/* All-zero writes nothing. The owner ignores SIGPIPE: whoever reads may have gone. */
struct log {
	int fd;             /* + 1: 0 is none */
	char *path;         /* of a file of our own, or NULL */
	bool journal;       /* "<6>" in front of a line */
	bool socket;
	bool own;           /* ours to close, and its flags ours: a write cannot block */
	bool regular;       /* it grows, so it is rotated */
	bool torn;          /* what was written last was the beginning of a line */
	unsigned chunk;     /* bytes that a write may take once poll() has said yes */
	long long size, looked;
	struct buf waiting;
	size_t written;     /* bytes of waiting, from its start */
	unsigned dropped;   /* lines, of which nothing has been said yet */
	unsigned announced; /* in the line "N lines dropped", which waits and ends before announced_end */
	size_t announced_end;
};

/* FD: a descriptor that is open already, such as standard error; its flags, which others share, are left alone. It
 * stays the caller's. Knows the journal's stream by $JOURNAL_STREAM (systemd.exec(5)). */
void log_open_fd(struct log *, int fd);

/* A file of our own, an absolute PATH, with the time of day in front of each line; made with mode 0640, in a folder
 * that is there. It may be moved away (logrotate): the next line begins it anew. -errno: nothing is written then. */
int log_open_file(struct log *, const char *path);

/* One line, without its newline; text_clean() and cut at LOG_LINE_MAX like lines_next(). Never blocks, never fails.
 * Once a line has been dropped so are all ordinary ones, until a good part of what waits has gone. */
void log_line(struct log *, int level, const char *text);

/* The descriptor to poll() for POLLOUT, or -1: nothing waits. Then log_flush(). */
int log_wants(const struct log *);
void log_flush(struct log *);

void log_done(struct log *); /* what still waits and cannot be written is lost */

/* Bytes that arrive in pieces, as lines that are safe to print: no longer than LOG_LINE_MAX, what is longer is cut and
 * ends in "...", without control bytes or invalid UTF-8 (text_clean()). */
struct lines {
	char s[LOG_LINE_MAX + 2];
	size_t len;
	bool cut;
};

/* Takes bytes from *BYTES, *LEN up to the end of a line and returns the line, valid until the next call; NULL when the
 * bytes have been used up. END: nothing more comes, so what is there is a line. */
const char *lines_next(struct lines *, const char **bytes, size_t *len, bool end);

#endif
