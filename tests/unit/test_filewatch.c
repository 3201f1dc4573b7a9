/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <poll.h>
#include <sys/wait.h>

#include "base/filewatch.h"
#include "folder.h"

enum { SOON_MS = 5000, NEVER_MS = 30 };

/* What a row does to the folder, step by step: each string is one step. */
static void act(const struct folder *f, const char *step)
{
	AUTO(buf) path = {0};
	AUTO(buf) other = {0};
	char verb[8], name[32], what[32] = "";

	assert_true(sscanf(step, "%7s %31s %31s", verb, name, what) >= 2);
	folder_at(f, name, &path);
	folder_at(f, what, &other);
	if (!strcmp(verb, "write"))
		folder_puts(f, name, what);
	else if (!strcmp(verb, "move"))
		assert_int_equal(rename(path.s, other.s), 0);
	else if (!strcmp(verb, "remove"))
		assert_int_equal(remove(path.s), 0);
	else if (!strcmp(verb, "mkdir"))
		assert_int_equal(mkdir(path.s, 0755), 0);
	else if (!strcmp(verb, "link"))
		assert_int_equal(symlink(what, path.s), 0);
	else if (!strcmp(verb, "chmod"))
		assert_int_equal(chmod(path.s, 0600), 0);
	else
		fail_msg("%s: unknown step", step);
}

static bool readable(const struct filewatch *w, int wait_ms)
{
	struct pollfd p = { .fd = w->fd, .events = POLLIN };

	return poll(&p, 1, wait_ms) == 1;
}

/* Whether it tells of a change, without any look of our own that no event has asked for. */
static bool told(struct filewatch *w)
{
	while (readable(w, SOON_MS))
		if (filewatch_changed(w))
			return true;
	return false;
}

static void watch_in(const struct folder *f, const char *name, struct filewatch *ret)
{
	struct strv paths = {0};

	strv_pushf(&paths, "%s/%s", f->path, name);
	filewatch_open(ret, &paths, 0);
	strv_done(&paths);
	assert_true(ret->fd > 0);
	assert_false(filewatch_changed(ret));
}

enum { BEFORE = 6, AFTER = 4 };

static const struct {
	const char *about, *before[BEFORE], *watched, *after[AFTER];
} rows[] = {
	{ "written", { "write file one" }, "file", { "write file three" } },
	{ "written with as many bytes", { "write file one" }, "file", { "write file two" } },
	{ "replaced", { "write file one", "write new two" }, "file", { "move new file" } },
	{ "replaced twice", { "write file one", "write a two", "write b six" }, "file", { "move a file", "move b file" } },
	{ "moved away", { "write file one" }, "file", { "move file other" } },
	{ "another mode", { "write file one" }, "file", { "chmod file" } },
	{ "comes and goes", { NULL }, "file", { "write file one", "remove file", "write file two" } },
	{ "its folder comes", { NULL }, "a/file", { "mkdir a", "write a/file one" } },
	{ "its folders come", { NULL }, "a/b/file", { "mkdir a", "mkdir a/b", "write a/b/file one" } },
	{ "its folder comes filled", { "mkdir new", "write new/file one" }, "a/file", { "move new a" } },
	{ "its folder goes and comes", { "mkdir a", "write a/file one", "mkdir b", "write b/file two" }, "a/file",
	  { "move a c", "move b a", "write a/file three" } },
	{ "a link's target is written", { "mkdir a", "write a/file one", "link file a/file" }, "file",
	  { "write a/file two" } },
	{ "a link's target is replaced", { "mkdir a", "write a/file one", "write new two", "link file a/file" }, "file",
	  { "move new a/file" } },
	{ "a link's target comes", { "link file a/file" }, "file", { "mkdir a", "write a/file one" } },
	{ "a link is replaced", { "write a one", "write b two", "link file a", "link new b" }, "file",
	  { "move new file", "write b three" } },
	{ "a link to a link", { "mkdir a", "mkdir b", "link file a/file", "link a/file ../b/file" }, "file",
	  { "write b/file one", "remove b/file" } },
	{ "a linked folder is swapped", { "mkdir 1", "write 1/f a", "mkdir 2", "write 2/f b", "link now 1", "link new 2" },
	  "now/f", { "write 1/f c" } },
	{ "a folder gets an entry", { "mkdir a" }, "a", { "write a/file one", "remove a/file" } },
	{ "a folder's entry gets another name", { "mkdir a", "write a/x one" }, "a", { "move a/x a/y" } },
	{ "a folder comes", { NULL }, "a", { "mkdir a", "write a/file one", "remove a/file", "remove a" } },
	{ "a link to itself", { "link file file" }, "file", { "remove file", "write file one" } },
};

