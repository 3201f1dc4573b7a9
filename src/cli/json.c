/* SPDX-License-Identifier: MIT */
#include "cli/json.h"

#include <stdio.h>

json_t *json_strv(const struct strv *l)
{
	json_t *array = json_array();

	for (size_t i = 0; i < l->len; i++)
		(void)json_array_append_new(array, json_string(l->v[i]));
	return array;
}

void json_set_text(json_t *object, const char *key, const char *text)
{
	json_t *value = text ? json_string(text) : NULL;

	(void)json_object_set_new(object, key, value ? value : json_null());
}

void json_print(json_t *value)
{
	(void)json_dumpf(value, stdout, JSON_INDENT(2));
	(void)putchar('\n');
	json_decref(value);
}

void json_finish(const struct cli *cli, json_t *list)
{
	if (cli->options.json)
		json_print(list);
	else
		json_decref(list);
}
