/* SPDX-License-Identifier: MIT */
#include "check.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

#include "base/utf8.h"
#include "keys.h"
#include "model/draft.h"
#include "sshargs.h"

/* A file that was made to be wrong a million times is refused after as many findings as anybody reads. */
enum { PROBLEMS_MAX = 100 };

static void check_dict(struct strv *problems, const char *path, const struct item *dict);

/* "an integer", "an array or a string" */
static void print_types(unsigned types, struct buf *ret)
{
	static const char *const names[] = {
		"true or false", "an integer",    "a string", "an array",
		"a dictionary",  "a real number", "a date",   "data",
	};
	size_t start = ret->len;

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (types & 1U << i)
			buf_printf(ret, "%s%s", ret->len > start ? " or " : "", names[i]);
}

static void check_type(struct strv *problems, unsigned types, const char *path, const struct item *item)
{
	AUTO(buf) found = {0};
	AUTO(buf) wanted = {0};

	print_types(item->type, &found);
	print_types(types, &wanted);
	/* The one string that looks right: newer launchds read it, older ones lose it. */
	if (!strcmp(path, "Umask") && item->type == ITEM_STRING)
		buf_puts(&wanted, " (18 for an octal 022)");
	item_finding(item, problems, "%s: is %s; wanted %s", path, found.s, wanted.s);
}

/* One value of a type that its key may have. */
static void check_value(struct strv *problems, const struct job_key *k, const char *path,
			const struct item *item)
{
	bool good = true;
	AUTO(buf) range = {0};

	if (item->type == ITEM_DICT && !k->open)
		check_dict(problems, path, item);
	else if (item->type == ITEM_BOOL && (item->number ? k->if_true : k->if_false))
		item_finding(item, problems, "%s: is %s, which %s", path, item->number ? "true" : "false",
			     item->number ? k->if_true : k->if_false);
	else if (item->type == ITEM_INTEGER)
		good = job_key_takes_number(k, item->number);
	else if (item->type == ITEM_STRING)
		good = job_key_takes_text(k, item->text);
	if (good)
		return;
	if (k->octal)
		buf_printf(&range, "%lld to %lld", k->min, k->max);
	else
		job_key_print_range(k, item->type, &range);
	if (k->absolute && strpbrk(item->text, "~$"))
		buf_puts(&range, "; launchd expands neither ~ nor $HOME");
	else if (!strcmp(path, "LimitLoadToSessionType") && !strcmp(item->text, "System"))
		buf_puts(&range, ", and for a daemon no such key");
	item_finding(item, problems, "%s: is %.60s; wanted %s", path, item->text, range.s);
}

static void check_key(struct strv *problems, const struct job_key *k, const char *path,
		      const struct item *item)
{
	if (k->harm) {
		item_finding(item, problems, "%s: %s", path, k->harm);
		return;
	}
	if (!(item->type & k->types)) {
		check_type(problems, k->types, path, item);
		return;
	}
	if (item->type != ITEM_ARRAY) {
		check_value(problems, k, path, item);
		return;
	}
	for (size_t i = 0; i < item->len; i++) {
		if (item->items[i].type & k->of)
			check_value(problems, k, path, &item->items[i]);
		else
			check_type(problems, k->of, path, &item->items[i]);
	}
}

static void unknown(struct strv *problems, const char *dict, const char *path, const struct item *item)
{
	const struct job_key *k = job_key_find_any_case(dict, item->key);

	if (k)
		item_finding(item, problems, "%s: wrong case; launchd spells it %s", path, k->name);
	else if ((k = job_key_close(dict, item->key)))
		item_finding(item, problems, "%s: unknown to launchd; did you mean %s?", path, k->name);
	else
		item_finding(item, problems, "%s: unknown to launchd", path);
}

/* PATH is that of the dictionary, "" for the job. */
static void check_dict(struct strv *problems, const char *path, const struct item *dict)
{
	for (size_t i = 0; i < dict->len && problems->len < PROBLEMS_MAX; i++) {
		const struct item *item = &dict->items[i];
		const struct job_key *k = job_key_find(path, item->key);
		AUTO(buf) name = {0};

		buf_printf(&name, "%s%s%.100s", path, *path ? "." : "", item->key);
		if (k)
			check_key(problems, k, name.s, item);
		else
			unknown(problems, path, name.s, item);
	}
}

/* launchd keeps these for itself, in any case. */
static bool is_reserved(const char *label)
{
	return !strncasecmp(label, "com.apple.launchd", 17) || !strncasecmp(label, "com.apple.launchctl", 19);
}

