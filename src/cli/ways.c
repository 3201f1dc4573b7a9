/* SPDX-License-Identifier: MIT */
#include "cli/ways.h"

#include <errno.h>
#include <string.h>

static bool is_running(const struct report *r)
{
	return r->phase && r->held && r->state.len;
}

static const struct forwards *lists(const struct tunnel *t, size_t i)
{
	const struct forwards *const all[] = { &t->remote_forward, &t->local_forward, &t->dynamic_forward };

	return i < ARRAY_LEN(all) ? all[i] : NULL;
}

size_t ways_len(const struct report *r)
{
	const struct forwards *l;
	size_t len = 0;

	if (is_running(r))
		return r->state.len;
	for (size_t i = 0; (l = lists(&r->tunnel, i)); i++)
		len += l->len;
	return len;
}

/* "-R 12345:localhost:22", as the state lists them. */
static bool read_state_forward(const struct state_forward *s, struct forward *ret, unsigned *ret_port)
{
	static const struct { const char *option; enum forward_kind kind; } kinds[] = {
		{ "-R ", FORWARD_REMOTE }, { "-L ", FORWARD_LOCAL }, { "-D ", FORWARD_DYNAMIC },
	};

	*ret_port = s->port;
	for (size_t i = 0; i < ARRAY_LEN(kinds) && s->text; i++)
		if (!strncmp(s->text, kinds[i].option, 3))
			return forward_parse(kinds[i].kind, s->text + 3, ret, NULL) == 0;
	return false;
}

bool ways_forward(const struct report *r, size_t i, struct forward *ret, unsigned *ret_port)
{
	const struct forwards *l;

	*ret = (struct forward){0};
	*ret_port = 0;
	if (is_running(r))
		return i < r->state.len && read_state_forward(&r->state.v[i], ret, ret_port);
	for (size_t n = 0; (l = lists(&r->tunnel, n)); n++) {
		if (i < l->len) {
			AUTO(buf) text = {0};

			forward_print(&l->v[i], &text);
			return forward_parse(l->v[i].kind, text.s, ret, NULL) == 0;
		}
		i -= l->len;
	}
	return false;
}

enum wayin ways_command(const struct report *r, size_t i, struct buf *ret)
{
	AUTO(forward) f = {0};
	struct wayin_through w = { .tunnel = &r->tunnel, .forward = &f, .me = r->me };

	if (!phase_is_up(r->phase) || !r->tunnel.name || !ways_forward(r, i, &f, &w.port))
		return WAYIN_NONE;
	return wayin_command(&w, ret);
}

static enum wayin find_best(const struct report *r, size_t *ret_i)
{
	enum wayin best = WAYIN_NONE;

	for (size_t i = 0; i < ways_len(r) && best != WAYIN_LOGIN; i++) {
		AUTO(buf) command = {0};
		enum wayin kind = ways_command(r, i, &command);

		if (kind == WAYIN_LOGIN || (kind && !best)) {
			best = kind;
			*ret_i = i;
		}
	}
	return best;
}

enum wayin ways_best(const struct report *r, struct buf *ret)
{
	size_t i = 0;

	return find_best(r, &i) ? ways_command(r, i, ret) : WAYIN_NONE;
}

static void put_target(const struct endpoint *e, struct buf *ret)
{
	if (e->path)
		buf_puts(ret, e->path);
	else
		buf_printf(ret, e->host && strchr(e->host, ':') ? "[%s]:%u" : "%s:%u", e->host ? e->host : "localhost",
			   e->port);
}

void ways_say(const struct report *r, struct buf *ret)
{
	size_t i = 0;
	enum wayin kind = find_best(r, &i);
	AUTO(forward) f = {0};
	unsigned port;

	if (kind == WAYIN_NONE || !ways_forward(r, i, &f, &port))
		return;
	if (kind == WAYIN_LOGIN) {
		buf_puts(ret, "to log in from another machine: ");
	} else {
		buf_puts(ret, "to reach ");
		put_target(&f.target, ret);
		buf_puts(ret, " from another machine: ");
	}
	(void)ways_command(r, i, ret);
}

static int no_block(const struct report *r, bool open, struct error *err)
{
	const char *name = r->selected->name;

	if (open)
		return error_set(err, -EAGAIN, "%s: the server chooses the port (0) when the tunnel comes up, and it is not "
				 "up; tunnelctl start %s, or name a port in RemoteForward", name, name);
	return error_set(err, -ENOENT, "%s: no RemoteForward leads to an ssh server (port 22), so there is nothing to log in "
			 "to; add one, as RemoteForward = 12345:localhost:22", name);
}

int ways_blocks(const struct report *r, struct buf *ret, struct error *err)
{
	size_t found = 0;
	bool open = false;

	for (size_t i = 0; i < ways_len(r); i++) {
		AUTO(forward) f = {0};
		struct wayin_through w = { .tunnel = &r->tunnel, .forward = &f, .me = r->me };
		AUTO(buf) alias = {0};
		AUTO(buf) block = {0};

		if (!ways_forward(r, i, &f, &w.port))
			continue;
		buf_puts(&alias, r->selected->name);
		if (found)
			buf_printf(&alias, "-%zu", found + 1);
		if (wayin_block(&w, alias.s, &block) == WAYIN_LOGIN)
			buf_cat(ret, found++ ? "\n" : "", block.s);
		else
			open |= f.kind == FORWARD_REMOTE && !f.listen.path && !f.listen.port && f.target.port == 22;
	}
	return found ? 0 : no_block(r, open, err);
}
