/* SPDX-License-Identifier: MIT */
/* Whether each tunnel is up, and why not: the table, the line, the JSON. report.c gathers what is printed here. */
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
#include "cli/json.h"
#include "cli/report.h"
#include "cli/select.h"

/* After a change the others that belong to it are given time to happen. */
enum { TOGETHER_MS = 100, TICK_MS = 1000 };

/* Now, on both clocks. */
struct moment {
	long long clock_ms, unix_ms;
};

static struct moment moment_now(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_REALTIME, &t);
	return (struct moment){ .clock_ms = clock_ms(), .unix_ms = (long long)t.tv_sec * 1000 + t.tv_nsec / 1000000 };
}

/* A time of this boot as seconds since 1970; 0 stays 0. */
static long long to_unix(const struct moment *now, long long clock)
{
	return clock ? (now->unix_ms - now->clock_ms + clock + 500) / 1000 : 0;
}

/* Seconds since 1970, or 0: unknown. Between two tries the phase goes to and fro, so that it counts since the first
 * failure. */
static long long since(const struct report *r, const struct moment *now)
{
	const struct state *s = &r->state;
	bool fails = !phase_is_up(r->phase) && r->phase != PHASE_STOPPED && s->failures && s->first_failure;

	if (!r->phase || !r->held)
		return (long long)(r->unit.since / 1000000);
	return to_unix(now, fails ? s->first_failure : s->since);
}

static void print_span(long long seconds, struct buf *ret)
{
	static const struct { unsigned seconds; char unit; } units[] = {
		{ 86400, 'd' }, { 3600, 'h' }, { 60, 'm' }, { 1, 's' },
	};
	size_t i = 0;

	while (i < ARRAY_LEN(units) - 1 && seconds < units[i].seconds)
		i++;
	buf_printf(ret, "%lld %c", seconds / units[i].seconds, units[i].unit);
}

static void print_age(const struct report *r, const struct moment *now, struct buf *ret)
{
	long long then = since(r, now), age = now->unix_ms / 1000 - then;

	if (then && age >= -1) /* the two clocks are read one after the other */
		print_span(age < 0 ? 0 : age, ret);
	else
		buf_putc(ret, '-');
}

static void push_times(const char *what, unsigned n, struct strv *ret)
{
	if (n == 1)
		strv_pushf(ret, "%s once", what);
	else if (n)
		strv_pushf(ret, "%s %u times", what, n);
}

static void push_next_try(const struct state *s, const struct moment *now, struct strv *ret)
{
	AUTO(buf) span = {0};

	if (s->next_try <= now->clock_ms)
		return;
	print_span((s->next_try - now->clock_ms + 999) / 1000, &span);
	strv_pushf(ret, "next try in %s", span.s);
}

static void push_proof(const struct state *s, const struct moment *now, struct strv *ret)
{
	AUTO(buf) span = {0};

	if (!s->proved || s->proved > now->clock_ms)
		return;
	print_span((now->clock_ms - s->proved) / 1000, &span);
	strv_pushf(ret, "last proof %s ago (%u ms)", span.s, (s->round_trip_us + 500) / 1000);
}

/* What the tunnel itself has written, while it counts. */
static void push_tunnel_facts(const struct report *r, const struct moment *now, struct strv *ret)
{
	const struct state *s = &r->state;

	if (!r->phase || !r->held)
		return;
	if (phase_is_up(r->phase)) {
		push_proof(s, now, ret);
	} else {
		push_next_try(s, now, ret);
		push_times("failed", s->failures, ret);
	}
	if (s->note && *s->note)
		strv_push(ret, s->note);
	if (report_is_older(r) && phase_is_up(r->phase)) {
		if (report_is_by_hand(r))
			strv_push(ret, "running with older settings");
		else
			strv_pushf(ret, "running with older settings (tunnelctl restart %s)", r->selected->name);
	}
}

/* Of a tunnel that is not there for the supervisor now: whether it will be by itself, and what keeps it away. */
static void push_rest(const struct report *r, struct strv *ret)
{
	const struct unit_state *u = &r->unit;

	if (!*u->text)
		strv_push(ret, "not enabled");
	else if (!strcmp(u->text, report_sentence(r)))
		return;
	else if (u->enabled)
		strv_pushf(ret, "starts again by itself at the next %s", r->selected->user ? "login" : "boot");
	else
		strv_push(ret, u->text);
}

