/* SPDX-License-Identifier: MIT */
/*
 * A stand-in for the ssh of RHEL 6, static, for where there is no interpreter: it prints its arguments and who it is,
 * and says that its forward stands. A host called "refused" or "denied" it fails to reach, in ssh's words.
 */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static int fail(const char *words)
{
	(void)fprintf(stderr, "%s\r\n", words);
	return 255;
}

static void end(int signal)
{
	static const char words[] = "Killed by signal 15.\r\n";

	(void)signal;
	_exit(write(STDERR_FILENO, words, sizeof(words) - 1) < 0 ? 1 : 255);
}

int main(int argc, char **argv)
{
	const char *host = argv[argc - 1];

	if (argc == 2 && !strcmp(host, "-V"))
		return fprintf(stderr, "OpenSSH_5.3p1, OpenSSL 1.0.1e-fips 11 Feb 2013\n") < 0;
	if (!strcmp(host, "refused"))
		return fail("ssh: connect to host refused port 22: Connection refused");
	if (!strcmp(host, "denied") && access("/tmp/allowed", F_OK) != 0)
		return fail("Permission denied (publickey).");
	(void)signal(SIGTERM, end);
	for (int i = 0; i < argc; i++)
		(void)printf("%s\n", argv[i]);
	(void)printf("uid %u, gid %u\n", (unsigned)getuid(), (unsigned)getgid());
	(void)fflush(stdout);
	(void)fprintf(stderr, "debug1: remote forward success for: listen 12345, connect localhost:22\r\n"
			      "debug1: Entering interactive session.\r\n");
	for (;;)
		(void)pause();
}
