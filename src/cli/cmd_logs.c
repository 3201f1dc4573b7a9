/* SPDX-License-Identifier: MIT */
/* What a tunnel said: out of its own file where it has one, else out of what the supervisor keeps. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/file.h"
#include "base/utf8.h"
#include "cli/cli.h"
#include "cli/logline.h"
#include "cli/logtail.h"
#include "cli/select.h"
#include "cli/since.h"
#include "model/config.h"
#include "model/value.h"
#include "runner/account.h"
#include "runner/logfile.h"

enum { LINES_DEFAULT = 100, LINES_MAX = 1000000 };

static int read_wish(const struct cli *cli, struct buf *since, struct log_wish *ret)
{
	const struct options *o = &cli->options;
	const char *why;

	*ret = (struct log_wish){ .lines = o->since ? 0 : LINES_DEFAULT, .follow = o->follow };
	if (o->lines && !strcmp(o->lines, "all")) {
		ret->lines = 0;
	} else if (o->lines && (why = parse_uint(o->lines, 1, LINES_MAX, &ret->lines))) {
		cli_error("--lines %s: %s; wanted 1 to %d, or all", o->lines, why, LINES_MAX);
		return EXIT_USAGE;
	}
	if (o->since && (why = since_parse(o->since, time(NULL), since))) {
		cli_error("--since %s: %s", o->since, why);
		return EXIT_USAGE;
	}
	ret->since = since->s;
	ret->since_time = since->s ? logline_time(since->s) : 0;
	return 0;
}

/* Whether root alone can put anything into the folder of PATH, and into all above it. */
static bool is_roots_place(const char *path)
{
	AUTO(buf) at = {0};
	struct stat st;

	buf_puts(&at, path);
	while (at.len > 1) {
		AUTO(buf) folder = {0};

		path_folder(at.s, &folder);
		if (stat(folder.s, &st) < 0 || st.st_uid != 0 || (st.st_mode & (S_IWGRP | S_IWOTH)))
			return false;
		buf_clear(&at);
		buf_puts(&at, folder.s);
	}
	return true;
}

/* A link on the way to it may lead to folders of somebody else. */
static bool is_safe_for_root(const char *path)
{
	AUTO(buf) folder = {0};
	AUTO(buf) whole = {0};
	AUTO_FREE char *real = NULL;

	path_folder(path, &folder);
	if (!(real = realpath(folder.s, NULL)))
		return false;
	buf_cat(&whole, real, "/x");
	return is_roots_place(path) && is_roots_place(whole.s);
}

/* Whoever the tunnel runs as can put a link to any file into a folder of its own: there root shows only what is that
 * account's. ACCOUNT is NULL where nobody knows it, and then nothing is. */
static int show_file(const struct cli *cli, const char *path, const struct account *account,
		     const struct log_wish *wish)
{
	const struct logtail l = { .path = path, .wish = *wish, .json = cli->options.json, .says = !cli->options.quiet,
				   .owner = account ? account->uid : (uid_t)-1,
				   .is_owned = geteuid() == 0 && !is_safe_for_root(path) };
	struct error err = {0};
	int r = logtail_print(&l, &err);

	if (r == -ENOENT) {
		cli_error("%s: not there yet: nothing has been written, or it cannot be made there; with -f: wait for it",
			  path);
		return EXIT_FAILED;
	}
	if (r < 0)
		cli_error("%s", err.text);
	return cli_exit_code(r);
}

static int no_log(const struct selected *s, const struct backend *backend)
{
	if (backend)
		cli_error("%s: %s keeps no words of a tunnel, and this one writes no file of its own; Log = PATH makes one",
			  s->name, backend->name);
	else
		cli_error("%s: Log = native goes to the supervisor, and none that tunnelctl knows is running here; "
			  "tunnelctl run prints it, Log = PATH writes a file", s->name);
	return EXIT_FAILED;
}

/* What the journal hands over. */
struct printer {
	struct log_reader reader; /* first, so that it is found again */
	bool json;
};

