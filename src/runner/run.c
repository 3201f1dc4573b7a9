/* SPDX-License-Identifier: MIT */
/*
 * tunnelctl-run: what every unit starts. It reads NAME.ini, makes sure that ssh can run, and becomes ssh; the process
 * that the supervisor started is ssh for good. It never forks ssh, never loops and never daemonises.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/filewatch.h"
#include "base/shellquote.h"
#include "model/config.h"
#include "model/owner.h"
#include "model/value.h"
#include "runner/account.h"
#include "runner/environment.h"
#include "runner/backoff.h"
#include "runner/folder.h"
#include "runner/log.h"
#include "base/notify.h"
#include "runner/observer.h"
#include "runner/pause.h"
#include "runner/reclaim.h"
#include "runner/sentence.h"
#include "base/signals.h"
#include "runner/state.h"
#include "ssh/argv.h"
#include "ssh/path.h"
#include "ssh/version.h"

static const char usage[] =
	"usage: tunnelctl-run [--user] [--as USER[:GROUP]] [--once] [--print] FILE.ini | NAME\n"
	"\n"
	"Becomes the ssh of a tunnel. Meant to be started by systemd, launchd or upstart;\n"
	"people use tunnelctl(1).\n"
	"\n"
	"  --user             a tunnel of this account, not of the system; NAME is that of\n"
	"                     ~/.config/tunnelctl/NAME.ini\n"
	"  --as USER[:GROUP]  as root: change to that account first (default: RunAs)\n"
	"  --once             one attempt: end at once when something is wrong\n"
	"  --print            print the command line of ssh, quoted for a shell, and end\n";

struct options {
	const char *file, *as;
	bool user, once, print;
};

/* All that main frees at the end, or that execve drops. */
struct run {
	struct options options;
	char **argv;             /* ours, to start over with */
	uid_t started_as;
	long long begun;         /* clock_ms() */
	int signals;             /* < 0: none */
	struct buf ini;
	struct tunnel tunnel;
	struct account account;
	struct buf folder;
	bool has_folder;         /* it is there, it is ours, and we hold its lock */
	struct buf loop, program;
	struct ssh_machine machine;
	struct ssh_command command;
	struct strv watched;     /* files on which a try depends */
	uint64_t print;          /* of them, from before they were read; 0: not looked yet */
	struct state state;
	struct log log;
	enum class_id class;     /* what kind of failure a step before ssh was */
};

static void run_done(struct run *r)
{
	buf_done(&r->ini);
	tunnel_done(&r->tunnel);
	account_done(&r->account);
	buf_done(&r->folder);
	buf_done(&r->loop);
	buf_done(&r->program);
	ssh_command_done(&r->command);
	strv_done(&r->watched);
	state_done(&r->state);
	log_done(&r->log);
}

