/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/macros.h"
#include "ssh/classify.h"

/* What 8.5 puts in front of a line, and what 10 does. */
#define FORCED(function) "ssh.c:" function "():1827 (pid=27226): "
#define FORCED_10(function) "ssh.c:" function "():1827 (bin=/usr/bin/ssh, pid=27226): "
#define A64 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define A1024 A64 A64 A64 A64 A64 A64 A64 A64 A64 A64 A64 A64 A64 A64 A64 A64

static void tells_what_is_said(void **state UNUSED)
{
	static const struct {
		const char *line;
		enum said what;
		const char *peer, *listen;
		unsigned port;
		bool ours;
	} rows[] = {
		/* 5.6, 8.9, through a proxy */
		{ "Authenticated to h ([192.0.2.1]:22).", SAID_AUTHENTICATED, "192.0.2.1", "", 22, false },
		{ "Authenticated to h ([192.0.2.1]:22) using \"publickey\".", SAID_AUTHENTICATED, "192.0.2.1", "", 22, false },
		{ "Authenticated to h ([fe80::1%eth0]:65535) using \"publickey\".", SAID_AUTHENTICATED, "fe80::1%eth0", "",
		  65535, false },
		{ "Authenticated to h (via proxy).", SAID_AUTHENTICATED, "", "", 0, false },
		{ "Authenticated to h (via proxy) using \"publickey\".", SAID_AUTHENTICATED, "", "", 0, false },
		{ "Authenticated to tunnelctl-hop-1 ([192.0.2.1]:22) using \"publickey\".", SAID_HOP, "192.0.2.1", "", 22,
		  false },
		{ "Authenticated to tunnelctl-hop-1 (via proxy).", SAID_HOP, "", "", 0, false },
		{ "Authenticated to tunnelctl-hop-2 (via proxy).", SAID_NOTHING, "", "", 0, false },
		{ "Authenticated to tunnelctl-hop-11 ([192.0.2.1]:22).", SAID_NOTHING, "", "", 0, false },
		{ "Authenticated to h ([" A64 "]:22).", SAID_AUTHENTICATED, "", "", 22, false },
		{ "Authenticated to h ([192.0.2.1]:0).", SAID_NOTHING, "", "", 0, false },
		{ "Authenticated to h ([192.0.2.1]:65536).", SAID_NOTHING, "", "", 0, false },
		{ "Authenticated to h ([192.0.2.1]:99999999999999999999).", SAID_NOTHING, "", "", 0, false },
		{ "Authenticated to h ([192.0.2.1]:22", SAID_NOTHING, "", "", 0, false },
		{ "Authenticated to h ([192.0.2.1", SAID_NOTHING, "", "", 0, false },
		{ "Authenticated to h (", SAID_NOTHING, "", "", 0, false },
		{ "Authenticated to ", SAID_NOTHING, "", "", 0, false },
		{ "Authenticated to " A1024, SAID_NOTHING, "", "", 0, false },
		{ "x Authenticated to h ([192.0.2.1]:22).", SAID_NOTHING, "", "", 0, false },

		{ "debug1: remote forward success for: listen 12345, connect h:22", SAID_CONFIRMED, "", "12345", 0, true },
		{ "debug1: remote forward success for: listen 0, connect h:22", SAID_CONFIRMED, "", "0", 0, true },
		{ "debug1: " FORCED("ssh_confirm_remote_forward") "remote forward success for: listen localhost:1, connect h:2",
		  SAID_CONFIRMED, "", "localhost:1", 0, true },
		{ "debug1: " FORCED_10("ssh_confirm_remote_forward") "remote forward success for: listen ::1:1, connect h:2",
		  SAID_CONFIRMED, "", "::1:1", 0, true },
		{ "debug1: remote forward success for: listen /run/a.sock:-2, connect h:2", SAID_CONFIRMED, "", "/run/a.sock", 0,
		  true },
		{ "debug1: remote forward success for: listen " A64 A64 ", connect h:2", SAID_CONFIRMED, "", "", 0, true },
		{ "debug1: remote forward success for: listen 1", SAID_NOTHING, "", "", 0, true },
		{ "debug1: remote forward success for: listen , connect h:2", SAID_NOTHING, "", "", 0, true },
		{ "debug1: remote forward failure for: listen 1, connect h:2", SAID_NOTHING, "", "", 0, true },
		{ "remote forward success for: listen 12345, connect h:22", SAID_NOTHING, "", "", 0, false },
		{ "debug1: Remote: remote forward success for: listen 1, connect h:2", SAID_NOTHING, "", "", 0, true },

		{ "Allocated port 33761 for remote forward to 127.0.0.1:1", SAID_ALLOCATED, "", "", 33761, false },
		{ FORCED("ssh_confirm_remote_forward") "Allocated port 33761 for remote forward to 127.0.0.1:1", SAID_ALLOCATED,
		  "", "", 33761, false },
		{ "Allocated port 0 for remote forward to h:1", SAID_NOTHING, "", "", 0, false },
		{ "Allocated port 65536 for remote forward to h:1", SAID_NOTHING, "", "", 0, false },
		{ "Allocated port -1 for remote forward to h:1", SAID_NOTHING, "", "", 0, false },
		{ "Allocated port 5 for mux remote forward to h:1", SAID_NOTHING, "", "", 0, false },

		{ "debug1: Entering interactive session.", SAID_SESSION, "", "", 0, true },
		{ "debug1: clientloop.c:client_loop():1290 (pid=27226): Entering interactive session.", SAID_SESSION, "", "", 0,
		  true },
		{ "Entering interactive session.", SAID_NOTHING, "", "", 0, false },
		{ "debug2: channels.c:channel_input_open_confirmation():3518 (pid=27226): channel 4: open confirm rwindow 2097152 "
		  "rmax 32768", SAID_CHANNEL_OPEN, "", "", 0, true },
		{ "debug2: channel 4: open confirm rwindow 2097152 rmax 32768", SAID_CHANNEL_OPEN, "", "", 0, true },
		{ "channel 4: open confirm rwindow 2097152 rmax 32768", SAID_NOTHING, "", "", 0, false },

		{ "channel 4: open failed: administratively prohibited: open failed", SAID_LOOP_FORBIDDEN, "", "", 0, false },
		{ "channel 14: open failed: administratively prohibited", SAID_LOOP_FORBIDDEN, "", "", 0, false },
		{ "channel 4: open failed: connect failed: Connection refused", SAID_NOTHING, "", "", 0, false },
		{ "channel 1: open failed: connect failed: open failed", SAID_PATH_FORBIDDEN, "", "", 0, false },
		{ "connect_to 127.0.0.1 port 1: failed.", SAID_TARGET_REFUSES, "", "", 0, false },
		{ "connect_to no.such: unknown host (Name or service not known)", SAID_TARGET_REFUSES, "", "", 0, false },
		{ "connect to /run/b.sock port -2 failed: No such file or directory", SAID_TARGET_REFUSES, "", "", 0, false },
		{ "Transferred: sent 3884, received 3616 bytes, in 3.8 seconds", SAID_STOPPED, "", "", 0, true },
		{ "clientloop.c:client_loop():1525 (pid=27226): Transferred: sent 3884, received 3616 bytes, in 3.8 seconds",
		  SAID_STOPPED, "", "", 0, true },

		{ "", SAID_NOTHING, "", "", 0, false },
		{ "debug1: ", SAID_NOTHING, "", "", 0, true },
		{ "debug1: connect to address 192.0.2.1 port 22: Connection refused", SAID_NOTHING, "", "", 0, true },
		{ "debug1: ssh: connect to host h port 22: Connection refused", SAID_NOTHING, "", "", 0, true },
		{ "debug4: x", SAID_NOTHING, "", "", 0, false },
		{ "Welcome. Connection refused, Permission denied (publickey).", SAID_NOTHING, "", "", 0, false },
		{ "Hello: Could not resolve hostname", SAID_FAILURE, "", "", 0, false }, /* who can tell? */
		{ "ssh.c:", SAID_NOTHING, "", "", 0, false },
		{ "ssh.c:f():", SAID_NOTHING, "", "", 0, false },
		{ "ssh.c:f():1 (bin=/usr", SAID_NOTHING, "", "", 0, false },
		{ "ssh.c:f():1 (pid=x): Allocated port 1 for remote forward to h:1", SAID_NOTHING, "", "", 0, false },
		{ "**", SAID_NOTHING, "", "", 0, false },
		{ A1024 A1024 A1024, SAID_NOTHING, "", "", 0, false },
		{ "@" A1024 ": " A1024, SAID_NOTHING, "", "", 0, false },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct saying s;

		memset(&s, 0xa5, sizeof(s));
		classify_line(rows[i].line, &s);
		if (s.what != rows[i].what || s.ours != rows[i].ours || s.port != rows[i].port ||
		    strcmp(s.peer, rows[i].peer) != 0 || strcmp(s.listen, rows[i].listen) != 0)
			fail_msg("%.80s: %d, peer %s, listen %s, port %u, ours %d", rows[i].line, s.what, s.peer, s.listen, s.port,
				 s.ours);
	}
}

