/* SPDX-License-Identifier: MIT */
/* The plist of one tunnel, launchd.plist(5). The only user of libplist. */
#include "backend.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "addition.h"
#include "base/alloc.h"
#include "base/utf8.h"
#include "check.h"
#include "import.h"
#include "file.h"
#include "libplist.h"
#include "control.h"
#include "marker.h"
#include "model/key.h"
#include "place.h"
#include "tree.h"

/* Seconds between two starts: a tunnel that lived longer is back at once. */
enum {
	THROTTLE = 1,             /* the runner waits by itself, and knows for what */
	THROTTLE_STANDALONE = 10, /* nobody else waits; launchd's default */
};

/* AUTO(plist) root; releases what libplist made. */
struct plist {
	plist_t dict;
};

static void plist_done(struct plist *p)
{
	plist_free(p->dict);
}

static const struct setting *origin(const struct tunnel *t, enum key_id id)
{
	return tunnel_origin(t, &keys[id]);
}

/* libplist writes any bytes as they are, and what is not text makes a file that nobody can read. */
static int judge_text(const char *what, size_t n, const char *s, struct error *err)
{
	const char *why = text_check(s, strlen(s));

	return why ? error_set(err, -EINVAL, "%s %zu: holds %s", what, n, why) : 0;
}

static int judge_command(const struct scope *scope, const struct strv *argv, const struct strv *environment,
			 struct error *err)
{
	int r = 0;

	if (!argv->len || *argv->v[0] != '/')
		return error_set(err, -EINVAL, "the program is \"%s\"; launchd wants an absolute path",
				 argv->len ? argv->v[0] : "");
	for (size_t i = 0; i < argv->len && r == 0; i++)
		r = judge_text("argument", i, argv->v[i], err);
	for (size_t i = 0; i < environment->len && r == 0; i++)
		r = judge_text("Environment", i + 1, environment->v[i], err);
	if (r == 0 && scope->ini)
		r = judge_text("path of the INI file", 1, scope->ini, err);
	return r;
}

/* The INI reader refuses such text too; a tunnel that was made in another way is judged here. */
static int judge_words(const struct tunnel *t, struct error *err)
{
	int r = judge_text("name", 1, t->name, err);

	if (r == 0 && t->run_as)
		r = judge_text("RunAs", 1, t->run_as, err);
	if (r == 0 && t->description)
		r = judge_text("Description", 1, t->description, err);
	return r;
}

static int judge_account(const struct tunnel *t, const struct scope *scope, struct error *err)
{
	const struct setting *s = origin(t, KEY_run_as);

	if (scope->user && t->run_as)
		return setting_refuse(t, s, err, "launchd runs a user's tunnel as that user alone");
	if (scope->user)
		return 0;
	if (!t->run_as)
		return error_set(err, -EINVAL, "RunAs: missing; without it launchd would run ssh as root");
	if (!strcmp(t->run_as, "dynamic"))
		return setting_refuse(t, s, err, "launchd makes no accounts; wanted one that exists");
	return 0;
}

/* What launchd cannot do, and a note would not do either. */
static int judge_tunnel(const struct tunnel *t, const struct scope *scope, struct error *err)
{
	if (t->tunnel_device)
		return setting_refuse(t, origin(t, KEY_tunnel_device), err,
				      "macOS has no tun devices for ssh");
	if (scope->user && t->start == START_BOOT)
		return setting_refuse(t, origin(t, KEY_start), err,
				      "launchd starts a user's tunnels at login; for a start at boot: "
				      "sudo tunnelctl --system enable %s, with this file in /etc/tunnelctl and RunAs in it",
				      t->name);
	if (!scope->user && t->start == START_LOGIN)
		return setting_refuse(t, origin(t, KEY_start), err,
				      "only in user scope; wanted boot or manual");
	return judge_account(t, scope, err);
}

static void put_string(plist_t dict, const char *key, const char *s)
{
	plist_dict_set_item(dict, key, plist_new_string(s));
}

static void put_bool(plist_t dict, const char *key, bool value)
{
	plist_dict_set_item(dict, key, plist_new_bool(value));
}

static void put_integer(plist_t dict, const char *key, long long n)
{
	plist_dict_set_item(dict, key, libplist_integer(n));
}

static void put_command(const struct tunnel *t, const struct strv *argv, plist_t job)
{
	plist_t array = plist_new_array();
	AUTO(buf) label = {0};

	buf_printf(&label, LABEL_PREFIX "%s", t->name);
	put_string(job, "Label", label.s);
	for (size_t i = 0; i < argv->len; i++)
		plist_array_append_item(array, plist_new_string(argv->v[i]));
	plist_dict_set_item(job, "ProgramArguments", array);
}

