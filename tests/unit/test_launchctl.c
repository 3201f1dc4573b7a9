/* SPDX-License-Identifier: MIT */
/* What is read out of launchctl's print, which is nobody's interface: forms that were seen, and whatever else may come. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "launchd/print.h"

static const struct { const char *output; long pid; const char *state; unsigned runs, exit_timeout; } prints[] = {
	{ "gui/501/l = {\n\tstate = running\n\tpid = 4711\n\truns = 3\n\texit timeout = 5\n}\n", 4711, "running", 3, 5 },
	{ "l = {\n\tpid = 4711\n}", 4711, "", 0, 0 },
	{ "l = {\n\tpid = 4711", 4711, "", 0, 0 },
	{ "l = {\n\tstate = spawn scheduled\n}\n", 0, "spawn scheduled", 0, 0 },
	/* Deeper, or not at all below the job. */
	{ "l = {\n\tendpoints = {\n\t\tpid = 99\n\t\tstate = active\n\t}\n}\n", 0, "", 0, 0 },
	{ "pid = 99\nstate = running\n", 0, "", 0, 0 },
	{ "l = {\n        pid = 99\n}\n", 0, "", 0, 0 },
	/* The last of a key that is there twice; nothing of one that is no number. */
	{ "l = {\n\tpid = 1\n\tpid = 2\n}\n", 2, "", 0, 0 },
	{ "l = {\n\tpid = -7\n}\n", 0, "", 0, 0 },
	{ "l = {\n\tpid = 0\n}\n", 0, "", 0, 0 },
	{ "l = {\n\tpid = none\n}\n", 0, "", 0, 0 },
	{ "l = {\n\tpid = 99999999999999999999\n}\n", 0, "", 0, 0 },
	{ "l = {\n\tpid=4711\n\tpidx = 4711\n\tapid = 4711\n}\n", 0, "", 0, 0 },
	{ "l = {\n\tpid = {\n\t\tpid = 3\n\t}\n}\n", 0, "", 0, 0 },
	{ "", 0, "", 0, 0 },
	{ "\n\n\t\n\t = \n\t = {\n", 0, "", 0, 0 },
	{ "l = {\n\tstate = a\033[31mred\n}\n", 0, "a?[31mred", 0, 0 },
	{ "l = {\n\tstate = 0123456789012345678901234567890123456789\n}\n", 0, "0123456789012345678901234567890", 0, 0 },
};

static void test_print(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(prints) / sizeof(prints[0]); i++) {
		struct print p;

		print_read(prints[i].output, &p);
		if (p.pid != prints[i].pid || strcmp(p.state, prints[i].state) != 0 || p.runs != prints[i].runs ||
		    p.exit_timeout != prints[i].exit_timeout)
			fail_msg("case %zu: pid %ld, state %s, runs %u, exit timeout %u", i, p.pid, p.state, p.runs,
				 p.exit_timeout);
	}
}

static const struct { const char *value; bool exited; int last; const char *words; } ends[] = {
	{ "(never exited)", false, 0, "" }, { "0", true, 0, "0" }, { "255", true, 255, "255" },
	{ "78: EX_CONFIG", true, 78, "78: EX_CONFIG" }, { "", false, 0, "" },
};

static void test_last_exit(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		char output[128];
		struct print p;

		(void)snprintf(output, sizeof(output), "l = {\n\tlast exit code = %s\n}\n", ends[i].value);
		print_read(output, &p);
		if (p.exited != ends[i].exited || p.last_exit != ends[i].last)
			fail_msg("\"%s\": %d %d", ends[i].value, p.exited, p.last_exit);
		assert_string_equal(p.last_exit_words, ends[i].words);
	}
}

/* A line longer than any that is meant is passed over, and the next one is read. */
static void test_long_line(void **state)
{
	enum { LEN = 100 * 1000 };
	static const char end[] = "\n\tpid = 5\n}\n";
	char *output = malloc(LEN + sizeof(end));
	struct print p;

	(void)state;
	assert_non_null(output);
	memset(output, 'x', LEN);
	memcpy(output, "l = {\n\tstate = ", 15);
	memcpy(output + LEN, end, sizeof(end));
	print_read(output, &p);
	assert_int_equal(p.pid, 5);
	assert_string_equal(p.state, "");
	free(output);
}

static const struct { const char *output, *name, *lines; } blocks[] = {
	{ "l = {\n\targuments = {\n\t\t/bin/a\n\t\t--b c\n\t}\n\tpid = 3\n}\n", "arguments", "/bin/a|--b c|" },
	{ "l = {\n\targuments = {\n\t\t/bin/a\n\t\t\td\n\t}\n}\n", "arguments", "/bin/a|\td|" },
	{ "l = {\n\targuments = {\n\t\t/bin/a", "arguments", "/bin/a|" },
	{ "l = {\n\targuments = {\n", "arguments", "" },
	{ "l = {\n\targuments = {\n\t}\n\t\tx\n}\n", "arguments", "" },
	/* "inherited environment", "default environment" are others; what is deeper is not the job's. */
	{ "l = {\n\tinherited environment = {\n\t\tA => 1\n\t}\n\tenvironment = {\n\t\tB => 2\n\t}\n", "environment", "B => 2|" },
	{ "l = {\n\tdefault environment = {\n\t\tA => 1\n\t}\n}\n", "environment", "" },
	{ "l = {\n\tx = {\n\t\targuments = {\n\t\t\ty\n\t\t}\n\t}\n}\n", "arguments", "" },
	{ "\targuments = {\n\t\tx\n", "arguments", "" },
	{ "arguments = {\n\t\tx\n", "arguments", "" },
	{ "l = {\n\targuments = x\n}\n", "arguments", "" },
	{ "", "arguments", "" },
};

static void test_block(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(blocks) / sizeof(blocks[0]); i++) {
		struct strv lines = {0};
		char all[256] = "";

		print_block(blocks[i].output, blocks[i].name, &lines);
		for (size_t j = 0; j < lines.len; j++)
			(void)snprintf(all + strlen(all), sizeof(all) - strlen(all), "%s|", lines.v[j]);
		strv_done(&lines);
		if (strcmp(all, blocks[i].lines) != 0)
			fail_msg("case %zu: %s", i, all);
	}
}

static const struct { const char *output; bool disabled; } lists[] = {
	{ "\tdisabled services = {\n\t\t\"org.tunnelctl.home\" => disabled\n\t}\n", true },
	{ "\t\"org.tunnelctl.home\" => true\n", true },
	{ "\t\"org.tunnelctl.home\" => enabled\n", false },
	{ "\t\"org.tunnelctl.home\" => false\n", false },
	{ "\t\"org.tunnelctl.home2\" => disabled\n", false },
	{ "\t\"x.org.tunnelctl.home\" => disabled\n", false },
	{ "\t\"org.tunnelctl.home2\" => disabled\n\t\"org.tunnelctl.home\" => enabled\n", false },
	{ "\t\"org.tunnelctl.home2\" => enabled\n\t\"org.tunnelctl.home\" => disabled\n", true },
	{ "\torg.tunnelctl.home => disabled\n", false },
	{ "\t\"org.tunnelctl.home\"", false },
	{ "org.tunnelctl.home", false },
	{ "", false },
};

static void test_disabled(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
		if (print_is_disabled(lists[i].output, "org.tunnelctl.home") != lists[i].disabled)
			fail_msg("case %zu", i);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_print),
		cmocka_unit_test(test_last_exit),
		cmocka_unit_test(test_long_line),
		cmocka_unit_test(test_block),
		cmocka_unit_test(test_disabled),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
