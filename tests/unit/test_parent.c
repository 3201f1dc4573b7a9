/* SPDX-License-Identifier: MIT */
/* How ssh ended, as the kernels of different times tell it. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/macros.h"
#include "runner/parent.h"

#ifdef __linux__
/* Fields 4 to 44, as in 2.6.32; proc(5). */
#define TO_44 " 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31 32 33 34 35 36 37 38 39" \
	      " 40 0"

static void reads_every_kernel(void **state UNUSED)
{
	static const struct { const char *stat; int status; } rows[] = {
		{ "4711 (ssh) Z" TO_44 " 45 46 47 48 49 50 51 65280\n", 65280 },
		{ "4711 (ssh) Z" TO_44 " 45 46 47 48 49 50 51 9\n", 9 },
		{ "4711 (ssh) Z" TO_44 " 45 46 47 48 49 50 51 0 53\n", 0 },
		{ "4711 (s) Z 1 (ssh) Z" TO_44 " 45 46 47 48 49 50 51 15\n", 15 },
		{ "4711 (ssh) S" TO_44 " 45 46 47 48 49 50 51 0\n", -1 },
		{ "4711 (ssh) Z" TO_44 "\n", -1 },          /* before 3.3 */
		{ "4711 (ssh) Z" TO_44 " 45 46 47\n", -1 }, /* 3.3, 3.4 */
		{ "", -1 },
		{ "4711 (ssh) Z", -1 },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (parent_status_parse(rows[i].stat) != rows[i].status)
			fail_msg("%s: %d", rows[i].stat, parent_status_parse(rows[i].stat));
}

/* This kernel says so where it is asked. */
static void reads_this_kernel(void **state UNUSED)
{
	siginfo_t info;
	pid_t child = fork();

	if (child == 0)
		_exit(7);
	assert_int_equal(waitid(P_PID, (id_t)child, &info, WEXITED | WNOWAIT), 0);
	assert_int_equal(parent_status(child), 7 << 8);
	(void)waitpid(child, NULL, 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_every_kernel),
		cmocka_unit_test(reads_this_kernel),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
#else
int main(void)
{
	return 0; /* macOS does not say */
}
#endif
