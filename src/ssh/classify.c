/* SPDX-License-Identifier: MIT */
#include "ssh/classify.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/macros.h"
#include "base/utf8.h"

const struct class classes[CLASS_COUNT] = {
	[CLASS_none] = { "", "", RULE_BACKOFF },
#define CLASS(id, word, rule, sentence) [CLASS_##id] = { word, sentence, RULE_##rule },
#include "ssh/classes.def"
};

static bool is_private_v4(const char *s, bool *ret)
{
	/* RFC 1918, RFC 3927 */
	static const struct { unsigned address, mask; } nets[] = {
		{ 0x0a000000, 0xff000000 },
		{ 0xac100000, 0xfff00000 },
		{ 0xc0a80000, 0xffff0000 },
		{ 0xa9fe0000, 0xffff0000 },
	};
	struct in_addr a;

	*ret = false;
	if (inet_pton(AF_INET, s, &a) != 1)
		return false;
	for (size_t i = 0; i < ARRAY_LEN(nets); i++)
		*ret |= (ntohl(a.s_addr) & nets[i].mask) == nets[i].address;
	return true;
}

/* RFC 4193 and link-local, perhaps with an interface behind it. */
static bool is_private_v6(const char *s, bool *ret)
{
	char address[INET6_ADDRSTRLEN] = "";
	size_t len = strcspn(s, "%");
	struct in6_addr a;

	if (len >= sizeof(address))
		return false;
	memcpy(address, s, len);
	if (inet_pton(AF_INET6, address, &a) != 1)
		return false;
	*ret = IN6_IS_ADDR_LINKLOCAL(&a) || (a.s6_addr[0] & 0xfe) == 0xfc;
	return true;
}

/* Of "connect to host HOST port ...": whether HOST may be in the local network. A name may, ssh does not say which
 * address it stands for. */
static bool may_be_local(const char *text)
{
	const char *host = strstr(text, "connect to host ");
	char word[256] = "";
	size_t len;
	bool private;

	if (!host)
		return false;
	host += strlen("connect to host ");
	len = strcspn(host, " ");
	if (len >= sizeof(word))
		return true;
	memcpy(word, host, len);
	return (!is_private_v4(word, &private) && !is_private_v6(word, &private)) || private;
}

enum kind { EVENT, HINT, QUIET };

static const struct event {
	const char *pattern;
	enum kind kind;
	enum class_id class;
	enum system system;              /* 0: any */
	bool (*condition)(const char *); /* NULL: none */
} events[] = {
#define EVENT(pattern, class) { pattern, EVENT, CLASS_##class },
#define HINT(pattern, class) { pattern, HINT, CLASS_##class },
#define QUIET(pattern) { pattern, QUIET, CLASS_none },
#define MACOS(kind, pattern, class, condition) { pattern, kind, CLASS_##class, SYSTEM_MACOS, condition },
#define ALWAYS NULL
#include "ssh/events.def"
#undef ALWAYS
};

/* What else a line may tell without a word of its own that we need. A line of debug is believed only as such: a
 * server's banner comes as it is. */
static const struct {
	const char *pattern;
	enum said what;
	bool debug;
} sayings[] = {
	{ "Entering interactive session", SAID_SESSION, true },
	{ "tunnel forward established", SAID_DEVICE, true },
	{ "channel *: open confirm ", SAID_CHANNEL_OPEN, true },
	{ "channel *: open failed: administratively prohibited", SAID_LOOP_FORBIDDEN, false },
	{ "channel *: open failed: connect failed: open failed", SAID_PATH_FORBIDDEN, false }, /* TCP has a reason behind */
	{ "connect_to * port *: failed", SAID_TARGET_REFUSES, false },
	{ "connect_to *: unknown host", SAID_TARGET_REFUSES, false },
	{ "connect to * port * failed: ", SAID_TARGET_REFUSES, false }, /* at once: Unix sockets */
	{ "Transferred: sent ", SAID_STOPPED, false },
	{ "Killed by signal 15.", SAID_STOPPED, false }, /* an old ssh, at SIGTERM */
	{ "Server host key: ", SAID_SERVER_KEY, true },
	{ "Host '*' is known and matches the ", SAID_SERVER_KNOWN, true },
	{ "Offering public key: ", SAID_KEY_OFFERED, true },
	{ "Offering * public key: ", SAID_KEY_OFFERED, true }, /* 7.9 */
	{ "Server accepts key: ", SAID_KEY_ACCEPTED, true },
	{ "Authentications that can continue: ", SAID_METHODS, true },
	{ "Authenticated * partial success", SAID_PARTIAL, false },
	{ "Remote: *: key options: ", SAID_KEY_OPTIONS, true }, /* since 7.7 */
	{ "Remote: *: key options:", SAID_KEY_OPTIONS, true },   /* none at all */
	{ "subsystem request failed on channel ", SAID_NO_SUBSYSTEM, false },
};

/* Where a failure tells of one forward alone. */
static const char *const places[] = {
	"*remote port forwarding failed for listen port ",
	"*remote port forwarding failed for listen path ",
	"*cannot listen to port: ",
	"*cannot listen on path ",
};

