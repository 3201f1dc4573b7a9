/* SPDX-License-Identifier: MIT */
#include "ssh/options.h"

#include <string.h>

#include "model/keyword.h"
#include "ssh/path.h"

static bool says(const struct strv *options, const char *name)
{
	size_t len = strlen(name);

	for (size_t i = 0; i < options->len; i++)
		if (!strncmp(options->v[i], name, len) && options->v[i][len] == '=')
			return true;
	return false;
}

void options_mandatory(const struct ssh_machine *machine, struct strv *ret)
{
	for (size_t i = 0; i < mandatory_len; i++)
		if (mandatory[i].value && machine->version >= mandatory[i].since && !says(ret, mandatory[i].name))
			strv_pushf(ret, "%s=%s", mandatory[i].name, mandatory[i].value);
}

void options_identity(const struct tunnel *t, struct strv *ret)
{
	/* Without a key of its own the tunnel may use the agent's, or the account's default ones. */
	if (t->identity_file.len)
		strv_push(ret, "IdentitiesOnly=yes");
}

bool options_wants(const struct tunnel *t, const struct ssh_machine *machine, const struct key *k)
{
	if (k->since > machine->version)
		return false;
	return !(k->weak && strcmp(t->config_file, "none") != 0 && !tunnel_origin(t, k));
}

void options_key(const struct ssh_machine *machine, const struct key *k, const char *value,
		 struct strv *ret)
{
	AUTO(buf) option = {0};

	/* The keys carry ssh_config's own names, also where the command line has a letter for them. */
	buf_printf(&option, "%s=", k->name);
	if (k->type == PATH || k->type == PATHS)
		ssh_path_put_quoted(machine, k->percent, value, &option);
	else
		buf_puts(&option, value);
	strv_push_take(ret, buf_take(&option));
}
