/* SPDX-License-Identifier: MIT */
/* Whether each tunnel is up, and why not: report.c gathers it, overview.c and facts.c say it, and here it is printed, once
 * or again and again. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/signals.h"
#include "base/table.h"
#include "cli/cli.h"
#include "cli/facts.h"
#include "cli/ink.h"
#include "cli/json.h"
#include "cli/overview.h"
#include "cli/report.h"
#include "cli/select.h"

/* After a change the others that belong to it are given time to happen. */
enum { TOGETHER_MS = 100, TICK_MS = 1000 };

static json_t *all_to_json(const struct reports *l)
{
	struct moment now = moment_now();
	json_t *list = json_array();

	for (size_t i = 0; i < l->len; i++)
		if (overview_wants(l->cli, &l->v[i]))
			(void)json_array_append_new(list, facts_to_json(&l->v[i], &now));
	return list;
}

/* Appends what is asked for: a table, a line, a list in JSON (in one line, where many follow each other). */
static void print(const struct reports *l, struct buf *ret)
{
	const struct options *o = &l->cli->options;

	if (o->json) {
		json_t *list = all_to_json(l);
		AUTO_FREE char *text = json_dumps(list, (o->watch ? JSON_COMPACT : JSON_INDENT(2)) | JSON_REAL_PRECISION(9));

		buf_cat(ret, text ? text : "[]", "\n");
		json_decref(list);
	} else if (o->brief) {
		overview_line(l, ret);
	} else {
		const struct overview_paper paper = overview_paper();

		overview_table(l, &paper, ret);
	}
}

static int verdict(const struct reports *l)
{
	for (size_t i = 0; i < l->len; i++)
		if (!report_is_fine(&l->v[i]))
			return EXIT_NOT_UP;
	return EXIT_DONE;
}

/* Somebody looks at a screen that can be written anew. */
static bool is_screen(const struct cli *cli)
{
	return ink_can_move(STDOUT_FILENO) && !cli->options.json;
}

/* Bytes of as much of the line as a row of COLUMNS (0: unknown) shows; none is left behind that could not be seen. */
static size_t row_len(const char *s, size_t columns)
{
	size_t len = strcspn(s, "\n"), n = 0;

	if (!columns || table_width(s, len) <= columns)
		return len;
	do /* a character that is wider than the screen is a row, too */
		n++;
	while (table_width(s, n + 1) <= columns || ((unsigned char)s[n] & 0xc0) == 0x80);
	return n;
}

/* How many rows the text takes. */
static size_t count_rows(const char *s, size_t columns)
{
	size_t n = 0;

	for (; *s; n++) {
		s += row_len(s, columns);
		s += *s == '\n';
	}
	return n;
}

/* In place, row by row, so that nothing flickers; as much as there is room for, and how much there is not. */
static void redraw(const struct buf *text)
{
	struct winsize size = {0};
	const char *s = buf_str(text);
	AUTO(buf) out = {0};
	size_t rows, room;

	(void)ioctl(STDOUT_FILENO, TIOCGWINSZ, &size);
	rows = count_rows(s, size.ws_col);
	room = size.ws_row > 2 ? size.ws_row - 1U : size.ws_row ? 1U : rows;
	buf_puts(&out, "\033[H\033[?7l"); /* a line too long must not become two */
	for (size_t row = 0; *s && row < (rows > room ? room - 1 : room); row++) {
		size_t len = row_len(s, size.ws_col);

		buf_puts(&out, "\033[K"); /* behind a full line it would take the last character */
		buf_put(&out, s, len);
		buf_putc(&out, '\n');
		s += len;
		s += *s == '\n';
	}
	if (rows > room)
		buf_printf(&out, "\033[K... %zu more lines\n", rows - room + 1);
	buf_puts(&out, "\033[J\033[?7h");
	(void)fwrite(out.s, 1, out.len, stdout);
	(void)fflush(stdout);
}

struct watching {
	struct reports *reports;
	const struct backend *backend;
	bool screen;
	struct buf last; /* what was printed last */
};

/* A table tells each change; the line only another line. */
static void show(struct watching *w)
{
	AUTO(buf) text = {0};

	print(w->reports, &text);
	if (w->screen) {
		redraw(&text);
	} else if (!w->reports->cli->options.brief || strcmp(buf_str(&text), buf_str(&w->last)) != 0) {
		bool block = w->last.len && !w->reports->cli->options.brief && !w->reports->cli->options.json;

		(void)printf("%s%s", block ? "\n" : "", buf_str(&text));
		(void)fflush(stdout);
	}
	buf_clear(&w->last);
	buf_puts(&w->last, buf_str(&text));
}

/* Whether somebody wants an end; a window that has got another size does not. */
static bool is_over(void)
{
	(void)signals_take(SIGWINCH);
	return signals_told_to_end() || ferror(stdout);
}

static int watch(struct watching *w)
{
	static const int wanted[] = { SIGINT, SIGTERM, SIGWINCH };
	int fd = signals_open(wanted, ARRAY_LEN(wanted));

	if (w->screen)
		(void)fputs("\033[2J", stdout);
	reports_look(w->reports, w->backend);
	for (;;) {
		enum reports_event event;

		show(w);
		event = reports_await(w->reports, w->screen ? clock_ms() + TICK_MS : 0, fd < 0 ? -1 : fd);
		if (event == REPORTS_ALSO && is_over())
			return EXIT_DONE;
		if (event == REPORTS_CHANGED)
			(void)usleep(TOGETHER_MS * 1000);
		if (event == REPORTS_CHANGED || (event == REPORTS_TIME && reports_have_lapsed(w->reports)))
			reports_look(w->reports, w->backend);
	}
}

static int once(struct reports *l, const struct backend *backend)
{
	AUTO(buf) text = {0};

	reports_look(l, backend);
	if (!l->cli->options.quiet || l->cli->options.json) {
		print(l, &text);
		(void)fputs(buf_str(&text), stdout);
	}
	return verdict(l);
}

/* Where there is no supervisor, the files still tell. NULL and false: a wrong --backend, with the error printed. */
static bool find_backend(const struct cli *cli, const struct backend **ret)
{
	*ret = cli->options.backend ? cli_backend(cli) : backend_present();
	return *ret || !cli->options.backend;
}

int cmd_status(const struct cli *cli)
{
	__attribute__((cleanup(selection_done))) struct selection l = {0};
	AUTO(reports) reports = {0};
	struct watching w = { .reports = &reports, .screen = is_screen(cli) };
	unsigned flags = SELECT_ALL_IF_NONE | SELECT_BOTH_SCOPES;
	int r;

	if (!find_backend(cli, &w.backend))
		r = EXIT_FAILED;
	else
		r = select_tunnels(cli, flags | (w.backend ? SELECT_INSTALLED : 0), w.backend, &l);
	if (r) {
		json_finish(cli, json_array());
		return r;
	}
	reports_open(cli, &l, &reports);
	r = cli->options.watch ? watch(&w) : once(&reports, w.backend);
	buf_done(&w.last);
	return r;
}
