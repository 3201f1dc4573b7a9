/* SPDX-License-Identifier: MIT */
/* The systemd backend: words, lines that may be added, the sandbox and its holes, and the checker. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "backend.h"
#include "base/alloc.h"
#include "folder.h"
#include "marker.h"
#include "model/config.h"
#include "systemd/quote.h"
#include "systemd/unit.h"

#define RUNNER "/usr/libexec/tunnelctl/tunnelctl-run"
#define INI "/etc/tunnelctl/home.ini"
#define KEY_LINE \
	"KnownHostKey = ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHt7e3t7e3t7e3t7e3t7e3t7e3t7e3t7e3t7e3t7e3t7\n"

static struct folder dir;

static int make_dir(void **state)
{
	(void)state;
	folder_make(&dir);
	return 0;
}

static int remove_dir(void **state)
{
	(void)state;
	folder_done(&dir);
	return 0;
}

typedef const char *quote_fn(const char *, struct buf *);

/* out NULL: refused. The rules: systemd.syntax(7); systemd.service(5), COMMAND LINES;
 * systemd.exec(5), Environment=. */
static const struct { quote_fn *quote; const char *in, *out; } words[] = {
	{ quote_argument, "", "\"\"" },
	{ quote_argument, "plain", "plain" },
	{ quote_argument, "-o", "-o" },
	{ quote_argument, "/a/b.c_d:e@f,g+h=i", "/a/b.c_d:e@f,g+h=i" },
	{ quote_argument, "a b", "\"a b\"" },
	{ quote_argument, " ", "\" \"" },
	{ quote_argument, "\\", "\"\\\\\"" },
	{ quote_argument, "a\\", "\"a\\\\\"" },
	{ quote_argument, "\"", "\"\\\"\"" },
	{ quote_argument, "'", "\"'\"" },
	{ quote_argument, "%", "\"%%\"" },
	{ quote_argument, "%h%Z", "\"%%h%%Z\"" },
	{ quote_argument, "$", "\"$$\"" },
	{ quote_argument, "$X ${Y} $$", "\"$$X $${Y} $$$$\"" },
	{ quote_argument, ";", "\";\"" },
	{ quote_argument, "|", "\"|\"" },
	{ quote_argument, "-@:+!x", "\"-@:+!x\"" },
	{ quote_argument, "#", "\"#\"" },
	{ quote_argument, "~/x", "\"~/x\"" },
	{ quote_argument, "a\nb\tc", "\"a\\nb\\tc\"" },
	{ quote_argument, "\x01\x1b\x7f\r", "\"\\x01\\x1b\\x7f\\x0d\"" },
	{ quote_argument, "\xc3\xa9", "\"\xc3\xa9\"" },
	{ quote_argument, "\xc3\xa9\n", "\"\\xc3\\xa9\\n\"" }, /* no longer clean text: all as escapes */
	{ quote_argument, "\xff\xfe", "\"\\xff\\xfe\"" },
	{ quote_argument, "\xef\xbf\xbe", "\"\\xef\\xbf\\xbe\"" },       /* U+FFFE */
	{ quote_argument, "\xef\xb7\x90", "\"\\xef\\xb7\\x90\"" },       /* U+FDD0 */
	{ quote_argument, "\xf4\x8f\xbf\xbf", "\"\\xf4\\x8f\\xbf\\xbf\"" }, /* U+10FFFF */
	{ quote_argument, "\xc2\x9b", "\"\\xc2\\x9b\"" },                /* U+009B: a terminal obeys it */

	{ quote_program, "/usr/bin/ssh", "/usr/bin/ssh" },
	{ quote_program, "/opt/my ssh", "\"/opt/my ssh\"" },
	{ quote_program, "/opt/50%", "\"/opt/50%%\"" },
	{ quote_program, "/opt/a$$b", "\"/opt/a$$b\"" }, /* $ is not expanded in the first word */
	{ quote_program, "/opt/\xc3\xa9", "\"/opt/\xc3\xa9\"" },
	{ quote_program, "ssh", NULL },
	{ quote_program, "bin/ssh", NULL },
	{ quote_program, "", NULL },
	{ quote_program, "@/bin/ssh", NULL },
	{ quote_program, "/a\"b", NULL },
	{ quote_program, "/a'b", NULL },
	{ quote_program, "/a\\b", NULL },
	{ quote_program, "/a\tb", NULL },
	{ quote_program, "/a\nb", NULL },
	{ quote_program, "/a\xff", NULL },

	{ quote_environment, "A=", "A=" },
	{ quote_environment, "A=b", "A=b" },
	{ quote_environment, "A=b c", "\"A=b c\"" },
	{ quote_environment, "A=$X", "\"A=$X\"" }, /* $ means nothing here */
	{ quote_environment, "A=%h", "\"A=%%h\"" },
	{ quote_environment, "A=\"'\\", "\"A=\\\"'\\\\\"" },
	{ quote_environment, "A=\n\t\x01\x7f", "\"A=\\n\\t\\x01\\x7f\"" },
	{ quote_environment, "A=\xc3\xa9", "\"A=\xc3\xa9\"" },
	{ quote_environment, "A=\xc2\x80", "\"A=\\xc2\\x80\"" },
	{ quote_environment, "A=\xff", NULL },
	{ quote_environment, "A=\xc2", NULL },
	{ quote_environment, "A=\xef\xbf\xbe", NULL },
	{ quote_environment, "A=\xef\xb7\xaf", NULL },

	{ quote_plain, "", "" },
	{ quote_plain, "a  \"b\" 'c' \\x41 $X ;#", "a  \"b\" 'c' \\x41 $X ;#" },
	{ quote_plain, "50% off", "50%% off" },
	{ quote_plain, "C:\\", "C:\\ " }, /* without the blank the next line would vanish */
	{ quote_plain, "\xc3\xa9", "\xc3\xa9" },
	{ quote_plain, "a\nb", NULL },
	{ quote_plain, "\x1b[31m", NULL },
	{ quote_plain, "\xff", NULL },
	{ quote_plain, " a", NULL },
	{ quote_plain, "a\t", NULL },
};

