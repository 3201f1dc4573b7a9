/* SPDX-License-Identifier: MIT */
#include "runner/observer.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/notify.h"
#include "base/signals.h"
#include "runner/loop.h"
#include "runner/netwatch.h"
#include "runner/parent.h"
#include "runner/sentence.h"
#include "runner/turn.h"
#include "ssh/classify.h"

enum {
	SETTLE_MS = 50,           /* the messages of one change of the network come in a flock */
	KNOCK_MS = 1000,          /* between two looks whether the server can be reached again */
	KILL_MS = 1000,           /* ssh has so long to end by SIGHUP */
	REFUSED_AGAIN_MS = 10000, /* so often a target that does not answer is tried; sshd minds more (PerSourcePenalties) */
	HOPELESS_MS = 1000,       /* a connection that takes longer than this may be waiting for the old network */
	PROVE_AGAIN_MS = 1000,    /* whatever happens how often, the loop runs no oftener */
	REPEATED_MS = 10000,      /* so often a line that ssh repeats is passed on */
	LAST_READS = 8,           /* more than the pipe holds */
	SLEPT_MS = 1000,          /* shorter is no sleep */
	READ_AT_ONCE = 64 * 1024, /* of ssh's words, before something else gets its turn */
};

struct observer {
	const struct observed *setup;
	const struct tunnel *tunnel;
	struct state *state;
	struct lines lines;
	char repeated[LOG_LINE_MAX + 1]; /* what ssh said last, at said_at, and how often again */
	long long said_at;
	unsigned times;
	struct verdict verdict;
	struct loop loop;
	int network, clock, parent; /* < 0: none */
	size_t confirmed;           /* remote forwards, in the order in which ssh asked for them */
	bool session;               /* ssh has begun its loop: local forwards listen */
	bool device;                /* the TunnelDevice is there */
	bool was_up, proved;        /* in this ssh's life */
	bool stopping;              /* somebody told us to */
	bool told_late;             /* the same, but ssh had ended then */
	bool hasty;                 /* the last ssh was ended for the network before it was up */
	bool said_stopped;          /* ssh ends in good order */
	bool silent;                /* ssh has closed its standard error */
	bool ended;
	int status;                 /* waitpid()'s, how ssh ended; -1: unknown */
	bool without_way;           /* up, but the kernel knows no way to the server */
	bool from_target;           /* ssh said in this run of the loop that a target refused */
	unsigned peer_port;
	int knock;                  /* + 1: 0 is none */
	unsigned late;              /* runs of the loop in a row from which nothing came back */
	unsigned refused;           /* the same, in which a target did not answer */
	enum class_id ended_by_us;
	long long slept;
	/* When something is to be done: clock_ms(), 0: not at all. */
	long long look_at_network, probe_at, knock_at, kill_at;
	long long ran;              /* when the loop was started last */
};

static void say(struct observer *o, int level, const char *text)
{
	log_line(o->setup->log, level, text);
}

void observer_publish(const struct observed *setup, bool ready, bool logged)
{
	struct state *s = setup->state;
	bool bad = s->phase == PHASE_WAITING || s->phase == PHASE_PARKED || s->phase == PHASE_UP_TARGET_REFUSES;
	static bool complained;
	struct error err = {0};

	sentence_make(setup->tunnel, s);
	if (setup->folder && state_write(setup->folder, s, &err) < 0 && !complained) {
		log_line(setup->log, LOG_LEVEL_WARNING, err.text);
		complained = true; /* a full or read-only disk would say so at every step */
	}
	notify_status(s->sentence, ready);
	if (logged)
		log_line(setup->log, bad ? LOG_LEVEL_WARNING : LOG_LEVEL_NOTICE, s->sentence);
}

static void enter(struct observer *o, enum phase phase, bool logged)
{
	bool ready = phase == PHASE_UP && !o->was_up;

	if (o->state->phase == phase)
		return;
	o->state->phase = phase;
	o->state->since = clock_ms();
	observer_publish(o->setup, ready, logged);
}

