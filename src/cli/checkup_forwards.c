/* SPDX-License-Identifier: MIT */
/* What the tunnel is for: each forward, what it leads to, and the way through all of it. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "cli/checkup.h"
#include "cli/rival.h"
#include "model/key.h"
#include "runner/loop.h"
#include "ssh/probe.h"

/* So long in all, apart from the login: see struct loop. */
enum { PROOFS_MS = 30 * 1000, TARGET_MS = 3000 };

static const struct forward *nth_forward(const struct tunnel *t, size_t i, const char **ret_letter)
{
	static const char *const letters[] = { "-R ", "-L ", "-D " };
	const struct forwards *lists[] = { &t->remote_forward, &t->local_forward, &t->dynamic_forward };

	for (size_t l = 0; l < ARRAY_LEN(lists); l++) {
		if (i < lists[l]->len) {
			*ret_letter = letters[l];
			return &lists[l]->v[i];
		}
		i -= lists[l]->len;
	}
	return NULL;
}

static size_t count_forwards(const struct tunnel *t)
{
	return t->remote_forward.len + t->local_forward.len + t->dynamic_forward.len;
}

/* As the state file has it. */
static const struct forward *print_forward(const struct tunnel *t, size_t i, struct buf *ret)
{
	const char *letter;
	const struct forward *f = nth_forward(t, i, &letter);

	buf_puts(ret, letter);
	forward_print(f, ret);
	return f;
}

/* --- the tunnel that is running ------------------------------------------------------------------------------ */

/* NULL: none is up, so that nobody is disturbed. */
static const struct report *find_running(struct checkup *t)
{
	if (!t->reports.v) {
		t->alone = (struct selection){ .v = (struct selected *)(uintptr_t)t->selected, .len = 1 };
		reports_open(t->cli, &t->alone, &t->reports);
	}
	reports_look(&t->reports, NULL);
	return t->reports.v[0].held && phase_is_up(t->reports.v[0].phase) ? &t->reports.v[0] : NULL;
}

static const struct state_forward *find_state(const struct report *r, const char *text)
{
	for (size_t i = 0; i < r->state.len; i++)
		if (r->state.v[i].text && !strcmp(r->state.v[i].text, text))
			return &r->state.v[i];
	return NULL;
}

static void judge_running(struct checkup *t, const struct report *r, const char *text)
{
	const struct state_forward *s = find_state(r, text);

	if (!s)
		checkup_warn(t, CURE_older, NULL, "the running tunnel (pid %ld) does not have it yet",
			     r->state.pid);
	else if (!s->confirmed)
		checkup_fail(t, CURE_port_busy, NULL, "the running tunnel (pid %ld) could not get it",
			     r->state.pid);
	else if (s->port)
		checkup_good(t, "the running tunnel (pid %ld) has it, as port %u", r->state.pid, s->port);
	else
		checkup_good(t, "the running tunnel (pid %ld) has it", r->state.pid);
}

/* --- forwards ------------------------------------------------------------------------------------------------ */

static enum cure_id cure_of_refusal(const struct heard_forward *h, const struct forward *f)
{
	if (f->kind != FORWARD_REMOTE)
		return CURE_local_bind;
	if (h->is == FORWARD_FORBIDDEN)
		return CURE_port_forbidden;
	return f->listen.path ? CURE_socket_busy : CURE_port_busy;
}

