/* SPDX-License-Identifier: MIT */
#include "model/keyword.h"

#include <strings.h>

#include "base/macros.h"
#include "base/spelling.h"
#include "model/key.h"

const struct mandatory mandatory[] = {
#define MANDATORY(word, text, from, reason) { .name = word, .value = text, .since = from, .why = reason },
#include "model/mandatory.def"
};

const struct keyword keywords[] = {
#define KEYWORD(word, from) { .name = word, .since = from },
#include "model/keywords.def"
};

const size_t mandatory_len = ARRAY_LEN(mandatory);
const size_t keywords_len = ARRAY_LEN(keywords);

const struct mandatory *mandatory_find(const char *name)
{
	for (size_t i = 0; i < mandatory_len; i++)
		if (!strcasecmp(mandatory[i].name, name))
			return &mandatory[i];
	return NULL;
}

const struct keyword *keyword_find(const char *name)
{
	for (size_t i = 0; i < keywords_len; i++)
		if (!strcasecmp(keywords[i].name, name))
			return &keywords[i];
	return NULL;
}

const char *keyword_close(const char *name)
{
	for (size_t i = 0; i < keywords_len; i++)
		if (spelling_is_close(name, keywords[i].name))
			return keywords[i].name;
	for (size_t i = 0; i < mandatory_len; i++)
		if (spelling_is_close(name, mandatory[i].name))
			return mandatory[i].name;
	return NULL;
}
