/* SPDX-License-Identifier: MIT */
#include "cli/cli.h"

#include <errno.h>
#include <pwd.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/utf8.h"

void cli_error(const char *format, ...)
{
	AUTO(buf) text = {0};
	va_list ap;

	va_start(ap, format);
	buf_vprintf(&text, format, ap);
	va_end(ap);
	if (text.s)
		text_clean(text.s);
	(void)fflush(stdout);
	(void)fprintf(stderr, "tunnelctl: %s\n", buf_str(&text));
}

void cli_errors(const struct strv *lines)
{
	for (size_t i = 0; i < lines->len; i++)
		cli_error("%s", lines->v[i]);
}

void cli_say(const struct cli *cli, const char *format, ...)
{
	va_list ap;

	if (cli->options.quiet || cli->options.json)
		return;
	va_start(ap, format);
	(void)vprintf(format, ap);
	va_end(ap);
	(void)putchar('\n');
}

int cli_exit_code(int negative_errno)
{
	switch (-negative_errno) {
	case 0:
		return EXIT_DONE;
	case EACCES:
	case EPERM:
		return EXIT_PERMISSION;
	case EINVAL:
		return EXIT_BAD_CONFIG;
	default:
		return EXIT_FAILED;
	}
}

bool cli_is_user(const struct cli *cli)
{
	return cli->options.user || (!cli->options.system && geteuid() != 0);
}

const char *cli_home(void)
{
	const char *home = getenv("HOME");
	const struct passwd *pw;

	if (home && *home == '/')
		return home;
	pw = getpwuid(geteuid());
	return pw ? pw->pw_dir : NULL;
}

const char *cli_config_home(void)
{
	static struct buf made;
	const char *given = getenv("XDG_CONFIG_HOME"), *home = cli_home();

	if (given && *given == '/')
		return given;
	if (!home)
		return NULL;
	buf_clear(&made);
	buf_printf(&made, "%s/.config", home);
	return made.s;
}

static void no_such_backend(const char *name)
{
	AUTO(buf) wanted = {0};

	for (size_t i = 0; backends[i]; i++)
		buf_printf(&wanted, "%s%s", !i ? "" : backends[i + 1] ? ", " : " or ", backends[i]->name);
	cli_error("--backend %s: no such backend; wanted %s", name, wanted.s);
}

const struct backend *cli_backend(const struct cli *cli)
{
	const struct backend *b;

	if (cli->options.backend) {
		if (!(b = backend_find(cli->options.backend)))
			no_such_backend(cli->options.backend);
		return b;
	}
	if (!(b = backend_present()))
		cli_error("no supervisor that tunnelctl knows is running here; say --backend NAME to generate for "
			  "one, or try the tunnel with: tunnelctl run NAME");
	return b;
}

void cli_finish_without_terminal(void)
{
	(void)signal(SIGHUP, SIG_IGN);
	(void)signal(SIGPIPE, SIG_IGN);
}

void cli_hold_interrupts(bool on)
{
	(void)signal(SIGINT, on ? SIG_IGN : SIG_DFL);
	(void)signal(SIGTERM, on ? SIG_IGN : SIG_DFL);
}

size_t cli_columns(void)
{
	struct winsize size;

	if (isatty(STDOUT_FILENO) && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0)
		return size.ws_col;
	return 0;
}
