/* SPDX-License-Identifier: MIT */
/* The key table and the backends' tables, for people: nothing is said here that is not in them. */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/spelling.h"
#include "base/table.h"
#include "cli/cli.h"
#include "cli/json.h"
#include "model/key.h"

static void print_cells(const struct strv *cells, size_t columns)
{
	AUTO(buf) text = {0};

	table_print(cells, columns, cli_columns(), &text);
	(void)fputs(buf_str(&text), stdout);
}

static const char *word_for(enum destination_id destination)
{
	switch (destination) {
	case SSH:
		return "an argument of ssh";
	case RUNNER:
		return "tunnelctl-run applies it";
	case SERVICE:
		return "the unit";
	}
	return "";
}

static void describe_ssh(const struct key *k, struct buf *ret)
{
	if (k->ssh && *k->ssh == '-')
		buf_puts(ret, k->ssh);
	else if (k->ssh)
		buf_printf(ret, "-o %s", k->ssh);
	else
		buf_puts(ret, k->id == KEY_host ? "the destination" : "see ssh_config(5)");
	if (k->since)
		buf_printf(ret, ", since ssh %u.%u", k->since / 100, k->since % 100);
}

static void explain_key(const struct key *k)
{
	AUTO(strv) cells = {0};
	AUTO(buf) text = {0};

	(void)printf("%s in [%s]\n%s\n\n", k->name, sections[k->section].name, k->doc);
	key_print_range(k, &text);
	strv_push(&cells, "value");
	strv_pushf(&cells, "%s%s", text.s, key_repeats(k) ? "; may be given several times" : "");
	strv_push(&cells, "default");
	strv_push(&cells, k->def ? k->def : "none");
	strv_push(&cells, "goes to");
	strv_push(&cells, word_for(k->destination));
	if (k->destination == SSH) {
		buf_clear(&text);
		describe_ssh(k, &text);
		strv_push(&cells, "ssh");
		strv_push(&cells, text.s);
	}
	for (size_t i = 0; backends[i]; i++) {
		const char *becomes = backends[i]->becomes ? backends[i]->becomes[k->id] : NULL;

		if (!becomes && k->destination != SERVICE)
			continue;
		strv_push(&cells, backends[i]->name);
		strv_push(&cells, becomes ? becomes : "not expressible");
	}
	print_cells(&cells, 2);
}

static void explain_backend(const struct backend *b)
{
	AUTO(strv) cells = {0};

	(void)printf("What the keys become under %s; every other key is ssh's or tunnelctl-run's business.\n\n", b->name);
	for (size_t i = 0; i < KEY_COUNT; i++) {
		if (!b->becomes || !b->becomes[i])
			continue;
		strv_pushf(&cells, "[%s] %s", sections[keys[i].section].name, keys[i].name);
		strv_push(&cells, b->becomes[i]);
	}
	print_cells(&cells, 2);
}

static void explain_all(void)
{
	for (enum section_id s = 0; s < SECTION_COUNT; s++) {
		AUTO(strv) cells = {0};

		for (size_t i = 0; i < KEY_COUNT; i++) {
			if (keys[i].section != s)
				continue;
			strv_pushf(&cells, "  %s", keys[i].name);
			strv_push(&cells, keys[i].def ? keys[i].def : "-");
			strv_push(&cells, keys[i].doc);
		}
		(void)printf("%s[%s]  %s\n", s ? "\n" : "", sections[s].name, sections[s].doc);
		print_cells(&cells, 3);
	}
	(void)puts("\nThe middle column is the default. More: tunnelctl explain KEY, or for a backend:");
	for (size_t i = 0; backends[i]; i++)
		(void)printf("tunnelctl explain %s\n", backends[i]->name);
}

static json_t *to_json(const struct key *k)
{
	json_t *o = json_object();
	AUTO(buf) range = {0};

	key_print_range(k, &range);
	json_set_text(o, "section", sections[k->section].name);
	json_set_text(o, "key", k->name);
	json_set_text(o, "help", k->doc);
	json_set_text(o, "value", range.s);
	json_set_text(o, "default", k->def);
	json_set_text(o, "ssh", k->ssh);
	(void)json_object_set_new(o, "repeatable", json_boolean(key_repeats(k)));
	for (size_t i = 0; backends[i]; i++)
		json_set_text(o, backends[i]->name, backends[i]->becomes ? backends[i]->becomes[k->id] : NULL);
	return o;
}

/* KEY: what it becomes */
static void backend_json(const struct backend *b)
{
	json_t *o = json_object();

	for (size_t i = 0; i < KEY_COUNT; i++)
		if (b->becomes && b->becomes[i])
			json_set_text(o, keys[i].name, b->becomes[i]);
	json_print(o);
}

static int no_such_key(const char *name)
{
	const char *close = NULL;

	for (size_t i = 0; i < KEY_COUNT && !close; i++)
		if (spelling_is_close(name, keys[i].name))
			close = keys[i].name;
	if (close)
		cli_error("%s: neither a key nor a backend; did you mean %s?", name, close);
	else
		cli_error("%s: neither a key nor a backend; tunnelctl explain lists them", name);
	return EXIT_USAGE;
}

static int keys_json(const char *name)
{
	json_t *list = json_array();
	bool found;

	for (size_t i = 0; i < KEY_COUNT; i++)
		if (!name || !strcasecmp(keys[i].name, name))
			(void)json_array_append_new(list, to_json(&keys[i]));
	found = json_array_size(list);
	json_print(list);
	return found ? EXIT_DONE : no_such_key(name);
}

static int explain_json(const char *name, const struct backend *b)
{
	if (!b)
		return keys_json(name);
	backend_json(b);
	return EXIT_DONE;
}

int cmd_explain(const struct cli *cli)
{
	const char *name = *cli->arguments;
	const struct backend *b = name ? backend_find(name) : NULL;
	bool found = false;

	if (name && cli->arguments[1]) {
		cli_error("explain takes one KEY or BACKEND, not %s too; see: tunnelctl explain --help",
			  cli->arguments[1]);
		return EXIT_USAGE;
	}
	if (cli->options.json)
		return explain_json(name, b);
	if (!name) {
		explain_all();
		return EXIT_DONE;
	}
	if (b) {
		explain_backend(b);
		return EXIT_DONE;
	}
	for (size_t i = 0; i < KEY_COUNT; i++)
		if (!strcasecmp(keys[i].name, name)) {
			if (found)
				(void)putchar('\n');
			explain_key(&keys[i]);
			found = true;
		}
	return found ? EXIT_DONE : no_such_key(name);
}
