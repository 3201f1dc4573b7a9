/* SPDX-License-Identifier: MIT */
/*
 * libsystemd, opened when somebody wants to talk to systemd or to read the journal, and not before: linking it costs
 * every process half a millisecond, and `generate` and the runner have no use for it.
 */
#ifndef TUNNELCTL_BACKENDS_SYSTEMD_LIBSYSTEMD_H
#define TUNNELCTL_BACKENDS_SYSTEMD_LIBSYSTEMD_H

#include <systemd/sd-bus.h>
#include <systemd/sd-journal.h>

#include "base/error.h"

/* bus.call_method(...) is sd_bus_call_method(...), and so on. */
#define LIBSYSTEMD_SYMBOLS(SYMBOL)      \
	SYMBOL(open_system)             \
	SYMBOL(open_user)               \
	SYMBOL(set_allow_interactive_authorization) \
	SYMBOL(flush_close_unref)       \
	SYMBOL(call_method)             \
	SYMBOL(call)                    \
	SYMBOL(match_signal)            \
	SYMBOL(process)                 \
	SYMBOL(wait)                    \
	SYMBOL(get_property_trivial)    \
	SYMBOL(get_property_string)     \
	SYMBOL(path_encode)             \
	SYMBOL(error_free)              \
	SYMBOL(message_new_method_call) \
	SYMBOL(message_append)          \
	SYMBOL(message_append_strv)     \
	SYMBOL(message_enter_container) \
	SYMBOL(message_read)            \
	SYMBOL(message_unref)

struct libsystemd {
#define SYMBOL(name) __typeof__(&sd_bus_##name) name;
	LIBSYSTEMD_SYMBOLS(SYMBOL)
#undef SYMBOL
};

/* The same for sd_journal_. */
#define LIBSYSTEMD_JOURNAL_SYMBOLS(SYMBOL) \
	SYMBOL(open)               \
	SYMBOL(close)              \
	SYMBOL(add_match)          \
	SYMBOL(add_disjunction)    \
	SYMBOL(get_fd)             \
	SYMBOL(get_events)         \
	SYMBOL(get_timeout)        \
	SYMBOL(process)            \
	SYMBOL(seek_head)          \
	SYMBOL(seek_tail)          \
	SYMBOL(seek_realtime_usec) \
	SYMBOL(next)               \
	SYMBOL(previous_skip)      \
	SYMBOL(get_data)           \
	SYMBOL(get_realtime_usec)

struct libsystemd_journal {
#define SYMBOL(name) __typeof__(&sd_journal_##name) name;
	LIBSYSTEMD_JOURNAL_SYMBOLS(SYMBOL)
#undef SYMBOL
};

/* Both fill ret; the library stays open until the process ends. -ENOENT if this host does not have it. */
int libsystemd_open(struct libsystemd *ret, struct error *);
int libsystemd_open_journal(struct libsystemd_journal *ret, struct error *);

#endif