/* What the supervisor knows, above all where it knows something else. */
static void push_unit_facts(const struct report *r, struct strv *ret)
{
	const struct unit_state *u = &r->unit;
	long pid = r->phase && r->held ? r->state.pid : u->pid;

	if (report_is_orphan(r))
		strv_pushf(ret, "ssh runs, but its observer is gone; tunnelctl restart %s", r->selected->name);
	else if (r->state_error == -EINVAL)
		strv_push(ret, "its state file is broken");
	if (u->stale)
		strv_pushf(ret, "its unit has changed since (tunnelctl restart %s)", r->selected->name);
	if (report_is_by_hand(r))
		strv_pushf(ret, "run by hand, pid %ld", pid);
	else if (pid)
		strv_pushf(ret, "pid %ld", pid);
	else if (r->asked && !u->loaded && !r->phase)
		push_rest(r, ret);
	if (!r->phase)
		push_times("started again", u->restarts, ret);
	if (!r->selected->ini)
		strv_push(ret, "its INI is gone");
}

/* What to put between a sentence, which may be a question, and the facts. */
static const char *after(const struct buf *sentence)
{
	if (!sentence->len)
		return "";
	return sentence->s[sentence->len - 1] == '?' ? " " : "; ";
}

/* "waiting: the server ..." without the word that the column before it says already. */
static const char *without_word(const char *sentence, const char *word)
{
	size_t len = strlen(word);

	return !strncmp(sentence, word, len) && !strncmp(sentence + len, ": ", 2) ? sentence + len + 2 : sentence;
}

static void print_note(const struct report *r, const struct moment *now, struct buf *ret)
{
	AUTO(strv) facts = {0};

	buf_puts(ret, without_word(report_sentence(r), report_word(r)));
	push_tunnel_facts(r, now, &facts);
	push_unit_facts(r, &facts);
	for (size_t i = 0; i < facts.len; i++)
		buf_cat(ret, i ? ", " : after(ret), facts.v[i]);
}

static bool is_wanted(const struct cli *cli, const struct report *r)
{
	return !cli->options.failed || !report_is_fine(r);
}

static size_t count_wanted(const struct reports *l)
{
	size_t n = 0;

	for (size_t i = 0; i < l->len; i++)
		n += is_wanted(l->cli, &l->v[i]);
	return n;
}

static void print_table(const struct reports *l, struct buf *ret)
{
	static const char *const titles[] = { "NAME", "SCOPE", "STATE", "SINCE", "NOTE" };
	struct moment now = moment_now();
	AUTO(strv) cells = {0};

	if (!count_wanted(l)) {
		buf_puts(ret, l->len ? "all up\n" : "no tunnels; describe one in an INI file (see: tunnelctl explain)\n");
		return;
	}
	for (size_t i = 0; i < ARRAY_LEN(titles); i++)
		strv_push(&cells, titles[i]);
	for (size_t i = 0; i < l->len; i++) {
		const struct report *r = &l->v[i];
		AUTO(buf) age = {0};
		AUTO(buf) note = {0};

		if (!is_wanted(l->cli, r))
			continue;
		print_age(r, &now, &age);
		print_note(r, &now, &note);
		strv_push(&cells, r->selected->name);
		strv_push(&cells, r->selected->user ? "user" : "system");
		strv_push(&cells, report_word(r));
		strv_push(&cells, age.s);
		strv_push(&cells, buf_str(&note));
	}
	table_print(&cells, ARRAY_LEN(titles), cli_columns(), ret);
}

static size_t count_word(const struct reports *l, const char *word)
{
	size_t n = 0;

	for (size_t i = 0; i < l->len; i++)
		n += is_wanted(l->cli, &l->v[i]) && !strcmp(report_word(&l->v[i]), word);
	return n;
}

/* "3 up, 1 waiting": what is up first, then in the order in which the words come. */
static void print_short(const struct reports *l, struct buf *ret)
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

static void set_number(json_t *o, const char *key, long long n, bool known)
{
	(void)json_object_set_new(o, key, known ? json_integer((json_int_t)n) : json_null());
}

