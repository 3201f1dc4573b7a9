/* SPDX-License-Identifier: MIT */
/* The agent and the key files, as the account of the tunnel sees them. */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/file.h"
#include "base/utf8.h"
#include "cli/as.h"
#include "cli/checkup.h"
#include "runner/log.h"
#include "ssh/path.h"

enum { TOOL_MS = 10 * 1000, LOOK_MS = 10 * 1000, PUBLIC_MAX = 64 * 1024 };

/* --- the agent
 * ----------------------------------------------------------------------------------------------- */

static bool uses_agent(const struct checkup *t)
{
	return t->tunnel.identity_agent && strcmp(t->tunnel.identity_agent, "none") != 0;
}

static bool find_socket(const struct checkup *t, struct buf *ret)
{
	struct ssh_machine machine = { .home = t->account.home };
	const char *own = getenv("SSH_AUTH_SOCK");

	if (strcmp(t->tunnel.identity_agent, "SSH_AUTH_SOCK") != 0)
		ssh_path_put(&machine, 0, t->tunnel.identity_agent, ret);
	else if (own)
		buf_puts(ret, own);
	return ret->len;
}

/* ssh-add(1), EXIT STATUS: 0 it answers and holds keys, 1 it holds none, 2 nobody answers. */
static int ask_agent(struct checkup *t, const char *socket)
{
	AUTO(buf) tool = { 0 };
	AUTO(buf) output = { 0 };
	AUTO(strv) argv = { 0 };
	AUTO(strv) environment = { 0 };
	struct spawn s = { .timeout_ms = TOOL_MS };
	int r;

	checkup_tool(t, "ssh-add", &tool);
	strv_push(&argv, tool.s);
	strv_push(&argv, "-L");
	strv_pushf(&environment, "SSH_AUTH_SOCK=%s", socket);
	s.argv = argv.v;
	s.environment = environment.v;
	r = as_spawn(&t->account, &s, &output, NULL);
	for (char *line = output.s, *rest; r == 0 && line && *line; line = rest) {
		size_t len = strcspn(line, "\n"), type = strcspn(line, " \n");

		rest = line + len + (line[len] == '\n');
		line[len] = '\0';
		if (line[type])
			line[type + 1 + strcspn(line + type + 1, " ")] = '\0';
		strv_push(&t->agent_keys, line);
	}
	return r;
}

void checkup_agent(struct checkup *t)
{
	AUTO(buf) socket = { 0 };
	int r;

	if (!uses_agent(t)) {
		checkup_nothing(t, "none is used");
	} else if (!find_socket(t, &socket)) {
		checkup_nothing(t, "SSH_AUTH_SOCK is not set here; it may be where the tunnel is started");
	} else if ((r = ask_agent(t, socket.s)) == 0) {
		checkup_good(t, "%s holds %zu key%s", socket.s, t->agent_keys.len,
			     t->agent_keys.len == 1 ? "" : "s");
	} else if (r == 1 && t->tunnel.identity_file.len) {
		checkup_warn(t, CURE_agent_empty, socket.s, "%s holds no key", socket.s);
	} else if (r == 1) {
		checkup_fail(t, CURE_agent_empty, socket.s, "%s holds no key", socket.s);
	} else {
		checkup_fail(t, CURE_agent, socket.s, "nothing answers at %s", socket.s);
	}
}

/* --- the files
 * ----------------------------------------------------------------------------------------------- */

/* What the account sees of one. */
struct look {
	int error; /* of reading it; 0: none */
	uid_t owner;
	mode_t mode;
	bool has_public;  /* PATH.pub is there */
	char closed[512]; /* a folder on the way that it may not enter, or "" */
	char open[512];   /* the folder it really lies in, if others may write there; or "" */
};

static void copy(const char *s, size_t len, char *ret, size_t size)
{
	if (len >= size)
		len = size - 1;
	memcpy(ret, s, len);
	ret[len] = '\0';
}

static void find_closed_folder(const char *path, struct look *ret)
{
	for (const char *s = path; (s = strchr(s + 1, '/'));) {
		AUTO_FREE char *folder = xstrndup(path, (size_t)(s - path));

		if (access(folder, X_OK) != 0) {
			copy(folder, strlen(folder), ret->closed, sizeof(ret->closed));
			return;
		}
	}
}

/* Where the file is, and not the link that leads to it. */
static void find_open_folder(const char *path, struct look *ret)
{
	AUTO_FREE char *real = realpath(path, NULL);
	AUTO(buf) folder = { 0 };
	struct stat st;

	if (!real)
		return;
	path_folder(real, &folder);
	if (stat(folder.s, &st) < 0)
		return;
	if ((st.st_uid != 0 && st.st_uid != geteuid()) ||
	    ((st.st_mode & (S_IWGRP | S_IWOTH)) && !(st.st_mode & S_ISVTX)))
		copy(folder.s, folder.len, ret->open, sizeof(ret->open));
}

