/* SPDX-License-Identifier: MIT */
/* The upstart backend: what it writes for each release, what it refuses, what its checker finds in a job. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "backend.h"
#include "base/alloc.h"
#include "base/macros.h"
#include "base/utf8.h"
#include "foreign.h"
#include "marker.h"
#include "model/config.h"
#include "model/key.h"
#include "upstart/check.h"
#include "upstart/place.h"
#include "upstart/quote.h"
#include "upstart/stanza.h"
#include "upstart/version.h"

extern const struct backend backend_upstart;

#define TUNNEL "[Tunnel]\nHost = h\n"
#define RUN_AS TUNNEL "[Service]\nRunAs = me\n"

/* home.ini in the current, temporary folder. */
static void load(const char *ini, bool user, struct tunnel *ret)
{
	AUTO(strv) problems = {0};
	FILE *f = fopen("home.ini", "w");

	assert_non_null(f);
	assert_true(fputs(ini, f) >= 0);
	assert_int_equal(fclose(f), 0);
	if (config_load("home.ini", user ? CONFIG_USER : CONFIG_SYSTEM, ret, &problems) < 0)
		fail_msg("%s", problems.v[0]);
}

/* One render; its results are emptied by result_done(). */
struct result {
	struct buf text;
	struct strv notes;
	struct error err;
	int code;
};

static void result_done(struct result *r)
{
	buf_done(&r->text);
	strv_done(&r->notes);
}

static void render(const char *ini, struct scope scope, const struct strv *argv, struct result *ret)
{
	AUTO(tunnel) t = {0};
	AUTO(strv) runner = {0};

	strv_push(&runner, backend_upstart.target->runner);
	strv_push(&runner, "/etc/tunnelctl/home.ini");
	scope.ini = "/etc/tunnelctl/home.ini";
	load(ini, scope.user, &t);
	ret->code =
		backend_upstart.render(&t, &scope, argv ? argv : &runner, &ret->text, &ret->notes, &ret->err);
	if (ret->code == 0) {
		AUTO(strv) problems = {0};
		unsigned version = scope.version ? scope.version : UPSTART_DEFAULT;

		if (scope.user && version < UPSTART_SESSIONS)
			version = UPSTART_SESSIONS;
		assert_int_equal(marker_judge(ret->text.s, ret->text.len), MARKER_OURS);
		if (job_check(ret->text.s, ret->text.len, version, &problems) < 0)
			fail_msg("%s\n%s", problems.v[0], ret->text.s);
	} else {
		assert_int_equal(ret->text.len, 0);
	}
}

/* The job behind its marker. */
static const char *body(const struct result *r)
{
	assert_int_equal(r->code, 0);
	return strchr(r->text.s, '\n') + 1;
}

static void assert_notes(const struct result *r, const char *expected)
{
	AUTO(buf) all = {0};

	for (size_t i = 0; i < r->notes.len; i++)
		buf_printf(&all, "%s\n", r->notes.v[i]);
	assert_string_equal(buf_str(&all), expected);
}

static void test_quotes(void **state)
{
	static const struct {
		const char *text, *exec, *script, *value;
	} rows[] = {
		{ "a b", "'a b'", "'a b'", "\"a b\"" },
		{ "it's", "'it'\\''s'", "'it'\\''s'", "\"it's\"" },
		{ "say \"hi\"", "'say \"hi\"'", "'say \"hi\"'", "\"say \"'\"hi\"'" },
		{ "a\\b", "'a'\\\\'b'", "'a\\b'", "\"a\\\\b\"" },
		{ "a \\b", "'a '\\\\'b'", "'a \\b'", "\"a \\\\b\"" },
		{ "a\\", "'a'\\\\''", "'a\\'", "\"a\\\\\"" },
		{ "$HOME;`id`", "'$HOME;`id`'", "'$HOME;`id`'", "\"$HOME;`id`\"" },
		{ "# c", "'# c'", "'# c'", "\"# c\"" },
		{ "", "''", "''", "\"\"" },
		{ "both ' and \"", "'both '\\'' and \"'", "'both '\\'' and \"'", "\"both ' and \"'\"'" },
		{ "a=b", "'a=b'", "'a=b'", "\"a=b\"" },
		{ "/plain-1.2:3,4@5%6+7_8", "/plain-1.2:3,4@5%6+7_8", "/plain-1.2:3,4@5%6+7_8",
		  "\"/plain-1.2:3,4@5%6+7_8\"" },
		{ "\xc3\xa9", "\xc3\xa9", "\xc3\xa9", "\"\xc3\xa9\"" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(buf) exec = {0};
		AUTO(buf) script = {0};
		AUTO(buf) value = {0};

		job_quote_exec(rows[i].text, &exec);
		job_quote_script(rows[i].text, &script);
		assert_null(job_quote_value(rows[i].text, &value));
		assert_string_equal(exec.s, rows[i].exec);
		assert_string_equal(script.s, rows[i].script);
		assert_string_equal(value.s, rows[i].value);
	}
}

static void test_commands(void **state)
{
	static const struct {
		const char *argument, *statement;
	} rows[] = {
		{ "-N", "exec /usr/bin/ssh -N\n" },
		{ "-oBatchMode=yes", "exec /usr/bin/ssh '-oBatchMode=yes'\n" },
		{ "a#b", "exec /usr/bin/ssh 'a#b'\n" },
		{ "two\nlines", "script\nexec /usr/bin/ssh 'two'\"\n\"'lines'\nend script\n" },
		{ "\nend script\n", "script\nexec /usr/bin/ssh ''\"\n\"'end script'\"\n\"''\nend script\n" },
	};
	AUTO(buf) value = {0};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(strv) argv = {0};
		AUTO(buf) text = {0};

		strv_push(&argv, "/usr/bin/ssh");
		strv_push(&argv, rows[i].argument);
		job_quote_command(&argv, &text);
		assert_string_equal(text.s, rows[i].statement);
	}
	assert_string_equal(job_quote_value("A=1\n2", &value),
			    "holds a line break, which upstart would turn into a blank");
}

