/* SPDX-License-Identifier: MIT */
/* What is read out of initctl's status lines and out of job files and overrides that anybody may have written. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "folder.h"
#include "upstart/initctl.h"
#include "upstart/jobfile.h"
#include "upstart/session.h"
#include "upstart/status.h"
#include "upstart/version.h"

static const struct {
	const char *output;
	bool known, wanted;
	const char *word;
	long pid;
	bool over, running, respawning;
} lines[] = {
	{ "t stop/waiting\n", true, false, "stop/waiting", 0, true, false, false },
	{ "t start/running, process 4711\n", true, true, "start/running", 4711, false, true, false },
	{ "t start/running\n", true, true, "start/running", 0, false, false, false },
	{ "t start/post-stop, process 12\n", true, true, "start/post-stop", 12, false, false, true },
	{ "t stop/post-stop, process 12\n", true, false, "stop/post-stop", 12, false, false, false },
	{ "t stop/killed, process 12\n", true, false, "stop/killed", 12, false, false, false },
	{ "t start/pre-start, process 12\n", true, true, "start/pre-start", 12, false, false, false },
	{ "t start/post-start, process 12\n\tpost-start process 13\n", true, true, "start/post-start", 12, false, true, false },
	{ "t start/pre-stop, process 12\n\tpre-stop process 13\n", true, true, "start/pre-stop", 12, false, true, false },
	/* 1.13, and what nobody knows: by the goal. */
	{ "t start/security-spawning\n", true, true, "start/security-spawning", 0, false, false, false },
	{ "t start/spawning, process 9\n", true, true, "start/spawning", 9, false, true, false },
	{ "t stop/frobnicated, process 9\n", true, false, "stop/frobnicated", 9, false, false, false },
	{ "t start/a-state-that-has-a-name-of-more-than-that\n", true, true, "start/unknown", 0, false, false, false },
	/* Instances: that which is wanted. */
	{ "t (a b) start/running, process 5\n", true, true, "start/running", 5, false, true, false },
	{ "t (x) stop/waiting\nt (y) start/running, process 6\nt (z) stop/killed, process 7\n", true, true, "start/running", 6,
	  false, true, false },
	{ "t () (nested)) stop/waiting\n", true, false, "stop/waiting", 0, true, false, false },
	/* Others' lines, and none. */
	{ "tt start/running, process 1\nxt start/running, process 1\nt stop/waiting\n", true, false, "stop/waiting", 0, true,
	  false, false },
	{ "tt start/running, process 1\n", false, false, "", 0, true, false, false },
	{ "t\n", false, false, "", 0, true, false, false },
	{ "t ", false, false, "", 0, true, false, false },
	{ "t (start/running\n", false, false, "", 0, true, false, false },
	{ "t start\n", false, false, "", 0, true, false, false },
	{ "t start/\n", false, false, "", 0, true, false, false },
	{ "t start/\033[31m\n", false, false, "", 0, true, false, false },
	{ "t start/run\033ning\n", false, false, "", 0, true, false, false },
	{ "t restart/running\n", false, false, "", 0, true, false, false },
	{ "\tt start/running, process 3\n", false, false, "", 0, true, false, false },
	{ "", false, false, "", 0, true, false, false },
	{ "\n\n\n", false, false, "", 0, true, false, false },
	/* No process number. */
	{ "t start/running, process -1\n", true, true, "start/running", 0, false, false, false },
	{ "t start/running, process 99999999999\n", true, true, "start/running", 0, false, false, false },
	{ "t start/running, process 9999999999\n", true, true, "start/running", 0, false, false, false },
	{ "t start/running, process \n", true, true, "start/running", 0, false, false, false },
	{ "t start/running\nu start/running, process 8\n", true, true, "start/running", 0, false, false, false },
};

static void test_status(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		struct job_status s;
		bool known = job_status_read(lines[i].output, "t", &s);

		if (known != lines[i].known || s.known != known || s.wanted != lines[i].wanted ||
		    strcmp(s.word, lines[i].word) != 0 || s.pid != lines[i].pid ||
		    job_status_is_over(&s) != lines[i].over || job_status_is_running(&s) != lines[i].running ||
		    job_status_is_respawning(&s) != lines[i].respawning)
			fail_msg("line %zu: known %d, wanted %d, %s, pid %ld, over %d, running %d, respawning %d", i, s.known,
				 s.wanted, s.word, s.pid, job_status_is_over(&s), job_status_is_running(&s),
				 job_status_is_respawning(&s));
	}
}

#define JOB "start on startup\nexec /bin/true\n"