static void test_words(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		AUTO(buf) ret = {0};
		const char *why = words[i].quote(words[i].in, &ret);

		if (!words[i].out != !!why)
			fail_msg("row %zu, %s: %s", i, words[i].in, why ? why : "not refused");
		if (why)
			assert_true(strlen(why) > 20);
		else
			assert_string_equal(buf_str(&ret), words[i].out);
	}
}

enum kind { SYSTEM, USER, ALONE }; /* alone: without tunnelctl-run */

/* Renders [Tunnel] with TUNNEL and [Service] with SERVICE (and whatever sections it goes on with). */
static int render(enum kind kind, const char *tunnel, const char *service, struct buf *ret,
		  struct strv *notes, struct error *err)
{
	bool user = kind == USER, standalone = kind == ALONE;
	struct scope scope = { .user = user, .standalone = standalone, .runner = RUNNER, .ini = INI };
	AUTO(tunnel) t = {0};
	AUTO(strv) problems = {0};
	AUTO(strv) argv = {0};
	AUTO(buf) ini = {0};
	AUTO(buf) path = {0};

	buf_printf(&ini, "[Tunnel]\nHost = h\nIdentityFile = /etc/keys/k\n" KEY_LINE "%s[Service]\n%s%s",
		   tunnel, user || strstr(service, "RunAs") ? "" : "RunAs = me\n", service);
	folder_puts(&dir, "home.ini", ini.s);
	if (config_load(folder_at(&dir, "home.ini", &path), user ? CONFIG_USER : CONFIG_SYSTEM, &t,
			&problems) < 0)
		fail_msg("%s", problems.v[0]);
	strv_push(&argv, standalone ? "/usr/bin/ssh" : RUNNER);
	strv_push(&argv, standalone ? "h" : INI);
	return backend_find("systemd")->render(&t, &scope, &argv, ret, notes, err);
}

static void render_good(enum kind kind, const char *tunnel, const char *service, struct buf *ret,
			struct strv *notes)
{
	struct error err = {0};

	if (render(kind, tunnel, service, ret, notes, &err) < 0)
		fail_msg("%s", err.text);
}

static void split_lines(const char *s, struct strv *ret)
{
	for (; *s; s += strcspn(s, "\n"), s += *s == '\n')
		if (*s != '\n')
			strv_push_take(ret, xstrndup(s, strcspn(s, "\n")));
}

/* "-old line" and "+new line" each with a newline, in their order; the marker's may always differ. */
static void put_difference(const char *old, const char *new, struct buf *ret)
{
	AUTO(strv) a = {0};
	AUTO(strv) b = {0};

	split_lines(old, &a);
	split_lines(new, &b);
	for (size_t i = 1; i < a.len; i++)
		if (!strv_has(&b, a.v[i]))
			buf_printf(ret, "-%s\n", a.v[i]);
	for (size_t i = 1; i < b.len; i++)
		if (!strv_has(&a, b.v[i]))
			buf_printf(ret, "+%s\n", b.v[i]);
}

#define HIDDEN "-ProtectHome=yes\n+ProtectHome=tmpfs\n"
#define READABLE "-ProtectHome=yes\n+ProtectHome=read-only\n"
#define NO_INSTALL "-[Install]\n-WantedBy=multi-user.target\n"
#define LOW_PORT \
	"-CapabilityBoundingSet=\n-AmbientCapabilities=\n-PrivateUsers=yes\n" \
	"+CapabilityBoundingSet=CAP_NET_BIND_SERVICE\n+AmbientCapabilities=CAP_NET_BIND_SERVICE\n" \
	"+PrivateUsers=no\n"
