/* SPDX-License-Identifier: MIT */
/* The launchd backend: what a tunnel becomes, what [launchd] may add, what the checker finds in a plist. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "backend.h"
#include "base/alloc.h"
#include "base/file.h"
#include "base/utf8.h"
#include "folder.h"
#include "launchd/file.h"
#include "launchd/keys.h"
#include "launchd/tree.h"
#include "marker.h"
#include "model/config.h"
#include "model/key.h"

#define RUNNER "/usr/local/libexec/tunnelctl/tunnelctl-run"
#define TUNNEL "[Tunnel]\nHost = h\n[Service]\n"
#define PLAIN TUNNEL "RunAs = me\nSandbox = off\n"
#define ADDITION TUNNEL "RunAs = me\n[launchd]\n" /* the line behind it is line 6 */

extern const struct backend backend_launchd; /* as registry.c has it */

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

/* Loads TEXT as home.ini; where it must be good, a problem fails the test. */
static void load(const char *text, bool user, struct tunnel *ret)
{
	AUTO(strv) problems = {0};
	AUTO(buf) path = {0};

	folder_puts(&dir, "home.ini", text);
	folder_at(&dir, "home.ini", &path);
	if (config_load(path.s, user ? CONFIG_USER : CONFIG_SYSTEM, ret, &problems) < 0)
		fail_msg("%s", problems.v[0]);
}

static struct scope scope_of(bool user)
{
	return (struct scope){
		.user = user,
		.runner = RUNNER,
		.ini = user ? "/Users/me/.config/tunnelctl/home.ini" : "/etc/tunnelctl/home.ini",
		.home = user ? "/Users/me" : NULL,
	};
}

static int render(const char *ini, const struct scope *scope, struct buf *ret, struct strv *notes,
		  struct error *err)
{
	AUTO(tunnel) t = {0};
	AUTO(strv) argv = {0};

	load(ini, scope->user, &t);
	strv_push(&argv, scope->runner);
	strv_push(&argv, scope->ini);
	return backend_launchd.render(&t, scope, &argv, ret, notes, err);
}

/* Every row is found under its own name, in a dictionary that has a row itself. */
static void test_table(void **state)
{
	(void)state;
	for (size_t i = 0; i < job_keys_len; i++) {
		const struct job_key *k = &job_keys[i];
		const char *dot = strrchr(k->dict, '.');
		AUTO(buf) above = {0};
		const struct job_key *dict;

		assert_ptr_equal(job_key_find(k->dict, k->name), k);
		assert_true(k->types != 0 && !(k->types & ITEM_ARRAY) == !k->of);
		assert_true(!k->refused || !k->harm);
		if (!*k->dict)
			continue;
		buf_put(&above, k->dict, dot ? (size_t)(dot - k->dict) : 0);
		dict = job_key_find(buf_str(&above), dot ? dot + 1 : k->dict);
		assert_true(dict && (dict->types | dict->of) & ITEM_DICT && !dict->open);
	}
}

/* The property list without declaration, comments, blanks at line ends and the tags around it. */
static char *body(const struct buf *text)
{
	const char *start = strstr(text->s, "<dict>\n"), *end = strstr(text->s, "</plist>");
	AUTO(buf) ret = {0};

	assert_non_null(start);
	for (start += strlen("<dict>\n"); start < end - strlen("</dict>\n"); start++)
		if (*start != '\t' && *start != '\n')
			buf_putc(&ret, *start);
	return buf_take(&ret);
}

#define B(key, value) "<key>" key "</key><" value "/>"
#define S(key, value) "<key>" key "</key><string>" value "</string>"
#define I(key, value) "<key>" key "</key><integer>" value "</integer>"
#define D(key, inner) "<key>" key "</key><dict>" inner "</dict>"
#define A(key, inner) "<key>" key "</key><array>" inner "</array>"
#define HEAD(ini) S("Label", "org.tunnelctl.home") \
	A("ProgramArguments", "<string>" RUNNER "</string><string>" ini "</string>")
#define SYSTEM HEAD("/etc/tunnelctl/home.ini")
#define USER HEAD("/Users/me/.config/tunnelctl/home.ini")
#define ME S("UserName", "me") B("InitGroups", "true")
#define TIMES I("ThrottleInterval", "1") I("ExitTimeOut", "10")
#define LIFE B("RunAtLoad", "true") B("KeepAlive", "true") TIMES
#define SESSIONS A("LimitLoadToSessionType", "<string>Aqua</string><string>Background</string>")
#define NICE_NOTE "Nice: only a daemon may go below 0; launchd leaves an agent as it is"
#define UNCONFINED "Sandbox: launchd confines nothing; ssh may do whatever its account may"

static const struct { bool user; const char *ini, *body, *notes; } renderings[] = {
	{ false, TUNNEL "RunAs = me\n", SYSTEM ME LIFE, UNCONFINED },
	{ false, TUNNEL "RunAs = me:staff\nSandbox = off\n",
	  SYSTEM S("UserName", "me") S("GroupName", "staff") B("InitGroups", "true") LIFE, "" },
	{ false, TUNNEL "RunAs = root\nSandbox = off\n",
	  SYSTEM S("UserName", "root") B("InitGroups", "true") LIFE, "" },
	{ false, PLAIN "Start = manual\n", SYSTEM ME LIFE, "" },
	{ false, PLAIN "Restart = never\n", SYSTEM ME B("RunAtLoad", "true") TIMES, "" },
	{ false, PLAIN "Restart = on-failure\n",
	  SYSTEM ME B("RunAtLoad", "true") D("KeepAlive", B("SuccessfulExit", "false")) TIMES, "" },
	{ false, PLAIN "StopTimeout = 1m\n",
	  SYSTEM ME B("RunAtLoad", "true") B("KeepAlive", "true") I("ThrottleInterval", "1")
	  I("ExitTimeOut", "60"), "" },
	{ false, PLAIN "Environment = B=1\nEnvironment = A=<&>=\"\nEnvironment = B=\n",
	  SYSTEM ME D("EnvironmentVariables", S("B", "") S("A", "&lt;&amp;&gt;=\"")) LIFE, "" },
	{ false, PLAIN "LimitNOFILE = 512\n", SYSTEM ME LIFE,
	  "LimitNOFILE: left out; for a daemon launchd would also make it kern.maxfiles, "
	  "the limit of the whole machine" },
	{ true, TUNNEL "Sandbox = off\n", USER LIFE SESSIONS, "" },
	{ true, TUNNEL "Sandbox = off\nStart = manual\n", USER LIFE SESSIONS, "" },
	{ true, TUNNEL "Sandbox = off\nLimitNOFILE = 512\n",
	  USER LIFE D("SoftResourceLimits", I("NumberOfFiles", "512")) SESSIONS, "" },
	/* Additions */
	{ false, PLAIN "[launchd]\nnice = -5\nUmask = 022\nProcessType = Interactive\n"
	  "LowPriorityIO = no\nWatchPaths = /a b\nWatchPaths = /c\nWorkingDirectory = /\n",
	  SYSTEM ME LIFE I("Nice", "-5") I("Umask", "18") S("ProcessType", "Interactive")
	  B("LowPriorityIO", "false")
	  A("WatchPaths", "<string>/a b</string><string>/c</string>") S("WorkingDirectory", "/"), "" },
	{ false, PLAIN "[launchd]\nSoftResourceLimits.Core = 0\n"
	  "softresourcelimits.numberoffiles = 4096\n",
	  SYSTEM ME LIFE D("SoftResourceLimits", I("Core", "0") I("NumberOfFiles", "4096")),
	  "SoftResourceLimits.NumberOfFiles: for a daemon also sets kern.maxfiles, of the whole machine" },
	{ true, TUNNEL "Sandbox = off\nLimitNOFILE = 512\n[launchd]\nSoftResourceLimits.Core = 7\n",
	  USER LIFE D("SoftResourceLimits", I("NumberOfFiles", "512") I("Core", "7")) SESSIONS, "" },
	{ true, TUNNEL "Sandbox = off\n[launchd]\nNice = -1\n", USER LIFE SESSIONS I("Nice", "-1"), NICE_NOTE },
	{ true, TUNNEL "Sandbox = off\n[launchd]\nLimitLoadToHardware.model = Mac15,3\n"
	  "AssociatedBundleIdentifiers = org.a\nStartCalendarInterval.Hour = 3\n",
	  USER LIFE SESSIONS D("LimitLoadToHardware", A("model", "<string>Mac15,3</string>"))
	  A("AssociatedBundleIdentifiers", "<string>org.a</string>")
	  D("StartCalendarInterval", I("Hour", "3")), "" },
};

