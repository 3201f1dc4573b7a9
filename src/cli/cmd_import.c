/* SPDX-License-Identifier: MIT */
/* An INI out of what a person has already: a supervisor's file that runs ssh, a Host of ssh_config, an ssh command. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/file.h"
#include "base/shellquote.h"
#include "base/spelling.h"
#include "base/utf8.h"
#include "cli/cli.h"
#include "cli/json.h"
#include "cli/nextstep.h"
#include "cli/person.h"
#include "cli/unitfile.h"
#include "foreign.h"
#include "model/config.h"
#include "model/value.h"
#include "ssh/commandline.h"
#include "ssh/configfile.h"

enum { UNIT_MAX = 4 * 1024 * 1024 };

#define LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
#define SAFE "0123456789._-" LETTERS

/* One import on its way. */
struct import {
	const char *source;            /* the file, or "command line" */
	const struct backend *backend; /* whose file it is; NULL: a command line */
	const char *alias;             /* of a Host of ssh_config, which is the source; or NULL */
	struct buf path;               /* of that file */
	struct foreign unit;
	bool in_system, in_user;       /* the file lies where that scope's units lie */
	bool job_of_system;            /* who runs it now is root, or an account that root has named */
	bool system;                   /* the INI is for a tunnel of the system */
	bool new_key;                  /* the tunnel gets a key that nobody has made yet */
	struct buf name;               /* of the tunnel: that of the output, or suggested */
	struct buf output;             /* the file that was asked for; empty: standard output */
	struct buf text;               /* the INI */
	struct tunnel tunnel;          /* the same, as every other command will read it */
};

static void import_done(struct import *i)
{
	foreign_done(&i->unit);
	buf_done(&i->path);
	buf_done(&i->name);
	buf_done(&i->output);
	buf_done(&i->text);
	tunnel_done(&i->tunnel);
}

static bool has_account(const struct import *i)
{
	return draft_find(&i->unit.draft, &keys[KEY_run_as]);
}

static void print_remark(const struct import *i, const struct draft_remark *r)
{
	static const char *const words[] = {
		[DRAFT_DROPPED] = "dropped: ", [DRAFT_REFUSED] = "", [DRAFT_NOTE] = "note: ",
	};
	AUTO(buf) where = {0};

	buf_puts(&where, i->source);
	if (r->line)
		buf_printf(&where, ":%u", r->line);
	cli_error("%s: %s: %s%s", where.s, r->what, words[r->kind], r->why);
}

/* Whoever turned the check of host keys off will find the tunnel parked: that first. Then what to know, then what is left
 * out. */
static unsigned rank(const struct draft_remark *r)
{
	if (r->kind == DRAFT_DROPPED && (strcasestr(r->what, "StrictHostKeyChecking") || strstr(r->what, "/dev/null")))
		return strcmp(r->why, "always so") ? 0 : 2;
	return r->kind == DRAFT_DROPPED ? 2 : 1;
}

/* In the order of the source where it has lines; in that of the words where it has none. */
static void sort_remarks(struct draft *d)
{
	for (size_t i = 1; i < d->remarks_len; i++) {
		struct draft_remark r = d->remarks[i];
		size_t j = i;

		for (; j && (rank(&d->remarks[j - 1]) > rank(&r) ||
			     (rank(&d->remarks[j - 1]) == rank(&r) && d->remarks[j - 1].line > r.line)); j--)
			d->remarks[j] = d->remarks[j - 1];
		d->remarks[j] = r;
	}
}

/* Refusals alone where there are any: the rest does not matter then. */
static void print_remarks(const struct cli *cli, const struct import *i)
{
	bool refused = draft_is_refused(&i->unit.draft), said = false;

	for (size_t j = 0; j < i->unit.draft.remarks_len; j++) {
		const struct draft_remark *r = &i->unit.draft.remarks[j];

		if (refused ? r->kind != DRAFT_REFUSED : cli->options.quiet || cli->options.json)
			continue;
		if (!refused && !said && rank(r) == 2) {
			cli_error("%s: left out, %s:", i->source,
				  i->backend || i->alias ? "in the order of its lines" : "in the order of its words");
			said = true;
		}
		print_remark(i, r);
	}
}