static void say(struct run *r, const char *text)
{
	AUTO(buf) line = {0};

	buf_cat(&line, "tunnelctl-run: ", text);
	log_line(&r->log, LOG_LEVEL_ERR, line.s);
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

static int load(struct run *r, struct error *err)
{
	AUTO(strv) problems = {0};
	int code = config_load(r->ini.s, r->options.user ? CONFIG_USER : CONFIG_SYSTEM, &r->tunnel, &problems);

	if (code == 0 && !r->options.user && geteuid() == 0)
		code = owner_check(&r->tunnel, &problems);
	if (code == 0)
		return 0;
	for (size_t i = 0; i + 1 < problems.len; i++)
		say(r, problems.v[i]);
	return error_set(err, code, "%s", problems.v[problems.len - 1]);
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

static int make_command(struct run *r, struct error *err)
{
	AUTO(strv) notes = {0};
	int code = ssh_command_make(&r->tunnel, &r->machine, &r->command, &notes, err);

	if (code < 0)
		r->class = CLASS_file;
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

/* Log = PATH; where it cannot be opened the words go on to where they went. */
static void open_log(struct run *r)
{
	const struct ssh_machine machine = { .home = r->account.home };
	AUTO(log) own = {0};
	AUTO(buf) path = {0};
	AUTO(buf) text = {0};
	int code;

	if (!strcmp(r->tunnel.log, "native"))
		return;
	ssh_path_put(&machine, 0, r->tunnel.log, &path);
	if ((code = log_open_file(&own, path.s)) == 0) {
		log_done(&r->log);
		r->log = own;
		own = (struct log){0};
		return;
	}
	buf_printf(&text, "Log = %s: %s; what ssh says goes on to where this line went", path.s, strerror(-code));
	say(r, text.s);
}

/* --- the wait before a try ----------------------------------------------------------------------------------- */

static void watch(struct run *r, const char *path)
{
	AUTO(buf) expanded = {0};
	AUTO(buf) absolute = {0};

	ssh_path_put(&r->machine, 0, path, &expanded);
	if (path_absolute(expanded.s, &absolute, NULL) == 0 && !strv_has(&r->watched, absolute.s))
		strv_push(&r->watched, absolute.s);
}

static void watch_all(struct run *r, const struct strv *paths)
{
	for (size_t i = 0; i < paths->len; i++)
		watch(r, paths->v[i]);
}

/* What ssh reads together with a key. */
static void watch_beside(struct run *r, const char *key)
{
	static const char *const ends[] = { ".pub", "-cert.pub" };

	for (size_t i = 0; i < ARRAY_LEN(ends); i++) {
		AUTO(buf) path = {0};

		buf_cat(&path, key, ends[i]);
		watch(r, path.s);
	}
}

/* On what it depends whether a try may go better than the last. */
static void collect_watched(struct run *r)
{
	static const char *const usual_keys[] = { "~/.ssh/id_rsa", "~/.ssh/id_ecdsa", "~/.ssh/id_ecdsa_sk",
						  "~/.ssh/id_ed25519", "~/.ssh/id_ed25519_sk" };
	static const char *const usual_hosts[] = { "~/.ssh/known_hosts", "~/.ssh/known_hosts2",
						   "/etc/ssh/ssh_known_hosts", "/etc/ssh/ssh_known_hosts2" };
	const struct tunnel *t = &r->tunnel;
	AUTO(buf) beside = {0};

	r->machine.home = r->account.home;
	watch(r, r->ini.s);
	buf_cat(&beside, r->ini.s, ".d");
	watch(r, beside.s);
	watch_all(r, &t->files);
	watch(r, "/etc/resolv.conf");
	watch(r, "/etc/passwd");
	if (!t->host)
		return; /* an INI that could not be read: there is no more */
	watch(r, t->program);
	watch_all(r, &t->identity_file);
	watch_all(r, &t->certificate_file);
	watch_all(r, &t->user_known_hosts_file);
	if (strcmp(t->identity_agent, "none") != 0)
		watch(r, t->identity_agent);
	if (strcmp(t->config_file, "none") != 0)
		watch(r, t->config_file);
	for (size_t i = 0; i < t->identity_file.len; i++)
		watch_beside(r, t->identity_file.v[i]);
	for (size_t i = 0; !t->identity_file.len && i < ARRAY_LEN(usual_keys); i++) {
		watch(r, usual_keys[i]);
		watch_beside(r, usual_keys[i]);
	}
	for (size_t i = 0; !t->known_host_key.len && !t->user_known_hosts_file.len && i < ARRAY_LEN(usual_hosts); i++)
		watch(r, usual_hosts[i]);
}

/* To be called before anything is read: what changes between then and the wait must not be missed. */
static void look_at_files(struct run *r)
{
	enum { OTHER = 1 };
	bool changed = r->print && filewatch_print(&r->watched) != r->print;

	collect_watched(r);
	r->print = changed ? OTHER : filewatch_print(&r->watched);
}

static void publish(struct run *r, bool logged)
{
	struct observed o = { .tunnel = &r->tunnel, .folder = r->has_folder ? r->folder.s : NULL, .state = &r->state,
			      .log = &r->log };

	r->state.pid = getpid();
	observer_publish(&o, false, logged);
}

static void enter(struct run *r, enum phase phase, bool logged)
{
	r->state.phase = phase;
	r->state.since = clock_ms();
	publish(r, logged);
}

/* SIGTERM and SIGINT, so that none gets lost on the way through execve(). */
static void block_signals(sigset_t *ret_before)
{
	sigset_t ours;

	(void)sigemptyset(&ours);
	(void)sigaddset(&ours, SIGTERM);
	(void)sigaddset(&ours, SIGINT);
	(void)sigprocmask(SIG_BLOCK, &ours, ret_before);
}

static void catch_signals(struct run *r)
{
	static const int caught[] = { SIGTERM, SIGINT, OBSERVER_PARENT_ENDED };

	r->signals = signals_open(caught, ARRAY_LEN(caught));
	(void)signal(SIGPIPE, SIG_IGN); /* a log that nobody reads any more is no reason to end */
}

static _Noreturn void stop(struct run *r)
{
	r->state.class = CLASS_none;
	state_set(&r->state.error, NULL);
	enter(r, PHASE_STOPPED, true);
	run_done(r);
	exit(EXIT_SUCCESS);
}

/* The INI has changed, or whatever else kept us from running ssh: everything is read anew. */
static _Noreturn void start_over(struct run *r)
{
	block_signals(NULL);
	if (signals_told_to_end())
		stop(r);
	log_flush(&r->log);
	/* Who has given up being root could not read everything again; the supervisor starts us as it did before. */
	if (geteuid() == r->started_as && strchr(r->argv[0], '/'))
		(void)execv(r->argv[0], r->argv);
	exit(EX_TEMPFAIL);
}

/* A machine whose containers come and go changes its network all the time; a server minds failed logins. */
static long long network_not_before(const struct state *s, long long not_before)
{
	enum { DOUBLINGS = 6 };

	if (s->phase != PHASE_PARKED)
		return not_before;
	return not_before + (1000LL << (s->failures < DOUBLINGS ? s->failures : DOUBLINGS));
}

static enum pause_end sleep_until(struct run *r, long long until, long long not_before, uint64_t print)
{
	const struct pause p = { .signals = r->signals, .until = until, .not_before = not_before,
				 .network_not_before = network_not_before(&r->state, not_before),
				 .files = &r->watched, .print = print };
	enum pause_end end = pause_for(&p);

	if (end == PAUSE_STOP)
		stop(r);
	if (end == PAUSE_FILES)
		start_over(r);
	return end;
}

static void end_at_once(int signal UNUSED)
{
	_exit(EXIT_SUCCESS);
}

/* A signal that arrives just before flock() begins to sleep would not wake it: here nothing is to be done first. */
static int wait_for_lock(struct run *r)
{
	int fd;

	(void)signal(SIGTERM, end_at_once);
	(void)signal(SIGINT, end_at_once);
	if (signals_told_to_end())
		exit(EXIT_SUCCESS);
	while ((fd = state_lock(r->folder.s, true)) == -EINTR)
		;
	catch_signals(r);
	/* That may have taken days. */
	if (fd >= 0 && filewatch_print(&r->watched) != r->print)
		start_over(r);
	return fd;
}

/* One runner a tunnel: two would fight for the port. */
static int take_lock(struct run *r, struct error *err)
{
	AUTO(state) other = {0};
	AUTO(buf) text = {0};
	int fd = state_lock(r->folder.s, false);

	if (fd == -EAGAIN) {
		(void)state_read(r->folder.s, &other, NULL);
		buf_printf(&text, "waiting: another tunnelctl-run or ssh runs this tunnel already (pid %ld)", other.pid);
		if (r->options.once)
			return error_set(err, -EBUSY, "%s", text.s);
		say(r, text.s);
		notify_status(text.s, false);
		fd = wait_for_lock(r);
	}
	if (fd < 0)
		return error_errno(err, fd, "%s/lock", r->folder.s);
	return 0; /* open until we end, or become ssh; then the observer has it */
}

/* With an INI that cannot be read there is no RunAs; but whoever runs as the account already has its folder. */
static void take_folder_of_account(struct run *r)
{
	const char *why;
	AUTO_FREE char *name = config_name(r->ini.s, &why);
	struct error err = {0};

	if (r->folder.len || !name || (!r->options.user && geteuid() == 0 && !getenv("RUNTIME_DIRECTORY")))
		return;
	folder_path(name, r->options.user, &r->account, &r->folder);
	if (folder_make(r->folder.s, &r->account, &err) == 0 && take_lock(r, &err) == 0)
		r->has_folder = true;
	if (r->has_folder)
		(void)state_read(r->folder.s, &r->state, NULL);
}

/* Something before ssh is wrong. The supervisor would start us again at once, whatever we say: so it is said in the
 * state, and we wait here until something changes. */
static _Noreturn void hold(struct run *r, const struct error *why)
{
	enum { FOLDER_AGAIN_MS = 10 * 1000, SPACING_MS = 1000 };
	bool park = classes[r->class].rule == RULE_PARK;
	bool changed = r->print && filewatch_print(&r->watched) != r->print; /* since we read it */
	long long now = clock_ms();

	take_folder_of_account(r);
	collect_watched(r);
	r->state.class = r->class;
	state_set(&r->state.error, why->text);
	r->state.next_try = now + (changed ? SPACING_MS : park ? BACKOFF_PARK_MS : FOLDER_AGAIN_MS);
	enter(r, park ? PHASE_PARKED : PHASE_WAITING, true);
	(void)sleep_until(r, r->state.next_try, now + SPACING_MS, 0);
	r->state.next_try = 0;
	start_over(r);
}

static unsigned some_number(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_REALTIME, &t);
	return (unsigned)t.tv_nsec / 1000 ^ (unsigned)getpid() * 2654435761U;
}

/* What hold() waits for: that we have come as far as here means that it is over. */
static bool is_before_ssh(enum class_id class)
{
	return class == CLASS_file || class == CLASS_account || class == CLASS_program || class == CLASS_folder;
}

/* As long as the state says. What the last ssh died of is kept for whoever looks at it meanwhile. */
static void wait_for_turn(struct run *r)
{
	struct state *s = &r->state;
	long long ended = s->since, now = clock_ms();

	if (!r->has_folder) {
		/* Nobody knows when the last try was: one second each is no storm. */
		(void)sleep_until(r, r->begun + 1000, 0, 0);
		return;
	}
	if (is_before_ssh(s->class))
		s->phase = PHASE_NONE;
	backoff_plan(&r->tunnel, s, now, some_number());
	if (s->phase == PHASE_CONNECTING)
		return;
	ended = ended < now ? ended : now;
	publish(r, false);
	(void)sleep_until(r, s->next_try, ended + 1000, s->files);
}

/* --- becoming ssh -------------------------------------------------------------------------------------------- */

/* The sockets of an ssh that was killed together with its observer. */
static void remove_old_sockets(const char *folder)
{
	DIR *d = opendir(folder);
	const struct dirent *entry;

	if (!d)
		return;
	while ((entry = readdir(d)))
		if (!strncmp(entry->d_name, SSH_LOOP_NAME, sizeof(SSH_LOOP_NAME) - 1))
			(void)unlinkat(dirfd(d), entry->d_name, 0);
	(void)closedir(d);
}

/* A socket that cannot be made would end ssh (ExitOnForwardFailure), so it is made here once to see. */
static bool can_have_sockets(const char *prefix)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd, r;

	if (strlen(prefix) + 2 >= sizeof(address.sun_path) || (fd = socket(AF_UNIX, SOCK_STREAM, 0)) < 0)
		return false;
	memcpy(address.sun_path, prefix, strlen(prefix));
	r = bind(fd, (struct sockaddr *)&address, sizeof(address));
	(void)close(fd);
	(void)unlink(prefix);
	return r == 0;
}

static void prepare_loop(struct run *r)
{
	enum { FOLDER_MAX = 80 };

	if (r->options.print) {
		buf_cat(&r->loop, r->folder.s, "/" SSH_LOOP_NAME);
		r->machine.loop = r->loop.s;
		return;
	}
	if (r->tunnel.probe == PROBE_IS_NONE || !r->tunnel.remote_forward.len || !r->has_folder)
		return;
	buf_printf(&r->loop, "%s/" SSH_LOOP_NAME "%ld", r->folder.s, (long)getpid());
	if (r->folder.len <= FOLDER_MAX && can_have_sockets(r->loop.s)) {
		r->machine.loop = r->loop.s;
		return;
	}
	state_set(&r->state.note, "the folder of the tunnel takes no sockets: it is not proved end to end");
	say(r, r->state.note);
}

static void begin_state(struct run *r)
{
	struct state *s = &r->state;

	s->starts++;
	s->next_try = 0;
	s->settings = tunnel_print(&r->tunnel);
	s->files = r->print;
	state_set(&s->peer, NULL);
	state_set(&s->source, NULL);
	s->proved = 0;
	s->round_trip_us = 0;
	sentence_forwards(&r->tunnel, s);
	enter(r, PHASE_CONNECTING, false);
}

static void free_port(struct run *r, const struct strv *environment)
{
	struct error err = {0};

	if (reclaim_run(&r->tunnel, &r->machine, environment, &err) < 0)
		say(r, err.text);
}

/* ssh asks nobody and reads nothing. */
static void take_away(int fd, int flags)
{
	int null = open("/dev/null", flags | O_CLOEXEC);

	if (null >= 0)
		(void)dup2(null, fd);
}

static int open_pipe(int fd[2])
{
	enum { ROOM = 256 * 1024 };

	if (pipe(fd) < 0)
		return -errno;
	for (int i = 0; i < 2; i++) {
		(void)fcntl(fd[i], F_SETFD, FD_CLOEXEC);
		/* Also the end that ssh writes to: it must lose words rather than hang when we are slow or gone. */
		(void)fcntl(fd[i], F_SETFL, O_NONBLOCK);
	}
#ifdef F_SETPIPE_SZ
	(void)fcntl(fd[1], F_SETPIPE_SZ, ROOM);
#endif
	return 0;
}

static _Noreturn void become_observer(struct run *r, pid_t ssh, const int fd[2], const sigset_t *before)
{
	const struct observed o = {
		.tunnel = &r->tunnel, .folder = r->has_folder ? r->folder.s : NULL, .loop = r->machine.loop,
		.state = &r->state, .log = &r->log, .ssh = ssh, .from_ssh = fd[0], .signals = r->signals,
		.tells_device = ssh_tells_device(&r->tunnel, &r->machine),
		.confirms = ssh_tells_channels(&r->tunnel, &r->machine),
	};

	(void)close(fd[1]);
	take_away(STDOUT_FILENO, O_WRONLY);
	(void)sigprocmask(SIG_SETMASK, before, NULL);
	observe(&o);
	_exit(EXIT_SUCCESS);
}

/* From the fork to execve no signal may get lost: what arrives meanwhile meets ssh, or us with the default action. */
static int become_ssh(struct run *r, const struct strv *environment, struct error *err)
{
	sigset_t before;
	pid_t observer, self = getpid();
	int fd[2], kept, code;

	if ((code = open_pipe(fd)) < 0 || (kept = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3)) < 0)
		return error_errno(err, code < 0 ? code : -errno, "pipe");
	block_signals(&before);
	if ((observer = fork()) == 0)
		become_observer(r, self, fd, &before);
	if (observer < 0)
		return error_errno(err, -errno, "fork");
	(void)dup2(fd[1], STDERR_FILENO);
	(void)signal(SIGPIPE, SIG_DFL);
	(void)signal(SIGTERM, SIG_DFL);
	(void)signal(SIGINT, SIG_DFL);
	if (signals_told_to_end())
		(void)raise(SIGTERM);
	(void)sigprocmask(SIG_SETMASK, &before, NULL);
	(void)execve(r->command.argv.v[0], r->command.argv.v, environment->v);
	code = -errno;
	catch_signals(r);
	(void)dup2(kept, STDERR_FILENO);
	(void)kill(observer, SIGKILL);
	(void)waitpid(observer, NULL, 0);
	r->class = CLASS_program;
	return error_errno(err, code, "%s", r->command.argv.v[0]);
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
	look_at_files(r);
	if ((code = load(r, err)) < 0)
		return code;
	r->class = CLASS_account;
	if ((code = choose_account(r, err)) < 0)
		return code;
	folder_path(r->tunnel.name, r->options.user, &r->account, &r->folder);
	if ((code = become_account(r, &folder, &folder_error, err)) < 0)
		return code;
	look_at_files(r);
	if (!r->options.print) {
		open_log(r);
		if (folder == 0 && (folder = take_lock(r, &folder_error)) == -EBUSY) {
			*err = folder_error;
			return folder;
		}
		if (folder < 0)
			say(r, folder_error.text); /* there is no state then; the tunnel is more than its state */
		r->has_folder = folder == 0;
	}
	if (r->has_folder)
		(void)state_read(r->folder.s, &r->state, NULL);
	if ((code = ask_version(r, err)) < 0)
		return code;
	prepare_loop(r);
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
	AUTO(strv) environment = {0};
	bool reclaim;
	int code;

	if ((code = prepare(r, err)) < 0)
		return code;
	if (r->options.print) {
		print(r);
		return 0;
	}
	remove_old_sockets(r->folder.s);
	if (r->has_folder && (code = write_files(r, err)) < 0)
		return code;
	reclaim = r->tunnel.remote_port_busy == REMOTE_PORT_BUSY_RECLAIM && holds_port(r->state.class);
	if (!r->options.once)
		wait_for_turn(r);
	environment_make(&r->tunnel, &r->account, &environment);
	take_away(STDIN_FILENO, O_RDONLY);
	if (reclaim)
		free_port(r, &environment);
	begin_state(r);
	return become_ssh(r, &environment, err);
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
		catch_signals(&r);
	unblock_signals();
	if ((code = run(&r, &err)) == 0)
		return EXIT_SUCCESS;
	if (r.options.once || r.options.print || r.signals < 0) {
		say(&r, err.text);
		return status_of(code);
	}
	hold(&r, &err);
}
