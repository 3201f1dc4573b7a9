/* SPDX-License-Identifier: MIT */
#include "import.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/shellquote.h"
#include "keys.h"
#include "tree.h"

/* Seconds: the default of RetryDelayMax, and the most that StopTimeout takes (keys.def). */
enum { RETRY_DELAY_MAX = 30, STOP_TIMEOUT_MAX = 3600 };

/* The plist while it is read. */
struct import {
	const struct item *job;
	struct foreign *ret;
};

/* The value of a key of the job, if it has the type that launchd wants; any other it would ignore. */
static const struct item *find(const struct import *i, const char *key, unsigned types)
{
	const struct item *item = item_find(i->job, key);

	return item && (item->type & types) ? item : NULL;
}

static bool is_true(const struct import *i, const char *key)
{
	const struct item *item = find(i, key, ITEM_BOOL);

	return item && item->number;
}

static void drop(const struct import *i, const char *what, const struct item *at, const char *why)
{
	foreign_drop(i->ret, what, at->line, "%s", why);
}

static void take_label(struct import *i, const struct item *label)
{
	AUTO(buf) system = {0};
	AUTO(buf) user = {0};
	AUTO(strv) word = {0};

	i->ret->label = xstrdup(label->text);
	i->ret->label_line = label->line;
	strv_push(&word, label->text);
	buf_puts(&system, "launchctl bootout system/");
	shell_quote(&word, &system);
	buf_puts(&user, "launchctl bootout gui/$(id -u)/");
	shell_quote(&word, &user);
	i->ret->stop_system = buf_take(&system);
	i->ret->stop_user = buf_take(&user);
	drop(i, "Label", label, "the name of the INI file names the tunnel");
}

/* Program is what runs; the first of ProgramArguments is then only what it is called. */
static void take_command(struct import *i, const struct item *argv)
{
	const struct item *program = find(i, "Program", ITEM_STRING);

	if (program)
		foreign_push_word(i->ret, program->text, program->line);
	for (size_t j = program ? 1 : 0; j < argv->len; j++)
		foreign_push_word(i->ret, argv->items[j].text, argv->items[j].line);
}

static void take_account(struct import *i, const struct item *at)
{
	const struct item *user = find(i, "UserName", ITEM_STRING), *group = find(i, "GroupName", ITEM_STRING);
	AUTO(buf) account = {0};

	/* GroupName alone leaves the job root's (launchd.plist(5)). */
	if (at == group && user)
		return;
	buf_puts(&account, user ? user->text : "root");
	if (group)
		buf_cat(&account, ":", group->text);
	foreign_set(i->ret, &keys[KEY_run_as], account.s, at->key, at->line);
}

static void take_environment(struct import *i, const struct item *dict)
{
	for (size_t j = 0; j < dict->len; j++) {
		const struct item *item = &dict->items[j];

		if (!*item->key || strchr(item->key, '='))
			drop(i, item->key, item, "no name of a variable");
		else if (item->type == ITEM_STRING)
			foreign_push_environment(i->ret, item->key, item->text, item->line);
		else
			drop(i, item->key, item, "no string, so launchd ignores it");
	}
}

static void take_folder(struct import *i, const struct item *item)
{
	if (*item->text == '/') {
		free(i->ret->folder);
		i->ret->folder = xstrdup(item->text);
	}
	drop(i, item->key, item, "ssh needs none; relative file names are written out");
}

static void take_log(struct import *i, const struct item *item)
{
	const struct item *error = find(i, "StandardErrorPath", ITEM_STRING);

	if (item != error)
		drop(i, item->key, item, error && !strcmp(error->text, item->text)
						 ? "the same file as StandardErrorPath"
						 : "a tunnel says nothing on its standard output");
	else if (!strcmp(item->text, "/dev/null"))
		drop(i, item->key, item, "what ssh says is kept, and told by tunnelctl status");
	else
		foreign_set(i->ret, &keys[KEY_log], item->text, item->key, item->line);
}

/* launchd spaces the starts of a program that it knows nothing of; tunnelctl-run waits for what is wrong. */
static void take_throttle(struct import *i, const struct item *item)
{
	AUTO(buf) seconds = {0};

	buf_printf(&seconds, "%lld", item->number);
	if (item->number > RETRY_DELAY_MAX)
		foreign_set(i->ret, &keys[KEY_retry_delay_max], seconds.s, item->key, item->line);
	else
		drop(i, item->key, item,
		     "tunnelctl-run waits RetryDelay = 1 s and longer, up to 30 s, as the failure wants");
}

static void take_stop(struct import *i, const struct item *item)
{
	AUTO(buf) seconds = {0};

	buf_printf(&seconds, "%lld", item->number);
	if (item->number < 1 || item->number > STOP_TIMEOUT_MAX)
		drop(i, item->key, item, "no tunnel takes so long to stop; the default StopTimeout = 10 holds");
	else
		foreign_set(i->ret, &keys[KEY_stop_timeout], seconds.s, item->key, item->line);
}

