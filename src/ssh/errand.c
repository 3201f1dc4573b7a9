/* SPDX-License-Identifier: MIT */
#include "ssh/errand.h"

#include <string.h>

#include "model/key.h"

/* The first words of every command: program, -F FILE, and -N (ssh/argv.c). */
enum { FRONT = 3 };

/* No session that ConfigFile forbids, and no forwards, not even those of ConfigFile. */
static void push_front(const struct ssh_machine *machine, const struct ssh_errand *e, struct strv *ret)
{
	strv_push_all(ret, &e->words);
	if (!e->forwards) {
		strv_push(ret, "-o");
		strv_push(ret, "ClearAllForwardings=yes");
	}
	if (e->session && machine->version >= VERSION(8, 7)) {
		strv_push(ret, "-o");
		strv_push(ret, "SessionType=default");
	}
}

/* "-N" is known by its place: further on the word may be the value of something else. */
static void rewrite(const struct ssh_machine *machine, const struct ssh_errand *e, struct strv *argv)
{
	AUTO(strv) made = {0};
	struct strv old = *argv;

	for (size_t i = 0; i < old.len; i++) {
		if (i == FRONT)
			push_front(machine, e, &made);
		if (i != FRONT || !e->session || strcmp(old.v[i], "-N") != 0)
			strv_push(&made, old.v[i]);
	}
	strv_push_all(&made, &e->command);
	*argv = made;
	made = old;
}

int ssh_errand_make(const struct tunnel *t, const struct ssh_machine *machine, const struct ssh_errand *e,
		    struct ssh_command *ret, struct error *err)
{
	struct tunnel bare = *t; /* borrows all that T owns */
	struct ssh_machine here = *machine;
	AUTO(strv) notes = {0};
	int r;

	if (!e->forwards) {
		bare.remote_forward = bare.local_forward = bare.dynamic_forward = (struct forwards){0};
		bare.tunnel_device = NULL;
		here.loop = NULL;
	}
	if ((r = ssh_command_make(&bare, &here, ret, &notes, err)) < 0)
		return r;
	rewrite(machine, e, &ret->argv);
	return 0;
}

void ssh_errand_done(struct ssh_errand *e)
{
	strv_done(&e->words);
	strv_done(&e->command);
	*e = (struct ssh_errand){0};
}
