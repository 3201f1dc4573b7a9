/* SPDX-License-Identifier: MIT */
/* What upstart does with the command of a job once it is read: the program and arguments that it executes. */
#ifndef TUNNELCTL_UPSTART_COMMAND_H
#define TUNNELCTL_UPSTART_COMMAND_H

#include <stdbool.h>

#include "base/strv.h"

/* TEXT is what lexer_command() read behind "exec". Appends the words of the program that upstart executes:
 * those of the text itself, or /bin/sh with the text as a script. */
void command_exec(const char *text, struct strv *ret_argv);

/* BODY is what lexer_script() read. True: the shell reads the body from file descriptor 9. */
bool command_script(const char *body, struct strv *ret_argv);

#endif
