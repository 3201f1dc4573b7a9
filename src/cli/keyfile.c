/* SPDX-License-Identifier: MIT */
#include "cli/keyfile.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/utf8.h"
#include "cli/as.h"
#include "model/value.h"

enum {
	LOOK_MS = 10 * 1000,
	KEYGEN_MS = 120 * 1000, /* RSA on a slow machine */
	PUBLIC_MAX = 64 * 1024,
};

static const char *name_of(const struct account *a)
{
	return a->name ? a->name : "this account";
}

static bool is_in_own_folder(const struct keyfile *k)
{
	AUTO(buf) folder = {0};

	path_folder(k->path, &folder);
	return k->own_folder && !strcmp(folder.s, k->own_folder);
}

/* Where only the last part of the way is missing, and may be made. */
static int judge_missing_folder(const struct keyfile *k, const char *folder, struct error *err)
{
	AUTO(buf) above = {0};

	if (!is_in_own_folder(k))
		return error_set(err, -ENOENT, "%s: no such folder for the key; make it first: mkdir -m 700 %s", folder,
				 folder);
	if (k->account->uid == 0)
		return 0;
	path_folder(folder, &above);
	if (access(above.s, F_OK) < 0)
		return error_errno(err, -errno, "%s: the home folder of %s; give the tunnel an IdentityFile elsewhere",
				   above.s, name_of(k->account));
	if (access(above.s, W_OK | X_OK) < 0)
		return error_errno(err, -errno, "%s: %s cannot make the folder %s; give the tunnel an IdentityFile "
				   "elsewhere", above.s, name_of(k->account), path_base(folder));
	return 0;
}

static int judge_folder(const struct keyfile *k, struct error *err)
{
	AUTO(buf) folder = {0};
	struct stat st;

	path_folder(k->path, &folder);
	if (lstat(folder.s, &st) < 0 && errno == ENOENT)
		return judge_missing_folder(k, folder.s, err);
	if (stat(folder.s, &st) < 0)
		return error_errno(err, -errno, "%s: the folder for the key, as %s", folder.s, name_of(k->account));
	if (!S_ISDIR(st.st_mode))
		return error_set(err, -ENOTDIR, "%s: is no folder, wanted one for the key", folder.s);
	if (access(folder.s, W_OK | X_OK) < 0)
		return error_set(err, -EACCES, "%s: %s may not write there; make it theirs (chown), or give the "
				 "tunnel an "
				 "IdentityFile elsewhere", folder.s, name_of(k->account));
	return 0;
}

static int judge_link(const char *path, struct error *err)
{
	char target[PATH_MAX] = "";
	struct stat st;

	if (stat(path, &st) == 0)
		return S_ISREG(st.st_mode) ? 1 : error_set(err, -EEXIST, "%s: is a link to something that is no file, "
							   "wanted a place for a key", path);
	(void)!readlink(path, target, sizeof(target) - 1);
	return error_set(err, -EEXIST, "%s: is a link to %s, where this account finds no file; a key is not made "
			 "through a "
			 "link: remove it, or give another IdentityFile", path, target);
}

static int look(const void *what, struct buf *ret UNUSED, struct error *err)
{
	const struct keyfile *k = what;
	AUTO(buf) public = {0};
	struct stat st;

	if (lstat(k->path, &st) == 0) {
		if (S_ISLNK(st.st_mode))
			return judge_link(k->path, err);
		if (S_ISREG(st.st_mode))
			return 1;
		return error_set(err, -EEXIST, "%s: is %s, wanted a place for a key; give another "
				 "IdentityFile", k->path,
				 S_ISDIR(st.st_mode) ? "a folder" : "no file");
	}
	if (errno != ENOENT)
		return error_errno(err, -errno, "%s: as %s", k->path, name_of(k->account));
	buf_cat(&public, k->path, ".pub");
	if (lstat(public.s, &st) == 0)
		return error_set(err, -EEXIST, "%s: is there without its private key; move it away first", public.s);
	return judge_folder(k, err);
}

int keyfile_look(const struct keyfile *k, struct error *err)
{
	return as_call(k->account, look, k, LOOK_MS, NULL, err);
}

