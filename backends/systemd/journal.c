/* SPDX-License-Identifier: MIT */
/* The journal keeps what a tunnel says, and what systemd says of it: read as journalctl(1) does for a unit. */
#include "libsystemd.h"
#include "unit.h"

#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"

struct journal {
	struct libsystemd_journal call;
	sd_journal *j;
	struct log_reader *reader;
	bool reached; /* what was asked for has begun: the clock may be set back behind it */
	bool enough;  /* no more is wanted */
};

static void journal_done(struct journal *j)
{
	if (j->j)
		j->call.close(j->j);
	j->j = NULL;
}

/* Those that FIELD names and that ALSO (NULL: nothing more) holds for; the next is another way to be chosen. */
static int add(struct journal *j, const char *field, const char *name, const char *also)
{
	AUTO(buf) match = {0};
	int r;

	buf_cat(&match, field, "=" UNIT_PREFIX, name, UNIT_SUFFIX);
	if ((r = j->call.add_match(j->j, match.s, match.len)) < 0 ||
	    (also && (r = j->call.add_match(j->j, also, strlen(also))) < 0))
		return r;
	return j->call.add_disjunction(j->j);
}

/* The unit's own words, and those of its manager (systemd.journal-fields(7)). A user's are told by the account from
 * those of another user's unit of that name. */
static int add_matches(struct journal *j, const char *name, bool user)
{
	AUTO(buf) uid = {0};
	int r;

	buf_printf(&uid, "_UID=%ju", (uintmax_t)geteuid());
	if (user)
		return (r = add(j, "_SYSTEMD_USER_UNIT", name, uid.s)) < 0 ? r : add(j, "USER_UNIT", name, uid.s);
	if ((r = add(j, "_SYSTEMD_UNIT", name, NULL)) < 0 || (r = add(j, "UNIT", name, "_PID=1")) < 0)
		return r;
	return add(j, "OBJECT_SYSTEMD_UNIT", name, "_UID=0");
}

/* To where the first that is wanted comes next. */
static int seek(struct journal *j, const struct log_wish *wish, bool *ret_standing)
{
	int r;

	*ret_standing = false;
	if (wish->lines) {
		if ((r = j->call.seek_tail(j->j)) < 0 || (r = j->call.previous_skip(j->j, wish->lines)) < 0)
			return r;
		*ret_standing = r > 0;
		return r > 0 ? 0 : j->call.seek_head(j->j);
	}
	if (wish->since_time)
		return j->call.seek_realtime_usec(j->j, (uint64_t)wish->since_time * 1000000);
	return j->call.seek_head(j->j);
}

/* What a program writes in one go may be several lines. */
static void hand_over(struct journal *j, const struct log_wish *wish)
{
	const void *data;
	const char *text, *end;
	uint64_t time;
	size_t len;

	if (j->call.get_realtime_usec(j->j, &time) < 0 ||
	    (!j->reached && (long long)(time / 1000000) < wish->since_time))
		return;
	j->reached = true;
	if (j->call.get_data(j->j, "MESSAGE", &data, &len) < 0 || len < sizeof("MESSAGE=") - 1)
		return;
	text = (const char *)data + sizeof("MESSAGE=") - 1;
	len -= sizeof("MESSAGE=") - 1;
	do {
		end = memchr(text, '\n', len);
		j->enough |= !j->reader->take(j->reader, time, text, end ? (size_t)(end - text) : len);
		len -= end ? (size_t)(end - text) + 1 : len;
		text = end ? end + 1 : text;
	} while (len && !j->enough);
}

/* All there are now. */
static int read_on(struct journal *j, const struct log_wish *wish, bool standing)
{
	int r = 1;

	while (!j->enough && (standing || (r = j->call.next(j->j)) > 0)) {
		standing = false;
		hand_over(j, wish);
	}
	return r;
}