static void put_account(const struct tunnel *t, plist_t job)
{
	AUTO_FREE char *user = xstrndup(t->run_as, strcspn(t->run_as, ":"));
	const char *group = strchr(t->run_as, ':');

	put_string(job, "UserName", user);
	if (group)
		put_string(job, "GroupName", group + 1);
	put_bool(job, "InitGroups", true);
}

/* Of two values for one name the last holds, as in a shell. */
static void put_environment(const struct tunnel *t, plist_t job)
{
	plist_t dict;

	if (!t->environment.len)
		return;
	dict = plist_new_dict();
	for (size_t i = 0; i < t->environment.len; i++) {
		const char *s = t->environment.v[i];
		size_t len = strcspn(s, "=");
		AUTO_FREE char *name = xstrndup(s, len);

		put_string(dict, name, s[len] ? s + len + 1 : "");
	}
	plist_dict_set_item(job, "EnvironmentVariables", dict);
}

/*
 * Start = manual differs by its folder alone (place.c): a person bootstraps the plist, and from then on the
 * tunnel starts and is kept alive like any other.
 */
static void put_life(const struct tunnel *t, const struct scope *scope, plist_t job)
{
	put_bool(job, "RunAtLoad", true);
	if (t->restart == RESTART_ON_FAILURE) {
		plist_t dict = plist_new_dict();

		put_bool(dict, "SuccessfulExit", false);
		plist_dict_set_item(job, "KeepAlive", dict);
	} else if (t->restart != RESTART_NEVER) {
		put_bool(job, "KeepAlive", true);
	}
	put_integer(job, "ThrottleInterval", scope->standalone ? THROTTLE_STANDALONE : THROTTLE);
	put_integer(job, "ExitTimeOut", t->stop_timeout);
}

/* The dictionary of that name in the job, made when needed; the job itself for "". */
static plist_t dict_of(plist_t job, const char *name)
{
	plist_t dict = *name ? plist_dict_get_item(job, name) : job;

	if (!dict)
		plist_dict_set_item(job, name, dict = plist_new_dict());
	return dict;
}

/* Only soft limits: a hard one cannot be raised again. */
static void put_limit(const struct tunnel *t, const struct scope *scope, plist_t job, struct strv *notes)
{
	if (!t->limit_nofile)
		return;
	if (scope->user)
		put_integer(dict_of(job, "SoftResourceLimits"), "NumberOfFiles", t->limit_nofile);
	else
		strv_push(notes,
			  "LimitNOFILE: left out; for a daemon launchd would also make it kern.maxfiles, "
			  "the limit of the whole machine");
}

/* Aqua is a login at the screen, Background any other, as over ssh. A daemon must not have the key. */
static void put_sessions(const struct scope *scope, plist_t job)
{
	plist_t array;

	if (!scope->user)
		return;
	array = plist_new_array();
	plist_array_append_item(array, plist_new_string("Aqua"));
	plist_array_append_item(array, plist_new_string("Background"));
	plist_dict_set_item(job, "LimitLoadToSessionType", array);
}

static void put_addition(const struct addition *a, plist_t job)
{
	plist_t dict = dict_of(job, a->key->dict), array;

	switch (a->type) {
	case ITEM_BOOL:
		put_bool(dict, a->name, a->number);
		return;
	case ITEM_INTEGER:
		put_integer(dict, a->name, a->number);
		return;
	case ITEM_ARRAY:
		if (!(array = plist_dict_get_item(dict, a->name)))
			plist_dict_set_item(dict, a->name, array = plist_new_array());
		plist_array_append_item(array, plist_new_string(a->text));
		return;
	default:
		put_string(dict, a->name, a->text);
	}
}

static int put_additions(const struct tunnel *t, const struct scope *scope, plist_t job, struct strv *notes,
			 struct error *err)
{
	for (const struct setting *s = NULL; (s = tunnel_next(t, SECTION_launchd, s));) {
		struct addition a;
		int r = addition_read(t, scope, s, &a, err);

		if (r < 0)
			return r;
		if (a.key->machine && !scope->user)
			strv_pushf(notes, "%s.%s: for a daemon also sets %s, of the whole machine",
				   a.key->dict, a.name, a.key->machine);
		if (!strcmp(a.name, "Nice") && a.number < 0 && scope->user)
			strv_push(notes, "Nice: only a daemon may go below 0; launchd leaves an agent as it is");
		put_addition(&a, job);
	}
	return 0;
}

