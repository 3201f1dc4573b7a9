/* SPDX-License-Identifier: MIT */
/* tunnelctl-doc TEMPLATE OUTPUT */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "doc/doc.h"

enum { MAX_TEMPLATE = 1024 * 1024 };

static mark_put *mark_find(const char *name)
{
	static const struct mark *const all[] = { mdoc_marks, bash_marks, zsh_marks, fish_marks };

	for (size_t i = 0; i < ARRAY_LEN(all); i++)
		for (const struct mark *m = all[i]; m->name; m++)
			if (!strcmp(m->name, name))
				return m->put;
	return NULL;
}

/* The text between the @ of a line, in two parts; false where it is no mark. */
static bool read_mark(const char *line, size_t len, struct buf *ret_name, struct buf *ret_argument)
{
	size_t name;

	if (len < 3 || line[0] != '@' || line[len - 1] != '@')
		return false;
	name = strcspn(line + 1, " @");
	buf_put(ret_name, line + 1, name);
	if (line[1 + name] == ' ')
		buf_put(ret_argument, line + 2 + name, len - name - 3);
	return true;
}

/* What was written by hand about a verb that does not exist is left out: it may be about to come. A test looks. */
static bool is_about_nothing(const char *name, const char *argument)
{
	return !strcmp(name, "verb") && !verb_find(argument);
}

/* Verbs about which nothing was written by hand: what the table says of them. */
static void put_verbs_left(const char *text, struct buf *ret)
{
	for (size_t i = 0; i < verbs_len; i++) {
		AUTO(buf) mark = {0};

		buf_printf(&mark, "\n@verb %s@\n", verbs[i].name ? verbs[i].name : "");
		if (verbs[i].name && !strstr(text, mark.s))
			mark_find("verb")(verbs[i].name, ret);
	}
}

static int fill(const char *text, struct buf *ret, struct error *err)
{
	unsigned number = 0;
	bool leave_out = false;

	for (const char *line = text; *line; line += strcspn(line, "\n"), line += *line == '\n') {
		AUTO(buf) name = {0};
		AUTO(buf) argument = {0};
		mark_put *put;

		number++;
		if (!read_mark(line, strcspn(line, "\n"), &name, &argument)) {
			if (!leave_out) {
				buf_put(ret, line, strcspn(line, "\n"));
				buf_putc(ret, '\n');
			}
			continue;
		}
		leave_out = is_about_nothing(name.s, buf_str(&argument));
		if (!strcmp(name.s, "verbs-left"))
			put_verbs_left(text, ret);
		else if (!(put = mark_find(name.s)))
			return error_set(err, -EINVAL, "line %u: no such mark: %s", number, name.s);
		else if (!leave_out)
			put(buf_str(&argument), ret);
	}
	return 0;
}

int main(int argc, char **argv)
{
	AUTO(buf) text = {0};
	AUTO(buf) filled = {0};
	struct error err = {0};

	if (argc != 3) {
		(void)fputs("usage: tunnelctl-doc TEMPLATE OUTPUT\n", stderr);
		return 2;
	}
	if (file_read(argv[1], MAX_TEMPLATE, &text, NULL, &err) < 0 || fill(buf_str(&text), &filled, &err) < 0) {
		(void)fprintf(stderr, "tunnelctl-doc: %s: %s\n", argv[1], err.text);
		return 1;
	}
	if (file_write(argv[2], &filled, 0644, false, &err) < 0) {
		(void)fprintf(stderr, "tunnelctl-doc: %s\n", err.text);
		return 1;
	}
	return 0;
}