enum class_id class_find(const char *word)
{
	for (int i = CLASS_none + 1; i < CLASS_COUNT; i++)
		if (!strcmp(classes[i].word, word))
			return (enum class_id)i;
	return CLASS_none;
}

enum class_id class_of_daemon(enum class_id class)
{
	return class == CLASS_local_network ? CLASS_unreachable : class;
}

/* What stands behind START at the beginning of S, or NULL. */
static const char *behind(const char *s, const char *start)
{
	size_t len = strlen(start);

	return strncmp(s, start, len) ? NULL : s + len;
}

static const char *skip_digits(const char *s)
{
	return s + strspn(s, "0123456789");
}

static const char *skip_function(const char *s)
{
	const char *p = s + word_span(s, "_-+.");

	p = p > s ? behind(p, ": ") : NULL;
	return p ? p : s;
}

/* ssh.c:ssh_confirm_remote_forward():1827 (pid=27226): , later also (bin=/usr/bin/ssh, pid=27226): */
static const char *skip_forced(const char *s)
{
	const char *p = s + word_span(s, "_-."), *pid;

	if (p == s || *p++ != ':')
		return s;
	p += word_span(p, "_");
	if (!(p = behind(p, "():")) || !(p = behind(skip_digits(p), " (")))
		return s;
	if (behind(p, "bin="))
		p = (pid = strstr(p, ", pid=")) ? pid + 2 : p;
	if (!(p = behind(p, "pid=")) || !(p = behind(skip_digits(p), "): ")))
		return s;
	return p;
}

static const char *skip_debug(const char *s)
{
	const char *p = behind(s, "debug");

	if (!p || *p < '1' || *p > '3')
		return s;
	p = behind(p + 1, ": ");
	return p ? p : s;
}

/* The first place in S where the LEN bytes of PIECE stand. */
static const char *find(const char *s, const char *piece, size_t len)
{
	for (; *s; s++)
		if (!strncmp(s, piece, len))
			return s;
	return len ? NULL : s;
}

/* What stands behind the pattern in S, or NULL: it does not match. */
static const char *match(const char *pattern, const char *s)
{
	size_t len = strcspn(pattern, "*");

	if (strncmp(s, pattern, len) != 0)
		return NULL;
	for (s += len, pattern += len; *pattern == '*'; s += len, pattern += len) {
		len = strcspn(++pattern, "*");
		if (!(s = find(s, pattern, len)))
			return NULL;
	}
	return s;
}

static bool matches(const char *pattern, const char *s)
{
	return match(pattern, s);
}

/* The server's own words stand in these lines: nothing is looked for in their midst but what is said of them. */
static bool is_repeated(const char *text)
{
	return behind(text, "Received disconnect from ") || behind(text, "Remote: ") ||
	       behind(text, "Bad remote protocol version ");
}

static bool counts(const struct event *e, enum system system, const char *text)
{
	return (!e->system || e->system == system) && (!e->condition || e->condition(text));
}

static const struct event *find_event(enum system system, const char *text)
{
	const char *bare = skip_function(text);
	bool repeated = is_repeated(text);

	for (size_t i = 0; i < ARRAY_LEN(events); i++) {
		const char *pattern = events[i].pattern;

		if (*pattern == '*' && repeated)
			continue;
		if ((matches(pattern, text) || (bare != text && !repeated && matches(pattern, bare))) &&
		    counts(&events[i], system, text))
			return &events[i];
	}
	return NULL;
}

/* Copies up to END, all of it or nothing. */
static void copy(const char *s, const char *end, char *ret, size_t size)
{
	size_t len = (size_t)(end - s);

	if (len >= size)
		return;
	memcpy(ret, s, len);
	ret[len] = '\0';
}

/* Reads a port and returns what stands behind it, or NULL: none from 1 to 65535. */
static const char *read_port(const char *s, unsigned *ret)
{
	const char *end = skip_digits(s);
	unsigned long port = end - s > 5 ? 0 : strtoul(s, NULL, 10);

	if (end == s || port < 1 || port > 65535)
		return NULL;
	*ret = (unsigned)port;
	return end;
}

/* "HOST ([ADDRESS]:PORT)" and no more than a method, or "HOST (via proxy)". */
static void read_authenticated(const char *s, struct saying *ret)
{
	const char *blank = strchr(s, ' '), *hop = behind(s, "tunnelctl-hop-"), *address, *end;
	unsigned port;

	if (!blank || (hop && (*hop != '1' || hop + 1 != blank)))
		return;
	if (!behind(blank, " (via proxy)")) {
		address = behind(blank, " ([");
		end = address ? strstr(address, "]:") : NULL;
		if (!end)
			return;
		blank = read_port(end + 2, &port);
		if (!blank || *blank != ')')
			return;
		copy(address, end, ret->peer, sizeof(ret->peer));
		ret->port = port;
	}
	ret->what = hop ? SAID_HOP : SAID_AUTHENTICATED;
}

