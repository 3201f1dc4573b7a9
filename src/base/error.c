/* SPDX-License-Identifier: MIT */
#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/utf8.h"

static int set(struct error *err, int code, const char *format, va_list ap)
{
	if (!err)
		return code;
	err->code = code;
	(void)vsnprintf(err->text, sizeof(err->text), format, ap);
	return code;
}

int error_set(struct error *err, int code, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	set(err, code, format, ap);
	va_end(ap);
	if (err)
		text_clean(err->text);
	return code;
}

int error_errno(struct error *err, int code, const char *format, ...)
{
	va_list ap;
	size_t len;

	va_start(ap, format);
	set(err, code, format, ap);
	va_end(ap);
	if (!err)
		return code;
	len = strlen(err->text);
	(void)snprintf(err->text + len, sizeof(err->text) - len, ": %s", strerror(-code));
	text_clean(err->text);
	return code;
}
