/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "marker.h"
#include "model/key.h"
#include "model/value.h"
#include "quote.h"

static bool present(void)
{
	return access("/run/systemd/system", F_OK) == 0; /* sd_booted(3) */
}

int unit_folder(const struct scope *scope, struct buf *ret, struct error *err)
{
	if (!scope->user)
		buf_puts(ret, "/etc/systemd/system");
	else if (scope->config_home)
		buf_cat(ret, scope->config_home, "/systemd/user");
	else
		return error_set(err, -EINVAL, "no home folder: cannot tell where the units of this user are");
	return 0;
}

static int path(const struct tunnel *t, const struct scope *scope, struct buf *ret, struct error *err)
{
	int r = unit_folder(scope, ret, err);

	if (r == 0)
		buf_cat(ret, "/" UNIT_PREFIX, t->name, UNIT_SUFFIX);
	return r;
}

static int installed(const struct scope *scope, struct strv *ret, struct error *err)
{
	static const size_t prefix = sizeof(UNIT_PREFIX) - 1, suffix = sizeof(UNIT_SUFFIX) - 1;
	AUTO(buf) folder = {0};
	const struct dirent *entry;
	int r = unit_folder(scope, &folder, err);
	DIR *d;

	if (r < 0)
		return r;
	if (!(d = opendir(folder.s)))
		return errno == ENOENT ? 0 : error_errno(err, -errno, "%s", folder.s);
	while ((entry = readdir(d))) {
		size_t len = strlen(entry->d_name);

		if (len > prefix + suffix && !strncmp(entry->d_name, UNIT_PREFIX, prefix) &&
		    !strcmp(entry->d_name + len - suffix, UNIT_SUFFIX))
			strv_push_take(ret, xstrndup(entry->d_name + prefix, len - prefix - suffix));
	}
	(void)closedir(d);
	return 0;
}

/* "Name=" and one value in one of the languages of quote.h. */
static int put(struct buf *ret, const char *name, const char *value,
	       const char *(*quote)(const char *, struct buf *), struct error *err)
{
	const char *why;

	buf_cat(ret, name, "=");
	if ((why = quote(value, ret)))
		return error_set(err, -EINVAL, "%s = %.60s: %s", name, value, why);
	buf_putc(ret, '\n');
	return 0;
}

static int put_additions(const struct tunnel *t, enum section_id section, size_t start, struct buf *ret,
			 struct error *err)
{
	for (const struct setting *s = NULL; (s = tunnel_next(t, section, s));) {
		const char *why = unit_judge_addition(s, ret->s + start);

		if (why)
			return setting_refuse(t, s, err, "%s", why);
	}
	for (const struct setting *s = NULL; (s = tunnel_next(t, section, s));)
		buf_cat(ret, s->name, "=", s->value, "\n");
	return 0;
}

static int put_unit(const struct tunnel *t, const struct scope *scope, struct buf *ret, struct error *err)
{
	AUTO(buf) text = {0};
	size_t start = ret->len;
	int r;

	if (!t->description)
		buf_cat(&text, "SSH tunnel ", t->name);
	buf_puts(ret, "\n[Unit]\n");
	if ((r = put(ret, "Description", t->description ? t->description : text.s, quote_plain, err)) < 0)
		return r;
	/* Not network-online.target: a boot waits for that. The order makes sure that ssh can say good-bye. */
	if (!scope->user)
		buf_puts(ret, "After=network.target\n");
	buf_puts(ret, "StartLimitIntervalSec=0\n");
	return put_additions(t, SECTION_systemd_unit, start, ret, err);
}

static int put_command(const struct strv *argv, struct buf *ret, struct error *err)
{
	const char *why;

	buf_puts(ret, "ExecStart=");
	if ((why = quote_program(argv->v[0], ret)))
		return error_set(err, -EINVAL, "%s: %s", argv->v[0], why);
	for (size_t i = 1; i < argv->len; i++) {
		buf_putc(ret, ' ');
		if ((why = quote_argument(argv->v[i], ret)))
			return error_set(err, -EINVAL, "%s: %s", argv->v[i], why);
	}
	buf_putc(ret, '\n');
	return 0;
}

static int put_account(const struct tunnel *t, struct buf *ret, struct error *err)
{
	AUTO_FREE char *user = xstrdup(t->run_as);
	char *group = strchr(user, ':');
	int r;

	if (group)
		*group++ = '\0';
	if ((r = put(ret, "User", user, quote_plain, err)) < 0 || !group)
		return r;
	return put(ret, "Group", group, quote_plain, err);
}

static void put_restart(const struct tunnel *t, const struct scope *scope, struct buf *ret)
{
	static const char *const words[] = { [RESTART_ALWAYS] = "always",
					     [RESTART_ON_FAILURE] = "on-failure",
					     [RESTART_NEVER] = "no" };

	buf_cat(ret, "Restart=", words[t->restart], "\n");
	if (scope->standalone)
		buf_printf(ret, "RestartSec=%us\n", t->retry_delay);
	else
		buf_puts(ret, "RestartSec=100ms\n"); /* tunnelctl-run keeps the pace */
	/* What systemd itself reports before the program runs (systemd.exec(5), PROCESS EXIT CODES):
	 * forty times in ten seconds it would say the same again. */
	buf_puts(ret, "RestartPreventExitStatus="
		      "200 201 202 203 204 205 206 207 208 209 210 211 212 213 214 215 216 217 218 219 220 221 "
		      "222 223 224 225 226 227 228 229 230 231 232 233 234 235 236 237 238 239 240 241 242 243\n");
}