/* "12345, connect ", "localhost:12345, connect " or, for a path, "/run/a.sock:-2, connect ". */
static void read_confirmed(const char *s, struct saying *ret)
{
	const char *end = strstr(s, ", connect ");

	if (!end || end == s)
		return;
	if (*s == '/' && end - s > 3 && !strncmp(end - 3, ":-2", 3))
		end -= 3;
	copy(s, end, ret->listen, sizeof(ret->listen));
	ret->what = SAID_CONFIRMED;
}

static void read_allocated(const char *s, struct saying *ret)
{
	unsigned port;

	if (!(s = read_port(s, &port)) || !behind(s, " for remote forward to "))
		return;
	ret->port = port;
	ret->what = SAID_ALLOCATED;
}

static void read_saying(const char *text, bool debug, struct saying *ret)
{
	const char *s;

	if ((s = behind(text, "Authenticated to "))) {
		read_authenticated(s, ret);
		return;
	}
	if ((s = behind(text, "Allocated port "))) {
		read_allocated(s, ret);
		return;
	}
	if (debug && (s = behind(text, "remote forward success for: listen "))) {
		read_confirmed(s, ret);
		return;
	}
	for (size_t i = 0; i < ARRAY_LEN(sayings); i++)
		if ((debug || !sayings[i].debug) && (s = match(sayings[i].pattern, text))) {
			ret->what = sayings[i].what;
			ret->words = s;
			return;
		}
}

static void read_place(const char *text, struct saying *ret)
{
	const char *s;

	for (size_t i = 0; i < ARRAY_LEN(places); i++)
		if ((s = match(places[i], text))) {
			copy(s, s + strlen(s), ret->listen, sizeof(ret->listen));
			return;
		}
}

static bool is_error(const struct saying *s)
{
	static const char *const starts[] = { "Warning: ", "WARNING", "Error", "error", "fatal", "@" };

	if (s->what == SAID_FAILURE || s->what == SAID_TARGET_REFUSES || s->what == SAID_LOOP_FORBIDDEN)
		return true;
	for (size_t i = 0; i < ARRAY_LEN(starts) && !s->ours; i++)
		if (behind(s->text, starts[i]))
			return true;
	return false;
}

void classify_line_of(enum system system, const char *line, struct saying *ret)
{
	const char *rest = skip_debug(line);
	bool debug = rest != line;
	const struct event *e;

	*ret = (struct saying){ .text = skip_forced(rest), .ours = debug };
	e = find_event(system, ret->text);
	/* On the way ssh tells of much in debug lines that fails and does not matter; only the server's reasons do. */
	if (e && e->kind != QUIET && debug == !!behind(ret->text, "Remote: ")) {
		ret->what = SAID_FAILURE;
		ret->class = e->class;
		ret->row = (unsigned)(e - events);
		ret->ours = false;
		read_place(ret->text, ret);
	} else {
		read_saying(ret->text, debug, ret);
	}
	/* What VERBOSE says besides what it was asked for. */
	if (behind(ret->text, "Transferred: ") || behind(ret->text, "Bytes per second: "))
		ret->ours = true;
	ret->error = is_error(ret);
}

void classify_line(const char *line, struct saying *ret)
{
	classify_line_of(system_here(), line, ret);
}

static void take(struct verdict *v, const struct saying *s)
{
	size_t len = strlen(s->text);

	v->class = s->class;
	v->row = s->row;
	if (len >= sizeof(v->words))
		for (len = sizeof(v->words) - 1; len && ((unsigned char)s->text[len] & 0xc0) == 0x80;)
			len--; /* not into a character */
	memcpy(v->words, s->text, len);
	v->words[len] = '\0';
}

static bool is_hint(const struct verdict *v)
{
	return v->class != CLASS_none && v->row < ARRAY_LEN(events) && events[v->row].kind == HINT;
}

static void add_failure(struct verdict *v, const struct saying *s)
{
	if (is_hint(v) && s->class == CLASS_auth)
		v->row = s->row; /* so that is why; no longer a mere hint */
	else if (v->class == CLASS_none || s->row < v->row)
		take(v, s);
}

void verdict_add(struct verdict *v, const struct saying *s)
{
	const struct event *e;

	switch (s->what) {
	case SAID_FAILURE:
		add_failure(v, s);
		return;
	case SAID_AUTHENTICATED:
	case SAID_CONFIRMED:
		/* Whatever was wrong until now, the server has let us in all the same. */
		*v = (struct verdict){0};
		return;
	case SAID_NOTHING:
		if (v->class != CLASS_none || s->ours || !*s->text)
			return;
		e = find_event(SYSTEM_LINUX, s->text); /* what is quiet is so everywhere */
		if (!e || e->kind != QUIET)
			take(v, s);
		return;
	default:
		return;
	}
}

void verdict_add_all(struct verdict *v, const char *output)
{
	while (*output) {
		size_t len = strcspn(output, "\n");
		AUTO_FREE char *line = xstrndup(output, len);
		struct saying said = {0};

		line[strcspn(line, "\r")] = '\0';
		text_clean(line);
		classify_line(line, &said);
		verdict_add(v, &said);
		output += len + (output[len] == '\n');
	}
}
