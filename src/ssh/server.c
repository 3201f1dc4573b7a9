/* SPDX-License-Identifier: MIT */
#include "ssh/server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>

#include "base/utf8.h"
#include "ssh/probe.h"

/* A target that nothing answers to: a list that holds only this permits nothing. Not "none", which makes
 * a key line invalid and so locks the key out. */
static const char nowhere[] = "localhost:1";

enum { PORT_SSH = 22 };

/* What the forwards need of the server, each once and in the order of the INI. */
struct needs {
	struct strv listen, open; /* of permitlisten and permitopen */
	bool any_open;            /* a list cannot say it, so there must be none */
	bool remote, local;       /* TCP forwarding in that direction */
	bool remote_socket, local_socket;
	bool elsewhere; /* listens on another address than the server's loopback */
};

static void needs_done(struct needs *n)
{
	strv_done(&n->listen);
	strv_done(&n->open);
}

static void push_once(struct strv *l, const char *host, unsigned port)
{
	AUTO(buf) text = {0};

	buf_printf(&text, strchr(host, ':') ? "[%s]:%u" : "%s:%u", host, port);
	if (!strv_has(l, text.s))
		strv_push(l, text.s);
}

/* What sshd compares is the very word that ssh sends: "localhost" where no address is given (sshd(8),
 * permitlisten). */
static void need_listen(const struct endpoint *e, struct needs *n, struct strv *notes)
{
	const char *host = e->host ? e->host : "localhost";
	bool all = !strcmp(host, "*");

	n->elsewhere |=
		strcmp(host, "localhost") != 0 && strcmp(host, "127.0.0.1") != 0 && strcmp(host, "::1") != 0;
	if (!e->port) {
		strv_pushf(&n->listen, all ? "*:*" : strchr(host, ':') ? "[%s]:*" : "%s:*", host);
		strv_pushf(notes,
			   "RemoteForward with port 0: sshd cannot be told \"whichever port is free\", so "
			   "any port "
			   "of %s is permitted; a fixed port is narrower",
			   all ? "any address" : host);
	} else if (all) {
		strv_pushf(&n->listen, "%u", e->port);
		strv_pushf(notes,
			   "RemoteForward *:%u: sshd has no word for \"all addresses\", so port %u of any "
			   "single "
			   "address is permitted too",
			   e->port, e->port);
	} else {
		push_once(&n->listen, host, e->port);
	}
}

static const char *loop_host(const char *host)
{
	return !host || !strcmp(host, "*") || !strcmp(host, "0.0.0.0") || !strcmp(host, "::") ? "localhost"
											      : host;
}

/* The loop comes back through the server into the listening end (ssh/argv.c). */
static void need_remote(const struct tunnel *t, struct needs *n, struct strv *notes)
{
	for (size_t i = 0; i < t->remote_forward.len; i++) {
		const struct forward *f = &t->remote_forward.v[i];
		bool loop = probe_kind_of(t, f) != PROBE_NONE;

		if (f->listen.path) {
			n->remote_socket = true;
			n->local_socket |= loop;
			strv_pushf(notes,
				   "RemoteForward %s: sshd cannot be told which Unix sockets, so every path "
				   "that the "
				   "account may use is permitted",
				   f->listen.path);
			continue;
		}
		n->remote = true;
		need_listen(&f->listen, n, notes);
		n->local |= loop;
		if (loop)
			push_once(&n->open, loop_host(f->listen.host), f->listen.port);
	}
}

static void need_local(const struct tunnel *t, struct needs *n, struct strv *notes)
{
	for (size_t i = 0; i < t->local_forward.len; i++) {
		const struct endpoint *target = &t->local_forward.v[i].target;

		if (target->path) {
			/* sshd looks for a path among what permitopen names, which can be no path. */
			n->local_socket = n->any_open = true;
			strv_pushf(notes, "LocalForward to %s: permitopen can name no Unix socket, and with one sshd opens "
				   "none, so the key may open every address that the server can reach, and every path "
				   "that the account may use", target->path);
			continue;
		}
		n->local = true;
		push_once(&n->open, target->host, target->port);
	}
	if (t->dynamic_forward.len) {
		n->local = n->any_open = true;
		strv_push(
			notes,
			"DynamicForward: a SOCKS proxy goes anywhere, so the key may open every address that "
			"the server can reach");
	}
}

static void find_needs(const struct tunnel *t, struct needs *n, struct strv *notes)
{
	need_remote(t, n, notes);
	need_local(t, n, notes);
}