/* What is not as wished, said once. */
static void note(struct observer *o, const char *text)
{
	if (o->state->note && !strcmp(o->state->note, text))
		return;
	state_set(&o->state->note, text);
	say(o, LOG_LEVEL_NOTICE, text);
	observer_publish(o->setup, false, false);
}

static void stop_knocking(struct observer *o)
{
	if (o->knock)
		(void)close(o->knock - 1);
	o->knock = 0;
	o->knock_at = 0;
}

/* Once it has been reaped its number may be somebody else's. */
static void signal_ssh(const struct observer *o, int signal)
{
	if (getppid() == o->setup->ssh)
		(void)kill(o->setup->ssh, signal);
}

/* Not SIGTERM: on it an established ssh -N ends with 0, as if somebody had wanted it (ssh(1) does not say; seen). */
static void end_ssh(struct observer *o, enum class_id why)
{
	if (o->kill_at || o->ended)
		return;
	o->ended_by_us = why;
	o->kill_at = clock_ms() + KILL_MS;
	loop_stop(&o->loop);
	stop_knocking(o);
	say(o, LOG_LEVEL_WARNING, classes[why].sentence);
	signal_ssh(o, SIGHUP);
}

static void run_loop(struct observer *o)
{
	/* Before everything listens a private socket would be given up for good. */
	if (!o->was_up || o->kill_at || o->without_way || o->loop.running)
		return;
	o->ran = clock_ms();
	o->probe_at = 0;
	loop_start(&o->loop);
}

static void first_of(long long *ret, long long when)
{
	if (when && (!*ret || when < *ret))
		*ret = when;
}

/* Something has happened, and it may happen a hundred times a second. */
static void prove(struct observer *o)
{
	long long earliest = o->ran ? o->ran + PROVE_AGAIN_MS : 0;

	if (clock_ms() < earliest)
		first_of(&o->probe_at, earliest);
	else
		run_loop(o);
}

/* --- what ssh says ------------------------------------------------------------------------------------------- */

static void come_up(struct observer *o)
{
	struct state *s = o->state;

	if (o->was_up || !o->session || o->confirmed < o->tunnel->remote_forward.len ||
	    (o->setup->tells_device && !o->device))
		return;
	for (size_t i = 0; i < s->len; i++)
		s->v[i].confirmed = true;
	s->failures = 0;
	s->first_failure = 0;
	s->down_since = 0;
	s->class = CLASS_none;
	state_set(&s->error, NULL);
	s->ups++;
	enter(o, PHASE_UP, true);
	o->was_up = true;
	run_loop(o);
}

static void take_peer(struct observer *o, const struct saying *it)
{
	char source[SOURCE_TEXT_MAX];

	if (!*it->peer)
		return;
	state_set(&o->state->peer, it->peer);
	o->peer_port = it->port;
	if (source_of(it->peer, o->tunnel->bind_address, source) == 0)
		state_set(&o->state->source, source);
}

static void take_confirmation(struct observer *o, const struct saying *it)
{
	struct state *s = o->state;

	if (it->what == SAID_CONFIRMED && o->confirmed < o->tunnel->remote_forward.len)
		s->v[o->confirmed++].confirmed = true;
	if (it->what != SAID_ALLOCATED || !o->confirmed)
		return;
	s->v[o->confirmed - 1].port = it->port;
	/* ssh says so after the confirmation, so that without it nobody would read the number. */
	if (o->was_up)
		observer_publish(o->setup, false, true);
}

static void say_repeated(struct observer *o, int level)
{
	char text[64];

	if (o->times) {
		(void)snprintf(text, sizeof(text), "the last line came %u times more", o->times);
		say(o, level, text);
	}
	o->times = 0;
}

/* Whoever knocks at a closed target a hundred times a second must not fill the log. */
static void pass_on(struct observer *o, const struct saying *it)
{
	int level = it->what == SAID_FAILURE ? LOG_LEVEL_ERR : it->error ? LOG_LEVEL_WARNING : LOG_LEVEL_INFO;
	long long now = clock_ms();

	if (!strcmp(it->text, o->repeated) && now - o->said_at < REPEATED_MS) {
		o->times++;
		return;
	}
	say_repeated(o, level);
	say(o, level, it->text);
	(void)snprintf(o->repeated, sizeof(o->repeated), "%s", it->text);
	o->said_at = now;
}

