/* SPDX-License-Identifier: MIT */
/*
 * The supervisor for where there is none: runs tunnelctl-run in the foreground and starts it again when it ends. As the
 * first process of a container it also reaps whatever is left to it and hands signals on.
 */
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "cli/cli.h"
#include "cli/plan.h"
#include "cli/select.h"
#include "model/config.h"
#include "model/key.h"
#include "runner/account.h"

extern char **environ;

enum { RESTART_MS = 10, LAST_WORD_MS = 1000, LOOK_MS = 10 };

struct foreground {
	const struct cli *cli;
	struct tunnel tunnel;
	struct strv argv;
	sigset_t watched, before;
	pid_t child;
	int stop_signal; /* that we were asked to end by, 0: go on */
};

static void foreground_done(struct foreground *f)
{
	tunnel_done(&f->tunnel);
	strv_done(&f->argv);
}

/* tunnelctl-run would say the same, each time that it is started again. */
static int judge_account(const struct tunnel *t, bool user, struct error *err)
{
	AUTO(account) account = {0};
	int r;

	if (user || geteuid() == 0 || !t->run_as)
		return 0;
	if ((r = account_find(t->run_as, &account, err)) < 0)
		return r;
	if (account.uid == geteuid())
		return 0;
	return error_set(err, -EPERM, "RunAs = %s: only root can run ssh as another account; "
			 "without RunAs, run it with --user", t->run_as);
}

static int judge_runner(const char *path, struct error *err)
{
	if (access(path, X_OK) == 0)
		return 0;
	return error_set(err, -ENOEXEC, "%s: %s; say --runner PATH", path, strerror(errno));
}

static int prepare(struct foreground *f, struct error *err)
{
	const struct cli *cli = f->cli;
	__attribute__((cleanup(selection_done))) struct selection l = {0};
	AUTO(strv) problems = {0};
	AUTO(buf) runner = {0};
	AUTO(buf) ini = {0};
	bool user = cli_is_user(cli);
	int r;

	if ((r = select_one(cli, 0, &l)))
		return r;
	if (config_load(l.v[0].ini, user ? CONFIG_USER : CONFIG_SYSTEM, &f->tunnel, &problems) < 0) {
		cli_errors(&problems);
		return EXIT_BAD_CONFIG;
	}
	if ((r = judge_account(&f->tunnel, user, err)) < 0 || (r = plan_runner(cli, &runner, err)) < 0 ||
	    (r = judge_runner(runner.s, err)) < 0 || (r = path_absolute(l.v[0].ini, &ini, err)) < 0) {
		cli_error("%s", err->text);
		return cli_exit_code(r);
	}
	strv_push(&f->argv, runner.s);
	if (user)
		strv_push(&f->argv, "--user");
	if (cli->options.once)
		strv_push(&f->argv, "--once");
	strv_push(&f->argv, ini.s);
	return 0;
}

static int launch(struct foreground *f)
{
	f->child = fork();
	if (f->child < 0)
		return -errno;
	if (f->child == 0) {
		/* Ctrl-C on a terminal is for us alone: we end ssh and its observer as a supervisor does. */
		(void)setpgid(0, 0);
		(void)sigprocmask(SIG_SETMASK, &f->before, NULL);
		(void)execve(f->argv.v[0], f->argv.v, environ);
		cli_error("%s: %s", f->argv.v[0], strerror(errno));
		_exit(EXIT_FAILED);
	}
	(void)setpgid(f->child, f->child); /* whoever of the two comes first */
	return 0;
}

/* Takes all ended children; whether ours is among them, with its wait status. */
static bool reap(const struct foreground *f, int *ret_status)
{
	bool ours = false;
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		if (pid == f->child) {
			*ret_status = status;
			ours = true;
		}
	return ours;
}

