/* SPDX-License-Identifier: MIT */
/* Who sits at the keyboard: under sudo not root, but who called it. */
#ifndef TUNNELCTL_CLI_PERSON_H
#define TUNNELCTL_CLI_PERSON_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/error.h"
#include "runner/account.h"

/* $SUDO_USER, where root has it and it is an account other than root (sudo(8), ENVIRONMENT); or NULL. */
const char *person_of_sudo(void);

/* The account of that one, else of whoever runs this; the caller's to free. */
void person_find(struct account *ret);

/* Appends a file as that account sees it, at most 1 MiB. Errors: those of file_read(). */
int person_read(const struct account *, const char *path, struct buf *ret, struct error *);

#endif
