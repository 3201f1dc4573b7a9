/* SPDX-License-Identifier: MIT */
/* Measures the model of upstart's lexer against what upstart itself did: upstart-probes.txt, row by row. */
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "upstart-run.h"

/* What a row says must happen: arguments, or NULL and the beginning of why nothing ran. */
struct row {
	json_t *text, *args;
	const char *why;
};

static void row_done(struct row *r)
{
	json_decref(r->text);
	json_decref(r->args);
}

static int parse(const char *line, struct row *ret)
{
	json_error_t err;
	const char *arrow;

	ret->text = json_loads(line, JSON_DECODE_ANY | JSON_DISABLE_EOF_CHECK, &err);
	if (!json_is_string(ret->text) || !(arrow = strstr(line + err.position, "-> ")))
		return -1;
	arrow += 3;
	if (!strncmp(arrow, "NO RUN: rejected by the parser", 30))
		ret->why = "model: rejected";
	else if (!strncmp(arrow, "NO RUN: shell", 13))
		ret->why = "run: the shell failed";
	else
		ret->args = json_loads(arrow, 0, &err);
	return ret->why || json_is_array(ret->args) ? 0 : -1;
}

static int same(const json_t *expected, const struct strv *args)
{
	if (json_array_size(expected) != args->len)
		return 0;
	for (size_t i = 0; i < args->len; i++) {
		AUTO(buf) text = {0};
		const char *s = json_string_value(json_array_get(expected, i)), *at = strstr(s, "<HOME>");

		buf_put(&text, s, at ? (size_t)(at - s) : strlen(s));
		if (at)
			buf_printf(&text, "%s%s", run_home(), at + strlen("<HOME>"));
		if (strcmp(buf_str(&text), args->v[i]) != 0)
			return 0;
	}
	return 1;
}

static void complain(const char *line, const char *why, const struct strv *args)
{
	printf("differs: %s  got: %s", line, why ? why : "");
	for (size_t i = 0; i < args->len; i++)
		printf(" <%s>", args->v[i]);
	printf("\n");
}

/* 1 = as recorded. */
static int probe(const char *line)
{
	AUTO(row) row = {0};
	AUTO(buf) job = {0};
	AUTO(strv) args = {0};
	enum form form;
	const char *why;

	if (parse(line, &row) < 0) {
		printf("not a row: %s", line);
		return 0;
	}
	buf_printf(&job, "exec argdump %s\n", json_string_value(row.text));
	why = run_job(job.s, &args, &form);
	if (row.why ? why && !strcmp(why, row.why) && !args.len : !why && same(row.args, &args))
		return 1;
	complain(line, why, &args);
	return 0;
}

int main(int argc, char *argv[])
{
	char line[512];
	int rows = 0, good = 0;
	FILE *f;

	if (argc != 3 || !(f = fopen(argv[2], "r"))) {
		fprintf(stderr, "usage: upstart-probes ARGDUMP PROBES\n");
		return 2;
	}
	run_prepare(argv[1]);
	while (fgets(line, sizeof(line), f))
		if (*line != '#') {
			rows++;
			good += probe(line);
		}
	(void)fclose(f);
	run_clean();
	printf("upstart's lexer: %d of %d probes as upstart 1.13.2 ran them\n", good, rows);
	return rows == 85 && good == rows ? 0 : 1;
}
