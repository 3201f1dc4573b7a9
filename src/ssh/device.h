/* SPDX-License-Identifier: MIT */
/*
 * The tun or tap devices of a TunnelDevice, made once by root at both ends and owned by the account of that end: then
 * neither ssh nor sshd needs to be root, and the addresses stay while the tunnel is away (ssh(1), -w; ip-tuntap(8);
 * systemd.netdev(5), [Tun] and [Tap]; sshd_config(5), PermitTunnel). Pure text; Linux at both ends.
 */
#ifndef TUNNELCTL_SSH_DEVICE_H
#define TUNNELCTL_SSH_DEVICE_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/strv.h"
#include "model/tunnel.h"

/* One end. The texts are those of whole files and begin with a comment that says what they are for. */
struct device_end {
	bool fixed;                         /* it has a number; without one ("any") nothing can be prepared, and all
					     * below is empty */
	struct buf name;                    /* "tun0", "tap0" */
	struct buf account;                 /* who owns it */
	struct buf address;                 /* an example that works: "192.0.2.1/30", RFC 5737 */
	struct buf netdev_path, netdev;     /* systemd-networkd: /etc/systemd/network/10-tunnelctl-NAME.netdev */
	struct buf network_path, network;   /* the same with .network */
	struct strv commands;               /* as root, for a host without systemd-networkd; gone after a reboot */
};

/* All-zero is the valid empty one. */
struct device_plan {
	struct device_end here, there;
	const char *permit_tunnel;          /* for the server's sshd_config: "point-to-point" or "ethernet" */
	struct buf key_option;              /* for the server's authorized_keys: tunnel="0", or empty */
};

/* ACCOUNT owns the device here; NULL: RunAs says who. The server's belongs to User, or where that is not given to an
 * account of the same name. False: there is no TunnelDevice, and ret is empty. */
bool device_make(const struct tunnel *, const char *account, struct device_plan *ret);

void device_plan_done(struct device_plan *);

/* Appends all that for a person to read and to paste: both ends, nothing where there is no TunnelDevice. */
void device_print(const struct tunnel *, const char *account, struct buf *ret);

/* Appends what root has to say here, and no more, where the device is missing: "ip tuntap add ..."; empty for "any". */
void device_cure(const struct tunnel *, const char *account, struct buf *ret);

#endif
