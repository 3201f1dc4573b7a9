/* SPDX-License-Identifier: MIT */
#include "cli/trial.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/file.h"

/* Where nothing is, the link leads nowhere, and config_load() would complain of that. */
static int link_beside(const char *from, const char *to, struct error *err)
{
	AUTO(buf) whole = {0};
	int r;

	if (access(from, F_OK) != 0)
		return 0;
	if ((r = path_absolute(from, &whole, err)) < 0)
		return r;
	return symlink(whole.s, to) < 0 ? error_errno(err, -errno, "%s", to) : 0;
}

static int link_all(const struct trial *t, struct error *err)
{
	AUTO(buf) folder = {0};
	AUTO(buf) from = {0};
	AUTO(buf) to = {0};
	int r;

	path_folder(t->real.s, &folder);
	buf_cat(&from, folder.s, "/defaults.conf");
	buf_cat(&to, t->folder.s, "/defaults.conf");
	if ((r = link_beside(from.s, to.s, err)) < 0)
		return r;
	buf_clear(&from);
	buf_clear(&to);
	buf_cat(&from, t->real.s, ".d");
	buf_cat(&to, t->ini.s, ".d");
	return link_beside(from.s, to.s, err);
}

int trial_open(const char *real, const struct buf *text, struct trial *ret, struct error *err)
{
	int r;

	buf_puts(&ret->real, real);
	if ((r = folder_private_make(&ret->folder, err)) < 0)
		return r;
	buf_cat(&ret->ini, ret->folder.s, "/", path_base(real));
	if ((r = file_write(ret->ini.s, text, 0600, false, err)) < 0)
		return r;
	return link_all(ret, err);
}

static char *renamed(const struct trial *t, const char *line)
{
	AUTO(buf) folder = {0};
	AUTO(buf) to = {0};
	const char *at = strstr(line, t->folder.s), *rest;

	if (!at)
		return xstrdup(line);
	rest = at + t->folder.len + (at[t->folder.len] == '/');
	path_folder(t->real.s, &folder);
	buf_put(&to, line, (size_t)(at - line));
	if (strchr(t->real.s, '/'))
		buf_cat(&to, folder.s, strcmp(folder.s, "/") ? "/" : "");
	buf_puts(&to, rest);
	return buf_take(&to);
}

void trial_rename(const struct trial *t, struct strv *lines)
{
	for (size_t i = 0; i < lines->len; i++) {
		char *line = renamed(t, lines->v[i]);

		free(lines->v[i]);
		lines->v[i] = line;
	}
}

int trial_load(const struct trial *t, enum config_scope scope, struct tunnel *ret, struct strv *ret_problems)
{
	AUTO(strv) problems = {0};
	int r = config_load(t->ini.s, scope, ret, &problems);

	trial_rename(t, &problems);
	trial_rename(t, &ret->files);
	strv_push_all(ret_problems, &problems);
	return r;
}

void trial_done(struct trial *t)
{
	if (t->folder.len)
		folder_private_remove(t->folder.s);
	buf_done(&t->folder);
	buf_done(&t->ini);
	buf_done(&t->real);
}
