/* SPDX-License-Identifier: MIT */
/* The tables as parts of manual pages: mdoc(7). */
#include <string.h>

#include "backend.h"
#include "doc/doc.h"
#include "doc/text.h"
#include "model/key.h"
#include "ssh/classify.h"

/* The text on a line of its own. */
static void put_macro(const char *macro, const char *text, struct buf *ret)
{
	buf_cat(ret, macro, " ");
	text_mdoc_argument(text, ret);
	buf_putc(ret, '\n');
}

static bool is_upper(const char *word, size_t len)
{
	return len && strspn(word, "ABCDEFGHIJKLMNOPQRSTUVWXYZ'") >= len;
}

/* One word of the usage without its brackets: NAME... is an argument, -- an option, ssh itself. */
static void put_usage_word(const char *word, size_t len, struct buf *ret)
{
	bool many = len > 3 && !strncmp(word + len - 3, "...", 3);
	size_t bare = many ? len - 3 : len;

	if (len == 1 && *word == '|')
		buf_puts(ret, " |");
	else if (*word == '-')
		buf_printf(ret, " Fl %.*s", (int)(len - 1), word + 1);
	else if (is_upper(word, bare))
		buf_printf(ret, " Ar %.*s%s", (int)bare, word, many ? " ..." : "");
	else
		buf_printf(ret, " No %.*s", (int)len, word);
}

/* "[NAME...] | -- ssh ..." as macros on the line that has begun. */
static void put_usage(const char *usage, struct buf *ret)
{
	for (const char *w = usage; *w; w += strspn(w, " ")) {
		size_t len = strcspn(w, " ]");
		bool opens = *w == '[';

		if (opens)
			buf_puts(ret, " Oo");
		if (len > opens)
			put_usage_word(w + opens, len - opens, ret);
		for (w += len; *w == ']'; w++)
			buf_puts(ret, " Oc");
	}
}

static void put_flag(const struct option_row *o, char letter, const char *end, struct buf *ret)
{
	if (letter)
		buf_printf(ret, " Fl %c , Fl -%s%s", letter, o->name, end);
	else
		buf_printf(ret, " Fl -%s%s", o->name, end);
}

static void put_own_options(const struct verb *v, struct buf *ret)
{
	size_t left = 0;

	for (size_t i = 0; i < options_len; i++)
		left += !options[i].common && verb_takes(v, &options[i]);
	if (!left)
		return;
	buf_puts(ret, "Options:\n");
	for (size_t i = 0; i < options_len; i++)
		if (!options[i].common && verb_takes(v, &options[i])) {
			buf_putc(ret, '.');
			put_flag(&options[i], letter_of(&options[i], v), --left ? " ,\n" : " .\n", ret);
		}
	buf_puts(ret, ".Pp\n");
}

static void put_verb(const char *name, struct buf *ret)
{
	const struct verb *v = verb_find(name);

	buf_printf(ret, ".It Cm %s", v->name);
	put_usage(v->arguments, ret);
	buf_putc(ret, '\n');
	text_mdoc(v->help, ret);
	put_own_options(v, ret);
}

/* Which verbs take the option, "" for one of everybody's. */
static void put_takers(const struct option_row *o, struct buf *ret)
{
	size_t left = 0;

	for (size_t i = 0; i < verbs_len; i++)
		left += verbs[i].name && verb_takes(&verbs[i], o);
	if (!left)
		return;
	buf_puts(ret, "Of\n");
	for (size_t i = 0; i < verbs_len; i++)
		if (verbs[i].name && verb_takes(&verbs[i], o)) {
			left--;
			buf_printf(ret, ".Cm %s%s\n", verbs[i].name, left > 1 ? " ," : left ? "\nand" : " .");
		}
}

static void put_options(const char *which, struct buf *ret)
{
	bool common = !strcmp(which, "common");

	for (size_t i = 0; i < options_len; i++) {
		const struct option_row *o = &options[i];

		if (o->common != common)
			continue;
		buf_puts(ret, ".It");
		put_flag(o, o->letter, "", ret);
		if (o->argument)
			buf_printf(ret, " Ar %s", o->argument);
		buf_putc(ret, '\n');
		text_mdoc(o->help, ret);
		if (!common)
			put_takers(o, ret);
	}
}