static void test_render(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(renderings); i++) {
		struct scope scope = scope_of(renderings[i].user);
		AUTO(buf) text = {0};
		AUTO(buf) again = {0};
		AUTO(strv) notes = {0};
		AUTO(strv) more = {0};
		AUTO(strv) problems = {0};
		struct error err = {0};
		AUTO_FREE char *found = NULL;

		if (render(renderings[i].ini, &scope, &text, &notes, &err) < 0)
			fail_msg("row %zu: %s", i, err.text);
		found = body(&text);
		assert_string_equal(found, renderings[i].body);
		assert_string_equal(notes.len ? notes.v[0] : "", renderings[i].notes);
		assert_true(notes.len < 2);
		if (backend_launchd.check(text.s, text.len, &problems) < 0)
			fail_msg("row %zu: %s", i, problems.v[0]);
		assert_int_equal(marker_judge(text.s, text.len), MARKER_OURS);
		assert_int_equal(render(renderings[i].ini, &scope, &again, &more, &err), 0);
		assert_string_equal(text.s, again.s);
	}
}

/* Every byte of one plist: declaration, marker, comment, indentation, newline at the end. */
static void test_frame(void **state)
{
	static const char ini[] = TUNNEL "RunAs = me\n[Tunnel]\nDescription = a -- <b> & -\n";
	static const char frame[] =
		"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
		"<!DOCTYPE plist PUBLIC \"-//Apple//DTD PLIST 1.0//EN\" "
		"\"http://www.apple.com/DTDs/PropertyList-1.0.dtd\">\n"
		"<!-- Generated by tunnelctl from /etc/tunnelctl/home.ini; format 1, checksum ";
	static const char rest[] =
		" -->\n<!-- a -_ <b> & - -->\n<plist version=\"1.0\">\n<dict>\n\t<key>Label</key>\n"
		"\t<string>org.tunnelctl.home</string>\n";
	struct scope scope = scope_of(false);
	AUTO(buf) text = {0};
	AUTO(strv) notes = {0};
	AUTO(strv) problems = {0};
	struct error err = {0};

	(void)state;
	assert_int_equal(render(ini, &scope, &text, &notes, &err), 0);
	assert_memory_equal(text.s, frame, strlen(frame));
	assert_memory_equal(text.s + strlen(frame) + 16, rest, strlen(rest));
	assert_string_equal(text.s + text.len - 18, "\n</dict>\n</plist>\n");
	assert_int_equal(backend_launchd.check(text.s, text.len, &problems), 0);
	text.s[text.len - 30] ^= 1;
	assert_int_equal(marker_judge(text.s, text.len), MARKER_EDITED);
}

static void test_standalone(void **state)
{
	struct scope scope = scope_of(false);
	AUTO(buf) text = {0};
	AUTO(strv) notes = {0};
	struct error err = {0};

	(void)state;
	scope.standalone = true;
	assert_int_equal(render(PLAIN, &scope, &text, &notes, &err), 0);
	assert_non_null(strstr(text.s, "<key>ThrottleInterval</key>\n\t<integer>10</integer>"));
	assert_int_equal(notes.len, 1);
	assert_string_equal(notes.v[0],
			    "Log: launchd throws away what ssh says; only tunnelctl-run keeps it");
}

