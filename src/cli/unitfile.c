/* SPDX-License-Identifier: MIT */
#include "cli/unitfile.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "cli/cli.h"
#include "marker.h"

enum { UNIT_MAX = 1024 * 1024 };

const struct backend *unitfile_backend(const char *path)
{
	const char *suffix = strrchr(path_base(path), '.');

	for (size_t i = 0; suffix && backends[i]; i++) {
		static char name[] = "x";
		AUTO(buf) unit = {0};
		const char *its;

		if (backends[i]->path(&(struct tunnel){ .name = name }, &(struct scope){0}, &unit, NULL) == 0 &&
		    (its = strrchr(path_base(unit.s), '.')) && !strcmp(suffix, its))
			return backends[i];
	}
	return NULL;
}

void unitfile_blame(const char *front, const char *path, const struct strv *findings, struct strv *ret)
{
	for (size_t i = 0; i < findings->len; i++)
		strv_pushf(ret, "%s%s:%s%s", front, path, strspn(findings->v[i], "0123456789") ? "" : " ",
			   findings->v[i]);
}

/* Whose file it is; ours where there is none. */
static int judge(const char *path, enum marker *ret, struct error *err)
{
	AUTO(buf) text = {0};
	char target[16] = "";
	int r = file_read(path, UNIT_MAX, &text, NULL, err);

	if (r == -EINVAL && readlink(path, target, sizeof(target) - 1) > 0 && !strcmp(target, "/dev/null"))
		return error_set(err, -EEXIST, "%s: is masked; unmask it first: systemctl unmask %s", path, path_base(path));
	if (r < 0 && r != -ENOENT)
		return r;
	*ret = r == -ENOENT ? MARKER_OURS : marker_judge(buf_str(&text), text.len);
	return 0;
}

int unitfile_judge(const char *path, bool force, struct error *err)
{
	enum marker whose;
	int r = judge(path, &whose, err);

	if (r < 0 || whose == MARKER_OURS || force)
		return r;
	return error_set(err, -EEXIST, "%s: %s; move it away, or say --force to have it set aside as .bak", path,
			 whose == MARKER_FOREIGN ? "was not written by tunnelctl"
						 : "was edited since tunnelctl wrote it");
}

/* Out of the way, but not lost. */
static int set_aside(const char *path, struct error *err)
{
	AUTO(buf) backup = {0};

	buf_printf(&backup, "%s.bak", path);
	return rename(path, backup.s) < 0 ? error_errno(err, -errno, "%s", backup.s) : 0;
}

/* In a folder of the person's own sudo does not help: somebody has used it there before. */
static int explain_access(const char *path, struct error *err)
{
	AUTO(buf) folder = {0};
	const char *home = cli_home();

	path_folder(path, &folder);
	if (geteuid() != 0 && home && !strncmp(path, home, strlen(home)))
		return error_set(err, -EACCES, "%s: permission denied; is %s yours, and may you write there? ls -ld shows "
				 "it, sudo chown changes it", path, folder.s);
	return error_set(err, -EACCES, "%s: permission denied; run it as root, or with --user for a tunnel of your own",
			 path);
}

int unitfile_install(const char *path, const struct buf *text, struct error *err)
{
	enum marker whose;
	int r;

	if ((r = judge(path, &whose, err)) < 0 || (whose != MARKER_OURS && (r = set_aside(path, err)) < 0) ||
	    (r = file_make_parents(path, err)) < 0)
		return r;
	r = file_install(path, text, 0644, true, err);
	return r == -EACCES ? explain_access(path, err) : r;
}

int unitfile_places(const struct backend *b, const char *name, const struct scope *scope, struct strv *ret,
		    struct error *err)
{
	struct tunnel t = { .name = (char *)name };
	AUTO(buf) path = {0};
	int r;

	if (b->places)
		return b->places(name, scope, ret, err);
	if ((r = b->path(&t, scope, &path, err)) == 0)
		strv_push(ret, path.s);
	return r;
}

int unitfile_remove(const char *path, struct error *err)
{
	enum marker whose;
	int r;

	if ((r = judge(path, &whose, err)) < 0)
		return r;
	r = whose == MARKER_OURS ? file_remove(path, err) : set_aside(path, err);
	if (r == -EACCES)
		return explain_access(path, err);
	return r < 0 || whose == MARKER_OURS ? r : 1;
}
