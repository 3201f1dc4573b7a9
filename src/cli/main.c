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
#include "ssh/letters.h"

enum option_type { FLAG, VALUE, VALUES };

/* What getopt returns for an option without a letter: this and the number of its row. */
enum { LONG_ONLY = 1000 };

struct option_row {
	enum option_type type;
	size_t offset;
	char letter;
	const char *name, *argument, *help;
};

/* A verb, or a title above some, which has nothing else. */
struct command {
	const char *verb, *arguments, *options, *help;
	int (*run)(const struct cli *);
	const char *title;
};

static const struct option_row rows[] = {
#define OPTION(kind, field, sign, title, arg, text) { kind, offsetof(struct options, field), sign, title, arg, text },
#include "cli/options.def"
};

static const struct command commands[] = {
#define GROUP(text) { .title = text },
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

/* "-" among a verb's options: words with one dash are ssh's. */
static bool takes_ssh(const struct command *c)
{
	AUTO(strv) own = {0};

	strv_split(&own, c->options);
	return strv_has(&own, "-");
}

/* LETTER: also its short form. */
static void push_option(const struct option_row *row, bool letter, struct strv *cells)
{
	AUTO(buf) name = {0};

	if (row->letter && letter)
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
			push_option(&rows[i], !c || !takes_ssh(c), &cells);
	print_cells(&cells);
}

enum { ARGUMENTS_MAX = 18 };

/* All in one table, so that the columns are the same. */
static void print_verbs(void)
{
	AUTO(strv) cells = {0};

	for (size_t i = 0; i < ARRAY_LEN(commands); i++) {
		const struct command *c = &commands[i];

		if (c->title) {
			strv_push(&cells, "");
			strv_push(&cells, "");
			strv_pushf(&cells, "%s:", c->title);
			strv_push(&cells, "");
		} else {
			/* A long one leaves no room beside it; the help of the verb has it. */
			strv_pushf(&cells, "  %s %s", c->verb, strlen(c->arguments) > ARGUMENTS_MAX ? "..." : c->arguments);
			strv_push(&cells, c->help);
		}
	}
	print_cells(&cells);
}

static void help(void)
{
	(void)puts("usage: tunnelctl [OPTIONS] VERB [NAME...]\n"
		   "\n"
		   "One INI file describes one SSH tunnel;\n"
		   "the supervisor of this machine keeps it up.\n"
		   "A NAME is a tunnel's name, a pattern in quotes ('web-*'),\n"
		   "or a path: anything with a slash, or ending in .ini.");
	print_verbs();
	(void)puts("\nOptions:");
	print_options(NULL);
	(void)puts("\nMore: tunnelctl VERB --help\n"
		   "      tunnelctl explain [KEY]\n"
		   "      man tunnelctl, man tunnelctl.ini");
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
		if (commands[i].verb && !strcmp(commands[i].verb, verb))
			return &commands[i];
	return NULL;
}

/* False, with the error printed: given too often. */
static bool set(const struct option_row *row, struct options *options)
{
	void *field = (char *)options + row->offset;
	struct option_values *values = field;

	if (row->type == FLAG) {
		*(bool *)field = true;
	} else if (row->type == VALUE) {
		*(const char **)field = optarg;
	} else if (values->len < ARRAY_LEN(values->v)) {
		values->v[values->len++] = optarg;
	} else {
		cli_error("--%s: given more than %zu times", row->name, ARRAY_LEN(values->v));
		return false;
	}
	return true;
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

/* Fills the options and notes which rows were given; false on a usage error, with the error printed. FRONT: up to the
 * verb, which is argv[optind] then. */
static bool read_options(int argc, char **argv, bool front, bool import, struct options *ret, bool *given)
{
	struct option longs[ARRAY_LEN(rows) + 1] = { { 0 } };
	AUTO(buf) letters = {0};
	int c;

	opterr = 0;
	optind = front ? 1 : 0; /* 0: glibc, musl and the BSDs begin anew */
	buf_puts(&letters, front ? "+:" : ":"); /* the colon tells a missing value from an unknown option */
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		longs[i] = (struct option){ .name = rows[i].name,
					    .has_arg = rows[i].type != FLAG ? required_argument : no_argument,
					    .val = LONG_ONLY + (int)i };
		if (rows[i].letter)
			buf_printf(&letters, "%c%s", rows[i].letter, rows[i].type != FLAG ? ":" : "");
	}
	while ((c = getopt_long(argc, argv, letters.s, longs, NULL)) != -1) {
		size_t i = 0;

		if (c == '?' || c == ':') {
			refuse_option(c, argv[optind - 1], import);
			return false;
		}
		while (c != rows[i].letter && c != LONG_ONLY + (int)i)
			i++;
		if (!set(&rows[i], ret))
			return false;
		given[i] = true;
	}
	return true;
}

static void no_such_verb(const char *verb)
{
	for (size_t i = 0; i < ARRAY_LEN(commands); i++)
		if (commands[i].verb && spelling_is_close(verb, commands[i].verb)) {
			cli_error("%s: no such verb; did you mean %s?", verb, commands[i].verb);
			return;
		}
	cli_error("%s: no such verb; see: tunnelctl --help", verb);
}

/* The words behind the verb, on their way to getopt and to the verb. */
struct words {
	struct strv ours, theirs;
};

static void words_done(struct words *w)
{
	strv_done(&w->ours);
	strv_done(&w->theirs);
}

/* "--run-as": getopt takes its value from the next word. What it will refuse has none. */
static bool wants_value(const char *word)
{
	size_t found = ARRAY_LEN(rows), hits = 0, len = strlen(word + 2);

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		if (strncmp(rows[i].name, word + 2, len) != 0)
			continue;
		found = i;
		if (!rows[i].name[len])
			return rows[i].type != FLAG;
		hits++;
	}
	return hits == 1 && rows[found].type != FLAG;
}

