/* SPDX-License-Identifier: MIT */
#include "model/config.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "base/alloc.h"
#include "base/file.h"
#include "base/spelling.h"
#include "base/utf8.h"
#include "model/key.h"
#include "model/keyword.h"
#include "model/reader.h"
#include "model/value.h"

enum { PROBE_INTERVAL_MIN = 10 };

struct loader {
	struct tunnel *tunnel;
	struct strv *problems;
	enum config_scope scope;
	/* Of the file being read: */
	unsigned file;
	enum section_id section;             /* SECTION_COUNT: none, or an unknown one */
	bool in_section;
	bool main;                           /* NAME.ini itself */
	unsigned key_line[KEY_COUNT];        /* where it was given in this file, 0: not */
	/* Of NAME.ini: */
	unsigned section_line[SECTION_COUNT];
	/* Of all files: a key that was meant but refused is not missing as well. */
	bool refused[KEY_COUNT];
};

/* About a file as a whole; its name is nobody's promise either. */
static void PRINTF(2, 3) file_problem(struct strv *problems, const char *format, ...)
{
	AUTO(buf) text = {0};
	va_list ap;

	va_start(ap, format);
	buf_vprintf(&text, format, ap);
	va_end(ap);
	text_clean(text.s);
	strv_push_take(problems, buf_take(&text));
}

static void PRINTF(3, 4) problem(struct loader *l, unsigned line, const char *format, ...)
{
	AUTO(buf) text = {0};
	va_list ap;

	buf_printf(&text, "%s:%u: ", l->tunnel->files.v[l->file], line);
	va_start(ap, format);
	buf_vprintf(&text, format, ap);
	va_end(ap);
	text_clean(text.s);
	strv_push_take(l->problems, buf_take(&text));
}

static void PRINTF(5, 6) value_problem(struct loader *l, unsigned line, const struct key *k,
				       const char *value, const char *format, ...)
{
	AUTO(buf) text = {0};
	va_list ap;

	value_print(value, &text);
	buf_puts(&text, ": ");
	va_start(ap, format);
	buf_vprintf(&text, format, ap);
	va_end(ap);
	problem(l, line, "%s = %s", k->name, text.s);
}

static enum section_id close_section(const char *name)
{
	enum section_id i = 0;

	while (i < SECTION_COUNT && !spelling_is_close(name, sections[i].name))
		i++;
	return i;
}

static const struct key *close_key(enum section_id section, const char *name)
{
	for (size_t i = 0; i < KEY_COUNT; i++)
		if (keys[i].section == section && spelling_is_close(name, keys[i].name))
			return &keys[i];
	return NULL;
}

static const struct key *close_key_anywhere(const char *name)
{
	for (enum section_id s = 0; s < SECTION_COUNT; s++) {
		const struct key *k = close_key(s, name);

		if (k)
			return k;
	}
	return NULL;
}

static const struct key *key_anywhere(const char *name)
{
	for (enum section_id s = 0; s < SECTION_COUNT; s++) {
		const struct key *k = key_find(s, name);

		if (k)
			return k;
	}
	return NULL;
}

static const char *foreign_answer(const char *name)
{
	static const struct { const char *word, *answer; } foreign[] = {
#define FOREIGN(word, answer) { word, answer },
#include "model/foreign.def"
	};

	for (size_t i = 0; i < ARRAY_LEN(foreign); i++)
		if (!strcasecmp(foreign[i].word, name))
			return foreign[i].answer;
	return NULL;
}