/* What the loop knows of each forward now. */
static void take_proofs(struct observer *o)
{
	for (size_t i = 0; i < o->loop.len && i < o->state->len; i++)
		o->state->v[i].proof = o->loop.v[i].proof;
}

static void hear(struct observer *o, const char *line)
{
	struct saying it;

	classify_line(line, &it);
	verdict_add(&o->verdict, &it);
	switch (it.what) {
	case SAID_HOP:
	case SAID_AUTHENTICATED:
		take_peer(o, &it);
		break;
	case SAID_CONFIRMED:
	case SAID_ALLOCATED:
		take_confirmation(o, &it);
		break;
	case SAID_SESSION:
		o->session = true;
		break;
	case SAID_DEVICE:
		o->device = true;
		break;
	case SAID_CHANNEL_OPEN:
		loop_opened(&o->loop);
		break;
	case SAID_LOOP_FORBIDDEN:
		if (!o->loop.running && !o->refused)
			break; /* somebody else's connection through a LocalForward */
		loop_forbid(&o->loop);
		take_proofs(o);
		note(o, "the server does not let the tunnel be proved: its authorized_keys or sshd_config lacks permitopen "
			"for the tunnel's own port");
		break;
	case SAID_PATH_FORBIDDEN:
		if ((!o->loop.running && !o->refused) || !loop_forbid_paths(&o->loop))
			break; /* somebody else's, likewise */
		take_proofs(o);
		note(o, LOOP_PATH_FORBIDDEN);
		break;
	case SAID_TARGET_REFUSES:
		o->from_target = true;
		if (o->state->phase != PHASE_UP_TARGET_REFUSES)
			prove(o); /* a person came through and found the door shut: see for ourselves */
		break;
	case SAID_STOPPED:
		o->said_stopped = true;
		break;
	default:
		break; /* a failure, which the verdict has, and what is asked for elsewhere */
	}
	if (!it.ours)
		pass_on(o, &it);
	come_up(o);
}

/* Takes what is there, at most so much in one go. False: nothing is left, for now or for ever. */
static bool listen_to_ssh(struct observer *o)
{
	char bytes[4096];

	for (size_t taken = 0; taken < READ_AT_ONCE;) {
		ssize_t n = read(o->setup->from_ssh, bytes, sizeof(bytes));
		const char *next = bytes, *line;
		size_t len = n > 0 ? (size_t)n : 0;

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
			return false;
		while ((line = lines_next(&o->lines, &next, &len, n <= 0)))
			hear(o, line);
		if (n <= 0) {
			o->silent = true;
			return false;
		}
		taken += (size_t)n;
	}
	return true;
}

/* --- the network --------------------------------------------------------------------------------------------- */

static void network_changed(struct observer *o)
{
	if (!o->look_at_network)
		o->look_at_network = clock_ms() + SETTLE_MS;
}

/* Not up any more, while ssh still lives. */
static void go_down(struct observer *o, enum class_id why, const char *words)
{
	o->state->class = why;
	state_set(&o->state->error, words);
	enter(o, PHASE_WAITING, true);
}

static void come_back(struct observer *o, enum phase phase)
{
	o->state->class = CLASS_none;
	state_set(&o->state->error, NULL);
	enter(o, phase, true);
}

/* The kernel knows no way to the server. The connection may outlive that, if the same address comes back soon. */
static void lose_way(struct observer *o)
{
	if (o->without_way)
		return;
	o->without_way = true;
	loop_stop(&o->loop);
	go_down(o, CLASS_unreachable, "no way to the server; ssh is kept in case the network comes back as it was");
}

static void find_way_again(struct observer *o)
{
	o->without_way = false;
	if (!o->knock_at)
		come_back(o, PHASE_UP);
}

