/* SPDX-License-Identifier: MIT */
#include "cli/wayin.h"

#include <stdbool.h>
#include <string.h>

#include "base/shellquote.h"
#include "ssh/path.h"

enum { PORT_SSH = 22, PRIVILEGED = 1024, UNPRIVILEGED = 8000 };

static bool is_loopback(const char *host)
{
	return !host || !strcasecmp(host, "localhost") || !strncmp(host, "127.", 4) || !strcmp(host, "::1");
}

/* Listens on every address of the server, if its GatewayPorts lets it (ssh(1), -R). */
static bool is_anywhere(const char *host)
{
	return host && (!strcmp(host, "*") || !strcmp(host, "0.0.0.0") || !strcmp(host, "::"));
}

static unsigned listen_port(const struct wayin_through *w)
{
	return w->forward->listen.port ? w->forward->listen.port : w->port;
}

/* ssh takes the quotes of a ProxyCommand apart by rules of its own before it hands all of it to a shell, so that a quote
 * within the path, quoted for two shells, is none that ssh lets through. */
static bool is_quotable(const char *path)
{
	return !path || !strpbrk(path, "'\"");
}

static enum wayin judge(const struct wayin_through *w)
{
	const struct forward *f = w->forward;

	if (f->kind != FORWARD_REMOTE || !w->tunnel->host || (!f->listen.path && !listen_port(w)))
		return WAYIN_NONE;
	return !f->target.path && f->target.port == PORT_SSH && is_quotable(f->listen.path) ? WAYIN_LOGIN : WAYIN_REACH;
}

static void put_at(const char *user, struct buf *ret)
{
	if (user)
		buf_cat(ret, user, "@");
}

/* The account that the tunnel's ssh logs in with: where User does not say it, that of this side (ssh(1), -l). */
static const char *server_user(const struct wayin_through *w)
{
	return w->tunnel->user ? w->tunnel->user : w->me;
}

/* The hops to the server and the server itself, as behind -J. */
static void put_jump(const struct wayin_through *w, struct buf *ret)
{
	const struct tunnel *t = w->tunnel;

	if (t->proxy_jump)
		buf_cat(ret, t->proxy_jump, ",");
	put_at(server_user(w), ret);
	buf_printf(ret, strchr(t->host, ':') ? "[%s]" : "%s", t->host);
	if (t->port && t->port != PORT_SSH)
		buf_printf(ret, ":%u", t->port);
}

/* The words that bring ssh to the server itself: the hops, the port, the name. */
static void push_server(const struct wayin_through *w, struct strv *ret)
{
	AUTO(buf) name = {0};

	if (w->tunnel->proxy_jump) {
		strv_push(ret, "-J");
		strv_push(ret, w->tunnel->proxy_jump);
	}
	if (w->tunnel->port && w->tunnel->port != PORT_SSH) {
		strv_push(ret, "-p");
		strv_pushf(ret, "%u", w->tunnel->port);
	}
	put_at(server_user(w), &name);
	buf_puts(&name, w->tunnel->host);
	strv_push_take(ret, buf_take(&name));
}

/* Who logs in at the end: on another machine than this one nobody knows which account. */
static const char *end_user(const struct wayin_through *w)
{
	return is_loopback(w->forward->target.host) ? w->me : NULL;
}

/*
 * -W takes host:port alone (ssh(1) of 9.2), so a program on the server brings the bytes to its socket: OpenBSD's nc. What
 * ssh hands to the server is words with blanks between, for a shell.
 */
static void put_proxy_command(const struct wayin_through *w, struct buf *ret)
{
	AUTO(strv) path = {0};
	AUTO(strv) words = {0};
	AUTO(buf) quoted = {0};
	AUTO(buf) command = {0};

	strv_push(&path, w->forward->listen.path);
	shell_quote(&path, &quoted);
	strv_push(&words, "ssh");
	push_server(w, &words);
	strv_push(&words, "nc");
	strv_push(&words, "-U");
	strv_push(&words, quoted.s);
	shell_quote(&words, &command);
	ssh_percent_put(command.s, ret);
}

