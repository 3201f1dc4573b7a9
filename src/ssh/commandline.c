/* SPDX-License-Identifier: MIT */
#include "ssh/commandline.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/file.h"
#include "ssh/letters.h"
#include "ssh/translation.h"

#define BLANKS " \t\r\n"

/* The command line while it is read. */
struct reader {
	const struct commandline *line;
	struct translation out;
	char *destination; /* without user and port */
	struct draft_origin destination_at;
	bool autossh, config;
};

static struct draft_origin origin(const struct reader *r, size_t word, const char *what)
{
	return (struct draft_origin){ .what = what, .line = r->line->lines ? r->line->lines[word] : 0 };
}

static void take_line(struct reader *r, const char *text, const struct draft_origin *at)
{
	AUTO(buf) keyword = {0};
	AUTO(buf) value = {0};

	letters_split(text, &keyword, &value);
	if (!value.len)
		draft_remark(r->out.draft, DRAFT_REFUSED, at, "no value; wanted Keyword=value");
	else
		translation_take(&r->out, &(struct ssh_option){ .at = *at, .keyword = buf_str(&keyword),
								.value = value.s, .raw = true });
}

/* -E and -F: file names that are no keywords. The last wins. */
static void take_file(struct reader *r, const struct key *k, const char *path, const struct draft_origin *at)
{
	if (!strcmp(path, "/dev/null") && k == &keys[KEY_config_file])
		translation_set(&r->out, k, "none", at);
	else
		translation_set_path(&r->out, k, path, at);
	r->config |= k == &keys[KEY_config_file];
}

/* autossh(1): a port of its own, through which it sends something round. */
static void take_monitor(struct reader *r, const char *value, const struct draft_origin *at)
{
	draft_remark(r->out.draft, DRAFT_DROPPED, at, "%s",
		     !strcmp(value, "0") ? "autossh's own: without its monitor port, as always here"
					 : "autossh's own; ServerAliveInterval and [Health] notice a dead connection");
}

static void take_letter(struct reader *r, const struct letter *l, const char *value, const struct draft_origin *at)
{
	if (l->refused)
		draft_remark(r->out.draft, DRAFT_REFUSED, at, "ssh %s; wanted the command of a tunnel", l->refused);
	else if (l->dropped)
		draft_remark(r->out.draft, DRAFT_DROPPED, at, "%s", l->dropped);
	else if (l->autossh)
		take_monitor(r, value, at);
	else if (l->sign == 'o')
		take_line(r, value, at);
	else if (l->sign == 'E')
		take_file(r, &keys[KEY_log], value, at);
	else if (l->sign == 'F')
		take_file(r, &keys[KEY_config_file], value, at);
	else
		translation_take(&r->out, &(struct ssh_option){ .at = *at, .keyword = l->keyword,
								.value = l->value ? l->value : value,
								.last = l->last });
	if (l->sign == 'K') /* it says both */
		translation_take(&r->out, &(struct ssh_option){ .at = *at, .keyword = "GSSAPIDelegateCredentials",
								.value = "yes", .last = true });
}

/* Blanks in front of a value are passed over even where ssh does not: nobody means them. */
static void take_option(struct reader *r, const struct letters_step *step)
{
	const char *value = step->value ? step->value + strspn(step->value, BLANKS) : NULL;
	AUTO(buf) what = {0};
	struct draft_origin at;

	buf_printf(&what, "-%c", step->sign);
	if (value)
		buf_cat(&what, " ", value);
	at = origin(r, step->word, what.s);
	if (step->kind == LETTERS_UNKNOWN)
		draft_remark(r->out.draft, DRAFT_REFUSED, &at, "not an option of ssh");
	else if (step->kind == LETTERS_MISSING)
		draft_remark(r->out.draft, DRAFT_REFUSED, &at, "wanted a value behind it");
	else
		take_letter(r, step->letter, value, &at);
}

/* Where nobody has said it before: ssh takes the first (ssh.c, main). */
static void offer(struct reader *r, enum key_id id, const char *value, const struct draft_origin *at)
{
	const struct draft_line *before = draft_find(r->out.draft, &keys[id]);

	if (before)
		draft_remark(r->out.draft, DRAFT_DROPPED, at, "ssh takes %s from %.60s", keys[id].name, before->what);
	else
		translation_set(&r->out, &keys[id], value, at);
}

static int hex_digit(char c)
{
	static const char digits[] = "0123456789abcdef";
	const char *at = c ? strchr(digits, c | (c >= 'A' ? 0x20 : 0)) : NULL;

	return at ? (int)(at - digits) : -1;
}