static void look_at_network(struct observer *o)
{
	struct state *s = o->state;
	char now[SOURCE_TEXT_MAX];

	o->look_at_network = 0;
	if (o->kill_at)
		return;
	/* Connecting from an address that may be gone, for as long as ConnectTimeout; a new try takes no time. Not twice
	 * in a row: to a slow server, while the network never rests, no try would come through. */
	if (s->phase == PHASE_CONNECTING && !s->peer && !o->hasty && clock_ms() - s->since > HOPELESS_MS) {
		end_ssh(o, CLASS_roam);
		return;
	}
	if (!s->peer || !s->source) {
		prove(o);
		return;
	}
	if (source_of(s->peer, o->tunnel->bind_address, now) < 0) {
		if (o->was_up)
			lose_way(o);
		return;
	}
	/* The old address may still be there, and the connection alive on it: only a proof can tell. */
	if (strcmp(now, s->source) != 0 && !(o->proved && source_is_here(s->source))) {
		end_ssh(o, CLASS_roam);
		return;
	}
	if (o->without_way)
		find_way_again(o);
	prove(o);
}

static void look_at_clock(struct observer *o)
{
	long long slept = clock_slept_ms();

	if (slept - o->slept >= SLEPT_MS)
		network_changed(o);
	o->slept = slept;
}

/* --- the loop ------------------------------------------------------------------------------------------------ */

/* What the probes of a run say together. */
struct tally {
	size_t good, refused, late;
	unsigned round_trip_us;
};

static struct tally count(struct observer *o)
{
	struct tally t = {0};

	for (size_t i = 0; i < o->loop.len && i < o->state->len; i++) {
		const struct loop_probe *p = &o->loop.v[i];

		o->state->v[i].proof = p->proof;
		t.good += p->proof == PROOF_GOOD;
		t.refused += p->proof == PROOF_REFUSED;
		t.late += p->proof == PROOF_LATE;
		if (p->round_trip_us > t.round_trip_us)
			t.round_trip_us = p->round_trip_us;
	}
	if (!t.late || !(t.good || t.refused))
		return t;
	/* The connection lives, so it is the target that keeps silent. */
	for (size_t i = 0; i < o->loop.len && i < o->state->len; i++)
		if (o->state->v[i].proof == PROOF_LATE)
			o->state->v[i].proof = PROOF_REFUSED;
	t.refused += t.late;
	t.late = 0;
	o->from_target = true;
	return t;
}

/* The tunnel is dead, but a new one would find no way either: so ssh is kept until the server can be reached. Closed
 * then, the server hears of it and frees the port; closed now, nobody would tell it. And the connection itself may come
 * to life again. */
static void knock(struct observer *o)
{
	int fd;

	stop_knocking(o);
	fd = knock_begin(o->state->peer, o->peer_port, o->tunnel->bind_address);
	o->knock = fd < 0 ? 0 : fd + 1;
	o->knock_at = clock_ms() + KNOCK_MS;
}

static void hear_knock(struct observer *o)
{
	int r = knock_ask(o->knock - 1);

	if (r == 0) {
		end_ssh(o, CLASS_loop_dead);
	} else if (r != -EINPROGRESS) {
		(void)close(o->knock - 1);
		o->knock = 0; /* until the next one is due */
	}
}

/* Nothing came back. Once is a busy line; twice is a dead one, if it ever was seen alive: who knows what listens there
 * and keeps silent. */
static void be_late(struct observer *o)
{
	if (++o->late < 2) {
		run_loop(o);
	} else if (o->proved && o->state->peer && o->peer_port) {
		if (!o->knock_at) {
			knock(o);
			go_down(o, CLASS_loop_dead, "nor can the server be reached anew; ssh is kept until it can");
		}
		run_loop(o);
	} else if (o->proved) {
		end_ssh(o, CLASS_loop_dead);
	} else {
		note(o, "the tunnel is up, but nothing came back through it: it is not proved");
	}
}