static json_t *forwards_to_json(const struct state *s)
{
	static const char *const words[PROOF_COUNT] = { NULL, "good", "refused", "late" };
	json_t *list = json_array();

	for (size_t i = 0; i < s->len; i++) {
		json_t *o = json_object();

		json_set_text(o, "text", s->v[i].text);
		(void)json_object_set_new(o, "confirmed", json_boolean(s->v[i].confirmed));
		set_number(o, "port", s->v[i].port, s->v[i].port);
		json_set_text(o, "proof", words[s->v[i].proof]);
		(void)json_array_append_new(list, o);
	}
	return list;
}

static json_t *supervisor_to_json(const struct report *r)
{
	json_t *o;

	if (!r->asked)
		return json_null();
	o = json_object();
	json_set_text(o, "state", *r->unit.state ? r->unit.state : "off");
	(void)json_object_set_new(o, "enabled", json_boolean(r->unit.enabled));
	(void)json_object_set_new(o, "running", json_boolean(r->unit.running));
	(void)json_object_set_new(o, "restarts", json_integer(r->unit.restarts));
	return o;
}

/* What the tunnel's own state tells; all null where nobody has written any that counts. */
static void put_state(json_t *o, const struct state *s, const struct moment *now)
{
	json_set_text(o, "class", s->class ? classes[s->class].word : NULL);
	json_set_text(o, "error", s->error);
	set_number(o, "next_try", to_unix(now, s->next_try), s->next_try);
	set_number(o, "failures", s->failures, s->phase);
	json_set_text(o, "peer", s->peer);
	json_set_text(o, "source", s->source);
	set_number(o, "last_proof", to_unix(now, s->proved), s->proved);
	(void)json_object_set_new(o, "round_trip_ms", s->proved ? json_real(s->round_trip_us / 1000.0) : json_null());
	set_number(o, "starts", s->starts, s->phase);
	set_number(o, "ups", s->ups, s->phase);
	json_set_text(o, "note", s->note);
	(void)json_object_set_new(o, "forwards", forwards_to_json(s));
}

static json_t *to_json(const struct report *r, const struct moment *now)
{
	static const struct state none;
	bool counts = r->phase && r->held;
	long long then = since(r, now);
	long pid = counts ? r->state.pid : r->unit.pid;
	json_t *o = json_object();

	json_set_text(o, "tunnel", r->selected->name);
	json_set_text(o, "scope", r->selected->user ? "user" : "system");
	json_set_text(o, "state", report_word(r));
	json_set_text(o, "phase", r->phase ? phase_word(r->phase) : NULL);
	json_set_text(o, "sentence", report_sentence(r));
	json_set_text(o, "status", report_sentence(r)); /* its name in the first release */
	(void)json_object_set_new(o, "enabled", json_boolean(r->unit.enabled));
	(void)json_object_set_new(o, "running", json_boolean(r->unit.running || counts));
	set_number(o, "pid", pid, pid);
	set_number(o, "since", then, then);
	set_number(o, "restarts", r->unit.restarts, true);
	put_state(o, counts ? &r->state : &none, now);
	(void)json_object_set_new(o, "older_settings", json_boolean(report_is_older(r)));
	(void)json_object_set_new(o, "supervisor", supervisor_to_json(r));
	return o;
}

static json_t *all_to_json(const struct reports *l)
{
	struct moment now = moment_now();
	json_t *list = json_array();

	for (size_t i = 0; i < l->len; i++)
		if (is_wanted(l->cli, &l->v[i]))
			(void)json_array_append_new(list, to_json(&l->v[i], &now));
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
		print_short(l, ret);
	} else {
		print_table(l, ret);
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
	const char *term = getenv("TERM");

	return isatty(STDOUT_FILENO) && !cli->options.json && term && strcmp(term, "dumb") != 0;
}

/* In place, line by line, so that nothing flickers; as much as there is room for. */
static void redraw(const struct buf *text)
{
	struct winsize size = { .ws_row = 24 };
	const char *s = buf_str(text);
	AUTO(buf) out = {0};

	(void)ioctl(STDOUT_FILENO, TIOCGWINSZ, &size);
	buf_puts(&out, "\033[H\033[?7l"); /* a line too long must not become two */
	for (unsigned row = 1; *s && (row < size.ws_row || !size.ws_row); row++) {
		size_t len = strcspn(s, "\n");

		buf_puts(&out, "\033[K"); /* behind a full line it would take the last character */
		buf_put(&out, s, len);
		buf_putc(&out, '\n');
		s += len + (s[len] == '\n');
	}
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
