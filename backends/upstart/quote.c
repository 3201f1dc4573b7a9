/* SPDX-License-Identifier: MIT */
#include "quote.h"

#include <stdbool.h>
#include <string.h>

/* Means itself to upstart's lexer and to the shell, and does not make upstart call the shell. */
static bool is_plain(const char *s)
{
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_@%+:,./-";

	if (!*s)
		return false;
	for (; *s; s++)
		if ((unsigned char)*s < 0x80 && !strchr(plain, *s))
			return false;
	return true;
}

/* Puts ARG between single quotes; a byte that cannot stand there is replaced by what ESCAPE says. */
static void put_quoted(const char *arg, const char *(*escape)(char), struct buf *ret)
{
	if (is_plain(arg)) {
		buf_puts(ret, arg);
		return;
	}
	buf_putc(ret, '\'');
	for (; *arg; arg++) {
		const char *other = escape(*arg);

		if (other)
			buf_puts(ret, other);
		else
			buf_putc(ret, *arg);
	}
	buf_putc(ret, '\'');
}

/* upstart's lexer heeds a backslash even between single quotes, and takes a lone one behind a blank for
 * something else altogether: so it stands doubled, outside, where the shell reads two as one. */
static const char *escape_exec(char c)
{
	return c == '\'' ? "'\\''" : c == '\\' ? "'\\\\'" : NULL;
}

/* No line may begin with what the user wrote: it could be "end script". */
static const char *escape_script(char c)
{
	return c == '\'' ? "'\\''" : c == '\n' ? "'\"\n\"'" : NULL;
}

void job_quote_exec(const char *arg, struct buf *ret)
{
	put_quoted(arg, escape_exec, ret);
}

void job_quote_script(const char *arg, struct buf *ret)
{
	put_quoted(arg, escape_script, ret);
}

void job_quote_command(const struct strv *argv, struct buf *ret)
{
	bool script = false;

	for (size_t i = 0; i < argv->len; i++)
		if (strchr(argv->v[i], '\n'))
			script = true;
	buf_puts(ret, script ? "script\nexec" : "exec");
	for (size_t i = 0; i < argv->len; i++) {
		buf_putc(ret, ' ');
		put_quoted(argv->v[i], script ? escape_script : escape_exec, ret);
	}
	buf_puts(ret, script ? "\nend script\n" : "\n");
}

const char *job_quote_value(const char *value, struct buf *ret)
{
	char quote = '"';

	if (strchr(value, '\n'))
		return "holds a line break, which upstart would turn into a blank";
	buf_putc(ret, quote);
	for (; *value; value++) {
		if (*value == quote) {
			/* No quote can be escaped: it stands between quotes of the other kind. */
			buf_putc(ret, quote);
			quote = quote == '"' ? '\'' : '"';
			buf_putc(ret, quote);
		} else if (*value == '\\') {
			buf_putc(ret, '\\');
		}
		buf_putc(ret, *value);
	}
	buf_putc(ret, quote);
	return NULL;
}
