/* SPDX-License-Identifier: MIT */
/*
 * Which files launchd reads a job from: owner, mode, kind, name. It refuses others with 122, or with 5 and the reason
 * in its log alone: path_goodness_check() of launchd 842, launchctl(1).
 */
#ifndef TUNNELCTL_BACKENDS_LAUNCHD_FILE_H
#define TUNNELCTL_BACKENDS_LAUNCHD_FILE_H

#include <stdbool.h>
#include <sys/stat.h>

#include "advice.h"
#include "base/strv.h"

/* What is known of a plist's file; the paths are borrowed. */
struct plist_file {
	const char *path, *label; /* label: NULL where the job has none */
	bool ours;                /* made by tunnelctl */
	enum job_place place;
	mode_t mode;              /* of the path itself, links not followed */
	uid_t owner, caller;
	uid_t folder_owner;       /* of the folder that holds it */
	const char *open_folder;  /* the first folder above it that anybody may write, or NULL */
};

/* By the folder of an absolute path. */
enum job_place plist_file_place(const char *path);

/* Pure. Each finding is a line without a number. */
void plist_file_judge(const struct plist_file *, struct strv *ret_problems, struct strv *ret_advice);

/* check_file and advise of struct backend. */
int launchd_check_file(const char *path, const char *text, size_t len, struct strv *ret_problems);
void launchd_advise(const char *path, const char *text, size_t len, struct strv *ret_advice);

#endif
