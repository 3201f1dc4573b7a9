/* SPDX-License-Identifier: MIT */
/* Never more than one start of ssh a second, however soon the supervisor starts us again. */
#ifndef TUNNELCTL_RUNNER_SPACING_H
#define TUNNELCTL_RUNNER_SPACING_H

/* Waits until a second has passed since the last call for this folder, and notes this one in it. Without a
 * folder to write to there is no waiting: a tunnel is more than its pace. */
void spacing_wait(const char *folder);

/* Sleeps until a second has passed since the process began to run. */
void spacing_settle(void);

/* To be called first thing in main. */
void spacing_begin(void);

#endif
