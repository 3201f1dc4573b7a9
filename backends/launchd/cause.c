/* SPDX-License-Identifier: MIT */
#include "cause.h"

#include <string.h>

#include "backend.h"
#include "base/file.h"
#include "check.h"
#include "tree.h"

enum { PLIST_MAX = 1024 * 1024, EXIT_TIMEOUT = 20, EXIT_TIMEOUT_MAX = 600, EX_CONFIG_OF_LAUNCHD = 78 };

extern const struct backend backend_launchd;

bool cause_find(const char *plist, const struct scope *scope UNUSED, struct buf *ret)
{
	AUTO(buf) text = {0};
	AUTO(strv) problems = {0};
	struct error err = {0};

	if (file_read(plist, PLIST_MAX, &text, NULL, &err) < 0) {
		buf_puts(ret, err.text);
		return true;
	}
	if (backend_launchd.check_file)
		(void)backend_launchd.check_file(plist, buf_str(&text), text.len, &problems);
	(void)launchd_check(buf_str(&text), text.len, &problems);
	if (problems.len)
		buf_cat(ret, plist, ": ", problems.v[0]);
	return problems.len;
}

bool cause_of_silence(const struct print *p, struct buf *ret)
{
	if (p->pid)
		return false;
	if (p->exited && p->last_exit == EX_CONFIG_OF_LAUNCHD)
		buf_printf(ret, "launchd cannot start it (last exit code %s); is tunnelctl-run where the plist says, and is "
			   "there an account as in RunAs?", p->last_exit_words);
	else if (*p->reason)
		buf_printf(ret, "launchd ended it (%s); was the program signed, and for this Mac?", p->reason);
	else if (*p->pended)
		buf_printf(ret, "launchd holds the start back (%s), as in a domain without a login at the screen; log in "
			   "there, or make it a tunnel of the system", p->pended);
	else if (*p->state && !p->runs && !p->exited)
		buf_printf(ret, "launchd has loaded it and never started it (%s); tunnelctl restart tries again", p->state);
	return ret->len;
}

/* An item that is no dictionary where nothing can be read. */
static void read_job(const char *plist, struct item *ret)
{
	AUTO(buf) text = {0};
	AUTO(strv) problems = {0};

	if (file_read(plist, PLIST_MAX, &text, NULL, NULL) == 0 && strlen(buf_str(&text)) == text.len)
		(void)item_read(buf_str(&text), ret, &problems);
}

static const struct item *find(const struct item *job, const char *key, enum item_type type)
{
	const struct item *it = job->type == ITEM_DICT ? item_find(job, key) : NULL;

	return it && it->type == type ? it : NULL;
}

static bool has_other_arguments(const struct item *job, const char *output)
{
	const struct item *arguments = find(job, "ProgramArguments", ITEM_ARRAY);
	AUTO(strv) read = {0};

	print_block(output, "arguments", &read);
	if (!read.len || !arguments)
		return false;
	if (read.len != arguments->len)
		return true;
	for (size_t i = 0; i < read.len; i++)
		if (arguments->items[i].type == ITEM_STRING && strcmp(arguments->items[i].text, read.v[i]) != 0)
			return true;
	return false;
}

/* Only what the plist wants and launchd has not: launchd adds variables of its own. */
static bool lacks_variable(const struct item *job, const char *output)
{
	const struct item *variables = find(job, "EnvironmentVariables", ITEM_DICT);
	AUTO(strv) read = {0};

	print_block(output, "environment", &read);
	for (size_t i = 0; read.len && variables && i < variables->len; i++) {
		const struct item *one = &variables->items[i];
		AUTO(buf) line = {0};

		buf_cat(&line, one->key, " => ", one->type == ITEM_STRING ? one->text : "");
		if (one->type == ITEM_STRING && !strv_has(&read, line.s))
			return true;
	}
	return false;
}

bool cause_is_other(const char *plist, const struct print *p, const char *output)
{
	AUTO(item) job = {0};
	const struct item *time, *user;

	read_job(plist, &job);
	time = find(&job, "ExitTimeOut", ITEM_INTEGER);
	user = find(&job, "UserName", ITEM_STRING);
	return (time && p->exit_timeout && time->number != (long long)p->exit_timeout) ||
	       (user && *p->user && strcmp(user->text, p->user) != 0) || has_other_arguments(&job, output) ||
	       lacks_variable(&job, output);
}

unsigned cause_exit_timeout(const char *plist)
{
	AUTO(item) job = {0};
	const struct item *time;

	read_job(plist, &job);
	time = find(&job, "ExitTimeOut", ITEM_INTEGER);
	if (!time || time->number < 1 || time->number > EXIT_TIMEOUT_MAX)
		return EXIT_TIMEOUT;
	return (unsigned)time->number;
}