static void knows_every_failure(void **state UNUSED)
{
	static const struct { const char *line, *class; } rows[] = {
		{ "ssh: Could not resolve hostname h: Name or service not known", "dns" },
		{ "ssh: Could not resolve hostname h: Temporary failure in name resolution", "dns" },
		{ "ssh: Could not resolve hostname h: nodename nor servname provided, or not known", "dns" },
		{ "ssh: Could not resolve host \"h\"", "dns" },
		{ "ssh: connect to host h port 22: Connection refused", "refused" },
		{ "ssh: connect to host h port 22: Connection timed out", "timeout" },
		{ "ssh: connect to host h port 22: Operation timed out", "timeout" },
		{ "ssh: connect to host h port 22: No route to host", "unreachable" },
		{ "ssh: connect to host h port 22: Network is unreachable", "unreachable" },
		{ "ssh: connect to host h port 22: Host is down", "unreachable" },
		{ "ssh: connect to host h port 22: Undefined error: 0", "unreachable" },
		{ "ssh: connect to host h port 22: failure", "unreachable" },
		{ "ssh: connect to host h port 22: Permission denied", "blocked" },
		{ "ssh: connect to host h port 22: Operation not permitted", "blocked" },
		{ "bind 192.0.2.77: Cannot assign requested address", "source" },
		{ "bind: 192.0.2.77: Cannot assign requested address", "source" },
		{ "bind 192.0.2.77: Can't assign requested address", "source" },
		{ "Connection timed out during banner exchange", "banner-timeout" },
		{ "banner exchange: Connection to 192.0.2.1 port 22: Connection timed out", "banner-timeout" },
		{ "Connection to 192.0.2.1 port 22 timed out", "timeout" },
		{ "ssh_exchange_identification: Connection closed by remote host", "closed" },
		{ "kex_exchange_identification: Connection closed by remote host", "closed" },
		{ "Connection closed by 192.0.2.1", "closed" },
		{ "Connection closed by 192.0.2.1 port 22", "closed" },
		{ "Connection to h closed by remote host.", "closed" },
		{ "Received disconnect from 192.0.2.1: 11: disconnected by user", "closed" },
		{ "Received disconnect from 192.0.2.1 port 22:2: Permission denied (publickey).", "closed" },
		{ "Disconnected from 192.0.2.1 port 22", "closed" },
		{ "ssh_exchange_identification: read: Connection reset by peer", "reset" },
		{ "kex_exchange_identification: read: Connection reset by peer", "reset" },
		{ "kex_exchange_identification: read: Connection timed out", "timeout" },
		{ "kex_exchange_identification: banner line contains invalid characters", "not-ssh" },
		{ "kex_exchange_identification: No SSH identification string received.", "not-ssh" },
		{ "ssh_exchange_identification: No banner received", "not-ssh" },
		{ "Bad remote protocol version identification: 'SSH-x: line 1: Bad configuration option'", "not-ssh" },
		{ "Protocol major versions differ: 2 vs. 1", "not-ssh" },
		{ "banner exchange: Connection to 192.0.2.1 port 22: invalid format", "not-ssh" },
		{ "Connection reset by 192.0.2.1 port 22", "reset" },
		{ "client_loop: send disconnect: Broken pipe", "reset" },
		{ "packet_write_wait: Connection to 192.0.2.1 port 22: Broken pipe", "reset" },
		{ "Write failed: Broken pipe", "reset" },
		{ "Read from remote host h: Connection reset by peer", "reset" },
		{ "Read from remote host h: Connection timed out", "timeout" },
		{ "Read from remote host h: Operation timed out", "timeout" },
		{ "ssh_dispatch_run_fatal: Connection to 192.0.2.1 port 22: message authentication code incorrect", "corrupt" },
		{ "ssh_dispatch_run_fatal: Connection to 192.0.2.1 port 22: Connection corrupted", "corrupt" },
		{ "ssh_dispatch_run_fatal: Connection to 192.0.2.1 port 22: Operation timed out", "timeout" },
		{ "ssh_dispatch_run_fatal: Connection to 192.0.2.1 port 22: DH GEX group out of range", "negotiation" },
		{ "Bad packet length 1349676916.", "corrupt" },
		{ "Corrupted MAC on input.", "corrupt" },
		{ "Timeout, server h not responding.", "alive-timeout" },
		{ "Error: remote port forwarding failed for listen port 12345", "port-busy" },
		{ FORCED("ssh_confirm_remote_forward") "Error: remote port forwarding failed for listen port 12345",
		  "port-busy" },
		{ "Error: remote port forwarding failed for listen path /run/a.sock", "socket-busy" },
		{ "Warning: remote port forwarding failed for listen port 12345", "port-busy" },
		{ "debug1: Remote: port forwarding refused", "port-forbidden" },
		{ "debug1: Remote: Server has disabled port forwarding.", "port-forbidden" },
		{ "bind [127.0.0.1]:8080: Address already in use", "local-bind" },
		{ "bind [::1]:80: Permission denied", "local-bind" },
		{ "bind: Address already in use", "local-bind" },
		{ "channel_setup_fwd_listener_tcpip: cannot listen to port: 8080", "local-bind" },
		{ "channel_setup_fwd_listener: cannot listen to port: 8080", "local-bind" },
		{ "unix_listener: cannot bind to path /run/a.sock: Address already in use", "local-bind" },
		{ "unix_listener: cannot bind to path: /run/a.sock", "local-bind" },
		{ "Could not request local forwarding.", "local-bind" },
		{ "sys_tun_open: failed to open tunnel control device \"/dev/net/tun\": No such file or directory", "tun" },
		{ "Tunnel device open failed.", "tun" },
		{ "Tunnel forwarding failed", "tun-server" },
		{ "Could not request tunnel forwarding.", "tun" },
		{ "No ED25519 host key is known for h and you have requested strict checking.", "host-key-unknown" },
		{ "@    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @", "host-key-changed" },
		{ "Host key for h has changed and you have requested strict checking.", "host-key-changed" },
		{ "RSA host key for h has changed and you have requested strict checking.", "host-key-changed" },
		{ "@       WARNING: REVOKED HOST KEY DETECTED!               @", "host-key" },
		{ "Certificate invalid: expired", "host-key" },
		{ "Host key verification failed.", "host-key" },
		{ "Unable to negotiate with 192.0.2.1 port 22: no matching host key type found. Their offer: ssh-rsa",
		  "negotiation" },
		{ "Unable to negotiate with 192.0.2.1: no matching cipher found. Their offer: none", "negotiation" },
		{ "Unable to negotiate a key exchange method", "negotiation" },
		{ "no matching mac found: client hmac-sha2-512 server hmac-md5", "negotiation" },
		{ "no hostkey alg", "negotiation" },
		{ "sign_and_send_pubkey: no mutual signature supported", "negotiation" },
		{ "Permission denied (publickey).", "auth" },
		{ "u@h: Permission denied (publickey,password).", "auth" },
		{ "u@fe80::1%eth0: Permission denied (publickey).", "auth" },
		{ "Received disconnect from 192.0.2.1: 2: Too many authentication failures for u", "too-many-keys" },
		{ "Received disconnect from 192.0.2.1 port 22:2: Too many authentication failures", "too-many-keys" },
		{ "Warning: Identity file /k not accessible: No such file or directory.", "key-missing" },
		{ "no such identity: /k: No such file or directory", "key-missing" },
		{ "Warning: Identity file /k not accessible: Permission denied.", "key-unreadable" },
		{ "Load key \"/k\": Permission denied", "key-unreadable" },
		{ "no such identity: /k: Permission denied", "key-unreadable" },
		{ "Load key \"/k\": bad permissions", "key-open" },
		{ "@         WARNING: UNPROTECTED PRIVATE KEY FILE!          @", "key-open" },
		{ "Permissions 0644 for '/k' are too open.", "key-open" },
		{ "bad permissions: ignore key: /k", "key-open" },
		{ "Load key \"/k\": error in libcrypto", "key-bad" },
		{ "Load key \"/k\": invalid format", "key-bad" },
		{ "sign_and_send_pubkey: signing failed for ED25519 \"/k\" from agent: agent refused operation", "agent" },
		{ "Agent admitted failure to sign using the key.", "agent" },
		{ "command-line: line 0: Bad configuration option: foo", "config" },
		{ "command-line line 0: Bad number 'x': invalid", "config" },
		{ "command-line line 0: missing argument.", "config" },
		{ "/home/u/.ssh/config: line 3: Bad configuration option: foo", "config" },
		{ "/home/u/.ssh/config: terminating, 1 bad configuration options", "config" },
		{ "/home/u/.ssh/config line 3: invalid time value.", "config" },
		{ "Bad remote forwarding specification 'x'", "config" },
		{ "Bad local forwarding specification 'x'", "config" },
		{ "Bad dynamic forwarding specification 'x'", "config" },
		{ "Bad owner or permissions on /home/u/.ssh/config", "config" },
		{ "Can't open user configuration file /x: No such file or directory", "config" },
		{ "hostname contains invalid characters", "config" },
		{ "percent_expand: unknown key %Z", "config" },
		{ "vdollar_percent_expand: unknown key %Z", "config" },
		{ "usage: ssh [-46AaCfGgKkMNnqsTtVvXxYy] [-B bind_interface]", "config" },
		{ "No user exists for uid 4711", "account" },
		{ "You don't exist, go away!", "account" },
		{ "Connection closed by UNKNOWN port 65535", "proxy" },
		{ "banner exchange: Connection to UNKNOWN port 65535: Broken pipe", "proxy" },
		{ "banner exchange: Connection to UNKNOWN port 65535: Connection timed out", "banner-timeout" },
		{ "/bin/sh: 1: exec: nc: not found", "proxy" },
		{ "/bin/bash: line 1: nc: command not found", "proxy" },
		{ "/bin/sh: 1: exec: ./nc: Permission denied", "proxy" },
		{ "getaddrinfo: nowhere: Name or service not known", "source" },
		{ "channel 0: open failed: administratively prohibited: open failed", "proxy" },
		{ "stdio forwarding failed", "proxy" },
		{ "nc: connect to 127.0.0.1 port 3128 (tcp) failed: Connection refused", "proxy-gone" },
		{ "nc.openbsd: connect to ::1 port 3128 (tcp) failed: Connection timed out", "proxy-gone" },
		{ "nc: getaddrinfo for host \"p\" port 3128: Name or service not known", "proxy-gone" },
		{ "Ncat: Proxy connection failed: Connection refused.", "proxy-gone" },
		{ "Ncat: Could not resolve proxy \"p\": Name or service not known.", "proxy-gone" },
		{ "Couldn't establish connection to proxy: Connection refused", "proxy-gone" },
		{ "nc: Proxy error: \"HTTP/1.0 403 Access violation\"", "proxy-forbids" },
		{ "Ncat: Proxy returned status code 403.", "proxy-forbids" },
		{ "Proxy could not open connection to h:  Access violation", "proxy-forbids" },
		{ "nc: connection failed, SOCKSv5 error: Connection not allowed by ruleset", "proxy-forbids" },
		{ "nc: Proxy error: \"HTTP/1.0 407 Proxy Authentication Required\"", "proxy-login" },
		{ "Ncat: Proxy returned status code 407.", "proxy-login" },
		{ "Proxy could not open connection to h:  Proxy Authentication Required", "proxy-login" },
		{ "nc: Proxy error: \"HTTP/1.0 500 Unable to connect\"", "proxy-target" },
		{ "Ncat: Proxy returned status code 500.", "proxy-target" },
		{ "Proxy could not open connection to h:  Unable to connect", "proxy-target" },
		{ "nc: connection failed, SOCKSv5 error: Host unreachable", "proxy-target" },
		{ "nc: read failed (0/4): Broken pipe", "proxy-target" },
		{ "Ncat: Error: malformed request response from proxy.", "proxy-target" },
		{ "nc: Proxy error: \"SSH-2.0-hello\"", "proxy" },
		{ "nc: connection failed, SOCKSv5 error: Unknown error", "proxy" },
		{ "Proxy could not open connection to h: ", "proxy" },
		{ "Ncat: Error reading proxy response header.", "proxy" },
		{ "Ncat: Error: wrong SOCKS version in connect response.", "proxy" },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct saying s;

		classify_line_of(SYSTEM_LINUX, rows[i].line, &s);
		if (s.what != SAID_FAILURE || strcmp(classes[s.class].word, rows[i].class) != 0 || s.ours || !s.error)
			fail_msg("%s: %d, class %s, ours %d, error %d, wanted %s", rows[i].line, s.what, classes[s.class].word,
				 s.ours, s.error, rows[i].class);
	}
}

