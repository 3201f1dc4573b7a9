/* SPDX-License-Identifier: MIT */
/* The key files, as the account of the tunnel sees them, and the keys in them. */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "cli/as.h"
#include "cli/checkup.h"
#include "cli/checkup_look.h"
#include "runner/log.h"
#include "ssh/path.h"

enum { TOOL_MS = 10 * 1000 };

/* --- the files ----------------------------------------------------------------------------------------------- */

/* ssh asks the agent first, and looks at the file only where that has not got the key. Without the FILE of -i it leaves out
 * FILE.pub as well (ssh.c). */
static bool is_with_agent(const struct checkup *t, const char *path, const struct look *l)
{
	AUTO(buf) beside = {0};
	AUTO(buf) public = {0};

	buf_cat(&beside, path, ".pub");
	if (!t->agent_keys.len || l->error == ENOENT)
		return false;
	if (!look_read_public(t, beside.s, &public) && !look_read_public(t, path, &public))
		return false;
	return strv_has(&t->agent_keys, public.s);
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

	if (l->is_public && (checkup_uses_agent(t) || checkup_has_other_keys(t)))
		checkup_good(t, "%s, a public key, whose private half is to be elsewhere", path);
	else if (l->is_public)
		complain(t, CURE_key_half, path, "%s is a public key", path);
	else if (l->error == ENOENT && l->has_public && checkup_uses_agent(t))
		complain(t, CURE_key_public, path, "there is no %s, only its .pub", path);
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
	else if (look_is_too_open(t, l))
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
	size_t len = t->tunnel.identity_file.len, usable = checkup_has_other_keys(t);
	AUTO_FREE struct look *looks = xrealloc(NULL, (len + 1) * sizeof(*looks));
	struct error err = {0};

	memset(looks, 0, (len + 1) * sizeof(*looks));
	if (!len)
		checkup_nothing(t, "no IdentityFile is named");
	for (size_t i = 0; i < len; i++) {
		AUTO(buf) path = {0};

		put_path(t, i, &path);
		if (!look(t, path.s, &looks[i], &err)) {
			checkup_fail(t, CURE_key_unreadable, path.s, "%s: %s", path.s, err.text);
			return;
		}
		usable += look_is_usable(t, &looks[i]) || is_with_agent(t, path.s, &looks[i]);
	}
	for (size_t i = 0; i < len; i++) {
		AUTO(buf) path = {0};

		put_path(t, i, &path);
		judge_file(t, path.s, &looks[i], usable);
	}
}

/* --- the keys in them ---------------------------------------------------------------------------------------- */

/* Of "256 SHA256:... comment (ED25519)". */
void checkup_fingerprint(const struct checkup *t, const struct buf *public, struct buf *ret)
{
	AUTO(buf) tool = {0};
	AUTO(buf) output = {0};
	AUTO(buf) input = {0};
	AUTO(strv) words = {0};
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
	struct lines lines = {0};
	const char *bytes = buf_str(output), *line;
	size_t len = output->len;

	while ((line = lines_next(&lines, &bytes, &len, true))) {
		struct saying s;

		classify_line(line, &s);
		verdict_add(ret, &s);
	}
	return ret->class == CLASS_none ? CURE_key_bad : cure_of(ret->class);
}

/* ssh-keygen(1), -y: prints the public half, for which it must read the private one. 0: it could. */
static int read_private(const struct checkup *t, const char *path, struct buf *ret_output)
{
	AUTO(buf) tool = {0};
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

/* What is known of one key, before it is clear how much that matters. */
struct finding {
	bool looked, usable;
	enum cure_id cure;
	struct buf argument, seen;
	long ms;
};

static void finding_set(struct finding *f, enum cure_id cure, const char *argument, const char *format, ...)
	PRINTF(4, 5);

static void finding_set(struct finding *f, enum cure_id cure, const char *argument, const char *format, ...)
{
	va_list ap;

	f->usable = cure == CURE_none;
	f->cure = cure;
	buf_puts(&f->argument, argument);
	va_start(ap, format);
	buf_vprintf(&f->seen, format, ap);
	va_end(ap);
}

/* What ssh offers is what stands in the .pub. */
static void find_in_public(const struct checkup *t, const char *path, const struct buf *output, struct finding *ret)
{
	AUTO(buf) beside = {0};
	AUTO(buf) own = {0};
	AUTO(buf) other = {0};
	AUTO(buf) fingerprint = {0};

	buf_cat(&beside, path, ".pub");
	if (!look_cut_public(output, &own)) {
		finding_set(ret, CURE_key_bad, path, "%s: ssh-keygen prints no public key of it", path);
		return;
	}
	checkup_fingerprint(t, &own, &fingerprint);
	if (look_read_public(t, beside.s, &other) && strcmp(own.s, other.s) != 0)
		finding_set(ret, CURE_pub_other, beside.s, "%s is that of another key", beside.s);
	else
		finding_set(ret, CURE_none, path, "%.*s %s, no passphrase", (int)strcspn(own.s, " "), own.s,
			    fingerprint.s);
}

static void find_in_private(const struct checkup *t, const char *path, struct finding *ret)
{
	struct verdict verdict = {0};
	AUTO(buf) output = {0};
	enum cure_id cure;

	if (read_private(t, path, &output) == 0) {
		find_in_public(t, path, &output, ret);
		return;
	}
	cure = classify_words(&output, &verdict);
	finding_set(ret, cure, path, "%s", *verdict.words ? verdict.words : path);
}

static void find(const struct checkup *t, const char *path, struct finding *ret)
{
	long long since = clock_ms();
	struct error err = {0};
	struct look l = {0};

	if (!look(t, path, &l, &err))
		return;
	ret->looked = true;
	if (is_with_agent(t, path, &l))
		finding_set(ret, CURE_none, path, "%s: the agent holds it", path);
	else if (l.is_public && !t->agent_keys.len)
		ret->looked = false; /* whoever else holds it is not asked */
	else if (l.is_public)
		finding_set(ret, CURE_agent_other, path, "%s: the agent does not hold it", path);
	else if (look_is_usable(t, &l))
		find_in_private(t, path, ret);
	else
		ret->looked = false; /* the step before has said why */
	ret->ms = (long)(clock_ms() - since);
}

static void say_finding(struct checkup *t, const struct finding *f, bool others)
{
	t->took = f->ms;
	if (f->usable)
		checkup_good(t, "%s", f->seen.s);
	else if (others)
		checkup_warn(t, f->cure, f->argument.s, "%s", f->seen.s);
	else
		checkup_fail(t, f->cure, f->argument.s, "%s", f->seen.s);
}

void checkup_key(struct checkup *t)
{
	size_t len = t->tunnel.identity_file.len;
	AUTO_FREE struct finding *found = xrealloc(NULL, (len + 1) * sizeof(*found));
	bool others = checkup_has_other_keys(t);

	memset(found, 0, (len + 1) * sizeof(*found));
	if (!len)
		checkup_nothing(t, "%s", checkup_uses_agent(t) ? "that of the agent"
							       : "no IdentityFile is named: ssh tries ~/.ssh/id_*");
	for (size_t i = 0; i < len; i++) {
		AUTO(buf) path = {0};

		put_path(t, i, &path);
		find(t, path.s, &found[i]);
		others |= found[i].usable;
	}
	for (size_t i = 0; i < len; i++) {
		if (found[i].looked)
			say_finding(t, &found[i], others);
		buf_done(&found[i].argument);
		buf_done(&found[i].seen);
	}
	checkup_certificates(t);
}