/* "DIR" stands for the folder of home.ini. */
static const struct { bool user; const char *ini, *error; } refusals[] = {
	{ true, TUNNEL "Start = boot\n",
	  "DIR/home.ini:4: Start = boot: launchd starts a user's tunnels at login; "
	  "for a start at boot: sudo tunnelctl --system enable home, with this file in /etc/tunnelctl and RunAs in it" },
	{ false, TUNNEL "RunAs = me\n[Tunnel]\nTunnelDevice = 0:any\n",
	  "DIR/home.ini:6: TunnelDevice = 0:any: macOS has no tun devices for ssh" },
	{ false, ADDITION "Label = x\n",
	  "DIR/home.ini:6: Label = x: not for [launchd]: the name of the INI file makes it" },
	{ false, ADDITION "ProgramArguments = x\n",
	  "DIR/home.ini:6: ProgramArguments = x: not for [launchd]: the keys of [Tunnel] and [SSH] make it" },
	{ false, ADDITION "username = me\n",
	  "DIR/home.ini:6: username = me: not for [launchd]: use RunAs in [Service]" },
	{ false, ADDITION "RunAtLoad = no\n",
	  "DIR/home.ini:6: RunAtLoad = no: not for [launchd]: use Start in [Service]" },
	{ false, ADDITION "KeepAlive = no\n",
	  "DIR/home.ini:6: KeepAlive = no: not for [launchd]: use Restart in [Service]" },
	{ false, ADDITION "KeepAlive.Crashed = no\n",
	  "DIR/home.ini:6: KeepAlive.Crashed = no: not for [launchd]: use Restart in [Service]" },
	{ false, ADDITION "KeepAlive.NetworkState = yes\n",
	  "DIR/home.ini:6: KeepAlive.NetworkState = yes: not for [launchd]: "
	  "launchd no longer implements it" },
	{ false, ADDITION "KeepAlive.PathState.x = yes\n",
	  "DIR/home.ini:6: KeepAlive.PathState.x = yes: not for [launchd]: use Restart in [Service]" },
	{ false, ADDITION "ThrottleInterval = 9\n",
	  "DIR/home.ini:6: ThrottleInterval = 9: not for [launchd]: use RetryDelay in [Service]" },
	{ false, ADDITION "ExitTimeOut = 9\n",
	  "DIR/home.ini:6: ExitTimeOut = 9: not for [launchd]: use StopTimeout in [Service]" },
	{ false, ADDITION "EnvironmentVariables.FOO = bar\n",
	  "DIR/home.ini:6: EnvironmentVariables.FOO = bar: not for [launchd]: use Environment in [Service]" },
	{ false, ADDITION "StandardErrorPath = /x\n",
	  "DIR/home.ini:6: StandardErrorPath = /x: not for [launchd]: use Log in [Service]" },
	{ false, ADDITION "SessionCreate = yes\n", "DIR/home.ini:6: SessionCreate = yes: not for [launchd]: "
	  "takes the job away from the keychain and ssh-agent of its login" },
	{ false, ADDITION "EnableTransactions = no\n", "DIR/home.ini:6: EnableTransactions = no: not for [launchd]: "
	  "lets launchd kill the job without a SIGTERM before" },
	{ false, ADDITION "WorkingDirectory = /Users/$USER\n",
	  "DIR/home.ini:6: WorkingDirectory = /Users/$USER: wanted an absolute path" },
	{ false, ADDITION "Disabled = no\n", "DIR/home.ini:6: Disabled = no: not for [launchd]: "
	  "launchd keeps its own record of what is disabled, and that wins" },
	{ false, ADDITION "Sockets.a.b = c\n",
	  "DIR/home.ini:6: Sockets.a.b = c: not for [launchd]: ssh takes no sockets from launchd" },
	{ false, ADDITION "ProcesType = Standard\n",
	  "DIR/home.ini:6: ProcesType = Standard: unknown to launchd; did you mean ProcessType?" },
	{ false, ADDITION "SoftResourceLimits.NumberOfFile = 1\n",
	  "DIR/home.ini:6: SoftResourceLimits.NumberOfFile = 1: unknown to launchd; "
	  "did you mean SoftResourceLimits.NumberOfFiles?" },
	{ false, ADDITION "Frobnicate = 1\n",
	  "DIR/home.ini:6: Frobnicate = 1: unknown to launchd; launchd.plist(5) lists its keys" },
	{ false, ADDITION "Nice.x = 1\n",
	  "DIR/home.ini:6: Nice.x = 1: unknown to launchd; launchd.plist(5) lists its keys" },
	{ false, ADDITION "SoftResourceLimits = 1\n",
	  "DIR/home.ini:6: SoftResourceLimits = 1: a dictionary; wanted SoftResourceLimits.NAME" },
	{ false, ADDITION "Debug = maybe\n", "DIR/home.ini:6: Debug = maybe: wanted yes or no" },
	{ false, ADDITION "Nice = 21\n", "DIR/home.ini:6: Nice = 21: wanted -20 to 20" },
	{ false, ADDITION "Nice = 1x\n", "DIR/home.ini:6: Nice = 1x: wanted -20 to 20" },
	{ false, ADDITION "Nice = -\n", "DIR/home.ini:6: Nice = -: wanted -20 to 20" },
	{ false, ADDITION "SoftResourceLimits.CPU = 99999999999999999999\n",
	  "DIR/home.ini:6: SoftResourceLimits.CPU = 99999999999999999999: wanted a whole number" },
	{ false, ADDITION "Umask = 22\n",
	  "DIR/home.ini:6: Umask = 22: wanted octal digits behind a 0, up to 0777" },
	{ false, ADDITION "Umask = 08\n",
	  "DIR/home.ini:6: Umask = 08: wanted octal digits behind a 0, up to 0777" },
	{ false, ADDITION "ProcessType = Fast\n",
	  "DIR/home.ini:6: ProcessType = Fast: wanted Background, Standard, Adaptive or Interactive" },
	{ false, ADDITION "WorkingDirectory = ~/x\n",
	  "DIR/home.ini:6: WorkingDirectory = ~/x: wanted an absolute path" },
	{ false, ADDITION "Nice = 1\nNICE = 2\n", "DIR/home.ini:7: NICE = 2: given twice, first in line 6" },
	{ true, TUNNEL "LimitNOFILE = 64\n[launchd]\nSoftResourceLimits.NumberOfFiles = 65\n",
	  "DIR/home.ini:6: SoftResourceLimits.NumberOfFiles = 65: given twice: "
	  "LimitNOFILE in [Service] says it too" },
};

static void test_refuse(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(refusals); i++) {
		struct scope scope = scope_of(refusals[i].user);
		AUTO(buf) text = {0};
		AUTO(buf) wanted = {0};
		AUTO(strv) notes = {0};
		struct error err = {0};

		assert_int_equal(render(refusals[i].ini, &scope, &text, &notes, &err), -EINVAL);
		buf_printf(&wanted, "%s%s", dir.path, refusals[i].error + strlen("DIR"));
		assert_string_equal(err.text, wanted.s);
		assert_int_equal(text.len, 0);
		assert_int_equal(notes.len, 0);
	}
}

/* argv comes from the caller, not from the INI reader, which refuses such text itself. */
static const struct { const char *program, *argument, *error; } commands[] = {
	{ NULL, NULL, "the program is \"\"; launchd wants an absolute path" },
	{ "ssh", NULL, "the program is \"ssh\"; launchd wants an absolute path" },
	{ "/ssh", "a\nb", "argument 1: holds a control character" },
	{ "/ssh", "\x1b[0m", "argument 1: holds a control character" },
	{ "/ssh", "caf\xe9", "argument 1: holds invalid UTF-8" },
	{ "/ssh", "\xef\xbf\xbe", "argument 1: holds a Unicode noncharacter" },
};

static void test_command(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(commands); i++) {
		struct scope scope = scope_of(false);
		AUTO(tunnel) t = {0};
		AUTO(strv) argv = {0};
		AUTO(strv) notes = {0};
		AUTO(buf) text = {0};
		struct error err = {0};

		load(TUNNEL "RunAs = me\n", false, &t);
		if (commands[i].program)
			strv_push(&argv, commands[i].program);
		if (commands[i].argument)
			strv_push(&argv, commands[i].argument);
		assert_int_equal(backend_launchd.render(&t, &scope, &argv, &text, &notes, &err), -EINVAL);
		assert_string_equal(err.text, commands[i].error);
	}
}

/* What would change the account is an error even where config_load() let it through. */
static void test_account(void **state)
{
	static const struct { bool user; const char *run_as, *error; } rows[] = {
		{ false, NULL, "RunAs: missing; without it launchd would run ssh as root" },
		{ false, "dynamic", "launchd makes no accounts; wanted one that exists" },
		{ true, "me", "launchd runs a user's tunnel as that user alone" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct scope scope = scope_of(rows[i].user);
		AUTO(tunnel) t = { .name = xstrdup("home") };
		AUTO(strv) argv = {0};
		AUTO(strv) notes = {0};
		AUTO(buf) text = {0};
		struct error err = {0};

		t.run_as = rows[i].run_as ? xstrdup(rows[i].run_as) : NULL;
		strv_push(&argv, RUNNER);
		assert_int_equal(backend_launchd.render(&t, &scope, &argv, &text, &notes, &err), -EINVAL);
		assert_string_equal(err.text, rows[i].error);
	}
}

/* What the INI reader would have refused comes to no plist either. */
static void test_words(void **state)
{
	static const struct { const char *name, *run_as, *description, *error; } rows[] = {
		{ "a\x01", "me", "d", "name 1: holds a control character" },
		{ "a", "m\xe9", "d", "RunAs 1: holds invalid UTF-8" },
		{ "a", "me", "d\x1b", "Description 1: holds a control character" },
	};
	struct scope scope = scope_of(false);
	AUTO(strv) argv = {0};

	(void)state;
	strv_push(&argv, RUNNER);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(tunnel) t = { .name = xstrdup(rows[i].name), .run_as = xstrdup(rows[i].run_as),
				   .description = xstrdup(rows[i].description) };
		AUTO(strv) notes = {0};
		AUTO(buf) text = {0};
		struct error err = {0};

		assert_int_equal(backend_launchd.render(&t, &scope, &argv, &text, &notes, &err), -EINVAL);
		assert_string_equal(err.text, rows[i].error);
	}
}

