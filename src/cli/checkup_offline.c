/* SPDX-License-Identifier: MIT */
/* What is to be seen on this machine alone: the file, the account and its ssh, whether the server's key is
 * known. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/file.h"
#include "cli/as.h"
#include "cli/checkup.h"
#include "model/key.h"
#include "model/owner.h"
#include "ssh/hostkey.h"
#include "ssh/path.h"

enum { TOOL_MS = 10 * 1000 };

void checkup_file(struct checkup *t)
{
	const struct selected *s = t->selected;
	AUTO(strv) problems = {0};
	AUTO(buf) folder = {0};

	if (config_load(s->ini, s->user ? CONFIG_USER : CONFIG_SYSTEM, &t->tunnel, &problems) < 0) {
		t->bad_file = true;
		checkup_fail(t, CURE_file, NULL, "%s", problems.v[0]);
		return;
	}
	path_folder(s->ini, &folder);
	if (!s->user && owner_check(&t->tunnel, &problems) < 0)
		for (size_t i = 0; i < problems.len; i++)
			checkup_fail(t, CURE_owner, strstr(problems.v[i], "its folder") ? folder.s : s->ini,
				     "%s", problems.v[i]);
	else
		checkup_good(t, "%s", s->ini);
}

/* Another account than our own. The client may be missing for another reason: then the step program says it.
 */
static void find_account(struct checkup *t)
{
	const char *run_as = t->tunnel.run_as;
	AUTO_FREE char *name = xstrndup(run_as, strcspn(run_as, ":"));
	struct error err = {0};

	if (account_find(run_as, &t->account, &err) < 0)
		checkup_fail(t, CURE_run_as, name, "%s", err.text);
	else if (geteuid() != 0 && geteuid() != t->account.uid)
		checkup_fail(t, CURE_root, NULL, "RunAs = %s, which is not you", run_as);
	else
		checkup_good(t, "%s (RunAs)", run_as);
}

void checkup_account(struct checkup *t)
{
	const char *run_as = t->selected->user ? NULL : t->tunnel.run_as;

	if (run_as && strcmp(run_as, "dynamic") != 0) {
		find_account(t);
		return;
	}
	account_self(&t->account);
	if (run_as)
		checkup_nothing(
			t, "RunAs = dynamic: systemd makes the account; it is given the key that root reads");
	else
		checkup_good(t, "%s", t->account.name ? t->account.name : "this one, which has no name");
}

static bool is_dynamic(const struct checkup *t)
{
	return !t->selected->user && t->tunnel.run_as && !strcmp(t->tunnel.run_as, "dynamic");
}

void checkup_program(struct checkup *t)
{
	struct ssh_machine machine = { .home = t->account.home };
	AUTO(buf) program = {0};
	struct error err = {0};

	ssh_path_put(&machine, 0, t->tunnel.program, &program);
	if (access(program.s, X_OK) != 0) {
		checkup_fail(t, CURE_program, NULL, "%s: %s", program.s, strerror(errno));
	} else if (is_dynamic(t)) {
		/* Nobody is there as whom ssh could be run; the steps that need it say so. */
		checkup_good(t, "%s", program.s);
	} else if (client_open(t->cli, &t->tunnel, t->selected->user, &t->client, &err) < 0) {
		checkup_fail(t, CURE_program, NULL, "%s", err.text);
	} else {
		t->has_client = true;
		checkup_good(t, "%s, OpenSSH %u.%u", program.s, t->client.machine.version / 100,
			     t->client.machine.version % 100);
	}
}

/* --- whether anybody has said which key the server has ------------------------------------------------------- */

/* 0: the name is in the file. */
static int look_up(const struct checkup *t, const char *path, const char *name, bool fingerprints,
		   struct buf *ret)
{
	AUTO(buf) tool = {0};
	AUTO(strv) argv = {0};
	struct spawn s = { .timeout_ms = TOOL_MS };

	checkup_tool(t, "ssh-keygen", &tool);
	strv_push(&argv, tool.s);
	if (fingerprints)
		strv_push(&argv, "-l");
	strv_push(&argv, "-F");
	strv_push(&argv, name);
	strv_push(&argv, "-f");
	strv_push(&argv, path);
	s.argv = argv.v;
	return as_spawn(&t->account, &s, ret, NULL);
}

