/* SPDX-License-Identifier: MIT */
#include "runner/turn.h"

bool turn_may_help(enum class_id class)
{
	switch (class) {
	case CLASS_unknown:
	case CLASS_dns:
	case CLASS_unreachable:
	case CLASS_local_network:
	case CLASS_blocked:
	case CLASS_source:
	case CLASS_timeout:
	case CLASS_refused:
	case CLASS_banner_timeout:
	case CLASS_not_ssh:
	case CLASS_proxy:
	case CLASS_proxy_gone:
	case CLASS_proxy_forbids:
	case CLASS_proxy_login:
	case CLASS_proxy_target:
	case CLASS_closed:
	case CLASS_reset:
	case CLASS_corrupt:
	case CLASS_alive_timeout:
		return true;
	default:
		return false;
	}
}

static bool is_usable(const struct tunnel *t, const struct proxy_tool *tool, size_t i)
{
	return proxy_is_usable(tool, t->proxy.v[i % t->proxy.len]);
}

static size_t count_usable(const struct tunnel *t, const struct proxy_tool *tool)
{
	size_t n = 0;

	for (size_t i = 0; i < t->proxy.len; i++)
		n += is_usable(t, tool, i);
	return n;
}

/* The first usable one from I on; I itself where there is none. */
static unsigned find_usable(const struct tunnel *t, const struct proxy_tool *tool, size_t i)
{
	for (size_t n = 0; n < t->proxy.len; n++)
		if (is_usable(t, tool, i + n))
			return (unsigned)((i + n) % t->proxy.len);
	return (unsigned)(i % t->proxy.len);
}

static bool begin_again(struct state *s)
{
	s->proxy_failed = 0;
	return false;
}

bool turn_take(const struct tunnel *t, const struct proxy_tool *tool, struct state *s)
{
	/* Other settings, and a person's stop of a try that came to nothing, begin at the top. */
	bool fresh = s->settings != tunnel_print(t) || s->phase == PHASE_NONE || (s->phase == PHASE_STOPPED && !s->was_up);

	s->proxy_turn = find_usable(t, tool, fresh ? 0 : s->proxy_turn);
	if (fresh || s->phase != PHASE_WAITING || s->was_up)
		return begin_again(s);
	if (s->next_try || !turn_may_help(s->class))
		return false;
	s->proxy_turn = find_usable(t, tool, (size_t)s->proxy_turn + 1);
	if (++s->proxy_failed >= count_usable(t, tool))
		return begin_again(s);
	s->phase = PHASE_CONNECTING;
	return true;
}
