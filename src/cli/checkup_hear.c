/* SPDX-License-Identifier: MIT */
#include "cli/checkup_hearing.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "cli/as.h"
#include "cli/checkup.h"

enum {
	STEP_MS = 100, /* how often Ctrl-C and ssh's end are looked for */
	PATIENCE_MS = 3000,
	LATE_WORDS_MS = 300, /* after a login sshd has more to say, in its own time */
	OTHER_MS = 3000,
	DEVICE_MS = 3000,
};

static void read_words(struct hearing *h)
{
	char chunk[4096];
	ssize_t n;

	while (!h->eof && (n = read(h->fd, chunk, sizeof(chunk))) != 0) {
		const char *bytes = chunk, *line;
		size_t len = n > 0 ? (size_t)n : 0;

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return;
		while ((line = lines_next(&h->lines, &bytes, &len, false)))
			hearing_take_line(h, line);
	}
	h->eof = true;
}

/* --- what is tried meanwhile --------------------------------------------------------------------------------- */

static void try_other(struct hearing *h)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	AUTO(buf) path = {0};
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	buf_cat(&path, h->order->client->folder.s, "/" HEAR_OTHER);
	(void)snprintf(un.sun_path, sizeof(un.sun_path), "%s", path.s);
	h->other_since = clock_ms();
	h->other = fd + 1;
	if (fd < 0)
		return;
	(void)fcntl(fd, F_SETFD, FD_CLOEXEC);
	h->heard.other_tried = connect(fd, (const struct sockaddr *)&un, sizeof(un)) == 0;
	(void)fcntl(fd, F_SETFL, O_NONBLOCK);
}

/* ssh hangs up when the server has refused, whatever its reason, and has said it before. */
static bool is_other_over(const struct hearing *h)
{
	char byte;

	if (!h->heard.other_tried || h->heard.other_forbidden || clock_ms() - h->other_since > OTHER_MS)
		return true;
	return recv(h->other - 1, &byte, 1, 0) >= 0 && clock_ms() - h->other_since > STEP_MS;
}

static void begin_proof(struct hearing *h)
{
	const struct client *c = h->order->client;

	for (size_t i = h->tunnel->remote_forward.len; i < h->heard.forwards; i++)
		if (!h->v[i].is)
			h->v[i].is = FORWARD_STANDS;
	loop_prepare(&h->loop, h->tunnel, c->machine.loop, ssh_tells_channels(h->tunnel, &c->machine));
	/* What does not stand leads nowhere; a local port may even be somebody else's. */
	for (size_t i = 0; i < h->loop.len; i++)
		if (h->v[i].is != FORWARD_STANDS)
			h->loop.v[i].kind = PROBE_NONE;
	h->loop_begun = true;
	if (loop_can(&h->loop))
		loop_start(&h->loop);
	else
		h->loop_done = true;
}

static void take_proofs(struct hearing *h)
{
	for (size_t i = 0; i < h->loop.len; i++) {
		h->v[i].proof = h->loop.v[i].proof;
		h->v[i].round_trip_us = h->loop.v[i].round_trip_us;
	}
	h->loop_done = true;
}

static bool is_all_answered(const struct hearing *h)
{
	bool device = !h->tunnel->tunnel_device || h->heard.device || *h->heard.device_words ||
		      clock_ms() - h->in_since > DEVICE_MS;

	return h->answered == h->tunnel->remote_forward.len && device;
}

/* True: all is known. */
static bool prove(struct hearing *h)
{
	if (!h->loop_begun && is_all_answered(h))
		begin_proof(h);
	if (h->loop_begun && !h->loop_done && loop_step(&h->loop))
		take_proofs(h);
	if (!h->loop_done)
		return false;
	if (!h->other)
		try_other(h);
	return is_other_over(h);
}

static bool is_over(struct hearing *h)
{
	long long age = h->in_since ? clock_ms() - h->in_since : -1;

	if (age < 0)
		return false;
	switch (h->order->until) {
	case HEAR_LOGIN:
		return h->heard.has_options || age >= LATE_WORDS_MS;
	case HEAR_PROOF:
		return prove(h);
	default:
		return h->heard.no_subsystem;
	}
}

/* --- the process --------------------------------------------------------------------------------------------- */

static int start(struct hearing *h, struct error *err)
{
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attributes;
	sigset_t defaults;
	int fd[2], r;

	if (pipe(fd) < 0)
		return error_errno(err, -errno, "pipe");
	for (int i = 0; i < 2; i++)
		(void)fcntl(fd[i], F_SETFD, FD_CLOEXEC);
	(void)fcntl(fd[0], F_SETFL, O_NONBLOCK);
	posix_spawn_file_actions_init(&files);
	posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
	posix_spawn_file_actions_adddup2(&files, fd[1], STDERR_FILENO);
	(void)sigemptyset(&defaults);
	(void)sigaddset(&defaults, SIGPIPE);
	(void)sigaddset(&defaults, SIGINT);
	(void)sigaddset(&defaults, SIGTERM);
	(void)sigaddset(&defaults, SIGHUP);
	posix_spawnattr_init(&attributes);
	posix_spawnattr_setsigdefault(&attributes, &defaults);
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
	r = -posix_spawn(&h->ssh, h->order->argv[0], &files, &attributes, h->order->argv,
			 h->order->client->environment.v);
	posix_spawnattr_destroy(&attributes);
	posix_spawn_file_actions_destroy(&files);
	(void)close(fd[1]);
	h->fd = fd[0];
	return r < 0 ? error_errno(err, r, "%s", h->order->argv[0]) : 0;
}