static void look_at(const char *path, struct look *ret)
{
	/* A FIFO would wait for its other end. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat st;

	ret->error = fd < 0 ? errno : 0;
	if (ret->error == EACCES)
		find_closed_folder(path, ret);
	if (fd < 0)
		return;
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		ret->error = EINVAL;
	ret->owner = st.st_uid;
	ret->mode = st.st_mode;
	(void)close(fd);
	find_open_folder(path, ret);
}

static int work_look(const void *what, struct buf *ret, struct error *err UNUSED)
{
	AUTO(buf) public = { 0 };
	struct look l = { 0 };

	look_at(what, &l);
	buf_cat(&public, what, ".pub");
	l.has_public = access(public.s, R_OK) == 0;
	buf_put(ret, &l, sizeof(l));
	return 0;
}

static bool look(const struct checkup *t, const char *path, struct look *ret, struct error *err)
{
	AUTO(buf) bytes = { 0 };

	if (as_call(&t->account, work_look, path, LOOK_MS, &bytes, err) < 0 || bytes.len != sizeof(*ret))
		return false;
	memcpy(ret, bytes.s, sizeof(*ret));
	return true;
}

/* ssh looks at the mode of its own account's keys alone (authfile.c, sshkey_perm_ok()). */
static bool is_too_open(const struct checkup *t, const struct look *l)
{
	return l->owner == t->account.uid && (l->mode & (S_IRWXG | S_IRWXO));
}

static bool is_usable(const struct checkup *t, const struct look *l)
{
	return l->error == 0 && !is_too_open(t, l);
}

/* Whoever it is that others may be, root is not among them. */
static void judge_surroundings(struct checkup *t, const char *path, const struct look *l)
{
	if (*l->open)
		checkup_warn(t, CURE_key_folder, l->open, "others may write to %s", l->open);
	else if (l->owner != 0 && l->owner != t->account.uid)
		checkup_warn(t, CURE_key_owner, path, "%s belongs to somebody else (uid %ld)", path,
			     (long)l->owner);
	else
		checkup_good(t, "%s, mode %04o", path, (unsigned)(l->mode & 07777));
}

/* What is wrong with it counts only where no other key can be used. */
static void judge_file(struct checkup *t, const char *path, const struct look *l, bool others)
{
	void (*complain)(struct checkup *, enum cure_id, const char *, const char *, ...) =
		others ? checkup_warn : checkup_fail;

	if (l->error == ENOENT && uses_agent(t) && l->has_public)
		checkup_good(t, "%s.pub alone; the agent is to have the key", path);
	else if (l->error == ENOENT)
		complain(t, CURE_key_missing, NULL, "there is no %s", path);
	else if (*l->closed)
		complain(t, CURE_key_behind, path, "%s may not enter %s", t->account.name, l->closed);
	else if (l->error == EINVAL)
		complain(t, CURE_key_bad, path, "%s is no regular file", path);
	else if (l->error == EPERM)
		complain(t, CURE_full_disk, path, "%s: %s", path, strerror(l->error));
	else if (l->error)
		complain(t, CURE_key_unreadable, path, "%s: %s", path, strerror(l->error));
	else if (is_too_open(t, l))
		complain(t, CURE_key_open, path, "others may read %s, mode %04o", path,
			 (unsigned)(l->mode & 07777));
	else
		judge_surroundings(t, path, l);
}

static void put_path(const struct checkup *t, size_t i, struct buf *ret)
{
	struct ssh_machine machine = { .home = t->account.home };

	ssh_path_put(&machine, 0, t->tunnel.identity_file.v[i], ret);
}

void checkup_permissions(struct checkup *t)
{
	size_t len = t->tunnel.identity_file.len, usable = 0;
	AUTO_FREE struct look *looks = xrealloc(NULL, (len + 1) * sizeof(*looks));
	struct error err = { 0 };

	memset(looks, 0, (len + 1) * sizeof(*looks));
	if (!len)
		checkup_nothing(t, "no IdentityFile is named");
	for (size_t i = 0; i < len; i++) {
		AUTO(buf) path = { 0 };

		put_path(t, i, &path);
		if (!look(t, path.s, &looks[i], &err)) {
			checkup_fail(t, CURE_key_unreadable, path.s, "%s: %s", path.s, err.text);
			return;
		}
		usable += is_usable(t, &looks[i]);
	}
	for (size_t i = 0; i < len; i++) {
		AUTO(buf) path = { 0 };

		put_path(t, i, &path);
		judge_file(t, path.s, &looks[i], usable);
	}
}

/* --- the keys in them
 * ---------------------------------------------------------------------------------------- */

static int work_read(const void *what, struct buf *ret, struct error *err)
{
	return file_read(what, PUBLIC_MAX, ret, NULL, err);
}

/* Of "type base64 comment" the first two words; false where there are none. */
static bool cut_public(const struct buf *text, struct buf *ret)
{
	const char *s = buf_str(text);
	size_t type = strcspn(s, " \n"), key;

	if (s[type] != ' ')
		return false;
	key = strcspn(s + type + 1, " \n");
	buf_put(ret, s, type + 1 + key);
	return key;
}

static bool read_public(const struct checkup *t, const char *path, struct buf *ret)
{
	AUTO(buf) text = { 0 };

	return as_call(&t->account, work_read, path, LOOK_MS, &text, NULL) >= 0 && cut_public(&text, ret);
}

/* Of "256 SHA256:... comment (ED25519)". */
void checkup_fingerprint(const struct checkup *t, const struct buf *public, struct buf *ret)
{
	AUTO(buf) tool = { 0 };
	AUTO(buf) output = { 0 };
	AUTO(buf) input = { 0 };
	AUTO(strv) words = { 0 };
	char *argv[] = { NULL, (char *)(uintptr_t) "-l", (char *)(uintptr_t) "-f",
			 (char *)(uintptr_t) "/dev/stdin", NULL };
	struct spawn s = { .argv = argv, .timeout_ms = TOOL_MS };

	checkup_tool(t, "ssh-keygen", &tool);
	buf_cat(&input, public->s, "\n");
	argv[0] = tool.s;
	s.input = input.s;
	if (as_spawn(&t->account, &s, &output, NULL) == 0)
		strv_split(&words, buf_str(&output));
	buf_puts(ret, words.len > 1 ? words.v[1] : "valid");
}

/* Whatever ssh-keygen says of it, in the classes of ssh. */
static enum cure_id classify_words(const struct buf *output, struct verdict *ret)
{
	struct lines lines = { 0 };
	const char *bytes = buf_str(output), *line;
	size_t len = output->len;

	while ((line = lines_next(&lines, &bytes, &len, true))) {
		struct saying s;

		classify_line(line, &s);
		verdict_add(ret, &s);
	}
	return ret->class == CLASS_none ? CURE_key_bad : cure_of(ret->class);
}

static bool is_in_agent(const struct checkup *t, const char *path)
{
	AUTO(buf) beside = { 0 };
	AUTO(buf) public = { 0 };

	buf_cat(&beside, path, ".pub");
	if (!t->agent_keys.len)
		return false;
	if (!read_public(t, beside.s, &public) && !read_public(t, path, &public))
		return false;
	return strv_has(&t->agent_keys, public.s);
}

/* ssh-keygen(1), -y: prints the public half, for which it must read the private one. 0: it could. */
static int read_private(const struct checkup *t, const char *path, struct buf *ret_output)
{
	AUTO(buf) tool = { 0 };
	char *argv[] = { NULL,
			 (char *)(uintptr_t) "-y",
			 (char *)(uintptr_t) "-P",
			 (char *)(uintptr_t) "",
			 (char *)(uintptr_t) "-f",
			 (char *)(uintptr_t)path,
			 NULL };
	struct spawn s = { .argv = argv, .timeout_ms = TOOL_MS };

	checkup_tool(t, "ssh-keygen", &tool);
	argv[0] = tool.s;
	return as_spawn(&t->account, &s, ret_output, NULL);
}

/* What ssh offers is what stands in the .pub. */
static void judge_public(struct checkup *t, const char *path, const struct buf *output)
{
	AUTO(buf) beside = { 0 };
	AUTO(buf) own = { 0 };
	AUTO(buf) other = { 0 };
	AUTO(buf) fingerprint = { 0 };

	buf_cat(&beside, path, ".pub");
	if (!cut_public(output, &own)) {
		checkup_fail(t, CURE_key_bad, path, "%s: ssh-keygen prints no public key of it", path);
		return;
	}
	checkup_fingerprint(t, &own, &fingerprint);
	if (read_public(t, beside.s, &other) && strcmp(own.s, other.s) != 0)
		checkup_fail(t, CURE_pub_other, beside.s, "%s is that of another key", beside.s);
	else
		checkup_good(t, "%.*s %s, no passphrase", (int)strcspn(own.s, " "), own.s, fingerprint.s);
}

/* True: it can be used. */
static bool judge_key(struct checkup *t, const char *path, bool others)
{
	void (*complain)(struct checkup *, enum cure_id, const char *, const char *, ...) =
		others ? checkup_warn : checkup_fail;
	AUTO(buf) output = { 0 };
	struct verdict verdict = { 0 };
	enum cure_id cure;

	if (is_in_agent(t, path)) {
		checkup_good(t, "%s: the agent holds it", path);
		return true;
	}
	if (read_private(t, path, &output) == 0) {
		judge_public(t, path, &output);
		return t->verdicts[t->step] < CHECKUP_FAILED;
	}
	cure = classify_words(&output, &verdict);
	complain(t, cure, path, "%s", *verdict.words ? verdict.words : path);
	return false;
}

void checkup_key(struct checkup *t)
{
	bool usable = false;

	if (!t->tunnel.identity_file.len)
		checkup_nothing(t, "%s",
				uses_agent(t) ? "that of the agent"
					      : "no IdentityFile is named: ssh tries ~/.ssh/id_*");
	for (size_t i = 0; i < t->tunnel.identity_file.len; i++) {
		AUTO(buf) path = { 0 };
		struct look l = { 0 };
		struct error err = { 0 };

		put_path(t, i, &path);
		if (look(t, path.s, &l, &err) && (is_usable(t, &l) || uses_agent(t)))
			usable |= judge_key(t, path.s, usable);
	}
}