static void put_classes(UNUSED const char *argument, struct buf *ret)
{
	static const char *const rules[] = {
		[RULE_AT_ONCE] = "tried again at once", [RULE_BACKOFF] = "tried again after a while",
		[RULE_REFUSED] = "tried again within 5 s", [RULE_PORT_BUSY] = "tried again often for 30 s",
		[RULE_PARK] = "parked",
	};

	for (int i = CLASS_none + 1; i < CLASS_COUNT; i++) {
		buf_printf(ret, ".It Li %s Pq %s\n", classes[i].word, rules[classes[i].rule]);
		text_mdoc(classes[i].sentence, ret);
	}
}

static void put_ssh_argument(const struct key *k, struct buf *ret)
{
	if (k->ssh && *k->ssh == '-')
		buf_printf(ret, "For ssh:\n.Fl %s", k->ssh + 1);
	else if (k->ssh)
		buf_printf(ret, "For ssh:\n.Fl o Ar %s", k->ssh);
	else
		return;
	if (k->since)
		buf_printf(ret, " ,\nfrom release %u.%u on.\n", k->since / 100, k->since % 100);
	else
		buf_puts(ret, " .\n");
}

static void put_becomes(const struct key *k, struct buf *ret)
{
	for (size_t i = 0; backends[i]; i++) {
		const char *becomes = backends[i]->becomes ? backends[i]->becomes[k->id] : NULL;
		AUTO(buf) text = {0};

		if (!becomes && k->destination != SERVICE)
			continue;
		buf_printf(&text, "Under %s: %s", backends[i]->name, becomes ? becomes : "cannot be expressed");
		text_mdoc(text.s, ret);
	}
}

static void put_key(const struct key *k, struct buf *ret)
{
	AUTO(buf) text = {0};

	buf_printf(ret, ".It Ic %s\n", k->name);
	text_mdoc(k->doc, ret);
	buf_puts(&text, "value: ");
	key_print_range(k, &text);
	if (key_repeats(k))
		buf_puts(&text, "; may be given several times");
	if (k->def)
		buf_printf(&text, "; default: %s", k->def);
	text_mdoc(text.s, ret);
	put_ssh_argument(k, ret);
	put_becomes(k, ret);
}

static void put_keys_of(const char *section, struct buf *ret)
{
	enum section_id s = section_find(section);

	for (size_t i = 0; i < KEY_COUNT; i++)
		if (keys[i].section == s)
			put_key(&keys[i], ret);
}

static void put_section(const char *section, struct buf *ret)
{
	text_mdoc(sections[section_find(section)].doc, ret);
}

static void put_mandatory(UNUSED const char *argument, struct buf *ret)
{
	static const struct {
		const char *keyword, *value, *why;
	} rows[] = {
#define MANDATORY(keyword, value, since, why) { keyword, value, why },
#include "model/mandatory.def"
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		buf_printf(ret, ".It Ic %s%s%s\n", rows[i].keyword, rows[i].value ? " No = " : "",
			   rows[i].value ? rows[i].value : "");
		text_mdoc(rows[i].why, ret);
	}
}

static void put_foreign(UNUSED const char *argument, struct buf *ret)
{
	static const struct {
		const char *word, *answer;
	} rows[] = {
#define FOREIGN(word, answer) { word, answer },
#include "model/foreign.def"
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		put_macro(".It Ic", rows[i].word, ret);
		text_mdoc(rows[i].answer, ret);
	}
}

const struct mark mdoc_marks[] = {
	{ "verb", put_verb },
	{ "options", put_options },
	{ "classes", put_classes },
	{ "section", put_section },
	{ "keys", put_keys_of },
	{ "mandatory", put_mandatory },
	{ "foreign", put_foreign },
	{ NULL, NULL },
};