static void judge_loop(struct observer *o)
{
	struct state *s = o->state;
	struct tally t = count(o);

	first_of(&o->probe_at, o->tunnel->probe_interval ? clock_ms() + 1000LL * o->tunnel->probe_interval : 0);
	first_of(&o->probe_at, t.refused ? clock_ms() + REFUSED_AGAIN_MS : 0);
	if (t.late) {
		be_late(o);
		return;
	}
	o->late = 0;
	/* An ssh that is about to end closes its connections first, and says so a moment later. */
	o->refused = t.refused ? o->refused + 1 : 0;
	if (o->refused == 1) {
		first_of(&o->probe_at, clock_ms() + SETTLE_MS);
		return;
	}
	if (t.good || t.refused) {
		o->proved = true;
		s->proved = clock_ms();
		s->round_trip_us = t.round_trip_us;
	}
	if (t.refused && !o->from_target && o->tunnel->remote_forward.len)
		note(o, "the connection was closed on its way through the server: does the port there belong to this tunnel?");
	o->from_target = false;
	if (o->knock_at && (t.good || t.refused)) {
		stop_knocking(o);
		come_back(o, PHASE_UP);
	}
	if (!phase_is_up(s->phase))
		return;
	if (s->phase == (t.refused ? PHASE_UP_TARGET_REFUSES : PHASE_UP))
		observer_publish(o->setup, false, false);
	else
		enter(o, t.refused ? PHASE_UP_TARGET_REFUSES : PHASE_UP, true);
}

/* --- signals, and the end ------------------------------------------------------------------------------------ */

static void note_end(struct observer *o)
{
	if (!o->ended)
		o->status = parent_status(o->setup->ssh);
	o->ended = true;
}

static void take_signals(struct observer *o)
{
	bool told = signals_told_to_end();

	/* The signal itself anybody can send. */
	(void)signals_take(OBSERVER_PARENT_ENDED);
	if (getppid() != o->setup->ssh)
		note_end(o);
	o->stopping |= told && !o->ended;
	o->told_late |= told;
}

/* systemd signals the whole unit to stop it, but also what is left of it when ssh has ended by itself. An ssh that was
 * up says that it was told to end; one that was not has no time to. */
static bool was_stopped(const struct observer *o)
{
	if (o->ended_by_us)
		return false;
	if (o->stopping || (o->said_stopped && !o->verdict.class))
		return true;
	if (o->status >= 0)
		return WIFSIGNALED(o->status) && (WTERMSIG(o->status) == SIGTERM || WTERMSIG(o->status) == SIGINT);
	return o->told_late && !o->was_up && !o->verdict.class;
}

static void write_end(struct observer *o)
{
	struct state *s = o->state;
	enum class_id was = s->class;

	s->was_up = o->was_up;
	s->next_try = 0;
	state_set(&s->note, NULL);
	for (size_t i = 0; i < s->len; i++)
		s->v[i] = (struct state_forward){ .text = s->v[i].text };
	if (was_stopped(o)) {
		s->class = CLASS_none;
		state_set(&s->error, NULL);
		enter(o, PHASE_STOPPED, true);
		return;
	}
	s->class = o->ended_by_us ? o->ended_by_us : o->verdict.class;
	if (o->setup->tunnel->run_as) /* of the system: no other tunnel has one (config.c) */
		s->class = class_of_daemon(s->class);
	if (!s->class)
		s->class = o->was_up && !*o->verdict.words ? CLASS_killed : CLASS_unknown;
	/* Each Proxy may fail in its own way; what is not their fault, as a port that is taken, counts from now on. */
	if (s->class != was && (o->tunnel->proxy.len < 2 || !turn_may_help(was) || !turn_may_help(s->class)))
		s->first_failure = 0;
	state_set(&s->error, *o->verdict.words && !o->ended_by_us ? o->verdict.words : NULL);
	s->phase = PHASE_NONE; /* so that it is a new one in any case */
	/* While a server is away for hours ssh's own line tells it each time; what helps need be said once. */
	enter(o, !o->was_up && classes[s->class].rule == RULE_PARK ? PHASE_PARKED : PHASE_WAITING, s->class != was);
}

static void remove_sockets(const struct observer *o)
{
	for (size_t i = 0; o->setup->loop && i < o->tunnel->remote_forward.len; i++) {
		AUTO(buf) path = {0};

		buf_printf(&path, "%s.%zu", o->setup->loop, i);
		(void)unlink(path.s);
	}
}

/* --- waiting ------------------------------------------------------------------------------------------------- */

enum { SIGNALS, FROM_SSH, NETWORK, CLOCK, PARENT, LOG, KNOCK, LOOP, WAITS_FOR_MAX = LOOP + LOOP_SOCKETS_MAX };

