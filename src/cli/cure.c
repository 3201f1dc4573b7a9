/* SPDX-License-Identifier: MIT */
#include "cli/cure.h"

#include <string.h>
#include <unistd.h>

#include "base/shellquote.h"
#include "cli/nextstep.h"

static const struct cure {
	enum class_id class;
	const char *why, *verb, *more, *linux_command, *macos_command;
} cures[CURE_COUNT] = {
#define OURS(id, class, why, verb, more) [CURE_##id] = { CLASS_##class, why, verb, more, NULL, NULL },
#define SHELL(id, class, why, on_linux, on_macos) \
	[CURE_##id] = { CLASS_##class, why, NULL, NULL, on_linux, on_macos },
#include "cli/cures.def"
};

enum cure_id cure_of(enum class_id class)
{
	for (int i = CURE_none + 1; i < CURE_COUNT; i++)
		if (class != CLASS_none && cures[i].class == class)
			return (enum cure_id)i;
	return CURE_unknown;
}

const char *cure_why(enum cure_id id)
{
	if (id == CURE_none)
		return NULL;
	return cures[id].why ? cures[id].why : classes[cures[id].class].sentence;
}

static void put_quoted(const char *word, struct buf *ret)
{
	AUTO(strv) words = {0};

	strv_push(&words, word ? word : "");
	shell_quote(&words, ret);
}

static void put_sudo(const struct account *a, struct buf *ret)
{
	if (!a->name || a->uid == geteuid())
		return;
	buf_puts(ret, "sudo -u ");
	put_quoted(a->name, ret);
	buf_putc(ret, ' ');
}

static void put_word(char sign, const struct cure_case *c, struct buf *ret)
{
	switch (sign) {
	case 'x':
		put_quoted(c->argument, ret);
		return;
	case 'a':
		put_quoted(c->account->name, ret);
		return;
	case 'H':
		put_quoted(c->account->home, ret);
		return;
	case 'h':
		put_quoted(c->tunnel->host, ret);
		return;
	case 'p':
		buf_printf(ret, "%u", c->tunnel->port);
		return;
	case 'u':
		if (c->tunnel->user) {
			put_quoted(c->tunnel->user, ret);
			buf_putc(ret, '@');
		}
		return;
	case 'i':
		put_quoted(c->ini, ret);
		return;
	case 'n':
		put_quoted(c->tunnel->name, ret);
		return;
	case 's':
		put_sudo(c->account, ret);
		return;
	default:
		return;
	}
}

bool cure_command(enum cure_id id, const struct cure_case *c, struct buf *ret)
{
	const char *text = c->system == SYSTEM_MACOS ? cures[id].macos_command : cures[id].linux_command;

	if (cures[id].verb) {
		nextstep_command(c->cli, c->tunnel, c->user, cures[id].verb, cures[id].more, ret);
		return true;
	}
	for (const char *s = text; s && *s; s++)
		if (*s == '%' && s[1])
			put_word(*++s, c, ret);
		else
			buf_putc(ret, *s);
	return text;
}
