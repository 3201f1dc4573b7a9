/* SPDX-License-Identifier: MIT */
#include "cli/select.h"

#include <errno.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/alloc.h"
#include "model/config.h"
#include "model/value.h"

static void list_folders(const struct cli *cli, bool user, struct strv *ret)
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

static struct selected *push(struct selection *l, const char *name, const char *ini, bool user)
{
	l->v = array_grow(l->v, l->len, sizeof(*l->v));
	l->v[l->len] = (struct selected){ .name = xstrdup(name), .ini = ini ? xstrdup(ini) : NULL, .user = user };
	return &l->v[l->len++];
}

struct folder {
	struct strv names; /* of its tunnels */
	struct config_absent absent;
};

/* Everything of a scope, to match patterns against. */
struct listing {
	bool user;
	struct strv folders;
	struct folder *v;       /* what each holds */
	struct strv installed;  /* names that have a unit */
};

static void listing_done(struct listing *l)
{
	for (size_t i = 0; i < l->folders.len; i++)
		strv_done(&l->v[i].names);
	free(l->v);
	strv_done(&l->folders);
	strv_done(&l->installed);
}

static int make_listing(const struct cli *cli, bool user, unsigned flags, const struct backend *backend,
			struct listing *ret)
{
	struct scope scope = { .user = user, .home = cli_home(), .config_home = cli_config_home() };
	struct error err = {0};
	int r;

	ret->user = user;
	list_folders(cli, user, &ret->folders);
	ret->v = xrealloc(NULL, (ret->folders.len + 1) * sizeof(*ret->v));
	memset(ret->v, 0, (ret->folders.len + 1) * sizeof(*ret->v));
	for (size_t i = 0; i < ret->folders.len; i++)
		config_list(ret->folders.v[i], &ret->v[i].names, &ret->v[i].absent);
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
		for (size_t j = 0; j < l->v[i].names.len; j++) {
			const char *name = l->v[i].names.v[j];
			AUTO(buf) path = {0};

			if (!matches(pattern, name))
				continue;
			any = true;
			buf_cat(&path, l->folders.v[i], "/", name, ".ini");
			push(ret, name, path.s, l->user)->absent = l->v[i].absent;
		}
	for (size_t i = 0; i < l->installed.len; i++)
		if (matches(pattern, l->installed.v[i])) {
			any = true;
			(void)push(ret, l->installed.v[i], NULL, l->user);
		}
	return any;
}

static int take_path(const char *path, bool user, struct selection *ret)
{
	const char *why;
	AUTO_FREE char *name = config_name(path, &why);

	if (!name) {
		cli_error("%s: %s", path, why);
		return EXIT_BAD_CONFIG;
	}
	push(ret, name, path, user)->is_path = true;
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

/* By scope, by name without case, then in the order in which they were given. */
static int compare(const void *a, const void *b)
{
	const struct selected *x = *(struct selected *const *)a, *y = *(struct selected *const *)b;
	int r = x->user == y->user ? strcasecmp(x->name, y->name) : y->user - x->user;

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
		if (first && first->user == sorted[i]->user && !strcasecmp(first->name, sorted[i]->name)) {
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

/* A plain name means the first scope that has it, a pattern means all that match. */
static bool take_name(const struct listing *listings, size_t len, const char *name, struct selection *ret)
{
	bool any = false, plain = !strpbrk(name, "*?[");

	for (size_t i = 0; i < len && !(any && plain); i++)
		any |= take_matching(&listings[i], name, ret);
	return any;
}

static int take_arguments(const struct cli *cli, const struct listing *listings, size_t len,
			  struct selection *ret)
{
	int r;

	for (char **a = cli->arguments; *a; a++) {
		if (is_path(*a)) {
			if ((r = take_path(*a, cli_is_user(cli), ret)))
				return r;
		} else if (!take_name(listings, len, *a, ret)) {
			return no_such_tunnel(*a, &listings[len - 1], listings[len - 1].user);
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

/* The scopes that are meant, this user's first. */
static size_t choose_scopes(const struct cli *cli, unsigned flags, bool ret[2])
{
	bool said = cli->options.user || cli->options.system || geteuid() == 0;

	ret[0] = cli_is_user(cli);
	ret[1] = false;
	return (flags & SELECT_BOTH_SCOPES) && !said ? 2 : 1;
}

static int take_all(const struct cli *cli, unsigned flags, const struct listing *listings, size_t len,
		    struct selection *ret)
{
	int r;

	if (cli->options.all || (!*cli->arguments && (flags & SELECT_ALL_IF_NONE)))
		for (size_t i = 0; i < len; i++)
			(void)take_matching(&listings[i], NULL, ret);
	r = take_arguments(cli, listings, len, ret);
	return r ? r : settle(ret);
}

int select_tunnels(const struct cli *cli, unsigned flags, const struct backend *backend, struct selection *ret)
{
	struct listing listings[2] = { { 0 } };
	bool scopes[2];
	size_t len = choose_scopes(cli, flags, scopes);
	int r = 0;

	if (!*cli->arguments && !cli->options.all && !(flags & SELECT_ALL_IF_NONE)) {
		cli_error("which tunnel? wanted a NAME, a pattern, a path or --all");
		return EXIT_USAGE;
	}
	for (size_t i = 0; i < len && !r && wants_listing(cli); i++)
		r = make_listing(cli, scopes[i], flags, backend, &listings[i]);
	if (!r)
		r = take_all(cli, flags, listings, len, ret);
	for (size_t i = 0; i < len; i++)
		listing_done(&listings[i]);
	return r;
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