#define NO_DEVICE \
	"-CapabilityBoundingSet=\n-AmbientCapabilities=\n-PrivateUsers=yes\n-PrivateDevices=yes\n"
#define NEW_DEVICE \
	"+CapabilityBoundingSet=CAP_NET_ADMIN\n+AmbientCapabilities=CAP_NET_ADMIN\n+PrivateUsers=no\n" \
	"+DeviceAllow=/dev/net/tun rw\n"
#define MADE_DEVICE "-PrivateDevices=yes\n+DeviceAllow=/dev/net/tun rw\n"

/* What a key changes in the unit of its scope; everything else stays. */
static const struct { enum kind kind; const char *tunnel, *service, *difference, *note; } changes[] = {
	/* holes: files */
	{ SYSTEM, "IdentityFile = /home/me/.ssh/id\n", "", HIDDEN "+BindReadOnlyPaths=-/home/me/.ssh\n" },
	{ SYSTEM, "IdentityFile = /root/.ssh/id\n", "", HIDDEN "+BindReadOnlyPaths=-/root/.ssh\n" },
	{ SYSTEM, "IdentityFile = /homely/id\n", "", "" },
	{ SYSTEM, "IdentityFile = ~/.ssh/id\n", "", READABLE },
	{ SYSTEM, "IdentityFile =\n", "", READABLE }, /* ssh then looks into ~/.ssh */
	{ SYSTEM, "KnownHostKey =\n", "", READABLE },
	{ SYSTEM, "KnownHostKey =\nUserKnownHostsFile = /etc/ssh/known\n", "", "" },
	{ SYSTEM, "UserKnownHostsFile = /home/me/known\n", "", HIDDEN "+BindReadOnlyPaths=-/home/me\n" },
	{ SYSTEM, "CertificateFile = /home/me/c/cert\n", "", HIDDEN "+BindReadOnlyPaths=-/home/me/c\n" },
	{ SYSTEM, "IdentityAgent = /run/user/1/agent\n", "", HIDDEN "+BindReadOnlyPaths=-/run/user/1\n" },
	{ SYSTEM, "IdentityAgent = /run/agent\n", "", "" },
	{ SYSTEM, "IdentityAgent = SSH_AUTH_SOCK\n", "", "",
	  "IdentityAgent: the sandbox hides an agent whose socket is in /tmp; give its path, or Sandbox = off" },
	{ SYSTEM, "ConfigFile = /home/me/config\n", "", HIDDEN "+BindReadOnlyPaths=-/home/me\n" },
	{ SYSTEM, "ConfigFile = /etc/ssh/ssh_config\n", "", "" },
	{ SYSTEM, "Program = /home/me/bin/ssh\n", "", HIDDEN "+BindReadOnlyPaths=-/home/me/bin\n" },
	{ SYSTEM, "IdentityFile = /tmp/x/id\n", "", HIDDEN "+BindReadOnlyPaths=-/tmp/x\n" },
	{ SYSTEM, "IdentityFile = ~/id\nIdentityFile = /tmp/x/id\n", "",
	  READABLE "+BindReadOnlyPaths=-/tmp/x\n" },
	{ SYSTEM, "IdentityFile = /home/me/a/1\nIdentityFile = /home/me/a/2\nIdentityFile = /home/me/b/3\n",
	  "", HIDDEN "+BindReadOnlyPaths=-/home/me/a\n+BindReadOnlyPaths=-/home/me/b\n" },
	{ SYSTEM, "IdentityFile = /home/my self/50%/id\n", "",
	  HIDDEN "+BindReadOnlyPaths=\"-/home/my self/50%%\"\n" },
	{ SYSTEM, "IdentityFile = /home/a:b/id\n", "", HIDDEN "+BindReadOnlyPaths=\"-/home/a:b\"\n" },
	{ SYSTEM, "IdentityFile = /home/o'neil/id\n", "", HIDDEN "+BindReadOnlyPaths=\"-/home/o'neil\"\n" },
	/* holes: forwards, devices, commands */
	{ SYSTEM, "RemoteForward = 1:localhost:22\n", "", "" },
	{ SYSTEM, "RemoteForward = 80:/home/me/s/x\n", "", HIDDEN "+BindReadOnlyPaths=-/home/me/s\n" },
	{ SYSTEM, "RemoteForward = /home/me/there:localhost:22\n", "", "" },
	{ SYSTEM, "LocalForward = 1024:a:1\n", "", "" },
	{ SYSTEM, "LocalForward = 1023:a:1\n", "", LOW_PORT },
	{ SYSTEM, "LocalForward = /run/db/s:a:1\n", "", "+ReadWritePaths=-/run/db\n" },
	{ SYSTEM, "DynamicForward = 1080\n", "", "" },
	{ SYSTEM, "DynamicForward = 53\n", "", LOW_PORT },
	{ SYSTEM, "TunnelDevice = 0\n", "", MADE_DEVICE }, /* root made it for RunAs */
	{ SYSTEM, "TunnelDevice = 0:any\n", "", MADE_DEVICE },
	{ SYSTEM, "TunnelDevice = any:0\n", "", NO_DEVICE NEW_DEVICE },
	{ SYSTEM, "TunnelDevice = 0\n", "RunAs = me:root\n", "-PrivateDevices=yes\n+Group=root\n+DeviceAllow=/dev/net/tun rw\n" },
	{ SYSTEM, "TunnelDevice = 0\n", "RunAs = rooty\n",
	  "-User=me\n-PrivateDevices=yes\n+User=rooty\n+DeviceAllow=/dev/net/tun rw\n" },
	{ SYSTEM, "TunnelDevice = 0\n", "RunAs = root:me\n",
	  "-User=me\n" NO_DEVICE "+User=root\n+Group=me\n" NEW_DEVICE },
	{ SYSTEM, "ProxyCommand = nc %h %p\n", "", READABLE },
	{ SYSTEM, "ProxyJump = j\n", "", READABLE },
	/* no holes */
	{ SYSTEM, "Port = 2222\nUser = u\nCompression = yes\nConnectTimeout = 9\n", "", "" },
	/* [Service] */
	{ SYSTEM, "Description = 50% \"x\"\n", "",
	  "-Description=SSH tunnel home\n+Description=50%% \"x\"\n" },
	{ SYSTEM, "", "Start = boot\n", "" },
	{ SYSTEM, "", "Start = manual\n", NO_INSTALL },
	{ SYSTEM, "", "Restart = always\n", "" },
	{ SYSTEM, "", "Restart = on-failure\n", "-Restart=always\n+Restart=on-failure\n" },
	{ SYSTEM, "", "Restart = never\n", "-Restart=always\n+Restart=no\n" },
	{ SYSTEM, "", "RunAs = me:staff\n", "+Group=staff\n" },
	{ SYSTEM, "", "RunAs = root\n", "-User=me\n+User=root\n" },
	{ SYSTEM, "", "StopTimeout = 1m\n", "-TimeoutStopSec=10\n+TimeoutStopSec=60\n" },
	{ SYSTEM, "", "LimitNOFILE = 512\n", "+LimitNOFILE=512\n" },
	{ SYSTEM, "", "Log = native\n", "" },
	{ SYSTEM, "", "Log = /var/log/t/home\n", "+ReadWritePaths=-/var/log/t\n" },
	{ SYSTEM, "", "Log = /home/me/logs/home\n", HIDDEN "+BindPaths=-/home/me/logs\n" },
	{ SYSTEM, "", "Log = /tmp/home\n", HIDDEN "+BindPaths=-/tmp\n" },
	{ SYSTEM, "", "Log = ~/logs/home\n", "",
	  "Log: only tunnelctl-run knows where ~ is, and the sandbox lets it write nothing there; write the path in "
	  "full" },
	{ USER, "", "Log = ~/my logs/50%/x\n", "+ReadWritePaths=\"-%h/my logs/50%%\"\n" },
	{ USER, "", "Log = ~/log\n", "+ReadWritePaths=-%h\n" },
	{ ALONE, "", "Log = /var/log/t/home\n", "" },
	{ SYSTEM, "", "Environment = A=%h $X\nEnvironment = B=\n",
	  "+Environment=\"A=%%h $X\"\n+Environment=B=\n" },
	/* additions */
	{ SYSTEM, "", "[systemd.Unit]\nAfter = a.service\nWants = a.service\nDocumentation = man:x(1)\n",
	  "+After=a.service\n+Wants=a.service\n+Documentation=man:x(1)\n" },
	{ SYSTEM, "", "[systemd.Service]\nCPUWeight = 50\nSystemCallFilter = @mount\nIPAddressDeny = any\n",
	  "+CPUWeight=50\n+SystemCallFilter=@mount\n+IPAddressDeny=any\n" },
	{ SYSTEM, "", "[systemd.Service]\nBindPaths = /a\nBindPaths = /b\n",
	  "+BindPaths=/a\n+BindPaths=/b\n" },
	{ SYSTEM, "", "[systemd.Install]\nAlias = x.service\n", "+Alias=x.service\n" },
	{ SYSTEM, "", "Start = manual\n[systemd.Install]\nAlias = x.service\n",
	  "-WantedBy=multi-user.target\n+Alias=x.service\n" },
	/* a user's unit */
	{ USER, "", "Start = login\n", "" },
	{ USER, "", "Start = boot\n", "" }, /* the same unit; enable asks for linger */
	{ USER, "", "Start = manual\n", "-[Install]\n-WantedBy=default.target\n" },
	{ USER, "IdentityFile = /home/me/.ssh/id\n", "", "" }, /* readable anyway */
	{ USER, "IdentityFile = /tmp/x/id\n", "", "+BindReadOnlyPaths=-/tmp/x\n" },
	{ USER, "LocalForward = 80:a:1\n", "", "",
	  "LocalForward: a user's tunnel cannot listen on a port below 1024" },
	{ USER, "TunnelDevice = 0\n", "", "-PrivateDevices=yes\n+DeviceAllow=/dev/net/tun rw\n",
	  "TunnelDevice: a user's tunnel needs a device that root made for it" },
	/* standalone: RetryDelay is systemd's then; nobody writes files for ssh */
	{ ALONE, "Program = /home/me/bin/ssh\n", "", HIDDEN "+BindReadOnlyPaths=-/home/me/bin\n" },
	{ ALONE, "", "Restart = never\n", "-Restart=always\n+Restart=no\n" },
};