#define FULL                                                                                            \
	TUNNEL "Description = Phone \"home\"\n[Service]\nRunAs = me:staff\nRestart = on-failure\n"      \
	       "StopTimeout = 20\nLimitNOFILE = 64\nEnvironment = A=it's $B\nEnvironment = C=\n"        \
	       "[upstart]\nkill signal = INT\nnice = -5\nusage = \"u\"\nreload signal = HUP\ncgroup = " \
	       "memory\n"
#define HEAD                                                                                         \
	"\ndescription \"Phone \"'\"home\"'\nstart on runlevel [2345]\nstop on runlevel [!2345]\n\n" \
	"respawn\nrespawn limit unlimited\nnormal exit 0\nkill timeout 20\n"
#define MIDDLE "limit nofile 64 64\nenv \"A=it's $B\"\nenv \"C=\"\n"
#define SINCE_1_4 "console log\n" MIDDLE "setuid me\nsetgid staff\n\n"
#define EXEC "\nexec /usr/libexec/tunnelctl/tunnelctl-run /etc/tunnelctl/home.ini\n"
#define SANDBOX "Sandbox: upstart confines nothing; ssh may do all that its account may\n"
#define LEFT(name, since, target) \
	name ": left out: upstart has it since " since ", the job is for " target "\n"

static void test_versions(void **state)
{
	static const struct {
		unsigned version;
		const char *text, *notes;
	} rows[] = {
		{ UPSTART(0, 6, 5),
		  HEAD MIDDLE
		  "\nnice -5\n"
		  "\nexec /usr/libexec/tunnelctl/tunnelctl-run --as me:staff --own-log /etc/tunnelctl/home.ini\n",
		  "Log: upstart keeps no log before 1.4; tunnelctl-run does, in .cache/tunnelctl in the home of RunAs\n"
		  SANDBOX
			  LEFT("kill signal", "1.3", "0.6.5")
			  LEFT("usage", "1.5", "0.6.5") LEFT("reload signal", "1.10", "0.6.5")
				  LEFT("cgroup", "1.13", "0.6.5") },
		{ 0, HEAD SINCE_1_4 "kill signal INT\nnice -5\n" EXEC,
		  SANDBOX LEFT("usage", "1.5", "1.4") LEFT("reload signal", "1.10", "1.4")
			  LEFT("cgroup", "1.13", "1.4") },
		{ UPSTART(1, 4, 0), HEAD SINCE_1_4 "kill signal INT\nnice -5\n" EXEC,
		  SANDBOX LEFT("usage", "1.5", "1.4") LEFT("reload signal", "1.10", "1.4")
			  LEFT("cgroup", "1.13", "1.4") },
		{ UPSTART(1, 5, 0), HEAD SINCE_1_4 "kill signal INT\nnice -5\nusage \"u\"\n" EXEC,
		  SANDBOX LEFT("reload signal", "1.10", "1.5") LEFT("cgroup", "1.13", "1.5") },
		{ UPSTART(1, 12, 1),
		  HEAD SINCE_1_4 "kill signal INT\nnice -5\nusage \"u\"\nreload signal HUP\n" EXEC,
		  SANDBOX LEFT("cgroup", "1.13", "1.12.1") },
		{ UPSTART(1, 13, 2),
		  HEAD SINCE_1_4
		  "kill signal INT\nnice -5\nusage \"u\"\nreload signal HUP\ncgroup memory\n" EXEC,
		  SANDBOX },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(result) r = {0};

		render(FULL, (struct scope){ .version = rows[i].version }, NULL, &r);
		assert_string_equal(body(&r), rows[i].text);
		assert_notes(&r, rows[i].notes);
	}
}

#define ADDITIONS SOURCE_DIR "/tests/upstart-jobs/additions.ini"

static void load_additions(struct tunnel *ret)
{
	AUTO(strv) problems = {0};

	if (config_load(ADDITIONS, CONFIG_SYSTEM, ret, &problems) < 0)
		fail_msg("%s", problems.v[0]);
}

static void render_additions(unsigned version, struct result *ret)
{
	const struct scope scope = { .version = version, .ini = "/etc/tunnelctl/additions.ini" };
	AUTO(tunnel) t = {0};
	AUTO(strv) argv = {0};

	load_additions(&t);
	strv_push(&argv, "/runner");
	ret->code = backend_upstart.render(&t, &scope, &argv, &ret->text, &ret->notes, &ret->err);
	if (ret->code < 0)
		fail_msg("%s", ret->err.text);
}

/* The row of stanza.def that the line begins with; the longest counts. */
static const struct stanza *stanza_of(const char *line)
{
	const struct stanza *found = NULL;

	for (size_t i = 0; i < STANZA_COUNT; i++) {
		size_t len = strlen(stanzas[i].name);

		if (!strncmp(line, stanzas[i].name, len) && (line[len] == ' ' || !line[len]) &&
		    (!found || len > strlen(found->name)))
			found = &stanzas[i];
	}
	return found;
}

/* What the job of the newest release becomes for VERSION, as stanza.def has it. Accounts alone are put otherwise. */
static void expect_job(const struct result *newest, unsigned version, struct buf *ret, struct buf *ret_notes)
{
	AUTO_FREE char *text = strdup(body(newest));

	for (char *line = text, *end; (end = strchr(line, '\n')); line = end + 1) {
		const struct stanza *stanza;

		*end = '\0';
		stanza = stanza_of(line);
		if (*line)
			assert_non_null(stanza);
		if (stanza && !strcmp(stanza->name, "exec") && version < UPSTART(1, 4, 0))
			buf_puts(ret, "exec /runner --as me:staff " JOB_OWN_LOG "\n");
		else if (!stanza || stanza->since <= version)
			buf_printf(ret, "%s\n", line);
		else if (!stanza->instead) {
			buf_printf(ret_notes, "%s: left out: upstart has it since ", stanza->name);
			upstart_version_print(stanza->since, ret_notes);
			buf_puts(ret_notes, ", the job is for ");
			upstart_version_print(version, ret_notes);
			buf_puts(ret_notes, "\n");
		}
	}
}

