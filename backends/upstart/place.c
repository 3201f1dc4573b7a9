/* SPDX-License-Identifier: MIT */
#include "place.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "initctl.h"
#include "jobfile.h"
#include "model/value.h"
#include "version.h"

#define FOLDER "/etc/init"
#define LOG_FOLDER "/var/log/upstart"
#define SUFFIX ".conf"

static bool is_folder(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

bool job_present(void)
{
	/* Ubuntu 15.04 and later have both; systemd's folder is there only while it runs (sd_booted(3)). */
	return access(initctl_program, X_OK) == 0 && is_folder(FOLDER) && !is_folder("/run/systemd/system");
}

static int put_folder(const struct scope *scope, struct buf *ret, struct error *err)
{
	if (scope->user && !scope->config_home)
		return error_set(err, -EINVAL,
				 "a user's jobs are in the folder upstart of $XDG_CONFIG_HOME, "
				 "which is not known here");
	buf_puts(ret, scope->user ? scope->config_home : FOLDER);
	buf_puts(ret, scope->user ? "/upstart" : "");
	return 0;
}

int job_path(const struct tunnel *t, const struct scope *scope, struct buf *ret, struct error *err)
{
	int r = put_folder(scope, ret, err);

	if (r == 0)
		buf_printf(ret, "/" JOB_PREFIX "%s" SUFFIX, t->name);
	return r;
}

/* The tunnel's name in that of a job file, or NULL. The caller frees it. */
static char *name_of(const char *file)
{
	size_t len = strlen(file), prefix = strlen(JOB_PREFIX), suffix = strlen(SUFFIX);
	char *name;

	if (len < prefix + suffix || strncmp(file, JOB_PREFIX, prefix) != 0 ||
	    strcmp(file + len - suffix, SUFFIX) != 0)
		return NULL;
	name = xstrndup(file + prefix, len - prefix - suffix);
	if (!check_name(name))
		return name;
	free(name);
	return NULL;
}

int job_installed(const struct scope *scope, struct strv *ret, struct error *err)
{
	AUTO(buf) folder = {0};
	AUTO(strv) names = {0};
	struct dirent *entry;
	DIR *d;
	int r = put_folder(scope, &folder, err);

	if (r < 0)
		return r;
	if (!(d = opendir(folder.s)))
		return errno == ENOENT ? 0 : error_errno(err, -errno, "%s", folder.s);
	while ((entry = readdir(d))) {
		char *name = name_of(entry->d_name);

		if (name)
			strv_push_take(&names, name);
	}
	(void)closedir(d);
	strv_sort(&names);
	strv_push_all(ret, &names);
	return 0;
}

/* Of a session its jobs' words are in the folder upstart of $XDG_CACHE_HOME (init(5), "console log"); that of the job's
 * session is taken to be ours. */
static void put_log_path(const char *name, const struct scope *scope, struct buf *ret)
{
	const char *cache = getenv("XDG_CACHE_HOME");

	if (!scope->user)
		buf_puts(ret, LOG_FOLDER);
	else if (cache && *cache == '/')
		buf_cat(ret, cache, "/upstart");
	else
		buf_cat(ret, scope->home ? scope->home : "", "/.cache/upstart");
	buf_cat(ret, "/" JOB_PREFIX, name, ".log");
}

/* What is installed tells, not the release: that may have changed since. */
static bool keeps_own_log(const char *name, const struct scope *scope)
{
	struct tunnel t = { .name = (char *)name };
	AUTO(jobfile) file = {0};
	AUTO(buf) path = {0};

	if (job_path(&t, scope, &path, NULL) < 0)
		return false;
	jobfile_read(path.s, UPSTART_NEWEST, &file);
	return file.own_log;
}

void job_log_path(const char *name, const struct scope *scope, struct buf *ret)
{
	if (!keeps_own_log(name, scope))
		put_log_path(name, scope, ret);
}