/* sd_journal_get_timeout(3): a time of CLOCK_MONOTONIC in microseconds, or all ones. */
static int timeout_ms(struct journal *j)
{
	struct timespec now;
	uint64_t until, passed;

	if (j->call.get_timeout(j->j, &until) < 0 || until == UINT64_MAX)
		return -1;
	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	passed = (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
	return until <= passed ? 0 : until - passed > 60000000 ? 60000 : (int)((until - passed) / 1000) + 1;
}

/* Sleeps until there may be more; false: nobody reads any more. */
static bool await(struct journal *j, int fd)
{
	int events = j->call.get_events(j->j);
	struct pollfd p[] = {
		{ .fd = fd, .events = (short)(events > 0 ? events : POLLIN) },
		{ .fd = j->reader->gone },
	};

	(void)poll(p, ARRAY_LEN(p), timeout_ms(j));
	if (p[1].revents & (POLLERR | POLLHUP))
		return false;
	(void)j->call.process(j->j);
	return true;
}

static int read_all(struct journal *j, const struct log_wish *wish, int fd)
{
	bool standing;
	int r;

	if ((r = seek(j, wish, &standing)) < 0 || (r = read_on(j, wish, standing)) < 0)
		return r;
	while (wish->follow && !j->enough && j->reader->rest(j->reader) && await(j, fd))
		if ((r = read_on(j, wish, false)) < 0)
			return r;
	return 0;
}

/* Whether the file of that name is there; RET_CLOSED: in a place where this account may not read it. */
static bool find_file(const char *file, bool *ret_closed)
{
	static const char *const folders[] = { "/var/log/journal/", "/run/log/journal/" };
	AUTO(buf) id = {0};
	bool found = false;

	*ret_closed = false;
	if (file_read("/etc/machine-id", 64, &id, NULL, NULL) < 0)
		return false;
	for (size_t i = 0; i < ARRAY_LEN(folders); i++) {
		AUTO(buf) path = {0};

		buf_puts(&path, folders[i]);
		buf_put(&path, id.s, strcspn(id.s, "\n"));
		buf_cat(&path, "/", file);
		found |= access(path.s, F_OK) == 0;
		*ret_closed |= access(path.s, F_OK) == 0 && access(path.s, R_OK) < 0;
	}
	return found;
}

/* sd_journal_open(3) leaves out what it may not read, without a word. A user who has no file of its own (journald.conf(5),
 * SplitMode=) is in the system's. */
static int judge_rights(bool user, const char *name, struct error *err)
{
	AUTO(buf) own = {0};
	bool system_closed, closed;

	buf_printf(&own, "user-%ju.journal", (uintmax_t)geteuid());
	(void)find_file("system.journal", &system_closed);
	if (!system_closed || (user && find_file(own.s, &closed) && !closed))
		return 0;
	if (user)
		return error_set(err, -EACCES, "this account has no journal of its own and may not read that of the "
				 "system; become a member of the group systemd-journal, and log in anew");
	return error_set(err, -EACCES, "this account may not read the journal of the system; sudo tunnelctl logs %s, or "
			 "become a member of the group systemd-journal, and log in anew", name);
}

int unit_read_log(const char *name, const struct scope *scope, const struct log_wish *wish, struct log_reader *reader,
		  struct error *err)
{
	AUTO(journal) j = { .reader = reader };
	int r, fd;

	if ((r = libsystemd_open_journal(&j.call, err)) < 0 || (r = judge_rights(scope->user, name, err)) < 0)
		return r;
	if ((r = j.call.open(&j.j, SD_JOURNAL_LOCAL_ONLY)) < 0)
		return error_errno(err, r, "the journal cannot be opened");
	/* The descriptor first: from then on nothing is missed. */
	if ((fd = wish->follow ? j.call.get_fd(j.j) : 0) < 0 || (r = add_matches(&j, name, scope->user)) < 0 ||
	    (r = read_all(&j, wish, fd)) < 0)
		return error_errno(err, fd < 0 ? fd : r, "the journal cannot be read");
	return 0;
}
