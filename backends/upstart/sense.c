/* SPDX-License-Identifier: MIT */
#include "sense.h"

#include <string.h>
#include <strings.h>

#include "base/alloc.h"
#include "base/file.h"
#include "base/macros.h"
#include "ssh/commandline.h"
#include "ssh/letters.h"
#include "words.h"

static bool is_one_of(const char *s, const char *const list[])
{
	while (*list && strcmp(s, *list) != 0)
		list++;
	return *list;
}

/* upstart gives "exec TEXT" to the shell: the first command takes the shell's place. */
static void judge_list(const struct words *w, struct buf *ret)
{
	if (!strcmp(w->list, "&"))
		buf_puts(ret, "'&' sends it to the background, which upstart takes for its end; leave it out");
	else if (!strcmp(w->list, "|"))
		buf_puts(ret, "upstart watches the shell of the pipe, not what runs in it; write to a file, or use "
			      "console log");
	else if (*w->list)
		buf_printf(ret, "what stands behind '%s' never runs, for upstart gives the shell 'exec ...'; wanted one "
				"command, or a script", w->list);
}

/* Programs between upstart and the one that matters. */
static void judge_program(const struct words *w, struct buf *ret)
{
	static const char *const accounts[] = { "sudo", "su", "runuser", "doas", "sg", NULL };
	static const char *const leave[] = { "setsid", "daemon", "daemonize", NULL };
	static const char *const background[] = { "-b", "--background", NULL };
	const char *name = path_base(w->v.v[0]);

	if (is_one_of(name, accounts)) {
		buf_printf(ret, "upstart watches %s and not what it starts; wanted setuid (from upstart 1.4 on) or "
				"tunnelctl-run --as USER", name);
	} else if (is_one_of(name, leave)) {
		buf_printf(ret, "%s leaves upstart with a process that ends at once; wanted the program itself", name);
	} else if (!strcmp(name, "start-stop-daemon")) {
		for (size_t i = 1; i < w->v.len && strcmp(w->v.v[i], "--") != 0; i++)
			if (is_one_of(w->v.v[i], background))
				buf_printf(ret, "%s sends it to the background, which upstart takes for its end; leave "
						"it out", w->v.v[i]);
	}
}

/* What the options of an ssh amount to. */
struct ssh_facts {
	const char *leaves; /* the option that sends it away from upstart */
	bool host, alive, fails, no_shell, command, forwards;
};

static bool is_off(const char *value)
{
	return !strcasecmp(value, "no") || !strcasecmp(value, "false") || !strcmp(value, "0");
}

/* ssh_config(5). */
static void take_keyword(struct ssh_facts *f, const char *keyword, const char *value)
{
	static const char *const leaving[] = { "ForkAfterAuthentication", "ControlPersist", "ControlMaster" };
	static const char *const forwards[] = { "RemoteForward", "LocalForward", "DynamicForward", "TunnelDevice" };

	for (size_t i = 0; i < ARRAY_LEN(leaving); i++)
		if (!strcasecmp(keyword, leaving[i]) && !is_off(value))
			f->leaves = leaving[i];
	for (size_t i = 0; i < ARRAY_LEN(forwards); i++)
		f->forwards |= !strcasecmp(keyword, forwards[i]);
	f->alive |= !strcasecmp(keyword, "ServerAliveInterval") && strcmp(value, "0") != 0;
	f->fails |= !strcasecmp(keyword, "ExitOnForwardFailure") && !is_off(value);
	f->no_shell |= !strcasecmp(keyword, "SessionType") || !strcasecmp(keyword, "RemoteCommand");
}

static void take_option(struct ssh_facts *f, const struct letters_step *step)
{
	const struct letter *l = step->letter;
	AUTO(buf) keyword = {0};
	AUTO(buf) value = {0};

	if (l->sign == 'o' && step->value)
		letters_split(step->value, &keyword, &value);
	else if (l->keyword)
		buf_puts(&keyword, l->keyword);
	if (l->keyword)
		buf_puts(&value, step->value ? step->value : l->value ? l->value : "");
	take_keyword(f, buf_str(&keyword), buf_str(&value));
	f->no_shell |= l->refused != NULL;
}

