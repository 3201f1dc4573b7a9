# SPDX-License-Identifier: MIT
"""plist.py NORMAL STANDALONE: what the two plists of phone-home hold, read by another reader than ours."""
import plistlib
import sys


def main(normal, standalone):
    wrong = []

    def expect(what, found, wanted):
        if found != wanted:
            wrong.append(f"{what}: {found!r}, wanted {wanted!r}")

    with open(normal, "rb") as file:
        plist = plistlib.load(file)
    expect("Label", plist.get("Label"), "org.tunnelctl.phone-home")
    expect("ProgramArguments", plist.get("ProgramArguments"),
           ["/usr/local/libexec/tunnelctl/tunnelctl-run", "/etc/tunnelctl/phone-home.ini"])
    expect("UserName", plist.get("UserName"), "me")
    expect("RunAtLoad", plist.get("RunAtLoad"), True)
    expect("KeepAlive", plist.get("KeepAlive"), True)

    with open(standalone, "rb") as file:
        argv = plistlib.load(file)["ProgramArguments"]
    expect("program", argv[0], "/usr/bin/ssh")
    expect("destination", argv[-2:], ["--", "servername"])
    for word in ("-N", "-T", "-C"):
        expect(word, word in argv, True)
    options = dict(argv[i + 1].split("=", 1) for i, word in enumerate(argv) if word == "-o")
    expect("ServerAliveInterval", options.get("ServerAliveInterval"), "15")
    expect("ExitOnForwardFailure", options.get("ExitOnForwardFailure"), "yes")
    for flag, value in (("-R", "12345:localhost:22"), ("-l", "remoteuser")):
        expect(flag, argv[argv.index(flag) + 1] if flag in argv else None, value)
    key = argv[argv.index("-i") + 1] if "-i" in argv else ""
    expect("-i", key.endswith("/.ssh/servername-home-fwd"), True)
    for line in wrong:
        print(line, file=sys.stderr)
    print(f"golden.plist: {len(wrong)} problems")
    return 1 if wrong else 0


sys.exit(main(*sys.argv[1:]))
