/* SPDX-License-Identifier: MIT */
/* What ssh says, taken down. */
#include "cli/checkup_hearing.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"

static void copy(const char *s, char *ret, size_t size)
{
	size_t len = strlen(s);

	if (len >= size)
		len = size - 1;
	memcpy(ret, s, len);
	ret[len] = '\0';
}

/* The server answers the remote forwards in the order in which it was asked. */
static void take_answer(struct hearing *h, enum heard_forward_is is, const char *words)
{
	if (!h->order->forwards || h->answered >= h->tunnel->remote_forward.len)
		return;
	h->v[h->answered].is = is;
	copy(words, h->v[h->answered].words, sizeof(h->v->words));
	h->answered++;
}

static bool listens_at(const struct forward *f, const char *listen)
{
	AUTO(buf) port = {0};

	buf_printf(&port, "%u", f->listen.port);
	return !strcmp(f->listen.path ? f->listen.path : port.s, listen);
}

static void take_local_failure(struct hearing *h, const struct saying *s)
{
	size_t base = h->tunnel->remote_forward.len, locals = h->tunnel->local_forward.len;

	for (size_t i = base; h->order->forwards && i < h->heard.forwards; i++) {
		const struct forward *f = i - base < locals
						  ? &h->tunnel->local_forward.v[i - base]
						  : &h->tunnel->dynamic_forward.v[i - base - locals];

		if (!listens_at(f, s->listen))
			continue;
		h->v[i].is = FORWARD_REFUSED;
		copy(s->text, h->v[i].words, sizeof(h->v[i].words));
	}
}

static void take_failure(struct hearing *h, const struct saying *s)
{
	switch (s->class) {
	case CLASS_port_forbidden: /* why what comes next is refused */
		h->forbidden = true;
		return;
	case CLASS_port_busy:
	case CLASS_socket_busy:
		if (*s->listen)
			take_answer(h, h->forbidden ? FORWARD_FORBIDDEN : FORWARD_REFUSED, s->text);
		h->forbidden = false;
		return;
	case CLASS_local_bind:
		if (*s->listen)
			take_local_failure(h, s);
		return;
	case CLASS_tun:
	case CLASS_tun_server:
		h->heard.device_on_server |= s->class == CLASS_tun_server;
		if (!*h->heard.device_words)
			copy(s->text, h->heard.device_words, sizeof(h->heard.device_words));
		return;
	default:
		return;
	}
}

static void take_login(struct hearing *h, const struct saying *s)
{
	struct heard *d = &h->heard;

	switch (s->what) {
	case SAID_SERVER_KEY:
		copy(s->words, d->server_key, sizeof(d->server_key));
		return;
	case SAID_SERVER_KNOWN:
		d->server_known = true;
		return;
	case SAID_KEY_OFFERED:
		d->offered++;
		copy(s->words, d->offered_key, sizeof(d->offered_key));
		return;
	case SAID_KEY_ACCEPTED:
		copy(s->words, d->accepted, sizeof(d->accepted));
		return;
	case SAID_METHODS:
		copy(s->words, d->methods, sizeof(d->methods));
		return;
	case SAID_KEY_OPTIONS:
		copy(s->words + strspn(s->words, " "), d->options, sizeof(d->options));
		d->has_options = true;
		return;
	case SAID_PARTIAL:
		d->partial = true;
		return;
	default:
		return;
	}
}

static void take_line(struct hearing *h, const char *line)
{
	struct heard *d = &h->heard;
	struct saying s;

	classify_line(line, &s);
	verdict_add(&d->verdict, &s);
	take_login(h, &s);
	switch (s.what) {
	case SAID_AUTHENTICATED:
		/* A ProxyJump host says so as well; of the server ssh then says "(via proxy)" (sshconnect2.c, ssh_userauth2()). */
		d->authenticated |= !h->tunnel->proxy_jump || strstr(line, "(via proxy)");
		return;
	case SAID_SESSION:
		d->session = true;
		h->in_since = clock_ms();
		return;
	case SAID_CONFIRMED:
		h->forbidden = false;
		take_answer(h, FORWARD_STANDS, "");
		return;
	case SAID_ALLOCATED:
		if (h->answered)
			h->v[h->answered - 1].port = s.port;
		return;
	case SAID_DEVICE:
		d->device = true;
		return;
	case SAID_NO_SUBSYSTEM:
		d->no_subsystem = true;
		return;
	case SAID_CHANNEL_OPEN:
		loop_opened(&h->loop);
		return;
	case SAID_LOOP_FORBIDDEN:
		if (h->other) {
			d->other_forbidden = true;
			return;
		}
		d->loop_forbidden = true;
		loop_forbid(&h->loop);
		return;
	case SAID_PATH_FORBIDDEN:
		d->path_forbidden |= loop_forbid_paths(&h->loop);
		return;
	case SAID_FAILURE:
		take_failure(h, &s);
		return;
	default:
		return;
	}
}

/* A program beside ssh, such as nc, may write its line piece by piece, and ssh one of its own in between. */
void hearing_take_line(struct hearing *h, const char *line)
{
	const char *own = strstr(line, "debug1: ");
	AUTO(buf) whole = {0};

	if (own && own != line)
		(void)snprintf(h->begun, sizeof(h->begun), "%.*s", (int)(own - line), line);
	if (own || !*h->begun) {
		take_line(h, own ? own : line);
		return;
	}
	buf_cat(&whole, h->begun, line);
	*h->begun = '\0';
	take_line(h, whole.s);
}