static void test_changes(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(changes); i++) {
		AUTO(buf) base = {0};
		AUTO(buf) text = {0};
		AUTO(buf) difference = {0};
		AUTO(strv) ignored = {0};
		AUTO(strv) notes = {0};

		render_good(changes[i].kind, "", "", &base, &ignored);
		render_good(changes[i].kind, changes[i].tunnel, changes[i].service, &text, &notes);
		put_difference(base.s, text.s, &difference);
		if (strcmp(buf_str(&difference), changes[i].difference) != 0)
			fail_msg("row %zu, %s%s: wanted\n%sgot\n%s", i, changes[i].tunnel, changes[i].service,
				 changes[i].difference, buf_str(&difference));
		assert_string_equal(notes.len ? notes.v[0] : "", changes[i].note ? changes[i].note : "");
		assert_true(notes.len <= 1);
		assert_int_equal(marker_judge(text.s, text.len), MARKER_OURS);
	}
}

/* A line of the unit, whole, wherever it stands. */
static bool has_line(const struct buf *text, const char *line)
{
	AUTO(strv) lines = {0};

	split_lines(text->s, &lines);
	return strv_has(&lines, line);
}

/* What tells the four kinds of unit from one another. */
static void test_kinds(void **state)
{
	static const struct { const char *line; bool system, user, standalone; } lines[] = {
		{ "Type=exec", true, true, true },
		{ "StartLimitIntervalSec=0", true, true, true },
		{ "After=network.target", true, false, true },
		{ "User=me", true, false, true },
		{ "NotifyAccess=all", true, true, false },
		{ "ExecStart=" RUNNER " " INI, true, true, false },
		{ "ExecStart=/usr/bin/ssh h", false, false, true },
		{ "RestartSec=100ms", true, true, false },
		{ "RestartSec=1s", false, false, true },
		{ "RuntimeDirectory=tunnelctl/home", true, true, false },
		{ "RuntimeDirectoryMode=0755", true, true, false },
		{ "RuntimeDirectoryPreserve=restart", true, true, false },
		{ "WantedBy=multi-user.target", true, false, true },
		{ "WantedBy=default.target", false, true, false },
		{ "ProtectHome=yes", true, false, true },
		{ "ProtectHome=read-only", false, true, false },
		{ "PrivateUsers=yes", true, true, true }, /* without it a user's unit has no sandbox at all */
		{ "PrivateIPC=yes", true, false, true },  /* 226 in a user's manager */
		{ "AmbientCapabilities=", true, false, true },
		{ "ProtectSystem=strict", true, true, true },
		{ "Format=" MARKER_FORMAT, true, true, true },
		{ "Source=" INI, true, true, true },
	};
	AUTO(strv) notes = {0};
	AUTO(buf) system = {0};
	AUTO(buf) user = {0};
	AUTO(buf) standalone = {0};

	(void)state;
	render_good(SYSTEM, "", "", &system, &notes);
	render_good(USER, "", "", &user, &notes);
	render_good(ALONE, "", "", &standalone, &notes);
	assert_int_equal(notes.len, 0);
	for (size_t i = 0; i < ARRAY_LEN(lines); i++) {
		if (has_line(&system, lines[i].line) != lines[i].system)
			fail_msg("system: %s", lines[i].line);
		if (has_line(&user, lines[i].line) != lines[i].user)
			fail_msg("user: %s", lines[i].line);
		if (has_line(&standalone, lines[i].line) != lines[i].standalone)
			fail_msg("standalone: %s", lines[i].line);
	}
	assert_null(strstr(user.s, "\nUser="));
}