static int make_own_folder(const struct keyfile *k, struct error *err)
{
	int r;

	if (!is_in_own_folder(k))
		return 0;
	if (k->account->uid == 0 && (r = file_make_parents(k->own_folder, err)) < 0)
		return r;
	r = folder_create(k->own_folder, 0700);
	return r < 0 && r != -EEXIST ? error_errno(err, r, "%s", k->own_folder) : 0;
}

/* Beside the place of the key, so that a name is all that it takes to put it there. */
static int make_folder(const void *what, struct buf *ret, struct error *err)
{
	const struct keyfile *k = what;
	AUTO(buf) path = {0};
	int r = make_own_folder(k, err);

	if (r < 0)
		return r;
	path_folder(k->path, &path);
	buf_puts(&path, "/.tunnelctl-XXXXXX");
	if (!mkdtemp(path.s))
		return error_errno(err, -errno, "%s", path.s);
	buf_puts(ret, path.s);
	return 0;
}

static int remove_folder(const void *what, struct buf *ret UNUSED, struct error *err UNUSED)
{
	static const char *const names[] = { "/key", "/key.pub" };

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		AUTO(buf) path = {0};

		buf_cat(&path, what, names[i]);
		(void)unlink(path.s);
	}
	(void)rmdir(what);
	return 0;
}

struct move {
	const char *folder, *path;
};

/* link(2) takes nobody's place. Where a file system has no links, what look() saw must do. */
static int put(const char *from, const char *to, struct error *err)
{
	int fd = open(from, O_RDONLY | O_CLOEXEC);
	struct stat st;

	if (fd >= 0) {
		(void)fsync(fd); /* half a key is worse than none */
		(void)close(fd);
	}
	if (link(from, to) == 0)
		return 0;
	if ((errno == EPERM || errno == ENOTSUP || errno == ENOSYS) && lstat(to, &st) < 0 && rename(from, to) == 0)
		return 0;
	return error_errno(err, -errno, "%s", to);
}

static int put_both(const void *what, struct buf *ret UNUSED, struct error *err)
{
	const struct move *m = what;
	AUTO(buf) key = {0};
	AUTO(buf) public = {0};
	AUTO(buf) place = {0};
	int r;

	buf_cat(&key, m->folder, "/key");
	buf_cat(&public, m->folder, "/key.pub");
	buf_cat(&place, m->path, ".pub");
	if ((r = put(key.s, m->path, err)) < 0)
		return r;
	if ((r = put(public.s, place.s, err)) < 0)
		(void)unlink(m->path);
	return r;
}

static void push_command(const struct keyfile_wish *w, const char *folder, struct strv *ret)
{
	strv_push(ret, SSH_KEYGEN);
	strv_push(ret, "-q");
	strv_push(ret, "-t");
	strv_push(ret, w->type);
	if (!strcmp(w->type, "rsa")) {
		strv_push(ret, "-b"); /* 2048 was the default until 7.9 */
		strv_push(ret, "3072");
	}
	if (!w->passphrase) {
		strv_push(ret, "-N");
		strv_push(ret, "");
	}
	strv_push(ret, "-C");
	strv_push(ret, w->comment);
	strv_push(ret, "-f");
	strv_pushf(ret, "%s/key", folder);
}

static int generate(const struct keyfile *k, const struct keyfile_wish *w, const char *folder, struct error *err)
{
	AUTO(strv) argv = {0};
	AUTO(buf) output = {0};
	AUTO(buf) quoted = {0};
	int r;

	push_command(w, folder, &argv);
	if (w->passphrase) {
		r = as_spawn_on_terminal(k->account, argv.v, NULL, err);
	} else {
		const struct spawn s = { .argv = argv.v, .timeout_ms = KEYGEN_MS };

		r = as_spawn(k->account, &s, &output, err);
	}
	if (r <= 0)
		return r;
	if (w->passphrase)
		return error_set(err, -EINTR, "%s made no key; without --passphrase it asks nothing", SSH_KEYGEN);
	spawn_quote(&output, 200, &quoted);
	return error_set(err, -EIO, "%s made no key%s", SSH_KEYGEN, buf_str(&quoted));
}

