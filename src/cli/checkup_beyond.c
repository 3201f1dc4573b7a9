/* SPDX-License-Identifier: MIT */
/* What whoever holds the key may do beyond the tunnel. Nothing is run on the server: a subsystem is asked for
 * that none has, which an sshd refuses before it starts anything (session.c, session_subsystem_req()). */
#include <string.h>

#include "cli/checkup.h"

static bool has_word(const char *words, const char *word)
{
	AUTO(strv) list = {0};

	strv_split(&list, words);
	return strv_has(&list, word);
}

/* sshd(8), AUTHORIZED_KEYS FILE FORMAT, as sshd itself lists what a line permits (auth-options.c). */
static void judge_line(struct checkup *t, const struct heard *h)
{
	static const char *const more[] = { "agent-forwarding", "x11-forwarding", "pty", "user-rc" };
	AUTO(buf) extra = {0};

	t->about = "key line";
	if (!h->has_options) {
		checkup_nothing(t, "this server does not tell what it permits");
		return;
	}
	for (size_t i = 0; i < ARRAY_LEN(more); i++)
		if (has_word(h->options, more[i]))
			buf_cat(&extra, extra.len ? ", " : "", more[i]);
	if (extra.len)
		checkup_warn(t, CURE_beyond, NULL, "permits %s as well", extra.s);
	else
		checkup_good(t, "permits %s", *h->options ? h->options : "nothing");
}

static void judge_sessions(struct checkup *t)
{
	AUTO(ssh_errand) errand = { .session = true };
	struct heard h = {0};
	struct error err = {0};

	t->about = "sessions";
	if (t->tunnel.remote_port_busy == REMOTE_PORT_BUSY_RECLAIM) {
		checkup_nothing(t, "not tried: with RemotePortBusy = reclaim it would end other sessions");
		return;
	}
	checkup_errand(t, &errand);
	strv_push(&errand.words, "-s");
	strv_push(&errand.command, "tunnelctl-none");
	if (hear(&t->client, &errand, HEAR_END, checkup_patience_ms(t), &h, NULL, &err) < 0 ||
	    !h.authenticated || h.timed_out)
		checkup_nothing(t, "the server does not tell");
	else if (!h.no_subsystem && h.succeeded)
		checkup_warn(t, CURE_beyond, NULL, "the server ran a program of its own");
	else if (!h.no_subsystem)
		checkup_good(t, "none is opened: nothing runs there");
	else if (has_word(h.options, "command"))
		checkup_good(t, "nothing but the command of its line runs there");
	else
		checkup_warn(t, CURE_beyond, NULL,
			     "opened: shell, commands and sftp, unless the server's sshd_config stops them");
}

static void judge_ports(struct checkup *t)
{
	const struct heard *h = &t->login.with_forwards;
	struct error err = {0};

	t->about = "other ports";
	if (t->tunnel.dynamic_forward.len) {
		checkup_nothing(t, "a SOCKS proxy reaches what the server reaches");
		return;
	}
	if (!t->login.forwarded) {
		struct tunnel bare;
		struct client client;

		checkup_bare(t, &bare, &client);
		(void)checkup_forward_all(t, &client, &err);
	}
	if (!t->login.forwarded || !h->other_tried)
		checkup_nothing(t, "not tried");
	else if (h->other_forbidden)
		checkup_good(t, "none is reached (tried localhost:2)");
	else
		checkup_warn(t, CURE_beyond, NULL,
			     "reached: whatever the server reaches (tried localhost:2)");
}

void checkup_beyond(struct checkup *t)
{
	if (!t->login.tried) {
		checkup_nothing(t, "nobody but systemd can log in as RunAs = dynamic");
		return;
	}
	judge_line(t, &t->login.heard);
	judge_sessions(t);
	judge_ports(t);
	t->about = NULL;
}
