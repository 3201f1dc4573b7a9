/* SPDX-License-Identifier: MIT */
#include "model/value.h"

#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/alloc.h"
#include "base/macros.h"
#include "base/utf8.h"

#define DIGITS "0123456789"

const char *parse_uint(const char *s, unsigned min, unsigned max, unsigned *ret)
{
	unsigned long long n = 0;

	if (!*s)
		return "is empty, wanted a number";
	for (; *s; s++) {
		if (*s < '0' || *s > '9')
			return "not a number";
		n = n * 10 + (unsigned)(*s - '0');
		if (n > max)
			return "too large";
	}
	if (n < min)
		return "too small";
	*ret = (unsigned)n;
	return NULL;
}

const char *parse_duration(const char *s, unsigned *ret_seconds)
{
	static const struct { char unit; unsigned seconds; } units[] = {
		{ 's', 1 }, { 'm', 60 }, { 'h', 3600 }, { 'd', 86400 }, { 'w', 604800 },
	};
	unsigned long long sum = 0;

	if (!*s)
		return "is empty, wanted a duration such as 30 or 1m30s";
	while (*s) {
		unsigned long long n = 0, factor = 1;

		if (*s < '0' || *s > '9')
			return "not a duration such as 30 or 1m30s";
		for (; *s >= '0' && *s <= '9'; s++)
			if ((n = n * 10 + (unsigned)(*s - '0')) > UINT_MAX)
				return "too long";
		if (*s) {
			factor = 0;
			for (size_t i = 0; i < ARRAY_LEN(units); i++)
				if ((*s | 0x20) == units[i].unit)
					factor = units[i].seconds;
			if (!factor)
				return "not a duration such as 30 or 1m30s";
			s++;
		}
		if ((sum += n * factor) > UINT_MAX)
			return "too long";
	}
	*ret_seconds = (unsigned)sum;
	return NULL;
}

const char *check_name(const char *s)
{
	size_t len = strlen(s);

	if (!len || len > 63 || strchr("._-", *s) || word_span(s, "._-") != len)
		return "not a tunnel's name: 1 to 63 letters, digits, dots, underscores and hyphens, "
		       "the first a letter or digit";
	if (len >= 4 && !strcasecmp(s + len - 4, ".ini"))
		return "not a tunnel's name: ends in .ini";
	return NULL;
}

static const char *check_word(const char *s, const char *forbidden)
{
	if (!*s)
		return "is empty";
	if (*s == '-')
		return "must not begin with '-'";
	if (strpbrk(s, " \t"))
		return "must not contain blanks";
	if (strpbrk(s, forbidden))
		return "contains a character that no such name has";
	return NULL;
}

const char *check_host(const char *s)
{
	const char *colon = strchr(s, ':');

	if (strstr(s, "://"))
		return "is a URL, wanted a name or an address";
	if (strchr(s, '@'))
		return "must not contain '@'; the account goes into User";
	if (*s == '[')
		return "wanted a name, or an address without [brackets] and port";
	if (colon && !strchr(colon + 1, ':'))
		return "a single ':' is in no name or address; a port goes into Port";
	return check_word(s, "'`\"$\\;&<>|(){}[]/,#");
}

const char *check_user(const char *s)
{
	size_t len = strlen(s);
	const char *why = check_word(s, "'`\";&<>|(){}$#,");

	if (!why && s[len - 1] == '\\')
		return "must not end in '\\'";
	return why;
}

const char *check_path(const char *s)
{
	if (*s == '"' || *s == '\'')
		return "a value stands without quotes, even with blanks in it";
	if (*s == '$' || strstr(s, "${"))
		return "variables are not expanded; write the path in full, or ~/...";
	if (*s == '~' && s[1] != '/')
		return "only ~/ is expanded, wanted an absolute path";
	if (*s != '/' && *s != '~')
		return "not an absolute path (/... or ~/...)";
	if (strpbrk(s, "\"\\"))
		return "a file name with \" or \\ cannot be told to ssh";
	return NULL;
}

const char *check_agent(const char *s)
{
	/* /private/tmp/com.apple.launchd.XXXXXXXXXX/Listeners */
	if (strstr(s, "/com.apple.launchd."))
		return "launchd makes another one at each login; wanted IdentityAgent = SSH_AUTH_SOCK, or an agent's own socket";
	return NULL;
}

static size_t word_len(const char *s)
{
	return strcspn(s, " \t");
}

static const char *next_word(const char *s)
{
	s += word_len(s);
	return s + strspn(s, " \t");
}

static bool is_key_type(const char *s)
{
	/* ssh-ed25519, ecdsa-sha2-nistp256, sk-ssh-ed25519@openssh.com, ssh-rsa-cert-v01@openssh.com */
	return !strncmp(s, "ssh-", 4) || !strncmp(s, "ecdsa-sha2-", 11) || !strncmp(s, "sk-", 3);
}

