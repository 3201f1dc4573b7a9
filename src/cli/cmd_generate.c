/* SPDX-License-Identifier: MIT */
/* Prints units or writes them into a folder. Touches no supervisor, runs no ssh, reads nothing but INI files. */
#include <errno.h>
#include <stdio.h>

#include "base/file.h"
#include "cli/cli.h"
#include "cli/json.h"
#include "cli/plan.h"
#include "cli/select.h"

struct generate {
	const struct cli *cli;
	const struct backend *backend;
	bool several; /* units: standard output then tells them apart */
	json_t *list; /* NULL: no --json */
	/* file_install(), or file_write() where the folder was empty and there is nothing to compare with. */
	int (*put)(const char *path, const struct buf *, mode_t, bool durable, struct error *);
};

static json_t *to_json(const struct generate *g, const struct plan *p, const char *path)
{
	json_t *o = json_object();

	json_set_text(o, "tunnel", p->tunnel.name);
	json_set_text(o, "backend", g->backend->name);
	json_set_text(o, "path", path);
	return o;
}

static void print_unit(const struct generate *g, const struct plan *p)
{
	if (g->list) {
		json_t *o = to_json(g, p, p->path.s);

		json_set_text(o, "text", buf_str(&p->text));
		(void)json_object_set_new(o, "notes", json_strv(&p->notes));
		(void)json_array_append_new(g->list, o);
		return;
	}
	if (g->several)
		(void)printf("--- %s\n", buf_str(&p->path));
	(void)fwrite(p->text.s, 1, p->text.len, stdout);
}

static void report_written(const struct generate *g, const struct plan *p, const char *path, bool changed)
{
	if (g->list) {
		json_t *o = to_json(g, p, path);

		(void)json_object_set_new(o, "changed", json_boolean(changed));
		(void)json_array_append_new(g->list, o);
	} else if (g->cli->options.verbose) {
		cli_say(g->cli, "%s: %s", path, changed ? "written" : "unchanged");
	}
}

static int emit(const struct generate *g, const struct plan *p)
{
	const char *folder = g->cli->options.output;
	AUTO(buf) path = {0};
	struct error err = {0};
	int r;

	if (!folder) {
		print_unit(g, p);
		return 0;
	}
	buf_cat(&path, folder, "/", path_base(p->path.s));
	r = g->put(path.s, &p->text, 0644, false, &err);
	if (r == -ENOENT && (r = file_make_parents(path.s, &err)) == 0)
		r = g->put(path.s, &p->text, 0644, false, &err);
	if (r < 0) {
		cli_error("%s", err.text);
		return cli_exit_code(r);
	}
	report_written(g, p, path.s, r);
	return 0;
}

/* ret_loaded tells whether there is a tunnel to generate from at all, for whatever supervisor. */
static int generate(const struct generate *g, const struct selected *s, bool *ret_loaded)
{
	__attribute__((cleanup(plan_done))) struct plan p = {0};
	AUTO(strv) problems = {0};
	int r = plan_make(g->cli, g->backend, s->user, PLAN_FOR_TARGET, s, &p, &problems);

	*ret_loaded = p.tunnel.name;
	if (r < 0) {
		cli_errors(&problems);
		return EXIT_BAD_CONFIG;
	}
	if ((r = plan_report(g->cli, g->backend, &p)))
		return r;
	return emit(g, &p);
}

/* Each tunnel is loaded, written and forgotten in turn: without --json memory does not grow with their number. */
static int generate_all(const struct cli *cli, json_t *list)
{
	__attribute__((cleanup(selection_done))) struct selection l = {0};
	bool all = cli->options.backend && !strcmp(cli->options.backend, "all");
	bool fresh = cli->options.output && folder_is_empty(cli->options.output);
	const struct backend *one[2] = { NULL, NULL };
	const struct backend *const *b = backends;
	int r, ret = EXIT_DONE;

	if (!all) {
		if (!(one[0] = cli_backend(cli)))
			return EXIT_USAGE;
		b = one;
	}
	if ((r = select_tunnels(cli, 0, NULL, &l)))
		return r;
	for (size_t i = 0; i < l.len; i++) {
		bool loaded = true;

		for (size_t j = 0; b[j] && loaded; j++) {
			struct generate g = { .cli = cli,
					      .backend = b[j],
					      .several = l.len > 1 || all,
					      .list = list,
					      .put = fresh ? file_write : file_install };

			if ((r = generate(&g, &l.v[i], &loaded)) && !ret)
				ret = r;
		}
	}
	return ret;
}

int cmd_generate(const struct cli *cli)
{
	json_t *list = cli->options.json ? json_array() : NULL;
	int r = generate_all(cli, list);

	json_finish(cli, list);
	return r;
}
