/* SPDX-License-Identifier: MIT */
#include "cli/rival.h"

#include <string.h>
#include <strings.h>

#include "base/file.h"
#include "model/config.h"

/* Whatever address they listen on: sshd takes most of them for localhost (sshd_config(5), GatewayPorts). */
static bool collide(const struct endpoint *a, const struct endpoint *b)
{
	if (a->path || b->path)
		return a->path && b->path && !strcmp(a->path, b->path);
	return a->port && a->port == b->port;
}

static bool listens_there(const struct tunnel *t, const struct forward *f)
{
	for (size_t i = 0; i < t->remote_forward.len; i++)
		if (collide(&t->remote_forward.v[i].listen, &f->listen))
			return true;
	return false;
}

bool rival_find(const struct tunnel *t, const char *ini, bool user, const struct forward *f, struct buf *ret_name)
{
	struct config_absent absent;
	AUTO(strv) names = {0};
	AUTO(buf) folder = {0};
	bool found = false;

	path_folder(ini, &folder);
	config_list(folder.s, &names, &absent);
	for (size_t i = 0; i < names.len && !found; i++) {
		AUTO(tunnel) other = {0};
		AUTO(strv) problems = {0};
		AUTO(buf) path = {0};

		buf_cat(&path, folder.s, "/", names.v[i], ".ini");
		if (!strcmp(names.v[i], t->name) ||
		    config_load_known(path.s, user ? CONFIG_USER : CONFIG_SYSTEM, absent, &other, &problems) < 0)
			continue;
		found = !strcasecmp(other.host, t->host) && other.port == t->port && listens_there(&other, f);
		if (found)
			buf_puts(ret_name, names.v[i]);
	}
	return found;
}