/* Whether FILE lies where the backend puts the units of that scope, in whose home does not matter. */
static bool lies_among(const struct backend *b, const char *file, bool user)
{
	static char name[] = "x";
	struct scope scope = { .user = user, .home = "", .config_home = "", .version = b->target->version };
	AUTO(buf) whole = {0};
	AUTO(buf) folder = {0};
	AUTO(buf) unit = {0};
	AUTO(buf) its = {0};

	if (path_absolute(file, &whole, NULL) < 0 ||
	    b->path(&(struct tunnel){ .name = name }, &scope, &unit, NULL) < 0)
		return false;
	path_folder(whole.s, &folder);
	path_folder(unit.s, &its);
	if (user && folder.len > its.len)
		return !strcmp(folder.s + folder.len - its.len, its.s);
	return !strcmp(folder.s, its.s);
}

static const struct backend *backend_of(const struct cli *cli, const char *file)
{
	const struct backend *b = cli->options.backend ? NULL : unitfile_backend(file);

	if (cli->options.backend)
		return cli_backend(cli);
	if (!b)
		cli_error("%s: not a file that tunnelctl can import; wanted a plist or an upstart job, or a command: "
			  "tunnelctl import -- ssh ...", file);
	return b;
}

static int read_unit(const struct cli *cli, const char *file, struct import *i)
{
	AUTO(buf) text = {0};
	AUTO(strv) problems = {0};
	AUTO(strv) lines = {0};
	struct error err = {0};
	int r;

	i->source = file;
	if (!(i->backend = backend_of(cli, file)))
		return EXIT_USAGE;
	if (!i->backend->import) {
		cli_error("%s: tunnelctl cannot read somebody's own %s unit yet; give it the command: "
			  "tunnelctl import -- ssh ...", file, i->backend->name);
		return EXIT_FAILED;
	}
	if ((r = file_read(file, UNIT_MAX, &text, NULL, &err)) < 0) {
		cli_error("%s", err.text);
		return cli_exit_code(r);
	}
	if (i->backend->import(buf_str(&text), text.len, &i->unit, &problems) < 0) {
		unitfile_blame("", file, &problems, &lines);
		cli_errors(&lines);
		return EXIT_BAD_CONFIG;
	}
	i->in_system = lies_among(i->backend, file, false);
	i->in_user = lies_among(i->backend, file, true);
	return EXIT_DONE;
}

static int read_arguments(const struct cli *cli, struct import *i)
{
	AUTO(buf) here = {0};
	struct error err = {0};
	int r = path_absolute(".", &here, &err);

	i->source = "command line";
	if (r < 0) {
		cli_error("%s", err.text);
		return cli_exit_code(r);
	}
	i->unit.folder = buf_take(&here);
	for (char **a = cli->arguments; *a; a++)
		strv_push(&i->unit.argv, *a);
	return EXIT_DONE;
}

/* No such Host: the one that was meant, or all that are there. */
static int refuse_alias(const struct import *i, const struct configfile *file)
{
	AUTO(buf) names = {0};

	for (size_t j = 0; j < file->names.len; j++) {
		if (spelling_is_close(i->alias, file->names.v[j])) {
			cli_error("%s: no Host %s; did you mean --host %s?", i->source, i->alias, file->names.v[j]);
			return EXIT_USAGE;
		}
		buf_printf(&names, "%s%s", j ? ", " : "", file->names.v[j]);
	}
	cli_error("%s: no Host %s%s%s", i->source, i->alias, names.len ? "; it has: " : ", nor any other; for a file that it "
		  "includes: tunnelctl import --host ALIAS FILE", names.len ? names.s : "");
	return EXIT_USAGE;
}