static bool has_ended(struct hearing *h)
{
	int status = 1;

	if (!h->ended && waitpid(h->ssh, &status, WNOHANG) != 0) {
		h->ended = true;
		h->heard.succeeded = status == 0;
	}
	return h->ended;
}

/* SIGHUP, then SIGKILL: SIGTERM would do as well, but not for an ssh that is still connecting through a
 * ProxyCommand. */
static void end(struct hearing *h)
{
	long long deadline = clock_ms() + PATIENCE_MS;

	if (!has_ended(h))
		(void)kill(h->ssh, SIGHUP);
	while (!has_ended(h) && clock_ms() < deadline) {
		struct pollfd p = { .fd = h->eof ? -1 : h->fd, .events = POLLIN };

		(void)poll(&p, 1, 10);
		read_words(h);
	}
	if (h->ended)
		return;
	(void)kill(h->ssh, SIGKILL);
	while (waitpid(h->ssh, NULL, 0) < 0 && errno == EINTR)
		;
}

static void listen_once(struct hearing *h)
{
	struct pollfd p[1 + LOOP_SOCKETS_MAX] = { { .fd = h->eof ? -1 : h->fd, .events = POLLIN } };
	size_t n = 1;

	if (h->loop_begun && !h->loop_done)
		n += loop_poll(&h->loop, p + 1, LOOP_SOCKETS_MAX);
	(void)poll(p, (nfds_t)n, h->other ? 10 : STEP_MS);
	read_words(h);
}

static void listen_to(struct hearing *h)
{
	long long deadline = clock_ms() + h->order->timeout_ms;

	/* Whoever started us may be gone: then nobody wants to know any more. */
	while (!checkup_is_interrupted() && getppid() == h->parent) {
		bool ended = has_ended(h);

		listen_once(h);
		if (is_over(h))
			return;
		if (ended)
			return;
		if (clock_ms() >= deadline) {
			h->heard.timed_out = true;
			return;
		}
	}
}

static int work_hear(const void *what, struct buf *ret, struct error *err)
{
	const struct order *o = what;
	const struct tunnel *t = o->client->tunnel;
	size_t len = o->forwards ? t->remote_forward.len + t->local_forward.len + t->dynamic_forward.len : 0;
	struct hearing h = { .order = o, .tunnel = t, .parent = getppid(), .heard.forwards = len };
	int r;

	(void)signal(SIGPIPE, SIG_IGN);
	h.v = xrealloc(NULL, (len + 1) * sizeof(*h.v));
	memset(h.v, 0, (len + 1) * sizeof(*h.v));
	if ((r = start(&h, err)) == 0) {
		listen_to(&h);
		end(&h);
		(void)close(h.fd);
		buf_put(ret, &h.heard, sizeof(h.heard));
		buf_put(ret, h.v, len * sizeof(*h.v));
	}
	if (h.other)
		(void)close(h.other - 1);
	loop_done(&h.loop);
	free(h.v);
	return r;
}

static int take_heard(const struct buf *bytes, struct heard *ret, struct heard_forward **ret_forwards,
		      struct error *err)
{
	size_t rest;

	if (bytes->len < sizeof(*ret))
		return error_set(err, -EIO, "interrupted");
	memcpy(ret, bytes->s, sizeof(*ret));
	rest = ret->forwards * sizeof(**ret_forwards);
	if (!ret_forwards || !rest || bytes->len != sizeof(*ret) + rest)
		return 0;
	*ret_forwards = xrealloc(NULL, rest);
	memcpy(*ret_forwards, bytes->s + sizeof(*ret), rest);
	return 0;
}

int hear(const struct client *c, const struct ssh_errand *errand, enum hear_until until, unsigned timeout_ms,
	 struct heard *ret, struct heard_forward **ret_forwards, struct error *err)
{
	AUTO(ssh_command) command = {0};
	AUTO(buf) bytes = {0};
	struct order o = {
		.client = c, .until = until, .forwards = errand->forwards, .timeout_ms = timeout_ms
	};
	int r;

	if ((r = ssh_errand_make(c->tunnel, &c->machine, errand, &command, err)) < 0 ||
	    (r = client_put_files(c, &command, err)) < 0)
		return r;
	o.argv = command.argv.v;
	if ((r = as_call(&c->account, work_hear, &o, timeout_ms + 4 * PATIENCE_MS, &bytes, err)) < 0)
		return r;
	return take_heard(&bytes, ret, ret_forwards, err);
}