/* Notes that are about stanzas of [upstart]. */
static void notes_left_out(const struct result *r, struct buf *ret)
{
	for (size_t i = 0; i < r->notes.len; i++)
		if (strstr(r->notes.v[i], ": left out: "))
			buf_printf(ret, "%s\n", r->notes.v[i]);
}

/* From release to release a job differs as stanza.def says, and in nothing else. */
static void test_differences(void **state)
{
	static const unsigned releases[] = {
		UPSTART(0, 6, 5), UPSTART(0, 6, 7),  UPSTART(1, 2, 0),  UPSTART(1, 3, 0),  UPSTART(1, 4, 0),
		UPSTART(1, 5, 0), UPSTART(1, 9, 0),  UPSTART(1, 10, 0), UPSTART(1, 12, 1), UPSTART(1, 13, 0),
		UPSTART(1, 13, 2),
	};
	AUTO(result) newest = {0};

	(void)state;
	render_additions(UPSTART_NEWEST, &newest);
	for (size_t i = 0; i < ARRAY_LEN(releases); i++) {
		AUTO(result) r = {0};
		AUTO(buf) expected = {0};
		AUTO(buf) expected_notes = {0};
		AUTO(buf) notes = {0};

		render_additions(releases[i], &r);
		expect_job(&newest, releases[i], &expected, &expected_notes);
		notes_left_out(&r, &notes);
		assert_string_equal(body(&r), expected.s);
		assert_string_equal(buf_str(&notes), buf_str(&expected_notes));
	}
}

/* What [upstart] takes is all in the INI of the test above, or excluded by what is. */
static void test_additions_complete(void **state)
{
	AUTO(result) newest = {0};

	(void)state;
	render_additions(UPSTART_NEWEST, &newest);
	for (size_t i = 0; i < STANZA_COUNT; i++) {
		AUTO(buf) line = {0};
		bool there;

		if (stanzas[i].instead)
			continue;
		buf_printf(&line, "\n%s ", stanzas[i].name);
		there = strstr(newest.text.s, line.s);
		for (size_t j = 0; j < STANZA_COUNT && !there && stanzas[i].slot; j++)
			if (stanzas[j].slot && i != j && !strcmp(stanzas[i].slot, stanzas[j].slot)) {
				buf_clear(&line);
				buf_printf(&line, "\n%s ", stanzas[j].name);
				there = strstr(newest.text.s, line.s);
			}
		if (!there)
			fail_msg("%s: not in " ADDITIONS, stanzas[i].name);
	}
}

/* Who the command of a job of the system runs as, "user" or "user:group": setuid and setgid, or else what root's
 * tunnelctl-run becomes, or else root. */
static void account_of(const char *job, struct buf *ret)
{
	const char *user = strstr(job, "\nsetuid "), *group = strstr(job, "\nsetgid ");
	const char *as = strstr(job, "\nexec /runner --as ");

	if (user)
		buf_put(ret, user + 8, strcspn(user + 8, "\n"));
	else if (as)
		buf_put(ret, as + 19, strcspn(as + 19, " \n"));
	else
		buf_puts(ret, "root");
	if (user && group)
		buf_printf(ret, ":%.*s", (int)strcspn(group + 8, "\n"), group + 8);
}

/* A job that there is runs as RunAs and as nobody else: root's only where RunAs says so. */
static void assert_account(const struct tunnel *t, const struct scope *scope)
{
	AUTO(strv) argv = {0};
	AUTO(strv) problems = {0};
	AUTO(result) r = {0};
	AUTO(buf) account = {0};
	const char *wanted = scope->user ? "root" : t->run_as; /* the user's own init changes no account */

	strv_push(&argv, scope->standalone ? "/usr/bin/ssh" : "/runner");
	strv_push(&argv, "h");
	r.code = backend_upstart.render(t, scope, &argv, &r.text, &r.notes, &r.err);
	if (r.code < 0) {
		assert_int_equal(r.text.len, 0);
		return;
	}
	account_of(r.text.s, &account);
	assert_non_null(wanted);
	assert_string_equal(account.s, wanted);
	assert_int_equal(backend_upstart.check_for(scope, r.text.s, r.text.len, &problems), 0);
}

static void test_accounts(void **state)
{
	char *const accounts[] = { NULL, (char[]){ "me" }, (char[]){ "me:staff" }, (char[]){ "root" },
					  (char[]){ "root:adm" }, (char[]){ "dynamic" } };
	static const unsigned releases[] = { 0, 605, 607, UPSTART(1, 3, 0), UPSTART(1, 3, 99), UPSTART(1, 4, 0),
					     UPSTART(1, 5, 0), UPSTART(1, 7, 0), UPSTART(1, 12, 1), UPSTART_NEWEST };
	unsigned jobs = 0;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(accounts); i++)
		for (size_t j = 0; j < ARRAY_LEN(releases); j++)
			for (unsigned flags = 0; flags < 4; flags++, jobs++) {
				const struct scope scope = { .version = releases[j], .user = flags & 1,
							     .standalone = flags & 2 };
				struct tunnel t = { .name = (char[]){ "home" }, .log = (char[]){ "native" },
						    .run_as = accounts[i], .start = START_MANUAL,
						    .stop_timeout = 10 };

				assert_account(&t, &scope);
			}
	assert_int_equal(jobs, 240);
}