/* Sandbox = off takes away what stands from the sandbox's comment to the next section, and nothing else. */
static void test_sandbox_off(void **state)
{
	(void)state;
	for (enum kind kind = SYSTEM; kind <= USER; kind++) {
		AUTO(buf) strict = {0};
		AUTO(buf) off = {0};
		AUTO(buf) rest = {0};
		AUTO(strv) notes = {0};
		const char *start, *end;

		render_good(kind, "", "", &strict, &notes);
		render_good(kind, "", "Sandbox = off\n", &off, &notes);
		start = strstr(strict.s, "\n# Sandbox = strict\n");
		end = strstr(start, "\n[Install]\n");
		assert_true(start && end);
		buf_put(&rest, strict.s, (size_t)(start - strict.s));
		buf_puts(&rest, end);
		assert_string_equal(strchr(rest.s, '\n'), strchr(off.s, '\n'));
	}
}

/* Every setting that the renderer writes is answered with the key of the INI to use, or the reason. */
static const struct { const char *section, *line, *answer; } refusals[] = {
	{ "Unit", "Description = x", "use Description in [Tunnel]" },
	{ "Unit", "StartLimitIntervalSec = 10", "a tunnel never gives up" },
	{ "Unit", "StartLimitBurst = 10", "a tunnel never gives up" },
	{ "Service", "User = root", "use RunAs in [Service]" },
	{ "Service", "Group = root", "use RunAs = user:group in [Service]" },
	{ "Service", "DynamicUser = yes", "use RunAs in [Service]" },
	{ "Service", "SupplementaryGroups = wheel", "use RunAs in [Service]" },
	{ "Service", "ExecStart = /bin/true", "tunnelctl writes the command itself" },
	{ "Service", "Environment = A=1", "use Environment in [Service]" },
	{ "Service", "Restart = no", "use Restart in [Service]" },
	{ "Service", "RestartSec = 5", "tunnelctl-run waits between two tries itself" },
	{ "Service", "RestartPreventExitStatus = 1", "use Restart in [Service]" },
	{ "Service", "TimeoutStopSec = 5", "use StopTimeout in [Service]" },
	{ "Service", "LimitNOFILE = 5", "use LimitNOFILE in [Service]" },
	{ "Service", "Type = simple", "the unit is Type=exec, which no boot waits for" },
	{ "Service", "NotifyAccess = none", "tunnelctl needs it to tell the state of the tunnel" },
	{ "Service", "WatchdogSec = 5", "ssh does not feed a watchdog" },
	{ "Service", "RemainAfterExit = yes", "a tunnel without ssh is down" },
	{ "Service", "StandardError = null", "use Log in [Service]" },
	{ "Install", "WantedBy = x.target", "use Start in [Service]" },
	/* whatever the section */
	{ "Unit", "User = root", "use RunAs in [Service]" },
	{ "Install", "ExecStart = /bin/true", "tunnelctl writes the command itself" },
	/* what systemd would misread */
	{ "Service", "CPU Weight = 5", "not the name of a setting of systemd" },
	{ "Service", "Nice = 5 # note", "systemd has no comments behind a value" },
	{ "Service", "Nice = 5 ; note", "systemd has no comments behind a value" },
	{ "Service", "SyslogIdentifier = x\\", "a backslash at the end would swallow the next line" },
	{ "Service", "RuntimeDirectory = x",
	  "part of the sandbox; with Sandbox = off in [Service] it is yours to write" },
};