/* What a Host does not say by itself. */
static void note_host(struct import *i, const struct configfile *file)
{
	static const enum key_id forwards[] = { KEY_remote_forward, KEY_local_forward, KEY_dynamic_forward,
						KEY_tunnel_device };
	struct draft *d = &i->unit.draft;
	const struct draft_line *jump = draft_find(d, &keys[KEY_proxy_jump]);
	struct draft_origin at = { i->alias, 0 };
	bool any = false;

	for (size_t j = 0; j < ARRAY_LEN(forwards); j++)
		any |= draft_find(d, &keys[forwards[j]]) != NULL;
	if (!any)
		draft_remark(d, DRAFT_NOTE, &at, "forwards nothing yet; add RemoteForward = 12345:localhost:22, or what you "
			     "gave ssh on its command line");
	for (size_t j = 0; jump && j < file->names.len; j++)
		if (strstr(jump->value, file->names.v[j]))
			draft_remark(d, DRAFT_NOTE, &(struct draft_origin){ jump->what, jump->line },
				     "%s is a Host of this file too, which the tunnel does not read; if it is not the "
				     "real name, write [user@]host:port", file->names.v[j]);
}

/* By the eyes of the person, whose file it is. */
static int read_host(const struct cli *cli, struct import *i)
{
	__attribute__((cleanup(configfile_done))) struct configfile file = {0};
	const char *given = *cli->arguments;
	AUTO(account) person = {0};
	AUTO(buf) text = {0};
	AUTO(buf) here = {0};
	struct error err = {0};
	int r;

	i->alias = cli->options.host;
	person_find(&person);
	if (!given)
		buf_cat(&i->path, person.home ? person.home : "", "/.ssh/config");
	if ((r = given ? path_absolute(given, &i->path, &err) : 0) < 0 || (r = path_absolute(".", &here, &err)) < 0 ||
	    (r = person_read(&person, i->path.s, &text, &err)) < 0) {
		cli_error("%s", err.text);
		return cli_exit_code(r);
	}
	i->source = given ? given : i->path.s;
	configfile_read(buf_str(&text), i->alias, &file);
	if (!file.named)
		return refuse_alias(i, &file);
	if (configfile_import(&file, i->alias, here.s, &i->unit.draft) == 0)
		note_host(i, &file);
	return EXIT_DONE;
}

static unsigned line_of(const struct import *i, size_t word)
{
	return i->unit.lines ? i->unit.lines[word] : 0;
}

/* env(1) in front, which people write for autossh's variables: these are the words behind it up to the one that is
 * returned, the first word of the command itself. */
static size_t pass_env(struct import *i)
{
	const struct strv *argv = &i->unit.argv;
	size_t word = 0;

	if (!argv->len || strcmp(path_base(argv->v[0]), "env") != 0)
		return 0;
	foreign_drop(&i->unit, argv->v[0], line_of(i, 0), "its variables are in Environment");
	for (word = 1; word < argv->len && strchr(argv->v[word], '=');)
		word++;
	return word;
}

static bool is_shell(const char *program)
{
	static const char *const shells[] = { "sh", "bash", "zsh", "dash", "ksh", "csh", "tcsh", "fish" };

	for (size_t i = 0; i < ARRAY_LEN(shells); i++)
		if (!strcmp(path_base(program), shells[i]))
			return true;
	return false;
}

/* Why the command is not one that can be read. */
static void refuse_program(struct import *i, size_t word)
{
	const struct strv *argv = &i->unit.argv;
	const char *program = word < argv->len ? argv->v[word] : "nothing";
	const char *last = argv->v[argv->len - 1];
	unsigned line = line_of(i, word < argv->len ? word : 0);

	if (!strcmp(path_base(program), "tunnelctl-run"))
		foreign_refuse(&i->unit, program, line,
			       "tunnelctl made this file itself, from the INI %s; there is nothing to import", last);
	else if (is_shell(program))
		foreign_refuse(&i->unit, program, line,
			       "runs a shell, whose language tunnelctl does not read; give the ssh command in it word "
			       "by word: tunnelctl import -- ssh ...");
	else
		foreign_refuse(&i->unit, program, line, "neither ssh nor autossh; wanted the command of a tunnel");
}

