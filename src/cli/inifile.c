/* SPDX-License-Identifier: MIT */
#include "cli/inifile.h"

#include <errno.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/file.h"
#include "cli/as.h"
#include "model/amend.h"
#include "model/config.h"

enum { TIMEOUT_MS = 20 * 1000 };

struct job {
	const char *path; /* absolute */
	const struct inifile_change *change;   /* NULL: no lines */
	const struct buf *expected, *text; /* NULL: not the whole text; without both only look */
};

/* Whose the file is, and with it the rights for the work: of a link that is not root's, its owner, or root would go
 * where they cannot. */
static int find_owner(const char *path, struct account *ret, struct error *err)
{
	const struct passwd *pw;
	struct stat st;

	if (lstat(path, &st) < 0 || (S_ISLNK(st.st_mode) && st.st_uid == 0 && stat(path, &st) < 0))
		return error_errno(err, -errno, "%s", path);
	if (!(pw = getpwuid(st.st_uid)))
		return error_set(err, -EPERM, "%s: belongs to nobody that this machine knows (%u); chown helps", path,
				 (unsigned)st.st_uid);
	if (geteuid() != 0 && geteuid() != st.st_uid)
		return error_set(err, -EPERM, "%s: belongs to %s, who alone may change it; try with sudo", path,
				 pw->pw_name);
	*ret = (struct account){ .uid = st.st_uid, .gid = st.st_gid, .name = xstrdup(pw->pw_name) };
	return 0;
}

/* Behind all links: what is written beside it and renamed must not take the place of a link. */
static int find_file(const char *path, struct buf *ret, struct stat *ret_st, struct error *err)
{
	AUTO_FREE char *real = realpath(path, NULL);
	AUTO(buf) folder = {0};

	if (!real || stat(real, ret_st) < 0)
		return error_errno(err, -errno, "%s", path);
	if (ret_st->st_uid != geteuid())
		return error_set(err, -EPERM, "%s: is a link to somebody else's %s; say that path", path, real);
	path_folder(real, &folder);
	if (access(folder.s, W_OK | X_OK) < 0)
		return error_errno(err, -errno, "%s: cannot be changed: its folder %s", path, folder.s);
	buf_puts(ret, real);
	return 0;
}

static int change_text(struct buf *text, const struct inifile_change *c, struct error *err)
{
	int r = 0;

	/* First the new ones, which so stand where the old ones stood. */
	for (size_t i = 0; i < c->add.len && r >= 0; i++)
		r = amend_append(text, c->key, c->add.v[i], err);
	for (size_t i = 0; i < c->remove.len && r >= 0; i++)
		r = amend_remove(text, c->key, c->remove.v[i], err);
	return r < 0 ? r : 0;
}

static int replace_text(struct buf *text, const struct job *job, struct error *err)
{
	if (text->len != job->expected->len || memcmp(buf_str(text), buf_str(job->expected), text->len) != 0)
		return error_set(err, -ESTALE, "somebody changed it meanwhile");
	buf_clear(text);
	buf_put(text, buf_str(job->text), job->text->len);
	return 0;
}

static int work(const void *what, struct buf *ret UNUSED, struct error *err)
{
	const struct job *job = what;
	AUTO(buf) real = {0};
	AUTO(buf) text = {0};
	struct error why = {0};
	struct stat st;
	int r;

	if ((r = find_file(job->path, &real, &st, err)) < 0 || (!job->change && !job->text))
		return r;
	if ((r = file_read(real.s, CONFIG_FILE_MAX, &text, NULL, err)) < 0)
		return r;
	r = job->change ? change_text(&text, job->change, &why) : replace_text(&text, job, &why);
	if (r < 0)
		return error_set(err, r, "%s: %s", job->path, why.text);
	if ((r = file_install(real.s, &text, st.st_mode & 0777, true, err)) > 0 && st.st_gid != getegid())
		(void)chown(real.s, (uid_t)-1, st.st_gid); /* a group that is not ours any more stays lost */
	return r;
}

static int run(const char *path, struct job *job, struct error *err)
{
	AUTO(account) owner = {0};
	AUTO(buf) absolute = {0};
	int r;

	if ((r = path_absolute(path, &absolute, err)) < 0 || (r = find_owner(absolute.s, &owner, err)) < 0)
		return r;
	job->path = absolute.s; /* the work is done in the folder / */
	return as_call(&owner, work, job, TIMEOUT_MS, NULL, err);
}

int inifile_judge(const char *path, struct error *err)
{
	struct job job = {0};

	return run(path, &job, err);
}

int inifile_amend(const char *path, const struct inifile_change *change, struct error *err)
{
	struct job job = { .change = change };

	return run(path, &job, err);
}

int inifile_replace(const char *path, const struct buf *expected, const struct buf *text, struct error *err)
{
	struct job job = { .expected = expected, .text = text };

	return run(path, &job, err);
}

void inifile_change_done(struct inifile_change *c)
{
	strv_done(&c->add);
	strv_done(&c->remove);
}