static void finds_the_reason(void **state UNUSED)
{
	/* What one ssh says, to its end; class and words that must come of it. */
	static const struct { const char *lines[6], *class, *words; } rows[] = {
		{ { NULL }, "", "" },
		{ { "Warning: Identity file /k not accessible: No such file or directory.", "u@h: Permission denied (publickey)." },
		  "key-missing", "Warning: Identity file /k" },
		{ { "Warning: Identity file /k not accessible: No such file or directory.",
		    "ssh: Could not resolve hostname h: x" }, "dns", "ssh: Could not" },
		{ { "Warning: Identity file /k not accessible: No such file or directory.",
		    "kex_exchange_identification: Connection closed by remote host", "Connection closed by 192.0.2.1 port 22" },
		  "closed", "kex_exchange" },
		/* A hop does not take the key; the rest follows from that. */
		{ { "Warning: Identity file /k not accessible: No such file or directory.", "u@h: Permission denied (publickey).",
		    "kex_exchange_identification: Connection closed by remote host", "Connection closed by UNKNOWN port 65535" },
		  "key-missing", "Warning: Identity file /k" },
		{ { "u@h: Permission denied (publickey).", "kex_exchange_identification: Connection closed by remote host",
		    "Connection closed by UNKNOWN port 65535" }, "auth", "u@h" },
		{ { "kex_exchange_identification: Connection closed by remote host", "Connection closed by UNKNOWN port 65535" },
		  "proxy", "Connection closed by UNKNOWN" },
		{ { "nc: Proxy error: \"HTTP/1.0 403 Access violation\"", "kex_exchange_identification: Connection closed by "
		    "remote host", "Connection closed by UNKNOWN port 65535" }, "proxy-forbids", "nc: Proxy" },
		{ { "Connection to 127.0.0.1 22 port [tcp/ssh] succeeded!" }, "", "" },
		/* The other key is taken, and then it is something else; or ends in silence. */
		{ { "Warning: Identity file /k not accessible: No such file or directory.", "Authenticated to h ([192.0.2.1]:22).",
		    "Error: remote port forwarding failed for listen port 1" }, "port-busy", "Error: " },
		{ { "Warning: Identity file /k not accessible: No such file or directory.", "Authenticated to h ([192.0.2.1]:22).",
		    "debug1: Entering interactive session." }, "", "" },
		{ { "Authenticated to h ([192.0.2.1]:22).", "debug1: Remote: port forwarding refused",
		    "Error: remote port forwarding failed for listen port 1" }, "port-forbidden", "Remote: port" },
		{ { "@@@@@@@@@@@", "@    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @",
		    "Host key for h has changed and you have requested strict checking.", "Host key verification failed." },
		  "host-key-changed", "Host key for h has" },
		{ { "No ED25519 host key is known for h and you have requested strict checking.", "Host key verification failed." },
		  "host-key-unknown", "No ED25519" },
		/* Words that nobody knows: the last ones, and never how things go. */
		{ { "the moon is full", "the moon is in the wrong phase", "debug1: x", "", "Killed by signal 15." }, "",
		  "the moon is in the wrong" },
		{ { "Transferred: sent 1, received 1 bytes, in 1.0 seconds", "Bytes per second: sent 1.0, received 1.0",
		    "** WARNING: connection is not using a post-quantum key exchange algorithm.",
		    "Could not create directory '/nonexistent/.ssh' (Permission denied).",
		    "channel 3: open failed: connect failed: Connection refused" }, "", "" },
		{ { "** This session may be vulnerable to \"store now, decrypt later\" attacks.",
		    "** The server may need to be upgraded. See https://openssh.com/pq.html",
		    "command-line line 0: Deprecated option \"x\"" }, "", "" },
		{ { "what is this", "Permission denied (publickey)." }, "auth", "Permission" },
		{ { "connect_to 127.0.0.1 port 1: failed." }, "", "" },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct verdict v = {0};

		for (size_t j = 0; j < ARRAY_LEN(rows[i].lines) && rows[i].lines[j]; j++) {
			struct saying s;

			classify_line(rows[i].lines[j], &s);
			verdict_add(&v, &s);
		}
		if (strcmp(classes[v.class].word, rows[i].class) != 0 ||
		    strncmp(v.words, rows[i].words, strlen(rows[i].words)) != 0 || (!*rows[i].words && *v.words))
			fail_msg("row %zu: class %s, words %s", i, classes[v.class].word, v.words);
	}
}