static void test_refusals(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(refusals); i++) {
		AUTO(buf) service = {0};
		AUTO(buf) want = {0};
		AUTO(buf) text = {0};
		AUTO(strv) notes = {0};
		struct error err = {0};

		/* [Tunnel] has four lines; then [Service], RunAs, the section, and what is judged. */
		buf_printf(&service, "[systemd.%s]\n%s\n", refusals[i].section, refusals[i].line);
		buf_printf(&want, "home.ini:8: %s: %s", refusals[i].line, refusals[i].answer);
		assert_int_equal(render(SYSTEM, "", service.s, &text, &notes, &err), -EINVAL);
		if (strlen(err.text) < want.len ||
		    strcmp(err.text + strlen(err.text) - want.len, want.s) != 0)
			fail_msg("wanted %s\ngot %s", want.s, err.text);
		assert_int_equal(text.len, 0);
	}
}

/* Every line of the sandbox: refused a second time, but for lists; free under Sandbox = off. */
static void test_sandbox_lines(void **state)
{
	static const char *const lists[] = { "RestrictAddressFamilies", "SystemCallFilter" };
	AUTO(buf) strict = {0};
	AUTO(strv) lines = {0};
	AUTO(strv) notes = {0};
	size_t n = 0;

	(void)state;
	render_good(SYSTEM, "", "", &strict, &notes);
	*strstr(strict.s, "\n[Install]") = '\0';
	split_lines(strstr(strict.s, "\n# Sandbox = strict\n") + 1, &lines);
	for (size_t i = 1; i < lines.len; i++, n++) {
		AUTO_FREE char *name = xstrndup(lines.v[i], strcspn(lines.v[i], "="));
		AUTO(buf) service = {0};
		AUTO(buf) off = {0};
		AUTO(buf) text = {0};
		AUTO(buf) line = {0};
		struct error err = {0};
		bool list = !strcmp(name, lists[0]) || !strcmp(name, lists[1]);

		buf_printf(&service, "[systemd.Service]\n%s = x\n", name);
		buf_printf(&off, "Sandbox = off\n%s", service.s);
		buf_printf(&line, "%s=x", name);
		if ((render(SYSTEM, "", service.s, &text, &notes, &err) == 0) != list)
			fail_msg("%s: %s", name, list ? err.text : "taken a second time");
		if (!list)
			assert_non_null(strstr(err.text, "Sandbox = off"));
		buf_clear(&text);
		render_good(SYSTEM, "", off.s, &text, &notes);
		assert_true(has_line(&text, line.s));
	}
	assert_true(n > 25);
}