/* urldecode() of misc.c, in place; false: a '%' without two digits, or a NUL. */
static bool decode(char *s)
{
	char *to = s;

	for (; *s; s++) {
		if (*s == '%') {
			int high = hex_digit(s[1]), low = high < 0 ? -1 : hex_digit(s[2]);

			if (low < 0 || high + low == 0)
				return false;
			*to++ = (char)(high * 16 + low);
			s += 2;
		} else {
			*to++ = *s;
		}
	}
	*to = '\0';
	return true;
}

static void refuse_uri(struct reader *r, const char *why, const struct draft_origin *at)
{
	draft_remark(r->out.draft, DRAFT_REFUSED, at, "%s; wanted ssh://[user@]host[:port]", why);
}

/* ssh://[user@]host[:port][/] */
static void take_uri(struct reader *r, const char *rest, const struct draft_origin *at)
{
	size_t len = strcspn(rest, "/");
	AUTO_FREE char *copy = xstrndup(rest, len);
	char *host = copy, *end, *sign = strchr(copy, '@');

	if (rest[len] && rest[len + 1])
		refuse_uri(r, "ssh takes no path behind the host", at);
	if (sign) {
		*sign = '\0';
		if (decode(copy))
			offer(r, KEY_user, copy, at);
		else
			refuse_uri(r, "a '%' in the user has no two digits behind it", at);
		host = sign + 1;
	}
	if (strpbrk(host, "@%"))
		refuse_uri(r, "no name of a host has an '@' or '%'", at);
	if (*host == '[' && (end = strchr(host, ']'))) {
		*end++ = '\0';
		host++;
	} else {
		end = host + strcspn(host, ":");
	}
	if (*end == ':')
		offer(r, KEY_port, end + 1, at);
	else if (*end)
		refuse_uri(r, "something stands behind the address", at);
	*end = '\0';
	r->destination = xstrdup(host);
}

static void take_destination(struct reader *r, const struct letters_step *step)
{
	const char *word = step->value, *sign = strrchr(word, '@');
	struct draft_origin at = origin(r, step->word, word);
	AUTO_FREE char *user = NULL;

	r->destination_at = at;
	if (!strncmp(word, "ssh://", 6)) {
		take_uri(r, word + 6, &at);
		return;
	}
	if (sign) {
		user = xstrndup(word, (size_t)(sign - word));
		offer(r, KEY_user, user, &at);
	}
	r->destination = xstrdup(sign ? sign + 1 : word);
}

static void take_command(struct reader *r, size_t first)
{
	AUTO(buf) command = {0};
	struct draft_origin at;

	for (size_t i = first; i < r->line->argv->len; i++)
		buf_cat(&command, command.len ? " " : "", r->line->argv->v[i]);
	at = origin(r, first, buf_str(&command));
	draft_remark(r->out.draft, DRAFT_DROPPED, &at, "a command for the server; tunnelctl never runs one there");
}

static void take_words(struct reader *r)
{
	struct letters words = { .argv = r->line->argv, .next = 1, .autossh = r->autossh };
	struct letters_step step;

	while (letters_next(&words, &step))
		if (step.kind == LETTERS_DESTINATION)
			take_destination(r, &step);
		else if (step.kind == LETTERS_COMMAND)
			take_command(r, step.word);
		else
			take_option(r, &step);
}

static void put_host(struct reader *r)
{
	if (r->destination)
		translation_put_host(&r->out, r->destination, &r->destination_at);
	else
		draft_remark(r->out.draft, DRAFT_REFUSED, &r->destination_at,
			     "names no server; wanted [user@]host behind the options");
}

/* What the command had without saying so. */
static void note(struct reader *r)
{
	const struct draft *d = r->out.draft;
	const struct draft_line *host = draft_find(d, &keys[KEY_host]);

	if (!r->config && host)
		draft_remark(r->out.draft, DRAFT_NOTE, &r->destination_at,
			     "ssh also read ~/.ssh/config and /etc/ssh/ssh_config, tunnelctl reads neither; if %.60s "
			     "is a Host in there, add ConfigFile = ~/.ssh/config to [Tunnel]", host->value);
	if (!draft_find(d, &keys[KEY_identity_file]) && !draft_find(d, &keys[KEY_identity_agent]))
		draft_remark(r->out.draft, DRAFT_NOTE, &r->destination_at,
			     "no -i: ssh will offer the account's keys in ~/.ssh, and none of an agent; say which with "
			     "IdentityFile or IdentityAgent");
}

static bool is_autossh(const struct commandline *line)
{
	return line->argv->len && !strcmp(path_base(line->argv->v[0]), "autossh");
}