static void read_command(struct import *i)
{
	size_t first = pass_env(i);
	AUTO(strv) argv = {0};
	struct commandline line = { .argv = &argv, .folder = i->unit.folder,
				    .lines = i->unit.lines ? i->unit.lines + first : NULL };

	for (size_t j = first; j < i->unit.argv.len; j++)
		strv_push(&argv, i->unit.argv.v[j]);
	if (!argv.len || !commandline_knows(argv.v[0])) {
		refuse_program(i, first);
		return;
	}
	(void)commandline_read(&line, &i->unit.draft);
	/* What env(1) sets counts more than what it was given itself. */
	for (size_t j = 1; j < first; j++) {
		struct draft_origin at = { i->unit.argv.v[j], line_of(i, j) };

		commandline_environment(&line, at.what, &at, &i->unit.draft);
	}
	for (size_t j = 0; j < i->unit.environment.len; j++) {
		struct draft_origin at = { i->unit.environment.v[j], i->unit.environment_lines[j] };

		commandline_environment(&line, at.what, &at, &i->unit.draft);
	}
}

/* What runs it when nothing says so. A user's supervisor runs all as that user. */
static void judge_account(struct import *i)
{
	struct draft *d = &i->unit.draft;
	const struct draft_line *account = draft_find(d, &keys[KEY_run_as]);
	struct draft_origin at = { account ? account->what : i->source, account ? account->line : 0 };

	if (account && i->in_user && !i->in_system) {
		draft_remark(d, DRAFT_DROPPED, &at, "%s ignores it in this folder, where the files are a user's own",
			     i->backend->name);
		draft_forget(d, account->key);
		return;
	}
	if (account || !i->in_system)
		return;
	(void)draft_set(d, &keys[KEY_run_as], "root", &(struct draft_origin){ i->source, 0 }, NULL);
	draft_remark(d, DRAFT_NOTE, &(struct draft_origin){ "RunAs = root", i->unit.label_line },
		     "it names no account, so in this folder it runs as root; better write the account of the key");
}

/* com.example.home.fwd: home.fwd. Two parts in front are a domain's; what is no name's is a hyphen. */
static void suggest_name(struct import *i)
{
	const struct draft_line *host = draft_find(&i->unit.draft, &keys[KEY_host]);
	const char *s = i->unit.label ? i->unit.label : host && !strchr(host->value, ':') ? host->value : "tunnel";
	const char *dot = strchr(s, '.');

	if (i->alias)
		s = i->alias;
	else if (i->unit.label && dot)
		s = dot[1 + strcspn(dot + 1, ".")] ? strchr(dot + 1, '.') + 1 : dot + 1;
	s += strspn(s, "._-");
	for (; *s && i->name.len < 63; s++)
		if (strchr(SAFE, *s))
			buf_putc(&i->name, *s);
		else if (i->name.len && i->name.s[i->name.len - 1] != '-')
			buf_putc(&i->name, '-');
	if (check_name(buf_str(&i->name))) {
		buf_clear(&i->name);
		buf_puts(&i->name, "tunnel");
	}
}

/* Where the INI goes: the file that was named, or the suggested name in the folder that was named. */
static int find_output(const struct cli *cli, struct import *i)
{
	const char *output = cli->options.output, *why;
	AUTO_FREE char *name = NULL;
	struct stat st;

	if (!output)
		return EXIT_DONE;
	if (stat(output, &st) == 0 && S_ISDIR(st.st_mode)) {
		buf_cat(&i->output, output, "/", i->name.s, ".ini");
		return EXIT_DONE;
	}
	if (!(name = config_name(output, &why))) {
		cli_error("%s: %s", output, why);
		return EXIT_USAGE;
	}
	buf_puts(&i->output, output);
	buf_clear(&i->name);
	buf_puts(&i->name, name);
	return EXIT_DONE;
}

/* As `new' decides: root's is the system's, unless it was a user's own so far. */
static bool is_for_system(const struct cli *cli, const struct import *i)
{
	AUTO(buf) whole = {0};
	AUTO(buf) folder = {0};

	if (has_account(i))
		return true;
	if (i->output.len && !cli->options.user && path_absolute(i->output.s, &whole, NULL) == 0) {
		path_folder(whole.s, &folder);
		if (!strcmp(folder.s, "/etc/tunnelctl"))
			return true;
	}
	return !cli_is_user(cli) && (!i->in_user || i->in_system);
}

