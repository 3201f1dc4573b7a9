/* SPDX-License-Identifier: MIT */
/*
 * Times commands against one another: each of ROUNDS rounds runs every command once, so that whatever else the machine
 * does meanwhile falls on all of them. OUT is emptied before each run, outside the measured time.
 *
 *   measure ROUNDS OUT COMMAND [ARGUMENT]... [-- COMMAND [ARGUMENT]...]...
 *
 * Prints one line a command: median and least wall clock time in µs, and peak resident memory in KiB (getrusage(2),
 * ru_maxrss). A child's peak counts from the memory of whoever spawned it, which is why this program is so small.
 */
#include <dirent.h>
#include <errno.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { COMMANDS_MAX = 8, ROUNDS_MAX = 1000 };

struct command {
	char **argv;
	double us[ROUNDS_MAX];
	long peak;
};

static struct command commands[COMMANDS_MAX];
extern char **environ;

static void die(const char *what)
{
	(void)fprintf(stderr, "measure: %s: %s\n", what, strerror(errno));
	exit(1);
}

/* Unlinked and made again, not merely emptied: a folder that once held many files may stay slow. */
static void make_empty(const char *folder)
{
	const struct dirent *entry;
	DIR *d = opendir(folder);

	if (d) {
		while ((entry = readdir(d)))
			if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0 &&
			    unlinkat(dirfd(d), entry->d_name, 0) < 0)
				die(entry->d_name);
		(void)closedir(d);
		if (rmdir(folder) < 0)
			die(folder);
	}
	if (mkdir(folder, 0755) < 0)
		die(folder);
}

static double now_us(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static void run(struct command *c, int round)
{
	struct rusage usage;
	double start = now_us();
	int status;
	pid_t pid;

	if ((errno = posix_spawn(&pid, c->argv[0], NULL, NULL, c->argv, environ)))
		die(c->argv[0]);
	if (wait4(pid, &status, 0, &usage) < 0)
		die("wait4");
	c->us[round] = now_us() - start;
	if (status != 0) {
		(void)fprintf(stderr, "measure: %s: failed, wait status %d\n", c->argv[0], status);
		exit(1);
	}
	if (usage.ru_maxrss > c->peak)
		c->peak = usage.ru_maxrss;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

int main(int argc, char **argv)
{
	long rounds = argc > 3 ? strtol(argv[1], NULL, 10) : 0;
	size_t len = 0;

	if (rounds < 1 || rounds > ROUNDS_MAX) {
		(void)fputs("usage: measure ROUNDS OUT COMMAND... [-- COMMAND...]...\n", stderr);
		return 2;
	}
	commands[len++].argv = argv + 3;
	for (int i = 3; i < argc; i++)
		if (!strcmp(argv[i], "--") && len < COMMANDS_MAX) {
			argv[i] = NULL;
			commands[len++].argv = argv + i + 1;
		}
	for (long round = 0; round < rounds; round++)
		for (size_t i = 0; i < len; i++) {
			make_empty(argv[2]);
			run(&commands[i], (int)round);
		}
	for (size_t i = 0; i < len; i++) {
		qsort(commands[i].us, (size_t)rounds, sizeof(double), compare);
		(void)printf("%.1f %.1f %ld\n", commands[i].us[rounds / 2], commands[i].us[0], commands[i].peak);
	}
	return 0;
}