/* tests/launchd/additions.ini has every key that [launchd] may add, so that its plist shows every one. */
static void test_additions_are_complete(void **state)
{
	AUTO(buf) text = {0};
	struct error err = {0};

	(void)state;
	assert_int_equal(file_read(SOURCE_DIR "/tests/launchd/additions.ini", 1 << 20, &text, NULL, &err), 0);
	for (size_t i = 0; i < job_keys_len; i++) {
		const struct job_key *k = &job_keys[i];
		const struct job_key *top = job_key_find("", k->dict);
		AUTO(buf) line = {0};

		if (k->refused || k->harm || k->if_true || (top && (top->refused || top->harm)) ||
		    strchr(k->dict, '.') || (k->types & ITEM_DICT))
			continue;
		buf_printf(&line, "\n%s%s%s%s", k->dict, *k->dict ? "." : "", strcmp(k->name, "*") ? k->name : "model",
			   " = ");
		if (!strstr(text.s, line.s))
			fail_msg("additions.ini lacks%s", line.s);
	}
}

static void test_path(void **state)
{
	static const struct { bool user; enum start start; const char *path; } rows[] = {
		{ false, START_BOOT, "/Library/LaunchDaemons/org.tunnelctl.home.plist" },
		{ false, START_MANUAL, "/Library/Application Support/tunnelctl/org.tunnelctl.home.plist" },
		{ true, START_LOGIN, "/Users/me/Library/LaunchAgents/org.tunnelctl.home.plist" },
		{ true, START_MANUAL,
		  "/Users/me/Library/Application Support/tunnelctl/org.tunnelctl.home.plist" },
	};
	struct scope homeless = { .user = true };
	struct error err = {0};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct scope scope = scope_of(rows[i].user);
		AUTO(tunnel) t = { .name = xstrdup("home"), .start = rows[i].start };
		AUTO(buf) path = {0};

		assert_int_equal(backend_launchd.path(&t, &scope, &path, &err), 0);
		assert_string_equal(path.s, rows[i].path);
		path.len = 0;
		assert_int_equal(backend_launchd.path(&t, &homeless, &path, &err), -EINVAL);
		assert_string_equal(err.text, "the user's home folder is not known; wanted it for ~/Library");
	}
}

static void make(const char *home, const char *name)
{
	AUTO(buf) path = {0};
	AUTO(buf) nothing = {0};
	struct error err = {0};

	buf_printf(&path, "%s/Library/%s", home, name);
	assert_int_equal(file_make_parents(path.s, &err), 0);
	assert_true(file_install(path.s, &nothing, 0644, false, &err) >= 0);
}

static void test_installed(void **state)
{
	AUTO(folder) home = {0};
	struct scope scope = { .user = true, .home = home.path };
	AUTO(strv) names = {0};
	struct error err = {0};

	(void)state;
	folder_make(&home);
	assert_int_equal(backend_launchd.installed(&scope, &names, &err), 0);
	assert_int_equal(names.len, 0);
	make(home.path, "LaunchAgents/org.tunnelctl.b.plist");
	make(home.path, "LaunchAgents/org.tunnelctl.a.b-c.plist");
	make(home.path, "LaunchAgents/org.tunnelctl..plist");
	make(home.path, "LaunchAgents/org.tunnelctl.b.plist.bak");
	make(home.path, "LaunchAgents/com.apple.x.plist");
	make(home.path, "Application Support/tunnelctl/org.tunnelctl.manual.plist");
	make(home.path, "Application Support/tunnelctl/org.tunnelctl.b.plist");
	assert_int_equal(backend_launchd.installed(&scope, &names, &err), 0);
	assert_int_equal(names.len, 3);
	assert_string_equal(names.v[0], "a.b-c");
	assert_string_equal(names.v[1], "b");
	assert_string_equal(names.v[2], "manual");
}

#define DOCTYPE "<!DOCTYPE plist PUBLIC \"-//Apple//DTD PLIST 1.0//EN\" \"http://x/PropertyList-1.0.dtd\">\n"
#define XML "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
#define PLIST(dict) "<plist version=\"1.0\">\n" dict "\n</plist>\n"
#define JOB(inner) \
	PLIST("<dict>" S("Label", "a") A("ProgramArguments", "<string>/a</string>") "\n" inner "</dict>")

