/* SPDX-License-Identifier: MIT */
#include "cli/client.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "cli/as.h"
#include "cli/plan.h"
#include "runner/environment.h"
#include "ssh/path.h"
#include "ssh/proxytool.h"

enum { FILES_MS = 10 * 1000 };

static int find_account(const struct tunnel *t, bool user, struct account *ret, struct error *err)
{
	int r;

	account_self(ret);
	if (user || !t->run_as)
		return 0;
	if (!strcmp(t->run_as, "dynamic"))
		return error_set(err, -ENOTSUP, "RunAs = dynamic: only systemd makes this account");
	account_done(ret);
	if ((r = account_find(t->run_as, ret, err)) < 0)
		return r;
	if (geteuid() != 0 && geteuid() != ret->uid)
		return error_set(err, -EPERM, "RunAs = %s: only root sees what that account sees; try with sudo",
				 t->run_as);
	return 0;
}

/* As the account, which may see others than root would run. */
static int find_proxy_tool(struct client *c, struct error *err)
{
	AUTO(buf) text = {0};
	int r = as_call(&c->account, proxy_tool_report, NULL, FILES_MS, &text, err);

	if (r < 0)
		return r;
	(void)proxy_tool_parse(buf_str(&text), &c->proxy_tool);
	c->machine.proxy_tool = &c->proxy_tool;
	return 0;
}

int client_open(const struct cli *cli, const struct tunnel *t, bool user, struct client *ret, struct error *err)
{
	int r;

	ret->tunnel = t;
	if ((r = find_account(t, user, &ret->account, err)) < 0)
		return r;
	ret->machine.home = ret->account.home;
	ssh_path_put(&ret->machine, 0, t->program, &ret->program);
	if ((r = plan_ssh_version(cli, ret->program.s, &ret->machine.version, err)) < 0 ||
	    (r = as_folder_make(&ret->account, &ret->folder, err)) < 0)
		return r;
	if (t->proxy.len && (r = find_proxy_tool(ret, err)) < 0)
		return r;
	ret->machine.folder = ret->folder.s;
	buf_cat(&ret->loop, ret->folder.s, "/" SSH_LOOP_NAME);
	ret->machine.loop = ret->loop.s;
	environment_make(t, &ret->account, &ret->environment);
	return 0;
}

struct files {
	const char *folder;
	const struct ssh_command *command;
};

static int write_file(const char *folder, const char *name, const struct buf *text, struct error *err)
{
	AUTO(buf) path = {0};

	if (!text->len)
		return 0;
	buf_cat(&path, folder, "/", name);
	return file_write(path.s, text, 0600, false, err);
}

static int write_files(const void *what, struct buf *ret UNUSED, struct error *err)
{
	const struct files *f = what;
	int r = write_file(f->folder, "known_hosts", &f->command->known_hosts, err);

	return r < 0 ? r : write_file(f->folder, "ssh_config", &f->command->config, err);
}

int client_put_files(const struct client *c, const struct ssh_command *command, struct error *err)
{
	const struct files f = { c->folder.s, command };
	int r = as_call(&c->account, write_files, &f, FILES_MS, NULL, err);

	return r < 0 ? r : 0;
}

int client_run(const struct client *c, const struct ssh_errand *errand, unsigned timeout_ms, struct buf *ret_output,
	       struct error *err)
{
	AUTO(ssh_command) command = {0};
	struct spawn s = { .environment = c->environment.v, .timeout_ms = timeout_ms };
	int r;

	if ((r = ssh_errand_make(c->tunnel, &c->machine, errand, &command, err)) < 0 ||
	    (r = client_put_files(c, &command, err)) < 0)
		return r;
	s.argv = command.argv.v;
	return as_spawn(&c->account, &s, ret_output, err);
}

static void on_interrupt(int number UNUSED)
{
}

void client_heed_interrupt(bool on)
{
	/* Without SA_RESTART: it ends the read. */
	const struct sigaction heed = { .sa_handler = on ? on_interrupt : SIG_DFL };
	struct sigaction now;

	if (sigaction(SIGINT, NULL, &now) == 0 && now.sa_handler != SIG_IGN)
		(void)sigaction(SIGINT, &heed, NULL);
}

void client_done(struct client *c)
{
	if (c->folder.len)
		as_folder_remove(&c->account, c->folder.s);
	account_done(&c->account);
	buf_done(&c->folder);
	buf_done(&c->program);
	buf_done(&c->loop);
	proxy_tool_done(&c->proxy_tool);
	strv_done(&c->environment);
	*c = (struct client){0};
}
