/* SPDX-License-Identifier: MIT */
#include "ssh/proxy.h"

#include <string.h>

#include "base/shellquote.h"
#include "base/strv.h"
#include "model/value.h"
#include "ssh/path.h"

static const char *const words[PROXY_PROGRAM_COUNT] = { "none", "nc", "ncat", "corkscrew" };
static char usual_path[] = "/usr/bin/nc";

const struct proxy_tool proxy_tool_usual = { PROXY_NC, { usual_path, sizeof(usual_path) - 1, sizeof(usual_path) } };

/* An entry taken apart. */
struct entry {
	bool socks;
	struct destination proxy;
};

static void entry_done(struct entry *e)
{
	destination_done(&e->proxy);
}

static bool parse(const char *text, struct entry *ret)
{
	const char *rest = strstr(text, "://");

	ret->socks = !strncmp(text, "socks5:", 7);
	return rest && !parse_destination(rest + 3, strlen(rest + 3), &ret->proxy);
}

bool proxy_is_direct(const char *entry)
{
	return !strcmp(entry, "direct");
}

bool proxy_is_usable(const struct proxy_tool *tool, const char *text)
{
	AUTO(entry) e = {0};

	if (proxy_is_direct(text))
		return true;
	if (!parse(text, &e))
		return false;
	if (tool->program == PROXY_CORKSCREW)
		return !e.socks && !strchr(e.proxy.host, ':');
	return tool->program != PROXY_NONE;
}

static void push_address(const struct destination *proxy, struct strv *ret)
{
	strv_pushf(ret, strchr(proxy->host, ':') ? "[%s]:%u" : "%s:%u", proxy->host, proxy->port);
}

static void push_words(enum proxy_program program, const struct entry *e, struct strv *ret)
{
	switch (program) {
	case PROXY_NC:
		strv_push(ret, "-v"); /* else a proxy that cannot be reached is no word to it */
		strv_push(ret, "-X");
		strv_push(ret, e->socks ? "5" : "connect");
		strv_push(ret, "-x");
		push_address(&e->proxy, ret);
		strv_push(ret, "--");
		break;
	case PROXY_NCAT:
		strv_push(ret, "--proxy-type");
		strv_push(ret, e->socks ? "socks5" : "http");
		strv_push(ret, "--proxy");
		push_address(&e->proxy, ret);
		strv_push(ret, "--");
		break;
	case PROXY_CORKSCREW:
		strv_push(ret, e->proxy.host);
		strv_pushf(ret, "%u", e->proxy.port);
		break;
	case PROXY_NONE:
	case PROXY_PROGRAM_COUNT:
		break;
	}
}

void proxy_command(const struct proxy_tool *tool, const char *text, const char *host, struct buf *ret)
{
	AUTO(entry) e = {0};
	AUTO(strv) argv = {0};
	AUTO(buf) quoted = {0};

	if (!parse(text, &e))
		return;
	strv_push(&argv, buf_str(&tool->path));
	push_words(tool->program, &e, &argv);
	/* Quoted for the shell, and % doubled for ssh, which expands it first. */
	shell_quote(&argv, &quoted);
	ssh_percent_put(quoted.s, ret);
	/* It puts the address into the request as it comes; the others know brackets themselves. */
	buf_puts(ret, tool->program == PROXY_CORKSCREW && strchr(host, ':') ? " '[%h]' %p" : " %h %p");
}

void proxy_cure(const char *text, struct buf *ret)
{
	buf_puts(ret, "install netcat-openbsd (Debian, Ubuntu), nmap-ncat (Fedora, RHEL) or openbsd-netcat (Arch); macOS has "
		      "/usr/bin/nc");
	if (!strncmp(text, "http:", 5))
		buf_puts(ret, "; for a web proxy corkscrew does, too");
}

enum proxy_program proxy_program_of(const char *said)
{
	if (strstr(said, "Ncat "))
		return PROXY_NCAT;
	return strstr(said, "-X proxy_") && strstr(said, "-x proxy_address") ? PROXY_NC : PROXY_NONE;
}

void proxy_tool_print(const struct proxy_tool *tool, struct buf *ret)
{
	buf_puts(ret, words[tool->program]);
	if (tool->program)
		buf_cat(ret, " ", buf_str(&tool->path));
}

bool proxy_tool_parse(const char *text, struct proxy_tool *ret)
{
	const char *blank = strchr(text, ' ');
	size_t len = blank ? (size_t)(blank - text) : strlen(text);

	for (int i = 0; i < PROXY_PROGRAM_COUNT; i++) {
		if (strlen(words[i]) != len || strncmp(words[i], text, len) != 0)
			continue;
		if ((i == PROXY_NONE) != !blank || (blank && blank[1] != '/'))
			return false;
		ret->program = (enum proxy_program)i;
		if (blank)
			buf_puts(&ret->path, blank + 1);
		return true;
	}
	return false;
}

void proxy_tool_done(struct proxy_tool *tool)
{
	buf_done(&tool->path);
	*tool = (struct proxy_tool){0};
}
