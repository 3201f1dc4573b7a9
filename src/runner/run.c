/* SPDX-License-Identifier: MIT */
/*
 * tunnelctl-run: what every unit starts. It reads NAME.ini, makes sure that ssh can run, and becomes ssh; the process
 * that the supervisor started is ssh for good. It never forks ssh, never loops and never daemonises.
 */
#include "runner/run.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/filewatch.h"
#include "base/shellquote.h"
#include "model/config.h"
#include "model/owner.h"
#include "model/value.h"
#include "runner/folder.h"
#include "runner/logfile.h"
#include "runner/turn.h"
#include "ssh/path.h"
#include "ssh/proxytool.h"
#include "ssh/version.h"

static const char usage[] =
	"usage: tunnelctl-run [--user] [--as USER[:GROUP]] [--once] [--print] [--own-log]\n"
	"                     FILE.ini | NAME\n"
	"\n"
	"Becomes the ssh of a tunnel. Meant to be started by systemd, launchd or upstart;\n"
	"people use tunnelctl(1).\n"
	"\n"
	"  --user             a tunnel of this account, not of the system; NAME is that of\n"
	"                     ~/.config/tunnelctl/NAME.ini\n"
	"  --as USER[:GROUP]  as root: change to that account first (default: RunAs)\n"
	"  --own-log          with Log = native: a file in ~/.cache/tunnelctl of the account,\n"
	"                     for a supervisor that keeps no log (upstart before 1.4)\n"
	"  --once             one attempt: end at once when something is wrong\n"
	"  --print            print the command line of ssh, quoted for a shell, and end\n";

static void run_done(struct run *r)
{
	buf_done(&r->ini);
	tunnel_done(&r->tunnel);
	account_done(&r->account);
	buf_done(&r->folder);
	buf_done(&r->loop_folder);
	buf_done(&r->loop);
	buf_done(&r->program);
	ssh_command_done(&r->command);
	proxy_tool_done(&r->proxy_tool);
	strv_done(&r->watched);
	state_done(&r->state);
	log_done(&r->log);
}

/* What the exit status says to a supervisor, which shows it to a person (sysexits.h). */
static int status_of(int code)
{
	return code == -EPERM || code == -EACCES ? EX_NOPERM : code == -EBUSY ? EX_TEMPFAIL : EX_CONFIG;
}

/* 0 = go on, else the exit status + 1. */
static int read_options(int argc, char **argv, struct options *ret)
{
	static const struct option long_options[] = {
		{ "user", no_argument, NULL, 'u' },  { "as", required_argument, NULL, 'a' },
		{ "once", no_argument, NULL, 'o' },  { "print", no_argument, NULL, 'p' },
		{ "own-log", no_argument, NULL, 'l' },
		{ "help", no_argument, NULL, 'h' },  { "version", no_argument, NULL, 'V' },
		{ NULL, 0, NULL, 0 },
	};
	int c;

	while ((c = getopt_long(argc, argv, "h", long_options, NULL)) != -1) {
		switch (c) {
		case 'u':
			ret->user = true;
			break;
		case 'a':
			ret->as = optarg;
			break;
		case 'o':
			ret->once = true;
			break;
		case 'p':
			ret->print = true;
			break;
		case 'l':
			ret->own_log = true;
			break;
		case 'h':
			(void)fputs(usage, stdout);
			return 1 + EXIT_SUCCESS;
		case 'V':
			(void)puts("tunnelctl-run " TUNNELCTL_VERSION);
			return 1 + EXIT_SUCCESS;
		default:
			return 1 + 2;
		}
	}
	if (optind + 1 != argc) {
		(void)fputs(usage, stderr);
		return 1 + 2;
	}
	if (ret->user && ret->as) {
		(void)fputs("tunnelctl-run: --as is for a tunnel of the system; a user's runs as that user\n", stderr);
		return 1 + 2;
	}
	ret->file = argv[optind];
	return 0;
}