static bool print_line(struct log_reader *r, unsigned long long time, const char *text, size_t len)
{
	AUTO(buf) line = {0};

	for (size_t i = 0; i < len; i++)
		buf_putc(&line, text[i] ? text[i] : '?');
	if (line.len && line.s[line.len - 1] == '\r')
		line.s[--line.len] = '\0';
	if (line.s)
		text_clean(line.s);
	logline_print(((const struct printer *)r)->json, (long long)(time / 1000000), buf_str(&line));
	return !ferror(stdout);
}

static bool flush(struct log_reader *r UNUSED)
{
	return fflush(stdout) == 0;
}

static int print_journal(const struct cli *cli, const struct backend *backend, const struct selected *s,
			 const struct log_wish *wish)
{
	const struct scope scope = { .user = s->user, .home = cli_home(), .config_home = cli_config_home() };
	struct printer printer = {
		.reader = { .take = print_line, .rest = flush, .gone = logtail_reader() }, .json = cli->options.json,
	};
	struct error err = {0};
	int r = backend->read_log(s->name, &scope, wish, &printer.reader, &err);

	if (r < 0)
		cli_error("%s", err.text);
	return cli_exit_code(r);
}

/* The lines of it have no time, so that nothing can be done for --since. */
static int print_timeless(const struct cli *cli, const struct backend *backend, const char *path,
			  const struct account *account, const struct log_wish *wish)
{
	if (wish->since) {
		cli_error("--since %s: the lines that %s keeps tell no time; say -n N", cli->options.since, backend->name);
		return EXIT_USAGE;
	}
	if (cli->options.verbose)
		cli_error("%s: the lines that %s keeps tell no time; Log = PATH makes a file that does", path, backend->name);
	return show_file(cli, path, account, wish);
}

/* Where the supervisor keeps nothing of this tunnel, its own file is shown. */
static int show_supervisor(const struct cli *cli, const struct backend *backend, const struct selected *s,
			   const struct account *account, const struct log_wish *wish)
{
	const struct scope scope = { .user = s->user, .home = cli_home(), .config_home = cli_config_home() };
	static const struct account root; /* it writes for the system, in a folder that others may have a hand in */
	AUTO(buf) path = {0};

	if (backend->read_log)
		return print_journal(cli, backend, s, wish);
	if (backend->log_path)
		backend->log_path(s->name, &scope, &path);
	if (path.len)
		return print_timeless(cli, backend, path.s, s->user ? account : &root, wish);
	return backend->log_path && account && logfile_own(s->name, account, &path)
		       ? show_file(cli, path.s, account, wish) : no_log(s, backend);
}

/* Fills T as far as the INI can be read: a broken one is the very reason to look into the log. */
static void load(const struct selected *s, struct tunnel *t)
{
	AUTO(strv) problems = {0};

	if (!s->ini || config_load(s->ini, s->user ? CONFIG_USER : CONFIG_SYSTEM, t, &problems) == 0)
		return;
	cli_errors(&problems);
	cli_error("%s: so Log is taken for native", s->name);
}

static int show(const struct cli *cli, const struct selected *s, const struct log_wish *wish)
{
	const struct backend *backend;
	AUTO(tunnel) t = {0};
	AUTO(account) account = {0};
	AUTO(buf) path = {0};
	bool known = true;

	load(s, &t);
	if (s->user)
		account_self(&account);
	else
		known = t.run_as && account_find(t.run_as, &account, NULL) == 0;
	if (logfile_path(s->name, t.log, &account, &path))
		return show_file(cli, path.s, known ? &account : NULL, wish);
	if (cli->options.backend && !(backend = cli_backend(cli)))
		return EXIT_USAGE;
	if (!cli->options.backend)
		backend = backend_present();
	if (!backend)
		return no_log(s, NULL);
	return show_supervisor(cli, backend, s, known ? &account : NULL, wish);
}

int cmd_logs(const struct cli *cli)
{
	__attribute__((cleanup(selection_done))) struct selection l = {0};
	AUTO(buf) since = {0};
	struct log_wish wish;
	int r;

	if ((r = read_wish(cli, &since, &wish)) || (r = select_one(cli, SELECT_BOTH_SCOPES, &l)))
		return r;
	return show(cli, &l.v[0], &wish);
}
