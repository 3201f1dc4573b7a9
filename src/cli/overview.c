/* SPDX-License-Identifier: MIT */
#include "cli/overview.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/table.h"
#include "cli/ink.h"
#include "cli/remark.h"
#include "cli/ways.h"

/* NOTE is prose and wants room. Forwards are cut where they are long or many; --json has them all. */
enum { NOTE_MIN = 28, FORWARD_MAX = 26, FORWARDS_MAX = 4, LINES_MAX = 3 };

struct overview_paper overview_paper(void)
{
	return (struct overview_paper){
		.columns = cli_columns(),
		.colour = ink_has_colour(STDOUT_FILENO),
		.signs = ink_has_signs(STDOUT_FILENO),
	};
}

bool overview_wants(const struct cli *cli, const struct report *r)
{
	return !cli->options.failed || !report_is_fine(r);
}

/* How a state looks; what a person should look at first has the lowest rank. */
struct look {
	unsigned rank;
	enum ink ink;
};

static struct look look_of(const struct report *r)
{
	static const struct look looks[PHASE_COUNT] = {
		[PHASE_PARKED] = { 0, INK_BAD },      [PHASE_WAITING] = { 2, INK_WARNING },
		[PHASE_CONNECTING] = { 3, INK_WARNING }, [PHASE_UP_TARGET_REFUSES] = { 4, INK_WARNING },
		[PHASE_STOPPED] = { 5, INK_DIM },     [PHASE_UP] = { 6, INK_GOOD },
	};
	const char *word = report_word(r);

	if (!strcmp(word, "off"))
		return looks[PHASE_STOPPED];
	/* The supervisor's own word, where nobody knows more: nothing that is well is called so. */
	return phase_find(word) ? looks[phase_find(word)] : (struct look){ 1, INK_BAD };
}

static int compare(const void *a, const void *b)
{
	const struct report *x = *(const struct report *const *)a, *y = *(const struct report *const *)b;
	unsigned i = look_of(x).rank, j = look_of(y).rank;
	int names = strcmp(x->selected->name, y->selected->name);

	if (i != j)
		return i < j ? -1 : 1;
	return names ? names : y->selected->user - x->selected->user;
}

/* Those asked for, trouble first. The caller frees it. */
static const struct report **sort(const struct reports *l, size_t *ret_len)
{
	const struct report **ret = xrealloc(NULL, (l->len + 1) * sizeof(const struct report *));

	*ret_len = 0;
	for (size_t i = 0; i < l->len; i++)
		if (overview_wants(l->cli, &l->v[i]))
			ret[(*ret_len)++] = &l->v[i];
	qsort(ret, *ret_len, sizeof(const struct report *), compare);
	return ret;
}

static void put_endpoint(const struct endpoint *e, unsigned port, struct buf *ret)
{
	if (e->path)
		buf_puts(ret, e->path);
	else if (e->host)
		buf_printf(ret, strchr(e->host, ':') ? "[%s]:%u" : "%s:%u", e->host, port);
	else
		buf_printf(ret, "%u", port);
}

/* "R 12345->localhost:22", in two lines where it is long. */
static void put_forward(const struct forward *f, unsigned allocated, bool signs, struct buf *ret)
{
	static const char letters[] = { [FORWARD_REMOTE] = 'R', [FORWARD_LOCAL] = 'L', [FORWARD_DYNAMIC] = 'D' };
	AUTO(buf) from = {0};
	AUTO(buf) to = {0};

	buf_printf(&from, "%c ", letters[f->kind]);
	put_endpoint(&f->listen, allocated ? allocated : f->listen.port, &from);
	buf_puts(ret, from.s);
	if (f->kind == FORWARD_DYNAMIC)
		return;
	buf_puts(&to, signs ? "\xe2\x86\x92" : "->");
	put_endpoint(&f->target, f->target.port, &to);
	if (table_width(from.s, from.len) + table_width(to.s, to.len) > FORWARD_MAX)
		buf_putc(ret, '\n');
	buf_puts(ret, to.s);
}

static void put_device(const struct tunnel *t, struct buf *ret)
{
	if (t->tunnel_device)
		buf_printf(ret, "%sw%s", ret->len ? "\n" : "", t->tunnel_device);
}

static void put_forwards(const struct report *r, bool signs, struct buf *ret)
{
	size_t len = ways_len(r), shown = len > FORWARDS_MAX ? FORWARDS_MAX - 1 : len;

	for (size_t i = 0; i < shown; i++) {
		AUTO(forward) f = {0};
		unsigned port;

		if (!ways_forward(r, i, &f, &port))
			continue;
		if (ret->len)
			buf_putc(ret, '\n');
		put_forward(&f, port, signs, ret);
	}
	if (shown < len)
		buf_printf(ret, "\nand %zu more", len - shown);
	put_device(&r->tunnel, ret);
	if (!ret->len)
		buf_putc(ret, '-');
}

static bool is_of_both_scopes(const struct reports *l)
{
	for (size_t i = 1; i < l->len; i++)
		if (l->v[i].selected->user != l->v[0].selected->user)
			return true;
	return false;
}