/* What has no representation is refused, by the key's name. */
static void test_unspeakable(void **state)
{
	static const struct { const char *program, *description, *environment, *error; } rows[] = {
		{ "/opt/it's/ssh", NULL, NULL, "/opt/it's/ssh: systemd takes no quote" },
		{ "ssh", NULL, NULL, "ssh: the program must be an absolute path" },
		{ "/s", "a\nb", NULL, "Description = a?b: " },
		{ "/s", NULL, "A=\xff", "Environment = A=?: " },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct scope scope = { .standalone = true };
		AUTO(tunnel) t = {0};
		AUTO(strv) problems = {0};
		AUTO(strv) argv = {0};
		AUTO(strv) notes = {0};
		AUTO(buf) path = {0};
		AUTO(buf) text = {0};
		struct error err = {0};

		folder_puts(&dir, "home.ini", "[Tunnel]\nHost = h\n[Service]\nRunAs = me\n");
		assert_int_equal(
			config_load(folder_at(&dir, "home.ini", &path), CONFIG_SYSTEM, &t, &problems), 0);
		if (rows[i].description)
			t.description = xstrdup(rows[i].description);
		if (rows[i].environment)
			strv_push(&t.environment, rows[i].environment);
		strv_push(&argv, rows[i].program);
		assert_int_equal(backend_find("systemd")->render(&t, &scope, &argv, &text, &notes, &err),
				 -EINVAL);
		if (strncmp(err.text, rows[i].error, strlen(rows[i].error)) != 0)
			fail_msg("wanted %s...\ngot %s", rows[i].error, err.text);
		assert_int_equal(text.len, 0);
	}
}

#define GOOD "[Service]\nExecStart=/bin/true\n"

/* problem "": a good unit. What systemd passes over in silence is found with its line. */
static const struct { const char *text, *problem; } checks[] = {
	{ GOOD, "" },
	{ "# c\n; c\n\n[Unit]\nDescription=a # b\n" GOOD "[Install]\nWantedBy=x.target\n[X-Any]\nA=%Z # b\n",
	  "" },
	{ "[Service]\nExecStart=-@/bin/true \"a\" \\\n# comment in between\n  b\n", "" },
	{ "[Service]\nExecStart=\nExecStart=\"/bin/true\"\nX-Any=%Z\n", "" },
	{ GOOD "Environment=A=100%% B=%h\n", "" },
	{ "", "no [Service]" },
	{ "[Unit]\nDescription=x\n", "no [Service]" },
	{ "[Service]\nUser=me\n", "[Service] has no ExecStart" },
	{ "A=b\n" GOOD, "1: A: stands before any section" },
	{ "[Service\n" GOOD, "1: [Service: not a section" },
	{ GOOD "[Servcie]\nA=b\n", "3: [Servcie]: systemd passes over this section" },
	{ GOOD "\nUser me\n", "4: User me: no '='" },
	{ GOOD "StartLimitIntervalSec=0\n",
	  "3: StartLimitIntervalSec: systemd passes over it in [Service]; it belongs in [Unit]" },
	{ "[Unit]\nRestart=always\n" GOOD,
	  "2: Restart: systemd passes over it in [Unit]; it belongs in [Service]" },
	{ GOOD "WantedBy=x\n", "3: WantedBy: systemd passes over it in [Service]; it belongs in [Install]" },
	{ "[Service]\nExecStart=true\n", "2: ExecStart=true: not an absolute path" },
	{ GOOD "Restart=always # note\n", "3: Restart=always # note: there are no comments behind a value" },
	{ GOOD "Environment=A=50%Z\n",
	  "3: Environment: %Z is no specifier of systemd; a percent sign is written %%" },
	{ "[Unit]\nDescription=50%z\n" GOOD,
	  "2: Description: %z is no specifier of systemd; a percent sign is written %%" },
	{ GOOD "Environment=A=\xff\n", "3: the line holds invalid UTF-8" },
	{ GOOD "Environment=A=\xef\xbf\xbe\n", "3: the line holds a Unicode noncharacter" },
	{ GOOD "Environment=A=\x1b[31m\n", "3: the line holds a control character" },
	{ "[Unit]\nDescription=a\\\n[Service]\n", "no [Service]" }, /* the backslash swallowed it */
	{ "[Unit]\nDescription=a\\\\\n" GOOD, "" },           /* two do not */
	{ "  # indented\n" GOOD "\t; x\n", "" },
	{ "[Service]\nExecStart=/bin/true \\\n\n\nRestart=no # x\n",
	  "5: Restart=no # x: there are no comments behind a value" },
};

