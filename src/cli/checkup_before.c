/* SPDX-License-Identifier: MIT */
#include "cli/checkup_before.h"

#include <unistd.h>

#include "cli/checkup.h"

static void show(const struct checkup_line *l, void *user)
{
	const struct checkup *t = user;
	AUTO(buf) text = {0};

	if (l->verdict != CHECKUP_FAILED)
		return;
	buf_printf(&text, "%s: %s: %s; %s", t->selected->name, l->step, l->seen, l->why);
	if (l->command)
		buf_cat(&text, ": ", l->command);
	cli_error("%s", text.s);
}

static int look_at(const struct cli *cli, const struct selected *s)
{
	__attribute__((cleanup(checkup_done))) struct checkup t = { .cli = cli, .selected = s, .show = show };

	t.user = &t;
	/* Whoever may not become RunAs may not enable its tunnel either; the supervisor says so. */
	if (!s->user && geteuid() != 0)
		return 0;
	return checkup_run(&t, true);
}

int checkup_before(const struct cli *cli, const struct selection *l)
{
	int ret = 0;

	for (size_t i = 0; i < l->len && !cli->options.force; i++) {
		int r = look_at(cli, &l->v[i]);

		ret = r > ret ? r : ret;
	}
	if (ret)
		cli_error("nothing has been enabled; mend that, or say --force");
	return ret;
}
