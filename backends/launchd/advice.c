/* SPDX-License-Identifier: MIT */
#include "advice.h"

#include <stdbool.h>
#include <string.h>

#include "base/file.h"
#include "keys.h"
#include "sshargs.h"

/* Of the type that it must have, else NULL: a wrong type is the checker's finding. */
static const struct item *find(const struct item *job, const char *key, unsigned type)
{
	const struct item *item = item_find(job, key);

	return item && item->type & type ? item : NULL;
}

static bool is_agent(enum job_place place)
{
	return place == JOB_AGENT || place == JOB_OWN_AGENT;
}

/* Only a daemon can have an account. */
static bool is_daemon(const struct item *job, enum job_place place)
{
	return place == JOB_DAEMON ||
	       (place == JOB_ELSEWHERE && (item_find(job, "UserName") || item_find(job, "GroupName")));
}

/* The rows of keys.def that say something about a key as such. */
static void advise_keys(const struct item *dict, const char *path, bool daemon, struct strv *ret)
{
	for (size_t i = 0; i < dict->len; i++) {
		const struct item *item = &dict->items[i];
		const struct job_key *k = job_key_find(path, item->key);
		AUTO(buf) name = {0};

		if (!k || !(item->type & k->types))
			continue;
		buf_printf(&name, "%s%s%s", path, *path ? "." : "", item->key);
		if (k->advice && !(item->type == ITEM_BOOL && !item->number))
			item_finding(item, ret, "%s: %s", name.s, k->advice);
		if (k->machine && daemon)
			item_finding(item, ret, "%s: for a daemon also sets %s, of the whole machine", name.s,
				     k->machine);
		if (item->type == ITEM_DICT && !k->open)
			advise_keys(item, name.s, daemon, ret);
	}
}

static void advise_account(const struct item *job, enum job_place place, struct strv *ret)
{
	const struct item *user = item_find(job, "UserName"), *groups = item_find(job, "InitGroups"),
			  *sessions = item_find(job, "LimitLoadToSessionType"), *nice = find(job, "Nice", ITEM_INTEGER);

	if (is_daemon(job, place)) {
		if (!user)
			item_finding(job, ret, "UserName: missing, so the job runs as root");
		if (sessions)
			item_finding(sessions, ret, "LimitLoadToSessionType: means nothing to a daemon, and some "
				     "releases refuse to load it; leave it out");
	}
	if (groups && !user)
		item_finding(groups, ret, "InitGroups: means nothing without UserName");
	if (nice && nice->number < 0 && is_agent(place))
		item_finding(nice, ret, "Nice: is %lld; only a daemon may go below 0", nice->number);
}

static bool is_true(const struct item *item)
{
	return item && (item->type == ITEM_DICT || item->number);
}

/* What starts a job; launchd.plist(5). KeepAlive implies RunAtLoad. */
static void advise_start(const struct item *job, struct strv *ret)
{
	static const char *const starters[] = {
		"StartInterval", "StartCalendarInterval", "StartOnMount", "WatchPaths",
		"QueueDirectories", "Sockets", "MachServices", "LaunchEvents",
	};
	const struct item *load = find(job, "RunAtLoad", ITEM_BOOL),
			  *alive = find(job, "KeepAlive", ITEM_BOOL | ITEM_DICT),
			  *once = find(job, "LaunchOnlyOnce", ITEM_BOOL);
	bool starts = is_true(load) || is_true(alive);

	if (load && !load->number && is_true(alive))
		item_finding(load, ret, "RunAtLoad: is false, but KeepAlive starts the job at load all the same");
	if (is_true(once) && is_true(alive))
		item_finding(once, ret, "LaunchOnlyOnce: launchd starts the job once, whatever KeepAlive says");
	for (size_t i = 0; i < ARRAY_LEN(starters); i++)
		starts |= item_find(job, starters[i]) != NULL;
	if (!starts)
		item_finding(job, ret, "RunAtLoad: missing, and nothing else starts the job by itself");
}

/* Digits that were meant in octal: 022 is 18. */
static void advise_numbers(const struct item *job, struct strv *ret)
{
	const struct item *umask = find(job, "Umask", ITEM_INTEGER);

	if (umask && (umask->number == 22 || umask->number == 27 || umask->number == 77))
		item_finding(umask, ret, "Umask: %lld is 0%llo in octal; for an octal 0%lld write %lld", umask->number,
			     (unsigned long long)umask->number, umask->number,
			     umask->number / 10 * 8 + umask->number % 10);
	if (!item_find(job, "ExitTimeOut"))
		item_finding(job, ret, "ExitTimeOut: missing; launchd kills 5 s (older ones 20 s) after its SIGTERM");
}