/* What is wrong with a plist, or NULL; only the first problem is compared. */
static const struct { const char *text, *problem; } plists[] = {
	{ JOB(""), NULL },
	{ XML DOCTYPE JOB(""), NULL },
	{ "\xef\xbb\xbf" XML "<!-- x -->\n<?pi x?>" DOCTYPE "<!-- y -->" JOB("<!-- z -->") "<!-- end -->",
	  NULL },
	{ "<?xml version='1.0' encoding='utf-8' standalone='yes' ?>\n<!DOCTYPE plist SYSTEM 'file:///x'>"
	  JOB(""), NULL },
	{ "<!DOCTYPE plist>\r\n<plist>\r\n<dict >" S("Label", "a") S("Program", "/a") "\r\n</dict ></plist>",
	  NULL },
	{ JOB(D("EnvironmentVariables",
	        S("A", "&amp;&lt;&gt;&apos;&quot;&#65;&#x1F600;<![CDATA[<&]]>]]&gt;\t"))), NULL },
	{ JOB(I("Nice", "-5") I("Umask", "0x12") B("Debug", "true") "<key>RunAtLoad</key><true></true>"),
	  NULL },
	{ JOB(D("KeepAlive", B("SuccessfulExit", "false") D("PathState", B("/a.b", "true")))), NULL },
	{ JOB(A("StartCalendarInterval", "<dict>" I("Hour", "3") "</dict>") A("WatchPaths", "")), NULL },
	{ JOB(D("Sockets", D("Listeners", S("SockServiceName", "ssh")))), NULL },
	{ JOB(D("LaunchEvents", "<key>x</key><date>2026-01-01T00:00:00Z</date><key>y</key><data>QUJD\n</data>"
	  "<key>z</key><real>-1.5e3</real>")), NULL },
	/* What xmllint with the DTD, plistlib, or both refuse */
	{ "", "1: the file ends too early" },
	{ XML, "2: the file ends too early" },
	{ "<plist><dict>", "1: the file ends too early" },
	{ "<plist><dict><key>a</key><string>b", "1: the file ends too early" },
	{ JOB(S("WorkingDirectory", "/a & b")), "3: a bare &; wanted &amp;" },
	{ JOB(S("WorkingDirectory", "/a&nbsp;b")), "3: a bare &; wanted &amp;" },
	{ JOB(S("WorkingDirectory", "/<string>b</string>")), "3: <string> inside <string>" },
	{ JOB("<key>Debug</key><yes/>"), "3: <yes> is not an element of a property list" },
	{ JOB("<string>x</string><key>Debug</key>"), "3: <string> where <dict> wants a <key>" },
	{ JOB("<key>Debug</key><key>Nice</key><true/>"), "3: Debug: has no value" },
	{ JOB("<key>Debug</key>"), "3: Debug: has no value" },
	{ JOB(I("Nice", "ten")), "3: <integer>ten: not a whole number" },
	{ JOB(I("Nice", "1.0")), "3: <integer>1.0: not a whole number" },
	{ JOB(I("Nice", "")), "3: <integer>: not a whole number" },
	{ JOB(I("Nice", "99999999999999999999")), "3: <integer>99999999999999999999: too large" },
	{ JOB(B("Debug", "true") "\n" B("Debug", "false")), "4: Debug: given twice" },
	{ JOB(S("WorkingDirectory", "/\x01")), "3: holds a control character" },
	{ JOB(S("WorkingDirectory", "/caf\xe9")), "3: holds invalid UTF-8" },
	{ JOB(S("WorkingDirectory", "/\xef\xbf\xbf")), "3: holds a Unicode noncharacter" },
	{ JOB(S("WorkingDirectory", "/&#1;")), "3: &#1; is not a character of XML" },
	{ JOB(S("WorkingDirectory", "/&#xD800;")), "3: &#55296; is not a character of XML" },
	{ JOB(S("WorkingDirectory", "/&#x110000;")), "3: a character reference is too large" },
	{ JOB(S("WorkingDirectory", "/&#;")), "3: an incomplete character reference" },
	{ JOB(S("WorkingDirectory", "/]]>")), "3: a bare ]]>; wanted ]]&gt;" },
	{ JOB(S("WorkingDirectory", "/<![CDATA[x")), "3: a CDATA section is not closed" },
	{ JOB("<!-- a -- b -->"), "3: a comment holds --" },
	{ JOB("<!-- a --->"), "3: a comment holds --" },
	{ JOB("<!-- a"), "3: a comment is not closed" },
	{ JOB("text"), "3: wanted a tag, found \"text</dict>\n</plist>\"" },
	{ JOB("<key a='b'>Debug</key><true/>"),
	  "3: wanted the end of <key>, found \"a='b'>Debug</key><tr\"" },
	{ JOB("<key>Debug</key><true>x</true>"), "3: <true/> and <false/> hold no text" },
	{ JOB(D("LaunchEvents", "<key>a</key><data>QUJ</data>")), "3: <data>: not base64" },
	{ JOB(D("LaunchEvents", "<key>a</key><date>today</date>")), "3: <date>today: not a date" },
	{ JOB(D("LaunchEvents", "<key>a</key><real>1e</real>")), "3: <real>1e: not a number" },
	{ JOB("<key>Debug</string><true/>"), "3: </string> closes <key>" },
	{ JOB("</array>"), "3: </array> closes <dict>" },
	{ JOB("") JOB(""), "5: something stands behind </plist>" },
	{ PLIST("<dict></dict><dict></dict>"), "2: <dict> inside <plist>" },
	{ PLIST(""), "3: </plist> where a value should be" },
	{ "<dict></dict>", "1: <dict> where <plist> should be" },
	{ "<plist/>", "1: <plist> where <plist> should be" },
	{ "\n" XML JOB(""), "2: <?xml does not stand at the very beginning" },
	{ "<?xml version='1.0' encoding='ISO-8859-1'?>" JOB(""), "1: encoding ISO-8859-1; wanted UTF-8" },
	{ "<?xml encoding='UTF-8'?>" JOB(""), "1: wanted <?xml version=\"1.0\" encoding=\"UTF-8\"?>" },
	{ "<!DOCTYPE plist [<!ENTITY a 'b'>]>" JOB(""),
	  "1: the document type is not that of a property list" },
	{ "<!DOCTYPE html>" JOB(""), "1: the document type is not that of a property list" },
	{ "{ Label = a; }", "1: wanted a tag, found \"{ Label = a; }\"" },
	{ "bplist00\xd1\x01", "a binary property list; wanted XML (plutil -convert xml1 FILE)" },
	/* What launchd refuses */
	{ PLIST("<array/>"), "2: not a dictionary" },
	{ PLIST("<dict/>"), "2: Label: missing" },
	{ PLIST("<dict>" S("Program", "/a") "</dict>"), "2: Label: missing" },
	{ PLIST("<dict>" I("Label", "1") S("Program", "/a") "</dict>"),
	  "2: Label: is an integer; wanted a string" },
	{ PLIST("<dict>" S("Label", "") S("Program", "/a") "</dict>"), "2: Label: is empty" },
	{ PLIST("<dict>" S("Label", "a&#10;") S("Program", "/a") "</dict>"),
	  "2: Label: holds a control character" },
	{ PLIST("<dict>" S("Label", "Com.Apple.launchd.x") S("Program", "/a") "</dict>"),
	  "2: Label: Com.Apple.launchd.x belongs to launchd itself" },
	{ PLIST("<dict>" S("Label", "com.apple.launchctl") S("Program", "/a") "</dict>"),
	  "2: Label: com.apple.launchctl belongs to launchd itself" },
	{ PLIST("<dict>" S("Label", "a") "</dict>"),
	  "2: ProgramArguments: missing, and there is no Program" },
	{ PLIST("<dict>" S("Label", "a") A("ProgramArguments", "") "</dict>"),
	  "2: ProgramArguments: is empty, and there is no Program" },
	{ PLIST("<dict>" S("Label", "a") S("ProgramArguments", "/a") "</dict>"),
	  "2: ProgramArguments: is a string; wanted an array" },
	{ PLIST("<dict>" S("Label", "a") "\n"
	        A("ProgramArguments", "<string>/a</string>\n<integer>1</integer>") "</dict>"),
	  "4: ProgramArguments: is an integer; wanted a string" },
	{ PLIST("<dict>" S("Label", "a") A("ProgramArguments", "<string>true</string>") "</dict>"),
	  NULL },
	{ PLIST("<dict>" S("Label", "a") A("ProgramArguments", "<string>$SSH</string>") "</dict>"),
	  "2: ProgramArguments: begins with \"$SSH\"; wanted an absolute path; launchd expands neither ~ nor $HOME" },
	{ PLIST("<dict>" S("Label", "a") A("ProgramArguments", "<string>bin/true</string>") "</dict>"),
	  "2: ProgramArguments: begins with \"bin/true\"; wanted an absolute path" },
	{ PLIST("<dict>" S("Label", "a") S("Program", "~/ssh") "</dict>"),
	  "2: Program: is ~/ssh; wanted an absolute path; launchd expands neither ~ nor $HOME" },
	{ JOB(S("LimitLoadToSessionType", "Acqua")),
	  "3: LimitLoadToSessionType: is Acqua; wanted Aqua, Background, LoginWindow or StandardIO" },
	/* What launchd ignores without a word */
	{ JOB(S("ThrottleInterval", "10")), "3: ThrottleInterval: is a string; wanted an integer" },
	{ JOB(I("KeepAlive", "1")), "3: KeepAlive: is an integer; wanted true or false or a dictionary" },
	{ JOB(D("EnvironmentVariables", I("A", "1"))),
	  "3: EnvironmentVariables.A: is an integer; wanted a string" },
	{ JOB(D("SoftResourceLimits", S("Core", "1"))),
	  "3: SoftResourceLimits.Core: is a string; wanted an integer" },
	{ JOB(D("SoftResourceLimits", I("Cores", "1"))),
	  "3: SoftResourceLimits.Cores: unknown to launchd; did you mean Core?" },
	{ JOB(I("ExitTimeout", "1")), "3: ExitTimeout: wrong case; launchd spells it ExitTimeOut" },
	{ JOB(S("StandardOutputPath", "/x")), "3: StandardOutputPath: unknown to launchd" },
	{ JOB(S("StandartOutPath", "/x")),
	  "3: StandartOutPath: unknown to launchd; did you mean StandardOutPath?" },
	{ JOB(B("KeepAlive.SuccessfulExit", "true")), "3: KeepAlive.SuccessfulExit: unknown to launchd" },
	{ JOB(I("Nice", "21")), "3: Nice: is 21; wanted -20 to 20" },
	{ JOB(I("ThrottleInterval", "0")), "3: ThrottleInterval: is 0; wanted 1 to 4294967295" },
	{ JOB(I("ExitTimeOut", "0")), "3: ExitTimeOut: is 0; wanted 1 to 4294967295" },
	{ JOB(S("StandardOutPath", "~/log")),
	  "3: StandardOutPath: is ~/log; wanted an absolute path; launchd expands neither ~ nor $HOME" },
	{ JOB(A("WatchPaths", "<string>x</string>")), "3: WatchPaths: is x; wanted an absolute path" },
	{ JOB(A("StartCalendarInterval", "<dict>" I("Hour", "24") "</dict>")),
	  "3: StartCalendarInterval.Hour: is 24; wanted 0 to 23" },
	/* Traps */
	{ JOB(D("KeepAlive", B("NetworkState", "true"))),
	  "3: KeepAlive.NetworkState: launchd no longer implements it" },
	{ JOB(D("KeepAlive", B("Crashed", "false"))),
	  "3: KeepAlive.Crashed: is false, which starts the job again after every clean exit" },
	{ JOB(B("Disabled", "false")),
	  "3: Disabled: launchd keeps its own record of what is disabled, and that wins" },
	{ JOB(S("Umask", "022")), "3: Umask: is a string; wanted an integer (18 for an octal 022)" },
	{ JOB(I("Umask", "1000")), "3: Umask: is 1000; wanted 0 to 511" },
	{ JOB(B("EnableTransactions", "true")),
	  "3: EnableTransactions: is true, which lets launchd kill the job without a SIGTERM before" },
	{ JOB(B("OnDemand", "false")), "3: OnDemand: obsolete since Mac OS X 10.5; KeepAlive replaced it" },
};

