/* SPDX-License-Identifier: MIT */
#include <string.h>
#include <strings.h>

#include "backend.h"
#include "doc/doc.h"
#include "model/key.h"

/* The rows in their order, those of GROUP between them: verb_find() and the others pass over them. */
const struct verb verbs[] = {
#define GROUP(text) { .title = text },
#define COMMAND(verb, args, opts, text) { .name = #verb, .arguments = args, .options = opts, .help = text },
#include "cli/commands.def"
#undef GROUP
};
const size_t verbs_len = ARRAY_LEN(verbs);

/* Which of them stand above "all": the place in this enum tells. */
enum place {
#define OPTION(type, field, ...) PLACE_##field,
#include "cli/options.def"
};

const struct option_row options[] = {
#define OPTION(type, field, sign, title, arg, text) { sign, title, arg, text, PLACE_##field < PLACE_all },
#include "cli/options.def"
};
const size_t options_len = ARRAY_LEN(options);

struct ssh_letter {
	char sign;
	const char *keyword, *value, *dropped, *refused;
	bool last, other, blanks, autossh;
};

static const struct ssh_letter letters[] = {
#define LETTER(...) { __VA_ARGS__ },
#include "ssh/letters.def"
};

const struct verb *verb_find(const char *name)
{
	for (size_t i = 0; i < verbs_len; i++)
		if (verbs[i].name && !strcmp(verbs[i].name, name))
			return &verbs[i];
	return NULL;
}

bool verb_takes(const struct verb *v, const struct option_row *o)
{
	AUTO(strv) own = {0};

	strv_split(&own, v->options);
	return o->common || strv_has(&own, o->name);
}

bool verb_takes_ssh(const struct verb *v)
{
	AUTO(strv) own = {0};

	strv_split(&own, v->options);
	return strv_has(&own, "-");
}

char letter_of(const struct option_row *o, const struct verb *v)
{
	if (verb_takes_ssh(v))
		for (size_t i = 0; i < ARRAY_LEN(letters); i++)
			if (letters[i].sign == o->letter)
				return '\0';
	return o->letter;
}

enum thing thing_of_verb(const struct verb *v)
{
	if (strstr(v->arguments, "DESTINATION"))
		return THING_HOST;
	if (strstr(v->arguments, "KEY"))
		return THING_KEY;
	if (strstr(v->arguments, "FILE")) /* check judges tunnels by their names too */
		return strcmp(v->name, "check") == 0 ? THING_TUNNEL_OR_FILE : THING_FILE;
	return strstr(v->arguments, "NAME") ? THING_TUNNEL : THING_NONE;
}

bool verb_repeats(const struct verb *v)
{
	return strstr(v->arguments, "NAME...") || strstr(v->arguments, "FILE...");
}

enum thing thing_of_option(const struct option_row *o)
{
	AUTO(buf) words = {0};

	words_of(o, &words);
	if (words.len)
		return THING_WORD;
	if (strstr(o->argument, "DIR"))
		return THING_FOLDER;
	if (strstr(o->argument, "PATH") || strstr(o->argument, "FILE"))
		return THING_FILE;
	if (strstr(o->argument, "USER"))
		return THING_USER;
	if (strstr(o->argument, "ALIAS"))
		return THING_ALIAS;
	return strstr(o->argument, "HOST") ? THING_HOST : THING_NONE;
}

enum thing thing_of_letter(char sign)
{
	return strchr("iFSIE", sign) ? THING_FILE : sign == 'J' ? THING_HOST : THING_NONE;
}

void words_of(const struct option_row *o, struct buf *ret)
{
	if (!strcmp(o->name, "backend")) {
		for (size_t i = 0; backends[i]; i++)
			buf_printf(ret, "%s ", backends[i]->name);
		buf_puts(ret, "all");
	} else if (!strcmp(o->name, "start")) {
		for (const char *w = keys[KEY_start].words; *w; w++)
			buf_putc(ret, *w == '|' ? ' ' : *w);
	} else if (!strcmp(o->name, "type")) {
		buf_puts(ret, "ed25519 ecdsa rsa");
	}
}

/* What tunnelctl says itself has no place in an INI: -A, -f, -N, -v. */
static bool is_mandatory(const char *keyword)
{
	static const char *const words[] = {
#define MANDATORY(word, ...) word,
#include "model/mandatory.def"
	};

	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (keyword && !strcasecmp(keyword, words[i]))
			return true;
	return false;
}

bool letter_next(size_t *at, struct letter_row *ret)
{
	for (; *at < ARRAY_LEN(letters); ++*at) {
		const struct ssh_letter *l = &letters[*at];

		if (l->dropped || l->refused || l->autossh || is_mandatory(l->keyword))
			continue;
		if (!l->keyword && l->sign != 'o')
			continue;
		*ret = (struct letter_row){ l->sign, !l->value, l->keyword };
		if (!l->keyword)
			ret->keyword = "any keyword of ssh_config(5)";
		++*at;
		return true;
	}
	return false;
}

/* Two sections may have a key of the same name, as Restart: once is enough. */
static bool is_first(size_t i)
{
	for (size_t j = 0; j < i; j++)
		if (!strcasecmp(keys[i].name, keys[j].name))
			return false;
	return true;
}

void put_keys(const char *separator, struct buf *ret)
{
	for (size_t i = 0; i < KEY_COUNT; i++)
		if (is_first(i))
			buf_cat(ret, keys[i].name, separator);
	for (size_t i = 0; backends[i]; i++)
		buf_cat(ret, backends[i]->name, separator);
}
