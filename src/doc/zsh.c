/* SPDX-License-Identifier: MIT */
/* The tables as arguments of _describe and _arguments (zshcompsys(1)), for packaging/completions/_tunnelctl.in. */
#include <string.h>

#include "doc/doc.h"
#include "doc/text.h"

/* What completes each thing: functions of zsh and of the template. */
static const char *const completers[] = {
	[THING_NONE] = " ",
	[THING_TUNNEL] = "_tunnelctl_names",
	[THING_FILE] = "_files",
	[THING_TUNNEL_OR_FILE] = "_tunnelctl_names_and_files",
	[THING_FOLDER] = "_files -/",
	[THING_KEY] = "_tunnelctl_keys",
	[THING_HOST] = "_hosts",
	[THING_ALIAS] = "_tunnelctl_aliases",
	[THING_USER] = "_users",
};

static void put_verbs(UNUSED const char *argument, struct buf *ret)
{
	for (size_t i = 0; i < verbs_len; i++) {
		if (!verbs[i].name)
			continue;
		buf_printf(ret, "\t\t'%s:", verbs[i].name);
		text_zsh(verbs[i].help, ret);
		buf_puts(ret, "'\n");
	}
}

/* ":DIR:_files -/" */
static void put_value(const struct option_row *o, struct buf *ret)
{
	AUTO(buf) words = {0};
	enum thing thing;

	if (!o->argument)
		return;
	thing = thing_of_option(o);
	words_of(o, &words);
	buf_putc(ret, ':');
	text_zsh(o->argument, ret);
	if (thing == THING_WORD)
		buf_printf(ret, ":(%s)", words.s);
	else
		buf_printf(ret, ":%s", completers[thing]);
}

static void put_option(const struct option_row *o, char letter, struct buf *ret)
{
	const char *value = o->argument ? "=" : "";

	if (letter)
		buf_printf(ret, "\t\t'(-%c --%s)'{-%c%s,--%s%s}'[", letter, o->name, letter, o->argument ? "+" : "",
			   o->name, value);
	else
		buf_printf(ret, "\t\t'--%s%s[", o->name, value);
	text_zsh(o->help, ret);
	buf_putc(ret, ']');
	put_value(o, ret);
	buf_puts(ret, "'\n");
}

static void put_common(UNUSED const char *argument, struct buf *ret)
{
	for (size_t i = 0; i < options_len; i++)
		if (options[i].common)
			put_option(&options[i], options[i].letter, ret);
}

static void put_letters(struct buf *ret)
{
	struct letter_row l;

	for (size_t at = 0; letter_next(&at, &l);) {
		buf_printf(ret, "\t\t'*-%c%s[ssh: ", l.sign, l.takes_value ? "+" : "");
		text_zsh(l.keyword, ret);
		buf_putc(ret, ']');
		if (l.takes_value)
			buf_printf(ret, ":%s:%s", l.keyword, completers[thing_of_letter(l.sign)]);
		buf_puts(ret, "'\n");
	}
}

static void put_arguments(const struct verb *v, struct buf *ret)
{
	enum thing thing = thing_of_verb(v);

	if (thing == THING_HOST)
		buf_printf(ret, "\t\t'1:name: ' '2:destination:%s'\n", completers[thing]);
	else if (verb_repeats(v))
		buf_printf(ret, "\t\t'*:%s:%s'\n", thing == THING_TUNNEL ? "tunnel" : "file", completers[thing]);
	else if (thing != THING_NONE)
		buf_printf(ret, "\t\t'1:%s:%s'\n", thing == THING_TUNNEL ? "tunnel" : "argument", completers[thing]);
}

static void put_specs(UNUSED const char *argument, struct buf *ret)
{
	for (size_t v = 0; v < verbs_len; v++) {
		if (!verbs[v].name)
			continue;
		buf_printf(ret, "\t%s) specs=(\n", verbs[v].name);
		for (size_t i = 0; i < options_len; i++)
			if (verb_takes(&verbs[v], &options[i]))
				put_option(&options[i], letter_of(&options[i], &verbs[v]), ret);
		if (verb_takes_ssh(&verbs[v]))
			put_letters(ret);
		put_arguments(&verbs[v], ret);
		buf_puts(ret, "\t) ;;\n");
	}
}

static void put_key_words(UNUSED const char *argument, struct buf *ret)
{
	buf_puts(ret, "\tcompadd -- ");
	put_keys(" ", ret);
	buf_putc(ret, '\n');
}

const struct mark zsh_marks[] = {
	{ "zsh-verbs", put_verbs },
	{ "zsh-common", put_common },
	{ "zsh-specs", put_specs },
	{ "zsh-keys", put_key_words },
	{ NULL, NULL },
};
