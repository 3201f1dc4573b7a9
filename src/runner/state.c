/* SPDX-License-Identifier: MIT */
#include "runner/state.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/utf8.h"
#include "model/reader.h"

enum { STATE_FORMAT = 1, STATE_FILE_MAX = 256 * 1024, STATE_TEXT_MAX = 4096 };

/* What stands in the file, one row each, in order: FIELD(kind, field, "Name"). */
#define FIELDS                             \
	FIELD(NUMBER, since, "Since")          \
	FIELD(TEXT, sentence, "Sentence")      \
	FIELD(NUMBER, pid, "Pid")              \
	FIELD(TEXT, error, "Error")            \
	FIELD(NUMBER, was_up, "WasUp")         \
	FIELD(NUMBER, failures, "Failures")    \
	FIELD(NUMBER, first_failure, "FirstFailure") \
	FIELD(NUMBER, down_since, "DownSince") \
	FIELD(NUMBER, next_try, "NextTry")     \
	FIELD(NUMBER, quick[0], "Quick1")      \
	FIELD(NUMBER, quick[1], "Quick2")      \
	FIELD(NUMBER, quick[2], "Quick3")      \
	FIELD(TEXT, peer, "Peer")              \
	FIELD(TEXT, source, "Source")          \
	FIELD(TEXT, proxy, "Proxy")            \
	FIELD(NUMBER, proxy_turn, "ProxyTurn") \
	FIELD(NUMBER, proxy_failed, "ProxyFailed") \
	FIELD(TEXT, proxy_tool, "ProxyTool")   \
	FIELD(PRINT, proxy_print, "ProxyPrint") \
	FIELD(NUMBER, proved, "Proved")        \
	FIELD(NUMBER, round_trip_us, "RoundTripMicroseconds") \
	FIELD(NUMBER, starts, "Starts")        \
	FIELD(NUMBER, ups, "Ups")              \
	FIELD(PRINT, settings, "Settings")     \
	FIELD(PRINT, files, "Files")           \
	FIELD(NUMBER, ssh_version, "SshVersion") \
	FIELD(PRINT, ssh_print, "SshPrint")    \
	FIELD(TEXT, note, "Note")

static const char *const phases[PHASE_COUNT] = {
	"", "connecting", "up", "up-target-refuses", "waiting", "parked", "stopped",
};
static const char *const proofs[PROOF_COUNT] = { "-", "good", "refused", "late" };

const char *phase_word(enum phase phase)
{
	return phases[phase];
}

enum phase phase_find(const char *word)
{
	enum phase phase = PHASE_COUNT - 1;

	while (phase > PHASE_NONE && strcmp(phases[phase], word) != 0)
		phase--;
	return phase;
}

bool phase_is_up(enum phase phase)
{
	return phase == PHASE_UP || phase == PHASE_UP_TARGET_REFUSES;
}

void state_set(char **field, const char *text)
{
	char *old = *field; /* text may be a part of it */

	*field = text ? xstrdup(text) : NULL;
	free(old);
}

/* A line of its own whatever is in it. */
static void put_text(const char *name, const char *text, struct buf *ret)
{
	AUTO_FREE char *clean = NULL;

	if (!text || !*text)
		return;
	clean = xstrndup(text, strnlen(text, STATE_TEXT_MAX));
	text_clean(clean);
	buf_cat(ret, name, " = ", clean, "\n");
}

static void put_forwards(const struct state *s, struct buf *ret)
{
	for (size_t i = 0; i < s->len; i++) {
		const struct state_forward *f = &s->v[i];

		buf_printf(ret, "Forward = %s %u %s ", f->confirmed ? "yes" : "no", f->port, proofs[f->proof]);
		buf_cat(ret, f->text, "\n");
	}
}