/* Of ssh's words: "-Ni" takes the next one as its value; "-h" is none of ssh's. */
static bool ask_letters(const char *word, bool *ret_unknown)
{
	AUTO(strv) argv = {0};
	struct letters l = { .argv = &argv, .next = 1 };
	struct letters_step step;

	strv_push(&argv, "ssh");
	strv_push(&argv, word);
	*ret_unknown = false;
	while (letters_next(&l, &step)) {
		*ret_unknown |= step.kind == LETTERS_UNKNOWN && strlen(word) == 2;
		if (step.kind == LETTERS_MISSING)
			return true;
	}
	return false;
}

/* For a verb that takes ssh's options: those with two dashes are ours, up to a "--". */
static void sort_words(char **argv, struct words *ret)
{
	for (; *argv; argv++) {
		bool long_one = !strncmp(*argv, "--", 2), unknown = false, value = false;

		if (long_one && !(*argv)[2])
			break;
		if (long_one)
			value = wants_value(*argv);
		else if (**argv == '-' && (*argv)[1])
			value = ask_letters(*argv, &unknown);
		strv_push(long_one || unknown ? &ret->ours : &ret->theirs, *argv);
		if (value && argv[1])
			strv_push(long_one ? &ret->ours : &ret->theirs, *++argv);
	}
	for (; *argv; argv++)
		strv_push(&ret->theirs, *argv);
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

/* How a command line without a verb ends. */
static int run_nothing(const struct cli *cli)
{
	if (cli->options.version) {
		(void)puts("tunnelctl " TUNNELCTL_VERSION);
		return EXIT_DONE;
	}
	help();
	return cli->options.help ? EXIT_DONE : EXIT_USAGE;
}

static int run_verb(struct cli *cli, const struct command *c, const bool *given)
{
	if (cli->options.version)
		return run_nothing(cli);
	if (cli->options.help) {
		help_of(c);
		return EXIT_DONE;
	}
	if (!check_options(c, given))
		return EXIT_USAGE;
	if (cli->options.system && cli->options.user) {
		cli_error("--system and --user exclude each other; say one of them");
		return EXIT_USAGE;
	}
	return c->run(cli);
}

static int run(int argc, char **argv)
{
	__attribute__((cleanup(words_done))) struct words words = { { 0 } };
	struct cli cli = { .program = argv[0] };
	bool given[ARRAY_LEN(rows)] = { false };
	const struct command *c;
	char **behind, *none = NULL;

	if (!read_options(argc, argv, true, false, &cli.options, given))
		return EXIT_USAGE;
	behind = argv + optind;
	if (*behind && !strcmp(*behind, "help")) {
		cli.options.help = true;
		behind++;
	}
	if (!*behind)
		return run_nothing(&cli);
	if (!(c = command_find(*behind))) {
		no_such_verb(*behind);
		return EXIT_USAGE;
	}
	strv_push(&words.ours, *behind); /* where getopt has a program's name */
	cli.verb = c->verb;
	if (takes_ssh(c))
		sort_words(behind + 1, &words);
	for (behind++; *behind && !takes_ssh(c); behind++)
		strv_push(&words.ours, *behind);
	if (!read_options((int)words.ours.len, words.ours.v, false, !strcmp(c->verb, "import"), &cli.options, given))
		return EXIT_USAGE;
	cli.arguments = words.ours.v + optind;
	if (takes_ssh(c))
		cli.arguments = words.theirs.len ? words.theirs.v : &none;
	return run_verb(&cli, c, given);
}

int main(int argc, char **argv)
{
	return finish(run(argc, argv));
}