static void judge_forward(struct checkup *t, const struct forward *f, const struct heard_forward *h)
{
	AUTO(buf) rival = {0};

	if (h->is == FORWARD_STANDS && h->port)
		checkup_good(t, "the server listens, as port %u", h->port);
	else if (h->is == FORWARD_STANDS)
		checkup_good(t, "%s", f->kind == FORWARD_REMOTE ? "the server listens" : "ssh listens");
	else if (h->is == FORWARD_UNHEARD)
		checkup_fail(t, CURE_timeout, NULL, "the server does not answer whether it listens");
	else if (f->kind == FORWARD_REMOTE && h->is != FORWARD_FORBIDDEN &&
		 rival_find(&t->tunnel, t->selected->ini, t->selected->user, f, &rival))
		checkup_fail(t, CURE_rival, NULL, "the tunnel %s wants it as well: %s", rival.s, h->words);
	else
		checkup_fail(t, cure_of_refusal(h, f), f->listen.path, "%s: %s",
			     f->kind != FORWARD_REMOTE    ? "the port of this machine is taken"
			     : h->is == FORWARD_FORBIDDEN ? "the server does not let this key listen there"
			     : f->listen.path             ? "something is in the way there"
							  : "the server's port is taken",
			     h->words);
}

void checkup_bare(const struct checkup *t, struct tunnel *ret_tunnel, struct client *ret_client)
{
	*ret_tunnel = t->tunnel; /* borrows all */
	ret_tunnel->remote_forward = ret_tunnel->local_forward = ret_tunnel->dynamic_forward =
		(struct forwards){0};
	ret_tunnel->tunnel_device = NULL;
	*ret_client = t->client;
	ret_client->tunnel = ret_tunnel;
}

bool checkup_forward_all(struct checkup *t, const struct client *c, struct error *err)
{
	AUTO(ssh_errand) errand = { .forwards = true };

	checkup_errand(t, &errand);
	strv_push(&errand.words, "-o");
	strv_push(&errand.words, "ExitOnForwardFailure=no"); /* so that each is told of */
	if (c->machine.version >= VERSION(6, 7)) {
		strv_push(&errand.words, "-L");
		strv_pushf(&errand.words, "%s/" HEAR_OTHER ":localhost:2", c->folder.s);
	}
	free(t->login.forwards);
	t->login.forwards = NULL;
	t->login.forwarded = hear(c, &errand, HEAR_PROOF, checkup_patience_ms(t) + PROOFS_MS,
				  &t->login.with_forwards, &t->login.forwards, err) >= 0;
	return t->login.forwarded;
}

/* A socket stays when the session ends that made it, and without StreamLocalBindUnlink no other gets it: the tunnel would
 * come up but once. */
static void try_sockets_again(struct checkup *t)
{
	AUTO(ssh_errand) errand = { .forwards = true };
	AUTO_FREE struct heard_forward *again = NULL;
	struct error err = {0};
	struct heard h = {0};

	checkup_errand(t, &errand);
	strv_push(&errand.words, "-o");
	strv_push(&errand.words, "ExitOnForwardFailure=no");
	if (hear(&t->client, &errand, HEAR_PROOF, checkup_patience_ms(t), &h, &again, &err) < 0 || !again)
		return;
	for (size_t i = 0; i < t->tunnel.remote_forward.len; i++) {
		AUTO(buf) text = {0};
		const struct forward *f = print_forward(&t->tunnel, i, &text);

		if (!f->listen.path || again[i].is != FORWARD_REFUSED || t->login.forwards[i].is != FORWARD_STANDS)
			continue;
		t->about = text.s;
		checkup_fail(t, CURE_socket_busy, f->listen.path,
			     "the server leaves the socket behind, so no later session can listen");
		t->about = NULL;
	}
}

static bool has_socket(const struct tunnel *t)
{
	for (size_t i = 0; i < t->remote_forward.len; i++)
		if (t->remote_forward.v[i].listen.path)
			return true;
	return false;
}

static void try_forwards(struct checkup *t)
{
	struct error err = {0};

	if (!checkup_forward_all(t, &t->client, &err)) {
		checkup_fail(t, CURE_config, NULL, "%s", err.text);
		return;
	}
	if (!t->login.with_forwards.session) {
		checkup_complain_of_class(t, &t->login.with_forwards);
		return;
	}
	for (size_t i = 0; i < count_forwards(&t->tunnel); i++) {
		AUTO(buf) text = {0};
		const struct forward *f = print_forward(&t->tunnel, i, &text);

		t->about = text.s;
		t->took = i ? 0 : -1;
		judge_forward(t, f, &t->login.forwards[i]);
	}
	t->about = NULL;
	if (has_socket(&t->tunnel) && t->tunnel.remote_port_busy != REMOTE_PORT_BUSY_RECLAIM)
		try_sockets_again(t);
}