static bool has_key(const struct draft *d)
{
	static const enum key_id ids[] = { KEY_identity_file, KEY_identity_agent, KEY_config_file };

	for (size_t i = 0; i < ARRAY_LEN(ids); i++)
		if (draft_find(d, &keys[ids[i]]))
			return true;
	return draft_find_name(d, SECTION_ssh, "PKCS11Provider");
}

/* What commandline_read() says of a command without a key holds no longer once it has one. */
static void forget_missing_key(struct draft *d)
{
	size_t kept = 0;

	for (size_t i = 0; i < d->remarks_len; i++) {
		if (!strncmp(d->remarks[i].why, "no -i: ", 7)) {
			free(d->remarks[i].what);
			free(d->remarks[i].why);
		} else {
			d->remarks[kept++] = d->remarks[i];
		}
	}
	d->remarks_len = kept;
}

/* What a tunnel of the system has and the source does not say: whose it is, and a key of its own. */
static void complete(const struct cli *cli, struct import *i)
{
	struct draft *d = &i->unit.draft;
	const char *sudo = person_of_sudo();
	AUTO(buf) key = {0};

	i->job_of_system = has_account(i);
	i->system = is_for_system(cli, i);
	if (!i->system)
		return;
	if (!has_account(i) && sudo)
		(void)draft_set(d, &keys[KEY_run_as], sudo, &(struct draft_origin){ "SUDO_USER", 0 }, NULL);
	if (!has_account(i))
		draft_remark(d, DRAFT_NOTE, &(struct draft_origin){ "RunAs", 0 }, "as a tunnel of the system it needs RunAs = "
			     "the account of the key, in [Service]");
	buf_cat(&key, "~/.ssh/tunnel-", i->name.s);
	if (has_key(d) || draft_set(d, &keys[KEY_identity_file], key.s, &(struct draft_origin){ "IdentityFile", 0 }, NULL) < 0)
		return;
	i->new_key = true;
	forget_missing_key(d);
	draft_remark(d, DRAFT_NOTE, &(struct draft_origin){ "IdentityFile", 0 }, "no key was named, so the tunnel gets one of "
		     "its own, %s, which keygen makes; without this line it takes what the account has in ~/.ssh", key.s);
}

/* One line of comment, out of words that anybody may have written. */
static void put_comment(struct buf *ret, const char *what, const char *separator, const char *rest)
{
	AUTO(buf) text = {0};

	buf_cat(&text, what, separator, rest);
	text_clean(text.s);
	buf_printf(ret, "; %s\n", text.s);
}

static void print_ini(struct import *i)
{
	const struct draft *d = &i->unit.draft;

	put_comment(&i->text, i->name.s, ".ini, made by tunnelctl import from ", path_base(i->source));
	for (size_t j = 0; j < d->remarks_len; j++)
		if (d->remarks[j].kind == DRAFT_NOTE)
			put_comment(&i->text, d->remarks[j].what, ": ", d->remarks[j].why);
	draft_print(d, &i->text);
}

/* Reads the INI as every other command will, from a folder of its own. What no single line tells comes out here. */
static int judge_ini(struct import *i)
{
	const char *tmp = getenv("TMPDIR");
	AUTO(buf) folder = {0};
	AUTO(buf) path = {0};
	AUTO(strv) problems = {0};
	struct error err = {0};
	int r;

	buf_cat(&folder, tmp && *tmp == '/' ? tmp : "/tmp", "/tunnelctl-import.XXXXXX");
	if (!mkdtemp(folder.s)) {
		cli_error("%s: %s", folder.s, strerror(errno));
		return EXIT_FAILED;
	}
	buf_cat(&path, folder.s, "/", i->name.s, ".ini");
	if ((r = file_write(path.s, &i->text, 0600, false, &err)) < 0)
		strv_push(&problems, err.text);
	else
		r = config_load(path.s, has_account(i) ? CONFIG_SYSTEM : CONFIG_USER, &i->tunnel, &problems);
	(void)unlink(path.s);
	(void)rmdir(folder.s);
	for (size_t j = 0; j < problems.len; j++) {
		bool ours = !strncmp(problems.v[j], path.s, path.len);
		const char *text = problems.v[j] + (ours ? path.len + 1 : 0);

		if (ours)
			text += strspn(text, "0123456789: ");
		cli_error("%s: as an INI: %s", i->source, text);
	}
	return r < 0 ? cli_exit_code(r) : EXIT_DONE;
}

