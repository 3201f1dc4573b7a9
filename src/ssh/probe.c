/* SPDX-License-Identifier: MIT */
#include "ssh/probe.h"

#include <string.h>

#include "model/value.h"

enum { SSH_PORT = 22 };

static unsigned target_port(const struct tunnel *t, const struct forward *f)
{
	AUTO(destination) target = {0};

	if (f->kind != FORWARD_DYNAMIC)
		return f->target.port;
	return parse_destination(t->probe_target, strlen(t->probe_target), &target) ? 0 : target.port;
}

enum probe_kind probe_kind_of(const struct tunnel *t, const struct forward *f)
{
	if (f->kind == FORWARD_DYNAMIC ? !t->probe_target : !f->listen.path && !f->listen.port)
		return PROBE_NONE;
	switch (t->probe) {
	case PROBE_IS_BANNER:
		return PROBE_BANNER;
	case PROBE_IS_OPEN:
		return PROBE_OPEN;
	case PROBE_IS_AUTO:
		/* Only an SSH server is known to speak first; who waits for any other to do so may wait for ever. */
		return target_port(t, f) == SSH_PORT ? PROBE_BANNER : PROBE_OPEN;
	default:
		return PROBE_NONE;
	}
}
