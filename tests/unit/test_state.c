/* SPDX-License-Identifier: MIT */
/* The state file: what is written is read; what is not ours is refused; a kill between two writes loses nothing. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>

#include "base/clock.h"
#include "base/file.h"
#include "folder.h"
#include "runner/state.h"

static struct state_forward two[] = {
	{ .text = (char *)"-R 12345:localhost:22", .confirmed = true, .proof = PROOF_GOOD },
	{ .text = (char *)"-R 0:[::1]:80", .confirmed = true, .port = 40123, .proof = PROOF_REFUSED },
};

static const struct state full = {
	.phase = PHASE_UP_TARGET_REFUSES, .since = 123456789, .sentence = (char *)"up, but \xc3\xa9", .pid = 4242,
	.class = CLASS_dns, .error = (char *)"ssh: a = b ; c # d", .was_up = 1, .failures = 7, .first_failure = 5, .down_since = 4,
	.next_try = 9000000000LL, .quick = { 3, 2, 1 }, .peer = (char *)"192.0.2.1", .source = (char *)"fe80::1%eth0",
	.proved = 77, .round_trip_us = 10200, .starts = 12, .ups = 11, .settings = UINT64_MAX, .files = 1,
	.proxy = (char *)"http://p:3128", .proxy_turn = 2, .proxy_failed = 1, .proxy_tool = (char *)"nc /usr/bin/nc",
	.proxy_print = UINT64_MAX - 1, .ssh_version = 902, .ssh_print = 77, .note = (char *)"n", .v = two, .len = 2,
};

static void reads_what_it_writes(void **unused UNUSED)
{
	struct folder f;
	AUTO(state) s = {0};
	struct error err = {0};

	folder_make(&f);
	assert_int_equal(state_write(f.path, &full, &err), 0);
	assert_int_equal(state_read(f.path, &s, &err), 0);
	assert_int_equal(s.phase, full.phase);
	assert_int_equal(s.since, full.since);
	assert_string_equal(s.sentence, full.sentence);
	assert_int_equal(s.pid, full.pid);
	assert_int_equal(s.class, full.class);
	assert_string_equal(s.error, full.error);
	assert_int_equal(s.was_up, 1);
	assert_int_equal(s.failures, 7);
	assert_int_equal(s.first_failure, 5);
	assert_int_equal(s.down_since, 4);
	assert_int_equal(s.next_try, full.next_try);
	assert_memory_equal(s.quick, full.quick, sizeof(s.quick));
	assert_string_equal(s.peer, full.peer);
	assert_string_equal(s.source, full.source);
	assert_int_equal(s.proved, 77);
	assert_int_equal(s.round_trip_us, 10200);
	assert_int_equal(s.starts, 12);
	assert_int_equal(s.ups, 11);
	assert_true(s.settings == UINT64_MAX);
	assert_int_equal(s.files, 1);
	assert_int_equal(s.ssh_version, 902);
	assert_int_equal(s.ssh_print, 77);
	assert_string_equal(s.proxy, "http://p:3128");
	assert_int_equal(s.proxy_turn, 2);
	assert_int_equal(s.proxy_failed, 1);
	assert_string_equal(s.proxy_tool, "nc /usr/bin/nc");
	assert_true(s.proxy_print == UINT64_MAX - 1);
	assert_string_equal(s.note, "n");
	assert_int_equal(s.len, 2);
	for (size_t i = 0; i < 2; i++) {
		assert_string_equal(s.v[i].text, two[i].text);
		assert_int_equal(s.v[i].confirmed, two[i].confirmed);
		assert_int_equal(s.v[i].port, two[i].port);
		assert_int_equal(s.v[i].proof, two[i].proof);
	}
	folder_done(&f);
}

/* The words on which other releases, and people, rely. */
static void words_of_the_file(void **unused UNUSED)
{
	static const char *const lines[] = { "\nProxy = http://p:3128\n", "\nProxyTurn = 2\n", "\nProxyFailed = 1\n",
					     "\nProxyTool = nc /usr/bin/nc\n", "\nPeer = 192.0.2.1\n" };
	struct folder f;
	AUTO(buf) text = {0};
	AUTO(buf) path = {0};

	folder_make(&f);
	assert_int_equal(state_write(f.path, &full, NULL), 0);
	assert_int_equal(file_read(folder_at(&f, "state", &path), 65536, &text, NULL, NULL), 0);
	for (size_t i = 0; i < ARRAY_LEN(lines); i++)
		assert_non_null(strstr(text.s, lines[i]));
	folder_done(&f);
}

