/* SPDX-License-Identifier: MIT */
/* A toy: run scripts for runit, to show all that a backend must be. tests/property/new-backend builds it. */
#include "backend.h"

#include <errno.h>
#include <string.h>

#include "base/shellquote.h"
#include "marker.h"
#include "model/key.h"

static bool present(void)
{
	return false;
}

static int path(const struct tunnel *t, const struct scope *scope, struct buf *ret, struct error *err)
{
	(void)scope;
	(void)err;
	buf_printf(ret, "/etc/sv/tunnelctl-%s.run", t->name);
	return 0;
}

static int installed(const struct scope *scope, struct strv *ret, struct error *err)
{
	(void)scope;
	(void)ret;
	(void)err;
	return 0;
}

static int render(const struct tunnel *t, const struct scope *scope, const struct strv *argv, struct buf *ret,
		  struct strv *ret_notes, struct error *err)
{
	(void)err;
	buf_puts(ret, "#!/bin/sh\n# ");
	marker_put(t, scope, ret);
	buf_puts(ret, "\nexec ");
	if (t->run_as)
		buf_printf(ret, "chpst -u %s ", t->run_as);
	shell_quote(argv, ret);
	buf_puts(ret, "\n");
	marker_seal(ret);
	if (t->sandbox == SANDBOX_STRICT)
		strv_push(ret_notes, "Sandbox: runit confines nothing");
	return 0;
}

static int check(const char *text, size_t len, struct strv *ret_problems)
{
	(void)len;
	if (strstr(text, "\nexec "))
		return 0;
	strv_push(ret_problems, "no exec: runit would watch the shell");
	return -EINVAL;
}

static const struct target target = {
	.runner = "/usr/libexec/tunnelctl/tunnelctl-run",
	.ini_folder = "/etc/tunnelctl",
	.ssh = VERSION(7, 4),
};

static const char *const becomes[KEY_COUNT] = { [KEY_run_as] = "chpst -u" };

const struct backend backend_runit = {
	.name = "runit",
	.target = &target,
	.becomes = becomes,
	.present = present,
	.path = path,
	.installed = installed,
	.render = render,
	.check = check,
};