static void print(const struct state *s, struct buf *ret)
{
	AUTO(buf) boot = {0};

	clock_boot_id(&boot);
	buf_printf(ret, "; what tunnelctl-run knows; read it with: tunnelctl status\n[State]\nFormat = %d\n", STATE_FORMAT);
	put_text("Boot", buf_str(&boot), ret);
	buf_printf(ret, "Phase = %s\n", phase_word(s->phase));
	if (s->class)
		put_text("Class", classes[s->class].word, ret);
#define NUMBER(field, name) if (s->field) buf_printf(ret, "%s = %lld\n", name, (long long)s->field);
#define PRINT(field, name) if (s->field) buf_printf(ret, "%s = %" PRIu64 "\n", name, s->field);
#define TEXT(field, name) put_text(name, s->field, ret);
#define FIELD(kind, field, name) kind(field, name)
	FIELDS
#undef NUMBER
#undef PRINT
#undef TEXT
	put_forwards(s, ret);
	buf_puts(ret, "End = yes\n"); /* or it was cut */
}

static void file_in(const char *folder, const char *name, struct buf *ret)
{
	buf_cat(ret, folder, "/", name);
}

int state_write(const char *folder, const struct state *s, struct error *err)
{
	AUTO(buf) text = {0};
	AUTO(buf) path = {0};
	int r;

	print(s, &text);
	file_in(folder, "state", &path);
	r = file_write(path.s, &text, 0644, false, err);
	return r < 0 ? r : 0;
}

/* What is being read, and what was wrong with it. */
struct reading {
	struct state state;
	bool in_state, other_boot, other_format, wrong, whole;
};

/* 0 to the largest that fits; anything else is no number of ours. */
static bool read_number(const char *value, uint64_t max, uint64_t *ret)
{
	uint64_t n = 0;

	if (!*value)
		return false;
	for (; *value; value++) {
		unsigned digit = (unsigned)(*value - '0');

		if (digit > 9 || n > (max - digit) / 10)
			return false;
		n = n * 10 + digit;
	}
	*ret = n;
	return true;
}

/* "yes 0 good -R 12345:localhost:22" */
static bool read_forward(const char *value, struct state *s)
{
	AUTO_FREE char *copy = xstrdup(value);
	char *rest = copy, *word[3];
	struct state_forward f = {0};
	uint64_t port;

	for (size_t i = 0; i < ARRAY_LEN(word); i++)
		if (!(word[i] = strsep(&rest, " ")))
			return false;
	if (!rest || !*rest || !read_number(word[1], 65535, &port))
		return false;
	while (f.proof < PROOF_COUNT && strcmp(word[2], proofs[f.proof]) != 0)
		f.proof++;
	if (f.proof == PROOF_COUNT)
		return false;
	f.confirmed = !strcmp(word[0], "yes");
	f.port = (unsigned)port;
	f.text = xstrdup(rest);
	s->v = array_grow(s->v, s->len, sizeof(*s->v));
	s->v[s->len++] = f;
	return true;
}

static void on_section(void *user, const char *name, unsigned line UNUSED)
{
	struct reading *r = user;

	r->in_state = !strcmp(name, "State");
}

static void on_key(void *user, const char *name, const char *value, unsigned line UNUSED)
{
	struct reading *r = user;
	struct state *s = &r->state;
	AUTO(buf) boot = {0};
	uint64_t n = 0;

	if (!r->in_state)
		return;
	if (!strcmp(name, "Format")) {
		r->other_format = !read_number(value, INT_MAX, &n) || n != STATE_FORMAT;
	} else if (!strcmp(name, "Boot")) {
		clock_boot_id(&boot);
		r->other_boot = boot.len && strcmp(boot.s, value) != 0;
	} else if (!strcmp(name, "Phase")) {
		r->wrong |= !(s->phase = phase_find(value));
	} else if (!strcmp(name, "Class")) {
		s->class = class_find(value);
	} else if (!strcmp(name, "End")) {
		r->whole = !strcmp(value, "yes");
	} else if (!strcmp(name, "Forward")) {
		r->wrong |= !read_forward(value, s);
	}
#define NUMBER(field, what)                                                              \
	else if (!strcmp(name, what)) {                                                  \
		r->wrong |= !read_number(value, sizeof(s->field) < 8 ? INT_MAX : INT64_MAX, &n); \
		s->field = n;                                                            \
	}
#define PRINT(field, what) else if (!strcmp(name, what)) r->wrong |= !read_number(value, UINT64_MAX, &s->field);
#define TEXT(field, what) else if (!strcmp(name, what)) state_set(&s->field, value);
	FIELDS
#undef NUMBER
#undef PRINT
#undef TEXT
#undef FIELD
	/* A name that we do not know is of a later release, which could still be read. */
}