static void every_phase_has_its_word(void **unused UNUSED)
{
	for (int i = PHASE_NONE + 1; i < PHASE_COUNT; i++) {
		assert_true(strlen(phase_word((enum phase)i)) > 1);
		assert_int_equal(phase_find(phase_word((enum phase)i)), i);
	}
	assert_int_equal(phase_find("nonsense"), PHASE_NONE);
	assert_int_equal(phase_find(""), PHASE_NONE);
}

/* Words from outside stay on their line and reach no terminal. */
static void hostile_words(void **unused UNUSED)
{
	struct folder f;
	AUTO(state) s = {0};
	struct state evil = { .phase = PHASE_WAITING, .error = (char *)"x\nPhase = up\n\033[2J\xff" };

	folder_make(&f);
	assert_int_equal(state_write(f.path, &evil, NULL), 0);
	assert_int_equal(state_read(f.path, &s, NULL), 0);
	assert_int_equal(s.phase, PHASE_WAITING);
	assert_string_equal(s.error, "x?Phase = up??[2J?");
	folder_done(&f);
}

static const struct { const char *text; int code; } bad[] = {
	{ "", -EINVAL },
	{ "[State]\n", -EINVAL },
	{ "[State]\nFormat = 1\n", -EINVAL },
	{ "[State]\nFormat = 1\nPhase = excellent\nEnd = yes\n", -EINVAL },
	{ "[State]\nFormat = 2\nPhase = up\nEnd = yes\n", -EINVAL },
	{ "[State]\nFormat = 1\nPhase = up\nSince = -1\nEnd = yes\n", -EINVAL },
	{ "[State]\nFormat = 1\nPhase = up\nSince = 99999999999999999999\nEnd = yes\n", -EINVAL },
	{ "[State]\nFormat = 1\nPhase = up\nFailures = 5000000000\nEnd = yes\n", -EINVAL },
	{ "[State]\nFormat = 1\nPhase = up\nProxyTurn = -1\nEnd = yes\n", -EINVAL },
	{ "[State]\nFormat = 1\nPhase = up\nProxyFailed = 2147483648\nEnd = yes\n", -EINVAL },
	{ "[State]\nFormat = 1\nPhase = up\nProxyPrint = 18446744073709551616\nEnd = yes\n", -EINVAL },
	{ "[State]\nFormat = 1\nPhase = up\nProxyTool = \033[2J\nEnd = yes\n", -EINVAL },
	{ "[State]\nFormat = 1\nPhase = up\nProxyTurn = 2147483647\nProxyFailed = 2147483647\nEnd = yes\n", 0 },
	{ "[State]\nFormat = 1\nPhase = up\nPid = x\nEnd = yes\n", -EINVAL },
	{ "[State]\nFormat = 1\nPhase = up\nForward = yes\nEnd = yes\n", -EINVAL },
	{ "[State]\nFormat = 1\nPhase = up\nForward = yes 70000 good -R x\nEnd = yes\n", -EINVAL },
	{ "[State]\nFormat = 1\nPhase = up\nForward = yes 0 splendid -R x\nEnd = yes\n", -EINVAL },
	{ "[State]\nFormat = 1\nPhase = up\nSentence = \033[2J\nEnd = yes\n", -EINVAL },
	{ "[State]\nFormat = 1\nPhase = up\nSentence = \xff\nEnd = yes\n", -EINVAL },
	{ "\x7f" "ELF\1\1\1", -EINVAL },
	{ "[State]\nFormat = 1\nPhase = up\n", -EINVAL },
	{ "[State]\nFormat = 1\nBoot = another\nPhase = up\nEnd = yes\n", -ESTALE },
	{ "[State]\nFormat = 1\nPhase = up\nOfALaterRelease = 1\nEnd = yes\n", 0 },
};

static void refuses_what_is_not_ours(void **unused UNUSED)
{
	AUTO(buf) boot = {0};

	clock_boot_id(&boot);
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct folder f;
		AUTO(state) s = {0};
		struct error err = {0};
		int r;

		if (bad[i].code == -ESTALE && !boot.len)
			continue; /* this system has no name for a boot */
		folder_make(&f);
		folder_write(&f, "state", bad[i].text, strlen(bad[i].text));
		r = state_read(f.path, &s, &err);
		if (r != bad[i].code)
			fail_msg("%s: %d, wanted %d", bad[i].text, r, bad[i].code);
		if (r < 0)
			assert_true(!s.phase && !s.v && !s.sentence);
		folder_done(&f);
	}
}