static const struct {
	const char *job, *override; /* NULL: no such file */
	unsigned version;
	bool starts;
	enum override whose;
	bool deadly;
	const char *problem;        /* words in it; NULL: none */
} files[] = {
	{ JOB, NULL, UPSTART_NEWEST, true, OVERRIDE_NONE, false, NULL },
	{ "exec /bin/true\n", NULL, UPSTART_NEWEST, false, OVERRIDE_NONE, false, NULL },
	{ NULL, NULL, UPSTART_NEWEST, false, OVERRIDE_NONE, false, NULL },
	{ "exec /bin/true\nstart on startup\nmanual\n", NULL, UPSTART_NEWEST, false, OVERRIDE_NONE, false, NULL },
	{ "exec /bin/true\nmanual\nstart on startup\n", NULL, UPSTART_NEWEST, true, OVERRIDE_NONE, false, NULL },
	{ JOB "pre-start script\n manual\nend script\n", NULL, UPSTART_NEWEST, true, OVERRIDE_NONE, false, NULL },
	{ JOB, "manual\n", UPSTART_NEWEST, false, OVERRIDE_OURS, false, NULL },
	{ JOB, "manual\n", UPSTART(0, 6, 5), true, OVERRIDE_OURS, false, NULL },
	{ NULL, "manual\n", UPSTART_NEWEST, false, OVERRIDE_OURS, false, NULL },
	/* Of somebody else, to the byte. */
	{ JOB, "manual", UPSTART_NEWEST, false, OVERRIDE_OTHER, false, NULL },
	{ JOB, "# mine\n  manual  # now\n", UPSTART_NEWEST, false, OVERRIDE_OTHER, false, NULL },
	{ JOB, "", UPSTART_NEWEST, true, OVERRIDE_OTHER, false, NULL },
	{ JOB, "# manual\n", UPSTART_NEWEST, true, OVERRIDE_OTHER, false, NULL },
	{ JOB, "manual\nstart on runlevel 2\n", UPSTART_NEWEST, true, OVERRIDE_OTHER, false, NULL },
	{ JOB, "nice 5\n", UPSTART_NEWEST, true, OVERRIDE_OTHER, false, NULL },
	/* What stands before a mistake is taken, what stands behind it is not. */
	{ JOB, "manual\nfrobnicate\n", UPSTART_NEWEST, false, OVERRIDE_OTHER, false, "line 2: unknown stanza" },
	{ JOB, "frobnicate\nmanual\n", UPSTART_NEWEST, true, OVERRIDE_OTHER, false, "line 1: unknown stanza" },
	{ JOB, "usage x\nmanual\n", UPSTART(1, 3, 0), true, OVERRIDE_OTHER, false, "line 1: a stanza of a later release" },
	{ JOB, "exec 'x\n", UPSTART_NEWEST, true, OVERRIDE_OTHER, true, "line 1: a quote is not closed" },
	{ JOB, "exec\n", UPSTART_NEWEST, true, OVERRIDE_OTHER, true, "line 1: no command" },
	{ JOB, "manual\nscript\nfoo\n", UPSTART_NEWEST, false, OVERRIDE_OTHER, true, "line 2: no 'end script'" },
	{ JOB, "pre-start exec 'x\n", UPSTART_NEWEST, true, OVERRIDE_OTHER, true, "a quote is not closed" },
	{ JOB, "description 'x\n", UPSTART_NEWEST, true, OVERRIDE_OTHER, false, "a quote is not closed" },
	{ JOB, "exec 'x\n", UPSTART(0, 6, 5), true, OVERRIDE_OTHER, false, NULL },
};

static void test_files(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		AUTO(folder) f = {0};
		AUTO(buf) path = {0};
		AUTO(buf) override = {0};
		AUTO(jobfile) job = {0};

		folder_make(&f);
		folder_at(&f, "t.conf", &path);
		folder_at(&f, "t.override", &override);
		if (files[i].job)
			folder_puts(&f, "t.conf", files[i].job);
		if (files[i].override)
			folder_puts(&f, "t.override", files[i].override);
		jobfile_read(path.s, files[i].version, &job);
		if (job.there != (files[i].job != NULL) || job.starts != files[i].starts || job.override != files[i].whose ||
		    job.deadly != files[i].deadly || strcmp(job.override_path.s, override.s) != 0 ||
		    (files[i].problem ? !strstr(buf_str(&job.override_problem), files[i].problem)
				      : job.override_problem.len != 0))
			fail_msg("file %zu: there %d, starts %d, override %d, deadly %d, %s", i, job.there, job.starts,
				 (int)job.override, job.deadly, buf_str(&job.override_problem));
	}
}