static void test_check(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(plists); i++) {
		AUTO(strv) problems = {0};
		int r = backend_launchd.check(plists[i].text, strlen(plists[i].text), &problems);
		AUTO_FREE char *wanted = xstrdup(plists[i].problem ? plists[i].problem : "good");

		for (char *s = wanted; (s = strchr(s, '\n'));)
			*s = '?'; /* as any control character in a message */
		assert_string_equal(problems.len ? problems.v[0] : "good", wanted);
		assert_int_equal(r, plists[i].problem ? -EINVAL : 0);
	}
}

#define RULES_OWNER "owner 501; launchd wants root here: sudo chown root"
#define RULES_OPEN "anybody may write to /x, and so put another file in its place; chmod o-w"

/* Whether launchd reads a file, by its owner, mode, kind and name; "" is nothing. */
static const struct {
	struct plist_file file;
	const char *problem, *advice;
} file_rules[] = {
	{ { "/Library/LaunchDaemons/a.plist", "a", .mode = S_IFREG | 0644 }, "", "" },
	{ { "/Library/LaunchDaemons/a.plist", "a", .mode = S_IFREG | 0600 }, "", "" },
	{ { "/Library/LaunchDaemons/a.plist", "a", .mode = S_IFREG | 0644, .owner = 501, .caller = 501,
	    .folder_owner = 501 }, RULES_OWNER, "" },
	{ { "/Library/LaunchAgents/a.plist", "a", .mode = S_IFREG | 0644, .owner = 501, .caller = 501 },
	  RULES_OWNER, "" },
	{ { "/Users/me/Library/LaunchAgents/a.plist", "a", .mode = S_IFREG | 0644, .owner = 501,
	    .folder_owner = 501 }, "", "" },
	{ { "/Users/me/Library/LaunchAgents/a.plist", "a", .mode = S_IFREG | 0644, .folder_owner = 501 },
	  "owner 0; launchd wants that of the folder, 501", "" },
	{ { "/tmp/a.plist", "a", .mode = S_IFREG | 0644, .owner = 501, .caller = 501 }, "", "" },
	{ { "/tmp/a.plist", "a", .mode = S_IFREG | 0644, .caller = 501 }, "", "" },
	{ { "/tmp/a.plist", "a", .mode = S_IFREG | 0644, .owner = 502, .caller = 501 },
	  "owner 502; launchd wants root or whoever loads it (501)", "" },
	{ { "/tmp/a.plist", "a", .mode = S_IFREG | 0620 },
	  "mode 0620: its group may write, so launchd refuses it; chmod 644", "" },
	{ { "/tmp/a.plist", "a", .mode = S_IFREG | 0602 },
	  "mode 0602: others may write, so launchd refuses it; chmod 644", "" },
	{ { "/tmp/a.plist", "a", .mode = S_IFLNK | 0777 },
	  "a symbolic link; at login launchd reads none, wanted the file itself", "" },
	{ { "/tmp/a.plist", "a", .mode = S_IFIFO | 0644 }, "not a regular file; launchd reads no other", "" },
	{ { "/tmp/a.plis", "a", .mode = S_IFREG | 0644 },
	  "its name does not end in .plist; launchd reads no other", "" },
	{ { "/tmp/.plist", "a", .mode = S_IFREG | 0644 },
	  "its name does not end in .plist; launchd reads no other", "" },
	{ { "/tmp/b.plist", "a", .mode = S_IFREG | 0644 }, "",
	  "its name is not that of its Label; wanted a.plist" },
	{ { "/tmp/a.plist", "a.b", .mode = S_IFREG | 0644, .ours = true },
	  "its name is not that of its Label; wanted a.b.plist", "" },
	{ { "/tmp/a.plist", "a\x1b", .mode = S_IFREG | 0644, .ours = true },
	  "its name is not that of its Label; wanted a?.plist", "" },
	{ { "/tmp/a.plist", NULL, .mode = S_IFREG | 0644 }, "", "" },
	{ { "/Library/LaunchDaemons/a.plist", "a", .mode = S_IFREG | 0644, .open_folder = "/x" }, RULES_OPEN, "" },
	{ { "/x/a.plist", "a", .mode = S_IFREG | 0644, .open_folder = "/x" }, "", RULES_OPEN },
};

static void test_file(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(file_rules); i++) {
		struct plist_file f = file_rules[i].file;
		AUTO(strv) problems = {0};
		AUTO(strv) advice = {0};

		f.place = plist_file_place(f.path);
		plist_file_judge(&f, &problems, &advice);
		assert_true(problems.len < 2 && advice.len < 2);
		assert_string_equal(problems.len ? problems.v[0] : "", file_rules[i].problem);
		assert_string_equal(advice.len ? advice.v[0] : "", file_rules[i].advice);
	}
}