/* Key options stand between double quotes; a quote in them is written \" (sshd(8)). */
static void put_option(const char *name, const char *value, struct buf *ret)
{
	if (ret->len)
		buf_putc(ret, ',');
	buf_cat(ret, name, "=\"");
	for (; *value; value++) {
		if (*value == '"')
			buf_putc(ret, '\\');
		buf_putc(ret, *value);
	}
	buf_putc(ret, '"');
}

static void put_list(const char *name, const struct strv *l, bool any, struct buf *ret)
{
	for (size_t i = 0; i < l->len && !any; i++)
		put_option(name, l->v[i], ret);
	if (!l->len && !any)
		put_option(name, nowhere, ret);
}

/* The server's number of the device; NULL where it may be any. */
static const char *server_device(const struct tunnel *t)
{
	const char *colon = t->tunnel_device ? strchr(t->tunnel_device, ':') : NULL;

	/* "-w 0" is "-w 0:any" (ssh(1)). */
	return colon && strcmp(colon + 1, "any") != 0 ? colon + 1 : NULL;
}

static void put_options(const struct tunnel *t, const struct server_wish *w, const struct needs *n,
			struct buf *ret)
{
	buf_puts(ret, "restrict");
	if (n->remote || n->local || n->remote_socket || n->local_socket) {
		buf_puts(ret, ",port-forwarding");
		put_list("permitlisten", &n->listen, false, ret);
		put_list("permitopen", &n->open, n->any_open, ret);
	}
	if (server_device(t))
		put_option("tunnel", server_device(t), ret);
	put_option("command", w->reclaim ? SERVER_RECLAIM : "", ret);
}

static void put_words(const char *keyword, const struct strv *l, bool any, struct buf *ret)
{
	buf_printf(ret, "  %s", keyword);
	for (size_t i = 0; i < l->len && !any; i++)
		buf_cat(ret, " ", l->v[i]);
	buf_puts(ret, any ? " any\n" : l->len ? "\n" : " none\n");
}

static const char *direction(bool remote, bool local)
{
	return remote && local ? "yes" : remote ? "remote" : local ? "local" : "no";
}

/* Those that a tunnel may lack on any account. None of them narrows anything. */
static void put_wanted(const struct tunnel *t, const struct needs *n, struct buf *ret)
{
	buf_puts(ret, "  ClientAliveInterval 15\n"
		      "  ClientAliveCountMax 2\n");
	if (n->remote_socket)
		buf_puts(ret, "  StreamLocalBindUnlink yes\n");
	if (n->elsewhere)
		buf_puts(ret, "  GatewayPorts clientspecified\n");
	if (t->tunnel_device)
		buf_printf(ret, "  PermitTunnel %s\n",
			   t->tunnel == TUNNEL_ETHERNET ? "ethernet" : "point-to-point");
}

static void put_closed(const struct tunnel *t, const struct needs *n, struct buf *ret)
{
	buf_puts(ret, "  MaxSessions 0\n");
	buf_printf(ret, "  AllowTcpForwarding %s\n", direction(n->remote, n->local));
	put_words("PermitListen", &n->listen, false, ret);
	put_words("PermitOpen", &n->open, n->any_open, ret);
	buf_printf(ret, "  AllowStreamLocalForwarding %s\n", direction(n->remote_socket, n->local_socket));
	if (!n->elsewhere)
		buf_puts(ret, "  GatewayPorts no\n");
	if (!t->tunnel_device)
		buf_puts(ret, "  PermitTunnel no\n");
	buf_puts(ret, "  AllowAgentForwarding no\n"
		      "  X11Forwarding no\n"
		      "  PermitTTY no\n"
		      "  PermitUserRC no\n"
		      "  ForceCommand /bin/false\n");
}

static void put_block(const struct tunnel *t, const struct server_wish *w, const struct needs *n,
		      struct buf *ret)
{
	buf_printf(ret, "# tunnelctl: the server's half of the tunnel %s%s\n", t->name,
		   w->dedicated ? ", to which this account belongs" : "");
	if (w->dedicated)
		buf_puts(ret, "# Needs OpenSSH 7.8 (PermitListen). MaxSessions 0: sshd starts nothing for "
			      "this account.\n");
	else if (n->remote_socket)
		buf_puts(ret, "# Needs OpenSSH 6.7 (StreamLocalBindUnlink). Ends a session, also a person's, "
			      "whose client is silent for 45 s.\n");
	else
		buf_puts(ret, "# Frees the ports of a client that has gone: ends a session, also a person's, "
			      "whose client is silent for 45 s.\n");
	buf_printf(ret, "Match User %s\n", w->account);
	put_wanted(t, n, ret);
	if (w->dedicated)
		put_closed(t, n, ret);
}

