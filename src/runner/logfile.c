/* SPDX-License-Identifier: MIT */
#include "runner/logfile.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "ssh/path.h"

bool logfile_path(const char *name, const char *log, const struct account *account, struct buf *ret)
{
	const struct ssh_machine machine = { .home = account->home };

	if (!log || !strcmp(log, "native"))
		return logfile_native(name, account, ret);
	ssh_path_put(&machine, 0, log, ret);
	return true;
}

bool logfile_under_launchd(const char *service, pid_t parent)
{
	return parent == 1 && service && *service && strcmp(service, "0") != 0;
}

static int make_folder(const char *path, bool native)
{
	AUTO(buf) folder = {0};
	int r;

	path_folder(path, &folder);
	if (native)
		(void)file_make_parents(folder.s, NULL);
	r = folder_create(folder.s, native ? 0700 : 0755);
	return r == -EEXIST ? 0 : r; /* another tunnel's runner was faster */
}

int logfile_open(struct log *l, const char *path, bool native)
{
	int r = log_open_file(l, path);

	if (r != -ENOENT || make_folder(path, native) < 0)
		return r;
	return log_open_file(l, path);
}
