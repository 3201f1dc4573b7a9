/* SPDX-License-Identifier: MIT */
#include "cli/select.h"

#include <dirent.h>
#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/spelling.h"
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
	bool beside;            /* wants what differs only in case from what is taken, to refuse it */
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

/* A mistyped folder must not look like one without tunnels; the usual folders need not be there. */
static int judge_config_dir(const struct cli *cli)
{
	DIR *d = cli->options.config_dir ? opendir(cli->options.config_dir) : NULL;

	if (d) {
		(void)closedir(d);
	} else if (cli->options.config_dir) {
		cli_error("--config-dir %s: %s; wanted the folder of the INI files", cli->options.config_dir, strerror(errno));
		return EXIT_FAILED;
	}
	return 0;
}

static int make_listing(const struct cli *cli, bool user, unsigned flags, const struct backend *backend,
			struct listing *ret)
{
	struct scope scope = { .user = user, .home = cli_home(), .config_home = cli_config_home() };
	struct error err = {0};
	int r;

	if ((r = judge_config_dir(cli)))
		return r;
	ret->user = user;
	ret->beside = !(flags & SELECT_INSTALLED);
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

static void take_file(const struct listing *l, size_t folder, const char *name, bool beside,
		      struct selection *ret)
{
	AUTO(buf) path = {0};
	struct selected *s;