/* What to tell somebody who typed a key that this section does not have. */
static void unknown_key(struct loader *l, const char *name, unsigned line)
{
	const char *section = sections[l->section].name, *answer = foreign_answer(name);
	const struct mandatory *m = mandatory_find(name);
	const struct key *k = key_anywhere(name);

	if (answer)
		problem(l, line, "%s: not a key of [%s]: %s", name, section, answer);
	else if (k)
		problem(l, line, "%s: not a key of [%s]; it belongs in [%s]", name, section,
			sections[k->section].name);
	else if (m)
		problem(l, line, m->value ? "%s: set by tunnelctl itself: %s" : "%s: not for a tunnel: %s",
			name, m->why);
	else if (keyword_find(name))
		problem(l, line, "%s: not a key of [%s]; an ssh_config keyword belongs in [SSH]", name,
			section);
	else if ((k = close_key(l->section, name)))
		problem(l, line, "%s: unknown key in [%s]; did you mean %s?", name, section, k->name);
	else if ((k = close_key_anywhere(name)))
		problem(l, line, "%s: unknown key in [%s]; did you mean %s in [%s]?", name, section, k->name,
			sections[k->section].name);
	else
		problem(l, line, "%s: unknown key in [%s]; tunnelctl explain lists them", name, section);
	if (k)
		l->refused[k->id] = true;
}

/* Takes back the settings that MATCH says no longer hold. */
static void forget(struct tunnel *t, enum section_id section, const struct key *k, const char *name)
{
	size_t kept = 0;

	for (size_t i = 0; i < t->settings_len; i++) {
		struct setting *s = &t->settings[i];

		if (k ? s->key == k
		      : s->section == section && s->name && !strcasecmp(s->name, name)) {
			free(s->name);
			free(s->value);
		} else {
			t->settings[kept++] = *s;
		}
	}
	t->settings_len = kept;
}

static void remember(struct loader *l, const struct key *k, const char *name, const char *value,
		     unsigned line)
{
	struct tunnel *t = l->tunnel;

	t->settings = array_grow(t->settings, t->settings_len, sizeof(*t->settings));
	t->settings[t->settings_len++] = (struct setting){
		.section = l->section,
		.key = k,
		.name = k ? NULL : xstrdup(name),
		.value = xstrdup(value),
		.file = l->file,
		.line = line,
	};
}

static void take_known(struct loader *l, const struct key *k, const char *value, unsigned line)
{
	struct error err = {0};

	if (l->key_line[k->id] && !key_repeats(k)) {
		value_problem(l, line, k, value, "given twice, first in line %u", l->key_line[k->id]);
		return;
	}
	l->key_line[k->id] = line;
	if (key_set(k, value, l->tunnel, &err) < 0) {
		l->refused[k->id] = true;
		value_problem(l, line, k, value, "%s", err.text);
		return;
	}
	if (!*value || !key_repeats(k))
		forget(l->tunnel, k->section, k, NULL);
	if (*value)
		remember(l, k, NULL, value, line);
}

static bool given_in_this_file(const struct loader *l, const char *name)
{
	for (const struct setting *s = NULL; (s = tunnel_next(l->tunnel, l->section, s));)
		if (s->file == l->file && s->name && !strcasecmp(s->name, name))
			return true;
	return false;
}

static bool keyword_repeats(const char *name)
{
	return !strcasecmp(name, "SendEnv") || !strcasecmp(name, "SetEnv");
}

static const struct key *key_of_keyword(const char *name)
{
	for (size_t i = 0; i < KEY_COUNT; i++)
		if (!strcasecmp(keys[i].name, name) || (keys[i].ssh && !strcasecmp(keys[i].ssh, name)))
			return &keys[i];
	return NULL;
}