static void cuts_words_between_characters(void **state UNUSED)
{
	char line[600] = "a";
	struct verdict v = {0};
	struct saying s;

	for (size_t i = 1; i + 2 < sizeof(line); i += 2)
		memcpy(line + i, "\xc3\xa4", 3);
	classify_line(line, &s);
	verdict_add(&v, &s);
	assert_int_equal(strlen(v.words), 255);
	assert_int_equal((unsigned char)v.words[254], 0xa4);
	classify_line(line + 1, &s);
	verdict_add(&v, &s);
	assert_int_equal(strlen(v.words), 254);
}

/* What macOS alone forbids, in words that elsewhere mean something else. */
static void knows_macos(void **state UNUSED)
{
	static const struct { const char *line, *on_linux, *on_macos; } rows[] = {
		{ "ssh: connect to host 192.168.1.7 port 22: No route to host", "unreachable", "local-network" },
		{ "connect to host 10.0.0.1 port 22: No route to host", "unreachable", "local-network" },
		{ "ssh: connect to host 172.16.0.1 port 22: No route to host", "unreachable", "local-network" },
		{ "ssh: connect to host 172.31.255.255 port 22: No route to host", "unreachable", "local-network" },
		{ "ssh: connect to host 172.32.0.1 port 22: No route to host", "unreachable", "unreachable" },
		{ "ssh: connect to host 169.254.3.4 port 22: No route to host", "unreachable", "local-network" },
		{ "ssh: connect to host 203.0.113.5 port 22: No route to host", "unreachable", "unreachable" },
		{ "ssh: connect to host fe80::1%en0 port 22: No route to host", "unreachable", "local-network" },
		{ "ssh: connect to host fd12:3456::1 port 22: No route to host", "unreachable", "local-network" },
		{ "ssh: connect to host 2001:db8::1 port 22: No route to host", "unreachable", "unreachable" },
		{ "ssh: connect to host nas.local port 22: No route to host", "unreachable", "local-network" },
		{ "ssh: connect to host nas port 22: No route to host", "unreachable", "local-network" },
		{ "ssh: connect to host 192.168.1.7 port 22: Network is unreachable", "unreachable", "unreachable" },
		{ "ssh: connect to host 192.168.1.7 port 22: Connection refused", "refused", "refused" },
		{ "Load key \"/Users/me/Documents/key\": Operation not permitted", "key-bad", "full-disk-access" },
		{ "Load key \"/Users/me/.ssh/key\": Permission denied", "key-unreadable", "key-unreadable" },
		{ "no such identity: /Volumes/x/key: Operation not permitted", "key-missing", "full-disk-access" },
		{ "Warning: Identity file /Users/me/Desktop/k not accessible: Operation not permitted.", "key-unreadable",
		  "full-disk-access" },
		{ "Can't open user config file /Users/me/Documents/c: Operation not permitted", "config", "full-disk-access" },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct saying on_linux, on_macos;

		classify_line_of(SYSTEM_LINUX, rows[i].line, &on_linux);
		classify_line_of(SYSTEM_MACOS, rows[i].line, &on_macos);
		if (on_linux.what != SAID_FAILURE || on_macos.what != SAID_FAILURE ||
		    strcmp(classes[on_linux.class].word, rows[i].on_linux) != 0 || strcmp(classes[on_macos.class].word, rows[i].on_macos) != 0)
			fail_msg("%s: %s on Linux, %s on macOS", rows[i].line, classes[on_linux.class].word,
				 classes[on_macos.class].word);
	}
	assert_non_null(strstr(classes[CLASS_local_network].sentence, "System Settings > Privacy & Security > Local Network"));
	assert_int_equal(class_of_daemon(CLASS_local_network), CLASS_unreachable);
	assert_int_equal(class_of_daemon(CLASS_full_disk), CLASS_full_disk);
	assert_int_equal(class_of_daemon(CLASS_none), CLASS_none);
	assert_non_null(strstr(classes[CLASS_full_disk].sentence, "System Settings > Privacy & Security > Full Disk Access"));
}

