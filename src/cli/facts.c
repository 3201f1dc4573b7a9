/* SPDX-License-Identifier: MIT */
#include "cli/facts.h"

#include <stdlib.h>
#include <time.h>

#include "base/clock.h"
#include "cli/json.h"
#include "cli/ways.h"

struct moment moment_now(void)
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

/* Between two tries the phase goes to and fro, so that it counts since the first failure. */
long long facts_since(const struct report *r, const struct moment *now)
{
	const struct state *s = &r->state;
	long long first = s->down_since ? s->down_since : s->first_failure; /* DownSince: not in older files */
	bool fails = !phase_is_up(r->phase) && r->phase != PHASE_STOPPED && s->failures && first;

	if (!r->phase || !r->held)
		return (long long)(r->unit.since / 1000000);
	return to_unix(now, fails ? first : s->since);
}

static void set_number(json_t *o, const char *key, long long n, bool known)
{
	(void)json_object_set_new(o, key, known ? json_integer((json_int_t)n) : json_null());
}

static void set_way(json_t *o, enum wayin kind, const struct buf *command)
{
	json_set_text(o, "way_in", kind ? command->s : NULL);
}

/* What the tunnel's own state tells of them; none where nobody has written any that counts. */
static json_t *forwards_to_json(const struct report *r, const struct state *s)
{
	static const char *const words[PROOF_COUNT] = { NULL, "good", "refused", "late" };
	json_t *list = json_array();

	for (size_t i = 0; i < s->len; i++) {
		AUTO(buf) way = {0};
		json_t *o = json_object();

		json_set_text(o, "text", s->v[i].text);
		(void)json_object_set_new(o, "confirmed", json_boolean(s->v[i].confirmed));
		set_number(o, "port", s->v[i].port, s->v[i].port);
		json_set_text(o, "proof", words[s->v[i].proof]);
		set_way(o, ways_command(r, i, &way), &way);
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
	json_set_text(o, "proxy", s->proxy);
	json_set_text(o, "peer", s->peer);
	json_set_text(o, "source", s->source);
	set_number(o, "last_proof", to_unix(now, s->proved), s->proved);
	(void)json_object_set_new(o, "round_trip_ms", s->proved ? json_real(s->round_trip_us / 1000.0) : json_null());
	set_number(o, "starts", s->starts, s->phase);
	set_number(o, "ups", s->ups, s->phase);
	json_set_text(o, "note", s->note);
}

/* Where its words are: a file, or the command that shows them. */
static void put_log(json_t *o, const struct report *r)
{
	AUTO(buf) command = {0};

	buf_printf(&command, "tunnelctl --%s logs %s", r->selected->user ? "user" : "system", r->selected->name);
	json_set_text(o, "log", r->log.len ? r->log.s : command.s);
}

json_t *facts_to_json(const struct report *r, const struct moment *now)
{
	static const struct state none;
	bool counts = r->phase && r->held;
	long long then = facts_since(r, now);
	long pid = counts ? r->state.pid : r->unit.pid;
	AUTO(buf) way = {0};
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
	(void)json_object_set_new(o, "forwards", forwards_to_json(r, counts ? &r->state : &none));
	set_way(o, ways_best(r, &way), &way);
	json_set_text(o, "cure", r->cure.len ? r->cure.s : NULL);
	put_log(o, r);
	(void)json_object_set_new(o, "older_settings", json_boolean(report_is_older(r)));
	(void)json_object_set_new(o, "supervisor", supervisor_to_json(r));
	return o;
}