void checkup_forwards(struct checkup *t)
{
	const struct report *running;

	if (!t->login.tried) {
		checkup_nothing(t, "nobody but systemd can log in as RunAs = dynamic");
		return;
	}
	if (!count_forwards(&t->tunnel) && !t->tunnel.tunnel_device) {
		checkup_nothing(
			t, "there is none: no RemoteForward, LocalForward, DynamicForward or TunnelDevice");
		return;
	}
	if (!(running = find_running(t))) {
		try_forwards(t);
		return;
	}
	for (size_t i = 0; i < count_forwards(&t->tunnel); i++) {
		AUTO(buf) text = {0};

		(void)print_forward(&t->tunnel, i, &text);
		t->about = text.s;
		judge_running(t, running, text.s);
		t->about = NULL;
	}
}

void checkup_device(struct checkup *t)
{
	const struct heard *h = &t->login.with_forwards;

	if (!t->tunnel.tunnel_device)
		return;
	if (!t->login.forwarded)
		checkup_nothing(t, "the running tunnel has it, or nobody tried");
	else if (*h->device_words)
		checkup_fail(t, h->device_on_server ? CURE_tun_server : CURE_tun, NULL, "%s", h->device_words);
	else if (h->device)
		checkup_good(t, "%s is there, here and on the server", t->tunnel.tunnel_device);
	else
		checkup_fail(t, CURE_tun_server, NULL, "the server does not say that it is there");
}

/* --- what they lead to --------------------------------------------------------------------------------------- */

static void complain_of_target(struct checkup *t, const struct endpoint *target, const char *name,
			       const struct contact *c)
{
	if (c->error && !target->path && target->port == 22)
		checkup_fail(t, CURE_sshd_off, NULL, "no SSH server listens at %s of this machine: %s", name,
			     strerror(c->error));
	else
		checkup_fail(t, CURE_target, NULL, "nothing listens at %s: %s", name, strerror(c->error));
}

static void judge_target(struct checkup *t, const struct forward *f)
{
	const struct endpoint *e = &f->target;
	bool hears = probe_kind_of(&t->tunnel, f) == PROBE_BANNER;
	struct contact c = {0};
	struct error err = {0};
	AUTO(buf) name = {0};

	if (e->path)
		buf_puts(&name, e->path);
	else
		buf_printf(&name, strchr(e->host, ':') ? "[%s]:%u" : "%s:%u", e->host, e->port);
	if (!checkup_call(t, e->path ? e->path : e->host, e->port, TARGET_MS, hears, &c, &err)) {
		checkup_fail(t, CURE_target, NULL, "%s: %s", name.s, err.text);
		return;
	}
	t->took = c.connect_ms + c.greet_ms;
	if (c.error)
		complain_of_target(t, e, name.s, &c);
	else if (!hears)
		checkup_good(t, "%s takes connections", name.s);
	else if (!strncmp(c.greeting, "SSH-", 4))
		checkup_good(t, "%s greets: %.60s", name.s, c.greeting);
	else if (c.timed_out && !c.heard)
		checkup_fail(t, CURE_target_silent, NULL, "%s takes the connection and says nothing", name.s);
	else
		checkup_fail(t, CURE_not_sshd, NULL, "what listens at %s is no SSH server", name.s);
}

void checkup_target(struct checkup *t)
{
	if (!t->tunnel.remote_forward.len)
		checkup_nothing(t, "nothing leads to this machine");
	for (size_t i = 0; i < t->tunnel.remote_forward.len; i++) {
		AUTO(buf) text = {0};
		const struct forward *f = print_forward(&t->tunnel, i, &text);

		t->about = text.s;
		judge_target(t, f);
		t->about = NULL;
	}
}

