/* SPDX-License-Identifier: MIT */
#include "cli/editor.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "cli/as.h"
#include "cli/person.h"

enum { FILES_MS = 10 * 1000 };

extern char **environ;

/* What a person has when nobody has said anything; the first asks in its turn. */
static const char *const usual[] = { "/usr/bin/sensible-editor", "/usr/bin/editor", "/usr/bin/vi", "/bin/vi",
				     "/usr/bin/nano" };

/* As execvp(3) looks, but for folders that depend on where we are. */
static bool find_program(const char *name, struct buf *ret)
{
	const char *path = getenv("PATH");

	if (strchr(name, '/'))
		return path_absolute(name, ret, NULL) == 0 && access(ret->s, X_OK) == 0;
	for (path = path ? path : "/usr/bin:/bin"; *path; path += strspn(path, ":")) {
		size_t len = strcspn(path, ":");

		buf_clear(ret);
		buf_put(ret, path, len);
		buf_cat(ret, "/", name);
		if (*path == '/' && access(ret->s, X_OK) == 0)
			return true;
		path += len;
	}
	return false;
}

/* No shell between: "code -w" is two words, and no more than that is understood. */
static int find_argv(struct strv *ret, struct error *err)
{
	static const char *const names[] = { "VISUAL", "EDITOR" };

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		const char *value = getenv(names[i]);
		AUTO(strv) words = {0};
		AUTO(buf) program = {0};

		strv_split(&words, value ? value : "");
		if (!words.len)
			continue;
		if (!find_program(words.v[0], &program))
			return error_set(err, -ENOENT, "%s=%s: no such program; say another, as in: %s=vi tunnelctl edit ...",
					 names[i], value, names[i]);
		strv_push(ret, program.s);
		for (size_t j = 1; j < words.len; j++)
			strv_push(ret, words.v[j]);
		return 0;
	}
	for (size_t i = 0; i < ARRAY_LEN(usual); i++)
		if (access(usual[i], X_OK) == 0) {
			strv_push(ret, usual[i]);
			return 0;
		}
	return error_set(err, -ENOENT, "no editor is here; say which, as in: EDITOR=nano tunnelctl edit ...");
}

static bool is_variable(const char *setting, const char *name)
{
	size_t len = strlen(name);

	return !strncmp(setting, name, len) && setting[len] == '=';
}

/* sudo(8) leaves root's own names in it; an editor's files would land in /root. */
static void make_environment(const struct account *a, struct strv *ret)
{
	bool other = a->uid != geteuid() && a->home && a->name;

	for (char **e = environ; *e; e++)
		if (!other || (!is_variable(*e, "HOME") && !is_variable(*e, "USER") && !is_variable(*e, "LOGNAME")))
			strv_push(ret, *e);
	if (!other)
		return;
	strv_pushf(ret, "HOME=%s", a->home);
	strv_pushf(ret, "USER=%s", a->name);
	strv_pushf(ret, "LOGNAME=%s", a->name);
}

struct copy {
	const char *name;
	const struct buf *text;
};

static int make_copy(const void *what, struct buf *ret, struct error *err)
{
	const struct copy *c = what;
	AUTO(buf) folder = {0};
	AUTO(buf) path = {0};
	int r;

	if ((r = folder_private_make(&folder, err)) < 0)
		return r;
	buf_cat(&path, folder.s, "/", c->name);
	if ((r = file_write(path.s, c->text, 0600, false, err)) < 0) {
		folder_private_remove(folder.s);
		return r;
	}
	buf_puts(ret, folder.s);
	return 0;
}

static int remove_copy(const void *what, struct buf *ret UNUSED, struct error *err UNUSED)
{
	folder_private_remove(what);
	return 0;
}

int editor_open(const char *file_name, const struct buf *text, struct editor *ret, struct error *err)
{
	const struct copy copy = { file_name, text };
	int r;

	person_find(&ret->person);
	if ((r = find_argv(&ret->argv, err)) < 0 ||
	    (r = as_call(&ret->person, make_copy, &copy, FILES_MS, &ret->folder, err)) < 0)
		return r;
	buf_cat(&ret->file, ret->folder.s, "/", file_name);
	strv_push(&ret->argv, ret->file.s);
	make_environment(&ret->person, &ret->environment);
	return 0;
}

int editor_run(const struct editor *e, struct buf *ret, struct error *err)
{
	int r = as_spawn_on_terminal(&e->person, e->argv.v, e->environment.v, err);

	if (r > 0)
		return error_set(err, -ECANCELED, "%s ended with status %d", e->argv.v[0], r);
	if (r < 0)
		return r;
	buf_clear(ret);
	return person_read(&e->person, e->file.s, ret, err);
}

void editor_done(struct editor *e)
{
	if (e->folder.len && !e->kept)
		(void)as_call(&e->person, remove_copy, e->folder.s, FILES_MS, NULL, NULL);
	account_done(&e->person);
	strv_done(&e->argv);
	strv_done(&e->environment);
	buf_done(&e->folder);
	buf_done(&e->file);
	*e = (struct editor){0};
}