int keyfile_make(const struct keyfile *k, const struct keyfile_wish *w, struct error *err)
{
	AUTO(buf) folder = {0};
	struct move move = { .path = k->path };
	int r;

	if ((r = as_call(k->account, make_folder, k, LOOK_MS, &folder, err)) < 0)
		return r;
	move.folder = folder.s;
	if ((r = generate(k, w, folder.s, err)) == 0)
		r = as_call(k->account, put_both, &move, LOOK_MS, NULL, err);
	(void)as_call(k->account, remove_folder, folder.s, LOOK_MS, NULL, NULL);
	return r;
}

static int read_file(const void *what, struct buf *ret, struct error *err)
{
	return file_read(what, PUBLIC_MAX, ret, NULL, err);
}

/* Down to its first line, without what a terminal must not see; whether it is a public key. */
static bool take_public(struct buf *text)
{
	struct host_key k;

	if (!text->len)
		return false;
	text->len = strcspn(text->s, "\r\n");
	text->s[text->len] = '\0';
	text_clean(text->s);
	return !parse_host_key(text->s, &k) && !k.host_len && !k.marker_len;
}

static bool is_same_key(const struct buf *x, const struct buf *y)
{
	struct host_key a, b;

	return !parse_host_key(buf_str(x), &a) && !parse_host_key(buf_str(y), &b) && a.key_len == b.key_len &&
	       !strncmp(a.key, b.key, a.key_len);
}

/* ssh-keygen(1), -y: the public key out of the private one, which is what ssh will use; it has no comment before 6.5's
 * own format, so the file beside it is shown where it is the same key. */
static int read_public(const struct keyfile *k, const char *beside, struct keyfile_facts *ret, struct error *err)
{
	char *const argv[] = { (char *)SSH_KEYGEN, (char *)"-y", (char *)"-P", (char *)"", (char *)"-f",
			       (char *)k->path, NULL };
	const struct spawn s = { .argv = argv, .timeout_ms = LOOK_MS };
	AUTO(buf) output = {0};
	AUTO(buf) quoted = {0};
	bool known = as_call(k->account, read_file, beside, LOOK_MS, &ret->public, NULL) >= 0 &&
		     take_public(&ret->public);
	int r = as_spawn(k->account, &s, &output, err);

	if (r < 0)
		return r;
	if (r == 0 && take_public(&output)) {
		if (known && is_same_key(&ret->public, &output))
			return 0;
		if (known)
			return error_set(err, -EINVAL, "%s: is the public half of another key, and ssh would offer "
					 "that one; "
					 "remove it", beside);
		buf_clear(&ret->public);
		buf_puts(&ret->public, output.s);
		return 0;
	}
	ret->locked = strstr(buf_str(&output), "passphrase");
	if (ret->locked && known)
		return 0;
	spawn_quote(&output, 200, &quoted);
	return error_set(err, -EINVAL, "%s: is there, and ssh-keygen cannot read it%s; %s", k->path, buf_str(&quoted),
			 ret->locked ? "its public key belongs beside it, as .pub"
				     : "move it away, or give another IdentityFile");
}

int keyfile_read(const struct keyfile *k, struct keyfile_facts *ret, struct error *err)
{
	AUTO(strv) argv = {0};
	AUTO(buf) beside = {0};
	AUTO(buf) output = {0};
	struct spawn s = { .timeout_ms = LOOK_MS };
	int r;

	buf_cat(&beside, k->path, ".pub");
	if ((r = read_public(k, beside.s, ret, err)) < 0)
		return r;
	fingerprint_argv(k->path, &argv);
	s.argv = argv.v;
	if ((r = as_spawn(k->account, &s, &output, err)) < 0)
		return r;
	if (r > 0 || !fingerprint_parse(buf_str(&output), &ret->fingerprint))
		return error_set(err, -EINVAL, "%s: ssh-keygen -l tells no fingerprint of it", k->path);
	return 0;
}

void keyfile_facts_done(struct keyfile_facts *f)
{
	buf_done(&f->public);
}
