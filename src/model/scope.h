/* SPDX-License-Identifier: MIT */
/* For whom and for which machine a unit is rendered: all that a renderer knows besides the tunnel. */
#ifndef TUNNELCTL_MODEL_SCOPE_H
#define TUNNELCTL_MODEL_SCOPE_H

#include <stdbool.h>

struct scope {
	bool user;               /* a user's supervisor; else the system's */
	bool standalone;         /* the unit runs ssh itself, not tunnelctl-run */
	const char *runner;      /* absolute path of tunnelctl-run on the target */
	const char *ini;         /* path of NAME.ini on the target: absolute, or ~/... of a user who is not known */
	const char *home;        /* user scope: home folder on the target, for path() alone */
	const char *config_home; /* user scope: $XDG_CONFIG_HOME or ~/.config on the target, likewise */
	unsigned version;        /* of the target's supervisor, VERSION-like: 252 or 10500 for upstart 1.5.0 */
};

#endif