static void push_row(const struct report *r, const struct moment *now, const struct overview_paper *paper, bool scope,
		     struct strv *ret)
{
	AUTO(buf) state = {0};
	AUTO(buf) age = {0};
	AUTO(buf) forwards = {0};
	AUTO(buf) note = {0};

	ink_put(paper->colour, look_of(r).ink, report_word(r), &state);
	remark_age(r, now, &age);
	put_forwards(r, paper->signs, &forwards);
	remark_print(r, now, &note);
	strv_push(ret, r->selected->name);
	if (scope)
		strv_push(ret, r->selected->user ? "user" : "system");
	strv_push(ret, state.s);
	strv_push(ret, age.s);
	strv_push(ret, forwards.s);
	strv_push(ret, buf_str(&note));
}

static void push_titles(bool scope, struct strv *ret)
{
	static const char *const titles[] = { "NAME", "SCOPE", "STATE", "SINCE", "FORWARDS", "NOTE" };

	for (size_t i = 0; i < ARRAY_LEN(titles); i++)
		if (i != 1 || scope)
			strv_push(ret, titles[i]);
}

/* A command is not broken into lines, so that it can be copied: it stands in one of its own where it does not fit. */
static void put_command(const struct report *r, const char *what, const char *command,
			const struct overview_paper *paper, struct buf *ret)
{
	AUTO(buf) line = {0};
	size_t head;

	buf_cat(&line, r->selected->name, ", ", what, ":");
	head = line.len;
	buf_cat(&line, " ", command);
	if (paper->columns && table_width(line.s, line.len) > paper->columns) {
		line.s[head] = '\0';
		buf_cat(ret, line.s, "\n    ", command, "\n");
	} else {
		buf_cat(ret, line.s, "\n");
	}
}

static void put_way(const struct report *r, const struct overview_paper *paper, struct buf *ret)
{
	AUTO(buf) way = {0};
	char *command;

	ways_say(r, &way);
	if (!way.len || !(command = strstr(way.s, ": ")))
		return;
	*command = '\0';
	put_command(r, way.s, command + 2, paper, ret);
}

/* What a person does about those that are down, likewise. */
static void put_cures(const struct report **v, size_t len, const struct overview_paper *paper, struct buf *ret)
{
	AUTO(buf) cures = {0};
	size_t n = 0;

	for (size_t i = 0; i < len; i++) {
		if (!v[i]->cure.len)
			continue;
		n++;
		put_command(v[i], "next", v[i]->cure.s, paper, &cures);
	}
	if (n && n <= LINES_MAX)
		buf_cat(ret, "\n", cures.s);
	else if (n)
		buf_puts(ret, "\nnext, what is wrong with one of them, and what cures it: tunnelctl test NAME\n");
}

/* How to come in, where that is not more than a few lines. */
static void put_ways(const struct report **v, size_t len, const struct overview_paper *paper, struct buf *ret)
{
	AUTO(buf) ways = {0};
	size_t n = 0;

	for (size_t i = 0; i < len; i++) {
		AUTO(buf) way = {0};

		if (ways_best(v[i], &way) != WAYIN_LOGIN)
			continue;
		n++;
		put_way(v[i], paper, &ways);
	}
	if (n && n <= LINES_MAX)
		buf_cat(ret, "\n", ways.s);
	else if (n)
		buf_puts(ret, "\nhow to log in through one of them from another machine: tunnelctl show --ssh-config NAME\n");
}

void overview_table(const struct reports *l, const struct overview_paper *paper, struct buf *ret)
{
	struct moment now = moment_now();
	bool scope = is_of_both_scopes(l);
	AUTO(strv) cells = {0};
	size_t len;
	AUTO_FREE const struct report **v = sort(l, &len);

	if (!len) {
		buf_puts(ret, l->len ? "all up\n" : "no tunnels; describe one in an INI file (see: tunnelctl explain)\n");
		return;
	}
	push_titles(scope, &cells);
	for (size_t i = 0; i < len; i++)
		push_row(v[i], &now, paper, scope, &cells);
	table_print_prose(&cells, scope ? 6 : 5, paper->columns, NOTE_MIN, ret);
	put_cures(v, len, paper, ret);
	if (!l->cli->options.failed)
		put_ways(v, len, paper, ret);
}

static size_t count_word(const struct reports *l, const char *word)
{
	size_t n = 0;

	for (size_t i = 0; i < l->len; i++)
		n += overview_wants(l->cli, &l->v[i]) && !strcmp(report_word(&l->v[i]), word);
	return n;
}

void overview_line(const struct reports *l, struct buf *ret)
{
	AUTO(strv) words = {0};

	strv_push(&words, phase_word(PHASE_UP));
	for (size_t i = 0; i < l->len; i++)
		if (!strv_has(&words, report_word(&l->v[i])))
			strv_push(&words, report_word(&l->v[i]));
	for (size_t i = 0; i < words.len; i++) {
		size_t n = count_word(l, words.v[i]);

		if (n)
			buf_printf(ret, "%s%zu %s", ret->len ? ", " : "", n, words.v[i]);
	}
	buf_puts(ret, ret->len ? "\n" : l->len ? "all up\n" : "no tunnels\n");
}
