/* SPDX-License-Identifier: MIT */
#include "cli/remains.h"

#include <dirent.h>
#include <errno.h>
#include <pwd.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "base/shellquote.h"
#include "cli/as.h"
#include "cli/nextstep.h"
#include "runner/folder.h"
#include "runner/state.h"
#include "ssh/path.h"

/* An observer that was told to stop takes a moment to write its last state. */
enum { WORK_MS = 10 * 1000, LOOKS = 40, PAUSE_MS = 50 };

static void find_account(bool user, const char *run_as, struct account *ret)
{
	if (user || !run_as || account_find(run_as, ret, NULL) < 0)
		account_self(ret);
}

static bool is_held(const char *folder)
{
	const struct timespec pause = { .tv_nsec = PAUSE_MS * 1000 * 1000 };

	for (int i = 0; i < LOOKS; i++) {
		if (!state_is_held(folder))
			return false;
		(void)nanosleep(&pause, NULL);
	}
	return true;
}

/* Files and sockets alone: nothing of ours has folders in it. */
static int empty_folder(const void *what, struct buf *ret UNUSED, struct error *err)
{
	DIR *d = opendir(what);
	const struct dirent *entry;

	if (!d)
		return error_errno(err, -errno, "%s", (const char *)what);
	while ((entry = readdir(d)))
		(void)unlinkat(dirfd(d), entry->d_name, 0);
	(void)closedir(d);
	(void)rmdir(what);
	return 0;
}

int remains_remove_state(const char *name, bool user, const char *run_as, struct error *err)
{
	AUTO(account) account = {0};
	AUTO(buf) folder = {0};
	struct account owner = {0};
	const struct passwd *pw;
	struct stat st;
	int r;

	find_account(user, run_as, &account);
	folder_seek(name, user, &account, &folder);
	if (lstat(folder.s, &st) < 0 || !S_ISDIR(st.st_mode))
		return 0;
	if (is_held(folder.s))
		return error_set(err, -EBUSY, "%s: somebody runs it by hand (tunnelctl run, or tunnelctl-run); its state in "
				 "%s stays", name, folder.s);
	if (!(pw = getpwuid(st.st_uid)))
		return error_set(err, -EPERM, "%s: belongs to nobody that this machine knows; remove it by hand", folder.s);
	owner = (struct account){ .uid = pw->pw_uid, .gid = pw->pw_gid, .name = pw->pw_name };
	if ((r = as_call(&owner, empty_folder, folder.s, WORK_MS, NULL, err)) < 0)
		return r;
	/* The folder above is root's in system scope, so its owner could not do this; nobody can have put a link there. */
	if (rmdir(folder.s) < 0 && errno != ENOENT)
		return error_errno(err, -errno, "%s", folder.s);
	return 1;
}

static int look(const void *what, struct buf *ret UNUSED, struct error *err UNUSED)
{
	return access(what, F_OK) == 0;
}

void remains_find_key(const struct tunnel *t, bool user, struct buf *ret)
{
	struct ssh_machine machine = {0};
	AUTO(account) account = {0};

	if (!t->identity_file.len)
		return;
	find_account(user, t->run_as, &account);
	machine.home = account.home;
	ssh_path_put(&machine, 0, t->identity_file.v[0], ret);
	if (as_call(&account, look, ret->s, WORK_MS, NULL, NULL) <= 0)
		buf_clear(ret);
}

/* As it stands behind sudo, where the tunnel's own commands do. */
static void push(bool sudo, const struct strv *words, struct strv *ret)
{
	AUTO(strv) all = {0};
	AUTO(buf) line = {0};

	if (sudo)
		strv_push(&all, "sudo");
	strv_push_all(&all, words);
	shell_quote(&all, &line);
	strv_push(ret, line.s);
}

void remains_list(const struct cli *cli, const struct tunnel *t, bool user, const char *ini, const char *key,
		  struct strv *ret)
{
	AUTO(buf) revoke = {0};
	AUTO(buf) again = {0};
	AUTO(buf) backup = {0};
	AUTO(buf) public = {0};
	AUTO(buf) own = {0};
	AUTO(strv) move = {0};
	AUTO(strv) delete = {0};
	bool sudo;

	nextstep_command(cli, t, user, "authorize", "--revoke", &revoke);
	nextstep_command(cli, t, user, "remove", NULL, &again);
	sudo = !strncmp(revoke.s, "sudo ", 5);
	buf_cat(&backup, ini, ".bak");
	strv_push(&move, "mv");
	strv_push(&move, backup.s);
	strv_push(&move, ini);
	push(sudo, &move, ret);
	strv_push(ret, revoke.s);
	strv_push(ret, again.s);
	buf_cat(&own, "tunnel-", t->name);
	if (strcmp(path_base(key), own.s) != 0)
		return; /* not made for this tunnel alone */
	buf_cat(&public, key, ".pub");
	strv_push(&delete, "rm");
	strv_push(&delete, key);
	strv_push(&delete, public.s);
	push(sudo, &delete, ret);
}