/* A path has a slash or ends in .ini; a bare name is one of this account's tunnels. */
static int find_ini(struct run *r, struct error *err)
{
	const char *file = r->options.file, *home = getenv("XDG_CONFIG_HOME"), *why;
	size_t len = strlen(file);
	AUTO(buf) vendor = {0};

	if (strchr(file, '/') || (len > 4 && !strcmp(file + len - 4, ".ini"))) {
		buf_puts(&r->ini, file);
		return 0;
	}
	if ((why = check_name(file)))
		return error_set(err, -EINVAL, "%s: %s", file, why);
	if (!r->options.user) {
		buf_printf(&r->ini, "/etc/tunnelctl/%s.ini", file);
		if (access(r->ini.s, F_OK) == 0)
			return 0;
		buf_printf(&vendor, "/usr/lib/tunnelctl/%s.ini", file);
		if (access(vendor.s, F_OK) == 0) {
			buf_clear(&r->ini);
			buf_puts(&r->ini, vendor.s);
		}
	} else if (home && *home == '/') {
		buf_printf(&r->ini, "%s/tunnelctl/%s.ini", home, file);
	} else {
		buf_printf(&r->ini, "%s/.config/tunnelctl/%s.ini", r->account.home ? r->account.home : "", file);
	}
	return 0;
}

/* A file of the tunnel's own; where it cannot be opened the words go on to where they went. LOG is the key of that name,
 * NULL: nobody knows it. */
static void open_log(struct run *r, const char *name, const char *log)
{
	bool native = !log || !strcmp(log, "native");
	AUTO(log) own = {0};
	AUTO(buf) path = {0};
	AUTO(buf) text = {0};
	int code;

	if (native && r->options.own_log ? !logfile_own(name, &r->account, &path)
					 : !logfile_path(name, log, &r->account, &path))
		return;
	if (native && !r->options.own_log && !logfile_under_launchd(getenv("XPC_SERVICE_NAME"), getppid()))
		return; /* who started us looks at standard error */
	if ((code = logfile_open(&own, path.s, native)) == 0) {
		log_done(&r->log);
		r->log = own;
		own = (struct log){0};
		return;
	}
	buf_printf(&text, "Log = %s: %s; what ssh says goes on to where this line went", path.s, strerror(-code));
	run_say(r, text.s);
}

/* What is wrong with the INI must not be lost where the supervisor keeps no words; the file is the account's, so root
 * leaves it alone. */
static void open_log_without_settings(struct run *r)
{
	const char *why;
	AUTO_FREE char *name = config_name(r->ini.s, &why);

	if (name && !r->options.print && (r->options.user || geteuid() != 0))
		open_log(r, name, NULL);
}

static int load(struct run *r, struct error *err)
{
	AUTO(strv) problems = {0};
	int code = config_load(r->ini.s, r->options.user ? CONFIG_USER : CONFIG_SYSTEM, &r->tunnel, &problems);

	if (code == 0 && !r->options.user && geteuid() == 0)
		code = owner_check(&r->tunnel, &problems);
	if (code == 0)
		return 0;
	open_log_without_settings(r);
	for (size_t i = 0; i + 1 < problems.len; i++)
		run_say(r, problems.v[i]);
	return error_set(err, code, "%s", problems.v[problems.len - 1]);
}

/* The job may be older than the INI; root is what RunAs alone gives. */
static bool is_root_against_run_as(const struct run *r, const struct account *wanted)
{
	const char *as = r->options.as, *run_as = r->tunnel.run_as;
	size_t len = as ? strcspn(as, ":") : 0;

	if (!as || !run_as || wanted->uid != 0)
		return false;
	return strcspn(run_as, ":") != len || strncmp(as, run_as, len) != 0;
}

/* A system's tunnel runs as RunAs and as nobody else, however this was started. */
static int choose_account(struct run *r, struct error *err)
{
	const char *run_as = r->options.as ? r->options.as : r->tunnel.run_as;
	AUTO(account) wanted = {0};
	int code;

	if (!run_as || r->options.user)
		return 0;
	if ((code = account_find(run_as, &wanted, err)) < 0)
		return code;
	if (is_root_against_run_as(r, &wanted))
		return error_set(err, -EPERM, "RunAs = %s, but the job says --as %s; tunnelctl restart %s writes it anew",
				 r->tunnel.run_as, run_as, r->tunnel.name);
	if (geteuid() != 0 && geteuid() != wanted.uid)
		return error_set(err, -EPERM, "RunAs = %s, but this runs as %s: only root can change that",
				 run_as, r->account.name ? r->account.name : "another account");
	if (geteuid() != 0 && strchr(run_as, ':') && getegid() != wanted.gid)
		return error_set(err, -EPERM, "RunAs = %s, but this runs in another group: only root can change that",
				 run_as);
	account_done(&r->account);
	r->account = wanted;
	wanted = (struct account){0};
	return 0;
}

