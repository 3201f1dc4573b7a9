/* SPDX-License-Identifier: MIT */
/* The tables as lines of complete, for packaging/completions/tunnelctl.fish.in. */
#include <string.h>

#include "doc/doc.h"
#include "doc/text.h"

/* What completes each thing: arguments of complete. */
static const char *const completers[] = {
	[THING_NONE] = "",
	[THING_TUNNEL] = " -a '(__tunnelctl_names)'",
	[THING_FILE] = " -F",
	[THING_TUNNEL_OR_FILE] = " -F -a '(__tunnelctl_names)'",
	[THING_FOLDER] = " -a '(__fish_complete_directories)'",
	[THING_KEY] = " -a '(__tunnelctl_keys)'",
	[THING_HOST] = " -a '(__fish_print_hostnames)'",
	[THING_ALIAS] = " -a '(__tunnelctl_aliases)'",
	[THING_USER] = " -a '(__fish_complete_users)'",
};

static void put_verbs(UNUSED const char *argument, struct buf *ret)
{
	for (size_t i = 0; i < verbs_len; i++) {
		if (!verbs[i].name)
			continue;
		buf_printf(ret, "complete -c tunnelctl -n __tunnelctl_wants_verb -a %s -d ", verbs[i].name);
		text_fish(verbs[i].help, ret);
		buf_putc(ret, '\n');
	}
}

static void put_value(const struct option_row *o, struct buf *ret)
{
	AUTO(buf) words = {0};

	if (!o->argument)
		return;
	words_of(o, &words);
	buf_puts(ret, " -r");
	if (words.len)
		buf_printf(ret, " -a '%s'", words.s);
	else
		buf_puts(ret, completers[thing_of_option(o)]);
}

/* Behind THOSE verbs. */
static void put_option(const struct option_row *o, char letter, const char *those, struct buf *ret)
{
	buf_printf(ret, "complete -c tunnelctl -n '__tunnelctl_verb_is%s'", those);
	if (letter)
		buf_printf(ret, " -s %c", letter);
	buf_printf(ret, " -l %s -d ", o->name);
	text_fish(o->help, ret);
	put_value(o, ret);
	buf_putc(ret, '\n');
}

/* The verbs behind which the option has its letter, or has none. "''" is no verb yet. */
static void put_those(const struct option_row *o, bool with_letter, struct buf *ret)
{
	for (size_t v = 0; v < verbs_len; v++)
		if (verbs[v].name && verb_takes(&verbs[v], o) && !letter_of(o, &verbs[v]) == !with_letter)
			buf_cat(ret, " ", verbs[v].name);
	if (with_letter == (o->letter != '\0') && o->common)
		buf_puts(ret, " \"\"");
}

static void put_options(UNUSED const char *argument, struct buf *ret)
{
	for (size_t i = 0; i < options_len; i++) {
		AUTO(buf) with = {0};
		AUTO(buf) without = {0};

		put_those(&options[i], true, &with);
		put_those(&options[i], false, &without);
		if (with.len)
			put_option(&options[i], options[i].letter, with.s, ret);
		if (without.len)
			put_option(&options[i], '\0', without.s, ret);
	}
}

static void put_letters(const struct verb *v, struct buf *ret)
{
	struct letter_row l;

	for (size_t at = 0; letter_next(&at, &l);) {
		buf_printf(ret, "complete -c tunnelctl -n '__tunnelctl_verb_is %s' -s %c -d ", v->name, l.sign);
		text_fish(l.keyword, ret);
		if (l.takes_value)
			buf_printf(ret, " -r%s", completers[thing_of_letter(l.sign)]);
		buf_putc(ret, '\n');
	}
}

static void put_arguments(UNUSED const char *argument, struct buf *ret)
{
	for (size_t i = 0; i < verbs_len; i++) {
		const struct verb *v = &verbs[i];
		enum thing thing;

		if (!v->name || (thing = thing_of_verb(v)) == THING_NONE)
			continue;
		if (verb_takes_ssh(v))
			put_letters(v, ret);
		buf_printf(ret, "complete -c tunnelctl -n '__tunnelctl_verb_is %s", v->name);
		if (thing == THING_HOST)
			buf_puts(ret, "; and not __tunnelctl_wants_first");
		else if (!verb_repeats(v))
			buf_puts(ret, "; and __tunnelctl_wants_first");
		buf_printf(ret, "'%s\n", completers[thing]);
	}
}

/* "-b --backend": what takes a value. */
static void put_valued(UNUSED const char *argument, struct buf *ret)
{
	struct letter_row l;

	buf_puts(ret, "set -g __tunnelctl_valued");
	for (size_t i = 0; i < options_len; i++) {
		if (options[i].argument && options[i].letter)
			buf_printf(ret, " -%c", options[i].letter);
		if (options[i].argument)
			buf_printf(ret, " --%s", options[i].name);
	}
	buf_puts(ret, "\nset -g __tunnelctl_valued_letters");
	for (size_t at = 0; letter_next(&at, &l);)
		if (l.takes_value)
			buf_printf(ret, " -%c", l.sign);
	buf_puts(ret, "\nset -g __tunnelctl_ssh_verbs");
	for (size_t i = 0; i < verbs_len; i++)
		if (verbs[i].name && verb_takes_ssh(&verbs[i]))
			buf_cat(ret, " ", verbs[i].name);
	buf_putc(ret, '\n');
}

static void put_key_words(UNUSED const char *argument, struct buf *ret)
{
	buf_puts(ret, "\tstring split -n ' ' '");
	put_keys(" ", ret);
	buf_puts(ret, "'\n");
}

const struct mark fish_marks[] = {
	{ "fish-verbs", put_verbs },
	{ "fish-options", put_options },
	{ "fish-arguments", put_arguments },
	{ "fish-valued", put_valued },
	{ "fish-keys", put_key_words },
	{ NULL, NULL },
};
