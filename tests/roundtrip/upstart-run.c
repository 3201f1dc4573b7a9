/* SPDX-License-Identifier: MIT */
#include "upstart-run.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "upstart/command.h"
#include "upstart/lexer.h"

extern char **environ;

enum { SKIPPED = 77, SCRIPT_FD = 9 };

static char home[] = "/tmp/upstart-run.XXXXXX";

static void need(int ok, const char *what)
{
	if (ok)
		return;
	printf("SKIPPED: %s: %s\n", what, strerror(errno));
	exit(SKIPPED);
}

const char *run_home(void)
{
	return home;
}

void run_prepare(const char *dump)
{
	AUTO(buf) program = {0};
	AUTO(buf) path = {0};
	int fd = -1;

	need(access("/bin/sh", X_OK) == 0, "this needs /bin/sh");
	need(access("/proc/self/fd", X_OK) == 0,
	     "this needs /proc, from which a shell reads a script as under upstart");
	need(access(dump, X_OK) == 0, dump);
	need(mkdtemp(home) && chdir(home) == 0, "this needs a folder in /tmp");
	need(mkdir("bin", 0700) == 0 && mkdir("work", 0700) == 0 && symlink(dump, "bin/argdump") == 0, home);
	need(chdir("work") == 0 && (fd = open("argout", O_WRONLY | O_CREAT | O_CLOEXEC, 0600)) >= 0, home);
	(void)close(fd);
	buf_printf(&program, "%s/bin/argdump", home);
	buf_printf(&path, "%s/bin:/usr/bin:/bin", home);
	need(setenv("HOME", home, 1) == 0 && setenv("PATH", path.s, 1) == 0, "setenv");
}

/* With whatever a broken escaper made the shell write there. */
static void remove_folder(const char *name)
{
	AUTO(buf) path = {0};
	struct dirent *entry;
	DIR *d;

	buf_printf(&path, "%s/%s", home, name);
	if (!(d = opendir(path.s)))
		return;
	while ((entry = readdir(d)))
		(void)unlinkat(dirfd(d), entry->d_name, 0);
	(void)closedir(d);
	(void)rmdir(path.s);
}

void run_clean(void)
{
	if (chdir("/") == 0) {
		remove_folder("bin");
		remove_folder("work");
		(void)rmdir(home);
	}
}

/* Darwin has no pipe2(). */
static int open_pipe(int ret[2])
{
	if (pipe(ret) < 0)
		return -1;
	for (int i = 0; i < 2; i++)
		(void)fcntl(ret[i], F_SETFD, FD_CLOEXEC);
	return 0;
}

/* A pipe that already holds the whole script; returns the end to read from. */
static int open_script(const char *body)
{
	size_t len = strlen(body);
	int fd[2];

	if (open_pipe(fd) < 0)
		return -1;
	if (fcntl(fd[1], F_SETFL, O_NONBLOCK) < 0 || write(fd[1], body, len) != (ssize_t)len) {
		fprintf(stderr, "a script of %zu bytes does not fit into a pipe\n", len);
		abort();
	}
	(void)close(fd[1]);
	return fd[0];
}

static void read_all(int fd, struct buf *ret)
{
	ssize_t n;

	while ((n = read(fd, buf_reserve(ret, 4096), 4096)) > 0)
		ret->len += (size_t)n;
}

/* Executes ARGV; what it writes goes to ret, its complaints nowhere. NULL, or that it failed. */
static const char *execute(char **argv, const char *script, struct buf *ret)
{
	posix_spawn_file_actions_t actions;
	int out[2], in = script ? open_script(script) : -1, status, r;
	pid_t pid;

	if (open_pipe(out) < 0)
		return "run: no pipe";
	(void)posix_spawn_file_actions_init(&actions);
	(void)posix_spawn_file_actions_adddup2(&actions, out[1], STDOUT_FILENO);
	(void)posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
	if (script)
		(void)posix_spawn_file_actions_adddup2(&actions, in, SCRIPT_FD);
	r = posix_spawnp(&pid, argv[0], &actions, NULL, argv, environ);
	(void)posix_spawn_file_actions_destroy(&actions);
	(void)close(out[1]);
	if (script)
		(void)close(in);
	if (r == 0)
		read_all(out[0], ret);
	(void)close(out[0]);
	if (r != 0)
		return "run: cannot be executed";
	if (waitpid(pid, &status, 0) != pid || !WIFEXITED(status) || WEXITSTATUS(status) != 0)
		return "run: the shell failed";
	return NULL;
}

/* Reads the one statement of a job. */
static const char *read_job(const char *text, struct strv *ret_argv, struct buf *ret_script,
			    enum form *ret_form)
{
	struct lexer l = { .text = text, .len = strlen(text), .line = 1 };
	AUTO(buf) word = {0};
	AUTO(buf) command = {0};
	bool script;
	const char *why;

	if (!lexer_statement(&l, &word))
		return "model: nothing there";
	script = strcmp(word.s, "script") == 0;
	why = script ? lexer_script(&l, &command) : lexer_command(&l, &command);
	if (why)
		return "model: rejected";
	if (lexer_peek(&l, true))
		return "model: a second statement";
	if (!script) {
		command_exec(command.s, ret_argv);
		*ret_form = strcmp(ret_argv->v[0], "/bin/sh") == 0 ? FORM_SHELL : FORM_DIRECT;
	} else {
		*ret_form = FORM_SCRIPT;
		if (command_script(command.s, ret_argv))
			buf_puts(ret_script, command.s);
	}
	return NULL;
}

const char *run_job(const char *text, struct strv *ret_args, enum form *ret_form)
{
	AUTO(strv) argv = {0};
	AUTO(buf) script = {0};
	AUTO(buf) output = {0};
	const char *why = read_job(text, &argv, &script, ret_form);

	if (!why)
		why = execute(argv.v, script.len ? script.s : NULL, &output);
	if (why)
		return why;
	for (const char *s = output.s; s && s < output.s + output.len; s += strlen(s) + 1)
		strv_push(ret_args, s);
	return NULL;
}