static void take_program(struct reader *r)
{
	const char *program = r->line->argv->v[0];
	struct draft_origin at = origin(r, 0, program);

	r->autossh = is_autossh(r->line);
	if (r->autossh)
		draft_remark(r->out.draft, DRAFT_DROPPED, &at,
			     "the supervisor starts ssh again, and tunnelctl-run knows when");
	else if (!strchr(program, '/') || !strcmp(program, keys[KEY_program].def))
		draft_remark(r->out.draft, DRAFT_DROPPED, &at, "Program = %s is the default", keys[KEY_program].def);
	else
		translation_set_path(&r->out, &keys[KEY_program], program, &at);
}

/* Whether all blanks of a template were filled. */
static bool is_filled(struct reader *r)
{
	bool filled = true;

	for (size_t i = 0; i < r->line->argv->len; i++) {
		AUTO_FREE char *blank = draft_blank(r->line->argv->v[i]);
		struct draft_origin at = origin(r, i, r->line->argv->v[i]);

		if (!blank)
			continue;
		draft_remark(r->out.draft, DRAFT_REFUSED, &at,
			     "%.60s is a blank that nobody filled in; wanted the real name", blank);
		filled = false;
	}
	return filled;
}

bool commandline_knows(const char *program)
{
	return !strcmp(path_base(program), "ssh") || !strcmp(path_base(program), "autossh");
}

int commandline_read(const struct commandline *line, struct draft *ret)
{
	struct reader r = { .line = line, .out = { .draft = ret, .folder = line->folder } };

	if (!line->argv->len || !is_filled(&r))
		return -EINVAL;
	r.destination_at = origin(&r, 0, line->argv->v[0]);
	take_program(&r);
	take_words(&r);
	put_host(&r);
	translation_finish(&r.out);
	note(&r);
	free(r.destination);
	translation_done(&r.out);
	return draft_is_refused(ret) ? -EINVAL : 0;
}

/* autossh(1), ENVIRONMENT: all of it is about starting ssh again, but for this one. */
static void take_autossh(const struct commandline *line, const char *name, const char *value,
			 const struct draft_origin *at, struct draft *ret)
{
	struct error err = {0};

	if (strcmp(name, "AUTOSSH_PATH") != 0 || !is_autossh(line))
		draft_remark(ret, DRAFT_DROPPED, at, "autossh's own; the supervisor starts ssh again");
	else if (draft_set(ret, &keys[KEY_program], value, at, &err) < 0)
		draft_remark(ret, DRAFT_REFUSED, at, "%s", err.text);
}

/* An option says which agent, unless it says that the environment does (ssh_config(5), IdentityAgent). An agent of a
 * login has another socket each time: launchd(8) makes it anew. Whether the setting needs no line of its own. */
static bool take_agent(const char *value, const struct draft_origin *at, struct draft *ret)
{
	const struct draft_line *agent = draft_find(ret, &keys[KEY_identity_agent]);
	AUTO_FREE char *asker = agent && !strcmp(agent->value, "SSH_AUTH_SOCK") ? xstrdup(agent->what) : NULL;
	unsigned line = agent ? agent->line : 0;

	if (agent && !asker) {
		draft_remark(ret, DRAFT_DROPPED, at, "ssh takes the agent from %.60s", agent->what);
		return true;
	}
	if (strstr(value, "com.apple.launchd") || draft_set(ret, &keys[KEY_identity_agent], value, at, NULL) < 0)
		return false;
	if (asker)
		draft_remark(ret, DRAFT_DROPPED, &(struct draft_origin){ asker, line }, "%.60s says which", at->what);
	return true;
}

/* The line of a variable that has been taken already, or NULL. */
static const struct draft_line *find_variable(const struct draft *d, const char *name)
{
	size_t len = strlen(name);

	for (size_t i = 0; i < d->lines_len; i++)
		if (d->lines[i].key == &keys[KEY_environment] && !strncmp(d->lines[i].value, name, len) &&
		    d->lines[i].value[len] == '=')
			return &d->lines[i];
	return NULL;
}

void commandline_environment(const struct commandline *line, const char *setting, const struct draft_origin *at,
			     struct draft *ret)
{
	size_t len = strcspn(setting, "=");
	AUTO_FREE char *name = xstrndup(setting, len);
	const char *value = setting + len + (setting[len] != '\0');
	const struct draft_line *before = find_variable(ret, name);
	struct error err = {0};

	if (!strncmp(name, "AUTOSSH_", 8))
		take_autossh(line, name, value, at, ret);
	else if (!strcmp(name, "SSH_AUTH_SOCK") && take_agent(value, at, ret))
		return;
	else if (before)
		draft_remark(ret, DRAFT_DROPPED, at, "given twice, and %.60s counts", before->what);
	else if (draft_set(ret, &keys[KEY_environment], setting, at, &err) < 0)
		draft_remark(ret, DRAFT_DROPPED, at, "%s", err.text);
}
