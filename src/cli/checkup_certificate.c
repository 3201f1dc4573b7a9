/* SPDX-License-Identifier: MIT */
/* The certificates that go with the keys. Only a warning: ssh offers the key itself as well, which may be enough. */
#include <stdint.h>
#include <string.h>
#include <time.h>

#include "cli/as.h"
#include "cli/checkup.h"
#include "ssh/path.h"

enum { TOOL_MS = 10 * 1000 };

/* ssh-keygen(1), -L: "Valid: from 2026-01-01T00:00:00 to 2026-02-01T00:00:00", in local time; it may as well say "after",
 * "before" or "forever". The word behind KEY, or "". */
static void find_date(const char *valid, const char *key, struct buf *ret)
{
	const char *s = strstr(valid, key);

	if (s)
		buf_put(ret, s + strlen(key), strcspn(s + strlen(key), " \n"));
}

static void judge_dates(struct checkup *t, const char *path, const char *valid)
{
	time_t now = time(NULL);
	struct tm tm;
	char today[32] = "";
	AUTO(buf) begin = {0};
	AUTO(buf) end = {0};

	if (localtime_r(&now, &tm))
		(void)strftime(today, sizeof(today), "%Y-%m-%dT%H:%M:%S", &tm);
	find_date(valid, "from ", &begin);
	find_date(valid, "after ", &begin);
	find_date(valid, " to ", &end);
	find_date(valid, "before ", &end);
	if (end.len && strcmp(end.s, today) <= 0)
		checkup_warn(t, CURE_certificate, path, "%s: not valid since %s", path, end.s);
	else if (begin.len && strcmp(begin.s, today) > 0)
		checkup_warn(t, CURE_certificate, path, "%s: not valid before %s", path, begin.s);
	else
		checkup_good(t, "%s: valid %s%s", path, end.len ? "until " : "for ever", buf_str(&end));
}

static void judge(struct checkup *t, const char *path)
{
	AUTO(buf) tool = {0};
	AUTO(buf) output = {0};
	AUTO(strv) argv = {0};
	struct spawn s = { .timeout_ms = TOOL_MS };
	const char *valid;

	checkup_tool(t, "ssh-keygen", &tool);
	strv_push(&argv, tool.s);
	strv_push(&argv, "-L");
	strv_push(&argv, "-f");
	strv_push(&argv, path);
	s.argv = argv.v;
	if (as_spawn(&t->account, &s, &output, NULL) != 0 || !(valid = strstr(buf_str(&output), "Valid: ")))
		checkup_warn(t, CURE_certificate, path, "%s is no certificate that ssh can read", path);
	else
		judge_dates(t, path, valid);
}

void checkup_certificates(struct checkup *t)
{
	struct ssh_machine machine = { .home = t->account.home };

	for (size_t i = 0; i < t->tunnel.certificate_file.len; i++) {
		AUTO(buf) path = {0};

		ssh_path_put(&machine, 0, t->tunnel.certificate_file.v[i], &path);
		judge(t, path.s);
	}
}
