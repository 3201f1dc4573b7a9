/* SPDX-License-Identifier: MIT */
#include "session.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/utf8.h"
#include "initctl.h"
#include "version.h"

/* "init (upstart 1.13.2)" */
static int read_version(const struct answer *a, unsigned *ret, struct error *err)
{
	static const char before[] = "(upstart ";
	const char *s = strstr(buf_str(&a->output), before);
	AUTO_FREE char *release = NULL;
	AUTO(buf) said = {0};

	if (s) {
		s += sizeof(before) - 1;
		release = xstrndup(s, strspn(s, "0123456789."));
		if (upstart_version_parse(release, ret, NULL) == 0)
			return 0;
	}
	buf_put(&said, buf_str(&a->output), strcspn(buf_str(&a->output), "\n"));
	if (said.len)
		text_clean(said.s);
	return error_set(err, -EIO, "%s version: said %.60s; wanted a release of upstart such as init (upstart 1.12.1); "
			 "is upstart the init of this machine?", initctl_program, said.len ? said.s : "nothing");
}

static int ask(const char *session, unsigned *ret, struct error *err)
{
	AUTO(answer) a = {0};
	AUTO(buf) why = {0};

	initctl_call(session, initctl_limit_s, (const char *const[]){ "version", NULL }, &a);
	if (a.kind == ANSWER_DONE)
		return read_version(&a, ret, err);
	answer_describe(&a, "NAME", &why);
	return error_set(err, answer_errno(&a), "%s", why.s);
}

static int find_program(struct error *err)
{
	int code;

	if (access(initctl_program, X_OK) == 0)
		return 0;
	code = errno == ENOENT ? -ESRCH : -errno; /* not: no such INI */
	return error_set(err, code, "%s: %s: is upstart the init of this machine? Its jobs are written anywhere by: "
			 "tunnelctl --backend upstart generate", initctl_program, strerror(errno));
}

int session_of_system(unsigned *ret_version, struct error *err)
{
	int r = find_program(err);

	return r < 0 ? r : ask(NULL, ret_version, err);
}

/* "PID unix:abstract=/com/ubuntu/upstart-session/UID/PID": the address, where it is ours; or NULL. */
static char *address_of(const char *line, size_t len)
{
	static const char begin[] = "unix:";
	AUTO_FREE char *copy = xstrndup(line, len);
	AUTO(buf) own = {0};
	const char *s = strstr(copy, begin);

	buf_printf(&own, "/upstart-session/%u/", (unsigned)geteuid());
	if (!s || text_check(s, strlen(s)) || !strstr(s, own.s))
		return NULL;
	return xstrndup(s, strcspn(s, " \t\r"));
}

/* A session that crashed leaves its address behind, and nobody answers there. */
static int try_listed(const struct answer *list, struct buf *ret_address, unsigned *ret_version)
{
	for (const char *line = buf_str(&list->output); *line;) {
		size_t len = strcspn(line, "\n");
		AUTO_FREE char *address = address_of(line, len);

		if (address && ask(address, ret_version, NULL) == 0) {
			buf_puts(ret_address, address);
			return 0;
		}
		line += len + (line[len] == '\n');
	}
	return -ESRCH;
}

int session_of_user(struct buf *ret_address, unsigned *ret_version, struct error *err)
{
	const char *known = getenv("UPSTART_SESSION");
	AUTO(answer) list = {0};
	int r = find_program(err);

	if (r < 0)
		return r;
	if (known && *known && ask(known, ret_version, NULL) == 0) {
		buf_puts(ret_address, known);
		return 0;
	}
	initctl_call(NULL, initctl_limit_s, (const char *const[]){ "list-sessions", NULL }, &list);
	if (list.kind == ANSWER_NONE)
		return error_set(err, list.code, "initctl list-sessions: %s; try again", strerror(-list.code));
	if (list.kind == ANSWER_DONE && try_listed(&list, ret_address, ret_version) == 0)
		return 0;
	return error_set(err, -ESRCH, "no upstart of yours is running: %s; make it a tunnel of the system, with RunAs: "
			 "sudo tunnelctl --system enable NAME", list.kind == ANSWER_OLD
			 ? "this release knows no sessions, which came with 1.7"
			 : "a desktop that upstart has started has one, a server and a login by ssh have none");
}

int session_host_version(unsigned *ret, struct error *err)
{
	AUTO(buf) address = {0};

	if (geteuid() != 0 && session_of_user(&address, ret, NULL) == 0)
		return 0;
	return session_of_system(ret, err);
}
