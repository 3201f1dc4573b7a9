/* SPDX-License-Identifier: MIT */
/*
 * Sandbox = strict: everything that ssh does not need is taken away (systemd.exec(5), SANDBOXING), and each key marked
 * HOLE in keys.def gives back what that tunnel needs. Whole folders are let in, never single files: a bind mount of a
 * file would go on showing the old one after it was replaced.
 */
#include "unit.h"

#include <string.h>

#include "base/file.h"
#include "model/key.h"
#include "ssh/device.h"

enum home { HOME_HIDDEN, HOME_FOLDERS, HOME_READABLE };

/* What the tunnel needs beyond the network. */
struct needs {
	enum home home;
	struct strv readable; /* folders */
	struct strv writable;
	struct strv bound;    /* writable, and hidden without a bind mount */
	bool low_port;        /* listens below 1024 */
	bool device;          /* a tun device */
	bool new_device;      /* that nobody made beforehand */
};

static void needs_done(struct needs *n)
{
	strv_done(&n->readable);
	strv_done(&n->writable);
	strv_done(&n->bound);
}

static bool is_below(const char *path, const char *folder)
{
	size_t len = strlen(folder);

	return !strncmp(path, folder, len) && (path[len] == '/' || !path[len]);
}

/* Where ProtectHome= and PrivateTmp= hide what is there. */
static bool is_hidden(const char *path)
{
	static const char *const folders[] = { "/home", "/root", "/run/user", "/tmp", "/var/tmp" };

	for (size_t i = 0; i < ARRAY_LEN(folders); i++)
		if (is_below(path, folders[i]))
			return true;
	return false;
}

static void push_folder(const char *path, struct strv *ret)
{
	AUTO(buf) folder = {0};

	path_folder(path, &folder);
	if (!strv_has(ret, folder.s))
		strv_push_take(ret, buf_take(&folder));
}

static void need_path(struct needs *n, const char *path)
{
	if (*path == '~') {
		n->home = HOME_READABLE; /* a renderer does not know where anybody's home is */
	} else if (is_hidden(path)) {
		if (n->home == HOME_HIDDEN)
			n->home = HOME_FOLDERS;
		push_folder(path, &n->readable);
	}
}

static void need_paths(struct needs *n, const struct strv *paths)
{
	for (size_t i = 0; i < paths->len; i++)
		need_path(n, paths->v[i]);
}

/* The folder in which ssh makes a socket or the runner its log; whoever looks for it does so outside. */
static void need_writable(struct needs *n, const char *path)
{
	if (is_hidden(path) && n->home == HOME_HIDDEN)
		n->home = HOME_FOLDERS;
	push_folder(path, is_hidden(path) ? &n->bound : &n->writable);
}

static void need_log(struct needs *n, const char *path, const struct scope *scope, struct strv *ret_notes)
{
	if (!strcmp(path, "native") || scope->standalone)
		return;
	if (*path == '~' && !scope->user)
		strv_push(ret_notes, "Log: only tunnelctl-run knows where ~ is, and the sandbox lets it write nothing "
				     "there; write the path in full");
	else
		need_writable(n, path);
}

static void need_forwards(struct needs *n, const struct forwards *l)
{
	for (size_t i = 0; i < l->len; i++) {
		const struct forward *f = &l->v[i];

		if (f->kind != FORWARD_REMOTE && f->listen.path)
			need_writable(n, f->listen.path);
		else if (f->kind != FORWARD_REMOTE && f->listen.port < 1024)
			n->low_port = true;
		if (f->kind == FORWARD_REMOTE && f->target.path)
			need_path(n, f->target.path);
	}
}

/* An ordinary account takes the one that root made for it (ssh/device.h), which asks for no capability: seen. */
static bool makes_device(const struct tunnel *t)
{
	AUTO(device_plan) d = {0};
	const char *who = t->run_as ? t->run_as : "";
	size_t len = strcspn(who, ":");

	if (!device_make(t, NULL, &d))
		return false;
	return !d.here.fixed || (len == 4 && !strncmp(who, "root", len));
}

static void collect(const struct tunnel *t, const struct scope *scope, struct needs *n)
{
	bool keys_given = t->identity_file.len || strcmp(t->identity_agent, "none") != 0;
	bool hosts_given = t->known_host_key.len || t->user_known_hosts_file.len;

	/* Without a key or a known host of its own ssh looks into ~/.ssh; a ProxyCommand looks anywhere. */
	if (!keys_given || !hosts_given || t->proxy_command || t->proxy_jump)
		n->home = HOME_READABLE;
	need_path(n, t->program);
	need_paths(n, &t->identity_file);
	need_paths(n, &t->certificate_file);
	need_paths(n, &t->user_known_hosts_file);
	if (strcmp(t->identity_agent, "none") != 0 && strcmp(t->identity_agent, "SSH_AUTH_SOCK") != 0)
		need_path(n, t->identity_agent);
	if (strcmp(t->config_file, "none") != 0)
		need_path(n, t->config_file);
	need_forwards(n, &t->remote_forward);
	need_forwards(n, &t->local_forward);
	need_forwards(n, &t->dynamic_forward);
	n->device = t->tunnel_device != NULL;
	n->new_device = makes_device(t);
	if (!scope->standalone) {
		need_path(n, scope->ini);
		need_path(n, scope->runner);
	}
	if (scope->user)
		n->home = HOME_READABLE; /* tmpfs would hide the notification socket and the bus as well */
}