enum kind { EVENT, HINT, QUIET };

static const struct { const char *pattern; enum kind kind; enum class_id class; bool macos; } events[] = {
#define EVENT(pattern, class) { pattern, EVENT, CLASS_##class },
#define HINT(pattern, class) { pattern, HINT, CLASS_##class },
#define QUIET(pattern) { pattern, QUIET, CLASS_none },
#define MACOS(kind, pattern, class, condition) { pattern, kind, CLASS_##class, true },
#include "ssh/events.def"
};

static void no_row_hides_another(void **state UNUSED)
{
	bool hints = false;

	for (size_t i = 0; i < ARRAY_LEN(events); i++) {
		char line[256] = "";
		struct saying s;

		assert_false(hints && events[i].kind == EVENT); /* hints stand last */
		hints = hints || events[i].kind == HINT;
		if (events[i].kind == QUIET)
			continue;
		(void)snprintf(line, sizeof(line), "%s%s", strncmp(events[i].pattern, "Remote: ", 8) ? "" : "debug1: ",
			       events[i].pattern);
		for (char *p = line; *p; p++)
			if (*p == '*')
				*p = 'x';
		classify_line_of(events[i].macos ? SYSTEM_MACOS : SYSTEM_LINUX, line, &s);
		if (s.what != SAID_FAILURE || s.row != i || s.class != events[i].class)
			fail_msg("%s: row %u hides row %zu", line, s.row, i);
	}
}

