/* SPDX-License-Identifier: MIT */
/* The few macros that every file of tunnelctl may use. */
#ifndef TUNNELCTL_BASE_MACROS_H
#define TUNNELCTL_BASE_MACROS_H

/* AUTO(buf) text = {0};  calls buf_done(&text) wherever the scope is left. */
#define AUTO(type) __attribute__((cleanup(type##_done))) struct type
#define AUTO_FREE __attribute__((cleanup(free_at_exit_of_scope)))

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))
#define PRINTF(text, first) __attribute__((format(printf, text, first)))
#define UNUSED __attribute__((unused))

void free_at_exit_of_scope(void *pointer_to_pointer);

#endif
