/* SPDX-License-Identifier: MIT */
/* The last steps: from the wait to execve(). */
#include "runner/run.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/filewatch.h"
#include "base/signals.h"
#include "runner/environment.h"
#include "runner/folder.h"
#include "runner/observer.h"
#include "runner/reclaim.h"
#include "runner/sentence.h"

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

void run_prepare_loop(struct run *r)
{
	AUTO(strv) bases = {0};

	folder_bases(&bases);
	if (r->options.print) {
		folder_loop_path(r->folder.s, bases.v[0], &r->loop);
		buf_puts(&r->loop, "/" SSH_LOOP_NAME);
		r->machine.loop = r->loop.s;
		return;
	}
	if (r->has_folder)
		remove_old_sockets(r->folder.s);
	if (r->tunnel.probe == PROBE_IS_NONE || !r->tunnel.remote_forward.len || !r->has_folder)
		return;
	if (folder_loop_make(r->folder.s, &bases, &r->loop_folder, NULL) == 0) {
		remove_old_sockets(r->loop_folder.s);
		buf_printf(&r->loop, "%s/" SSH_LOOP_NAME "%ld", r->loop_folder.s, (long)getpid());
		if (can_have_sockets(r->loop.s)) {
			r->machine.loop = r->loop.s;
			return;
		}
	}
	state_set(&r->state.note, "the folder of the tunnel takes no sockets: it is not proved end to end");
	run_say(r, r->state.note);
}

void run_remove_loop(const struct run *r)
{
	if (r->loop_folder.len)
		folder_loop_remove(r->folder.s, r->loop_folder.s);
}

static void begin_state(struct run *r)
{
	struct state *s = &r->state;

	s->starts++;
	s->next_try = 0;
	s->settings = tunnel_print(&r->tunnel);
	s->files = r->print;
	state_set(&s->proxy, r->tunnel.proxy.len ? r->tunnel.proxy.v[r->machine.proxy] : NULL);
	state_set(&s->peer, NULL);
	state_set(&s->source, NULL);
	s->proved = 0;
	s->round_trip_us = 0;
	sentence_forwards(&r->tunnel, s);
	run_enter(r, PHASE_CONNECTING, false);
}

static void free_port(struct run *r, const struct strv *environment)
{
	struct error err = {0};

	if (reclaim_run(&r->tunnel, &r->machine, environment, &err) < 0)
		run_say(r, err.text);
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
	run_remove_loop(r);
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
	run_block_signals(&before);
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
	run_catch_signals(r);
	(void)dup2(kept, STDERR_FILENO);
	(void)kill(observer, SIGKILL);
	(void)waitpid(observer, NULL, 0);
	r->class = CLASS_program;
	return error_errno(err, code, "%s", r->command.argv.v[0]);
}

int run_become_ssh(struct run *r, struct error *err)
{
	AUTO(strv) environment = {0};

	environment_make(&r->tunnel, &r->account, &environment);
	take_away(STDIN_FILENO, O_RDONLY);
	if (r->port_is_held && r->tunnel.remote_port_busy == REMOTE_PORT_BUSY_RECLAIM)
		free_port(r, &environment);
	begin_state(r);
	return become_ssh(r, &environment, err);
}