static void every_class_is_whole(void **state UNUSED)
{
	static const enum class_id set_by_the_runner[] = {
		CLASS_unknown, CLASS_killed, CLASS_roam, CLASS_loop_dead, CLASS_program, CLASS_proxy_tool, CLASS_folder, CLASS_file,
		CLASS_lock,
	};

	assert_string_equal(classes[CLASS_none].word, "");
	assert_string_equal(classes[CLASS_none].sentence, "");
	assert_int_equal(classes[CLASS_none].rule, RULE_BACKOFF);
	assert_int_equal(class_find(""), CLASS_none);
	assert_int_equal(class_find("no-such"), CLASS_none);
	for (int i = CLASS_none + 1; i < CLASS_COUNT; i++) {
		const struct class *c = &classes[i];
		bool has_event = false, set = false;
		size_t len = strlen(c->sentence);

		assert_int_equal(class_find(c->word), i); /* so no word stands twice */
		assert_int_equal(strspn(c->word, "abcdefghijklmnopqrstuvwxyz-"), strlen(c->word));
		assert_in_range(c->rule, RULE_AT_ONCE, RULE_PARK);
		if (!len || c->sentence[len - 1] == '.' || c->sentence[len - 1] == ' ' || strstr(c->sentence, "  ") ||
		    (isupper((unsigned char)c->sentence[0])))
			fail_msg("%s: %s", c->word, c->sentence);
		for (size_t j = 0; j < ARRAY_LEN(events); j++)
			has_event = has_event || (int)events[j].class == i;
		for (size_t j = 0; j < ARRAY_LEN(set_by_the_runner); j++)
			set = set || (int)set_by_the_runner[j] == i;
		if (has_event == set)
			fail_msg("%s: %s", c->word, set ? "has an event all the same" : "no event leads to it");
	}
}

