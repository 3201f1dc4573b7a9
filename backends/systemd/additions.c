/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include <string.h>

#include "base/utf8.h"

/* What to use instead of a line that the renderer writes (or leaves out on purpose). */
static const struct { const char *name, *answer; } owned[] = {
	{ "Description", "use Description in [Tunnel]" },
	{ "User", "use RunAs in [Service]" },
	{ "Group", "use RunAs = user:group in [Service]" },
	{ "DynamicUser", "use RunAs in [Service]" },
	{ "SupplementaryGroups", "use RunAs in [Service]" },
	{ "ExecStart", "tunnelctl writes the command itself" },
	{ "Environment", "use Environment in [Service]" },
	{ "Restart", "use Restart in [Service]" },
	{ "RestartSec", "tunnelctl-run waits between two tries itself" },
	{ "RestartPreventExitStatus", "use Restart in [Service]" },
	{ "TimeoutStopSec", "use StopTimeout in [Service]" },
	{ "LimitNOFILE", "use LimitNOFILE in [Service]" },
	{ "WantedBy", "use Start in [Service]" },
	{ "Type", "the unit is Type=exec, which no boot waits for" },
	{ "NotifyAccess", "tunnelctl needs it to tell the state of the tunnel" },
	{ "StartLimitIntervalSec", "a tunnel never gives up" },
	{ "StartLimitBurst", "a tunnel never gives up" },
	{ "WatchdogSec", "ssh does not feed a watchdog" },
	{ "RemainAfterExit", "a tunnel without ssh is down" },
	{ "StandardError", "use Log in [Service]" },
};

/* Lists: a second line adds to the first (systemd.unit(5), systemd.exec(5)). */
static const char *const lists[] = {
	"After",	   "Before",	     "Wants",	     "Requires",
	"BindReadOnlyPaths", "BindPaths",      "ReadWritePaths", "ReadOnlyPaths",
	"InaccessiblePaths", "DeviceAllow",    "IPAddressAllow", "IPAddressDeny",
	"EnvironmentFile",   "RestrictAddressFamilies", "SystemCallFilter", "Documentation",
};

static bool is_list(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(lists); i++)
		if (!strcmp(lists[i], name))
			return true;
	return false;
}

static bool is_written(const char *name, const char *section)
{
	size_t len = strlen(name);

	for (const char *s = section; (s = strstr(s, name)); s += len)
		if (s[-1] == '\n' && s[len] == '=')
			return true;
	return false;
}

const char *unit_judge_addition(const struct setting *s, const char *section_so_far)
{
	const char *name = s->name, *value = s->value;

	if (name[word_span(name, "-")])
		return "not the name of a setting of systemd";
	for (size_t i = 0; i < ARRAY_LEN(owned); i++)
		if (!strcmp(owned[i].name, name))
			return owned[i].answer;
	if (is_written(name, section_so_far) && !is_list(name))
		return "part of the sandbox; with Sandbox = off in [Service] it is yours to write";
	if (value[strlen(value) - 1] == '\\')
		return "a backslash at the end would swallow the next line";
	/* In quotes, or in a command, either may be meant. */
	if (!strpbrk(value, "\"'") && strncmp(name, "Exec", 4) != 0 && (strstr(value, " #") || strstr(value, " ;")))
		return "systemd has no comments behind a value";
	return NULL;
}
