/* SPDX-License-Identifier: MIT */
#include "cli/batch.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

int batch_find(const struct cli *cli, bool user, struct batch *ret)
{
	ret->scope = (struct scope){ .user = user, .home = cli_home(), .config_home = cli_config_home() };
	ret->backend = cli_backend(cli);
	return ret->backend ? EXIT_DONE : EXIT_FAILED;
}

int batch_open(struct batch *b)
{
	struct error err = {0};

	if (!b->backend->control) {
		cli_error("%s: this tunnelctl writes its units (tunnelctl generate), but cannot talk to it yet",
			  b->backend->name);
		return EXIT_FAILED;
	}
	if (b->backend->control->open(&b->scope, true, &b->supervisor, &err) == 0)
		return EXIT_DONE;
	return batch_fail(&err);
}

struct unit_state *batch_query(struct batch *b, const struct strv *names, struct error *err)
{
	struct unit_state *states = xrealloc(NULL, names->len * sizeof(*states));

	memset(states, 0, names->len * sizeof(*states));
	if (b->backend->control->query(b->supervisor, names, states, err) == 0)
		return states;
	free(states);
	return NULL;
}

int batch_fail(const struct error *err)
{
	cli_error("%s", err->text);
	return cli_exit_code(err->code);
}

void batch_done(struct batch *b)
{
	if (b->supervisor)
		b->backend->control->close(b->supervisor);
	*b = (struct batch){0};
}