static void test_file_place(void **state)
{
	static const struct { const char *path; enum job_place place; } rows[] = {
		{ "/Library/LaunchDaemons/a.plist", JOB_DAEMON },
		{ "/Library/LaunchAgents/a.plist", JOB_AGENT },
		{ "/Users/me/Library/LaunchAgents/a.plist", JOB_OWN_AGENT },
		{ "/Users/me/Library/LaunchAgents/b/a.plist", JOB_ELSEWHERE },
		{ "/Users/me/Library/LaunchDaemons/a.plist", JOB_ELSEWHERE },
		{ "/Users/me/XLibrary/LaunchAgents/a.plist", JOB_ELSEWHERE },
		{ "/a.plist", JOB_ELSEWHERE },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		assert_int_equal(plist_file_place(rows[i].path), rows[i].place);
}

/* A job that has what every tunnel should have, so that only INNER can be remarked on. */
#define GOOD_JOB(inner) \
	PLIST("<dict>" S("Label", "a") S("Program", "/a") B("RunAtLoad", "true") I("ExitTimeOut", "5") "\n" \
	      inner "</dict>")
#define SSH_JOB(arguments) \
	PLIST("<dict>" S("Label", "a") B("KeepAlive", "true") I("ExitTimeOut", "5") "\n" \
	      A("ProgramArguments", "<string>/usr/bin/ssh</string>" arguments) "</dict>")
#define W(word) "<string>" word "</string>"
#define ALIVE W("-oServerAliveInterval=9")
#define NO_ALIVE "3: ProgramArguments: no -o ServerAliveInterval=15; without it ssh does not notice a connection " \
	"that has died"
#define NO_FAILURE "3: ProgramArguments: no -o ExitOnForwardFailure=yes; without it ssh stays though its forward failed"
#define NO_N "3: ProgramArguments: no -N; the shell that ssh starts on the server ends at once, as launchd gives it " \
	"no input"

/* What depends on the place, and ssh's command line in all its spellings; the first line of each list. */
static const struct {
	enum job_place place;
	const char *text, *problem, *advice;
} jobs[] = {
	{ JOB_ELSEWHERE, GOOD_JOB(""), "", "" },
	{ JOB_DAEMON, GOOD_JOB(""), "", "2: UserName: missing, so the job runs as root" },
	{ JOB_DAEMON, GOOD_JOB(S("UserName", "me")), "", "" },
	{ JOB_AGENT, GOOD_JOB(S("UserName", "me")), "3: UserName: launchd ignores it in an agent, which runs as "
	  "whoever logs in; wanted it in /Library/LaunchDaemons", "" },
	{ JOB_OWN_AGENT, GOOD_JOB(I("Nice", "-1")), "", "3: Nice: is -1; only a daemon may go below 0" },
	{ JOB_ELSEWHERE, GOOD_JOB(I("Nice", "-1")), "", "" },
	{ JOB_OWN_AGENT, GOOD_JOB(D("SoftResourceLimits", I("NumberOfFiles", "1"))), "", "" },
	{ JOB_DAEMON, GOOD_JOB(S("UserName", "me") D("HardResourceLimits", I("NumberOfProcesses", "1"))), "",
	  "3: HardResourceLimits.NumberOfProcesses: for a daemon also sets kern.maxprocperuid, of the whole machine" },
	{ JOB_OWN_AGENT, GOOD_JOB(S("LimitLoadToSessionType", "Aqua")), "", "" },
	{ JOB_ELSEWHERE, GOOD_JOB(I("Umask", "63")), "", "" },
	{ JOB_ELSEWHERE, GOOD_JOB(I("Umask", "77")), "", "3: Umask: 77 is 0115 in octal; for an octal 077 write 63" },
	{ JOB_ELSEWHERE, GOOD_JOB(S("StandardErrorPath", "/tmp/x")), "", "" },
	{ JOB_ELSEWHERE, SSH_JOB(W("-N") ALIVE W("h")), "", "" },
	{ JOB_ELSEWHERE, SSH_JOB(W("h") W("-N") ALIVE), "", "" },
	{ JOB_ELSEWHERE, SSH_JOB(ALIVE W("h") W("cat") W("-f")), "", "" },
	{ JOB_ELSEWHERE, SSH_JOB(ALIVE W("--") W("h") W("-N")), "", "" },
	{ JOB_ELSEWHERE, SSH_JOB(ALIVE W("-Wa:22") W("h")), "", "" },
	{ JOB_ELSEWHERE, SSH_JOB(ALIVE W("h")), "", NO_N },
	{ JOB_ELSEWHERE, SSH_JOB(W("-N") W("h")), "", NO_ALIVE },
	{ JOB_ELSEWHERE, SSH_JOB(W("-No") W("serveraliveinterval 0") W("h")), "", NO_ALIVE },
	{ JOB_ELSEWHERE, SSH_JOB(W("-NL1:a:1") ALIVE W("h")), "", NO_FAILURE },
	{ JOB_ELSEWHERE, SSH_JOB(W("-N") W("-o") W("LocalForward 1 a:1") W("-oExitOnForwardFailure no") ALIVE W("h")),
	  "", NO_FAILURE },
	{ JOB_ELSEWHERE, SSH_JOB(W("-NR") W("[::1]:1") ALIVE W("h")),
	  "3: ProgramArguments: -R [::1]:1 names no target, so ssh lets the server into this whole network (SOCKS); "
	  "wanted PORT:HOST:PORT", NO_FAILURE },
	{ JOB_ELSEWHERE, SSH_JOB(W("-NR") W("[::1]:1:[::1]:1") W("-o exitonforwardfailure = yes") ALIVE W("h")),
	  "", "" },
	{ JOB_ELSEWHERE, SSH_JOB(W("-N") W("-oControlMaster=no") W("-oControlPersist no") ALIVE W("h")), "", "" },
	{ JOB_ELSEWHERE, SSH_JOB(W("-N") W("-i") W("${HOME}/k") ALIVE W("h")), "", "" },
	{ JOB_ELSEWHERE, SSH_JOB(W("-N") W("-oProxyCommand=nc $HOST") ALIVE W("h")), "", "" },
	{ JOB_ELSEWHERE, SSH_JOB(W("-N") W("-o IdentityFile=$HOME/k") ALIVE W("h")),
	  "3: ProgramArguments: $HOME/k: launchd expands nothing, and no shell does", "" },
	{ JOB_ELSEWHERE, SSH_JOB(W("-N") ALIVE W("$USER@h")),
	  "3: ProgramArguments: $USER@h: launchd expands nothing, and no shell does", "" },
	{ JOB_ELSEWHERE, SSH_JOB(W("-N") W("-l me") ALIVE W("h")),
	  "3: ProgramArguments: -l and its value are one string, so the value begins with a blank; wanted two", "" },
	{ JOB_ELSEWHERE, SSH_JOB(W("-N") W("-l") W(" me") ALIVE W("h")),
	  "3: ProgramArguments: the value of -l begins with a blank, which ssh takes for a part of it; leave it out",
	  "" },
	{ JOB_ELSEWHERE, SSH_JOB(W("-N") W("-c aes256-ctr") ALIVE W("h")),
	  "3: ProgramArguments: -c and its value are one string, so the value begins with a blank; wanted two", "" },
	{ JOB_ELSEWHERE, SSH_JOB(W("-NM") ALIVE W("h")), "3: ProgramArguments: -M makes an ssh that others hang on, "
	  "and may itself hang on another; leave it out", "" },
	{ JOB_ELSEWHERE, SSH_JOB(W("-N") W("-ocontrolmaster yes") ALIVE W("h")), "3: ProgramArguments: "
	  "controlmaster=yes makes an ssh that others hang on, and may itself hang on another; leave it out", "" },
	{ JOB_ELSEWHERE, SSH_JOB(W("-N") W("-o User=$USER") ALIVE W("h")),
	  "3: ProgramArguments: $USER: launchd expands nothing, and no shell does", "" },
	{ JOB_ELSEWHERE, SSH_JOB(W("-N") W("-p 22") ALIVE W("h")), "", "" },
	{ JOB_ELSEWHERE, SSH_JOB(W("-N") ALIVE W("--") W("-f")), "", "" },
	{ JOB_ELSEWHERE, PLIST("<dict>" S("Label", "a") B("KeepAlive", "true") I("ExitTimeOut", "5") "\n"
	  S("Program", "/usr/bin/ssh") A("ProgramArguments", W("my-tunnel") W("-f") W("-N") ALIVE W("h")) "</dict>"),
	  "3: ProgramArguments: -f sends ssh to the background, which launchd takes for its end; leave it out", "" },
	{ JOB_ELSEWHERE, PLIST("<dict>" S("Label", "a") B("KeepAlive", "true") I("ExitTimeOut", "5") "\n"
	  S("Program", "/usr/bin/true") A("ProgramArguments", W("ssh") W("-f")) "</dict>"), "", "" },
	{ JOB_OWN_AGENT, GOOD_JOB(S("UserName", "me") S("LimitLoadToSessionType", "Aqua")), "3: UserName: launchd "
	  "ignores it in an agent, which runs as whoever logs in; wanted it in /Library/LaunchDaemons", "" },
	{ JOB_ELSEWHERE, SSH_JOB(W("-o")), "3: ProgramArguments: ssh is told no host", NO_ALIVE },
	{ JOB_ELSEWHERE, SSH_JOB(W("-")), "", NO_ALIVE }, /* an odd host, and ssh's own to refuse */
};

static void test_advise(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(jobs); i++) {
		AUTO(item) job = {0};
		AUTO(strv) problems = {0};
		AUTO(strv) advice = {0};

		assert_int_equal(item_read(jobs[i].text, &job, &problems), 0);
		(void)backend_launchd.check(jobs[i].text, strlen(jobs[i].text), &problems);
		job_judge_place(&job, jobs[i].place, &problems);
		job_advise(&job, jobs[i].place, &advice);
		assert_string_equal(problems.len ? problems.v[0] : "", jobs[i].problem);
		assert_string_equal(advice.len ? advice.v[0] : "", jobs[i].advice);
	}
}

