/* SPDX-License-Identifier: MIT */
/* With a script in place of ssh; the real one and a real server are in tests/ssh/reclaim. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "folder.h"
#include "model/config.h"
#include "model/key.h"
#include "runner/reclaim.h"

static struct folder dir;

/* What it was given, and what it does. */
static int run(const char *script, unsigned version, const char *tunnel, struct buf *ret_given, struct error *err)
{
	AUTO(buf) text = {0};
	AUTO(buf) path = {0};
	AUTO(tunnel) t = {0};
	AUTO(strv) problems = {0};
	AUTO(strv) environment = {0};
	struct ssh_machine machine = { .version = version, .home = "/home/me", .folder = dir.path, .loop = "/run/l" };

	buf_printf(&text, "#!/bin/sh\n{ printf '%%s\\n' \"$@\"; /usr/bin/env; } >%s/given\n%s\n", dir.path, script);
	folder_puts(&dir, "ssh", text.s);
	assert_int_equal(chmod(folder_at(&dir, "ssh", &path), 0755), 0);
	buf_clear(&text);
	buf_printf(&text, "[Tunnel]\nHost = h\nProgram = %s\nConnectTimeout = 1\n%s", path.s, tunnel);
	folder_puts(&dir, "home.ini", text.s);
	if (config_load(folder_at(&dir, "home.ini", &path), CONFIG_USER, &t, &problems) < 0)
		fail_msg("%s", problems.v[0]);
	strv_push(&environment, "COLOUR=deep blue");
	return reclaim_run(&t, &machine, &environment, err) < 0
		       ? err->code
		       : file_read(folder_at(&dir, "given", &path), 65536, ret_given, NULL, err);
}

static void is_a_session(void **state UNUSED)
{
	static const char tunnel[] = "IdentityFile = /etc/-N\nUser = me\nRemoteForward = 1:a:1\nRemotePortBusy = reclaim\n"
				     "LocalForward = 2:a:1\nLocalForward = /run/s:a:1\nDynamicForward = 3\n"
				     "TunnelDevice = 0\nProxyCommand = nc %h %p\n[SSH]\nCiphers = aes256-gcm@openssh.com\n";
	static const char *const has[] = {
		"-F\n/dev/null\n-o\nLogLevel=ERROR\n", "-o\nClearAllForwardings=yes\n",
		"-T\n-n\n", "-i\n/etc/-N\n", "-l\nme\n", "-o\nProxyCommand=nc %h %p\n", "-o\nBatchMode=yes\n",
		"-o\nCiphers=aes256-gcm@openssh.com\n", "-o\nTunnel=no\n", "--\nh\ntunnelctl-reclaim\n",
		"\nCOLOUR=deep blue\n",
	};
	static const char *const has_not[] = { "\n-N\n", "\n-R\n", "\n-L\n", "\n-D\n", "\n-w\n", "/run/l", "LD_BIND", };

	assert_int_equal(setenv("LD_BIND_NOW", "1", 1), 0);
	for (unsigned version = VERSION(7, 4); version <= VERSION(10, 0); version += 13) {
		AUTO(buf) given = {0};
		struct error err = {0};

		if (run("exit 0", version, tunnel, &given, &err) != 0)
			fail_msg("%s", err.text);
		for (size_t i = 0; i < ARRAY_LEN(has); i++)
			if (!strstr(given.s, has[i]))
				fail_msg("%u: not in it: %s\n%s", version, has[i], given.s);
		for (size_t i = 0; i < ARRAY_LEN(has_not); i++)
			if (strstr(given.s, has_not[i]))
				fail_msg("%u: in it: %s\n%s", version, has_not[i], given.s);
		assert_int_equal(!!strstr(given.s, "-o\nLogVerbose=none\n"), version >= VERSION(8, 5));
		assert_int_equal(!!strstr(given.s, "-o\nSessionType=default\n"), version >= VERSION(8, 7));
	}
}

static void tells_why(void **state UNUSED)
{
	static const struct { const char *script; int want; const char *text; } rows[] = {
		{ "echo 'tunnelctl-reclaim: 1 ended'", 0, "" },
		{ "printf 'one\\n\\033[1mh: Permission denied (publickey).\\r\\n\\n' >&2; exit 255", -EIO,
		  "RemotePortBusy = reclaim: ?[1mh: Permission denied (publickey)." },
		{ "echo 'sh: tunnelctl-reclaim: not found'; exit 127", -EIO,
		  "RemotePortBusy = reclaim: sh: tunnelctl-reclaim: not found" },
		{ "exit 1", -EIO,
		  "RemotePortBusy = reclaim: the server ended the session without a word: "
		  "no command=\"tunnelctl-reclaim\" for this key?" },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(buf) given = {0};
		struct error err = {0};
		int r = run(rows[i].script, VERSION(9, 2), "", &given, &err);

		assert_int_equal(r, rows[i].want);
		assert_string_equal(err.text, rows[i].text);
	}
}

static void is_bounded(void **state UNUSED)
{
	AUTO(buf) given = {0};
	struct error err = {0};

	assert_int_equal(run("exec sleep 60", VERSION(9, 2), "", &given, &err), -ETIMEDOUT);
	assert_non_null(strstr(err.text, "no end after 6 s"));
}

static int make_dir(void **state UNUSED)
{
	folder_make(&dir);
	return 0;
}

static int remove_dir(void **state UNUSED)
{
	folder_done(&dir);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(is_a_session),
		cmocka_unit_test(tells_why),
		cmocka_unit_test(is_bounded),
	};

	return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