static int write_all(int fd, const struct buf *text)
{
	for (size_t done = 0; done < text->len;) {
		ssize_t n = write(fd, text->s + done, text->len - done);

		if (n < 0 && errno != EINTR)
			return -errno;
		done += n > 0 ? (size_t)n : 0;
	}
	return fchmod(fd, 0644) < 0 || fsync(fd) < 0 ? -errno : 0;
}

/* A file that was not there: what somebody has is never replaced. */
static int write_new(const char *path, const struct buf *text, struct error *err)
{
	int fd, r = file_make_parents(path, err);

	if (r < 0)
		return r;
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0 && errno == EEXIST)
		return error_set(err, -EEXIST,
				 "%s: there is such a file, and import replaces none; move it away, or say another "
				 "--output", path);
	if (fd < 0)
		return error_errno(err, -errno, "%s", path);
	r = write_all(fd, text);
	(void)close(fd); /* fsync() has told */
	if (r < 0)
		(void)unlink(path);
	return r < 0 ? error_errno(err, r, "%s", path) : 0;
}

/* Two tunnels would fight for the port: how the old one goes, before the new one comes. */
static void print_next(const struct import *i)
{
	bool sudo = i->system, written = i->output.len;
	const char *stop = i->job_of_system ? i->unit.stop_system : i->unit.stop_user;
	AUTO(buf) ini = {0};
	AUTO(buf) off = {0};
	AUTO(buf) line = {0};
	AUTO(strv) move = {0};
	AUTO(strv) import = {0};

	buf_cat(&ini, sudo ? "/etc/tunnelctl/" : "~/.config/tunnelctl/", i->name.s, ".ini");
	if (!written && i->alias) {
		strv_push(&import, i->alias);
		strv_push(&import, i->source);
		buf_puts(&off, sudo ? "  sudo tunnelctl import --host " : "  tunnelctl import --host ");
		shell_quote(&import, &off);
		cli_error("next: read it, and write it into place:");
		cli_error("%s --output %s", off.s, ini.s);
		buf_clear(&off);
	} else if (!written && i->backend) {
		strv_push(&import, i->source);
		cli_error("next: read it, and write it into place:");
		buf_puts(&off, sudo ? "  sudo tunnelctl import " : "  tunnelctl import ");
		shell_quote(&import, &off);
		cli_error("%s --output %s", off.s, ini.s);
		buf_clear(&off);
	} else if (!written) {
		cli_error("next: read it, and write it into place: the same with --output %s", ini.s);
	}
	if (i->backend && stop) {
		cli_error("then end the old one, or both fight for the port:");
		cli_error("  %s%s", i->job_of_system ? "sudo " : "", stop);
		buf_cat(&off, i->source, ".off");
		if (i->job_of_system)
			strv_push(&move, "sudo");
		strv_push(&move, "mv");
		strv_push(&move, i->source);
		strv_push(&move, off.s);
		shell_quote(&move, &line);
		cli_error("  %s", line.s);
	}
}

/* What is in its place is a tunnel like any other; the server knows its key already, unless that is a new one. */
static void print_steps(const struct cli *cli, const struct import *i)
{
	AUTO(tunnel) t = {0};
	AUTO(strv) problems = {0};

	if (config_load(i->output.s, has_account(i) ? CONFIG_SYSTEM : CONFIG_USER, &t, &problems) == 0)
		nextstep_say(cli, &t, !i->system, i->new_key ? NEXTSTEP_FIRST : NEXTSTEP_AUTHORIZE);
	cli_errors(&problems); /* of what stands beside it */
}

