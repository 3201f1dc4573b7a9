/* SPDX-License-Identifier: MIT */
#include "cli/remark.h"

#include <errno.h>
#include <string.h>

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

void remark_age(const struct report *r, const struct moment *now, struct buf *ret)
{
	long long then = facts_since(r, now), age = now->unix_ms / 1000 - then;

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

	if (!strcmp(sentence, word))
		return "";
	return !strncmp(sentence, word, len) && !strncmp(sentence + len, ": ", 2) ? sentence + len + 2 : sentence;
}

void remark_print(const struct report *r, const struct moment *now, struct buf *ret)
{
	AUTO(strv) facts = {0};

	buf_puts(ret, without_word(report_sentence(r), report_word(r)));
	push_tunnel_facts(r, now, &facts);
	push_unit_facts(r, &facts);
	for (size_t i = 0; i < facts.len; i++)
		buf_cat(ret, i ? ", " : after(ret), facts.v[i]);
}

