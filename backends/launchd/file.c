/* SPDX-License-Identifier: MIT */
#include "file.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/utf8.h"
#include "check.h"
#include "marker.h"

#define AGENTS "/Library/LaunchAgents"
#define SUFFIX ".plist"

enum job_place plist_file_place(const char *path)
{
	AUTO(buf) folder = {0};
	size_t len = strlen(AGENTS);

	path_folder(path, &folder);
	if (!strcmp(folder.s, "/Library/LaunchDaemons"))
		return JOB_DAEMON;
	if (!strcmp(folder.s, AGENTS))
		return JOB_AGENT;
	return folder.len > len && !strcmp(folder.s + folder.len - len, AGENTS) ? JOB_OWN_AGENT : JOB_ELSEWHERE;
}

static void judge_mode(const struct plist_file *f, struct strv *ret)
{
	if (S_ISLNK(f->mode))
		strv_push(ret, "a symbolic link; at login launchd reads none, wanted the file itself");
	else if (!S_ISREG(f->mode))
		strv_push(ret, "not a regular file; launchd reads no other");
	else if (f->mode & (S_IWGRP | S_IWOTH))
		strv_pushf(ret, "mode %04o: %s may write, so launchd refuses it; chmod 644", (unsigned)f->mode & 07777,
			   f->mode & S_IWOTH ? "others" : "its group");
}

/* Daemons, and agents of all users: root. A user's own agents: that user. A draft: root, or who loads it. */
static void judge_owner(const struct plist_file *f, struct strv *ret)
{
	if (f->place == JOB_DAEMON || f->place == JOB_AGENT) {
		if (f->owner != 0)
			strv_pushf(ret, "owner %lu; launchd wants root here: sudo chown root", (unsigned long)f->owner);
	} else if (f->place == JOB_OWN_AGENT) {
		if (f->owner != f->folder_owner)
			strv_pushf(ret, "owner %lu; launchd wants that of the folder, %lu", (unsigned long)f->owner,
				   (unsigned long)f->folder_owner);
	} else if (f->owner != 0 && f->owner != f->caller) {
		strv_pushf(ret, "owner %lu; launchd wants root or whoever loads it (%lu)", (unsigned long)f->owner,
			   (unsigned long)f->caller);
	}
}

/* launchctl and people find a job by its file; ours are found again by nothing else. */
static void judge_name(const struct plist_file *f, struct strv *ret_problems, struct strv *ret_advice)
{
	const char *name = path_base(f->path);
	size_t len = strlen(name), suffix = strlen(SUFFIX);
	AUTO(buf) text = {0};

	if (len <= suffix || strcmp(name + len - suffix, SUFFIX) != 0) {
		strv_push(ret_problems, "its name does not end in " SUFFIX "; launchd reads no other");
	} else if (f->label && (strlen(f->label) != len - suffix || strncmp(name, f->label, len - suffix) != 0)) {
		buf_printf(&text, "its name is not that of its Label; wanted %.200s" SUFFIX, f->label);
		text_clean(text.s);
		strv_push_take(f->ours ? ret_problems : ret_advice, buf_take(&text));
	}
}

void plist_file_judge(const struct plist_file *f, struct strv *ret_problems, struct strv *ret_advice)
{
	judge_mode(f, ret_problems);
	judge_owner(f, ret_problems);
	judge_name(f, ret_problems, ret_advice);
	if (f->open_folder)
		strv_pushf(f->place == JOB_ELSEWHERE ? ret_advice : ret_problems,
			   "anybody may write to %s, and so put another file in its place; chmod o-w", f->open_folder);
}

/* With the sticky bit, as in /tmp, everybody may add files and replace only their own. */
static bool is_open(const char *folder)
{
	struct stat st;

	return stat(folder, &st) == 0 && st.st_mode & S_IWOTH && !(st.st_mode & S_ISVTX);
}

/* Appends the nearest folder above the absolute PATH that anybody may write; nothing if there is none. */
static void find_open_folder(const char *path, struct buf *ret)
{
	AUTO(buf) at = {0};

	buf_puts(&at, path);
	while (at.len > 1) {
		AUTO(buf) folder = {0};

		path_folder(at.s, &folder);
		if (is_open(folder.s)) {
			buf_puts(ret, folder.s);
			return;
		}
		buf_clear(&at);
		buf_puts(&at, folder.s);
	}
}

static uid_t owner_of_folder(const char *path)
{
	AUTO(buf) folder = {0};
	struct stat st;

	path_folder(path, &folder);
	return stat(folder.s, &st) == 0 ? st.st_uid : 0;
}

/* Fills in what the file system says of an absolute path. */
static void judge_file(const char *path, const char *label, bool ours, struct strv *ret_problems,
		       struct strv *ret_advice)
{
	struct plist_file f = { .path = path, .label = label, .ours = ours, .place = plist_file_place(path) };
	AUTO(buf) open = {0};
	struct stat st;

	if (lstat(path, &st) < 0) {
		strv_pushf(ret_problems, "its owner and mode are not known: %s", strerror(errno));
		return;
	}
	f.mode = st.st_mode;
	f.owner = st.st_uid;
	f.caller = geteuid();
	f.folder_owner = owner_of_folder(path);
	find_open_folder(path, &open);
	f.open_folder = open.len ? open.s : NULL;
	plist_file_judge(&f, ret_problems, ret_advice);
}

static void judge(const char *path, const char *text, size_t len, struct strv *ret_problems, struct strv *ret_advice)
{
	AUTO(buf) absolute = {0};
	AUTO(item) job = {0};
	AUTO(strv) known = {0}; /* launchd_check() tells these */
	const struct item *label = NULL;
	struct error err = {0};

	if (path_absolute(path, &absolute, &err) < 0) {
		strv_push(ret_problems, err.text);
		return;
	}
	if (launchd_read(text, len, &job, &known) == 0) {
		label = item_find(&job, "Label");
		job_judge_place(&job, plist_file_place(absolute.s), ret_problems);
		job_advise(&job, plist_file_place(absolute.s), ret_advice);
	}
	judge_file(absolute.s, label && label->type == ITEM_STRING ? label->text : NULL,
		   marker_judge(text, len) != MARKER_FOREIGN, ret_problems, ret_advice);
}

int launchd_check_file(const char *path, const char *text, size_t len, struct strv *ret_problems)
{
	AUTO(strv) advice = {0};
	size_t before = ret_problems->len;

	judge(path, text, len, ret_problems, &advice);
	return ret_problems->len > before ? -EINVAL : 0;
}

void launchd_advise(const char *path, const char *text, size_t len, struct strv *ret_advice)
{
	AUTO(strv) problems = {0};

	judge(path, text, len, &problems, ret_advice);
}