/* Folders on the way to what is watched: a step after which there is nothing new under its name. */
static bool is_on_the_way(const char *step, const char *watched)
{
	return !strncmp(step, "mkdir ", 6) && strcmp(step + 6, watched) != 0;
}

static void tells_of_each_change(void **state UNUSED)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		__attribute__((cleanup(folder_done))) struct folder f = {0};
		AUTO(filewatch) w = {0};

		folder_make(&f);
		for (size_t s = 0; s < BEFORE && rows[i].before[s]; s++)
			act(&f, rows[i].before[s]);
		watch_in(&f, rows[i].watched, &w);
		for (size_t s = 0; s < AFTER && rows[i].after[s]; s++) {
			const char *step = rows[i].after[s];

			/* Time stamps may be as coarse as a tick of the kernel. */
			(void)poll(NULL, 0, 12);
			act(&f, step);
			if (is_on_the_way(step, rows[i].watched))
				(void)(readable(&w, SOON_MS) && filewatch_changed(&w));
			else if (!told(&w))
				fail_msg("%s: not told of: %s", rows[i].about, step);
		}
		while (readable(&w, 0))
			assert_false(filewatch_changed(&w));
	}
}

/* The same, but nobody looks in between: all is one change, and the watches find their way afterwards. */
static void tells_of_all_at_once(void **state UNUSED)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		__attribute__((cleanup(folder_done))) struct folder f = {0};
		AUTO(filewatch) w = {0};
		const char *last = NULL;

		folder_make(&f);
		for (size_t s = 0; s < BEFORE && rows[i].before[s]; s++)
			act(&f, rows[i].before[s]);
		watch_in(&f, rows[i].watched, &w);
		(void)poll(NULL, 0, 12);
		for (size_t s = 0; s < AFTER && rows[i].after[s]; s++)
			act(&f, last = rows[i].after[s]);
		/* A folder that came and went leaves nothing. */
		if (!strcmp(last, "remove a") || !strcmp(last, "remove b/file"))
			continue;
		if (!told(&w))
			fail_msg("%s: not told", rows[i].about);
	}
}

/* Somebody makes the folders one by one while we look for them. */
static void keeps_up_with_new_folders(void **state UNUSED)
{
	static const char *const steps[] = { "mkdir a", "mkdir a/b", "mkdir a/b/c", "write a/b/c/file one" };

	for (int i = 0; i < 100; i++) {
		__attribute__((cleanup(folder_done))) struct folder f = {0};
		AUTO(filewatch) w = {0};
		int status;
		pid_t child;

		folder_make(&f);
		watch_in(&f, "a/b/c/file", &w);
		if ((child = fork()) == 0) {
			for (size_t s = 0; s < ARRAY_LEN(steps); s++)
				act(&f, steps[s]);
			_exit(0);
		}
		if (!told(&w))
			fail_msg("round %d: not told", i);
		assert_int_equal(waitpid(child, &status, 0), child);
		assert_int_equal(status, 0);
		/* The folders alone change nothing: it was the file, perhaps with more to come. */
		while (readable(&w, 0))
			(void)filewatch_changed(&w);
		assert_true(w.print == filewatch_print(&w.paths));
	}
}

static void is_quiet_when_nothing_happens(void **state UNUSED)
{
	__attribute__((cleanup(folder_done))) struct folder f = {0};
	AUTO(filewatch) w = {0};
	AUTO(buf) path = {0};
	char byte;
	int fd;

	folder_make(&f);
	folder_puts(&f, "a/file", "one");
	watch_in(&f, "a/file", &w);
	/* Reading it, as we shall do ourselves, is nothing. */
	assert_true((fd = open(folder_at(&f, "a/file", &path), O_RDONLY | O_CLOEXEC)) >= 0);
	assert_int_equal(read(fd, &byte, 1), 1);
	assert_int_equal(close(fd), 0);
	assert_false(readable(&w, NEVER_MS));
	/* A neighbour wakes us, and is none of our business. */
	folder_puts(&f, "a/other", "one");
	assert_true(readable(&w, SOON_MS));
	assert_false(filewatch_changed(&w));
	/* The folder above was never needed. */
	folder_puts(&f, "other", "one");
	assert_false(readable(&w, NEVER_MS));
}

