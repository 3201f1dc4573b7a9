/* SPDX-License-Identifier: MIT */
#include "runner/reclaim.h"

#include <errno.h>
#include <string.h>

#include "base/spawn.h"
#include "model/key.h"
#include "runner/log.h"
#include "ssh/errand.h"

/* Of ssh's words only errors. */
static int make_argv(const struct tunnel *t, const struct ssh_machine *machine, struct ssh_command *ret, struct error *err)
{
	AUTO(ssh_errand) errand = { .session = true };

	strv_push(&errand.words, "-o");
	strv_push(&errand.words, "LogLevel=ERROR");
	if (machine->version >= VERSION(8, 5)) {
		strv_push(&errand.words, "-o");
		strv_push(&errand.words, "LogVerbose=none");
	}
	/* The forced command of the server's key line has the last word, but an account without one may have it in
	 * its PATH. */
	strv_push(&errand.command, "tunnelctl-reclaim");
	return ssh_errand_make(t, machine, &errand, ret, err);
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
	AUTO(ssh_command) command = {0};
	AUTO(buf) said = {0};
	AUTO(buf) last = {0};
	int r = make_argv(t, machine, &command, err);

	if (r == 0)
		r = spawn_run_in(command.argv.v, environment->len ? environment->v : nothing, NULL, timeout_ms, &said, err);
	if (r <= 0)
		return r;
	last_line(&said, &last);
	return error_set(err, -EIO, "RemotePortBusy = reclaim: %s",
			 last.len ? last.s : "the server ended the session without a word: no command=\"tunnelctl-reclaim\" "
					     "for this key?");
}
