/* SPDX-License-Identifier: MIT */
/* Root acts on what an INI says (Program, RunAs = root): so nobody but root may be able to write it. */
#ifndef TUNNELCTL_MODEL_OWNER_H
#define TUNNELCTL_MODEL_OWNER_H

#include "base/strv.h"
#include "model/tunnel.h"

/* Looks at every file that the tunnel was read from and at the folder it lies in: each must be root's, and writable
 * by root and root's group alone. 0, or -EPERM with a line for each that is not. */
int owner_check(const struct tunnel *, struct strv *ret_problems);

#endif