/* These are there, and whoever runs the job may write into them. */
static bool is_always_there(const char *path)
{
	static const char *const folders[] = { "/dev", "/tmp", "/private/tmp", "/var/tmp", "/private/var/tmp" };
	AUTO(buf) folder = {0};

	path_folder(path, &folder);
	for (size_t i = 0; i < ARRAY_LEN(folders); i++)
		if (!strcmp(folder.s, folders[i]))
			return true;
	return false;
}

static void advise_log(const struct item *job, const char *key, struct strv *ret)
{
	const struct item *log = find(job, key, ITEM_STRING);
	AUTO(buf) folder = {0};

	if (!log || *log->text != '/' || is_always_there(log->text))
		return;
	path_folder(log->text, &folder);
	item_finding(log, ret, "%s: make %.100s yourself, for the account of the job: if launchd cannot open the "
		     "file, the job never starts (exit 78) and nobody is told", key, folder.s);
}

/* macOS asks the person before a program may read these, and cannot ask for a job of launchd. */
static bool is_guarded(const char *path)
{
	static const char *const folders[] = { "Desktop/", "Documents/", "Downloads/" };
	const char *home = strncmp(path, "/Users/", 7) ? NULL : strchr(path + 7, '/');

	for (size_t i = 0; home && i < ARRAY_LEN(folders); i++)
		if (!strncmp(home + 1, folders[i], strlen(folders[i])))
			return true;
	return !strncmp(path, "/Volumes/", 9);
}

static void advise_guarded(const struct item *item, const char *key, struct strv *ret)
{
	if (item->type == ITEM_STRING && is_guarded(item->text))
		item_finding(item, ret, "%s: %.100s: macOS keeps jobs of launchd out of Desktop, Documents, Downloads "
			     "and other volumes; ~/.ssh and ~/Library are open to them", key, item->text);
	for (size_t i = 0; item->type == ITEM_ARRAY && i < item->len; i++)
		advise_guarded(&item->items[i], key, ret);
}

static void advise_paths(const struct item *job, struct strv *ret)
{
	static const char *const keys[] = {
		"Program", "ProgramArguments", "WorkingDirectory", "StandardOutPath", "StandardErrorPath",
	};

	for (size_t i = 0; i < ARRAY_LEN(keys); i++)
		if (item_find(job, keys[i]))
			advise_guarded(item_find(job, keys[i]), keys[i], ret);
	advise_log(job, "StandardOutPath", ret);
	advise_log(job, "StandardErrorPath", ret);
}

/* The values go to the job as they are. */
static void advise_environment(const struct item *job, struct strv *ret)
{
	const struct item *dict = find(job, "EnvironmentVariables", ITEM_DICT);

	for (size_t i = 0; dict && i < dict->len; i++) {
		const struct item *item = &dict->items[i];

		if (item->type != ITEM_STRING)
			continue;
		if (!strncmp(item->text, "~/", 2) || strstr(item->text, "$HOME") || strstr(item->text, "$PATH") ||
		    strstr(item->text, "$USER") || strstr(item->text, "${"))
			item_finding(item, ret, "EnvironmentVariables.%.60s: launchd expands neither ~ nor "
				     "variables; the job sees %.60s", item->key, item->text);
	}
}

static void advise_program(const struct item *job, struct strv *ret)
{
	const struct item *argv = find(job, "ProgramArguments", ITEM_ARRAY), *program = item_find(job, "Program");
	AUTO(strv) problems = {0}; /* the checker's */

	if (!program && argv && argv->len && argv->items->type == ITEM_STRING && *argv->items->text &&
	    !strchr(argv->items->text, '/'))
		item_finding(argv->items, ret, "ProgramArguments: launchd looks for %.60s in /usr/bin, /bin, "
			     "/usr/sbin and /sbin alone; an absolute path is safe", argv->items->text);
	sshargs_judge(argv, program, &problems, ret);
}

void job_advise(const struct item *job, enum job_place place, struct strv *ret_advice)
{
	advise_program(job, ret_advice);
	advise_account(job, place, ret_advice);
	advise_start(job, ret_advice);
	advise_numbers(job, ret_advice);
	advise_paths(job, ret_advice);
	advise_environment(job, ret_advice);
	advise_keys(job, "", is_daemon(job, place), ret_advice);
}

void job_judge_place(const struct item *job, enum job_place place, struct strv *ret_problems)
{
	static const char *const keys[] = { "UserName", "GroupName" };

	for (size_t i = 0; is_agent(place) && i < ARRAY_LEN(keys); i++) {
		const struct item *item = item_find(job, keys[i]);

		if (item)
			item_finding(item, ret_problems, "%s: launchd ignores it in an agent, which runs as whoever "
				     "logs in; wanted it in /Library/LaunchDaemons", keys[i]);
	}
}