/* [SSH]: a keyword that is neither ours nor mistyped. */
static bool take_keyword(struct loader *l, const char *name, const char *value, unsigned line)
{
	const struct mandatory *m = mandatory_find(name);
	const struct key *k = key_of_keyword(name);
	const char *close;

	if (m)
		problem(l, line, "%s: not for [SSH]: %s", name, m->why);
	else if (k)
		problem(l, line, "%s: not for [SSH]: use %s in [%s]", name, k->name,
			sections[k->section].name);
	else if (name[word_span(name, "")])
		problem(l, line, "%s: not a keyword of ssh_config", name);
	else if (!keyword_find(name) && (close = keyword_close(name)))
		problem(l, line, "%s: unknown keyword; did you mean %s?", name, close);
	else if (!keyword_find(name) && (k = close_key_anywhere(name)))
		problem(l, line, "%s: unknown keyword; did you mean %s in [%s]?", name, k->name,
			sections[k->section].name);
	else if (*value && !keyword_repeats(name) && given_in_this_file(l, name))
		problem(l, line, "%s: given twice; ssh would take the first and be silent", name);
	else
		return true;
	return false;
}

static void take_open(struct loader *l, const char *name, const char *value, unsigned line)
{
	if (l->section == SECTION_ssh && !take_keyword(l, name, value, line))
		return;
	if (!*value || (l->section == SECTION_ssh && !keyword_repeats(name)))
		forget(l->tunnel, l->section, NULL, name);
	if (*value)
		remember(l, NULL, name, value, line);
}

static void on_section(void *user, const char *name, unsigned line)
{
	struct loader *l = user;
	enum section_id close;

	l->in_section = true;
	l->section = section_find(name);
	if (l->section < SECTION_COUNT) {
		if (l->main)
			l->section_line[l->section] = line;
	} else if ((close = close_section(name)) < SECTION_COUNT) {
		problem(l, line, "[%s]: unknown section; did you mean [%s]?", name, sections[close].name);
		for (size_t i = 0; i < KEY_COUNT; i++)
			l->refused[i] |= keys[i].section == close;
	} else {
		problem(l, line, "[%s]: unknown section; wanted Tunnel, SSH, Service, Health, systemd.Unit, "
			"systemd.Service, systemd.Install, launchd or upstart", name);
	}
}

static void before_any_section(struct loader *l, const char *name, unsigned line)
{
	const struct key *k = key_anywhere(name);

	problem(l, line, "%s: stands before any section; wanted [%s] above it", name,
		sections[k ? k->section : SECTION_tunnel].name);
	if (k)
		l->refused[k->id] = true;
}

static void on_key(void *user, const char *name, const char *value, unsigned line)
{
	struct loader *l = user;
	const struct key *k;

	if (!l->in_section)
		before_any_section(l, name, line);
	else if (l->section == SECTION_COUNT)
		return; /* the section was the problem */
	else if (sections[l->section].open)
		take_open(l, name, value, line);
	else if ((k = key_find(l->section, name)))
		take_known(l, k, value, line);
	else
		unknown_key(l, name, line);
}

static void on_problem(void *user, unsigned line, const char *what)
{
	problem(user, line, "%s", what);
}

/* 0 = read (problems in it are in the list), -ENOENT, or another errno that is in the list. */
static int load_file(struct loader *l, const char *path)
{
	AUTO(buf) text = {0};
	struct stat st;
	struct error err = {0};
	int r = file_read(path, CONFIG_FILE_MAX, &text, &st, &err);

	if (r == -ENOENT)
		return r;
	if (r < 0) {
		strv_push(l->problems, err.text);
		return r;
	}
	if (l->scope == CONFIG_SYSTEM && (st.st_mode & S_IWOTH)) {
		file_problem(l->problems, "%s: everybody may write it; a system tunnel wants chmod o-w %s",
			     path, path);
		return -EPERM;
	}
	strv_push(&l->tunnel->files, path);
	l->file = (unsigned)l->tunnel->files.len - 1;
	l->in_section = false;
	memset(l->key_line, 0, sizeof(l->key_line));
	reader_parse(&(struct reader){ .section = on_section, .key = on_key, .problem = on_problem,
				       .user = l, .line_max = CONFIG_LINE_MAX },
		     buf_str(&text), text.len);
	return 0;
}