const char *parse_host_key(const char *s, struct host_key *ret)
{
	static const char wanted[] = "wanted [host] type base64, as in known_hosts or a .pub file";
	struct host_key k = { .marker = s };
	const char *blob;

	if (*s == '@') {
		k.marker_len = word_len(s);
		if (strncmp(s, "@cert-authority", k.marker_len) != 0 || k.marker_len != 15)
			return "the only marker is @cert-authority";
		s = next_word(s);
	}
	k.host = s;
	/* Every blob begins with the length of its type, three zero bytes: "AAAA" (RFC 4253, 6.6). A host may well
	 * be called ssh-gateway, so what stands in front of the blob is the type, and no name decides. */
	if (strncmp(next_word(s), "AAAA", 4) != 0) {
		k.host_len = word_len(s);
		for (size_t i = 0; i < k.host_len; i++)
			if (strchr("'`\"$\\;&<>(){}%#", s[i]))
				return "the host contains a character that no such name has";
		if (*s == '-')
			return "the host must not begin with '-'";
		s = next_word(s);
	}
	k.key = s;
	blob = next_word(s);
	if (!is_key_type(s) || word_span(s, "@.-") != word_len(s))
		return wanted;
	if (strncmp(blob, "AAAA", 4) != 0 || word_len(blob) < 40 || word_span(blob, "+/=") != word_len(blob))
		return wanted;
	/* A line of a .pub file ends in a comment, which is nobody's business here. */
	k.key_len = (size_t)(blob - s) + word_len(blob);
	*ret = k;
	return NULL;
}

const char *check_host_key(const char *s)
{
	struct host_key unused;

	return parse_host_key(s, &unused);
}

void destination_done(struct destination *d)
{
	free(d->user);
	free(d->host);
	*d = (struct destination){0};
}

const char *parse_destination(const char *text, size_t len, struct destination *ret)
{
	AUTO_FREE char *copy = xstrndup(text, len);
	AUTO(destination) d = {0};
	char *s = copy, *at = strrchr(copy, '@'), *port = NULL;
	const char *why;

	if (strstr(copy, "://"))
		return "is a URL, wanted [user@]host[:port]";
	if (at == copy)
		return "nothing stands in front of '@'";
	if (at) {
		*at = '\0';
		if ((why = check_user(s)))
			return why;
		d.user = xstrdup(s);
		s = at + 1;
	}
	if (*s == '[') {
		char *close = strchr(++s, ']');

		if (!close || (close[1] && close[1] != ':'))
			return "an address in [brackets] does not end";
		port = close[1] ? close + 2 : NULL;
		*close = '\0';
	} else if ((port = strchr(s, ':'))) {
		*port++ = '\0';
		if (strchr(port, ':'))
			return "too many colons; an IPv6 address stands in [brackets]";
	}
	if (!*s)
		return "a host is missing";
	if ((why = check_host(s)))
		return why;
	d.host = xstrdup(s);
	if (port && parse_uint(port, 1, 65535, &d.port))
		return "a port is a number between 1 and 65535";
	*ret = d;
	d = (struct destination){0};
	return NULL;
}

const char *check_jump(const char *s)
{
	for (;;) {
		AUTO(destination) d = {0};
		size_t len = strcspn(s, ",");
		const char *why = parse_destination(s, len, &d);

		if (why)
			return why;
		if (!s[len])
			return NULL;
		s += len + 1;
	}
}

const char *check_target(const char *s)
{
	AUTO(destination) d = {0};
	const char *why = parse_destination(s, strlen(s), &d);

	if (!why && (d.user || !d.port))
		return "wanted host:port";
	return why;
}

const char *check_proxy(const char *s)
{
	static const char wanted[] = "wanted http://host:port, socks5://host:port or direct";

	if (!strcmp(s, "direct"))
		return NULL;
	if (strchr(s, '@'))
		return "must not hold a password: everybody on this machine can read ssh's arguments";
	if (!strncmp(s, "http://", 7))
		s += 7;
	else if (!strncmp(s, "socks5://", 9))
		s += 9;
	else
		return wanted;
	return check_target(s) ? wanted : NULL;
}

const char *check_tunnel_device(const char *s)
{
	static const char wanted[] = "wanted local[:remote], numbers up to 2147483646 or any";

	for (int i = 0; i < 2; i++) {
		AUTO_FREE char *part = xstrndup(s, strcspn(s, ":"));
		unsigned unit;

		if (strcmp(part, "any") != 0 && parse_uint(part, 0, INT_MAX - 1, &unit))
			return wanted;
		s += strlen(part);
		if (!*s)
			return NULL;
		s++;
	}
	return wanted;
}

static const char *check_account(const char *s, size_t len)
{
	if (!len || len > 32)
		return "wanted user[:group]";
	if (strspn(s, DIGITS) >= len)
		return "wanted the name of an account or group, not its number";
	if (strchr(DIGITS ".-", *s) || word_span(s, "._-") < len)
		return "not the name of an account";
	return NULL;
}

const char *check_run_as(const char *s)
{
	size_t len = strcspn(s, ":");
	const char *why = check_account(s, len);

	if (why)
		return why;
	if (len == 7 && !strncmp(s, "dynamic", len))
		return "not built yet; name an account";
	return s[len] ? check_account(s + len + 1, strlen(s + len + 1)) : NULL;
}

const char *check_environment(const char *s)
{
	static const char *const reserved[] = {
		"NOTIFY_SOCKET", "SSH_AUTH_SOCK", "RUNTIME_DIRECTORY", "LD_PRELOAD", "LD_LIBRARY_PATH",
		"LD_AUDIT", "DYLD_INSERT_LIBRARIES", "IFS",
	};
	size_t len = word_span(s, "_");

	if (!len || s[len] != '=' || strchr(DIGITS, *s))
		return "wanted NAME=VALUE";
	for (size_t i = 0; i < ARRAY_LEN(reserved); i++)
		if (strlen(reserved[i]) == len && !strncmp(s, reserved[i], len))
			return "this variable is not for a tunnel to set";
	return NULL;
}