static void on_problem(void *user, unsigned line UNUSED, const char *what UNUSED)
{
	((struct reading *)user)->wrong = true;
}

static int open_state(const char *folder, const char *name, int flags)
{
	AUTO(buf) path = {0};
	int fd;

	file_in(folder, name, &path);
	/* O_NONBLOCK: a FIFO in place of the file must not hang us. */
	/* For the account alone: anybody who could open the lock could hold it, and the tunnel would never start. */
	fd = open(path.s, flags | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, 0600);
	return fd < 0 ? -errno : fd;
}

static int read_bytes(int fd, struct buf *ret)
{
	struct stat st;
	ssize_t n;

	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || st.st_size > STATE_FILE_MAX)
		return -EINVAL;
	while ((n = read(fd, buf_reserve(ret, 4096), 4096)) > 0) {
		ret->len += (size_t)n;
		if (ret->len > STATE_FILE_MAX)
			return -EINVAL;
	}
	return n < 0 ? -errno : 0;
}

int state_read(const char *folder, struct state *ret, struct error *err)
{
	struct reading reading = {0};
	const struct reader reader = { .section = on_section, .key = on_key, .problem = on_problem,
				       .user = &reading, .line_max = STATE_TEXT_MAX + 256 };
	AUTO(buf) text = {0};
	int r, fd = open_state(folder, "state", O_RDONLY);

	if (fd < 0)
		return error_errno(err, fd == -ELOOP ? -EINVAL : fd, "%s/state", folder);
	r = read_bytes(fd, &text);
	(void)close(fd);
	if (r == 0)
		reader_parse(&reader, buf_str(&text), text.len);
	if (r < 0 || reading.wrong || reading.other_format || !reading.whole || !reading.state.phase)
		r = error_set(err, -EINVAL, "%s/state: not what tunnelctl-run of this release writes", folder);
	else if (reading.other_boot)
		r = error_set(err, -ESTALE, "%s/state: of another boot", folder);
	if (r < 0)
		state_done(&reading.state);
	else
		*ret = reading.state;
	return r;
}

bool state_is_held(const char *folder)
{
	int fd = open_state(folder, "lock", O_RDONLY);
	bool held;

	if (fd < 0)
		return false;
	/* Shared, so that two who look do not see each other, and only for a moment: state_lock() looks again. */
	held = flock(fd, LOCK_SH | LOCK_NB) < 0 && errno == EWOULDBLOCK;
	(void)close(fd);
	return held;
}

int state_lock(const char *folder, bool wait)
{
	enum { TRIES = 5, PAUSE_US = 4000 };
	int r = -1, error = 0, fd = open_state(folder, "lock", O_RDWR | O_CREAT);

	if (fd < 0)
		return fd;
	for (int i = 0; r < 0 && i < TRIES; i++) {
		if (i)
			(void)usleep(PAUSE_US);
		r = flock(fd, wait ? LOCK_EX : LOCK_EX | LOCK_NB);
		error = errno;
		if (error == EINTR)
			break;
	}
	if (r == 0)
		return fd;
	(void)close(fd);
	return error == EWOULDBLOCK ? -EAGAIN : -error;
}

void state_done(struct state *s)
{
	free(s->sentence);
	free(s->error);
	free(s->peer);
	free(s->source);
	free(s->proxy);
	free(s->proxy_tool);
	free(s->note);
	for (size_t i = 0; i < s->len; i++)
		free(s->v[i].text);
	free(s->v);
	*s = (struct state){0};
}
