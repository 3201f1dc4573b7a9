/* SPDX-License-Identifier: MIT */
#include "ssh/device.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "model/value.h"

/* The number of the end that begins at S; -1: any. */
static long number_of(const char *s)
{
	return strncmp(s, "any", 3) ? strtol(s, NULL, 10) : -1;
}

/* Two addresses of 192.0.2.0/24, which is nobody's (RFC 5737), so that the example works as it is. */
static void put_address(long pair, unsigned which, struct buf *ret)
{
	buf_printf(ret, "192.0.2.%ld/30", pair % 64 * 4 + which);
}

static void put_netdev(const struct tunnel *t, const char *kind, struct device_end *e)
{
	buf_printf(&e->netdev_path, "/etc/systemd/network/10-tunnelctl-%s.netdev", t->name);
	buf_printf(&e->netdev,
		   "# The device of the tunnel %s: made at boot, so that neither ssh nor sshd needs root for it\n"
		   "[NetDev]\nName=%s\nKind=%s\n\n[%s]\nUser=%s\n",
		   t->name, e->name.s, kind, *kind == 't' && kind[1] == 'a' ? "Tap" : "Tun", e->account.s);
}

/* A tun device has no carrier while nobody has it open: networkd would not configure it then, or take it all back. */
static void put_network(const struct tunnel *t, struct device_end *e)
{
	buf_printf(&e->network_path, "/etc/systemd/network/10-tunnelctl-%s.network", t->name);
	buf_printf(&e->network,
		   "# Its address, which stays while the tunnel is away. Put in a pair of your own: this one is for trying out\n"
		   "[Match]\nName=%s\n\n"
		   "[Link]\nRequiredForOnline=no\n\n"
		   "[Network]\nAddress=%s\nConfigureWithoutCarrier=yes\nIgnoreCarrierLoss=yes\n"
		   "KeepConfiguration=static\nLinkLocalAddressing=no\nIPv6AcceptRA=no\n",
		   e->name.s, e->address.s);
}

static void put_commands(const char *kind, struct device_end *e)
{
	strv_pushf(&e->commands, "ip tuntap add dev %s mode %s user %s", e->name.s, kind, e->account.s);
	strv_pushf(&e->commands, "ip address add %s dev %s", e->address.s, e->name.s);
	strv_pushf(&e->commands, "ip link set %s up", e->name.s);
}

static void make_end(const struct tunnel *t, const char *kind, long number, long pair, unsigned which,
		     struct device_end *e)
{
	if (!(e->fixed = number >= 0))
		return;
	buf_printf(&e->name, "%s%ld", kind, number);
	put_address(pair, which, &e->address);
	put_netdev(t, kind, e);
	put_network(t, e);
	put_commands(kind, e);
}

/* The user of "user[:group]". */
static void put_user(const char *account, struct buf *ret)
{
	buf_put(ret, account, strcspn(account, ":"));
}

bool device_make(const struct tunnel *t, const char *account, struct device_plan *ret)
{
	const char *kind = t->tunnel == TUNNEL_ETHERNET ? "tap" : "tun";
	const char *owner = account ? account : t->run_as ? t->run_as : "ACCOUNT";
	const char *colon;
	long here, there;

	if (!t->tunnel_device)
		return false;
	*ret = (struct device_plan){ .permit_tunnel = t->tunnel == TUNNEL_ETHERNET ? "ethernet" : "point-to-point" };
	colon = strchr(t->tunnel_device, ':');
	here = number_of(t->tunnel_device);
	there = colon ? number_of(colon + 1) : -1; /* ssh(1), -w: the default is any */
	put_user(owner, &ret->here.account);
	put_user(t->user ? t->user : owner, &ret->there.account);
	make_end(t, kind, here, here >= 0 ? here : there, 1, &ret->here);
	make_end(t, kind, there, here >= 0 ? here : there, 2, &ret->there);
	if (there >= 0)
		buf_printf(&ret->key_option, "tunnel=\"%ld\"", there);
	return true;
}

static void end_done(struct device_end *e)
{
	buf_done(&e->name);
	buf_done(&e->account);
	buf_done(&e->address);
	buf_done(&e->netdev_path);
	buf_done(&e->netdev);
	buf_done(&e->network_path);
	buf_done(&e->network);
	strv_done(&e->commands);
}

void device_plan_done(struct device_plan *d)
{
	end_done(&d->here);
	end_done(&d->there);
	buf_done(&d->key_option);
	*d = (struct device_plan){0};
}

static void print_end(const struct device_end *e, const char *where, const char *whose, struct buf *ret)
{
	buf_printf(ret, "## %s: ", where);
	if (!e->fixed) {
		buf_printf(ret, "TunnelDevice gives no number for this end, so it takes a new device each time, which needs "
				"root there.\n## With a number, as in TunnelDevice = 0:0, the device can be made "
				"beforehand for %s (%s).\n", e->account.s, whose);
		return;
	}
	buf_printf(ret, "%s belongs to %s (%s). With systemd-networkd two files, then: networkctl reload\n\n", e->name.s,
		   e->account.s, whose);
	buf_cat(ret, "# ", e->netdev_path.s, "\n", e->netdev.s, "\n# ", e->network_path.s, "\n", e->network.s,
		"\n# Or without systemd-networkd, as root, after each start of the machine:\n");
	for (size_t i = 0; i < e->commands.len; i++)
		buf_cat(ret, e->commands.v[i], "\n");
}

void device_print(const struct tunnel *t, const char *account, struct buf *ret)
{
	AUTO(device_plan) d = {0};

	if (!device_make(t, account, &d))
		return;
	print_end(&d.here, "This machine", "the account of the tunnel", ret);
	buf_puts(ret, "\n");
	print_end(&d.there, "The server", "the account that the tunnel logs in to", ret);
	buf_printf(ret, "\n# In the server's sshd_config, for that account (Match User %s):\nPermitTunnel %s\n",
		   d.there.account.s, d.permit_tunnel);
}

void device_cure(const struct tunnel *t, const char *account, struct buf *ret)
{
	AUTO(device_plan) d = {0};

	if (device_make(t, account, &d) && d.here.fixed)
		buf_puts(ret, d.here.commands.v[0]);
}