/* "type base64 [comment]": characters that no key has would end the line, or its first word be an option. */
static const char *read_key(const char *text, struct server_half *ret, struct buf *comment)
{
	static const char letters[] = "+/=";
	size_t type = strcspn(text, " \t\r\n"), gap = strspn(text + type, " \t");
	const char *base64 = text + type + gap, *rest;
	size_t len = word_span(base64, letters);

	if (!type || !gap || word_span(text, "-@.") != type ||
	    (strncmp(text, "ssh-", 4) != 0 && strncmp(text, "ecdsa-", 6) != 0 &&
	     strncmp(text, "sk-", 3) != 0))
		return "does not begin with the type of a key";
	if (strncmp(base64, "AAAA", 4) != 0 || len < 32)
		return "has no key behind its type";
	rest = base64 + len;
	if (*rest && !strchr(" \t\r\n", *rest))
		return "has odd characters in its key";
	buf_put(&ret->type, text, type);
	buf_put(&ret->base64, base64, len);
	rest += strspn(rest, " \t");
	buf_put(comment, rest, strcspn(rest, "\r\n"));
	if (comment->s)
		text_clean(comment->s);
	return NULL;
}

/* Patterns, a list and a comment are what sshd_config would make of other characters. */
static const char *check_account(const char *account)
{
	if (!*account || *account == '-')
		return "no name of an account";
	if (account[word_span(account, "._-+@\\$")])
		return "characters that a Match line of sshd_config cannot hold";
	return NULL;
}

/* sshd reads the host of permitlisten as a pattern (sshd(8)): one that holds a wildcard would permit others too. */
static const char *find_pattern(const struct tunnel *t)
{
	for (size_t i = 0; i < t->remote_forward.len; i++) {
		const char *host = t->remote_forward.v[i].listen.host;

		if (host && strcmp(host, "*") != 0 && strpbrk(host, "*?!"))
			return host;
	}
	for (size_t i = 0; i < t->local_forward.len; i++) {
		const char *host = t->local_forward.v[i].target.host;

		if (host && strpbrk(host, "*?!"))
			return host;
	}
	return NULL;
}

static int refuse(const struct tunnel *t, const struct server_wish *w, struct error *err)
{
	const char *why = check_account(w->account), *pattern = find_pattern(t);

	if (why)
		return error_set(err, -EINVAL, "%s: account %s on the server: %s; User names another",
				 t->name, w->account, why);
	if (pattern)
		return error_set(err, -EINVAL,
				 "%s: %s in a forward: sshd would take it for a pattern and permit more; "
				 "wanted a name or an address",
				 t->name, pattern);
	if (w->dedicated && !strcmp(w->account, "root"))
		return error_set(
			err, -EINVAL,
			"%s: --dedicated would close the account root to everybody; name another one "
			"by User",
			t->name);
	if (w->dedicated && w->reclaim)
		return error_set(err, -EINVAL,
				 "%s: --dedicated and reclaim exclude each other: MaxSessions 0 lets no "
				 "command run, and tunnelctl-reclaim is one; choose one of them",
				 t->name);
	return 0;
}

static void put_needs(const struct tunnel *t, const struct needs *n, struct buf *ret)
{
	bool lists = n->remote || n->local || n->remote_socket || n->local_socket;

	buf_puts(ret, lists ? "needs OpenSSH 7.8 on the server (permitlisten; restrict is from 7.2)"
			    : "needs OpenSSH 7.2 on the server (restrict)");
	buf_puts(ret, ": an older one refuses a key whose line it does not understand");
	if (t->tunnel_device && !server_device(t))
		buf_puts(ret, "; which tun device is not said, so the key may use any that the account may");
}

static void put_key(struct server_half *h, const struct buf *comment)
{
	buf_cat(&h->line, " ", h->type.s, " ", h->base64.s);
	if (comment->len)
		buf_cat(&h->line, " ", comment->s);
}

int server_half_make(const struct tunnel *t, const struct server_wish *w, struct server_half *ret,
		     struct error *err)
{
	AUTO(server_half) h = {0};
	AUTO(needs) n = {0};
	AUTO(buf) comment = {0};
	const char *why;
	int r;