static void test_check(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(checks); i++) {
		AUTO(strv) problems = {0};
		int r = unit_check(checks[i].text, strlen(checks[i].text), &problems);

		if (strcmp(problems.len ? problems.v[0] : "", checks[i].problem) != 0)
			fail_msg("row %zu: wanted %s\ngot %s", i, checks[i].problem,
				 problems.len ? problems.v[0] : "");
		assert_int_equal(r, *checks[i].problem ? -EINVAL : 0);
		assert_true(problems.len <= 1);
	}
}

/* Our own units are good to our own checker. */
static void test_check_rendered(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(changes); i++) {
		AUTO(strv) notes = {0};
		AUTO(strv) problems = {0};
		AUTO(buf) text = {0};

		render_good(changes[i].kind, changes[i].tunnel, changes[i].service, &text, &notes);
		if (unit_check(text.s, text.len, &problems) < 0)
			fail_msg("row %zu: %s", i, problems.v[0]);
	}
}

static void test_path(void **state)
{
	struct scope system = {0}, nowhere = { .user = true };
	struct scope user = { .user = true, .config_home = "/home/me/.config" };
	struct tunnel t = { .name = (char *)"a.b" };
	struct error err = {0};
	AUTO(buf) ret = {0};

	(void)state;
	assert_int_equal(backend_find("systemd")->path(&t, &system, &ret, &err), 0);
	assert_string_equal(ret.s, "/etc/systemd/system/tunnelctl@a.b.service");
	buf_clear(&ret);
	assert_int_equal(backend_find("systemd")->path(&t, &user, &ret, &err), 0);
	assert_string_equal(ret.s, "/home/me/.config/systemd/user/tunnelctl@a.b.service");
	assert_int_equal(backend_find("systemd")->path(&t, &nowhere, &ret, &err), -EINVAL);
}

static void test_installed(void **state)
{
	struct scope scope = { .user = true, .config_home = dir.path };
	struct scope empty = { .user = true, .config_home = "/nowhere" };
	struct error err = {0};
	AUTO(strv) names = {0};
	AUTO(buf) path = {0};

	(void)state;
	assert_int_equal(mkdir(folder_at(&dir, "systemd", &path), 0755), 0);
	folder_puts(&dir, "systemd/user/tunnelctl@home.service", "");
	folder_puts(&dir, "systemd/user/tunnelctl@b.c.service", "");
	folder_puts(&dir, "systemd/user/tunnelctl@.service", "");
	folder_puts(&dir, "systemd/user/tunnelctl@x.timer", "");
	folder_puts(&dir, "systemd/user/ssh.service", "");
	assert_int_equal(backend_find("systemd")->installed(&scope, &names, &err), 0);
	strv_sort(&names);
	assert_int_equal(names.len, 2);
	assert_string_equal(names.v[0], "b.c");
	assert_string_equal(names.v[1], "home");
	assert_int_equal(backend_find("systemd")->installed(&empty, &names, &err), 0);
	assert_int_equal(names.len, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_words),	      cmocka_unit_test(test_changes),
		cmocka_unit_test(test_kinds),	      cmocka_unit_test(test_sandbox_off),
		cmocka_unit_test(test_refusals),      cmocka_unit_test(test_sandbox_lines),
		cmocka_unit_test(test_unspeakable),   cmocka_unit_test(test_check),
		cmocka_unit_test(test_check_rendered), cmocka_unit_test(test_path),
		cmocka_unit_test(test_installed),
	};

	return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