/* Asking costs a process, so what it said the last time holds for as long as its file is the same; but behind a wrapper
 * there may be another ssh, which then does not understand us. */
static int ask_version(struct run *r, struct error *err)
{
	AUTO(strv) file = {0};
	uint64_t print;
	int code;

	r->machine.home = r->account.home;
	r->machine.folder = r->folder.s;
	ssh_path_put(&r->machine, 0, r->tunnel.program, &r->program);
	strv_push(&file, r->program.s);
	print = filewatch_print(&file);
	if (r->state.ssh_version && r->state.ssh_print == print && r->state.class != CLASS_config) {
		r->machine.version = r->state.ssh_version;
		return 0;
	}
	if ((code = ssh_version_ask(r->program.s, &r->machine.version, err)) < 0) {
		r->class = CLASS_program;
		return code;
	}
	r->state.ssh_version = r->machine.version;
	r->state.ssh_print = print;
	return 0;
}

/* Asked as the account, and as seldom as the release of ssh; but one that was too slow to answer, as at the start of a
 * busy machine, is no reason never to ask again. */
static void find_proxy_tool(struct run *r)
{
	AUTO(strv) files = {0};
	AUTO(buf) text = {0};
	uint64_t print;

	proxy_tool_files(&files);
	print = filewatch_print(&files);
	r->machine.proxy_tool = &r->proxy_tool;
	if (r->state.proxy_tool && r->state.proxy_print == print &&
	    proxy_tool_parse(r->state.proxy_tool, &r->proxy_tool) && r->proxy_tool.program)
		return;
	proxy_tool_find(&r->proxy_tool);
	proxy_tool_print(&r->proxy_tool, &text);
	state_set(&r->state.proxy_tool, text.s);
	r->state.proxy_print = print;
}

/* Whose turn it is. Where no entry can be used, making the command says why. */
static void choose_proxy(struct run *r)
{
	if (!r->tunnel.proxy.len)
		return;
	find_proxy_tool(r);
	r->next_proxy = turn_take(&r->tunnel, &r->proxy_tool, &r->state);
	r->machine.proxy = r->state.proxy_turn;
}

static int make_command(struct run *r, struct error *err)
{
	AUTO(strv) notes = {0};
	int code = ssh_command_make(&r->tunnel, &r->machine, &r->command, &notes, err);

	if (code < 0)
		r->class = code == -ENOENT ? CLASS_proxy_tool : CLASS_file;
	return code;
}

static int write_file(const struct run *r, const char *name, const struct buf *text, struct error *err)
{
	AUTO(buf) path = {0};
	int code;

	if (!text->len)
		return 0;
	buf_printf(&path, "%s/%s", r->folder.s, name);
	code = file_install(path.s, text, 0600, false, err);
	return code < 0 ? code : 0;
}

static bool lies_in(const char *path, const char *folder)
{
	size_t len = folder ? strlen(folder) : 0;

	return len && !strncmp(path, folder, len) && path[len] == '/';
}

/* Root makes the folder, where that needs root, and nothing else: Program and what lies in the account's home,
 * where a link may lead anywhere, are touched as the account only. Sets ret_folder to what became of it. */
static int become_account(struct run *r, int *ret_folder, struct error *folder_error, struct error *err)
{
	bool at_home = lies_in(r->folder.s, r->account.home);
	int code;

	*ret_folder = 0;
	if (!r->options.print && !at_home)
		*ret_folder = folder_make(r->folder.s, &r->account, folder_error);
	if ((code = r->options.user ? 0 : account_become(&r->account, err)) < 0)
		return code;
	if (!r->options.print && at_home)
		*ret_folder = folder_make(r->folder.s, &r->account, folder_error);
	return 0;
}

