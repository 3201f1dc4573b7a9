/* SPDX-License-Identifier: MIT */
#include "cli/select.h"

#include <dirent.h>
#include <errno.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/alloc.h"
#include "model/config.h"
#include "model/value.h"

void select_folders(const struct cli *cli, bool user, struct strv *ret)
{
	if (cli->options.config_dir) {
		strv_push(ret, cli->options.config_dir);
	} else if (!user) {
		strv_push(ret, "/etc/tunnelctl");
		strv_push(ret, "/usr/lib/tunnelctl");
	} else if (cli_config_home()) {
		strv_pushf(ret, "%s/tunnelctl", cli_config_home());
	}
}

static void push(struct selection *l, const char *name, const char *ini, bool is_path)
{
	l->v = array_grow(l->v, l->len, sizeof(*l->v));
	l->v[l->len++] = (struct selected){ .name = xstrdup(name), .ini = ini ? xstrdup(ini) : NULL, .is_path = is_path };
}

/* What a folder holds: names of INI files, sorted. */
static void list_folder(const char *folder, struct strv *ret)
{
	const struct dirent *entry;
	DIR *d = opendir(folder);

	if (!d)
		return;
	while ((entry = readdir(d))) {
		const char *why;
		AUTO_FREE char *name = config_name(entry->d_name, &why);

		if (name)
			strv_push(ret, name);
	}
	(void)closedir(d);
	strv_sort(ret);
}

/* Everything of the scope, to match patterns against. */
struct listing {
	struct strv folders;
	struct strv *names;     /* one list a folder */
	struct strv installed;  /* names that have a unit */
};

static void listing_done(struct listing *l)
{
	for (size_t i = 0; i < l->folders.len; i++)
		strv_done(&l->names[i]);
	free(l->names);
	strv_done(&l->folders);
	strv_done(&l->installed);
}

static int make_listing(const struct cli *cli, bool user, unsigned flags, const struct backend *backend,
			struct listing *ret)
{
	struct scope scope = { .user = user, .home = cli_home(), .config_home = cli_config_home() };
	struct error err = {0};
	int r;

	select_folders(cli, user, &ret->folders);
	ret->names = xrealloc(NULL, (ret->folders.len + 1) * sizeof(*ret->names));
	memset(ret->names, 0, (ret->folders.len + 1) * sizeof(*ret->names));
	for (size_t i = 0; i < ret->folders.len; i++)
		list_folder(ret->folders.v[i], &ret->names[i]);
	if (!(flags & SELECT_INSTALLED))
		return 0;
	if ((r = backend->installed(&scope, &ret->installed, &err)) < 0) {
		cli_error("%s", err.text);
		return cli_exit_code(r);
	}
	strv_sort(&ret->installed);
	return 0;
}

static bool matches(const char *pattern, const char *name)
{
	return !pattern || fnmatch(pattern, name, 0) == 0;
}

/* A pattern, a plain name (which is a pattern without wildcards), or NULL for everything. */
static bool take_matching(const struct listing *l, const char *pattern, struct selection *ret)
{
	bool any = false;

	for (size_t i = 0; i < l->folders.len; i++)
		for (size_t j = 0; j < l->names[i].len; j++) {
			const char *name = l->names[i].v[j];
			AUTO(buf) path = {0};

			if (!matches(pattern, name))
				continue;
			any = true;
			buf_printf(&path, "%s/%s.ini", l->folders.v[i], name);
			push(ret, name, path.s, false);
		}
	for (size_t i = 0; i < l->installed.len; i++)
		if (matches(pattern, l->installed.v[i])) {
			any = true;
			push(ret, l->installed.v[i], NULL, false);
		}
	return any;
}

static int take_path(const char *path, struct selection *ret)
{
	const char *why;
	AUTO_FREE char *name = config_name(path, &why);

	if (!name) {
		cli_error("%s: %s", path, why);
		return EXIT_BAD_CONFIG;
	}
	push(ret, name, path, true);
	return 0;
}

static bool is_path(const char *s)
{
	size_t len = strlen(s);

	return strchr(s, '/') || (len >= 4 && !strcmp(s + len - 4, ".ini"));
}

