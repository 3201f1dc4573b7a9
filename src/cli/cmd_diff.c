/* SPDX-License-Identifier: MIT */
/* What enable would change: the installed unit against the one that it would write, by diff(1). */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/spawn.h"
#include "cli/cli.h"
#include "cli/json.h"
#include "cli/plan.h"
#include "cli/select.h"
#include "cli/unitfile.h"

enum { TIMEOUT_MS = 10000 };

/* 0 = the same, 1 = different with the text in ret, < 0. */
static int compare_one(const char *old, const char *name, const char *text, struct buf *ret, struct error *err)
{
	char *const argv[] = { (char *)"/usr/bin/diff", (char *)"-u", (char *)"-L", (char *)old, (char *)"-L",
			       (char *)name, (char *)"--", (char *)old, (char *)"-", NULL };
	int r = spawn_run(argv, text, TIMEOUT_MS, ret, err);

	if (r > 1)
		return error_set(err, -EIO, "diff: %.200s", buf_str(ret));
	return r;
}

/* The unit, and one of another Start, which enable takes away. */
static int compare(const struct backend *b, const struct plan *p, struct buf *ret, struct error *err)
{
	const char *old = access(p->path.s, F_OK) == 0 ? p->path.s : "/dev/null";
	AUTO(strv) places = {0};
	int r, one;

	if ((r = unitfile_places(b, p->tunnel.name, &p->scope, &places, err)) < 0)
		return r;
	r = compare_one(old, "generated", p->text.s, ret, err);
	for (size_t i = 0; i < places.len && r >= 0; i++)
		if (strcmp(places.v[i], p->path.s) != 0 && access(places.v[i], F_OK) == 0) {
			one = compare_one(places.v[i], "/dev/null", "", ret, err);
			r = one < 0 ? one : r | one;
		}
	return r;
}

static int diff(const struct cli *cli, const struct backend *b, const struct selected *s, json_t *list)
{
	__attribute__((cleanup(plan_done))) struct plan p = {0};
	AUTO(strv) problems = {0};
	AUTO(buf) text = {0};
	struct error err = {0};
	json_t *o;
	int r;

	if (plan_make(cli, b, s->user, PLAN_FOR_HOST, s, &p, &problems) < 0) {
		cli_errors(&problems);
		return EXIT_BAD_CONFIG;
	}
	if ((r = compare(b, &p, &text, &err)) < 0) {
		cli_error("%s", err.text);
		return cli_exit_code(r);
	}
	if (!cli->options.json && !cli->options.quiet)
		(void)fputs(buf_str(&text), stdout);
	o = json_object();
	json_set_text(o, "tunnel", p.tunnel.name);
	(void)json_object_set_new(o, "differs", json_boolean(r));
	json_set_text(o, "diff", buf_str(&text));
	(void)json_array_append_new(list, o);
	return r;
}

int cmd_diff(const struct cli *cli)
{
	__attribute__((cleanup(selection_done))) struct selection l = {0};
	const struct backend *b = cli_backend(cli);
	json_t *list = json_array();
	int r, ret = b ? select_tunnels(cli, SELECT_BOTH_SCOPES, NULL, &l) : EXIT_FAILED;

	for (size_t i = 0; i < l.len; i++)
		if ((r = diff(cli, b, &l.v[i], list)) > ret)
			ret = r;
	json_finish(cli, list);
	return ret;
}
