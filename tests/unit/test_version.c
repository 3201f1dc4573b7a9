/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <string.h>
#include <time.h>

#include "folder.h"
#include "base/error.h"
#include "model/key.h"
#include "ssh/version.h"

static void reads_what_ssh_says_of_itself(void **state UNUSED)
{
	static const struct { const char *said; unsigned version; } rows[] = {
		{ "OpenSSH_5.3p1, OpenSSL 1.0.1e-fips 11 Feb 2013", VERSION(5, 3) },
		{ "OpenSSH_6.6.1p1 Ubuntu-2ubuntu2.13, OpenSSL 1.0.1f 6 Jan 2014", VERSION(6, 6) },
		{ "OpenSSH_7.4p1, OpenSSL 1.0.2k-fips  26 Jan 2017", VERSION(7, 4) },
		{ "OpenSSH_8.1p1, LibreSSL 2.7.3", VERSION(8, 1) },
		{ "OpenSSH_9.2p1 Debian-2+deb12u10, OpenSSL 3.0.19 27 Jan 2026\n", VERSION(9, 2) },
		{ "OpenSSH_10.0p2 Debian-7, OpenSSL 3.5.1 1 Jul 2025", VERSION(10, 0) },
		{ "OpenSSH_10.10p1", VERSION(10, 10) },
		{ "OpenSSH_for_Windows_8.1p1, LibreSSL 3.0.2", VERSION(8, 1) },
		{ "OpenSSH_9.9", VERSION(9, 9) },
		/* What a wrapper or the dynamic linker says in front of it. */
		{ "warning: setlocale\nOpenSSH_9.2p1", VERSION(9, 2) },
		{ "", 0 },
		{ "OpenSSH", 0 },
		{ "OpenSSH_", 0 },
		{ "OpenSSH_p1", 0 },
		{ "OpenSSH_9", 0 },
		{ "OpenSSH_9.", 0 },
		{ "OpenSSH_9p1", 0 },
		{ "OpenSSH_0.1", 0 },
		{ "OpenSSH_9.100", 0 },
		{ "OpenSSH_99999999999999999999.1", 0 },
		{ "Sun_SSH_1.1.8, SSH protocols 1.5/2.0", 0 },
		{ "Dropbear v2022.83", 0 },
	};

	assert_true(VERSION(8, 5) < VERSION(10, 0));
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		unsigned version = 4711;
		int r = ssh_version_parse(rows[i].said, &version);

		if (rows[i].version ? r != 0 || version != rows[i].version : r == 0 || version != 4711)
			fail_msg("%s: %d, %u", rows[i].said, r, version);
	}
}

static void asks_a_program(void **state UNUSED)
{
	/* SCRIPT is run as a program; VERSION 0: an error with these WORDS in it. */
	static const struct { const char *script; unsigned version; const char *words; } rows[] = {
		{ "#!/bin/sh\n[ \"$*\" = -V ] && echo OpenSSH_7.4p1 >&2\n", VERSION(7, 4), NULL },
		{ "#!/bin/sh\necho OpenSSH_7.4p1\n", VERSION(7, 4), NULL },
		{ "#!/bin/sh\necho OpenSSH_7.4p1; exit 1\n", VERSION(7, 4), NULL },
		{ "#!/bin/sh\necho Dropbear v2022.83\n", 0, "not OpenSSH: Dropbear v2022.83" },
		{ "#!/bin/sh\nprintf '\\033[2J'\n", 0, "not OpenSSH: ?[2J" },
		{ "#!/bin/sh\nexit 0\n", 0, "not OpenSSH" },
		{ "#!/no/such/interpreter\n", 0, "No such file" },
	};
	__attribute__((cleanup(folder_done))) struct folder f = { "" };

	folder_make(&f);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(buf) path = {0};
		struct error err = {0};
		unsigned version = 0;
		int r;

		folder_puts(&f, "ssh", rows[i].script);
		assert_int_equal(chmod(folder_at(&f, "ssh", &path), 0755), 0);
		r = ssh_version_ask(path.s, &version, &err);
		if (rows[i].version ? r < 0 || version != rows[i].version : r >= 0 || !strstr(err.text,
			rows[i].words))
			fail_msg("%s: %d, %u, %s", rows[i].script, r, version, err.text);
	}
}

static void does_not_wait_for_ever(void **state UNUSED)
{
	__attribute__((cleanup(folder_done))) struct folder f = { "" };
	AUTO(buf) path = {0};
	struct error err = {0};
	unsigned version;
	time_t begun = time(NULL);

	folder_make(&f);
	folder_puts(&f, "ssh", "#!/bin/sh\nexec sleep 60\n");
	assert_int_equal(chmod(folder_at(&f, "ssh", &path), 0755), 0);
	assert_true(ssh_version_ask(path.s, &version, &err) < 0);
	assert_non_null(strstr(err.text, "no end after 5 s"));
	assert_true(time(NULL) - begun < 30);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_what_ssh_says_of_itself),
		cmocka_unit_test(asks_a_program),
		cmocka_unit_test(does_not_wait_for_ever),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