/* The same of one that is still to be put in its place: beside an INI on standard output. */
static void print_later_steps(const struct cli *cli, struct import *i)
{
	AUTO(buf) path = {0};
	AUTO(strv) steps = {0};

	buf_cat(&path, i->system || !cli_config_home() ? "/etc" : cli_config_home(), "/tunnelctl/", i->name.s, ".ini");
	strv_done(&i->tunnel.files);
	strv_push(&i->tunnel.files, path.s);
	nextstep_list(cli, &i->tunnel, !i->system, i->new_key ? NEXTSTEP_FIRST : NEXTSTEP_AUTHORIZE, &steps);
	cli_error("then:");
	for (size_t j = 0; j < steps.len; j++)
		cli_error("  %s", steps.v[j]);
}

static json_t *to_json(const struct import *i)
{
	static const char *const words[] = {
		[DRAFT_DROPPED] = "dropped", [DRAFT_REFUSED] = "refused", [DRAFT_NOTE] = "note",
	};
	json_t *o = json_object(), *remarks = json_array();

	json_set_text(o, "source", i->source);
	json_set_text(o, "name", i->name.s);
	json_set_text(o, "ini", i->text.s);
	for (size_t j = 0; j < i->unit.draft.remarks_len; j++) {
		const struct draft_remark *r = &i->unit.draft.remarks[j];
		json_t *remark = json_object();

		json_set_text(remark, "kind", words[r->kind]);
		(void)json_object_set_new(remark, "line", json_integer(r->line));
		json_set_text(remark, "what", r->what);
		json_set_text(remark, "why", r->why);
		(void)json_array_append_new(remarks, remark);
	}
	(void)json_object_set_new(o, "remarks", remarks);
	return o;
}

static int finish(const struct cli *cli, struct import *i)
{
	bool silent = cli->options.quiet || cli->options.json;
	struct error err = {0};
	int r = i->output.len ? write_new(i->output.s, &i->text, &err) : 0;

	if (r < 0) {
		cli_error("%s", err.text);
		return cli_exit_code(r);
	}
	if (cli->options.json)
		json_print(to_json(i));
	else if (!i->output.len)
		(void)fputs(i->text.s, stdout);
	if (i->output.len)
		cli_say(cli, "%s: written", i->output.s);
	if (!silent)
		print_next(i);
	if (i->output.len)
		print_steps(cli, i);
	else if (!silent)
		print_later_steps(cli, i);
	return EXIT_DONE;
}

/* One file, or the words of a command. */
static bool is_command(const struct cli *cli)
{
	return cli->arguments[1] || (commandline_knows(cli->arguments[0]) && access(cli->arguments[0], F_OK) != 0);
}

int cmd_import(const struct cli *cli)
{
	__attribute__((cleanup(import_done))) struct import i = {0};
	int r;

	if (!*cli->arguments && !cli->options.host) {
		cli_error("import what? wanted a plist or an upstart job that runs ssh, --host and a Host of ~/.ssh/config, "
			  "or -- and an ssh command");
		return EXIT_USAGE;
	}
	if (cli->options.host && *cli->arguments && cli->arguments[1]) {
		cli_error("%s: --host takes one FILE", cli->arguments[1]);
		return EXIT_USAGE;
	}
	if ((r = cli->options.host ? read_host(cli, &i)
	       : is_command(cli)  ? read_arguments(cli, &i)
				  : read_unit(cli, *cli->arguments, &i)))
		return r;
	if (!i.alias)
		read_command(&i);
	judge_account(&i);
	suggest_name(&i);
	if (!draft_is_refused(&i.unit.draft)) {
		if ((r = find_output(cli, &i)))
			return r;
		complete(cli, &i);
	}
	sort_remarks(&i.unit.draft);
	print_remarks(cli, &i);
	if (draft_is_refused(&i.unit.draft))
		return EXIT_BAD_CONFIG;
	print_ini(&i);
	r = judge_ini(&i);
	return r ? r : finish(cli, &i);
}
