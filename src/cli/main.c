/* SPDX-License-Identifier: MIT */
/* tunnelctl: reads the command line by two tables, options.def and commands.def, and calls the verb. */
#include <errno.h>
#include <getopt.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/spelling.h"
#include "base/table.h"
#include "cli/cli.h"

enum option_type { FLAG, VALUE };

/* What getopt returns for an option without a letter: this and the number of its row. */
enum { LONG_ONLY = 1000 };

struct option_row {
	enum option_type type;
	size_t offset;
	char letter;
	const char *name, *argument, *help;
};

struct command {
	const char *verb, *arguments, *options, *help;
	int (*run)(const struct cli *);
};

static const struct option_row rows[] = {
#define OPTION(kind, field, sign, title, arg, text) { kind, offsetof(struct options, field), sign, title, arg, text },
#include "cli/options.def"
};

static const struct command commands[] = {
#define COMMAND(name, args, opts, text) { #name, args, opts, text, cmd_##name },
#include "cli/commands.def"
};

/* The options above "all" in options.def are everybody's. */
static bool is_common(const struct option_row *row)
{
	return row->offset < offsetof(struct options, all);
}

static bool takes(const struct command *c, const struct option_row *row)
{
	AUTO(strv) own = {0};

	strv_split(&own, c->options);
	return is_common(row) || strv_has(&own, row->name);
}

static void push_option(const struct option_row *row, struct strv *cells)
{
	AUTO(buf) name = {0};

	if (row->letter)
		buf_printf(&name, "  -%c, --%s", row->letter, row->name);
	else
		buf_printf(&name, "      --%s", row->name);
	if (row->argument)
		buf_printf(&name, " %s", row->argument);
	strv_push(cells, name.s);
	strv_push(cells, row->help);
}

static void print_cells(const struct strv *cells)
{
	AUTO(buf) text = {0};

	table_print(cells, 2, cli_columns(), &text);
	(void)fputs(buf_str(&text), stdout);
}

static void print_options(const struct command *c)
{
	AUTO(strv) cells = {0};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (c ? takes(c, &rows[i]) && !is_common(&rows[i]) : is_common(&rows[i]))
			push_option(&rows[i], &cells);
	print_cells(&cells);
}

static void help(void)
{
	AUTO(strv) cells = {0};

	(void)puts("usage: tunnelctl [OPTIONS] VERB [NAME...]\n"
		   "\n"
		   "One INI file describes one SSH tunnel;\n"
		   "the supervisor of this machine keeps it up.\n"
		   "A NAME is a tunnel's name, a pattern in quotes ('web-*'),\n"
		   "or a path: anything with a slash, or ending in .ini.\n"
		   "\nVerbs:");
	for (size_t i = 0; i < ARRAY_LEN(commands); i++) {
		strv_pushf(&cells, "  %s %s", commands[i].verb, commands[i].arguments);
		strv_push(&cells, commands[i].help);
	}
	print_cells(&cells);
	(void)puts("\nOptions:");
	print_options(NULL);
	(void)puts("\nMore: tunnelctl VERB --help\n"
		   "      tunnelctl explain [KEY]");
}

static void help_of(const struct command *c)
{
	(void)printf("usage: tunnelctl [OPTIONS] %s %s\n\n%s\n", c->verb, c->arguments, c->help);
	if (*c->options) {
		(void)puts("\nOptions of this verb:");
		print_options(c);
	}
	(void)puts("\nOptions of every verb:");
	print_options(NULL);
}

static const struct command *command_find(const char *verb)
{
	for (size_t i = 0; i < ARRAY_LEN(commands); i++)
		if (!strcmp(commands[i].verb, verb))
			return &commands[i];
	return NULL;
}

static void set(const struct option_row *row, struct options *options)
{
	void *field = (char *)options + row->offset;

	if (row->type == FLAG)
		*(bool *)field = true;
	else
		*(const char **)field = optarg;
}