/* Milliseconds until something is to be done; -1: nothing is. */
static int time_left(const struct observer *o)
{
	long long when = 0;

	first_of(&when, o->look_at_network);
	first_of(&when, o->kill_at);
	first_of(&when, o->probe_at);
	first_of(&when, o->knock_at);
	first_of(&when, loop_wakes(&o->loop));
	return clock_ms_until(when);
}

static void do_what_is_due(struct observer *o)
{
	long long now = clock_ms();

	if (o->look_at_network && now >= o->look_at_network)
		look_at_network(o);
	if (o->kill_at && now >= o->kill_at) {
		signal_ssh(o, SIGKILL);
		o->kill_at = now + KILL_MS;
	}
	if (o->probe_at && now >= o->probe_at) {
		o->probe_at = 0;
		run_loop(o);
	}
	if (o->knock_at && now >= o->knock_at)
		knock(o);
	if (loop_step(&o->loop))
		judge_loop(o);
}

static void turn(struct observer *o)
{
	struct pollfd fds[WAITS_FOR_MAX] = {
		[SIGNALS] = { .fd = o->setup->signals, .events = POLLIN },
		[FROM_SSH] = { .fd = o->silent ? -1 : o->setup->from_ssh, .events = POLLIN },
		[NETWORK] = { .fd = o->network, .events = POLLIN },
		[CLOCK] = { .fd = o->clock, .events = POLLIN },
		[PARENT] = { .fd = o->parent, .events = POLLIN },
		[KNOCK] = { .fd = o->knock - 1, .events = POLLOUT },
		[LOG] = { .fd = log_wants(o->setup->log), .events = POLLOUT },
	};
	size_t len = LOOP + loop_poll(&o->loop, fds + LOOP, WAITS_FOR_MAX - LOOP);

	if (poll(fds, (nfds_t)len, time_left(o)) < 0)
		return; /* EINTR: the signal is in the pipe */
	if (fds[FROM_SSH].revents)
		(void)listen_to_ssh(o);
	if (fds[SIGNALS].revents)
		take_signals(o);
	if (fds[PARENT].revents)
		note_end(o);
	if (fds[NETWORK].revents && netwatch_take(o->network))
		network_changed(o);
	if (fds[CLOCK].revents)
		clock_watch_take(o->clock);
	if (fds[KNOCK].revents)
		hear_knock(o);
	if (fds[LOG].revents)
		log_flush(o->setup->log);
	if (fds[NETWORK].revents || fds[CLOCK].revents)
		look_at_clock(o);
	if (!o->ended)
		do_what_is_due(o);
}

/* A log that is not read must not keep the next ssh waiting, which needs our lock. */
static void finish_log(struct log *log)
{
	enum { GRACE_MS = 100 };
	struct pollfd p = { .fd = log_wants(log), .events = POLLOUT };

	if (p.fd >= 0)
		(void)poll(&p, 1, GRACE_MS);
	log_flush(log);
}

void observe(const struct observed *setup)
{
	struct observer o = { .setup = setup, .tunnel = setup->tunnel, .state = setup->state, .status = -1 };

	o.hasty = o.state->class == CLASS_roam && !o.state->was_up;
	o.parent = parent_watch(setup->ssh, OBSERVER_PARENT_ENDED);
	o.network = netwatch_open();
	o.clock = clock_watch_open();
	o.slept = clock_slept_ms();
	loop_prepare(&o.loop, o.tunnel, setup->loop, setup->confirms);
	/* It may have ended before we began to watch. */
	if (getppid() != setup->ssh)
		note_end(&o);
	while (!o.ended)
		turn(&o);
	/* What it said last; not what a ProxyCommand that outlives it goes on to say for ever. */
	for (int i = 0; i < LAST_READS && listen_to_ssh(&o); i++)
		;
	say_repeated(&o, LOG_LEVEL_INFO);
	take_signals(&o);
	write_end(&o);
	remove_sockets(&o);
	stop_knocking(&o);
	loop_done(&o.loop);
	finish_log(setup->log);
}