static void test_plain(void **state)
{
	AUTO(result) r = {0};

	(void)state;
	render(RUN_AS "Sandbox = off\n", (struct scope){0}, NULL, &r);
	assert_string_equal(body(&r),
			    "\ndescription \"ssh tunnel home\"\nstart on runlevel [2345]\n"
			    "stop on runlevel [!2345]\n\nrespawn\nrespawn limit unlimited\nkill timeout 10\n"
			    "console log\nsetuid me\n" EXEC);
	assert_notes(&r, "");
}

static void test_standalone(void **state)
{
	AUTO(strv) argv = {0};
	AUTO(result) r = {0};
	AUTO(result) root = {0};

	(void)state;
	strv_push(&argv, "/usr/bin/ssh");
	strv_push(&argv, "-o");
	strv_push(&argv, "BatchMode=yes");
	strv_push(&argv, "-N");
	strv_push(&argv, "h");
	render(RUN_AS, (struct scope){ .standalone = true }, &argv, &r);
	assert_non_null(strstr(body(&r), "\nsetuid me\n\nexec /usr/bin/ssh -o 'BatchMode=yes' -N h\n"));
	render(TUNNEL "[Service]\nRunAs = root\n", (struct scope){ .standalone = true, .version = 605 },
	       &argv, &root);
	assert_null(strstr(body(&root), "setuid"));
	assert_null(strstr(body(&root), "--as"));
}

static void test_start_and_restart(void **state)
{
	static const struct {
		const char *ini;
		bool user;
		const char *text;
	} rows[] = {
		{ RUN_AS "Start = manual\nRestart = never\n", false,
		  "\ndescription \"ssh tunnel home\"\nstop on runlevel [!2345]\n\nkill timeout 10\n"
		  "console log\n"
		  "setuid me\n" EXEC },
		{ TUNNEL, true,
		  "\ndescription \"ssh tunnel home\"\nstart on startup\n\nrespawn\nrespawn limit unlimited\n"
		  "kill timeout 10\nconsole log\n" EXEC },
		{ TUNNEL "[Service]\nStart = manual\n", true,
		  "\ndescription \"ssh tunnel home\"\n\nrespawn\nrespawn limit unlimited\nkill timeout 10\n"
		  "console log\n" EXEC },
		{ RUN_AS
		  "[upstart]\nstart on = stopped rc RUNLEVEL=[2345]\nstop = on starting rc RUNLEVEL=[016]\n",
		  false,
		  "\ndescription \"ssh tunnel home\"\nstart on stopped rc RUNLEVEL=[2345]\n"
		  "stop on starting rc RUNLEVEL=[016]\n\nrespawn\nrespawn limit unlimited\nkill timeout 10\n"
		  "console log\nsetuid me\n" EXEC },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(result) r = {0};

		render(rows[i].ini, (struct scope){ .user = rows[i].user }, NULL, &r);
		assert_string_equal(body(&r), rows[i].text);
	}
}

static void test_refusals(void **state)
{
	static const struct {
		const char *ini;
		struct scope scope;
		const char *error;
	} rows[] = {
		{ TUNNEL "[Service]\nStart = boot\n",
		  { .user = true },
		  "home.ini:4: Start = boot: a user's jobs run only while that user is logged in; for a "
		  "start at boot use tunnelctl --system enable home" },
		{ RUN_AS,
		  { .standalone = true, .version = 605 },
		  "home.ini:4: RunAs = me: ssh would run as root: upstart changes the account from 1.4 on; "
		  "wanted a newer upstart, or a job that is not standalone" },
		{ TUNNEL "[Service]\nRunAs = root:adm\n",
		  { .standalone = true, .version = UPSTART(1, 3, 0) },
		  "home.ini:4: RunAs = root:adm: ssh would run as root: upstart changes the account from 1.4 "
		  "on; wanted a newer upstart, or a job that is not standalone" },
		{ RUN_AS "Start = manual\n[upstart]\nstart on = startup\n",
		  {0},
		  "home.ini:7: start on = startup: not with Start = manual" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(result) r = {0};

		render(rows[i].ini, rows[i].scope, NULL, &r);
		assert_int_equal(r.code, -EINVAL);
		assert_string_equal(r.err.text, rows[i].error);
	}
}

/* What the INI reader never lets through. */
static void test_hand_made(void **state)
{
	char description[] = "two\nlines", variable[] = "A=1\n2", me[] = "me", name[] = "home";
	AUTO(strv) argv = {0};
	const struct {
		struct tunnel t;
		struct scope scope;
		const char *error;
	} rows[] = {
		{ { .description = description, .run_as = me },
		  {0},
		  "Description: holds a line break, which upstart would turn into a blank" },
		{ { .environment = { .v = (char *[]){ variable, NULL }, .len = 1 }, .run_as = me },
		  {0},
		  "Environment: holds a line break, which upstart would turn into a blank" },
		{ { .run_as = NULL }, {0}, "RunAs: missing; ssh would run as root" },
		{ { .run_as = (char[]){ "dynamic" } },
		  {0},
		  "RunAs: upstart makes no accounts; wanted user[:group]" },
		{ { .run_as = me }, { .user = true }, "RunAs: a user's job runs as that user" },
		{ { .run_as = me, .start = START_LOGIN },
		  {0},
		  "Start: only for a user's jobs; wanted boot or manual" },
		{ { .run_as = me }, { .ini = "/etc/a\nexec b" }, "the path of the INI: " },
	};

	(void)state;
	strv_push(&argv, "/runner");
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(result) r = {0};
		struct tunnel t = rows[i].t;

		t.name = name;
		assert_int_equal(backend_upstart.render(&t, &rows[i].scope, &argv, &r.text, &r.notes, &r.err),
				 -EINVAL);
		assert_int_equal(strncmp(r.err.text, rows[i].error, strlen(rows[i].error)), 0);
		assert_int_equal(r.text.len, 0);
	}
}