/* What `tunnelctl test` listens for; a server's banner, which comes as it is, says none of it. */
static void words_of_a_login(void **state UNUSED)
{
	static const struct { const char *line; enum said what; const char *words; } rows[] = {
		{ "debug1: Server host key: ssh-ed25519 SHA256:x", SAID_SERVER_KEY, "ssh-ed25519 SHA256:x" },
		{ "Server host key: ssh-ed25519 SHA256:x", SAID_NOTHING, NULL },
		{ "debug1: Host '[h]:1' is known and matches the ED25519 host key.", SAID_SERVER_KNOWN, "ED25519 host key." },
		{ "debug1: Offering public key: /k ED25519 SHA256:x explicit", SAID_KEY_OFFERED, "/k ED25519 SHA256:x explicit" },
		{ "debug1: Offering RSA public key: /k", SAID_KEY_OFFERED, "/k" },
		{ "debug1: Server accepts key: pkalg ssh-ed25519 blen 51", SAID_KEY_ACCEPTED, "pkalg ssh-ed25519 blen 51" },
		{ "debug1: Authentications that can continue: publickey,password", SAID_METHODS, "publickey,password" },
		{ "Authenticated using \"publickey\" with partial success.", SAID_PARTIAL, "." },
		{ "Authenticated with partial success.", SAID_PARTIAL, "." },
		{ "debug1: Remote: /a:1: key options: command pty", SAID_KEY_OPTIONS, "command pty" },
		{ "debug1: Remote: /a:1: key options:", SAID_KEY_OPTIONS, "" },
		{ "Remote: /a:1: key options: pty", SAID_NOTHING, NULL },
		{ "subsystem request failed on channel 0", SAID_NO_SUBSYSTEM, "0" },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct saying s;

		classify_line(rows[i].line, &s);
		if (s.what != rows[i].what || !s.words != !rows[i].words || (s.words && strcmp(s.words, rows[i].words) != 0))
			fail_msg("%s: %d, words %s", rows[i].line, s.what, s.words ? s.words : "none");
	}
}

/* Which of several forwards a failure is about. */
static void places_of_failures(void **state UNUSED)
{
	static const struct { const char *line, *listen; } rows[] = {
		{ "Warning: remote port forwarding failed for listen port 12345", "12345" },
		{ "Error: remote port forwarding failed for listen path /run/a b.sock", "/run/a b.sock" },
		{ "channel_setup_fwd_listener_tcpip: cannot listen to port: 8080", "8080" },
		{ "unix_listener: cannot bind to path /x: Permission denied", "" },
		{ "Could not request local forwarding.", "" },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct saying s;

		classify_line(rows[i].line, &s);
		if (s.what != SAID_FAILURE || strcmp(s.listen, rows[i].listen) != 0)
			fail_msg("%s: %d, listen %s", rows[i].line, s.what, s.listen);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_of_a_login),
		cmocka_unit_test(places_of_failures),
		cmocka_unit_test(tells_what_is_said),
		cmocka_unit_test(knows_every_failure),
		cmocka_unit_test(finds_the_reason),
		cmocka_unit_test(cuts_words_between_characters),
		cmocka_unit_test(knows_macos),
		cmocka_unit_test(no_row_hides_another),
		cmocka_unit_test(every_class_is_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