static void put_home(const struct needs *n, struct buf *ret)
{
	static const char *const words[] = { "yes", "tmpfs", "read-only" };

	buf_cat(ret, "ProtectHome=", words[n->home], "\n");
}

static void put_folders(const char *name, const struct strv *folders, enum home home, struct buf *ret)
{
	for (size_t i = 0; i < folders->len; i++) {
		const char *s = folders->v[i];

		/* What is readable anyway needs no bind, unless PrivateTmp= hides it. */
		if (home == HOME_READABLE && !is_below(s, "/tmp") && !is_below(s, "/var/tmp"))
			continue;
		/* "-": a folder that is not there yet is for tunnelctl-run to complain about, in words. */
		buf_printf(ret, strpbrk(s, " \t:'") ? "%s=\"-" : "%s=-", name);
		if (*s == '~')
			buf_puts(ret, "%h"); /* in a user's manager, that user's home (systemd.unit(5), SPECIFIERS) */
		for (const char *c = s + (*s == '~'); *c; c++)
			buf_printf(ret, *c == '%' ? "%%%%" : "%c", *c);
		buf_puts(ret, strpbrk(s, " \t:'") ? "\"\n" : "\n");
	}
}

static void put_capabilities(const struct needs *n, const struct scope *scope, struct buf *ret,
			     struct strv *ret_notes)
{
	const char *first = n->low_port && !scope->user ? "CAP_NET_BIND_SERVICE" : "";
	const char *second = n->new_device && !scope->user ? "CAP_NET_ADMIN" : "";
	const char *blank = *first && *second ? " " : "";

	buf_cat(ret, "CapabilityBoundingSet=", first, blank, second, "\n");
	if (!scope->user)
		buf_cat(ret, "AmbientCapabilities=", first, blank, second, "\n");
	/* A capability in a user namespace of its own opens no port and configures no device outside. */
	buf_cat(ret, "PrivateUsers=", *first || *second ? "no" : "yes", "\n");
	if (n->low_port && scope->user)
		strv_push(ret_notes, "LocalForward: a user's tunnel cannot listen on a port below 1024");
	if (n->device && scope->user)
		strv_push(ret_notes, "TunnelDevice: a user's tunnel needs a device that root made for it");
}

static void put_devices(const struct needs *n, struct buf *ret)
{
	if (n->device)
		buf_puts(ret, "DeviceAllow=/dev/net/tun rw\n");
	else
		buf_puts(ret, "PrivateDevices=yes\n");
	buf_puts(ret, "DevicePolicy=closed\n");
}

void unit_put_sandbox(const struct tunnel *t, const struct scope *scope, struct buf *ret,
		      struct strv *ret_notes)
{
	__attribute__((cleanup(needs_done))) struct needs n = {0};

	if (t->sandbox == SANDBOX_OFF)
		return;
	collect(t, scope, &n);
	need_log(&n, t->log, scope, ret_notes);
	if (!strcmp(t->identity_agent, "SSH_AUTH_SOCK"))
		strv_push(ret_notes, "IdentityAgent: the sandbox hides an agent whose socket is in /tmp; give its path, "
				     "or Sandbox = off");
	buf_puts(ret, "\n# Sandbox = strict\n"
		      "NoNewPrivileges=yes\n");
	put_capabilities(&n, scope, ret, ret_notes);
	put_devices(&n, ret);
	put_home(&n, ret);
	put_folders("BindReadOnlyPaths", &n.readable, n.home, ret);
	put_folders("BindPaths", &n.bound, HOME_FOLDERS, ret);
	put_folders("ReadWritePaths", &n.writable, HOME_FOLDERS, ret);
	buf_puts(ret, "ProtectSystem=strict\n"
		      "PrivateTmp=yes\n"
		      "ProtectProc=invisible\n"
		      "ProcSubset=pid\n"
		      "ProtectClock=yes\n"
		      "ProtectHostname=yes\n"
		      "ProtectKernelTunables=yes\n"
		      "ProtectKernelModules=yes\n"
		      "ProtectKernelLogs=yes\n"
		      "ProtectControlGroups=yes\n");
	/* Failed with 226 in a user's manager (systemd 252). */
	if (!scope->user)
		buf_puts(ret, "PrivateIPC=yes\n"
			      "PrivateMounts=yes\n"
			      "RemoveIPC=yes\n");
	buf_puts(ret, "RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX AF_NETLINK\n"
		      "RestrictNamespaces=yes\n"
		      "RestrictRealtime=yes\n"
		      "RestrictSUIDSGID=yes\n"
		      "LockPersonality=yes\n"
		      "MemoryDenyWriteExecute=yes\n"
		      "KeyringMode=private\n"
		      "SystemCallArchitectures=native\n"
		      "SystemCallFilter=@system-service\n"
		      "SystemCallFilter=~@privileged @resources\n");
	/* KnownHostsCommand: ssh sets its own uid once more before it runs the command. */
	if (scope->standalone && t->known_host_key.len)
		buf_puts(ret, "SystemCallFilter=@setuid\n");
	buf_puts(ret, "SystemCallErrorNumber=EPERM\n"
		      "UMask=0077\n");
}
