/* SPDX-License-Identifier: MIT */
/* Judges single values: every function returns NULL, or what is wrong in words that follow "Key = value: ". */
#ifndef TUNNELCTL_MODEL_VALUE_H
#define TUNNELCTL_MODEL_VALUE_H

#include <stddef.h>

/* Decimal digits only; ret is written on success. */
const char *parse_uint(const char *s, unsigned min, unsigned max, unsigned *ret);

/* Seconds, or ssh's TIME FORMATS (sshd_config(5)): 90, 90s, 1h30m, 2d, 1w. */
const char *parse_duration(const char *s, unsigned *ret_seconds);

/* NAME of NAME.ini: [A-Za-z0-9][A-Za-z0-9._-]{0,62}, not ending in .ini */
const char *check_name(const char *);

/* A host or an account name that ssh takes and no shell of a ProxyCommand can be hurt by: the rule of
 * ssh.c, valid_hostname() and valid_ruser(), since 9.6; older releases do not look. */
const char *check_host(const char *);
const char *check_user(const char *);

const char *check_path(const char *);          /* /... or ~/..., nothing that ssh would expand */
const char *check_agent(const char *);         /* a socket that is still there after the next login */
const char *check_host_key(const char *);      /* [@cert-authority] [host] type base64 [comment] */
const char *check_jump(const char *);          /* [user@]host[:port],... */
const char *check_proxy(const char *);         /* http://host:port, socks5://host:port, direct */
const char *check_target(const char *);        /* host:port */
const char *check_tunnel_device(const char *); /* local[:remote], numbers or any */
const char *check_run_as(const char *);        /* user[:group] */
const char *check_environment(const char *);   /* NAME=VALUE */

/* One hop of a ProxyJump; the strings are the caller's. */
struct destination {
	char *user; /* NULL: not given */
	char *host;
	unsigned port; /* 0: not given */
};

/* Reads "[user@]host[:port]" of LEN bytes, IPv6 in brackets. */
const char *parse_destination(const char *s, size_t len, struct destination *ret);
void destination_done(struct destination *);

/* The parts of a KnownHostKey, as views into its text. */
struct host_key {
	const char *marker, *host, *key; /* marker and host have length 0 when absent; key is "type base64" */
	size_t marker_len, host_len, key_len;
};

const char *parse_host_key(const char *s, struct host_key *ret);

#endif
