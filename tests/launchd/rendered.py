# SPDX-License-Identifier: MIT
"""rendered.py PLIST...: each plist, read by another reader, says what its folder's name and launchd.plist(5) want."""
import pathlib
import plistlib
import sys

KEEP_ALIVE = {"always": True, "on-failure": {"SuccessfulExit": False}, "never": None}
LOGS = ("StandardInPath", "StandardOutPath", "StandardErrorPath")


def wrong(path):
    """What differs from what is wanted, a text each."""
    with open(path, "rb") as file:
        job = plistlib.load(file)
    words = path.parent.name.split("-")
    user, standalone = words[0] != "system", words[-1] == "standalone"
    argv = job["ProgramArguments"]
    if job["Label"] + ".plist" != path.name:
        yield f"Label {job['Label']}"
    if not argv[0].startswith("/") or (pathlib.Path(argv[0]).name == "tunnelctl-run") == standalone:
        yield f"program {argv[0]}"
    if standalone and not {"-N", "-T"} <= set(argv):
        yield "ssh without -N -T"
    if standalone and not {"ControlMaster=no", "ExitOnForwardFailure=yes"} <= set(argv):
        yield "ssh that may leave launchd, or stay without its forward"
    if job["RunAtLoad"] is not True:
        yield "RunAtLoad"
    if len(words) > 2:
        restart = "-".join(words[2:]).removesuffix("-standalone")
        if job.get("KeepAlive") != KEEP_ALIVE[restart]:
            yield f"KeepAlive {job.get('KeepAlive')}"
    if job["ThrottleInterval"] != (10 if standalone else 1) or job["ExitTimeOut"] < 1:
        yield "ThrottleInterval or ExitTimeOut"
    account = {k: job.get(k) for k in ("UserName", "GroupName", "InitGroups")}
    wanted = (None, None, None) if user else ("me", "staff", True)
    if tuple(account.values()) != wanted:
        yield f"account {account}"
    if job.get("LimitLoadToSessionType") != (["Aqua", "Background"] if user else None):
        yield "LimitLoadToSessionType"
    if any(key in job for key in LOGS):
        yield "a log path"
    for key in ("NetworkState", "SSH_AUTH_SOCK", "Disabled", "SessionCreate"):
        if key in str(job):
            yield key


def main(paths):
    count = 0
    for path in map(pathlib.Path, paths):
        for what in wrong(path):
            print(f"{path.parent.name}/{path.name}: {what}")
            count += 1
    return 1 if count else 0


sys.exit(main(sys.argv[1:]))
