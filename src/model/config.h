/* SPDX-License-Identifier: MIT */
/*
 * Reads NAME.ini into a struct tunnel: defaults.conf of the folder, NAME.ini, the *.conf of NAME.ini.d; later wins,
 * lists append, an empty value resets.
 */
#ifndef TUNNELCTL_MODEL_CONFIG_H
#define TUNNELCTL_MODEL_CONFIG_H

#include <stdbool.h>

#include "base/strv.h"
#include "model/tunnel.h"

/* Limits of a file: anything larger is refused, nothing is cut. */
enum { CONFIG_FILE_MAX = 1024 * 1024, CONFIG_LINE_MAX = 8 * 1024 };

/* In which scope the tunnel is to run; it decides the default of Start and whether RunAs is wanted. */
enum config_scope { CONFIG_SYSTEM = 1, CONFIG_USER };

/*
 * Every problem of every file is appended to ret_problems, one line each: "home.ini:4: Port = 0: not ...", fit for
 * a terminal and a log: no control characters, and no password where a value holds a URL.
 * 0 and a complete tunnel, or -ENOENT (no such file), -EINVAL (problems) and an empty one.
 * The caller frees ret by tunnel_done().
 */
int config_load(const char *path, enum config_scope, struct tunnel *ret, struct strv *ret_problems);

/* What no tunnel of a folder has, for whoever loads many of them; all-zero where nobody has looked. */
struct config_absent {
	bool defaults; /* no defaults.conf */
	bool drop_ins; /* no NAME.ini.d, whatever NAME */
};

/* The same, without looking for what is ABSENT: each such look-up costs about as much as reading the INI. */
int config_load_known(const char *path, enum config_scope, struct config_absent, struct tunnel *ret,
		      struct strv *ret_problems);

/* Appends the names of the tunnels in a folder, sorted; none if it cannot be read. ret_absent holds until something
 * is put into the folder. */
void config_list(const char *folder, struct strv *ret, struct config_absent *ret_absent);

/* NAME of ".../NAME.ini"; NULL and the reason if PATH is not that of a tunnel. The caller frees it. */
char *config_name(const char *path, const char **ret_why);

#endif