static void list_files(const struct checkup *t, struct strv *ret)
{
	strv_push_all(ret, &t->tunnel.user_known_hosts_file);
	if (ret->len)
		return;
	/* ssh_config(5), UserKnownHostsFile and GlobalKnownHostsFile. */
	strv_push(ret, "~/.ssh/known_hosts");
	strv_push(ret, "~/.ssh/known_hosts2");
	strv_push(ret, "/etc/ssh/ssh_known_hosts");
	strv_push(ret, "/etc/ssh/ssh_known_hosts2");
}

/* ssh spells names in small letters before it looks, which a hashed line demands (ssh.c, lowercase()). */
static void push_lower(struct strv *ret, const char *name)
{
	strv_push(ret, name);
	for (char *s = ret->v[ret->len - 1]; *s; s++)
		if (*s >= 'A' && *s <= 'Z')
			*s = (char)(*s - 'A' + 'a');
}

/* With another port ssh looks for the name with it, and then for the name alone (sshconnect.c,
 * check_host_key()). */
static void list_names(const struct tunnel *t, struct strv *ret)
{
	AUTO(buf) with_port = {0};

	if (!t->host_key_alias && t->port != 22)
		buf_printf(&with_port, "[%s]:%u", t->host, t->port);
	if (with_port.len)
		push_lower(ret, with_port.s);
	push_lower(ret, t->host_key_alias ? t->host_key_alias : t->host);
}

static bool find_in_files(const struct checkup *t, struct buf *ret)
{
	struct ssh_machine machine = { .home = t->account.home };
	AUTO(strv) files = {0};
	AUTO(strv) names = {0};

	list_files(t, &files);
	list_names(&t->tunnel, &names);
	for (size_t i = 0; i < files.len; i++) {
		buf_clear(ret);
		ssh_path_put(&machine, 0, files.v[i], ret);
		for (size_t j = 0; j < names.len; j++) {
			AUTO(buf) output = {0};

			if (look_up(t, ret->s, names.v[j], false, &output) == 0)
				return true;
		}
	}
	return false;
}

/* ssh-keygen(1), -l -F: "NAME TYPE SHA256:..." for each. */
void checkup_known_fingerprints(const struct checkup *t, struct buf *ret)
{
	AUTO(buf) file = {0};
	AUTO(strv) names = {0};

	list_names(&t->tunnel, &names);
	if (!find_in_files(t, &file))
		return;
	for (size_t i = 0; i < names.len; i++) {
		AUTO(buf) output = {0};

		(void)look_up(t, file.s, names.v[i], true, &output);
		for (const char *s = buf_str(&output); *s; s += strcspn(s, "\n"), s += *s == '\n') {
			AUTO_FREE char *line = xstrndup(s, strcspn(s, "\n"));
			AUTO(strv) words = {0};

			strv_split(&words, line);
			if (words.len == 3 && *line != '#')
				buf_cat(ret, ret->len ? ", " : "", words.v[1], " ", words.v[2]);
		}
	}
}

static bool is_pinned(const struct tunnel *t)
{
	const struct ssh_machine machine = { .version = VERSION(9, 0), .folder = "/" };
	AUTO(strv) options = {0};
	AUTO(strv) notes = {0};
	AUTO(buf) known_hosts = {0};

	hostkey_options(t, &machine, NULL, &options, &known_hosts, &notes);
	return known_hosts.len;
}

void checkup_known(struct checkup *t)
{
	AUTO(buf) file = {0};

	if (is_pinned(&t->tunnel))
		checkup_good(t, "pinned by KnownHostKey");
	else if (strcmp(t->tunnel.config_file, "none") != 0)
		checkup_nothing(t, "ConfigFile says where its key is looked up");
	else if (find_in_files(t, &file))
		checkup_good(t, "in %s", file.s);
	else
		checkup_fail(t, CURE_host_key_unknown, NULL, "no key of %s is known to this account",
			     t->tunnel.host);
}