static void put_runtime_folder(const struct tunnel *t, struct buf *ret)
{
	buf_cat(ret, "RuntimeDirectory=tunnelctl/", t->name, "\n",
		"RuntimeDirectoryMode=0755\n"
		"RuntimeDirectoryPreserve=restart\n");
}

static int put_service(const struct tunnel *t, const struct scope *scope, const struct strv *argv,
		       struct buf *ret, struct strv *ret_notes, struct error *err)
{
	size_t start = ret->len;
	int r;

	buf_puts(ret, "\n[Service]\nType=exec\n");
	if (!scope->standalone)
		buf_puts(ret, "NotifyAccess=all\n");
	if ((!scope->user && (r = put_account(t, ret, err)) < 0) || (r = put_command(argv, ret, err)) < 0)
		return r;
	for (size_t i = 0; i < t->environment.len; i++)
		if ((r = put(ret, "Environment", t->environment.v[i], quote_environment, err)) < 0)
			return r;
	put_restart(t, scope, ret);
	buf_printf(ret, "TimeoutStopSec=%u\n", t->stop_timeout);
	if (t->limit_nofile)
		buf_printf(ret, "LimitNOFILE=%u\n", t->limit_nofile);
	if (!scope->standalone)
		put_runtime_folder(t, ret);
	unit_put_sandbox(t, scope, ret, ret_notes);
	return put_additions(t, SECTION_systemd_service, start, ret, err);
}

static int put_install(const struct tunnel *t, const struct scope *scope, struct buf *ret, struct error *err)
{
	size_t start = ret->len;

	if (t->start == START_MANUAL && !tunnel_next(t, SECTION_systemd_install, NULL))
		return 0;
	buf_puts(ret, "\n[Install]\n");
	/* A user's manager has no multi-user.target. */
	if (t->start != START_MANUAL)
		buf_cat(ret, "WantedBy=", scope->user ? "default.target" : "multi-user.target", "\n");
	return put_additions(t, SECTION_systemd_install, start, ret, err);
}

static int render(const struct tunnel *t, const struct scope *scope, const struct strv *argv,
		  struct buf *ret, struct strv *ret_notes, struct error *err)
{
	AUTO(buf) text = {0};
	int r;

	(void)buf_reserve(&text, 2048); /* most units are shorter */
	buf_puts(&text, "# ");
	marker_put(t, scope, &text);
	buf_putc(&text, '\n');
	if ((r = put_unit(t, scope, &text, err)) < 0 ||
	    (r = put_service(t, scope, argv, &text, ret_notes, err)) < 0 ||
	    (r = put_install(t, scope, &text, err)) < 0)
		return r;
	buf_puts(&text, "\n[X-Tunnelctl]\nFormat=" MARKER_FORMAT "\n");
	if (scope->ini && (r = put(&text, "Source", scope->ini, quote_plain, err)) < 0)
		return r;
	marker_seal(&text);
	buf_put(ret, text.s, text.len);
	return 0;
}

static const struct target target = {
	.runner = "/usr/libexec/tunnelctl/tunnelctl-run",
	.ini_folder = "/etc/tunnelctl",
	.ssh = VERSION(7, 4),
	.version = 252,
};

static const char *const becomes[KEY_COUNT] = {
	[KEY_description] = "Description=",
	[KEY_identity_file] = "ProtectHome=, BindReadOnlyPaths=",
	[KEY_certificate_file] = "ProtectHome=, BindReadOnlyPaths=",
	[KEY_identity_agent] = "ProtectHome=, BindReadOnlyPaths=",
	[KEY_user_known_hosts_file] = "ProtectHome=, BindReadOnlyPaths=",
	[KEY_config_file] = "ProtectHome=, BindReadOnlyPaths=",
	[KEY_program] = "ProtectHome=, BindReadOnlyPaths=",
	[KEY_proxy_command] = "ProtectHome=",
	[KEY_proxy_jump] = "ProtectHome=",
	[KEY_known_host_key] = "ProtectHome=",
	[KEY_remote_forward] = "BindReadOnlyPaths= for a Unix socket",
	[KEY_local_forward] = "CapabilityBoundingSet= below port 1024, ReadWritePaths= for a Unix socket",
	[KEY_dynamic_forward] = "CapabilityBoundingSet= below port 1024",
	[KEY_tunnel_device] = "DeviceAllow=, CapabilityBoundingSet=",
	[KEY_run_as] = "User=, Group=",
	[KEY_start] = "WantedBy=",
	[KEY_restart] = "Restart=",
	[KEY_stop_timeout] = "TimeoutStopSec=",
	[KEY_log] = "the journal; a file: ReadWritePaths= of its folder, ProtectHome=",
	[KEY_sandbox] = "ProtectSystem= and some thirty more",
	[KEY_environment] = "Environment=",
	[KEY_limit_nofile] = "LimitNOFILE=",
};

const struct backend backend_systemd = {
	.name = "systemd",
	.target = &target,
	.becomes = becomes,
	.present = present,
	.path = path,
	.installed = installed,
	.render = render,
	.check = unit_check,
	.read_log = unit_read_log,
	.control = &systemd_control,
};
