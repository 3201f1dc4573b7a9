/* SPDX-License-Identifier: MIT */
#include "base/utf8.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* Decodes one character: its length in bytes, or 0 if it is not UTF-8. */
static size_t decode(const unsigned char *s, size_t len, uint32_t *ret)
{
	static const struct { unsigned char mask, lead; uint32_t least; } forms[] = {
		{ 0x80, 0x00, 0x0 }, { 0xe0, 0xc0, 0x80 }, { 0xf0, 0xe0, 0x800 }, { 0xf8, 0xf0, 0x10000 },
	};

	for (size_t n = 0; n < 4; n++) {
		uint32_t c;

		if ((s[0] & forms[n].mask) != forms[n].lead)
			continue;
		if (n >= len)
			return 0;
		c = s[0] & (unsigned char)~forms[n].mask;
		for (size_t i = 1; i <= n; i++) {
			if ((s[i] & 0xc0) != 0x80)
				return 0;
			c = c << 6 | (s[i] & 0x3f);
		}
		if (c < forms[n].least || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
			return 0;
		*ret = c;
		return n + 1;
	}
	return 0;
}

static const char *judge(uint32_t c)
{
	if (c == 0)
		return "a NUL byte";
	if ((c < 0x20 && c != '\t') || (c >= 0x7f && c < 0xa0))
		return "a control character";
	if ((c >= 0xfdd0 && c <= 0xfdef) || (c & 0xfffe) == 0xfffe)
		return "a Unicode noncharacter";
	return NULL;
}

/* Bidirectional controls put the words of a line into another order than the bytes have, and there are two more ends of a
 * line than '\n' (UAX #9, UAX #14): text that may be stored, and that nobody can judge by eye. */
static bool misleads(uint32_t c)
{
	return c == 0x200e || c == 0x200f || (c >= 0x2028 && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);
}

const char *text_check(const char *s, size_t len)
{
	const unsigned char *p = (const unsigned char *)s;

	for (size_t n; len; p += n, len -= n) {
		uint32_t c = 0;
		const char *why;

		n = 1;
		if (*p >= ' ' && *p <= '~')
			continue; /* nearly all there is */
		n = decode(p, len, &c);
		why = n ? judge(c) : "invalid UTF-8";
		if (why)
			return why;
	}
	return NULL;
}

/* strspn() with sixty letters to accept would first make a table of them, each time. */
size_t word_span(const char *s, const char *more)
{
	size_t n = 0;

	for (; s[n]; n++) {
		char letter = (char)(s[n] | 0x20);

		if (!(letter >= 'a' && letter <= 'z') && !(s[n] >= '0' && s[n] <= '9') && !strchr(more, s[n]))
			break;
	}
	return n;
}

void text_clean(char *s)
{
	size_t len = strlen(s);

	while (len) {
		uint32_t c = 0;
		size_t n = decode((const unsigned char *)s, len, &c);

		if (n == 0 || judge(c) || misleads(c)) {
			n = n ? n : 1;
			memset(s, '?', n);
		}
		s += n;
		len -= n;
	}
}
