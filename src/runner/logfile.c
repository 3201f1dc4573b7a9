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
	mode_t mode = native ? 0700 : 0755;

	path_folder(path, &folder);
	if (native)
		(void)file_make_parents(folder.s, NULL);
	if (mkdir(folder.s, mode) < 0)
		return errno == EEXIST ? 0 : -errno; /* another tunnel's runner was faster */
	return chmod(folder.s, mode) < 0 ? -errno : 0; /* the umask has had its say */
}

int logfile_open(struct log *l, const char *path, bool native)
{
	int r = log_open_file(l, path);

	if (r != -ENOENT || make_folder(path, native) < 0)
		return r;
	return log_open_file(l, path);
}
