/* SPDX-License-Identifier: MIT */
/* The bare process: what starting and ending any dynamically linked program costs on this machine. */
int main(void)
{
	return 0;
}
