/* SPDX-License-Identifier: MIT */
#include "sshargs.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "base/file.h"
#include "ssh/commandline.h"
#include "ssh/letters.h"

#define CAPITALS "ABCDEFGHIJKLMNOPQRSTUVWXYZ"

/* What was met so far. */
struct reader {
	const struct item *argv;
	bool host, forwards, alive, fails, no_shell, command;
	struct strv *problems, *advice;
};

/* One setting, by its letter or by -o. */
struct said {
	const struct item *at;
	const char *what; /* "-f", "ForkAfterAuthentication=yes" */
	const char *keyword, *value;
};

static bool is_switched_off(const char *value)
{
	return !strcasecmp(value, "no") || !strcasecmp(value, "false") || !strcmp(value, "0");
}

/* 12345 or host:12345, and no target behind: ssh(1), -R. An address in brackets has colons of its own. */
static bool is_without_target(const char *forward)
{
	const char *s = *forward == '[' && strchr(forward, ']') ? strchr(forward, ']') : forward;
	const char *colon = strchr(s, ':');

	return !strpbrk(forward, "/ \t") && !(colon && strchr(colon + 1, ':'));
}

static void judge_remote(struct reader *r, const struct item *at, const char *forward)
{
	r->forwards = true;
	if (is_without_target(forward))
		item_finding(at, r->problems,
			     "ProgramArguments: -R %.60s names no target, so ssh lets the server into this whole "
			     "network (SOCKS); wanted PORT:HOST:PORT",
			     forward);
}

/* Nobody expands $HOME: no shell reads the line, and ssh knows only ${HOME}, in a few places. */
static void judge_path(struct reader *r, const struct item *at, const char *path)
{
	const char *dollar = strchr(path, '$');

	if (dollar && strchr(CAPITALS "(", dollar[1]) && dollar[1])
		item_finding(at, r->problems, "ProgramArguments: %.60s: launchd expands nothing, and no shell does",
			     path);
}

/* Options of ssh_config(5) by which ssh leaves the process that launchd watches; the first row that fits. */
static void judge_leaving(struct reader *r, const struct said *s)
{
	static const struct { const char *keyword, *value, *why; } leaving[] = {
		{ "ForkAfterAuthentication", NULL, "sends ssh to the background, which launchd takes for its end" },
		{ "ControlPersist", NULL, "leaves an ssh in the background that launchd does not know" },
		{ "ControlMaster", "yes", "makes an ssh that others hang on, and may itself hang on another" },
		{ "ControlMaster", NULL, "hands the tunnel to an ssh that launchd does not watch" },
	};

	for (size_t i = 0; i < ARRAY_LEN(leaving) && !is_switched_off(s->value); i++) {
		if (strcasecmp(s->keyword, leaving[i].keyword) != 0 ||
		    (leaving[i].value && strcasecmp(s->value, leaving[i].value) != 0))
			continue;
		item_finding(s->at, r->problems, "ProgramArguments: %.60s %s; leave it out", s->what, leaving[i].why);
		return;
	}
}

static bool is_any(const char *keyword, const char *const list[])
{
	while (*list && strcasecmp(keyword, *list) != 0)
		list++;
	return *list;
}

static void take_said(struct reader *r, const struct said *s)
{
	/* Where people write $HOME and $USER. */
	static const char *const names[] = {
		"IdentityFile", "UserKnownHostsFile", "CertificateFile", "ControlPath", "User", NULL,
	};
	static const char *const forwards[] = { "LocalForward", "DynamicForward", "TunnelDevice", NULL };
	static const char *const shells[] = { "SessionType", "RemoteCommand", NULL };

	judge_leaving(r, s);
	if (!strcasecmp(s->keyword, "RemoteForward"))
		judge_remote(r, s->at, s->value);
	else if (is_any(s->keyword, names))
		judge_path(r, s->at, s->value);
	r->forwards |= is_any(s->keyword, forwards);
	r->alive |= !strcasecmp(s->keyword, "ServerAliveInterval") && strcmp(s->value, "0") != 0;
	r->fails |= !strcasecmp(s->keyword, "ExitOnForwardFailure") && !is_switched_off(s->value);
	r->no_shell |= is_any(s->keyword, shells);
}

