/* SPDX-License-Identifier: MIT */
/* The files and commands that make the devices of a TunnelDevice; systemd-networkd 252 and ip(8) have taken these. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <string.h>

#include "base/macros.h"
#include "ssh/device.h"

static void makes_both_ends(void **state UNUSED)
{
	static const struct {
		const char *value, *run_as, *user, *account;
		unsigned kind;
		const char *here, *here_owner, *here_address, *there, *there_owner, *there_address, *permit, *key;
	} rows[] = {
		{ "0:0", "me", "u", NULL, 0, "tun0", "me", "192.0.2.1/30", "tun0", "u", "192.0.2.2/30", "point-to-point",
		  "tunnel=\"0\"" },
		{ "7:8", "me:staff", NULL, NULL, TUNNEL_POINT_TO_POINT, "tun7", "me", "192.0.2.29/30", "tun8", "me",
		  "192.0.2.30/30", "point-to-point", "tunnel=\"8\"" },
		{ "1:2", NULL, "u", "self", TUNNEL_ETHERNET, "tap1", "self", "192.0.2.5/30", "tap2", "u", "192.0.2.6/30",
		  "ethernet", "tunnel=\"2\"" },
		{ "3", "me", "u", NULL, 0, "tun3", "me", "192.0.2.13/30", NULL, NULL, NULL, "point-to-point", "" },
		{ "any:4", "me", "u", NULL, 0, NULL, NULL, NULL, "tun4", "u", "192.0.2.18/30", "point-to-point",
		  "tunnel=\"4\"" },
		{ "any", "me", "u", NULL, 0, NULL, NULL, NULL, NULL, NULL, NULL, "point-to-point", "" },
		{ "2147483646:2147483646", "me", "u", NULL, 0, "tun2147483646", "me", "192.0.2.249/30", "tun2147483646", "u",
		  "192.0.2.250/30", "point-to-point", "tunnel=\"2147483646\"" },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct tunnel t = { .name = (char *)"vpn", .tunnel_device = (char *)rows[i].value,
					  .run_as = (char *)rows[i].run_as, .user = (char *)rows[i].user,
					  .tunnel = rows[i].kind };
		AUTO(device_plan) d = {0};

		assert_true(device_make(&t, rows[i].account, &d));
		assert_int_equal(d.here.fixed, rows[i].here != NULL);
		assert_int_equal(d.there.fixed, rows[i].there != NULL);
		assert_string_equal(buf_str(&d.here.name), rows[i].here ? rows[i].here : "");
		assert_string_equal(buf_str(&d.there.name), rows[i].there ? rows[i].there : "");
		assert_string_equal(buf_str(&d.here.address), rows[i].here_address ? rows[i].here_address : "");
		assert_string_equal(buf_str(&d.there.address), rows[i].there_address ? rows[i].there_address : "");
		if (rows[i].here)
			assert_string_equal(buf_str(&d.here.account), rows[i].here_owner);
		if (rows[i].there)
			assert_string_equal(buf_str(&d.there.account), rows[i].there_owner);
		assert_string_equal(d.permit_tunnel, rows[i].permit);
		assert_string_equal(buf_str(&d.key_option), rows[i].key);
	}
}

static void is_nothing_without_a_device(void **state UNUSED)
{
	const struct tunnel t = { .name = (char *)"x", .run_as = (char *)"me" };
	AUTO(device_plan) d = {0};
	AUTO(buf) text = {0};

	assert_false(device_make(&t, NULL, &d));
	device_print(&t, NULL, &text);
	device_cure(&t, NULL, &text);
	assert_int_equal(text.len, 0);
}

static const char printed[] =
	"## This machine: tun0 belongs to me (the account of the tunnel). With systemd-networkd two files, then: networkctl "
	"reload\n"
	"\n"
	"# /etc/systemd/network/10-tunnelctl-vpn.netdev\n"
	"# The device of the tunnel vpn: made at boot, so that neither ssh nor sshd needs root for it\n"
	"[NetDev]\n"
	"Name=tun0\n"
	"Kind=tun\n"
	"\n"
	"[Tun]\n"
	"User=me\n"
	"\n"
	"# /etc/systemd/network/10-tunnelctl-vpn.network\n"
	"# Its address, which stays while the tunnel is away. Put in a pair of your own: this one is for trying out\n"
	"[Match]\n"
	"Name=tun0\n"
	"\n"
	"[Link]\n"
	"RequiredForOnline=no\n"
	"\n"
	"[Network]\n"
	"Address=192.0.2.1/30\n"
	"ConfigureWithoutCarrier=yes\n"
	"IgnoreCarrierLoss=yes\n"
	"KeepConfiguration=static\n"
	"LinkLocalAddressing=no\n"
	"IPv6AcceptRA=no\n"
	"\n"
	"# Or without systemd-networkd, as root, after each start of the machine:\n"
	"ip tuntap add dev tun0 mode tun user me\n"
	"ip address add 192.0.2.1/30 dev tun0\n"
	"ip link set tun0 up\n"
	"\n"
	"## The server: TunnelDevice gives no number for this end, so it takes a new device each time, which needs root there.\n"
	"## With a number, as in TunnelDevice = 0:0, the device can be made beforehand for u (the account that the tunnel logs "
	"in to).\n"
	"\n"
	"# In the server's sshd_config, for that account (Match User u):\n"
	"PermitTunnel point-to-point\n";

static void is_printed_to_be_pasted(void **state UNUSED)
{
	const struct tunnel t = { .name = (char *)"vpn", .tunnel_device = (char *)"0", .run_as = (char *)"me",
				  .user = (char *)"u" };
	AUTO(buf) text = {0};

	device_print(&t, NULL, &text);
	assert_string_equal(text.s, printed);
	buf_clear(&text);
	device_cure(&t, NULL, &text);
	assert_string_equal(text.s, "ip tuntap add dev tun0 mode tun user me");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(makes_both_ends),
		cmocka_unit_test(is_nothing_without_a_device),
		cmocka_unit_test(is_printed_to_be_pasted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