static void test_huge_command(void **state)
{
	AUTO(strv) argv = {0};
	AUTO(buf) huge = {0};
	AUTO(result) r = {0};

	(void)state;
	for (size_t i = 0; i < JOB_MAX; i++)
		buf_putc(&huge, 'a');
	strv_push(&argv, "/runner");
	strv_push_take(&argv, buf_take(&huge));
	render(RUN_AS, (struct scope){0}, &argv, &r);
	assert_int_equal(r.code, -EINVAL);
	assert_non_null(strstr(r.err.text, "bytes; wanted at most 131071"));
}

/* [upstart]: the line, and what becomes of it: a line of the job, or an error that begins with '!'. */
static void test_additions(void **state)
{
	static const char *const rows[][2] = {
		{ "nice = -5", "nice -5" },
		{ "nice = 99", "!nice = 99: not between -20 and 19" },
		{ "oom score = -500", "oom score -500" },
		{ "oom = score -500", "oom score -500" },
		{ "oom = never", "oom never" },
		{ "oom score = 1001", "!oom score = 1001: not 'never' or between -1000 and 1000" },
		{ "kill signal = INT", "kill signal INT" },
		{ "kill signal = FOO", "!kill signal = FOO: no such signal; wanted a name such as TERM, or a "
				       "number from 1 to 64" },
		{ "umask = 0027", "umask 0027" },
		{ "umask = 8", "!umask = 8: wanted an octal number from 0 to 0777" },
		{ "chdir = \"/var/my dir\"", "chdir \"/var/my dir\"" },
		{ "chdir = /var/my dir", "!chdir = /var/my dir: more behind it than it takes" },
		{ "limit = core 0 unlimited", "limit core 0 unlimited" },
		{ "limit core = 0",
		  "!limit core = 0: wanted a soft and a hard limit, each a number or 'unlimited'" },
		{ "limit core = 2 1", "!limit core = 2 1: the soft limit is above the hard one" },
		{ "limit = nofile 1 2", "!limit = nofile 1 2: use LimitNOFILE in [Service]" },
		{ "limit = locks 1 2",
		  "!limit = locks 1 2: not a stanza of upstart; see init(5), upper and lower case differ" },
		{ "pre-start exec = /bin/true", "pre-start exec /bin/true" },
		{ "pre-start = exec /bin/true 'a b'", "pre-start exec /bin/true 'a b'" },
		{ "pre-start exec = echo \\$x",
		  "!pre-start exec = echo \\$x: a lone backslash behind a blank, which "
		  "upstart garbles; double it, outside of quotes" },
		{ "pre-start exec = echo 'a", "!pre-start exec = echo 'a: a quote is not closed" },
		{ "pre-start exec = echo a\\", "!pre-start exec = echo a\\: ends in a backslash" },
		{ "pre-start = script",
		  "!pre-start = script: a script has lines; put it into a file and use pre-start exec" },
		{ "post-stop exec = sleep 1",
		  "!post-stop exec = sleep 1: the day it fails, upstart does not start "
		  "the tunnel again" },
		{ "start on = (a and b", "!start on = (a and b: '(' is not closed" },
		{ "respawn = yes", "!respawn = yes: use Restart in [Service]" },
		{ "respawn limit = 10 5",
		  "!respawn limit = 10 5: tunnelctl-run itself waits between tries, and "
		  "never gives up" },
		{ "normal exit = 3", "!normal exit = 3: use Restart in [Service]" },
		{ "exec = /bin/true",
		  "!exec = /bin/true: a tunnel's command is ssh; see Program in [Tunnel]" },
		{ "env = A=b", "!env = A=b: use Environment in [Service]" },
		{ "setuid = me", "!setuid = me: use RunAs in [Service]" },
		{ "setgid = me", "!setgid = me: use RunAs in [Service]" },
		{ "kill timeout = 5", "!kill timeout = 5: use StopTimeout in [Service]" },
		{ "description = a", "!description = a: use Description in [Tunnel]" },
		{ "console = none", "!console = none: use Log in [Service]" },
		{ "expect = fork",
		  "!expect = fork: upstart would wait for ever: ssh neither forks nor stops itself" },
		{ "Nice = 1",
		  "!Nice = 1: not a stanza of upstart; see init(5), upper and lower case differ" },
		{ "respawn delay = 5", "!respawn delay = 5: use Restart in [Service]" },
		{ "nice = 1\nnice = 2", "!nice = 2: given twice, and upstart takes the last" },
		{ "oom = 1\noom score = 2", "!oom score = 2: given twice, and upstart takes the last" },
		{ "export = A B\nexport = C", "export A B\nexport C" },
		{ "author = \"A\" # me", "author \"A\" # me" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(result) r = {0};
		AUTO(buf) ini = {0};
		AUTO(buf) expected = {0};
		bool refused = rows[i][1][0] == '!';

		buf_printf(&ini, RUN_AS "[upstart]\n%s\n", rows[i][0]);
		buf_printf(&expected, refused ? "home.ini:%d: %s" : "setuid me\n\n%.0d%s\n" EXEC,
			   strchr(rows[i][0], '\n') ? 7 : 6, rows[i][1] + refused);
		render(ini.s, (struct scope){0}, NULL, &r);
		if (refused) {
			assert_int_equal(r.code, -EINVAL);
			assert_string_equal(r.err.text, expected.s);
		} else if (!strstr(body(&r), rows[i][1])) {
			fail_msg("%s\nis not in\n%s", rows[i][1], r.text.s);
		}
	}
}

/* Broken jobs; "|" in the problem stands between two. */
static void test_broken_jobs(void **state)
{
	static const char *const rows[][2] = {
		{ "description \"a\nexec b\n", "1: description: a quote is not closed|"
					       "no exec or script: upstart would run nothing" },
		{ "exec a 'b\\'\n", "1: exec: a quote is not closed" },
		{ "exec a \\$b\n",
		  "1: exec: a lone backslash behind a blank, which upstart garbles; double it, outside "
		  "of quotes" },
		{ "exec a 'b \\c'\n",
		  "1: exec: a lone backslash behind a blank, which upstart garbles; double it, "
		  "outside of quotes" },
		{ "env \"A= \\b\"\nexec a\n",
		  "1: env: a lone backslash behind a blank, which upstart garbles; double "
		  "it, outside of quotes" },
		{ "exec a\\", "1: exec: ends in a backslash" },
		{ "exec a\nrespawn delay 5\n", "2: respawn: more behind it than it takes" },
		{ "# c\n\n  frobnicate yes\nexec a\n", "3: frobnicate: unknown stanza" },
		{ "\"exec\" a\nexec b\n",
		  "1: \"exec\": unknown stanza; its name takes neither quotes nor a backslash" },
		{ "exec a\nlimit rttime 1 2\n", "2: limit rttime: unknown stanza" },
		{ "exec a\nconsole file\n", "2: console file: unknown stanza" },
		{ "exec a\nkill\n", "2: kill: unknown stanza" },
		{ "setuid 65534\nexec a\n", "1: setuid: a number; upstart wants a name" },
		{ "setgid 0\nexec a\n", "1: setgid: a number; upstart wants a name" },
		{ "description \"\"\nexec a\n", "1: description: an empty token" },
		{ "description\nexec a\n", "1: description: ends too early" },
		{ "description a b\nexec a\n", "1: description: more behind it than it takes" },
		{ "env\nexec a\n", "1: env: ends too early" },
		{ "env =b\nexec a\n", "1: env: no name before '='" },
		{ "exec\n", "1: exec: no command" },
		{ "exec # a\n", "1: exec: no command" },
		{ "nice 20\nexec a\n", "1: nice: not between -20 and 19" },
		{ "nice +1\nexec a\n", "1: nice: not between -20 and 19" },
		{ "oom -18\nexec a\n", "1: oom: not 'never' or between -17 and 15" },
		{ "umask 1000\nexec a\n", "1: umask: wanted an octal number from 0 to 0777" },
		{ "kill timeout 5s\nexec a\n", "1: kill timeout: wanted a number of seconds" },
		{ "kill timeout -1\nexec a\n", "1: kill timeout: wanted a number of seconds" },
		{ "kill timeout 99999999999\nexec a\n", "1: kill timeout: wanted a number of seconds" },
		{ "kill signal term\nexec a\n",
		  "1: kill signal: no such signal; wanted a name such as TERM, or a "
		  "number from 1 to 64" },
		{ "kill signal 999\nexec a\n",
		  "1: kill signal: no such signal; wanted a name such as TERM, or a number "
		  "from 1 to 64" },
		{ "reload signal 0\nexec a\n",
		  "1: reload signal: no such signal; wanted a name such as TERM, or a "
		  "number from 1 to 64" },
		{ "normal exit 0,1\nexec a\n",
		  "1: normal exit: wanted exit statuses (0 to 255) and signals (TERM), "
		  "with blanks between" },
		{ "respawn limit 10 5s\nexec a\n",
		  "1: respawn limit: wanted 'unlimited', or a count and seconds" },
		{ "respawn limit 10 unlimited\nexec a\n",
		  "1: respawn limit: wanted 'unlimited', or a count and seconds" },
		{ "respawn limit 10\nexec a\n",
		  "1: respawn limit: wanted 'unlimited', or a count and seconds" },
		{ "respawn limit -1 5\nexec a\n",
		  "1: respawn limit: wanted 'unlimited', or a count and seconds" },
		{ "limit nofile 10\nexec a\n",
		  "1: limit nofile: wanted a soft and a hard limit, each a number or "
		  "'unlimited'" },
		{ "limit nofile 1k 2k\nexec a\n",
		  "1: limit nofile: wanted a soft and a hard limit, each a number or "
		  "'unlimited'" },
		{ "limit nofile unlimited 2\nexec a\n",
		  "1: limit nofile: the soft limit is above the hard one" },
		{ "exec a\nexpect fork\n",
		  "2: expect: upstart would wait for ever: ssh neither forks nor stops itself" },
		{ "script\nexec a\n", "1: script: no 'end script'" },
		{ "script exec a\nend script\n",
		  "1: script: more behind it on its line|2: end: unknown stanza" },
		{ "script\nexec a\nend scripts\n", "1: script: no 'end script'" },
		{ "exec a\nexec b\n", "2: exec: line 1 says it already, and upstart takes the last" },
		{ "script\na\nend script\nexec b\n",
		  "4: exec: line 1 says it already, and upstart takes the last" },
		{ "start on a\nexec b\n\nstart on c\n",
		  "4: start on: line 1 says it already, and upstart takes the last" },
		{ "start on\nexec a\n", "1: start on: wanted an event" },
		{ "start on a and\nexec a\n", "1: start on: wanted an event" },
		{ "start on and b\nexec a\n", "1: start on: wanted an event before 'and' or 'or'" },
		{ "start on a (b)\nexec a\n", "1: start on: wanted 'and' or 'or' before '('" },
		{ "start on (a) b\nexec a\n", "1: start on: wanted 'and' or 'or' behind ')'" },
		{ "start on (a or )\nexec a\n", "1: start on: wanted an event before ')'" },
		{ "start on a)\nexec a\n", "1: start on: ')' without '('" },
		{ "start on a K=v w\nexec a\n",
		  "1: start on: a value without a name behind one with a name" },
		{ "description \"a\"\n", "no exec or script: upstart would run nothing" },
		{ "nice x\nnice y\nexec a\numask 9\n",
		  "1: nice: not between -20 and 19|2: nice: not between -20 and 19|"
		  "4: umask: wanted an octal number from 0 to 0777" },
		{ "\xef\xbb\xbf"
		  "exec a\n",
		  "1: \xef\xbb\xbf"
		  "exec: a byte order mark, which upstart takes for a part of the stanza's name; save the file "
		  "without it|no exec or script: upstart would run nothing" },
		{ "", "no exec or script: upstart would run nothing" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(strv) problems = {0};
		AUTO(buf) all = {0};

		assert_int_equal(backend_upstart.check(rows[i][0], strlen(rows[i][0]), &problems), -EINVAL);
		for (size_t n = 0; n < problems.len; n++)
			buf_printf(&all, "%s%s", n ? "|" : "", problems.v[n]);
		if (strcmp(all.s, rows[i][1]) != 0)
			fail_msg("%s\ngave    %s\nwanted  %s", rows[i][0], all.s, rows[i][1]);
	}
}

static void test_nul_and_size(void **state)
{
	AUTO(strv) problems = {0};
	AUTO(buf) huge = {0};

	(void)state;
	assert_int_equal(backend_upstart.check("exec a\0b\n", 9, &problems), -EINVAL);
	buf_puts(&huge, "exec ");
	while (huge.len <= JOB_MAX)
		buf_putc(&huge, 'a');
	assert_int_equal(backend_upstart.check(huge.s, huge.len, &problems), -EINVAL);
	assert_string_equal(problems.v[0], "holds a NUL byte");
	assert_string_equal(problems.v[1], "131072 bytes; wanted at most 131071");
}

static void test_good_jobs(void **state)
{
	static const char *const rows[] = {
		"exec a\r\n",
		"exec a",
		"\t exec a b # comment\n",
		"description 'it'\"'s\"\nexec a\n",
		"description \"two\n   lines\"\nexec a\n",
		"exec a \\\n  b\n",
		"exec a\\ b \\\\ c\n",
		"exec a 'b'\\''c'\n",
		"env A=\nenv \"A=\\\\ \\\\x\"\nexec a\n",
		"start on (filesystem\n  # why\n  and net-device-up IFACE!=lo)\nexec a\n",
		"start on runlevel [2345] PREVLEVEL=N or (a and (b or c \"d e\"))\nexec a\n",
		"respawn\nrespawn limit 10 5\nexec a\n",
		"normal exit 0 TERM SIGHUP\nnormal exit 3\nexec a\n",
		"manual\ntask\ninstance $NAME\nconsole none\nexec a\n",
		"script # here\n\tif true; then\n\t\texec 'a\n\tfi\n  end   script # there\nnice 1\n",
		"script\nend script\n",
		"pre-start script\nfalse ||\nend script\npre-stop exec b\nexec a\n",
		"limit core unlimited unlimited\nlimit cpu 1 1\nexec a\n",
		"apparmor load /x\napparmor switch y\ncgroup memory a b 1\noom score never\nexec a\n",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(strv) problems = {0};

		if (backend_upstart.check(rows[i], strlen(rows[i]), &problems) < 0)
			fail_msg("%s\n%s", rows[i], problems.v[0]);
	}
}

/* Whatever the bytes, nobody falls over them; the sanitizers look. */
static void judge_all(const char *text, size_t len)
{
	__attribute__((cleanup(foreign_done))) struct foreign unit = {0};
	AUTO(strv) lines = {0};

	(void)backend_upstart.check(text, len, &lines);
	backend_upstart.advise("x.conf", text, len, &lines);
	(void)backend_upstart.check_beside(&(struct scope){0}, "x.override", text, len, &lines);
	(void)backend_upstart.import(text, len, &unit, &lines);
	for (size_t i = 0; i < lines.len; i++)
		assert_null(text_check(lines.v[i], strlen(lines.v[i])));
}

static void test_hostile(void **state)
{
	static const char job[] = "description 'it'\"'s\"\nstart on (a K=v\n or b) # c\nrespawn\nrespawn limit 10 5\n"
				  "env \"A=b \\\\\"\npost-stop script\n  true || true\nend script\nsetuid me\n"
				  "exec /usr/bin/ssh -N -R 1:h:2 \\\n 'a b'\"$c\" >x 2>&1 h\n";
	static const char bytes[] = "'\"\\ \t\r\n#()=;&|<>$`~\x01\x7f\xff\xef\xbb\xbf" "ax0";
	unsigned dice = 5;

	(void)state;
	for (size_t len = 0; len < sizeof(job); len++) {
		AUTO_FREE char *copy = xstrndup(job, len); /* of its own size: whoever reads behind it is seen */

		judge_all(copy, len);
	}
	for (int round = 0; round < 4000; round++) {
		AUTO_FREE char *copy = xstrndup(job, sizeof(job) - 1);

		for (int i = 0; i < 3; i++) {
			dice = dice * 1103515245 + 12345;
			copy[(dice >> 8) % (sizeof(job) - 1)] = bytes[(dice >> 24) % (sizeof(bytes) - 1)];
		}
		judge_all(copy, sizeof(job) - 1);
	}
}

static void test_since(void **state)
{
	static const struct {
		const char *line;
		unsigned since;
		const char *problem;
	} rows[] = {
		{ "manual", UPSTART(0, 6, 7), "2: manual: needs upstart 0.6.7" },
		{ "kill signal INT", UPSTART(1, 3, 0), "2: kill signal: needs upstart 1.3" },
		{ "oom score 0", UPSTART(1, 3, 0), "2: oom score: needs upstart 1.3" },
		{ "setuid me", UPSTART(1, 4, 0), "2: setuid: needs upstart 1.4" },
		{ "console log", UPSTART(1, 4, 0), "2: console log: needs upstart 1.4" },
		{ "usage \"x\"", UPSTART(1, 5, 0), "2: usage: needs upstart 1.5" },
		{ "apparmor load x", UPSTART(1, 9, 0), "2: apparmor load: needs upstart 1.9" },
		{ "reload signal HUP", UPSTART(1, 10, 0), "2: reload signal: needs upstart 1.10" },
		{ "cgroup cpu", UPSTART(1, 13, 0), "2: cgroup: needs upstart 1.13" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(strv) problems = {0};
		AUTO(buf) job = {0};

		buf_printf(&job, "exec a\n%s\n", rows[i].line);
		assert_int_equal(job_check(job.s, job.len, rows[i].since, &problems), 0);
		assert_int_equal(job_check(job.s, job.len, rows[i].since - 1, &problems), -EINVAL);
		assert_string_equal(problems.v[0], rows[i].problem);
	}
}

static void test_tables(void **state)
{
	(void)state;
	/* Log is for tunnelctl-run, but upstart keeps what it does not. */
	for (size_t i = 0; i < KEY_COUNT; i++)
		assert_int_equal((keys[i].destination == SERVICE) || i == KEY_log,
				 backend_upstart.becomes[i] != NULL);
	for (size_t i = 0; i < STANZA_COUNT; i++) {
		assert_non_null(stanzas[i].arguments);
		assert_true(stanzas[i].since <= UPSTART_NEWEST);
		for (size_t j = 0; j < i; j++)
			assert_string_not_equal(stanzas[i].name, stanzas[j].name);
	}
}

static void test_places(void **state)
{
	AUTO(tunnel) t = {0};
	AUTO(buf) system = {0};
	AUTO(buf) user = {0};
	AUTO(strv) names = {0};
	struct error err;
	struct scope scope = { .user = true, .config_home = "config" };

	(void)state;
	load(RUN_AS, false, &t);
	assert_int_equal(backend_upstart.path(&t, &(struct scope){0}, &system, &err), 0);
	assert_string_equal(system.s, "/etc/init/tunnelctl-home.conf");
	assert_int_equal(backend_upstart.path(&t, &(struct scope){ .user = true }, &user, &err), -EINVAL);
	assert_int_equal(backend_upstart.path(&t, &scope, &user, &err), 0);
	assert_string_equal(user.s, "config/upstart/tunnelctl-home.conf");

	assert_int_equal(backend_upstart.installed(&scope, &names, &err), 0);
	assert_int_equal(names.len, 0);
	assert_int_equal(mkdir("config", 0700), 0);
	assert_int_equal(mkdir("config/upstart", 0700), 0);
	static const char *const files[] = { "tunnelctl-b.conf", "tunnelctl-a.b.conf", "tunnelctl-.conf",
					     "a.conf", "tunnelctl-c.override" };
	for (size_t i = 0; i < ARRAY_LEN(files); i++) {
		AUTO(buf) path = {0};

		buf_printf(&path, "config/upstart/%s", files[i]);
		assert_int_equal(fclose(fopen(path.s, "w")), 0);
	}
	assert_int_equal(backend_upstart.installed(&scope, &names, &err), 0);
	for (size_t i = 0; i < ARRAY_LEN(files); i++) {
		AUTO(buf) path = {0};

		buf_printf(&path, "config/upstart/%s", files[i]);
		assert_int_equal(unlink(path.s), 0);
	}
	assert_int_equal(rmdir("config/upstart"), 0);
	assert_int_equal(rmdir("config"), 0);
	assert_int_equal(names.len, 2);
	assert_string_equal(names.v[0], "a.b");
	assert_string_equal(names.v[1], "b");
}

static char folder[] = "/tmp/test_upstart.XXXXXX";

static int enter(void **state)
{
	(void)state;
	return mkdtemp(folder) && chdir(folder) == 0 ? 0 : -1;
}

static int leave(void **state)
{
	(void)state;
	(void)unlink("home.ini");
	return chdir("/") == 0 && rmdir(folder) == 0 ? 0 : -1;
}

static void test_log_path(void **state)
{
	static const struct { bool user; const char *cache; const char *path; } rows[] = {
		{ false, NULL, "/var/log/upstart/tunnelctl-home.log" },
		{ false, "/c", "/var/log/upstart/tunnelctl-home.log" },
		{ true, NULL, "/home/me/.cache/upstart/tunnelctl-home.log" },
		{ true, "/c", "/c/upstart/tunnelctl-home.log" },
		{ true, "c", "/home/me/.cache/upstart/tunnelctl-home.log" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct scope scope = { .user = rows[i].user, .home = "/home/me" };
		AUTO(buf) path = {0};

		assert_int_equal(rows[i].cache ? setenv("XDG_CACHE_HOME", rows[i].cache, 1) : unsetenv("XDG_CACHE_HOME"), 0);
		backend_find("upstart")->log_path("home", &scope, &path);
		assert_string_equal(path.s, rows[i].path);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_quotes),       cmocka_unit_test(test_commands),
		cmocka_unit_test(test_plain),        cmocka_unit_test(test_versions),
		cmocka_unit_test(test_differences),  cmocka_unit_test(test_additions_complete),
		cmocka_unit_test(test_accounts),     cmocka_unit_test(test_hostile),
		cmocka_unit_test(test_standalone),   cmocka_unit_test(test_start_and_restart),
		cmocka_unit_test(test_refusals),     cmocka_unit_test(test_hand_made),
		cmocka_unit_test(test_huge_command), cmocka_unit_test(test_additions),
		cmocka_unit_test(test_broken_jobs),  cmocka_unit_test(test_nul_and_size),
		cmocka_unit_test(test_good_jobs),    cmocka_unit_test(test_since),
		cmocka_unit_test(test_tables),       cmocka_unit_test(test_places),
		cmocka_unit_test(test_log_path),
	};

	return cmocka_run_group_tests(tests, enter, leave);
}