/* What starts the job besides a person. */
static void take_trigger(struct import *i, const struct item *item)
{
	drop(i, item->key, item, "tunnelctl keeps the tunnel up; nothing has to start it again");
}

/* Those that the life of the job is made of are read together, by take_life(). */
static void take_later(struct import *i, const struct item *item)
{
	(void)i;
	(void)item;
}

static void take_init_groups(struct import *i, const struct item *item)
{
	drop(i, item->key, item, item->number ? "always so" : "ssh always has the groups of its account");
}

static const struct {
	const char *key;
	unsigned types;
	void (*take)(struct import *, const struct item *);
} takers[] = {
	{ "Label", ITEM_STRING, take_label },
	{ "Program", ITEM_STRING, take_later },
	{ "ProgramArguments", ITEM_ARRAY, take_command },
	{ "UserName", ITEM_STRING, take_account },
	{ "GroupName", ITEM_STRING, take_account },
	{ "InitGroups", ITEM_BOOL, take_init_groups },
	{ "EnvironmentVariables", ITEM_DICT, take_environment },
	{ "WorkingDirectory", ITEM_STRING, take_folder },
	{ "StandardErrorPath", ITEM_STRING, take_log },
	{ "StandardOutPath", ITEM_STRING, take_log },
	{ "ThrottleInterval", ITEM_INTEGER, take_throttle },
	{ "ExitTimeOut", ITEM_INTEGER, take_stop },
	{ "RunAtLoad", ITEM_BOOL, take_later },
	{ "KeepAlive", ITEM_BOOL | ITEM_DICT, take_later },
	{ "OnDemand", ITEM_BOOL, take_later },
	{ "StartInterval", ITEM_INTEGER, take_trigger },
	{ "StartCalendarInterval", ITEM_DICT | ITEM_ARRAY, take_trigger },
	{ "StartOnMount", ITEM_BOOL, take_trigger },
	{ "WatchPaths", ITEM_ARRAY, take_trigger },
};

/* A key that has the same meaning in [launchd]. NAME is its path. */
static void add(struct import *i, const struct job_key *k, const char *name, const struct item *item, unsigned line)
{
	struct draft_origin at = { name, line };
	struct error err = {0};
	AUTO(buf) value = {0};

	if (item->type == ITEM_BOOL)
		buf_puts(&value, item->number ? "yes" : "no");
	else if (item->type == ITEM_INTEGER)
		buf_printf(&value, k->octal ? "0%llo" : "%lld", item->number);
	else
		buf_puts(&value, item->text ? item->text : "");
	if ((item->type == ITEM_INTEGER && !job_key_takes_number(k, item->number)) ||
	    (item->type == ITEM_STRING && !job_key_takes_text(k, item->text)))
		foreign_drop(i->ret, name, line, "%.60s is no value that launchd takes", buf_str(&value));
	else if (!strcmp(name, "SoftResourceLimits.NumberOfFiles"))
		foreign_set(i->ret, &keys[KEY_limit_nofile], buf_str(&value), name, line);
	else if (draft_add(&i->ret->draft, SECTION_launchd, name, buf_str(&value), false, &at, &err) < 0)
		foreign_drop(i->ret, name, line, "%s", err.text);
}

static void take_other(struct import *i, const char *dict, const struct item *item);

/* A key that launchd knows and the INI may say to it. */
static void take_addition(struct import *i, const struct job_key *k, const char *name, const struct item *item)
{
	if (!(item->type & k->types)) {
		drop(i, name, item, "not of the type that launchd wants, so it ignores the key");
	} else if (item->type == ITEM_DICT) {
		for (size_t j = 0; j < item->len; j++)
			take_other(i, name, &item->items[j]);
	} else if (item->type == ITEM_ARRAY) {
		for (size_t j = 0; j < item->len; j++)
			if (item->items[j].type == ITEM_STRING && (k->of & ITEM_STRING))
				add(i, k, name, &item->items[j], item->items[j].line);
			else
				drop(i, name, &item->items[j], "not of the type that launchd wants, so it is ignored");
	} else {
		add(i, k, name, item, item->line);
	}
}

/* DICT is the path of the dictionary, "" for the job. */
static void take_other(struct import *i, const char *dict, const struct item *item)
{
	const struct job_key *k = job_key_find(dict, item->key), *close = job_key_find_any_case(dict, item->key);
	AUTO(buf) name = {0};

	buf_cat(&name, dict, *dict ? "." : "", item->key);
	if (!k && close)
		foreign_drop(i->ret, name.s, item->line, "launchd spells it %s and ignores this", close->name);
	else if (!k)
		drop(i, name.s, item, "unknown to launchd, which ignores it");
	else if (k->harm)
		drop(i, name.s, item, k->harm);
	else if (k->if_true)
		drop(i, name.s, item, k->if_true);
	else if (k->refused)
		drop(i, name.s, item, k->refused);
	else
		take_addition(i, k, name.s, item);
}