static void put_notes(const struct tunnel *t, const struct scope *scope, struct strv *notes)
{
	if (t->sandbox == SANDBOX_STRICT)
		strv_push(notes, "Sandbox: launchd confines nothing; ssh may do whatever its account may");
	if (scope->standalone)
		strv_push(notes, "Log: launchd throws away what ssh says; only tunnelctl-run keeps it");
}

/* launchd has no key for it, so it is there for the reader. XML ends a comment at "--". */
static void put_description(const char *text, struct buf *ret)
{
	AUTO_FREE char *copy = xstrdup(text);

	for (char *s = copy; (s = strstr(s, "--"));)
		s[1] = '_';
	buf_printf(ret, "<!-- %s -->\n", copy);
}

/* The comments stand between the document type and the root element. */
static int write_xml(const struct tunnel *t, const struct scope *scope, plist_t job, struct buf *ret,
		     struct error *err)
{
	AUTO(buf) text = {0};
	uint32_t len = 0;
	const char *root;
	char *xml = NULL;

	(void)plist_to_xml(job, &xml, &len); /* returns nothing before libplist 2.3 */
	if (!xml || !(root = strstr(xml, "<plist"))) {
		libplist_free_xml(xml);
		return error_set(err, -EIO, "libplist wrote no property list");
	}
	buf_put(&text, xml, (size_t)(root - xml));
	buf_puts(&text, "<!-- ");
	marker_put(t, scope, &text);
	buf_puts(&text, " -->\n");
	if (t->description)
		put_description(t->description, &text);
	buf_puts(&text, root);
	libplist_free_xml(xml);
	if (text.s[text.len - 1] != '\n')
		buf_putc(&text, '\n');
	marker_seal(&text);
	buf_put(ret, text.s, text.len);
	return 0;
}

static int render(const struct tunnel *t, const struct scope *scope, const struct strv *argv, struct buf *ret,
		  struct strv *ret_notes, struct error *err)
{
	AUTO(plist) job = { .dict = plist_new_dict() };
	AUTO(strv) notes = {0};
	int r;

	if ((r = judge_tunnel(t, scope, err)) < 0 ||
	    (r = judge_words(t, err)) < 0 || (r = judge_command(scope, argv, &t->environment, err)) < 0)
		return r;
	put_command(t, argv, job.dict);
	if (!scope->user)
		put_account(t, job.dict);
	put_environment(t, job.dict);
	put_life(t, scope, job.dict);
	put_limit(t, scope, job.dict, &notes);
	put_sessions(scope, job.dict);
	put_notes(t, scope, &notes);
	if ((r = put_additions(t, scope, job.dict, &notes, err)) < 0 ||
	    (r = write_xml(t, scope, job.dict, ret, err)) < 0)
		return r;
	strv_push_all(ret_notes, &notes);
	return 0;
}

static bool present(void)
{
	return access("/bin/launchctl", X_OK) == 0 && access("/System/Library/LaunchDaemons", F_OK) == 0;
}

static const struct target target = {
	.runner = "/usr/local/libexec/tunnelctl/tunnelctl-run",
	.ini_folder = "/etc/tunnelctl",
	.ssh = VERSION(8, 1), /* macOS 11 */
};

static const char *const becomes[KEY_COUNT] = {
	[KEY_description] = "a comment",
	[KEY_tunnel_device] = "an error: macOS has no tun devices for ssh",
	[KEY_run_as] = "UserName, GroupName, InitGroups",
	[KEY_start] = "RunAtLoad, and the folder: LaunchDaemons, LaunchAgents, or outside both",
	[KEY_restart] = "KeepAlive: true, {SuccessfulExit false}, or none",
	[KEY_stop_timeout] = "ExitTimeOut",
	[KEY_log] = "nothing: tunnelctl-run writes the file, for native ~/Library/Logs/tunnelctl/NAME.log",
	[KEY_sandbox] = "a note: launchd confines nothing",
	[KEY_environment] = "EnvironmentVariables",
	[KEY_limit_nofile] = "SoftResourceLimits.NumberOfFiles; a note in system scope",
};

const struct backend backend_launchd = {
	.name = "launchd",
	.target = &target,
	.becomes = becomes,
	.present = present,
	.path = launchd_path,
	.places = launchd_places,
	.installed = launchd_installed,
	.render = render,
	.check = launchd_check,
	.check_file = launchd_check_file,
	.import = launchd_import,
	.advise = launchd_advise,
	.control = &launchd_control,
};
