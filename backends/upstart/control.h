/* SPDX-License-Identifier: MIT */
/* Drives upstart by initctl(8): the functions of struct control. */
#ifndef TUNNELCTL_UPSTART_CONTROL_H
#define TUNNELCTL_UPSTART_CONTROL_H

#include "backend.h"

extern const struct control upstart_control;

#endif
