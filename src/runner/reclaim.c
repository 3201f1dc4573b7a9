/* SPDX-License-Identifier: MIT */
#include "runner/reclaim.h"

#include <errno.h>
#include <string.h>

#include "base/spawn.h"
#include "model/key.h"
#include "runner/log.h"

static void push_option(struct strv *argv, const char *option)
{
	strv_push(argv, "-o");
	strv_push(argv, option);
}

/* The first value wins in ssh, so this stands in front: no forwards, not even those of ConfigFile; no session that
 * ConfigFile forbids; and of ssh's words only errors. */
static void push_instead(const struct ssh_machine *machine, struct strv *ret)
{
	push_option(ret, "ClearAllForwardings=yes");
	push_option(ret, "LogLevel=ERROR");
	if (machine->version >= VERSION(8, 5))
		push_option(ret, "LogVerbose=none");
	if (machine->version >= VERSION(8, 7))
		push_option(ret, "SessionType=default");
}

/* The tunnel's own words, but with a session in place of -N, and a command. "-N" is known by its place, right behind
 * "-F FILE" (ssh/argv.c): further on the word may be the value of something else. */
static void make_session(const struct strv *tunnel, const struct ssh_machine *machine, struct strv *ret)
{
	for (size_t i = 0; i < tunnel->len; i++) {
		if (i == 3)
			push_instead(machine, ret);
		if (i != 3 || strcmp(tunnel->v[i], "-N") != 0)
			strv_push(ret, tunnel->v[i]);
	}
	/* The forced command of the server's key line has the last word, but an account without one may have it in
	 * its PATH. */
	strv_push(ret, "tunnelctl-reclaim");
}

/* ssh would bind the forwards that it has to free. */
static int make_argv(const struct tunnel *t, const struct ssh_machine *machine, struct strv *ret, struct error *err)
{
	struct tunnel bare = *t; /* borrows all that T owns */
	struct ssh_machine no_loop = *machine;
	AUTO(ssh_command) command = {0};
	AUTO(strv) notes = {0};
	int r;

	bare.remote_forward = bare.local_forward = bare.dynamic_forward = (struct forwards){0};
	bare.tunnel_device = NULL;
	no_loop.loop = NULL;
	if ((r = ssh_command_make(&bare, &no_loop, &command, &notes, err)) < 0)
		return r;
	make_session(&command.argv, machine, ret);
	return 0;
}

/* The last line of what was said: an error stands there. */
static void last_line(const struct buf *said, struct buf *ret)
{
	struct lines lines = {0};
	const char *bytes = buf_str(said), *line;
	size_t len = said->len;

	while ((line = lines_next(&lines, &bytes, &len, true)))
		if (*line) {
			buf_clear(ret);
			buf_puts(ret, line);
		}
}

int reclaim_run(const struct tunnel *t, const struct ssh_machine *machine, const struct strv *environment,
		struct error *err)
{
	char *nothing[] = { NULL };
	unsigned timeout_ms = (t->connect_timeout + 5) * 1000;
	AUTO(strv) argv = {0};
	AUTO(buf) said = {0};
	AUTO(buf) last = {0};
	int r = make_argv(t, machine, &argv, err);

	if (r == 0)
		r = spawn_run_in(argv.v, environment->len ? environment->v : nothing, NULL, timeout_ms, &said, err);
	if (r <= 0)
		return r;
	last_line(&said, &last);
	return error_set(err, -EIO, "RemotePortBusy = reclaim: %s",
			 last.len ? last.s : "the server ended the session without a word: no command=\"tunnelctl-reclaim\" "
					     "for this key?");
}
