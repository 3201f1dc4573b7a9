/* SPDX-License-Identifier: MIT */
/* Built instead of manager.c and journal.c where libsystemd is left out (WITH_SYSTEMD=OFF, macOS): units are rendered all the same. */
#include "unit.h"

#include <errno.h>

static int open_none(const struct scope *scope UNUSED, bool for_changes UNUSED, struct supervisor **ret UNUSED,
		     struct error *err)
{
	return error_set(err, -ENOSYS, "this tunnelctl was built without libsystemd: it writes units, but cannot "
			 "talk to systemd");
}

static void close_none(struct supervisor *s UNUSED)
{
}

int unit_read_log(const char *name, const struct scope *scope, const struct log_wish *wish UNUSED,
		  struct log_reader *reader UNUSED, struct error *err)
{
	return error_set(err, -ENOTSUP, "this tunnelctl was built without libsystemd, which reads the journal; see: "
			 "journalctl %s-u " UNIT_PREFIX "%s", scope->user ? "--user " : "", name);
}

const struct control systemd_control = { .open = open_none, .close = close_none };
