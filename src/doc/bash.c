/* SPDX-License-Identifier: MIT */
/* The tables as branches of case, for packaging/completions/tunnelctl.bash.in. */
#include <string.h>

#include "doc/doc.h"
#include "doc/text.h"

/* What completes each thing: functions of the template. */
static const char *const completers[] = {
	[THING_NONE] = ":",
	[THING_TUNNEL] = "_tunnelctl_names",
	[THING_FILE] = "_tunnelctl_files",
	[THING_TUNNEL_OR_FILE] = "_tunnelctl_names; _tunnelctl_files",
	[THING_FOLDER] = "_tunnelctl_folders",
	[THING_KEY] = "_tunnelctl_keys",
	[THING_HOST] = "_tunnelctl_hosts",
	[THING_ALIAS] = "_tunnelctl_aliases",
	[THING_USER] = "_tunnelctl_users",
};

static void put_verbs(UNUSED const char *argument, struct buf *ret)
{
	buf_puts(ret, "_tunnelctl_verbs='");
	for (size_t i = 0; i < verbs_len; i++)
		if (verbs[i].name)
			buf_cat(ret, verbs[i].name, " ");
	buf_puts(ret, "help'\n");
}

static void put_option(const struct option_row *o, char letter, const char *separator, struct buf *ret)
{
	if (letter)
		buf_printf(ret, "-%c%s--%s", letter, separator, o->name);
	else
		buf_printf(ret, "--%s", o->name);
}

/* The options of each verb, and behind no verb yet those of every one. */
static void put_options(UNUSED const char *argument, struct buf *ret)
{
	struct letter_row l;

	for (size_t v = 0; v < verbs_len; v++) {
		if (!verbs[v].name)
			continue;
		buf_printf(ret, "\t%s) _tunnelctl_words '", verbs[v].name);
		for (size_t i = 0; i < options_len; i++)
			if (verb_takes(&verbs[v], &options[i])) {
				put_option(&options[i], letter_of(&options[i], &verbs[v]), " ", ret);
				buf_putc(ret, ' ');
			}
		for (size_t at = 0; verb_takes_ssh(&verbs[v]) && letter_next(&at, &l);)
			buf_printf(ret, "-%c ", l.sign);
		buf_puts(ret, "' ;;\n");
	}
	buf_puts(ret, "\t*) _tunnelctl_words '");
	for (size_t i = 0; i < options_len; i++)
		if (options[i].common) {
			put_option(&options[i], options[i].letter, " ", ret);
			buf_putc(ret, ' ');
		}
	buf_puts(ret, "' ;;\n");
}

/* "-b|--backend|--config-dir": what takes a value. */
static void put_valued(UNUSED const char *argument, struct buf *ret)
{
	const char *separator = "\t";

	for (size_t i = 0; i < options_len; i++)
		if (options[i].argument) {
			buf_puts(ret, separator);
			put_option(&options[i], options[i].letter, "|", ret);
			separator = "|";
		}
	buf_puts(ret, ") return 0 ;;\n");
}

static void put_valued_letters(UNUSED const char *argument, struct buf *ret)
{
	struct letter_row l;

	buf_puts(ret, "\t-[");
	for (size_t at = 0; letter_next(&at, &l);)
		if (l.takes_value)
			buf_putc(ret, l.sign);
	buf_puts(ret, "]) return 0 ;;\n");
}

static void put_values(UNUSED const char *argument, struct buf *ret)
{
	for (size_t i = 0; i < options_len; i++) {
		AUTO(buf) words = {0};
		enum thing thing;

		if (!options[i].argument || (thing = thing_of_option(&options[i])) == THING_NONE)
			continue;
		buf_putc(ret, '\t');
		put_option(&options[i], options[i].letter, "|", ret);
		words_of(&options[i], &words);
		if (thing == THING_WORD)
			buf_printf(ret, ") _tunnelctl_words '%s' ;;\n", words.s);
		else
			buf_printf(ret, ") %s ;;\n", completers[thing]);
	}
}

static void put_letter_values(UNUSED const char *argument, struct buf *ret)
{
	struct letter_row l;

	for (size_t at = 0; letter_next(&at, &l);)
		if (l.takes_value && thing_of_letter(l.sign) != THING_NONE)
			buf_printf(ret, "\t-%c) %s ;;\n", l.sign, completers[thing_of_letter(l.sign)]);
}

/* What stands behind each verb; $2 of it are there already. */
static void put_arguments(UNUSED const char *argument, struct buf *ret)
{
	for (size_t i = 0; i < verbs_len; i++) {
		const struct verb *v = &verbs[i];
		enum thing thing;

		if (!v->name || (thing = thing_of_verb(v)) == THING_NONE)
			continue;
		if (thing == THING_HOST) /* a new name, then a host */
			buf_printf(ret, "\t%s) [ \"$2\" = 0 ] || %s ;;\n", v->name, completers[thing]);
		else if (verb_repeats(v))
			buf_printf(ret, "\t%s) %s ;;\n", v->name, completers[thing]);
		else
			buf_printf(ret, "\t%s) [ \"$2\" != 0 ] || { %s; } ;;\n", v->name, completers[thing]);
	}
}

static void put_key_words(UNUSED const char *argument, struct buf *ret)
{
	buf_puts(ret, "\t_tunnelctl_words '");
	put_keys(" ", ret);
	buf_puts(ret, "'\n");
}

static void put_ssh_verbs(UNUSED const char *argument, struct buf *ret)
{
	buf_puts(ret, "\tcase $1 in ");
	for (size_t i = 0; i < verbs_len; i++)
		if (verbs[i].name && verb_takes_ssh(&verbs[i]))
			buf_cat(ret, verbs[i].name, ") return 0 ;; ");
	buf_puts(ret, "esac\n");
}

const struct mark bash_marks[] = {
	{ "bash-verbs", put_verbs },
	{ "bash-options", put_options },
	{ "bash-valued", put_valued },
	{ "bash-valued-letters", put_valued_letters },
	{ "bash-values", put_values },
	{ "bash-letter-values", put_letter_values },
	{ "bash-arguments", put_arguments },
	{ "bash-keys", put_key_words },
	{ "bash-ssh-verbs", put_ssh_verbs },
	{ NULL, NULL },
};