static int write_files(const struct run *r, struct error *err)
{
	int code = write_file(r, "known_hosts", &r->command.known_hosts, err);

	return code < 0 ? code : write_file(r, "ssh_config", &r->command.config, err);
}

static void print(const struct run *r)
{
	AUTO(buf) line = {0};

	shell_quote(&r->command.argv, &line);
	(void)puts(line.s);
}

/* Everything up to the wait. */
static int prepare(struct run *r, struct error *err)
{
	struct error folder_error = {0};
	int code, folder;

	account_self(&r->account);
	r->class = CLASS_file;
	if ((code = find_ini(r, err)) < 0)
		return code;
	run_look_at_files(r);
	if ((code = load(r, err)) < 0)
		return code;
	r->class = CLASS_account;
	if ((code = choose_account(r, err)) < 0)
		return code;
	folder_path(r->tunnel.name, r->options.user, &r->account, &r->folder);
	if ((code = become_account(r, &folder, &folder_error, err)) < 0)
		return code;
	run_look_at_files(r);
	if (!r->options.print) {
		open_log(r, r->tunnel.name, r->tunnel.log);
		if (folder == 0 && (folder = run_take_lock(r, &folder_error)) == -EBUSY) {
			*err = folder_error;
			return folder;
		}
		if (folder < 0)
			run_say(r, folder_error.text); /* there is no state then; the tunnel is more than its state */
		r->has_folder = folder == 0;
	}
	if (r->has_folder)
		(void)state_read(r->folder.s, &r->state, NULL);
	if ((code = ask_version(r, err)) < 0)
		return code;
	run_prepare_loop(r);
	choose_proxy(r);
	if ((code = make_command(r, err)) < 0)
		return code;
	r->class = CLASS_folder;
	if (!r->has_folder && !r->options.print && (r->command.config.len || r->command.known_hosts.len)) {
		*err = folder_error;
		return folder;
	}
	return 0;
}

/* Whether the server may still have our port: it says so, or the connection died without its knowing. */
static bool holds_port(enum class_id class)
{
	return class == CLASS_port_busy || class == CLASS_roam || class == CLASS_loop_dead || class == CLASS_alive_timeout;
}

static int run(struct run *r, struct error *err)
{
	int code;

	if ((code = prepare(r, err)) < 0)
		return code;
	if (r->options.print) {
		print(r);
		return 0;
	}
	if (r->has_folder && (code = write_files(r, err)) < 0)
		return code;
	r->port_is_held = holds_port(r->state.class);
	if (!r->options.once)
		run_wait(r);
	return run_become_ssh(r, err);
}

/* What ssh would inherit from whoever started us: blocked or ignored, SIGTERM could not stop it, and SIGCHLD
 * would hide from us how ssh -V ended. An ignored SIGHUP is nohup(1)'s, and stays. */
static void restore_signals(void)
{
	static const int restored[] = { SIGCHLD, SIGTERM, SIGINT };

	for (size_t i = 0; i < ARRAY_LEN(restored); i++)
		(void)signal(restored[i], SIG_DFL);
	(void)signal(SIGPIPE, SIG_IGN);
}

static void unblock_signals(void)
{
	sigset_t none;

	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
}

/* What is closed would be the first file that we open, perhaps the lock; and become_ssh() puts something else there. */
static void open_standard_files(void)
{
	int fd;

	do
		fd = open("/dev/null", O_RDWR);
	while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd >= 0)
		(void)close(fd);
}

int main(int argc, char **argv)
{
	AUTO(run) r = { .argv = argv, .started_as = geteuid(), .begun = clock_ms() };
	struct error err = {0};
	int code;

	restore_signals();
	open_standard_files();
	log_open_fd(&r.log, STDERR_FILENO);
	if ((code = read_options(argc, argv, &r.options))) {
		/* The unit of another release; the supervisor starts us again and again. */
		if (code - 1 != EXIT_SUCCESS && !r.options.once)
			(void)sleep(1);
		return code - 1;
	}
	if (!r.options.print)
		run_catch_signals(&r);
	unblock_signals();
	if ((code = run(&r, &err)) == 0)
		return EXIT_SUCCESS;
	if (r.options.once || r.options.print || r.signals < 0) {
		run_say(&r, err.text);
		return status_of(code);
	}
	run_hold(&r, &err);
}
