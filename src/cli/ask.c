/* SPDX-License-Identifier: MIT */
#include "cli/ask.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/utf8.h"

bool ask_can(void)
{
	return isatty(STDIN_FILENO) && isatty(STDERR_FILENO);
}

/* The rest of a line that is too long belongs to it, and not to the next question. */
static bool read_answer(struct buf *ret)
{
	char chunk[256];
	bool any = false;

	while (fgets(chunk, sizeof(chunk), stdin)) {
		any = true;
		buf_puts(ret, chunk);
		if (strchr(chunk, '\n'))
			break;
	}
	return any;
}

static void trim(struct buf *text)
{
	size_t front = strspn(buf_str(text), " \t");

	while (text->len && strchr(" \t\r\n", text->s[text->len - 1]))
		text->s[--text->len] = '\0';
	if (front && front <= text->len) {
		memmove(text->s, text->s + front, text->len - front + 1);
		text->len -= front;
	}
}

static bool ask(struct buf *ret, const char *choice, const char *format, va_list ap)
{
	AUTO(buf) text = {0};
	bool any;

	buf_vprintf(&text, format, ap);
	if (text.s)
		text_clean(text.s);
	(void)fflush(stdout);
	(void)fprintf(stderr, "%s%s ", buf_str(&text), choice);
	(void)fflush(stderr);
	any = read_answer(ret);
	if (!any)
		(void)fputc('\n', stderr);
	trim(ret);
	return any;
}

static bool is_word(const struct buf *answer, const char *word)
{
	return !strcasecmp(buf_str(answer), word) ||
	       (answer->len == 1 && !strncasecmp(buf_str(answer), word, 1));
}

bool ask_yes(const char *format, ...)
{
	AUTO(buf) answer = {0};
	va_list ap;
	bool any;

	va_start(ap, format);
	any = ask(&answer, " [y/N]", format, ap);
	va_end(ap);
	return any && is_word(&answer, "yes");
}

bool ask_unless_no(const char *format, ...)
{
	AUTO(buf) answer = {0};
	va_list ap;
	bool any;

	va_start(ap, format);
	any = ask(&answer, " [Y/n]", format, ap);
	va_end(ap);
	return any && !is_word(&answer, "no");
}

bool ask_line(struct buf *ret, const char *format, ...)
{
	va_list ap;
	bool any;

	va_start(ap, format);
	any = ask(ret, "", format, ap);
	va_end(ap);
	return any;
}
