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

unsigned cause_exit_timeout(const char *plist)
{
	AUTO(buf) text = {0};
	AUTO(item) job = {0};
	AUTO(strv) problems = {0};
	const struct item *time = NULL;

	if (file_read(plist, PLIST_MAX, &text, NULL, NULL) == 0 && strlen(buf_str(&text)) == text.len &&
	    item_read(buf_str(&text), &job, &problems) == 0 && job.type == ITEM_DICT)
		time = item_find(&job, "ExitTimeOut");
	if (!time || time->type != ITEM_INTEGER || time->number < 1 || time->number > EXIT_TIMEOUT_MAX)
		return EXIT_TIMEOUT;
	return (unsigned)time->number;
}
