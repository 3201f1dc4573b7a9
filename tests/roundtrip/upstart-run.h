/* SPDX-License-Identifier: MIT */
/* Runs the command of a job as upstart would: read by the model of its lexer, executed with the real /bin/sh.
 */
#ifndef TUNNELCTL_TESTS_UPSTART_RUN_H
#define TUNNELCTL_TESTS_UPSTART_RUN_H

#include "base/buf.h"
#include "base/strv.h"

enum form { FORM_DIRECT, FORM_SHELL, FORM_SCRIPT, FORM_COUNT };

/* Makes a private folder with bin/argdump (DUMP, the argument dumper), an empty file work/argout, goes to
 * work/ and sets HOME and PATH for those who are run. Ends the test with 77 and a reason where it cannot run
 * at all. */
void run_prepare(const char *dump);
void run_clean(void);

const char *run_home(void); /* the folder */

/* TEXT is a job of one statement, exec or script. NULL and the arguments that argdump got and the form that
 * upstart would choose; else why nothing ran, "model: ..." or "run: ...". */
const char *run_job(const char *text, struct strv *ret_args, enum form *ret_form);

#endif