static void take(struct import *i, const struct item *item)
{
	for (size_t j = 0; j < ARRAY_LEN(takers); j++)
		if (!strcmp(takers[j].key, item->key)) {
			if (item->type & takers[j].types)
				takers[j].take(i, item);
			else
				drop(i, item->key, item, "not of the type that launchd wants, so it ignores the key");
			return;
		}
	take_other(i, "", item);
}

/* KeepAlive as a dictionary: SuccessfulExit false and Crashed are Restart = on-failure; each other condition is
 * about when not to try, and a tunnel always tries. */
static const char *restart_of(struct import *i, const struct item *dict)
{
	const char *ret = "always";

	for (size_t j = 0; j < dict->len; j++) {
		const struct item *item = &dict->items[j];
		AUTO(buf) name = {0};

		buf_cat(&name, "KeepAlive.", item->key);
		if (item->type == ITEM_BOOL && !strcmp(item->key, "SuccessfulExit") && !item->number)
			ret = "on-failure";
		else if (item->type == ITEM_BOOL && !strcmp(item->key, "Crashed") && item->number)
			ret = "on-failure";
		else
			drop(i, name.s, item, "a tunnel knows no such condition; it is tried whenever it is down");
	}
	return ret;
}

/* Without a key that keeps it alive, launchd starts the job once. */
static const char *find_restart(struct import *i, const struct item **ret_at)
{
	const struct item *keep = find(i, "KeepAlive", ITEM_BOOL | ITEM_DICT), *demand = find(i, "OnDemand", ITEM_BOOL);

	*ret_at = keep ? keep : demand ? demand : find(i, "RunAtLoad", ITEM_BOOL);
	for (size_t j = 0; j < ARRAY_LEN(takers); j++)
		if (takers[j].take == take_trigger && find(i, takers[j].key, takers[j].types))
			return "always";
	if (keep && keep->type == ITEM_DICT)
		return restart_of(i, keep);
	return (keep && keep->number) || (!keep && demand && !demand->number) ? "always" : "never";
}

static void take_life(struct import *i)
{
	const struct item *at, *load = item_find(i->job, "RunAtLoad");
	const char *restart = find_restart(i, &at);
	const char *what = at ? at->key : "KeepAlive";
	unsigned line = at ? at->line : i->job->line;
	bool starts = is_true(i, "RunAtLoad") || strcmp(restart, "never") != 0;

	if (!strcmp(restart, "always") && at)
		drop(i, at->key, at, "Restart = always is the default");
	else if (strcmp(restart, "always") != 0)
		foreign_set(i->ret, &keys[KEY_restart], restart, what, line);
	if (load && load != at && load->type == ITEM_BOOL)
		drop(i, load->key, load,
		     starts ? "a tunnel starts by itself unless Start = manual" : "Start = manual says it");
	if (item_find(i->job, "OnDemand") && item_find(i->job, "OnDemand") != at)
		drop(i, "OnDemand", item_find(i->job, "OnDemand"), "KeepAlive replaced it");
	if (!starts)
		foreign_set(i->ret, &keys[KEY_start], "manual", what, line);
}

/* What launchd would not start either. */
static int judge(const struct item *job, struct strv *ret_problems)
{
	const struct item *program = item_find(job, "Program"), *argv = item_find(job, "ProgramArguments");

	if (job->type != ITEM_DICT)
		item_finding(job, ret_problems, "not a dictionary");
	else if (!argv && program)
		item_finding(program, ret_problems, "Program alone, without ProgramArguments, runs no tunnel");
	else if (!argv)
		item_finding(job, ret_problems, "ProgramArguments: missing; wanted the command of a tunnel");
	else if (argv->type != ITEM_ARRAY || !argv->len)
		item_finding(argv, ret_problems, "ProgramArguments: wanted an array of strings, the command first");
	for (size_t i = 0; job->type == ITEM_DICT && argv && i < argv->len; i++)
		if (argv->items[i].type != ITEM_STRING)
			item_finding(&argv->items[i], ret_problems, "ProgramArguments: wanted strings alone");
	return ret_problems->len ? -EINVAL : 0;
}

int launchd_import(const char *text, size_t len, struct foreign *ret, struct strv *ret_problems)
{
	AUTO(buf) copy = {0};
	AUTO(item) job = {0};
	AUTO(strv) problems = {0};
	struct import i = { .job = &job, .ret = ret };

	buf_put(&copy, text, len);
	if (!strncmp(buf_str(&copy), "bplist", 6))
		strv_push(&problems, "a binary property list; wanted XML (plutil -convert xml1 FILE)");
	else if (strlen(buf_str(&copy)) != len)
		strv_push(&problems, "holds a NUL byte; wanted an XML property list in UTF-8");
	else if (item_read(buf_str(&copy), &job, &problems) == 0)
		(void)judge(&job, &problems);
	if (problems.len) {
		strv_push_all(ret_problems, &problems);
		return -EINVAL;
	}
	ret->folder = xstrdup("/"); /* where launchd starts a job that says nothing */
	for (size_t j = 0; j < job.len; j++)
		take(&i, &job.items[j]);
	take_life(&i);
	return 0;
}
