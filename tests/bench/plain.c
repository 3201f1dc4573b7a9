/* SPDX-License-Identifier: MIT */
/*
 * The named peer of tests/bench/generate: what the file system alone asks of anybody who turns N INI files into N units
 * that are never seen half written. It knows the names beforehand, parses nothing, and writes the same bytes each time.
 *
 *   plain IN OUT N UNIT      reads IN/bN.ini, writes the text of UNIT to OUT/bN.tmp, renames it to OUT/bN.service
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static char ini[65536], unit[65536];

static size_t get(const char *path, char *ret, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, ret, size);

	if (n < 0) {
		perror(path);
		exit(1);
	}
	(void)close(fd);
	return (size_t)n;
}

static void put(const char *temp, const char *path, const char *s, size_t len)
{
	int fd = open(temp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);

	if (fd < 0 || write(fd, s, len) != (ssize_t)len || close(fd) < 0 || rename(temp, path) < 0) {
		perror(path);
		exit(1);
	}
}

int main(int argc, char **argv)
{
	char from[4096], temp[4096], to[4096];
	size_t len;

	if (argc != 5) {
		(void)fputs("usage: plain IN OUT N UNIT\n", stderr);
		return 2;
	}
	len = get(argv[4], unit, sizeof(unit));
	for (long i = 1, n = strtol(argv[3], NULL, 10); i <= n; i++) {
		(void)snprintf(from, sizeof(from), "%s/b%ld.ini", argv[1], i);
		(void)snprintf(temp, sizeof(temp), "%s/b%ld.tmp", argv[2], i);
		(void)snprintf(to, sizeof(to), "%s/b%ld.service", argv[2], i);
		(void)get(from, ini, sizeof(ini));
		put(temp, to, unit, len);
	}
	return 0;
}