static void list_drop_ins(const char *path, struct strv *ret, struct strv *ret_problems)
{
	AUTO(buf) folder = {0};
	struct dirent *entry;
	DIR *d;

	buf_printf(&folder, "%s.d", path);
	if (!(d = opendir(folder.s))) {
		if (errno != ENOENT)
			file_problem(ret_problems, "%s: %s", folder.s, strerror(errno));
		return;
	}
	while ((entry = readdir(d))) {
		size_t len = strlen(entry->d_name);

		if (*entry->d_name != '.' && len > 5 && !strcmp(entry->d_name + len - 5, ".conf"))
			strv_pushf(ret, "%s/%s", folder.s, entry->d_name);
	}
	(void)closedir(d);
	strv_sort(ret);
}

/* The line to blame for what is missing: the section where it should be, else the first. */
static void PRINTF(3, 4) missing(struct loader *l, enum section_id section, const char *format, ...)
{
	AUTO(buf) text = {0};
	unsigned line = l->section_line[section];
	va_list ap;

	va_start(ap, format);
	buf_vprintf(&text, format, ap);
	va_end(ap);
	problem(l, line ? line : 1, "%s", text.s);
}

static void PRINTF(3, 4) blame(struct loader *l, enum key_id id, const char *format, ...)
{
	const struct setting *s = tunnel_origin(l->tunnel, &keys[id]);
	unsigned main_file = l->file;
	AUTO(buf) text = {0};
	va_list ap;

	if (!s)
		return;
	va_start(ap, format);
	buf_vprintf(&text, format, ap);
	va_end(ap);
	l->file = s->file;
	value_problem(l, s->line, s->key, s->value, "%s", text.s);
	l->file = main_file;
}

static bool has_remote_port(const struct tunnel *t)
{
	for (size_t i = 0; i < t->remote_forward.len; i++)
		if (t->remote_forward.v[i].listen.port)
			return true;
	return false;
}

/* The keys by which tunnelctl-run retries and proves. What follows from a line that was refused is not said twice. */
static void judge_supervision(struct loader *l)
{
	const struct tunnel *t = l->tunnel;

	if (t->remote_port_busy == REMOTE_PORT_BUSY_RECLAIM && !has_remote_port(t) && !l->refused[KEY_remote_forward])
		blame(l, KEY_remote_port_busy, "needs a RemoteForward with a port other than 0");
	if (t->retry_delay > t->retry_delay_max && !l->refused[KEY_retry_delay_max])
		blame(l, KEY_retry_delay, "longer than RetryDelayMax, which is %u s", t->retry_delay_max);
	/* A server counts connections that come to nothing, and in the end takes none (sshd_config(5),
	 * PerSourcePenalties). */
	if (t->probe_interval && t->probe_interval < PROBE_INTERVAL_MIN)
		blame(l, KEY_probe_interval, "too often; wanted 0, or at least %d s", PROBE_INTERVAL_MIN);
	if (t->probe_target && !t->dynamic_forward.len && !l->refused[KEY_dynamic_forward])
		blame(l, KEY_probe_target, "needs a DynamicForward");
}

/* What no single line can tell. */
static void judge_whole(struct loader *l)
{
	struct tunnel *t = l->tunnel;

	if (!t->host && !l->refused[KEY_host])
		missing(l, SECTION_tunnel,
			"Host: missing; wanted the name or address of the server in [Tunnel]");
	if (t->proxy_jump && t->proxy_command)
		blame(l, KEY_proxy_command, "not together with ProxyJump");
	if (t->proxy.len && (t->proxy_jump || t->proxy_command))
		blame(l, KEY_proxy, "not together with %s", t->proxy_jump ? "ProxyJump" : "ProxyCommand");
	if (t->tunnel && !t->tunnel_device)
		blame(l, KEY_tunnel, "needs a TunnelDevice");
	judge_supervision(l);
	if (l->scope == CONFIG_SYSTEM && !t->run_as && !l->refused[KEY_run_as])
		missing(l, SECTION_service,
			"RunAs: missing; a system tunnel wants the account to run ssh as in "
			"[Service] (root must be said)");
	if (l->scope == CONFIG_USER)
		blame(l, KEY_run_as, "only in system scope (--system); a user's tunnel runs as that user");
	if (l->scope == CONFIG_SYSTEM && t->start == START_LOGIN)
		blame(l, KEY_start, "only in user scope; wanted boot or manual");
	if (!t->start)
		t->start = l->scope == CONFIG_SYSTEM ? START_BOOT : START_LOGIN;
}