/* In the place of getopt, which would begin with the path of this program. */
static void refuse_option(int c, const char *word, bool import)
{
	AUTO(buf) name = {0};
	const char *why = c == ':' ? "wanted a value behind it" : "no such option";

	if (optopt >= LONG_ONLY) {
		buf_printf(&name, "--%s", rows[optopt - LONG_ONLY].name);
		why = c == ':' ? why : "takes no value";
	} else if (optopt) {
		buf_printf(&name, "-%c", optopt);
	} else {
		buf_put(&name, word, strcspn(word, "="));
	}
	cli_error("%s: %s; %s", name.s, why,
		  import ? "an ssh command stands behind --: tunnelctl import -- ssh ..." : "see: tunnelctl --help");
}

static bool has_word(char **argv, const char *word)
{
	while (*argv && strcmp(*argv, word) != 0)
		argv++;
	return *argv;
}

/* Fills the options and notes which rows were given; false on a usage error, with the error printed. */
static bool read_options(int argc, char **argv, struct options *ret, bool *given)
{
	struct option longs[ARRAY_LEN(rows) + 1] = { { 0 } };
	AUTO(buf) letters = {0};
	int c;

	opterr = 0;
	buf_putc(&letters, ':'); /* tells a missing value from an unknown option */
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		longs[i] = (struct option){ .name = rows[i].name,
					    .has_arg = rows[i].type == VALUE ? required_argument : no_argument,
					    .val = LONG_ONLY + (int)i };
		if (rows[i].letter)
			buf_printf(&letters, "%c%s", rows[i].letter, rows[i].type == VALUE ? ":" : "");
	}
	while ((c = getopt_long(argc, argv, letters.s, longs, NULL)) != -1) {
		size_t i = 0;

		if (c == '?' || c == ':') {
			refuse_option(c, argv[optind - 1], has_word(argv, "import"));
			return false;
		}
		while (c != rows[i].letter && c != LONG_ONLY + (int)i)
			i++;
		set(&rows[i], ret);
		given[i] = true;
	}
	return true;
}

static void no_such_verb(const char *verb)
{
	for (size_t i = 0; i < ARRAY_LEN(commands); i++)
		if (spelling_is_close(verb, commands[i].verb)) {
			cli_error("%s: no such verb; did you mean %s?", verb, commands[i].verb);
			return;
		}
	cli_error("%s: no such verb; see: tunnelctl --help", verb);
}

static bool check_options(const struct command *c, const bool *given)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (given[i] && !takes(c, &rows[i])) {
			cli_error("%s does not take --%s; see: tunnelctl %s --help", c->verb, rows[i].name, c->verb);
			return false;
		}
	return true;
}

/* Asked of the pipe: which of many writes failed, and why, stdio does not keep. */
static bool is_reader_gone(void)
{
	struct pollfd p = { .fd = STDOUT_FILENO };

	return poll(&p, 1, 0) > 0 && (p.revents & (POLLERR | POLLHUP));
}

/* What was to be printed and could not be is a failure; that the reader has seen enough (| head -1) is none. */
static int finish(int r)
{
	errno = 0;
	if ((fflush(stdout) == 0 && !ferror(stdout)) || is_reader_gone())
		return r;
	cli_error("standard output: %s", strerror(errno ? errno : EIO));
	return r ? r : EXIT_FAILED;
}

static int run(int argc, char **argv)
{
	struct cli cli = { .program = argv[0] };
	bool given[ARRAY_LEN(rows)] = { false };
	const struct command *c;

	if (!read_options(argc, argv, &cli.options, given))
		return EXIT_USAGE;
	if (cli.options.version) {
		(void)puts("tunnelctl " TUNNELCTL_VERSION);
		return EXIT_DONE;
	}
	if (optind < argc && !strcmp(argv[optind], "help")) {
		cli.options.help = true;
		optind++;
	}
	if (optind == argc) {
		help();
		return cli.options.help ? EXIT_DONE : EXIT_USAGE;
	}
	if (!(c = command_find(argv[optind]))) {
		no_such_verb(argv[optind]);
		return EXIT_USAGE;
	}
	if (cli.options.help) {
		help_of(c);
		return EXIT_DONE;
	}
	if (!check_options(c, given))
		return EXIT_USAGE;
	if (cli.options.system && cli.options.user) {
		cli_error("--system and --user exclude each other");
		return EXIT_USAGE;
	}
	cli.arguments = argv + optind + 1;
	return c->run(&cli);
}

int main(int argc, char **argv)
{
	return finish(run(argc, argv));
}