	buf_cat(&path, l->folders.v[folder], "/", name, ".ini");
	s = push(ret, name, path.s, l->user);
	s->absent = l->v[folder].absent;
	s->is_beside = beside;
}

/* A pattern, a plain name (which is a pattern without wildcards), or NULL for everything. */
static bool take_matching(const struct listing *l, const char *pattern, struct selection *ret)
{
	bool any = false;

	for (size_t i = 0; i < l->folders.len; i++)
		for (size_t j = 0; j < l->v[i].names.len; j++) {
			const char *name = l->v[i].names.v[j];
			bool match = matches(pattern, name);

			any |= match;
			if (match || (l->beside && fnmatch(pattern, name, FNM_CASEFOLD) == 0))
				take_file(l, i, name, !match, ret);
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

static bool is_pattern(const char *name)
{
	return strpbrk(name, "*?[");
}

/* All that were searched: "/a, /b or /c"; empty where there is none. */
static void print_folders(const struct listing *listings, size_t len, struct buf *ret)
{
	AUTO(strv) folders = {0};

	for (size_t i = 0; i < len; i++)
		for (size_t j = 0; j < listings[i].folders.len; j++)
			if (!strv_has(&folders, listings[i].folders.v[j]))
				strv_push(&folders, listings[i].folders.v[j]);
	for (size_t i = 0; i < folders.len; i++)
		buf_printf(ret, "%s%s", !i ? "" : i + 1 < folders.len ? ", " : " or ", folders.v[i]);
}

/* Whoever is not root easily forgets to say so, and whoever is, that a tunnel of the system is another file. */
static bool is_there(const struct cli *cli, bool user, const char *name)
{
	AUTO(strv) folders = {0};

	list_folders(cli, user, &folders);
	for (size_t i = 0; i < folders.len; i++) {
		AUTO(buf) path = {0};

		buf_cat(&path, folders.v[i], "/", name, ".ini");
		if (access(path.s, F_OK) == 0)
			return true;
	}
	return false;
}

/* What is near to NAME, or NULL. */
static const char *find_close(const struct listing *listings, size_t len, const char *name)
{
	for (size_t i = 0; i < len; i++)
		for (size_t j = 0; j < listings[i].folders.len; j++)
			for (size_t k = 0; k < listings[i].v[j].names.len; k++)
				if (spelling_is_close(name, listings[i].v[j].names.v[k]))
					return listings[i].v[j].names.v[k];
	return NULL;
}

static bool is_named_as_unit(const char *name)
{
	static const char *const ends[] = { ".plist", ".service", ".conf" };
	size_t len = strlen(name);

	for (size_t i = 0; i < ARRAY_LEN(ends); i++)
		if (len > strlen(ends[i]) && !strcmp(name + len - strlen(ends[i]), ends[i]))
			return true;
	return false;
}

static int no_such_tunnel(const struct cli *cli, const char *name, const struct listing *listings, size_t len)
{
	bool one_scope = len == 1 && !cli->options.config_dir;
	const char *why = is_pattern(name) ? NULL : check_name(name);
	const char *close = is_pattern(name) ? NULL : find_close(listings, len, name);
	AUTO(buf) folders = {0};

	print_folders(listings, len, &folders);
	if (why)
		cli_error("%s: %s", name, why);
	else if (one_scope && listings->user && is_there(cli, false, name))
		cli_error("%s: a tunnel of the system, not of this user: sudo tunnelctl %s %s", name, cli->verb, name);
	else if (one_scope && !listings->user && is_there(cli, true, name))
		cli_error("%s: a tunnel of this user, not of the system: tunnelctl --user %s %s", name, cli->verb, name);
	else if (is_named_as_unit(name))
		cli_error("%s: no such file, and no such tunnel; tunnelctl status lists them", name);
	else if (close)
		cli_error("%s: no such tunnel; did you mean %s?", name, close);
	else if (folders.len)
		cli_error("%s: no such tunnel: there is no %s.ini in %s; tunnelctl new %s ... makes one", name, name, folders.s,
			  name);
	else
		cli_error("%s: no such tunnel, and no home folder to look in", name);
	return why ? EXIT_BAD_CONFIG : EXIT_NO_SUCH_TUNNEL;
}

/* Files that look like tunnels and cannot be any; hidden ones are editors' leftovers. PATTERN NULL: all. */
static void warn_passed_over(const char *folder, const char *pattern)
{
	DIR *d = opendir(folder);
	const struct dirent *entry;

	while (d && (entry = readdir(d))) {
		const char *why = NULL, *end = strrchr(entry->d_name, '.');
		AUTO_FREE char *name = config_name(entry->d_name, &why);
		AUTO_FREE char *stem = end ? xstrndup(entry->d_name, (size_t)(end - entry->d_name)) : NULL;

		if (!name && stem && *entry->d_name != '.' && !strcmp(end, ".ini") && matches(pattern, stem))
			cli_error("%s/%s: passed over: %s", folder, entry->d_name, why);
	}
	if (d)
		(void)closedir(d);
}

static void warn_all(const struct cli *cli, const struct listing *listings, size_t len, const char *pattern)
{
	/* --config-dir is the folder of every scope. */
	for (size_t i = 0; i < len && !cli->options.quiet && !(i && cli->options.config_dir); i++)
		for (size_t j = 0; j < listings[i].folders.len; j++)
			warn_passed_over(listings[i].folders.v[j], pattern);
}

/* By scope, by name without case, what was not asked for last, by name, in the order in which they were given. */
static int compare(const void *a, const void *b)
{
	const struct selected *x = *(struct selected *const *)a, *y = *(struct selected *const *)b;
	int r = x->user == y->user ? strcasecmp(x->name, y->name) : y->user - x->user;

	r = r ? r : x->is_beside - y->is_beside;
	r = r ? r : strcmp(x->name, y->name);
	return r ? r : (x > y) - (x < y);
}

/* The first of a name wins: what was typed before a pattern, a folder before the next, an INI before a mere unit.
 * Two files that would become one unit, or two names that a file system may take for one, are refused. */
static bool settle_pair(const struct selected *first, const struct selected *second)
{
	if (first->is_beside)
		return true;
	if (strcmp(first->name, second->name) != 0) {
		cli_error("%s and %s: two names that differ only in case; rename one of the INI files",
			  first->name, second->name);
		return false;
	}
	if (first->is_path && second->is_path && strcmp(first->ini, second->ini) != 0) {
		cli_error("%s: has the name of %s; rename one of them", second->ini, first->ini);
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

/* As a listed folder is; of ten thousand names the sorting would be felt. */
static bool is_sorted(struct selected *const *v, size_t len)
{
	for (size_t i = 1; i < len; i++)
		if (compare(&v[i - 1], &v[i]) > 0)
			return false;
	return true;
}

/* What has two units by now must be possible to stop and to take away, whatever its names. */
static bool is_same(const struct selected *x, const struct selected *y, unsigned flags)
{
	return x->user == y->user &&
	       (flags & SELECT_INSTALLED ? strcmp(x->name, y->name) : strcasecmp(x->name, y->name)) == 0;
}

static int settle(struct selection *l, unsigned flags)
{
	AUTO_FREE struct selected **sorted = xrealloc(NULL, l->len * sizeof(*sorted));
	AUTO_FREE bool *gone = xrealloc(NULL, l->len * sizeof(*gone));
	const struct selected *first = NULL;

	for (size_t i = 0; i < l->len; i++) {
		sorted[i] = &l->v[i];
		gone[i] = l->v[i].is_beside;
	}
	if (!is_sorted(sorted, l->len))
		qsort(sorted, l->len, sizeof(*sorted), compare);
	for (size_t i = 0; i < l->len; i++) {
		if (first && is_same(first, sorted[i], flags)) {
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
static bool take_name(const struct cli *cli, const struct listing *listings, size_t len, const char *name,
		      struct selection *ret)
{
	bool any = false, plain = !is_pattern(name);

	if (!plain)
		warn_all(cli, listings, len, name);
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
		} else if (!take_name(cli, listings, len, *a, ret)) {
			return no_such_tunnel(cli, *a, listings, len);
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
	/* One folder is not both scopes'. */
	bool said = cli->options.user || cli->options.system || cli->options.config_dir || geteuid() == 0;

	ret[0] = cli_is_user(cli);
	ret[1] = false;
	return (flags & SELECT_BOTH_SCOPES) && !said ? 2 : 1;
}

static int take_all(const struct cli *cli, unsigned flags, const struct listing *listings, size_t len,
		    struct selection *ret)
{
	AUTO(buf) folders = {0};
	int r;

	if (cli->options.all)
		warn_all(cli, listings, len, NULL);
	if (cli->options.all || (!*cli->arguments && (flags & SELECT_ALL_IF_NONE)))
		for (size_t i = 0; i < len; i++)
			(void)take_matching(&listings[i], NULL, ret);
	if ((r = take_arguments(cli, listings, len, ret)) || (r = settle(ret, flags)))
		return r;
	print_folders(listings, len, &folders);
	if (cli->options.all && !ret->len && !(flags & SELECT_ALL_IF_NONE)) /* status has its own words */
		cli_say(cli, "no tunnels in %s", folders.len ? folders.s : "any folder: there is no home folder");
	return 0;
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
	if (r)
		selection_done(ret);
	for (size_t i = 0; i < len; i++)
		listing_done(&listings[i]);
	return r;
}

int select_one(const struct cli *cli, unsigned flags, struct selection *ret)
{
	int r = select_tunnels(cli, flags, NULL, ret);

	if (r || ret->len == 1)
		return r;
	cli_error("%s takes one tunnel, not %zu; wanted the NAME of one", cli->verb, ret->len);
	selection_done(ret);
	return EXIT_USAGE;
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
