/* SPDX-License-Identifier: MIT */
/* Stands where ssh would: writes each argument and a NUL byte, which no argument can hold. */
#include <stdio.h>
#include <string.h>

int main(int argc, char *argv[])
{
	for (int i = 1; i < argc; i++)
		(void)fwrite(argv[i], 1, strlen(argv[i]) + 1, stdout);
	return fflush(stdout) == 0 ? 0 : 1;
}
