/* SPDX-License-Identifier: MIT */
#include "verify.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/file.h"
#include "base/macros.h"
#include "base/spawn.h"
#include "base/utf8.h"

static const char *find_program(void)
{
	const char *const *p = checkconf_programs;

	while (*p && access(*p, X_OK) != 0)
		p++;
	return *p;
}

static void push_variable(struct strv *environment, const char *name)
{
	const char *value = getenv(name);

	if (value)
		strv_pushf(environment, "%s=%s", name, value);
}

/* It calls initctl by name; and before 1.12 its init hangs on the session bus. */
static int run(const char *program, char *path, struct buf *ret, struct error *err)
{
	char *argv[] = { (char *)program, path, NULL };
	AUTO(strv) environment = {0};

	strv_push(&environment, "PATH=/usr/sbin:/usr/bin:/sbin:/bin");
	strv_push(&environment, "LC_ALL=C");
	push_variable(&environment, "HOME");
	push_variable(&environment, "DBUS_SESSION_BUS_ADDRESS");
	return spawn_run_in(argv, environment.v, NULL, checkconf_limit_s * 1000, ret, err);
}

/* "init: home.conf:3: Unknown stanza" out of what it says; every other line is about the checker. */
static void take_line(const char *line, const char *name, struct strv *ret)
{
	const char *at = strstr(line, name);
	size_t digits;

	if (!at || at[strlen(name)] != ':')
		return;
	at += strlen(name) + 1;
	digits = strspn(at, "0123456789");
	if (!digits || at[digits] != ':')
		return;
	strv_pushf(ret, "%.*s: init-checkconf: %.200s", (int)digits, at, at + digits + 1 + strspn(at + digits + 1, " "));
	text_clean(ret->v[ret->len - 1]);
}

/* Whether the file is to blame. */
static bool take_output(const struct buf *output, const char *name, struct strv *ret)
{
	size_t before = ret->len;

	for (const char *s = buf_str(output); *s;) {
		size_t len = strcspn(s, "\n");
		AUTO_FREE char *line = xstrndup(s, len);

		take_line(line, name, ret);
		s += len + (s[len] == '\n');
	}
	return ret->len > before;
}

/* What it says first is why it could not judge. */
static void note(const struct buf *output, const struct error *err, struct strv *ret)
{
	const char *s = err->text[0] ? err->text : buf_str(output);

	s += strspn(s, "\n");
	/* Its init did not come up, so of course it does not have the job. */
	if (strstr(s, "syntax invalid"))
		s = "it names no line; before upstart 1.12 it wants a session bus";
	strv_pushf(ret, "init-checkconf could not judge it: %.*s", *s ? (int)strcspn(s, "\n") : INT_MAX,
		   *s ? s : "it says nothing");
	text_clean(ret->v[ret->len - 1]);
}

static int judge(const char *program, struct buf *path, struct strv *ret_problems, struct strv *ret_notes)
{
	AUTO(buf) output = {0};
	struct error err = {0};
	int r = run(program, path->s, &output, &err);

	if (r == 0)
		return 1;
	if (r > 0 && take_output(&output, path_base(path->s), ret_problems))
		return -EINVAL;
	note(&output, &err, ret_notes);
	return 0;
}

int job_verify(const char *name, const char *text, size_t len, struct strv *ret_problems, struct strv *ret_notes)
{
	const char *program = find_program(), *tmp = getenv("TMPDIR");
	AUTO(buf) folder = {0};
	AUTO(buf) path = {0};
	AUTO(buf) copy = {0};
	struct error err = {0};
	int r = 0;

	if (!program)
		return 0;
	buf_cat(&folder, tmp && *tmp == '/' ? tmp : "/tmp", "/tunnelctl-check.XXXXXX");
	if (strpbrk(folder.s, " \t\n*?[") || !mkdtemp(folder.s)) {
		strv_push(ret_notes, "init-checkconf could not judge it: no folder for temporary files");
		return 0;
	}
	buf_cat(&path, folder.s, "/", name);
	buf_put(&copy, text, len);
	if (file_write(path.s, &copy, 0600, false, &err) < 0)
		note(&copy, &err, ret_notes);
	else
		r = judge(program, &path, ret_problems, ret_notes);
	(void)unlink(path.s);
	(void)rmdir(folder.s);
	return r;
}