static int no_such_tunnel(const char *name, const struct listing *l, bool user)
{
	const char *why = strpbrk(name, "*?[") ? NULL : check_name(name);

	if (why)
		cli_error("%s: %s", name, why);
	else if (l->folders.len)
		cli_error("%s: no such tunnel: there is no %s.ini in %s%s%s", name, name, l->folders.v[0],
			  user || l->folders.len == 1 ? "" : " or ",
			  user || l->folders.len == 1 ? "" : l->folders.v[1]);
	else
		cli_error("%s: no such tunnel, and no home folder to look in", name);
	return why ? EXIT_BAD_CONFIG : EXIT_NO_SUCH_TUNNEL;
}

/* By name without case, then in the order in which they were given. */
static int compare(const void *a, const void *b)
{
	const struct selected *x = *(struct selected *const *)a, *y = *(struct selected *const *)b;
	int r = strcasecmp(x->name, y->name);

	return r ? r : (x > y) - (x < y);
}

/* The first of a name wins: what was typed before a pattern, a folder before the next, an INI before a mere unit.
 * Two files that would become one unit, or two names that a file system may take for one, are refused. */
static bool settle_pair(const struct selected *first, struct selected *second)
{
	if (strcmp(first->name, second->name) != 0) {
		cli_error("%s and %s: two names that differ only in case", first->name, second->name);
		return false;
	}
	if (first->is_path && second->is_path && strcmp(first->ini, second->ini) != 0) {
		cli_error("%s: has the name of %s", second->ini, first->ini);
		return false;
	}
	return true;
}

static void drop(struct selection *l, const bool *gone)
{
	size_t kept = 0;

	for (size_t i = 0; i < l->len; i++) {
		if (gone[i]) {
			free(l->v[i].name);
			free(l->v[i].ini);
		} else {
			l->v[kept++] = l->v[i];
		}
	}
	l->len = kept;
}

static int settle(struct selection *l)
{
	AUTO_FREE struct selected **sorted = xrealloc(NULL, l->len * sizeof(*sorted));
	AUTO_FREE bool *gone = xrealloc(NULL, l->len * sizeof(*gone));
	const struct selected *first = NULL;

	for (size_t i = 0; i < l->len; i++) {
		sorted[i] = &l->v[i];
		gone[i] = false;
	}
	if (l->len)
		qsort(sorted, l->len, sizeof(*sorted), compare);
	for (size_t i = 0; i < l->len; i++) {
		if (first && !strcasecmp(first->name, sorted[i]->name)) {
			if (!settle_pair(first, sorted[i]))
				return EXIT_BAD_CONFIG;
			gone[sorted[i] - l->v] = true;
		} else {
			first = sorted[i];
		}
	}
	drop(l, gone);
	return 0;
}

static int take_arguments(const struct cli *cli, bool user, const struct listing *listing,
			  struct selection *ret)
{
	int r;

	for (char **a = cli->arguments; *a; a++) {
		if (is_path(*a)) {
			if ((r = take_path(*a, ret)))
				return r;
		} else if (!take_matching(listing, *a, ret)) {
			return no_such_tunnel(*a, listing, user);
		}
	}
	return 0;
}

/* Listing folders costs, and a command line of paths alone has no need of it. */
static bool wants_listing(const struct cli *cli)
{
	for (char **a = cli->arguments; *a; a++)
		if (!is_path(*a))
			return true;
	return !*cli->arguments || cli->options.all;
}

int select_tunnels(const struct cli *cli, bool user, unsigned flags, const struct backend *backend,
		   struct selection *ret)
{
	__attribute__((cleanup(listing_done))) struct listing listing = {0};
	bool all = cli->options.all || (!*cli->arguments && (flags & SELECT_ALL_IF_NONE));
	int r;

	if (!all && !*cli->arguments) {
		cli_error("which tunnel? wanted a NAME, a pattern, a path or --all");
		return EXIT_USAGE;
	}
	if (wants_listing(cli) && (r = make_listing(cli, user, flags, backend, &listing)))
		return r;
	if (all)
		(void)take_matching(&listing, NULL, ret);
	if ((r = take_arguments(cli, user, &listing, ret)))
		return r;
	return settle(ret);
}

void selection_done(struct selection *l)
{
	for (size_t i = 0; i < l->len; i++) {
		free(l->v[i].name);
		free(l->v[i].ini);
	}
	free(l->v);
	*l = (struct selection){0};
}
