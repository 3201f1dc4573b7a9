/* SPDX-License-Identifier: MIT */
/* Where keys come from that are no files of the tunnel: its agent, above all. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "cli/as.h"
#include "cli/checkup.h"
#include "ssh/path.h"

enum { TOOL_MS = 10 * 1000 };

bool checkup_uses_agent(const struct checkup *t)
{
	return t->tunnel.identity_agent && strcmp(t->tunnel.identity_agent, "none") != 0;
}

bool checkup_has_other_keys(const struct checkup *t)
{
	const struct setting *s = NULL;

	while ((s = tunnel_next(&t->tunnel, SECTION_ssh, s)))
		if (!strcasecmp(s->name, "PKCS11Provider"))
			return true;
	return strcmp(t->tunnel.config_file, "none") != 0;
}

static bool find_socket(const struct checkup *t, struct buf *ret)
{
	struct ssh_machine machine = { .home = t->account.home };
	/* What starts a tunnel of the system does not know the agent of whoever asks here. */
	const char *own = t->selected->user ? getenv("SSH_AUTH_SOCK") : NULL;

	if (strcmp(t->tunnel.identity_agent, "SSH_AUTH_SOCK") != 0)
		ssh_path_put(&machine, 0, t->tunnel.identity_agent, ret);
	else if (own)
		buf_puts(ret, own);
	return ret->len;
}

/* ssh-add(1), EXIT STATUS: 0 it answers and holds keys, 1 it holds none, 2 nobody answers. */
static int ask_agent(struct checkup *t, const char *socket)
{
	AUTO(buf) tool = {0};
	AUTO(buf) output = {0};
	AUTO(strv) argv = {0};
	AUTO(strv) environment = {0};
	struct spawn s = { .timeout_ms = TOOL_MS };
	int r;

	checkup_tool(t, "ssh-add", &tool);
	strv_push(&argv, tool.s);
	strv_push(&argv, "-L");
	strv_pushf(&environment, "SSH_AUTH_SOCK=%s", socket);
	s.argv = argv.v;
	s.environment = environment.v;
	r = as_spawn(&t->account, &s, &output, NULL);
	for (char *line = output.s, *rest; r == 0 && line && *line; line = rest) {
		size_t len = strcspn(line, "\n"), type = strcspn(line, " \n");

		rest = line + len + (line[len] == '\n');
		line[len] = '\0';
		if (line[type])
			line[type + 1 + strcspn(line + type + 1, " ")] = '\0';
		strv_push(&t->agent_keys, line);
	}
	return r;
}

/* What is wrong with it counts only where no key can come from elsewhere. */
static void complain(struct checkup *t, enum cure_id cure, const char *socket, const char *what)
{
	if (t->tunnel.identity_file.len || checkup_has_other_keys(t))
		checkup_warn(t, cure, socket, "%s %s", socket, what);
	else
		checkup_fail(t, cure, socket, "%s %s", socket, what);
}

void checkup_agent(struct checkup *t)
{
	AUTO(buf) socket = {0};
	int r;

	if (!checkup_uses_agent(t))
		return;
	if (!find_socket(t, &socket)) {
		checkup_nothing(t, "SSH_AUTH_SOCK is not set here; it may be where the tunnel is started");
	} else if ((r = ask_agent(t, socket.s)) == 0) {
		checkup_good(t, "%s holds %zu key%s", socket.s, t->agent_keys.len,
			     t->agent_keys.len == 1 ? "" : "s");
	} else if (r == 1) {
		complain(t, CURE_agent_empty, socket.s, "holds no key");
	} else {
		complain(t, CURE_agent, socket.s, "does not answer");
	}
}
