/* SPDX-License-Identifier: MIT */
/* Which program of this machine can lead ssh through a proxy. */
#ifndef TUNNELCTL_SSH_PROXYTOOL_H
#define TUNNELCTL_SSH_PROXYTOOL_H

#include "base/strv.h"
#include "ssh/proxy.h"

/* Looks for nc, ncat and corkscrew in a constant list of folders, and asks what is called nc or ncat what it is (-h, at
 * most 2 s each). Root runs none that another account could change, or replace. The first that speaks both to web and SOCKS proxies
 * wins, else corkscrew; PROXY_NONE: there is none. */
void proxy_tool_find(struct proxy_tool *ret);

/* Appends the files on which that depends, for filewatch_print(): while it is the same, so is the answer. */
void proxy_tool_files(struct strv *ret);

/* proxy_tool_find() by its text (proxy_tool_print()), for the one who asks in another process (cli/as.h). 0. */
int proxy_tool_report(const void *unused, struct buf *ret, struct error *);

#endif
