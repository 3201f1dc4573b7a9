/* SPDX-License-Identifier: MIT */
#include "runner/sentence.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "ssh/device.h"
#include "ssh/proxy.h"

static void put_endpoint(const struct endpoint *e, const char *host, struct buf *ret)
{
	if (e->path)
		buf_puts(ret, e->path);
	else if (strchr(e->host ? e->host : host, ':'))
		buf_printf(ret, "[%s]:%u", e->host ? e->host : host, e->port);
	else
		buf_printf(ret, "%s:%u", e->host ? e->host : host, e->port);
}

/* "port 12345 of servername leads to localhost:22" */
static void put_forward(const struct tunnel *t, const struct forward *f, unsigned allocated, struct buf *ret)
{
	bool remote = f->kind == FORWARD_REMOTE;
	unsigned port = allocated ? allocated : f->listen.port;

	if (f->listen.path)
		buf_printf(ret, remote ? "%s on %s" : "%s", f->listen.path, t->host);
	else if (remote)
		buf_printf(ret, "port %u of %s", port, t->host);
	else
		buf_printf(ret, "port %u here", port);
	if (f->kind == FORWARD_DYNAMIC) {
		buf_printf(ret, " is a SOCKS proxy through %s", t->host);
		return;
	}
	buf_puts(ret, " leads to ");
	put_endpoint(&f->target, "localhost", ret);
	if (!remote)
		buf_printf(ret, " through %s", t->host);
}

static const struct forwards *lists(const struct tunnel *t, size_t i)
{
	const struct forwards *const all[] = { &t->remote_forward, &t->local_forward, &t->dynamic_forward };

	return i < ARRAY_LEN(all) ? all[i] : NULL;
}

static const struct forward *forward_at(const struct tunnel *t, size_t i)
{
	const struct forwards *l;

	for (size_t n = 0; (l = lists(t, n)); n++) {
		if (i < l->len)
			return &l->v[i];
		i -= l->len;
	}
	return NULL;
}

/* Which way, where there are proxies to choose from. */
static void put_way(const struct state *s, const char *how, struct buf *ret)
{
	if (!s->proxy)
		return;
	if (proxy_is_direct(s->proxy))
		buf_cat(ret, how, "without a proxy");
	else
		buf_cat(ret, how, "through ", s->proxy);
}

static void put_up(const struct tunnel *t, const struct state *s, struct buf *ret)
{
	const struct forward *first = forward_at(t, 0);

	buf_puts(ret, "up");
	put_way(s, " ", ret);
	if (first) {
		buf_puts(ret, ": ");
		put_forward(t, first, s->len ? s->v[0].port : 0, ret);
	} else if (t->tunnel_device) {
		buf_printf(ret, ": tun device to %s", t->host);
	} else {
		buf_printf(ret, ": connected to %s", t->host);
	}
	if (s->len > 1)
		buf_printf(ret, ", and %zu more", s->len - 1);
}

/* Whether the forward leads to this machine's own sshd. */
static bool leads_to_sshd(const struct forward *f)
{
	static const char *const names[] = { "localhost", "127.0.0.1", "::1" };
	const struct endpoint *e = &f->target;

	if (f->kind != FORWARD_REMOTE || e->path || e->port != 22)
		return false;
	for (size_t i = 0; e->host && i < ARRAY_LEN(names); i++)
		if (!strcmp(e->host, names[i]))
			return true;
	return !e->host;
}

/* What nobody listening there calls for. */
static const char *cure(enum system system, const struct forward *f)
{
	if (!leads_to_sshd(f))
		return "does anything listen there?";
	return system == SYSTEM_MACOS ? "is Remote Login on (System Settings > General > Sharing > Remote Login)?" :
					"is an SSH server (openssh-server) installed and running?";
}

static void put_refusing(enum system system, const struct tunnel *t, const struct state *s, struct buf *ret)
{
	size_t i = 0;
	const struct forward *f;

	while (i < s->len && s->v[i].proof != PROOF_REFUSED)
		i++;
	buf_puts(ret, "up");
	put_way(s, " ", ret);
	buf_puts(ret, ", but ");
	if (!(f = forward_at(t, i)) || f->kind == FORWARD_DYNAMIC) {
		buf_puts(ret, "the target does not answer; does anything listen there?");
		return;
	}
	put_endpoint(&f->target, "localhost", ret);
	buf_printf(ret, " does not answer %s; %s", f->kind == FORWARD_REMOTE ? "here" : "at the server's side",
		   cure(system, f));
}

/* The command that makes the device, where it is known which. */
static void put_device_cure(const struct tunnel *t, const struct state *s, struct buf *ret)
{
	AUTO(buf) command = {0};

	if (s->class == CLASS_tun && t->tunnel_device)
		device_cure(t, NULL, &command);
	if (command.len)
		buf_cat(ret, ", by: ", command.s);
}

static void put_down(const struct tunnel *t, const struct state *s, const char *how, struct buf *ret)
{
	const char *sentence = classes[s->class].sentence;
	bool words = s->error && *s->error;

	buf_puts(ret, how);
	put_way(s, ", last tried ", ret);
	buf_puts(ret, ": ");
	if (*sentence && !(s->class == CLASS_unknown && words)) {
		buf_puts(ret, sentence);
		put_device_cure(t, s, ret);
		if (words)
			buf_cat(ret, " (", s->error, ")");
	} else {
		buf_puts(ret, words ? s->error : "ssh ended without a word");
	}
}

void sentence_make_of(enum system system, const struct tunnel *t, struct state *s)
{
	AUTO(buf) text = {0};

	switch (s->phase) {
	case PHASE_CONNECTING:
		buf_cat(&text, "connecting to ", t->host ? t->host : "the server");
		put_way(s, " ", &text);
		break;
	case PHASE_UP:
		put_up(t, s, &text);
		break;
	case PHASE_UP_TARGET_REFUSES:
		put_refusing(system, t, s, &text);
		break;
	case PHASE_WAITING:
		put_down(t, s, "waiting", &text);
		break;
	case PHASE_PARKED:
		put_down(t, s, "parked until something changes", &text);
		break;
	case PHASE_STOPPED:
	case PHASE_NONE:
	case PHASE_COUNT:
		buf_puts(&text, "stopped");
		break;
	}
	state_set(&s->sentence, text.s);
}

void sentence_make(const struct tunnel *t, struct state *s)
{
	sentence_make_of(system_here(), t, s);
}

void sentence_forwards(const struct tunnel *t, struct state *s)
{
	static const char *const letters[] = { "-R ", "-L ", "-D " };
	const struct forwards *l;

	for (size_t i = 0; i < s->len; i++)
		free(s->v[i].text);
	s->len = 0;
	for (size_t n = 0; (l = lists(t, n)); n++)
		for (size_t i = 0; i < l->len; i++) {
			AUTO(buf) text = {0};

			buf_puts(&text, letters[n]);
			forward_print(&l->v[i], &text);
			s->v = array_grow(s->v, s->len, sizeof(*s->v));
			s->v[s->len++] = (struct state_forward){ .text = buf_take(&text) };
		}
}