static void stops_watching_what_it_needs_no_longer(void **state UNUSED)
{
	__attribute__((cleanup(folder_done))) struct folder f = {0};
	AUTO(filewatch) w = {0};

	folder_make(&f);
	watch_in(&f, "a/b/file", &w);
	folder_puts(&f, "other", "one");
	assert_true(readable(&w, SOON_MS));
	assert_false(filewatch_changed(&w));
	act(&f, "mkdir a");
	act(&f, "mkdir a/b");
	act(&f, "write a/b/file one");
	assert_true(told(&w));
	while (readable(&w, 0))
		(void)filewatch_changed(&w);
	folder_puts(&f, "other", "two");
	folder_puts(&f, "a/other", "two");
	assert_false(readable(&w, NEVER_MS));
}

/* What happened between an earlier look and the watch. */
static void knows_an_earlier_print(void **state UNUSED)
{
	__attribute__((cleanup(folder_done))) struct folder f = {0};
	AUTO(filewatch) w = {0};
	AUTO(filewatch) same = {0};
	AUTO(strv) paths = {0};
	uint64_t before;

	folder_make(&f);
	folder_puts(&f, "file", "one");
	strv_pushf(&paths, "%s/file", f.path);
	strv_pushf(&paths, "%s/missing", f.path);
	before = filewatch_print(&paths);
	assert_int_equal(filewatch_print(&paths), before);
	filewatch_open(&same, &paths, before);
	assert_false(filewatch_changed(&same));
	folder_puts(&f, "missing", "one");
	filewatch_open(&w, &paths, before);
	assert_true(filewatch_changed(&w));
	assert_false(filewatch_changed(&w));
	assert_true(w.print == filewatch_print(&paths) && w.print != before && w.print);
}

static void needs_no_files(void **state UNUSED)
{
	struct filewatch w, zero = {0};
	struct strv none = {0};

	assert_true(filewatch_print(&none));
	filewatch_open(&w, &none, 0);
	assert_int_equal(w.fd, 0);
	assert_false(filewatch_changed(&w));
	filewatch_done(&w);
	filewatch_done(&zero);
}

/* With no descriptor left the files are still compared by whoever wakes for another reason. */
static void works_without_the_system(void **state UNUSED)
{
	__attribute__((cleanup(folder_done))) struct folder f = {0};
	AUTO(filewatch) w = {0};
	AUTO(strv) paths = {0};

	folder_make(&f);
	strv_pushf(&paths, "%s/file", f.path);
	w.print = filewatch_print(&paths);
	strv_push_all(&w.paths, &paths);
	assert_false(filewatch_changed(&w));
	folder_puts(&f, "file", "one");
	assert_true(filewatch_changed(&w));
	assert_false(filewatch_changed(&w));
}

/* Whoever follows a log is told of each line, while the writer keeps the file open. */
static void tells_of_growth_when_asked(void **state UNUSED)
{
	__attribute__((cleanup(folder_done))) struct folder f = {0};
	AUTO(filewatch) w = {0};
	AUTO(strv) paths = {0};
	AUTO(buf) path = {0};
	struct pollfd p = { .events = POLLIN };
	int fd;

	folder_make(&f);
	folder_puts(&f, "log", "");
	strv_push(&paths, folder_at(&f, "log", &path));
	fd = open(path.s, O_WRONLY | O_APPEND | O_CLOEXEC);
	assert_true(fd >= 0);
	filewatch_open_growing(&w, &paths);
	assert_false(filewatch_changed(&w));
	p.fd = w.fd;
	for (int i = 0; i < 3; i++) {
		assert_int_equal(poll(&p, 1, 0), 0);
		assert_int_equal(write(fd, "line\n", 5), 5);
		assert_int_equal(poll(&p, 1, 2000), 1);
		assert_true(filewatch_changed(&w));
	}
	assert_int_equal(close(fd), 0);
}

static void leaks_no_descriptor(void **state UNUSED)
{
	__attribute__((cleanup(folder_done))) struct folder f = {0};
	int before = dup(0), after;

	folder_make(&f);
	for (int i = 0; i < 50; i++) {
		AUTO(filewatch) w = {0};

		watch_in(&f, "a/b/file", &w);
	}
	after = dup(0);
	assert_int_equal(after, before + 1);
	assert_int_equal(close(before), 0);
	assert_int_equal(close(after), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tells_of_each_change),
		cmocka_unit_test(tells_of_all_at_once),
		cmocka_unit_test(keeps_up_with_new_folders),
		cmocka_unit_test(is_quiet_when_nothing_happens),
		cmocka_unit_test(stops_watching_what_it_needs_no_longer),
		cmocka_unit_test(knows_an_earlier_print),
		cmocka_unit_test(needs_no_files),
		cmocka_unit_test(works_without_the_system),
		cmocka_unit_test(tells_of_growth_when_asked),
		cmocka_unit_test(leaks_no_descriptor),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
