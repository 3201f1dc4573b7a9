/* SPDX-License-Identifier: MIT */
/* A tunnel tried out step by step: what was seen, how long it took, and what cures it. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/table.h"
#include "cli/checkup.h"
#include "cli/ink.h"
#include "cli/json.h"
#include "cli/nextstep.h"

enum { STEP_WIDTH = 12 };

struct page {
	const struct cli *cli;
	bool colour, signs;
	json_t *lines;   /* of the tunnel under way */
	struct buf cure; /* the last one that was printed */
	size_t problems;
};

static const struct {
	const char *word, *sign, *ascii;
	enum ink ink;
} verdicts[] = {
	[CHECKUP_NOTHING] = { "skipped", "–", "- ", INK_DIM },
	[CHECKUP_GOOD] = { "ok", "✓", "ok", INK_GOOD },
	[CHECKUP_WARNING] = { "warning", "!", "! ", INK_WARNING },
	[CHECKUP_BLOCKED] = { "not-tried", "–", "- ", INK_DIM },
	[CHECKUP_FAILED] = { "failed", "✗", "NO", INK_BAD },
};

static void put_seen(const struct checkup_line *l, struct buf *ret)
{
	if (l->about)
		buf_cat(ret, l->about, ": ");
	buf_puts(ret, l->seen);
	if (l->ms > 0 && l->verdict != CHECKUP_NOTHING && l->verdict != CHECKUP_BLOCKED)
		buf_printf(ret, " (%ld ms)", l->ms);
}

/* One that goes on below itself where the terminal ends. */
static void print_cells(const char *first, const char *rest, struct buf *ret)
{
	AUTO(strv) cells = {0};

	strv_push(&cells, first);
	strv_push(&cells, rest);
	table_print(&cells, 2, cli_columns(), ret);
}

static void print_line(const struct page *p, const struct checkup_line *l)
{
	const char *sign = p->signs ? verdicts[l->verdict].sign : verdicts[l->verdict].ascii;
	AUTO(buf) first = {0};
	AUTO(buf) seen = {0};
	AUTO(buf) text = {0};
	AUTO(buf) ink = {0};

	put_seen(l, &seen);
	buf_printf(&first, "%s %-*s", sign, STEP_WIDTH, l->step);
	print_cells(first.s, seen.s, &text);
	ink_put(p->colour, verdicts[l->verdict].ink, sign, &ink);
	(void)printf("%s%s", ink.s, text.s + strlen(sign));
}

/* The command stands alone in its line, whole, so that it can be copied. What cures several lines stands
 * behind the first of them. */
static void print_cure(struct page *p, const struct checkup_line *l)
{
	AUTO(buf) text = {0};

	if (l->why)
		print_cells("  ", l->why, &text);
	if (l->command)
		buf_cat(&text, "      ", l->command, "\n");
	if (!strcmp(buf_str(&text), buf_str(&p->cure)))
		return;
	(void)fputs(buf_str(&text), stdout);
	buf_clear(&p->cure);
	buf_puts(&p->cure, buf_str(&text));
}

static void show(const struct checkup_line *l, void *user)
{
	struct page *p = user;
	json_t *o = json_object();
	bool is_problem = l->verdict == CHECKUP_FAILED || l->verdict == CHECKUP_WARNING;

	p->problems += is_problem;

	json_set_text(o, "step", l->step);
	json_set_text(o, "about", l->about);
	json_set_text(o, "verdict", verdicts[l->verdict].word);
	json_set_text(o, "seen", l->seen);
	json_set_text(o, "why", l->why);
	json_set_text(o, "cure", l->command);
	(void)json_object_set_new(o, "ms", json_integer(l->ms));
	(void)json_array_append_new(p->lines, o);
	if (p->cli->options.json || (p->cli->options.quiet && l->verdict != CHECKUP_FAILED))
		return;
	print_line(p, l);
	if (is_problem)
		print_cure(p, l);
	(void)fflush(stdout);
}

static int test_one(const struct cli *cli, const struct selected *s, json_t *list)
{
	__attribute__((cleanup(checkup_done))) struct checkup t = { .cli = cli, .selected = s, .show = show };
	struct page p = { .cli = cli,
			  .colour = ink_has_colour(STDOUT_FILENO),
			  .signs = ink_has_signs(STDOUT_FILENO) };
	json_t *o = json_object();
	int ret;

	p.lines = json_array();
	t.user = &p;
	cli_say(cli, "%s (%s)", s->name, s->user ? "user" : "system");
	ret = checkup_run(&t, false);
	if (ret == EXIT_DONE) {
		cli_say(cli, "%s: nothing is wrong%s", s->name,
			p.problems ? "; what stands behind a ! works, and could be better" : "");
		nextstep_say(cli, &t.tunnel, s->user, NEXTSTEP_TEST);
	} else {
		cli_say(cli, "%s: does not work yet; mend what failed first, then try again", s->name);
	}
	buf_done(&p.cure);
	json_set_text(o, "tunnel", s->name);
	(void)json_object_set_new(o, "ok", json_boolean(ret == EXIT_DONE));
	(void)json_object_set_new(o, "steps", p.lines);
	(void)json_array_append_new(list, o);
	return ret;
}

int cmd_test(const struct cli *cli)
{
	__attribute__((cleanup(selection_done))) struct selection l = {0};
	json_t *list = json_array();
	int ret = select_tunnels(cli, SELECT_BOTH_SCOPES, NULL, &l);

	for (size_t i = 0; i < l.len; i++) {
		int r = test_one(cli, &l.v[i], list);

		if (r > ret)
			ret = r;
	}
	json_finish(cli, list);
	return ret;
}