/* --- the way through all of it ------------------------------------------------------------------------------- */

static bool is_at_path(const struct forward *f)
{
	return f->kind == FORWARD_REMOTE && f->listen.path;
}

static void judge_silence(struct checkup *t, const struct forward *f)
{
	if (t->login.forwarded && t->login.with_forwards.path_forbidden && is_at_path(f))
		checkup_nothing(t, "%s", LOOP_PATH_FORBIDDEN);
	else if (t->login.forwarded && t->login.with_forwards.loop_forbidden && f->kind == FORWARD_REMOTE)
		checkup_warn(
			t, CURE_loop, NULL,
			"the server does not let the key go there, so nobody proves the tunnel end to end");
	else if (f->kind == FORWARD_DYNAMIC && !t->tunnel.probe_target)
		checkup_nothing(t, "cannot be proved without a ProbeTarget");
	else
		checkup_nothing(t, "cannot be proved");
}

static void judge_proof(struct checkup *t, const struct forward *f, enum proof proof, unsigned round_trip_us)
{
	t->took = round_trip_us / 1000;
	switch (proof) {
	case PROOF_GOOD:
		checkup_good(t, "%s",
			     probe_kind_of(&t->tunnel, f) == PROBE_BANNER ? "an SSH server greets through it"
									  : "a connection stands through it");
		return;
	case PROOF_REFUSED:
		if (f->kind == FORWARD_REMOTE && t->verdicts[CHECKUP_target] == CHECKUP_FAILED)
			checkup_nothing(t, "comes through to a target that does not answer");
		else if (f->kind == FORWARD_REMOTE && t->verdicts[CHECKUP_target] == CHECKUP_GOOD)
			/* An sshd is content with 127.0.0.1 or ::1 where it does not get both. */
			checkup_fail(t, CURE_port_busy, NULL, "another program answers at the server's port");
		else
			checkup_fail(t, CURE_target, NULL, "comes through, and is refused where it leads to");
		return;
	case PROOF_LATE:
		if (f->kind == FORWARD_LOCAL) /* ssh is content with ::1 where another has 127.0.0.1 */
			checkup_fail(t, CURE_local_target, NULL, "nothing comes back");
		else
			checkup_fail(t, CURE_loop_dead, NULL, "nothing comes back");
		return;
	default:
		judge_silence(t, f);
		return;
	}
}

static void judge_running_proof(struct checkup *t, const struct report *r, const struct forward *f,
				const char *text)
{
	const struct state_forward *s = find_state(r, text);

	if (!s)
		checkup_nothing(t, "the running tunnel does not have it yet");
	else if (s->proof == PROOF_NONE && is_at_path(f) && r->state.note)
		checkup_nothing(t, "%s", r->state.note); /* nothing that could be cured */
	else if (s->proof == PROOF_NONE && r->state.note)
		checkup_warn(t, CURE_loop, NULL, "%s", r->state.note);
	else
		judge_proof(t, f, s->proof, r->state.round_trip_us);
}

void checkup_loop(struct checkup *t)
{
	const struct report *running = t->login.forwarded || !t->login.tried ? NULL : find_running(t);

	if (!count_forwards(&t->tunnel) || (!running && !t->login.forwarded)) {
		checkup_nothing(t, "there is nothing to prove");
		return;
	}
	for (size_t i = 0; i < count_forwards(&t->tunnel); i++) {
		AUTO(buf) text = {0};
		const struct forward *f = print_forward(&t->tunnel, i, &text);

		t->about = text.s;
		if (running)
			judge_running_proof(t, running, f, text.s);
		else
			judge_proof(t, f, t->login.forwards[i].proof, t->login.forwards[i].round_trip_us);
		t->about = NULL;
	}
}
