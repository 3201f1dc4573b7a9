/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "model/key.h"
#include "model/keyword.h"

/* A word with a capital inside is a name that somebody gave, or two words without their blank. */
static bool is_known_name(const char *word)
{
	static const char *const names[] = { "macOS", "NAME=VALUE", "IPv4", "IPv6" };

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (!strcmp(names[i], word))
			return true;
	for (size_t i = 0; i < KEY_COUNT; i++)
		if (!strcmp(keys[i].name, word))
			return true;
	return keyword_find(word) || mandatory_find(word);
}

static void lint_text(const char *owner, const char *text)
{
	assert_non_null(text);
	if (!*text || *text == ' ' || text[strlen(text) - 1] == ' ' || strstr(text, "  "))
		fail_msg("%s: blanks in \"%s\"", owner, text);
	for (const char *s = text; *s; s++) {
		if (s[0] == '\t' || s[0] == '\n' || (strchr(",;", s[0]) && s[1] && s[1] != ' '))
			fail_msg("%s: a blank is lost in \"%s\"", owner, text);
	}
	for (const char *s = text; *s;) {
		size_t len = strspn(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789");
		AUTO_FREE char *word = xstrndup(s, len);

		for (size_t i = 0; i + 1 < len; i++)
			if (islower((unsigned char)word[i]) && isupper((unsigned char)word[i + 1]) &&
			    !is_known_name(word))
				fail_msg("%s: \"%s\" has lost a blank, or is not a known name", owner, word);
		s += len ? len : 1;
	}
}

static void every_row_is_sound(void **state UNUSED)
{
	for (size_t i = 0; i < KEY_COUNT; i++) {
		const struct key *k = &keys[i];
		const char *end;

		if (!k->name || !k->doc)
			fail_msg("row %zu has no name or no .doc", i);
		lint_text(k->name, k->doc);
		end = k->doc + strlen(k->doc) - 1;
		if (*end != '.')
			fail_msg("%s: the .doc does not end in a full stop", k->name);
		assert_int_equal(k->id, i);
		assert_in_range(k->type, STR, FWD);
		assert_in_range(k->destination, SSH, SERVICE);
		assert_true(k->section < SECTION_COUNT && !sections[k->section].open);
		assert_true(k->min <= k->max);
		if ((k->type == UINT || k->type == SECS) != (k->max > 0))
			fail_msg("%s: a range is for numbers, and every number has one", k->name);
		if (k->type == WORD && !k->words)
			fail_msg("%s: a WORD without words", k->name);
		if ((k->type == FWD) != (k->forward != 0))
			fail_msg("%s: .forward is for FWD", k->name);
		if (k->check && k->type != STR && k->type != LIST && k->type != PATH && k->type != PATHS)
			fail_msg("%s: .check is for texts and files", k->name);
		if (k->ssh && k->destination != SSH)
			fail_msg("%s: has .ssh and does not go to ssh", k->name);
	}
}

static void ssh_keys_are_sound(void **state UNUSED)
{
	for (size_t i = 0; i < KEY_COUNT; i++) {
		const struct key *k = &keys[i];
		bool file = k->type == PATH || k->type == PATHS;

		if (k->since && (k->since < VERSION(5, 1) || k->since > VERSION(11, 0)))
			fail_msg("%s: .since is no release that we know", k->name);
		if (k->percent && (!file || k->percent < k->since || k->percent > VERSION(11, 0)))
			fail_msg("%s: .percent is for files, and not older than .since", k->name);
		if (k->destination == SSH && k->type == PATHS && !k->percent)
			fail_msg("%s: does ssh expand %% in it? say .percent", k->name);
		if (k->ssh && k->ssh[0] == '-' && strlen(k->ssh) != 2)
			fail_msg("%s: the flag %s", k->name, k->ssh);
		if (k->ssh && k->ssh[0] != '-' && strcmp(k->ssh, k->name) != 0)
			fail_msg("%s: ssh_config calls it %s; one spelling is enough", k->name, k->ssh);
	}
}

static void names_are_unique(void **state UNUSED)
{
	for (size_t i = 0; i < KEY_COUNT; i++)
		for (size_t j = 0; j < i; j++)
			if (keys[i].section == keys[j].section && !strcasecmp(keys[i].name, keys[j].name))
				fail_msg("%s stands twice", keys[i].name);
	for (size_t i = 0; i < SECTION_COUNT; i++)
		for (size_t j = 0; j < i; j++)
			assert_true(strcasecmp(sections[i].name, sections[j].name) != 0);
	for (size_t i = 0; i < keywords_len; i++) {
		if (mandatory_find(keywords[i].name) || keyword_find(keywords[i].name) != &keywords[i])
			fail_msg("%s stands twice", keywords[i].name);
		for (size_t j = 0; j < KEY_COUNT; j++)
			if (!strcasecmp(keys[j].name, keywords[i].name))
				fail_msg("%s is a key and a keyword for [SSH]", keywords[i].name);
	}
	for (size_t i = 0; i < mandatory_len; i++)
		if (mandatory_find(mandatory[i].name) != &mandatory[i])
			fail_msg("%s stands twice", mandatory[i].name);
}

static void other_tables_are_sound(void **state UNUSED)
{
	static const struct { const char *word, *answer; } foreign[] = {
#define FOREIGN(word, answer) { word, answer },
#include "model/foreign.def"
	};

	for (size_t i = 0; i < SECTION_COUNT; i++) {
		lint_text(sections[i].name, sections[i].doc);
		assert_true(strlen(sections[i].name) <= 49);
	}
	for (size_t i = 0; i < mandatory_len; i++) {
		lint_text(mandatory[i].name, mandatory[i].why);
		assert_true(mandatory[i].since == 0 ||
			    (mandatory[i].since > VERSION(5, 0) && mandatory[i].since < VERSION(11, 0)));
	}
	for (size_t i = 0; i < keywords_len; i++)
		assert_true(keywords[i].since == 0 ||
			    (keywords[i].since > VERSION(5, 0) && keywords[i].since < VERSION(11, 0)));
	for (size_t i = 0; i < ARRAY_LEN(foreign); i++) {
		lint_text(foreign[i].word, foreign[i].answer);
		for (size_t j = 0; j < i; j++)
			assert_true(strcasecmp(foreign[i].word, foreign[j].word) != 0);
	}
}

static void finds_without_regard_to_case(void **state UNUSED)
{
	static const struct { enum section_id section; const char *name; int id; } rows[] = {
		{ SECTION_tunnel, "Host", KEY_host },
		{ SECTION_tunnel, "hOST", KEY_host },
		{ SECTION_tunnel, "IDENTITYFILE", KEY_identity_file },
		{ SECTION_service, "limitnofile", KEY_limit_nofile },
		{ SECTION_service, "Host", -1 },
		{ SECTION_tunnel, "Hos", -1 },
		{ SECTION_tunnel, "Hosts", -1 },
		{ SECTION_tunnel, "", -1 },
		{ SECTION_ssh, "Host", -1 },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct key *k = key_find(rows[i].section, rows[i].name);

		assert_ptr_equal(k, rows[i].id < 0 ? NULL : &keys[rows[i].id]);
	}
	for (size_t i = 0; i < KEY_COUNT; i++)
		assert_ptr_equal(key_find(keys[i].section, keys[i].name), &keys[i]);
	assert_int_equal(section_find("tunnel"), SECTION_tunnel);
	assert_int_equal(section_find("SYSTEMD.UNIT"), SECTION_systemd_unit);
	assert_int_equal(section_find("Tunne"), SECTION_COUNT);
	assert_int_equal(section_find(""), SECTION_COUNT);
}

/* The values of a key, joined. */
static void values(const struct key *k, const struct tunnel *t, struct buf *ret)
{
	AUTO(strv) all = {0};

	buf_clear(ret);
	key_values(k, t, &all);
	for (size_t i = 0; i < all.len; i++)
		buf_printf(ret, "%s%s", i ? "|" : "", all.v[i]);
}

static void defaults_are_what_the_rows_say(void **state UNUSED)
{
	AUTO(tunnel) t = {0};
	AUTO(buf) got = {0};

	key_set_defaults(&t);
	for (size_t i = 0; i < KEY_COUNT; i++) {
		struct error e = {0};
		AUTO(tunnel) alone = {0};

		values(&keys[i], &t, &got);
		if (keys[i].def && strcmp(got.s ? got.s : "", keys[i].def) != 0)
			fail_msg("%s: the default is \"%s\", the row says \"%s\"", keys[i].name, got.s,
				keys[i].def);
		if (!keys[i].def && got.len)
			fail_msg("%s: has the default \"%s\", the row has none", keys[i].name, got.s);
		if (keys[i].def && key_set(&keys[i], keys[i].def, &alone, &e) < 0)
			fail_msg("%s: its own default is refused: %s", keys[i].name, e.text);
	}
}

static void enums_agree_with_words(void **state UNUSED)
{
	static const struct { enum key_id id; unsigned value; const char *word; } rows[] = {
		{ KEY_address_family, ADDRESS_FAMILY_ANY, "any" },
		{ KEY_address_family, ADDRESS_FAMILY_INET, "inet" },
		{ KEY_address_family, ADDRESS_FAMILY_INET6, "inet6" },
		{ KEY_start, START_BOOT, "boot" },
		{ KEY_start, START_LOGIN, "login" },
		{ KEY_start, START_MANUAL, "manual" },
		{ KEY_restart, RESTART_ALWAYS, "always" },
		{ KEY_restart, RESTART_ON_FAILURE, "on-failure" },
		{ KEY_restart, RESTART_NEVER, "never" },
		{ KEY_sandbox, SANDBOX_STRICT, "strict" },
		{ KEY_sandbox, SANDBOX_OFF, "off" },
		{ KEY_tunnel, TUNNEL_POINT_TO_POINT, "point-to-point" },
		{ KEY_tunnel, TUNNEL_ETHERNET, "ethernet" },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct key *k = &keys[rows[i].id];
		AUTO(tunnel) t = {0};
		AUTO(buf) got = {0};

		assert_int_equal(k->type, WORD);
		assert_int_equal(key_set(k, rows[i].word, &t, NULL), 0);
		assert_int_equal(*(unsigned *)((char *)&t + k->offset), rows[i].value);
		values(k, &t, &got);
		assert_string_equal(got.s, rows[i].word);
	}
}

static void words_are_distinct(void **state UNUSED)
{
	for (size_t i = 0; i < KEY_COUNT; i++) {
		AUTO(strv) words = {0};
		AUTO_FREE char *copy = NULL;

		if (!keys[i].words)
			continue;
		copy = xstrdup(keys[i].words);
		for (char *s = copy; *s; s++)
			*s = *s == '|' ? ' ' : *s;
		strv_split(&words, copy);
		for (unsigned n = 0; n < words.len; n++) {
			AUTO(tunnel) t = {0};
			AUTO(buf) got = {0};

			assert_int_equal(key_set(&keys[i], words.v[n], &t, NULL), 0);
			values(&keys[i], &t, &got);
			assert_string_equal(got.s, words.v[n]);
			if (keys[i].type == WORD)
				assert_int_equal(*(unsigned *)((char *)&t + keys[i].offset), n + 1);
		}
	}
}

static void reads_prints_and_resets(void **state UNUSED)
{
	/* One row is one value given to a tunnel that has its defaults: what stands there then,
		or the reason. */
	static const struct { enum key_id id; const char *value, *now, *why; } rows[] = {
		{ KEY_description, "a ; b # c", "a ; b # c", NULL },
		{ KEY_host, "server", "server", NULL },
		{ KEY_host, "-x", "", "must not begin with '-'" },
		{ KEY_port, "2222", "2222", NULL },
		{ KEY_port, "65535", "65535", NULL },
		{ KEY_port, "0", "22", "not between 1 and 65535" },
		{ KEY_port, "22abc", "22", "not a number; wanted 1 to 65535" },
		{ KEY_port, "99999999999999999999", "22", "not between 1 and 65535" },
		{ KEY_connect_timeout, "1m30s", "90", NULL },
		{ KEY_connect_timeout, "1h", "3600", NULL },
		{ KEY_connect_timeout, "3601", "10", "not between 1 and 3600 s" },
		{ KEY_connect_timeout, "0", "10", "not between 1 and 3600 s" },
		{ KEY_connect_timeout, "9999999999999", "10", "not between 1 and 3600 s" },
		{ KEY_connect_timeout, "5x", "10", "not a duration such as 30 or 1m30s; wanted 1 to 3600 s" },
		{ KEY_compression, "yes", "yes", NULL },
		{ KEY_compression, "TRUE", "yes", NULL },
		{ KEY_compression, "false", "no", NULL },
		{ KEY_compression, "on", "no", "not yes or no" },
		{ KEY_compression, "1", "no", "not yes or no" },
		{ KEY_start, "Manual", "manual", NULL },
		{ KEY_start, "man", "", "wanted boot, login or manual" },
		{ KEY_start, "boot|login", "", "wanted boot, login or manual" },
		{ KEY_restart, "on-failure", "on-failure", NULL },
		{ KEY_config_file, "~/.ssh/config", "~/.ssh/config", NULL },
		{ KEY_config_file, "NONE", "none", NULL },
		{ KEY_config_file, "nothing", "none", "not an absolute path (/... or ~/...)" },
		{ KEY_identity_file, "/a b", "/a b", NULL },
		{ KEY_identity_file, "none", "", "not an absolute path (/... or ~/...)" },
		{ KEY_remote_forward, "12345 localhost:22", "12345:localhost:22", NULL },
		{ KEY_local_forward, ":1:[::1]:2", "*:1:[::1]:2", NULL },
		{ KEY_dynamic_forward, "0", "", "a port is a number between 1 and 65535" },
		{ KEY_limit_nofile, "16", "16", NULL },
		{ KEY_limit_nofile, "15", "", "not between 16 and 1048576" },
		{ KEY_environment, "A=b c", "A=b c", NULL },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct key *k = &keys[rows[i].id];
		AUTO(tunnel) t = {0};
		AUTO(buf) got = {0};
		struct error e = {0};
		int r;

		key_set_defaults(&t);
		r = key_set(k, rows[i].value, &t, &e);
		if (r != (rows[i].why ? -EINVAL : 0) || strcmp(e.text, rows[i].why ? rows[i].why : "") != 0)
			fail_msg("%s = %s: %d, \"%s\"", k->name, rows[i].value, r, e.text);
		values(k, &t, &got);
		assert_string_equal(buf_str(&got), rows[i].now);
		if (rows[i].why)
			continue;
		/* What is printed can be read, and means the same. */
		if (!key_repeats(k)) {
			AUTO(tunnel) again = {0};
			AUTO(buf) twice = {0};

			assert_int_equal(key_set(k, got.s, &again, NULL), 0);
			values(k, &again, &twice);
			assert_string_equal(twice.s, got.s);
		}
		/* An empty value puts the default back. */
		assert_int_equal(key_set(k, "", &t, NULL), 0);
		values(k, &t, &got);
		assert_string_equal(buf_str(&got), k->def ? k->def : "");
	}
}

static void lists_append(void **state UNUSED)
{
	static const struct { enum key_id id; const char *one, *two, *both; } rows[] = {
		{ KEY_identity_file, "/a", "/b", "/a|/b" },
		{ KEY_environment, "A=1", "A=2", "A=1|A=2" },
		{ KEY_remote_forward, "1:h:1", "2:h:2", "1:h:1|2:h:2" },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct key *k = &keys[rows[i].id];
		AUTO(tunnel) t = {0};
		AUTO(buf) got = {0};

		assert_true(key_repeats(k));
		assert_int_equal(key_set(k, rows[i].one, &t, NULL), 0);
		assert_int_equal(key_set(k, rows[i].two, &t, NULL), 0);
		values(k, &t, &got);
		assert_string_equal(got.s, rows[i].both);
		key_clear(k, &t);
		values(k, &t, &got);
		assert_int_equal(got.len, 0);
	}
	assert_false(key_repeats(&keys[KEY_port]));
}

static void ranges_in_words(void **state UNUSED)
{
	static const struct { enum key_id id; const char *out; } rows[] = {
		{ KEY_port, "1 to 65535" },
		{ KEY_connect_timeout, "1 to 3600 s" },
		{ KEY_compression, "yes or no" },
		{ KEY_start, "boot, login or manual" },
		{ KEY_sandbox, "strict or off" },
		{ KEY_identity_file, "an absolute path or ~/..." },
		{ KEY_identity_agent, "an absolute path or ~/..., or none or SSH_AUTH_SOCK" },
		{ KEY_remote_forward, "[bind:]port:host:port" },
		{ KEY_dynamic_forward, "[bind:]port" },
		{ KEY_host, "text" },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(buf) out = {0};

		key_print_range(&keys[rows[i].id], &out);
		assert_string_equal(out.s, rows[i].out);
	}
	for (size_t i = 0; i < KEY_COUNT; i++) {
		AUTO(buf) out = {0};

		key_print_range(&keys[i], &out);
		assert_true(out.len > 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_row_is_sound),
		cmocka_unit_test(ssh_keys_are_sound),
		cmocka_unit_test(names_are_unique),
		cmocka_unit_test(other_tables_are_sound),
		cmocka_unit_test(finds_without_regard_to_case),
		cmocka_unit_test(defaults_are_what_the_rows_say),
		cmocka_unit_test(enums_agree_with_words),
		cmocka_unit_test(words_are_distinct),
		cmocka_unit_test(reads_prints_and_resets),
		cmocka_unit_test(lists_append),
		cmocka_unit_test(ranges_in_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