static void read_ssh(const struct words *w, struct ssh_facts *ret)
{
	struct letters letters = { .argv = &w->v, .next = 1, .autossh = !strcmp(path_base(w->v.v[0]), "autossh") };
	struct letters_step step;

	while (letters_next(&letters, &step)) {
		if (step.kind == LETTERS_OPTION)
			take_option(ret, &step);
		ret->host |= step.kind == LETTERS_DESTINATION;
		ret->command |= step.kind == LETTERS_COMMAND;
	}
}

static void judge_ssh(const struct words *w, struct buf *ret)
{
	struct ssh_facts f = {0};

	read_ssh(w, &f);
	if (f.leaves)
		buf_printf(ret, "%s: ssh goes to the background, which upstart takes for its end; leave it out",
			   f.leaves);
	else if (!f.host)
		buf_puts(ret, "ssh is told no host");
}

void sense_command(const char *text, struct buf *ret)
{
	__attribute__((cleanup(words_done))) struct words w = {0};

	if (!words_split(text, &w)) {
		buf_puts(ret, "the shell finds a quote that is not closed");
		return;
	}
	judge_list(&w, ret);
	if (!ret->len && w.v.len)
		judge_program(&w, ret);
	if (!ret->len && w.v.len && commandline_knows(w.v.v[0]))
		judge_ssh(&w, ret);
}

/* `sleep N` delays a respawn, and cannot fail. */
static bool is_harmless(const struct words *w)
{
	static const char *const nothing[] = { "true", "/bin/true", ":", NULL };
	static const char *const sleeps[] = { "sleep", "/bin/sleep", NULL };

	if (w->redirect || w->expands || !w->v.len)
		return false;
	if (is_one_of(w->v.v[0], nothing) && w->v.len == 1)
		return true;
	return is_one_of(w->v.v[0], sleeps) && w->v.len == 2 && w->v.v[1][0] &&
	       strspn(w->v.v[1], "0123456789") == strlen(w->v.v[1]);
}

bool sense_exec_may_fail(const char *text)
{
	__attribute__((cleanup(words_done))) struct words w = {0};

	/* ":" is the shell's own, which exec does not find. */
	return !words_split(text, &w) || *w.list || !is_harmless(&w) || !strcmp(w.v.v[0], ":");
}

static bool ends_in(const char *line, const char *end)
{
	size_t len = strlen(line), its = strlen(end);

	return len >= its && !strcmp(line + len - its, end);
}

/* `sh -e` ends where a line fails. */
static bool line_may_fail(char *line)
{
	__attribute__((cleanup(words_done))) struct words w = {0};

	for (size_t len = strlen(line); len && strchr(" \t\r;", line[len - 1]);)
		line[--len] = '\0';
	line += strspn(line, " \t\r");
	if (!*line || *line == '#' || ends_in(line, "|| true") || ends_in(line, "|| :") || !strcmp(line, "exit 0"))
		return false;
	return !words_split(line, &w) || *w.list || !is_harmless(&w);
}

bool sense_script_may_fail(const char *body)
{
	for (const char *s = body; *s;) {
		size_t len = strcspn(s, "\n");
		AUTO_FREE char *line = xstrndup(s, len);

		if (line_may_fail(line))
			return true;
		s += len + (s[len] == '\n');
	}
	return false;
}

bool sense_is_ssh(const char *text)
{
	__attribute__((cleanup(words_done))) struct words w = {0};

	return words_split(text, &w) && w.v.len && commandline_knows(w.v.v[0]);
}

void sense_advise(const char *text, struct strv *ret)
{
	__attribute__((cleanup(words_done))) struct words w = {0};
	struct ssh_facts f = {0};

	if (!words_split(text, &w) || !w.v.len || !commandline_knows(w.v.v[0]))
		return;
	read_ssh(&w, &f);
	if (!f.alive)
		strv_push(ret, "no -o ServerAliveInterval=15; without it ssh does not notice a connection that has died");
	if (f.forwards && !f.fails)
		strv_push(ret, "no -o ExitOnForwardFailure=yes; without it ssh stays though its forward failed");
	if (!f.no_shell && !f.command)
		strv_push(ret, "no -N; the shell that ssh starts on the server ends at once, as upstart gives it no "
			       "input");
}
