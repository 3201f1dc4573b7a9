/* SPDX-License-Identifier: MIT */
#include "base/spelling.h"

#include <string.h>

static bool same_letter(char a, char b)
{
	return (a | 0x20) == (b | 0x20);
}

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* How many letters were added, left out, mistaken or swapped with their neighbour. */
static size_t distance(const char *a, const char *b)
{
	enum { MAX = 64 };
	size_t rows[3][MAX], len = strlen(b), i;

	if (len >= MAX)
		return MAX;
	for (size_t j = 0; j <= len; j++)
		rows[0][j] = j;
	for (i = 1; a[i - 1]; i++) {
		size_t *row = rows[i % 3], *above = rows[(i + 2) % 3], *above_that = rows[(i + 1) % 3];

		row[0] = i;
		for (size_t j = 1; j <= len; j++) {
			row[j] = least(least(above[j], row[j - 1]) + 1,
				       above[j - 1] + !same_letter(a[i - 1], b[j - 1]));
			if (i > 1 && j > 1 && same_letter(a[i - 1], b[j - 2]) &&
			    same_letter(a[i - 2], b[j - 1]))
				row[j] = least(row[j], above_that[j - 2] + 1);
		}
	}
	return rows[(i + 2) % 3][len];
}

bool spelling_is_close(const char *name, const char *known)
{
	size_t d = distance(name, known);

	return d <= 1 || (d == 2 && strlen(known) > 5);
}
