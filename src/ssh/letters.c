/* SPDX-License-Identifier: MIT */
#include "ssh/letters.h"

#include <string.h>

#define BLANKS " \t\r\n"

static const struct letter letters[] = {
#define LETTER(letter, ...) { .sign = letter, __VA_ARGS__ },
#include "ssh/letters.def"
};

static const struct letter *letter_find(char sign, bool autossh)
{
	for (size_t i = 0; i < ARRAY_LEN(letters); i++)
		if (letters[i].sign == sign && (autossh || !letters[i].autossh))
			return &letters[i];
	return NULL;
}

static bool takes_value(const struct letter *l)
{
	return l->other || (l->keyword && !l->value);
}

/* Enters the next word if it holds options; whether it does. */
static bool enter(struct letters *l)
{
	const char *word = l->next < l->argv->len ? l->argv->v[l->next] : "";

	if (l->ended || *word != '-' || !word[1])
		return false;
	l->next++;
	l->ended = !strcmp(word, "--");
	l->rest = l->ended ? NULL : word + 1;
	return !l->ended;
}

static void step_letter(struct letters *l, struct letters_step *ret)
{
	ret->kind = LETTERS_OPTION;
	ret->word = ret->value_word = l->next - 1;
	ret->sign = *l->rest++;
	ret->letter = letter_find(ret->sign, l->autossh);
	if (!ret->letter)
		ret->kind = LETTERS_UNKNOWN;
	else if (!takes_value(ret->letter))
		return;
	else if (*l->rest)
		ret->value = l->rest;
	else if (l->next == l->argv->len)
		ret->kind = LETTERS_MISSING;
	else {
		ret->value_word = l->next++;
		ret->value = l->argv->v[ret->value_word];
	}
	l->rest = NULL;
}

static void step_word(struct letters *l, struct letters_step *ret)
{
	ret->kind = l->arrived ? LETTERS_COMMAND : LETTERS_DESTINATION;
	ret->word = ret->value_word = l->next;
	ret->value = l->argv->v[l->next];
	/* ssh.c only looks at the word in front of it, and so takes the value of "-i --" for an end as well. */
	l->ended |= l->next > 1 && !strcmp(l->argv->v[l->next - 1], "--");
	l->next = l->arrived ? l->argv->len : l->next + 1;
	l->arrived = true;
}

bool letters_next(struct letters *l, struct letters_step *ret)
{
	*ret = (struct letters_step){0};
	if ((l->rest && *l->rest) || enter(l))
		step_letter(l, ret);
	else if (l->next < l->argv->len)
		step_word(l, ret);
	return ret->kind != 0;
}

/* strdelim() of misc.c: one '=' stands for a blank. */
void letters_split(const char *text, struct buf *ret_keyword, struct buf *ret_value)
{
	const char *name = text + strspn(text, BLANKS), *value;
	size_t len = strcspn(name, BLANKS "=\"");

	buf_put(ret_keyword, name, len);
	value = name + len + strspn(name + len, BLANKS);
	value += *value == '=';
	value += strspn(value, BLANKS);
	len = strlen(value);
	while (len && strchr(BLANKS, value[len - 1]))
		len--;
	buf_put(ret_value, value, len);
}
