/* SPDX-License-Identifier: MIT */
/* Where the plists of tunnels are, launchd.plist(5) and launchctl(1). */
#ifndef TUNNELCTL_BACKENDS_LAUNCHD_PLACE_H
#define TUNNELCTL_BACKENDS_LAUNCHD_PLACE_H

#include "base/buf.h"
#include "base/error.h"
#include "base/strv.h"
#include "model/scope.h"
#include "model/tunnel.h"

/* The Label is this and the name; the file is the Label and ".plist". */
#define LABEL_PREFIX "org.tunnelctl."

/* Sets ret to where the installed plist of the tunnel is: first where launchd loads it by itself, then where only a
 * person starts it. 1 = there, and ret_automatic says which; 0 = nowhere. */
int launchd_find(const char *name, const struct scope *, struct buf *ret, bool *ret_automatic, struct error *);

/* The functions of struct backend. */
int launchd_places(const char *name, const struct scope *, struct strv *ret, struct error *);
int launchd_path(const struct tunnel *, const struct scope *, struct buf *ret, struct error *);
int launchd_installed(const struct scope *, struct strv *ret, struct error *);

#endif