/* Cut anywhere, it is the whole or it is refused; no read is out of bounds (the sanitizers see that). */
static void survives_every_cut(void **unused UNUSED)
{
	struct folder f;
	AUTO(buf) text = {0};
	AUTO(buf) path = {0};
	size_t good = 0;

	folder_make(&f);
	assert_int_equal(state_write(f.path, &full, NULL), 0);
	assert_int_equal(file_read(folder_at(&f, "state", &path), 65536, &text, NULL, NULL), 0);
	for (size_t len = 0; len < text.len; len++) {
		AUTO(state) s = {0};

		folder_write(&f, "state", text.s, len);
		good += state_read(f.path, &s, NULL) == 0;
	}
	assert_true(good <= 1); /* without the last newline */
	folder_done(&f);
}

static void refuses_links_and_worse(void **unused UNUSED)
{
	struct folder f;
	AUTO(buf) path = {0};
	AUTO(buf) real = {0};
	AUTO(state) s = {0};

	folder_make(&f);
	assert_int_equal(state_read(f.path, &s, NULL), -ENOENT);
	assert_int_equal(state_write(f.path, &full, NULL), 0);
	assert_int_equal(rename(folder_at(&f, "state", &path), folder_at(&f, "real", &real)), 0);
	assert_int_equal(symlink("real", path.s), 0);
	assert_int_equal(state_read(f.path, &s, NULL), -EINVAL);
	/* A write replaces the link, and leaves what it leads to alone. */
	assert_int_equal(state_write(f.path, &(struct state){ .phase = PHASE_UP }, NULL), 0);
	assert_int_equal(state_read(f.path, &s, NULL), 0);
	assert_int_equal(s.phase, PHASE_UP);
	state_done(&s);
	assert_int_equal(unlink(path.s), 0);
	assert_int_equal(mkfifo(path.s, 0600), 0);
	assert_int_equal(state_read(f.path, &s, NULL), -EINVAL);
	assert_int_equal(unlink(path.s), 0);
	assert_int_equal(mkdir(path.s, 0700), 0);
	assert_int_equal(state_read(f.path, &s, NULL), -EINVAL);
	assert_true(state_write("/nonexistent/folder", &full, NULL) < 0);
	folder_done(&f);
}

/* A writer that is killed at any moment leaves a whole state. */
static void a_kill_between_two_writes(void **unused UNUSED)
{
	struct folder f;

	folder_make(&f);
	assert_int_equal(state_write(f.path, &full, NULL), 0);
	for (int i = 0; i < 100; i++) {
		AUTO(state) s = {0};
		pid_t pid = fork();
		int status;

		if (pid == 0)
			for (unsigned n = 0;; n++) {
				struct state mine = full;

				mine.starts = n;
				mine.failures = n;
				(void)state_write(f.path, &mine, NULL);
			}
		(void)usleep((unsigned)(i * 37 % 1000));
		(void)kill(pid, SIGKILL);
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_int_equal(state_read(f.path, &s, NULL), 0);
		assert_true(s.starts == s.failures || (s.starts == full.starts && s.failures == full.failures));
		assert_string_equal(s.v[1].text, two[1].text);
	}
	folder_done(&f);
}

static void one_holds_the_lock(void **unused UNUSED)
{
	struct folder f;
	int fd, ready[2];
	char byte;
	pid_t pid;

	folder_make(&f);
	assert_false(state_is_held(f.path));
	fd = state_lock(f.path, false);
	assert_true(fd >= 0);
	assert_true(state_is_held(f.path));
	assert_int_equal(state_lock(f.path, false), -EAGAIN);
	(void)close(fd);
	assert_false(state_is_held(f.path));

	/* A child has it, as the observer does; kill -9 frees it. */
	assert_int_equal(pipe(ready), 0);
	if ((pid = fork()) == 0) {
		fd = state_lock(f.path, false);
		(void)write(ready[1], "", 1);
		for (;;)
			(void)pause();
	}
	assert_int_equal(read(ready[0], &byte, 1), 1);
	assert_true(state_is_held(f.path));
	(void)kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	assert_false(state_is_held(f.path));
	fd = state_lock(f.path, true);
	assert_true(fd >= 0);
	(void)close(fd);
	folder_done(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_what_it_writes),
		cmocka_unit_test(words_of_the_file),
		cmocka_unit_test(every_phase_has_its_word),
		cmocka_unit_test(hostile_words),
		cmocka_unit_test(refuses_what_is_not_ours),
		cmocka_unit_test(survives_every_cut),
		cmocka_unit_test(refuses_links_and_worse),
		cmocka_unit_test(a_kill_between_two_writes),
		cmocka_unit_test(one_holds_the_lock),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