	if ((r = refuse(t, w, err)) < 0)
		return r;
	if ((why = read_key(w->key, &h, &comment)))
		return error_set(err, -EINVAL,
				 "%s: the public key %s; wanted a line like: ssh-ed25519 AAAA...", t->name,
				 why);
	find_needs(t, &n, &h.notes);
	put_options(t, w, &n, &h.line);
	put_key(&h, &comment);
	put_block(t, w, &n, &h.block);
	put_needs(t, &n, &h.needs);
	*ret = h;
	h = (struct server_half){ 0 };
	return 0;
}

/* The word of ssh -W: a name in lower case, an address as getnameinfo(3) writes it (ssh.c, main()). sshd compares letter
 * by letter. */
static void put_asked(const char *host, struct buf *ret)
{
	static const int families[] = { AF_INET, AF_INET6 };
	unsigned char bytes[sizeof(struct in6_addr)];
	char address[INET6_ADDRSTRLEN];

	for (size_t i = 0; i < ARRAY_LEN(families); i++)
		if (inet_pton(families[i], host, bytes) == 1 &&
		    inet_ntop(families[i], bytes, address, sizeof(address))) {
			buf_puts(ret, address);
			return;
		}
	for (; *host; host++)
		buf_putc(ret, (char)(*host >= 'A' && *host <= 'Z' ? *host - 'A' + 'a' : *host));
}

/* Where the hop whose entry of ProxyJump ends there connects to: the next hop, or the server. */
static int find_next(const struct tunnel *t, const char *end, struct needs *n)
{
	AUTO(destination) next = {0};
	AUTO(buf) host = {0};

	if (*end && parse_destination(end + 1, strcspn(end + 1, ","), &next))
		return -EINVAL;
	put_asked(*end ? next.host : t->host, &host);
	n->local = true;
	push_once(&n->open, host.s, !*end ? t->port : next.port ? next.port : PORT_SSH);
	return 0;
}

static const char *find_hop(const struct tunnel *t, size_t number)
{
	const char *s = t->proxy_jump;

	for (size_t i = 0; s && i < number; i++) {
		s = strchr(s, ',');
		s = s ? s + 1 : NULL;
	}
	return s;
}

int server_hop_make(const struct tunnel *t, size_t number, const char *key, struct server_hop *ret,
		    struct error *err)
{
	const struct server_wish wish = { .key = key };
	const char *entry = find_hop(t, number), *why;
	size_t len = entry ? strcspn(entry, ",") : 0;
	AUTO(server_hop) h = {0};
	AUTO(needs) n = {0};
	AUTO(buf) comment = {0};

	if (!entry)
		return 0;
	if (parse_destination(entry, len, &h.at) || find_next(t, entry + len, &n) < 0)
		return error_set(err, -EINVAL, "%s: ProxyJump = %s: not hosts; wanted [USER@]HOST[:PORT],...", t->name,
				 t->proxy_jump);
	if ((why = read_key(key, &h.half, &comment)))
		return error_set(err, -EINVAL, "%s: the public key %s; wanted a line like: ssh-ed25519 AAAA...",
				 t->name, why);
	if (!h.at.port)
		h.at.port = PORT_SSH;
	if (number)
		buf_put(&h.before, t->proxy_jump, (size_t)(entry - 1 - t->proxy_jump));
	put_options(&(struct tunnel){ .name = t->name }, &wish, &n, &h.half.line);
	put_key(&h.half, &comment);
	put_needs(&(struct tunnel){ .name = t->name }, &n, &h.half.needs);
	*ret = h;
	h = (struct server_hop){ 0 };
	return 1;
}

void server_hop_done(struct server_hop *h)
{
	destination_done(&h->at);
	buf_done(&h->before);
	server_half_done(&h->half);
	*h = (struct server_hop){ 0 };
}

const char *server_line_gives(void)
{
	return "The line alone: the key can do what this tunnel does, has no terminal, agent or X11, and "
	       "runs no command "
	       "of its choice; but whoever holds it can still start the account's shell, on an empty "
	       "command.";
}

const char *server_block_gives(bool dedicated)
{
	return dedicated
		       ? "With the dedicated block: sshd starts nothing on the server at all, for any key of "
			 "this account (what the "
			 "server's PAM does at each login, as Debian's update-motd, is not in sshd's hands)."
		       : "With the block: the port of a client that vanished is free again after 45 s (sshd "
			 "9.2 to 9.4: 90 s); "
			 "the account's own logins stay, and end likewise when their client is silent that "
			 "long.";
}

void server_half_done(struct server_half *h)
{
	buf_done(&h->line);
	buf_done(&h->type);
	buf_done(&h->base64);
	buf_done(&h->block);
	buf_done(&h->needs);
	strv_done(&h->notes);
	*h = (struct server_half){ 0 };
}