static void test_facts(void **state)
{
	AUTO(folder) f = {0};
	AUTO(buf) path = {0};
	AUTO(buf) why = {0};
	AUTO(jobfile) job = {0};

	(void)state;
	folder_make(&f);
	folder_at(&f, "t.conf", &path);
	folder_puts(&f, "t.conf", "kill timeout 77\nsetuid me\nsetgid us\nexec '/a b/run' --own-log '/x/t.ini'\n");
	jobfile_read(path.s, UPSTART_NEWEST, &job);
	assert_int_equal(job.kill_timeout, 77);
	assert_string_equal(job.program.s, "/a b/run");
	assert_string_equal(job.user.s, "me");
	assert_string_equal(job.group.s, "us");
	assert_true(job.own_log);
	assert_true(jobfile_cause(&job, &why));
	assert_non_null(strstr(why.s, "/a b/run: No such file or directory"));

	/* A tunnel of that name, and a number that no job may have. */
	folder_puts(&f, "t.conf", "kill timeout 99999\nexec /bin/sh /x/a--own-log.ini\n");
	jobfile_read(path.s, UPSTART_NEWEST, &job);
	assert_int_equal(job.kill_timeout, 3600);
	assert_false(job.own_log);
	buf_clear(&why);
	assert_false(jobfile_cause(&job, &why));

	folder_puts(&f, "t.conf", "exec /bin/sh\nsetuid no-such-account-here\n");
	jobfile_read(path.s, UPSTART_NEWEST, &job);
	assert_true(jobfile_cause(&job, &why));
	assert_non_null(strstr(why.s, "there is no account no-such-account-here"));
}

/* Written by a rename from a name that upstart does not read: nothing else is ever seen in the folder. */
static void test_override(void **state)
{
	AUTO(folder) f = {0};
	AUTO(buf) path = {0};
	AUTO(buf) override = {0};
	AUTO(buf) text = {0};
	AUTO(jobfile) job = {0};
	struct stat st;

	(void)state;
	folder_make(&f);
	folder_at(&f, "t.conf", &path);
	folder_at(&f, "t.override", &override);
	folder_puts(&f, "t.conf", JOB);
	jobfile_read(path.s, UPSTART(0, 6, 5), &job);
	assert_int_equal(jobfile_forbid_start(&job, UPSTART(0, 6, 5), NULL), 0);
	assert_int_equal(access(override.s, F_OK), -1);

	jobfile_read(path.s, UPSTART_OVERRIDES, &job);
	assert_int_equal(jobfile_forbid_start(&job, UPSTART_OVERRIDES, NULL), 1);
	assert_int_equal(file_read(override.s, 100, &text, &st, NULL), 0);
	assert_string_equal(text.s, "manual\n");
	assert_int_equal(st.st_mode & 07777, 0644);

	jobfile_read(path.s, UPSTART_OVERRIDES, &job);
	assert_int_equal(jobfile_forbid_start(&job, UPSTART_OVERRIDES, NULL), 0);
	assert_int_equal(jobfile_allow_start(&job, NULL), 1);
	assert_int_equal(access(override.s, F_OK), -1);

	/* A link is not ours, wherever it leads. */
	folder_puts(&f, "t.conf", JOB);
	folder_at(&f, "elsewhere", &text);
	folder_puts(&f, "elsewhere", "manual\n");
	assert_int_equal(symlink(text.s, override.s), 0);
	jobfile_read(path.s, UPSTART_OVERRIDES, &job);
	assert_int_equal(job.override, OVERRIDE_OTHER);
	assert_false(job.starts);
	assert_int_equal(jobfile_allow_start(&job, NULL), 0);
	assert_int_equal(jobfile_forbid_start(&job, UPSTART_OVERRIDES, NULL), 0);
	assert_int_equal(unlink(override.s), 0);
}

static void test_no_initctl(void **state)
{
	struct error err = {0};
	unsigned version = 7;

	(void)state;
	if (access(initctl_program, F_OK) == 0)
		skip(); /* the real one */
	assert_int_equal(session_of_system(&version, &err), -ESRCH);
	assert_string_equal(err.text, "/sbin/initctl: No such file or directory: is upstart the init of this machine? Its jobs "
				      "are written anywhere by: tunnelctl --backend upstart generate");
	assert_int_equal(session_host_version(&version, NULL), -ESRCH);
	assert_int_equal(version, 7);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_status),	 cmocka_unit_test(test_files),	    cmocka_unit_test(test_facts),
		cmocka_unit_test(test_override), cmocka_unit_test(test_no_initctl),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
