/* SPDX-License-Identifier: MIT */
/* Until tunnels are up, however long that takes: also where one is parked, somebody may put the right key in place. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/notify.h"
#include "cli/cli.h"
#include "cli/facts.h"
#include "cli/json.h"
#include "cli/progress.h"
#include "cli/report.h"
#include "cli/select.h"
#include "model/value.h"

struct waiting {
	struct reports *reports;
	long long deadline; /* clock_ms(), 0: none */
	bool talks;         /* a person watches, or asked for it */
	struct strv said;   /* of each tunnel, what was said last */
	struct progress progress;
};

static const char *describe(const struct report *r)
{
	const char *sentence = report_sentence(r);

	if (*sentence)
		return sentence;
	return strcmp(report_word(r), "off") ? report_word(r) : "off; nobody has started it";
}

/* For the person, and for whoever looks at the unit that waits (systemctl status). */
static void tell(struct waiting *w)
{
	for (size_t i = 0; i < w->reports->len; i++) {
		const struct report *r = &w->reports->v[i];
		AUTO(buf) line = {0};

		buf_cat(&line, r->selected->name, ": ", describe(r));
		/* Between two tries of tunnelctl run there is a moment in which nobody knows anything. */
		if (!strcmp(line.s, w->said.v[i]) || (!r->phase && *w->said.v[i]))
			continue;
		if (w->talks) {
			progress_end(&w->progress);
			cli_say(w->reports->cli, "%s", line.s);
		}
		(void)fflush(stdout);
		notify_status(line.s, false);
		free(w->said.v[i]);
		w->said.v[i] = buf_take(&line);
	}
}

static bool are_up(const struct reports *l)
{
	for (size_t i = 0; i < l->len; i++)
		if (!phase_is_up(l->v[i].phase))
			return false;
	return true;
}

/* 0, or an exit code: nobody may wait for what he may not see. */
static int judge_rights(const struct reports *l)
{
	for (size_t i = 0; i < l->len; i++)
		if (l->v[i].state_error == -EACCES) {
			cli_error("%s/state: %s", l->v[i].folder.s, strerror(EACCES));
			return EXIT_PERMISSION;
		}
	return 0;
}

static void tell_late(const struct reports *l)
{
	for (size_t i = 0; i < l->len; i++)
		if (!phase_is_up(l->v[i].phase))
			cli_error("%s: not up in time: %s", l->v[i].selected->name, describe(&l->v[i]));
}

/* Who is still away. */
static void show_progress(struct waiting *w)
{
	size_t away = 0, which = 0;

	if (w->progress.fd)
		return;
	for (size_t i = 0; i < w->reports->len; i++)
		if (!phase_is_up(w->reports->v[i].phase)) {
			away++;
			which = i;
		}
	if (away == 1)
		progress_begin(&w->progress, w->reports->cli, "waiting for %s to come up",
			       w->reports->v[which].selected->name);
	else
		progress_begin(&w->progress, w->reports->cli, "waiting for %zu tunnels to come up", away);
}

static void print_facts(const struct reports *l)
{
	struct moment now = moment_now();
	json_t *list = json_array();

	for (size_t i = 0; i < l->len; i++)
		(void)json_array_append_new(list, facts_to_json(&l->v[i], &now));
	json_finish(l->cli, list);
}

static int wait_for_all(struct waiting *w)
{
	int r;

	for (;;) {
		reports_look(w->reports, NULL);
		tell(w);
		if (are_up(w->reports))
			return EXIT_DONE;
		if ((r = judge_rights(w->reports)))
			return r;
		show_progress(w);
		if (reports_await(w->reports, w->deadline, -1) == REPORTS_TIME)
			return EXIT_NOT_UP;
	}
}

static int read_timeout(const struct cli *cli, long long *ret_deadline)
{
	unsigned seconds;
	const char *why;

	if (!cli->options.timeout)
		return 0;
	if ((why = parse_duration(cli->options.timeout, &seconds))) {
		cli_error("--timeout %s: %s", cli->options.timeout, why);
		return EXIT_USAGE;
	}
	*ret_deadline = clock_ms() + 1000LL * seconds;
	return 0;
}

int cmd_wait(const struct cli *cli)
{
	__attribute__((cleanup(selection_done))) struct selection l = {0};
	AUTO(reports) reports = {0};
	struct waiting w = { .reports = &reports, .talks = cli->options.verbose || isatty(STDOUT_FILENO) };
	int r;

	if ((r = read_timeout(cli, &w.deadline)) || (r = select_tunnels(cli, SELECT_BOTH_SCOPES, NULL, &l))) {
		json_finish(cli, json_array());
		return r;
	}
	for (size_t i = 0; i < l.len; i++)
		strv_push(&w.said, "");
	reports_open(cli, &l, &reports);
	r = wait_for_all(&w);
	progress_end(&w.progress);
	if (r == EXIT_NOT_UP)
		tell_late(&reports);
	print_facts(&reports);
	strv_done(&w.said);
	return r;
}