static void take_line(struct reader *r, const struct item *at, const char *text)
{
	AUTO(buf) keyword = {0};
	AUTO(buf) value = {0};
	AUTO(buf) what = {0};
	const char *bare;

	letters_split(text, &keyword, &value);
	bare = buf_str(&value) + strspn(buf_str(&value), "\"");
	buf_cat(&what, buf_str(&keyword), "=", bare);
	take_said(r, &(struct said){ at, what.s, buf_str(&keyword), bare });
}

static void judge_blanks(struct reader *r, const struct letters_step *step, const struct item *at)
{
	if (step->letter->blanks || !strspn(step->value, " \t"))
		return;
	if (step->word == step->value_word)
		item_finding(at, r->problems,
			     "ProgramArguments: -%c and its value are one string, so the value begins with a blank; "
			     "wanted two",
			     step->sign);
	else
		item_finding(at, r->problems,
			     "ProgramArguments: the value of -%c begins with a blank, which ssh takes for a part of "
			     "it; leave it out",
			     step->sign);
}

static void take_option(struct reader *r, const struct letters_step *step)
{
	const struct letter *l = step->letter;
	const struct item *at = &r->argv->items[step->value_word];
	const char *value = step->value ? step->value + strspn(step->value, " \t") : l->value;
	const char what[] = { '-', step->sign, '\0' };

	if (step->value)
		judge_blanks(r, step, at);
	if (l->keyword)
		take_said(r, &(struct said){ at, what, l->keyword, value });
	else if (l->sign == 'o')
		take_line(r, at, value);
	else if (l->sign == 'E' || l->sign == 'F')
		judge_path(r, at, value);
	r->no_shell |= l->refused != NULL;
}

static void take_step(struct reader *r, const struct letters_step *step)
{
	const struct item *at = &r->argv->items[step->word];

	if (step->kind == LETTERS_OPTION)
		take_option(r, step);
	else if (step->kind == LETTERS_UNKNOWN && step->sign == ' ')
		item_finding(at, r->problems,
			     "ProgramArguments: \"%.60s\" is one argument of ssh; wanted each in a <string> of its own",
			     at->text);
	else if (step->kind == LETTERS_DESTINATION)
		judge_path(r, at, step->value);
	r->host |= step->kind == LETTERS_DESTINATION;
	r->command |= step->kind == LETTERS_COMMAND;
}

static void advise(const struct reader *r)
{
	const struct item *at = r->argv;

	if (!r->host)
		item_finding(at, r->problems, "ProgramArguments: ssh is told no host");
	if (!r->alive)
		item_finding(at, r->advice, "ProgramArguments: no -o ServerAliveInterval=15; without it ssh does not "
			     "notice a connection that has died");
	if (r->forwards && !r->fails)
		item_finding(at, r->advice, "ProgramArguments: no -o ExitOnForwardFailure=yes; without it ssh stays "
			     "though its forward failed");
	if (!r->no_shell && !r->command)
		item_finding(at, r->advice, "ProgramArguments: no -N; the shell that ssh starts on the server ends "
			     "at once, as launchd gives it no input");
}

/* A command line where the program's path should be. */
static void judge_program(const struct item *first, struct strv *ret)
{
	const char *options = strstr(first->text, " -");
	AUTO(buf) program = {0};

	buf_put(&program, first->text, options ? (size_t)(options - first->text) : 0);
	if (commandline_knows(buf_str(&program)))
		item_finding(first, ret,
			     "ProgramArguments: the program is \"%.60s\"; wanted each argument in a <string> of its "
			     "own",
			     first->text);
}

void sshargs_judge(const struct item *argv, const struct item *program, struct strv *ret_problems,
		   struct strv *ret_advice)
{
	const struct item *first = argv && argv->type == ITEM_ARRAY && argv->len ? argv->items : NULL;
	struct reader r = { .argv = argv, .problems = ret_problems, .advice = ret_advice };
	AUTO(strv) words = {0};
	struct letters letters = { .argv = &words, .next = 1 };
	struct letters_step step;
	const char *name;

	if (!first || first->type != ITEM_STRING || (program && program->type != ITEM_STRING))
		return;
	name = program ? program->text : first->text;
	judge_program(first, ret_problems);
	if (!commandline_knows(name))
		return;
	letters.autossh = !strcmp(path_base(name), "autossh");
	for (size_t i = 0; i < argv->len; i++) /* what is no string has been refused, and keeps its place */
		strv_push(&words, argv->items[i].text ? argv->items[i].text : "");
	while (letters_next(&letters, &step))
		take_step(&r, &step);
	advise(&r);
}