/* Until the child ends: its wait status. */
static int watch(struct foreground *f)
{
	int status = 0, sig;

	for (;;) {
		if (sigwait(&f->watched, &sig) != 0)
			continue;
		if (sig == SIGCHLD) {
			if (reap(f, &status))
				return status;
		} else if (sig == SIGALRM) {
			(void)kill(-f->child, SIGKILL);
		} else {
			/* ssh ends on SIGTERM, and the observer hears that it was wanted; a second request, or
			 * StopTimeout, kills them. */
			(void)kill(-f->child, f->stop_signal ? SIGKILL : SIGTERM);
			f->stop_signal = sig;
			(void)alarm(f->tunnel.stop_timeout);
		}
	}
}

/* ssh has ended; its observer still writes down how, and says so. As the first process we inherit it. */
static void hear_last_words(const struct foreground *f)
{
	const struct timespec t = { .tv_nsec = LOOK_MS * 1000000L };
	int status;

	for (int i = 0; i < LAST_WORD_MS / LOOK_MS; i++) {
		if (kill(-f->child, 0) < 0)
			return;
		(void)nanosleep(&t, NULL);
		(void)reap(f, &status);
	}
	(void)kill(-f->child, SIGKILL);
}

static int exit_status(int wait_status)
{
	return WIFEXITED(wait_status) ? WEXITSTATUS(wait_status) : 128 + WTERMSIG(wait_status);
}

static bool again(const struct foreground *f, int status)
{
	if (f->stop_signal || f->cli->options.once || f->tunnel.restart == RESTART_NEVER)
		return false;
	return f->tunnel.restart == RESTART_ALWAYS || status != 0;
}

/* Waits a moment before the next start; false if we were asked to end meanwhile. */
static bool pause_before_next(struct foreground *f)
{
	struct timespec t = { .tv_nsec = RESTART_MS * 1000000L };
	sigset_t pending;

	(void)nanosleep(&t, NULL);
	(void)sigpending(&pending);
	for (int sig = 1; sig < 32; sig++)
		if ((sig == SIGTERM || sig == SIGINT || sig == SIGHUP) && sigismember(&pending, sig) == 1)
			f->stop_signal = sig;
	return !f->stop_signal;
}

/* From here on the signals wait for sigwait(). nohup(1) asks for SIGHUP to be left ignored; whoever left SIGCHLD
 * ignored did not think of us. */
static void take_signals(struct foreground *f)
{
	static const int wanted[] = { SIGTERM, SIGINT, SIGHUP, SIGCHLD, SIGALRM };

	(void)signal(SIGCHLD, SIG_DFL);
	(void)sigemptyset(&f->watched);
	for (size_t i = 0; i < ARRAY_LEN(wanted); i++) {
		struct sigaction now;

		if (sigaction(wanted[i], NULL, &now) == 0 && now.sa_handler != SIG_IGN)
			(void)sigaddset(&f->watched, wanted[i]);
	}
	(void)sigprocmask(SIG_BLOCK, &f->watched, &f->before);
}

int cmd_run(const struct cli *cli)
{
	__attribute__((cleanup(foreground_done))) struct foreground f = { .cli = cli };
	struct error err = {0};
	int r, status;

	if (cli->options.json) {
		cli_error("run does not take --json; see: tunnelctl run --help");
		return EXIT_USAGE;
	}
	if ((r = prepare(&f, &err)))
		return r;
	if (strcmp(f.tunnel.log, "native") != 0 && !cli->options.quiet)
		(void)fprintf(stderr, "%s: what happens is written to %s (Log)\n", f.tunnel.name, f.tunnel.log);
	take_signals(&f);
	do {
		if ((r = launch(&f)) < 0) {
			cli_error("%s: %s", f.argv.v[0], strerror(-r));
			return EXIT_FAILED;
		}
		status = exit_status(watch(&f));
		hear_last_words(&f);
	} while (again(&f, status) && pause_before_next(&f));
	if (f.stop_signal)
		return EXIT_DONE;
	/* Why, the observer has said; that nobody starts it again, only we know. */
	if (!cli->options.quiet)
		(void)fprintf(stderr, "%s: ended, status %d\n", f.tunnel.name, status);
	return status;
}