/* The host to name: behind the server its own loopback, else what listens for all. */
static const char *end_host(const struct wayin_through *w)
{
	const char *bind = w->forward->listen.host;

	if (is_anywhere(bind))
		return w->tunnel->host;
	return bind ? bind : "localhost";
}

static void push_end(const struct wayin_through *w, const char *host, struct strv *ret)
{
	AUTO(buf) name = {0};

	put_at(end_user(w), &name);
	buf_puts(&name, host);
	strv_push_take(ret, buf_take(&name));
}

static void push_login(const struct wayin_through *w, struct strv *ret)
{
	const struct endpoint *listen = &w->forward->listen;

	strv_push(ret, "ssh");
	if (listen->path) {
		AUTO(buf) option = {0};

		buf_puts(&option, "ProxyCommand=");
		put_proxy_command(w, &option);
		strv_push(ret, "-o");
		strv_push_take(ret, buf_take(&option));
		/* A name only: it is what the host key is kept under. */
		push_end(w, w->tunnel->name ? w->tunnel->name : "localhost", ret);
		return;
	}
	if (is_loopback(listen->host)) {
		AUTO(buf) jump = {0};

		put_jump(w, &jump);
		strv_push(ret, "-J");
		strv_push_take(ret, buf_take(&jump));
	}
	strv_push(ret, "-p");
	strv_pushf(ret, "%u", listen_port(w));
	push_end(w, end_host(w), ret);
}

/* A port of the other machine that leads there: the same number, where anybody may listen on it. */
static unsigned near_port(const struct wayin_through *w)
{
	unsigned port = w->forward->listen.path ? w->forward->target.port : listen_port(w);

	return port < PRIVILEGED ? port + UNPRIVILEGED : port;
}

static void push_reach(const struct wayin_through *w, struct strv *ret)
{
	const char *host = is_anywhere(w->forward->listen.host) ? "localhost" : end_host(w);

	strv_push(ret, "ssh");
	strv_push(ret, "-N");
	strv_push(ret, "-L");
	if (w->forward->listen.path)
		strv_pushf(ret, "%u:%s", near_port(w), w->forward->listen.path);
	else
		strv_pushf(ret, strchr(host, ':') ? "%u:[%s]:%u" : "%u:%s:%u", near_port(w), host, listen_port(w));
	push_server(w, ret);
}

enum wayin wayin_command(const struct wayin_through *w, struct buf *ret)
{
	enum wayin kind = judge(w);
	AUTO(strv) words = {0};

	if (kind == WAYIN_LOGIN)
		push_login(w, &words);
	else if (kind == WAYIN_REACH)
		push_reach(w, &words);
	shell_quote(&words, ret);
	return kind;
}

enum wayin wayin_block(const struct wayin_through *w, const char *alias, struct buf *ret)
{
	const struct endpoint *listen = &w->forward->listen;
	enum wayin kind = judge(w);

	if (kind != WAYIN_LOGIN)
		return kind;
	buf_printf(ret, "Host %s\n", alias);
	if (!listen->path)
		buf_printf(ret, "\tHostName %s\n\tPort %u\n", end_host(w), listen_port(w));
	if (end_user(w))
		buf_printf(ret, "\tUser %s\n", end_user(w));
	if (listen->path) {
		buf_puts(ret, "\tProxyCommand ");
		put_proxy_command(w, ret);
		buf_putc(ret, '\n');
	} else if (is_loopback(listen->host)) {
		buf_puts(ret, "\tProxyJump ");
		put_jump(w, ret);
		buf_putc(ret, '\n');
	}
	/* localhost is another machine behind each server. */
	buf_printf(ret, "\tHostKeyAlias %s\n", alias);
	return kind;
}
