/* SPDX-License-Identifier: MIT */
#include "model/forward.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/strv.h"
#include "model/value.h"

/* sun_path has 104 bytes on macOS, 108 on Linux (unix(4), unix(7)). */
enum { SOCKET_PATH_MAX = 103 };

static const char *wanted(enum forward_kind kind)
{
	return kind == FORWARD_DYNAMIC ? "wanted [bind:]port"
				       : "wanted [bind:]port:host:port, or Unix sockets as /path";
}

/* Splits at colons; "[...]" is one field without its brackets. */
static const char *split(const char *s, size_t len, struct strv *ret)
{
	const char *end = s + len;

	for (;;) {
		const char *stop = memchr(s, ':', (size_t)(end - s));

		if (*s == '[') {
			const char *close = memchr(s, ']', (size_t)(end - s));

			if (!close || (close + 1 != end && close[1] != ':'))
				return "an address in [brackets] does not end";
			if (close == s + 1)
				return "no address in the [brackets]";
			strv_push_take(ret, xstrndup(s + 1, (size_t)(close - s - 1)));
			stop = close + 1 == end ? NULL : close + 1;
		} else {
			strv_push_take(ret, xstrndup(s, (size_t)((stop ? stop : end) - s)));
		}
		if (!stop)
			return NULL;
		s = stop + 1;
	}
}

static const char *read_path(const char *s, char **ret)
{
	if (strlen(s) > SOCKET_PATH_MAX)
		return "the path of the socket is longer than 103 bytes";
	/* ':' can come out of [brackets], and would not survive being printed. */
	if (strpbrk(s, "%$\\:"))
		return "the path of a socket cannot hold % $ \\ or ':', which ssh takes apart";
	if (*s != '/')
		return "the path of a socket must be absolute";
	*ret = xstrdup(s);
	return NULL;
}

static const char *read_port(const char *s, unsigned least, unsigned *ret)
{
	if (parse_uint(s, least, 65535, ret))
		return least ? "a port is a number between 1 and 65535"
			     : "a port is a number between 0 and 65535";
	return NULL;
}

static const char *read_listen(char *const field[], size_t len, enum forward_kind kind,
			       struct endpoint *ret)
{
	const char *why = NULL;

	if (len == 1 && strchr(field[0], '/'))
		return read_path(field[0], &ret->path);
	if (len == 2) {
		/* An empty address means all of them, as "*" does (ssh(1), -L). */
		const char *host = *field[0] ? field[0] : "*";

		if (strcmp(host, "*") != 0 && (why = check_host(host)))
			return why;
		ret->host = xstrdup(host);
	}
	return read_port(field[len - 1], kind == FORWARD_REMOTE ? 0 : 1, &ret->port);
}

static const char *read_target(char *const field[], size_t len, struct endpoint *ret)
{
	const char *why;

	if (len == 1)
		return read_path(field[0], &ret->path);
	if (!*field[0] || !strcmp(field[0], "*"))
		return "the target has no host; wanted [bind:]port:host:port";
	if ((why = check_host(field[0])))
		return why;
	ret->host = xstrdup(field[0]);
	return read_port(field[1], 1, &ret->port);
}

static const char *parse(enum forward_kind kind, const char *text, struct forward *ret)
{
	AUTO(strv) words = {0};
	AUTO(strv) fields = {0};
	size_t listen, target;
	const char *why;

	strv_split(&words, text);
	if (words.len < 1 || words.len > 2 || (kind == FORWARD_DYNAMIC && words.len > 1))
		return wanted(kind);
	if ((why = split(words.v[0], strlen(words.v[0]), &fields)))
		return why;
	listen = fields.len;
	if (words.len == 2 && (why = split(words.v[1], strlen(words.v[1]), &fields)))
		return why;

	if (kind == FORWARD_DYNAMIC)
		target = 0;
	else if (fields.len == 1)
		return kind == FORWARD_REMOTE
			       ? "has no target; wanted [bind:]port:host:port (a port alone would "
				 "be a SOCKS proxy into this network)"
			       : "has no target; wanted [bind:]port:host:port";
	else
		target = strchr(fields.v[fields.len - 1], '/') ? 1 : 2;

	if (fields.len > 4)
		return "too many colons; an IPv6 address stands in [brackets]";
	if (fields.len <= target || fields.len - target > 2 ||
	    (words.len == 2 && fields.len - target != listen))
		return wanted(kind);
	listen = fields.len - target;
	if (kind == FORWARD_DYNAMIC && strchr(fields.v[0], '/'))
		return wanted(kind);
	if ((why = read_listen(fields.v, listen, kind, &ret->listen)))
		return why;
	return target ? read_target(fields.v + listen, target, &ret->target) : NULL;
}

int forward_parse(enum forward_kind kind, const char *text, struct forward *ret, struct error *err)
{
	AUTO(forward) forward = { .kind = kind };
	const char *why = parse(kind, text, &forward);

	if (why)
		return error_set(err, -EINVAL, "%s", why);
	*ret = forward;
	forward = (struct forward){0};
	return 0;
}

static void print(const struct endpoint *e, struct buf *ret)
{
	if (e->path) {
		buf_puts(ret, e->path);
		return;
	}
	if (e->host)
		buf_printf(ret, strchr(e->host, ':') ? "[%s]:" : "%s:", e->host);
	buf_printf(ret, "%u", e->port);
}

void forward_print(const struct forward *f, struct buf *ret)
{
	print(&f->listen, ret);
	if (f->kind == FORWARD_DYNAMIC)
		return;
	buf_putc(ret, ':');
	print(&f->target, ret);
}

void forwards_push_take(struct forwards *l, struct forward *f)
{
	l->v = array_grow(l->v, l->len, sizeof(*l->v));
	l->v[l->len++] = *f;
	*f = (struct forward){0};
}

void forward_done(struct forward *f)
{
	free(f->listen.path);
	free(f->listen.host);
	free(f->target.path);
	free(f->target.host);
	*f = (struct forward){0};
}

void forwards_done(struct forwards *l)
{
	for (size_t i = 0; i < l->len; i++)
		forward_done(&l->v[i]);
	free(l->v);
	*l = (struct forwards){0};
}