char *config_name(const char *path, const char **ret_why)
{
	const char *base = path_base(path);
	size_t len = strlen(base);
	AUTO_FREE char *name = NULL;
	char *ret;

	if (len < 4 || strcmp(base + len - 4, ".ini") != 0) {
		*ret_why = "the name of the file must end in .ini";
		return NULL;
	}
	name = xstrndup(base, len - 4);
	if ((*ret_why = check_name(name)))
		return NULL;
	ret = name;
	name = NULL;
	return ret;
}

static bool ends_with(const char *s, const char *end)
{
	size_t len = strlen(s), end_len = strlen(end);

	return len >= end_len && !strcasecmp(s + len - end_len, end);
}

void config_list(const char *folder, struct strv *ret, struct config_absent *ret_absent)
{
	DIR *d = opendir(folder);
	const struct dirent *entry;

	*ret_absent = (struct config_absent){0};
	if (!d)
		return;
	*ret_absent = (struct config_absent){ .defaults = true, .drop_ins = true };
	while ((entry = readdir(d))) {
		const char *why;
		char *name = config_name(entry->d_name, &why);

		/* Without regard to case, as some file systems look names up. */
		if (name)
			strv_push_take(ret, name);
		else if (!strcasecmp(entry->d_name, "defaults.conf"))
			ret_absent->defaults = false;
		else if (ends_with(entry->d_name, ".ini.d"))
			ret_absent->drop_ins = false;
	}
	(void)closedir(d);
	strv_sort(ret);
}

int config_load(const char *path, enum config_scope scope, struct tunnel *ret, struct strv *ret_problems)
{
	return config_load_known(path, scope, (struct config_absent){0}, ret, ret_problems);
}

int config_load_known(const char *path, enum config_scope scope, struct config_absent absent, struct tunnel *ret,
		      struct strv *ret_problems)
{
	AUTO(tunnel) t = {0};
	AUTO(buf) folder = {0};
	AUTO(strv) drop_ins = {0};
	struct loader l = { .tunnel = &t, .problems = ret_problems, .scope = scope };
	size_t before = ret_problems->len;
	const char *why;
	int r;

	if (!(t.name = config_name(path, &why))) {
		file_problem(ret_problems, "%s: %s", path, why);
		return -EINVAL;
	}
	key_set_defaults(&t);
	path_folder(path, &folder);
	buf_puts(&folder, "/defaults.conf");
	if (!absent.defaults)
		(void)load_file(&l, folder.s); /* not there, or its problem is in the list */
	l.main = true;
	r = load_file(&l, path);
	l.main = false;
	if (r == -ENOENT) {
		file_problem(ret_problems, "%s: no such file", path);
		return r;
	}
	if (!absent.drop_ins)
		list_drop_ins(path, &drop_ins, ret_problems);
	for (size_t i = 0; i < drop_ins.len; i++)
		if (load_file(&l, drop_ins.v[i]) == -ENOENT)
			file_problem(ret_problems, "%s: no such file; a broken link?", drop_ins.v[i]);
	if (r == 0) {
		for (size_t i = 0; i < t.files.len; i++)
			if (!strcmp(t.files.v[i], path))
				l.file = (unsigned)i;
		judge_whole(&l);
	}
	if (ret_problems->len > before)
		return -EINVAL;
	*ret = t;
	t = (struct tunnel){0};
	return 0;
}