/* Damaged in any byte, each still is read to its end and never past it. */
static void test_advise_damaged(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(jobs); i++) {
		size_t len = strlen(jobs[i].text);

		for (size_t at = 0; at < len; at++) {
			AUTO_FREE char *copy = xstrdup(jobs[i].text);
			AUTO(strv) advice = {0};

			for (const char *s = "<- :[$\""; *s; s++) {
				copy[at] = *s;
				(void)backend_launchd.check(copy, len, &advice);
				backend_launchd.advise("/nowhere/a.plist", copy, len, &advice);
			}
			(void)backend_launchd.check_file("/nowhere/a.plist", copy, at, &advice);
			assert_true(advice.len > 0);
			for (size_t n = 0; n < advice.len; n++)
				assert_null(text_check(advice.v[n], strlen(advice.v[n])));
		}
	}
}

/* All problems of one plist are told at once. */
static void test_check_all(void **state)
{
	static const char text[] =
		PLIST("<dict>" I("Label", "1") "\n" I("nice", "1") "\n" I("Nice", "99") "</dict>");
	AUTO(strv) problems = {0};

	(void)state;
	assert_int_equal(backend_launchd.check(text, strlen(text), &problems), -EINVAL);
	assert_int_equal(problems.len, 4);
	assert_string_equal(problems.v[0], "2: ProgramArguments: missing, and there is no Program");
	assert_string_equal(problems.v[1], "2: Label: is an integer; wanted a string");
	assert_string_equal(problems.v[2], "3: nice: wrong case; launchd spells it Nice");
	assert_string_equal(problems.v[3], "4: Nice: is 99; wanted -20 to 20");
}

/* Nothing that a file holds may end the reader: every prefix, and every byte replaced. */
static void test_check_damaged(void **state)
{
	static const char good[] =
		XML DOCTYPE JOB("<!-- x -->" D("EnvironmentVariables", S("A", "&#65;<![CDATA[x]]>")));
	size_t len = strlen(good);

	(void)state;
	for (size_t i = 0; i < len; i++) {
		AUTO_FREE char *copy = xstrdup(good);
		AUTO(strv) problems = {0};

		if (i < len - 1) /* the last newline may be missing */
			assert_int_equal(backend_launchd.check(good, i, &problems), -EINVAL);
		for (const char *s = "<>&\"/;\x01\xff-"; *s; s++) {
			copy[i] = *s;
			(void)backend_launchd.check(copy, len, &problems);
		}
		copy[i] = '\0';
		assert_int_equal(backend_launchd.check(copy, len, &problems), -EINVAL);
	}
}

/* A file made to keep the checker busy is refused before it does. */
static void test_check_large(void **state)
{
	static const struct { const char *front, *repeated, *problem; } rows[] = {
		{ "<plist>\n", "<array>", "2: nested deeper than 32 levels" },
		{ "<plist>\n<dict>", "<key>a</key><true/>", "2: a: given twice" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(buf) text = {0};
		AUTO(strv) problems = {0};

		buf_puts(&text, rows[i].front);
		for (size_t n = 0; n < 50000; n++)
			buf_puts(&text, rows[i].repeated);
		assert_int_equal(backend_launchd.check(text.s, text.len, &problems), -EINVAL);
		assert_string_equal(problems.v[0], rows[i].problem);
		assert_true(problems.len < 2100);
	}
}

/* Neither a name of megabytes nor a hundred thousand wrong keys keep it busy or talking. */
static void test_check_endless(void **state)
{
	AUTO(buf) text = {0};
	AUTO(strv) problems = {0};

	(void)state;
	buf_puts(&text, "<plist>\n<dict><key>");
	for (size_t i = 0; i < 1000000; i++)
		buf_putc(&text, 'x');
	buf_puts(&text, "</key><true/><key>StartCalendarInterval</key><array>");
	for (size_t i = 0; i < 100000; i++)
		buf_puts(&text, "<dict><key>Hours</key><true/></dict>");
	buf_puts(&text, "</array></dict></plist>");
	assert_int_equal(backend_launchd.check(text.s, text.len, &problems), -EINVAL);
	assert_true(problems.len >= 100 && problems.len < 110);
	for (size_t i = 0; i < problems.len; i++)
		assert_true(strlen(problems.v[i]) < 200);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table),     cmocka_unit_test(test_render),
		cmocka_unit_test(test_frame),     cmocka_unit_test(test_standalone),
		cmocka_unit_test(test_refuse),    cmocka_unit_test(test_command),
		cmocka_unit_test(test_account),   cmocka_unit_test(test_path),
		cmocka_unit_test(test_installed), cmocka_unit_test(test_check),
		cmocka_unit_test(test_check_all), cmocka_unit_test(test_check_damaged),
		cmocka_unit_test(test_check_large), cmocka_unit_test(test_check_endless),
		cmocka_unit_test(test_words),     cmocka_unit_test(test_additions_are_complete),
		cmocka_unit_test(test_file),      cmocka_unit_test(test_file_place),
		cmocka_unit_test(test_advise),    cmocka_unit_test(test_advise_damaged),
	};

	return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
