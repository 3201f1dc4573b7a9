/* SPDX-License-Identifier: MIT */
#include "version.h"

void upstart_version_print(unsigned version, struct buf *ret)
{
	buf_printf(ret, "%u.%u", version / 10000, version / 100 % 100);
	if (version % 100)
		buf_printf(ret, ".%u", version % 100);
}