static void check_label(struct strv *problems, const struct item *job)
{
	const struct item *label = item_find(job, "Label");

	if (!label)
		item_finding(job, problems, "Label: missing");
	else if (label->type == ITEM_STRING && !*label->text)
		item_finding(label, problems, "Label: is empty");
	else if (label->type == ITEM_STRING && text_check(label->text, strlen(label->text)))
		item_finding(label, problems, "Label: holds %s", text_check(label->text, strlen(label->text)));
	else if (label->type == ITEM_STRING && strchr(label->text, '\t'))
		item_finding(label, problems, "Label: holds a control character");
	else if (label->type == ITEM_STRING && is_reserved(label->text))
		item_finding(label, problems, "Label: %.60s belongs to launchd itself", label->text);
}

/* A bare name is looked up by launchd itself; anything else has to be the whole path. */
static void check_first(struct strv *problems, const struct item *first)
{
	const char *text = first->text;

	if (*text != '/' && (!*text || strpbrk(text, "/~$")))
		item_finding(first, problems, "ProgramArguments: begins with \"%.60s\"; wanted an absolute path%s",
			     text, strpbrk(text, "~$") ? "; launchd expands neither ~ nor $HOME" : "");
}

/* Types are check_dict()'s; here is what must be there to run anything. */
static void check_program(struct strv *problems, const struct item *job)
{
	const struct item *program = item_find(job, "Program"), *argv = item_find(job, "ProgramArguments");
	AUTO(strv) advice = {0}; /* job_advise() gives it */

	sshargs_judge(argv, program, problems, &advice);
	if (program || item_find(job, "BundleProgram"))
		return;
	if (!argv)
		item_finding(job, problems, "ProgramArguments: missing, and there is no Program");
	else if (argv->type == ITEM_ARRAY && !argv->len)
		item_finding(argv, problems, "ProgramArguments: is empty, and there is no Program");
	else if (argv->type == ITEM_ARRAY && argv->items->type == ITEM_STRING)
		check_first(problems, argv->items);
}

/* launchd makes another socket for ssh-agent at each login, and gives its path to agents by itself. */
static void check_environment(struct strv *problems, const struct item *job)
{
	const struct item *dict = item_find(job, "EnvironmentVariables");

	for (size_t i = 0; dict && dict->type == ITEM_DICT && i < dict->len; i++) {
		const struct item *item = &dict->items[i];

		if (!*item->key || strchr(item->key, '='))
			item_finding(item, problems, "EnvironmentVariables: \"%.60s\" is no name of a variable",
				     item->key);
		else if (!strcmp(item->key, "SSH_AUTH_SOCK") && item->type == ITEM_STRING &&
			 strstr(item->text, "com.apple.launchd."))
			item_finding(item, problems, "EnvironmentVariables.SSH_AUTH_SOCK: this path is gone after the "
				     "next login; leave it out");
	}
}

int launchd_read(const char *text, size_t len, struct item *ret, struct strv *ret_problems)
{
	AUTO(buf) copy = {0};
	AUTO(item) job = {0};

	buf_put(&copy, text, len);
	if (!strncmp(copy.s, "bplist", 6))
		strv_push(ret_problems, "a binary property list; wanted XML (plutil -convert xml1 FILE)");
	else if (!strncmp(copy.s, "\xff\xfe", 2) || !strncmp(copy.s, "\xfe\xff", 2))
		strv_push(ret_problems, "1: is UTF-16; wanted an XML property list in UTF-8");
	else if (strlen(copy.s) != len)
		strv_push(ret_problems, "holds a NUL byte; wanted an XML property list in UTF-8");
	else if (item_read(copy.s, &job, ret_problems) == 0 && job.type != ITEM_DICT)
		item_finding(&job, ret_problems, "not a dictionary");
	if (job.type != ITEM_DICT)
		return -EINVAL;
	*ret = job;
	job = (struct item){0};
	return 0;
}

/* Where the templates that people copy have blanks. Other keys may hold such words in earnest. */
static void check_blanks(struct strv *problems, const struct item *job)
{
	static const char *const names[] = { "UserName", "GroupName", "WorkingDirectory", "StandardOutPath",
					     "StandardErrorPath" };

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		const struct item *item = item_find(job, names[i]);
		AUTO_FREE char *blank = item && item->type == ITEM_STRING ? draft_blank(item->text) : NULL;

		if (blank)
			item_finding(item, problems, "%s: %.60s is a blank that nobody filled in; wanted the real name",
				     names[i], blank);
	}
}

int launchd_check(const char *text, size_t len, struct strv *ret_problems)
{
	AUTO(item) job = {0};
	size_t before = ret_problems->len;

	if (launchd_read(text, len, &job, ret_problems) < 0)
		return -EINVAL;
	check_label(ret_problems, &job);
	check_program(ret_problems, &job);
	check_environment(ret_problems, &job);
	check_blanks(ret_problems, &job);
	check_dict(ret_problems, "", &job);
	return ret_problems->len > before ? -EINVAL : 0;
}
