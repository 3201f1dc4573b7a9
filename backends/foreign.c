/* SPDX-License-Identifier: MIT */
#include "foreign.h"

#include <stdarg.h>
#include <stdlib.h>

#include "base/alloc.h"

void foreign_push_word(struct foreign *f, const char *word, unsigned line)
{
	f->lines = array_grow(f->lines, f->argv.len, sizeof(*f->lines));
	f->lines[f->argv.len] = line;
	strv_push(&f->argv, word);
}

void foreign_push_environment(struct foreign *f, const char *name, const char *value, unsigned line)
{
	f->environment_lines = array_grow(f->environment_lines, f->environment.len, sizeof(*f->environment_lines));
	f->environment_lines[f->environment.len] = line;
	strv_pushf(&f->environment, "%s=%s", name, value);
}

void foreign_set(struct foreign *f, const struct key *k, const char *value, const char *what, unsigned line)
{
	AUTO_FREE char *blank = draft_blank(value);
	struct draft_origin at = { what, line };
	struct error err = {0};

	if (blank)
		foreign_refuse(f, what, line, "%.60s is a blank that nobody filled in; wanted the real name", blank);
	else if (draft_set(&f->draft, k, value, &at, &err) == 0)
		return;
	else if (k == &keys[KEY_run_as]) /* without it another account would run the tunnel, root perhaps */
		foreign_refuse(f, what, line, "%s = %.60s: %s", k->name, value, err.text);
	else
		foreign_drop(f, what, line, "%s = %.60s: %s", k->name, value, err.text);
}

void foreign_drop(struct foreign *f, const char *what, unsigned line, const char *format, ...)
{
	AUTO(buf) why = {0};
	va_list ap;

	va_start(ap, format);
	buf_vprintf(&why, format, ap);
	va_end(ap);
	draft_remark(&f->draft, DRAFT_DROPPED, &(struct draft_origin){ what, line }, "%s", buf_str(&why));
}

void foreign_refuse(struct foreign *f, const char *what, unsigned line, const char *format, ...)
{
	AUTO(buf) why = {0};
	va_list ap;

	va_start(ap, format);
	buf_vprintf(&why, format, ap);
	va_end(ap);
	draft_remark(&f->draft, DRAFT_REFUSED, &(struct draft_origin){ what, line }, "%s", buf_str(&why));
}

void foreign_done(struct foreign *f)
{
	free(f->label);
	strv_done(&f->argv);
	free(f->lines);
	strv_done(&f->environment);
	free(f->environment_lines);
	free(f->folder);
	draft_done(&f->draft);
	free(f->stop_system);
	free(f->stop_user);
	*f = (struct foreign){0};
}
