/* SPDX-License-Identifier: MIT */
#include "ssh/fingerprint.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/utf8.h"
#include "model/value.h"

enum { BITS_MAX = 65536 };

void fingerprint_argv(const char *path, struct strv *ret)
{
	strv_push(ret, SSH_KEYGEN);
	strv_push(ret, "-l");
	strv_push(ret, "-f");
	strv_push(ret, path);
}

/* "256 SHA256:2Vq... a comment (ED25519)"; until 6.7 "256 ab:cd:..." (ssh-keygen(1); its release notes). */
bool fingerprint_parse(const char *output, struct fingerprint *ret)
{
	AUTO_FREE char *line = xstrndup(output, strcspn(output, "\r\n"));
	struct fingerprint f = {0};
	size_t len = strlen(line);
	char *space = strchr(line, ' '), *text, *type;

	if (!space || len < 4 || line[len - 1] != ')' || !(type = strrchr(line, '(')))
		return false;
	line[len - 1] = '\0';
	type++;
	*space = '\0';
	text = space + 1;
	text[strcspn(text, " ")] = '\0';
	if (parse_uint(line, 1, BITS_MAX, &f.bits) || !*text || text[word_span(text, ":+/=")] ||
	    type < text + strlen(text) || !*type || type[word_span(type, "-")])
		return false;
	(void)snprintf(f.text, sizeof(f.text), "%s%s", strlen(text) > 2 && text[2] == ':' ? "MD5:" : "", text);
	(void)snprintf(f.type, sizeof(f.type), "%s", type);
	*ret = f;
	return true;
}

bool fingerprint_is(const struct fingerprint *f, const char *typed)
{
	size_t len = strlen(typed), known = strlen(f->text);

	while (len && typed[len - 1] == '=')
		len--;
	while (known && f->text[known - 1] == '=')
		known--;
	return len && len == known && !strncmp(typed, f->text, len);
}
