#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""terminal.py ANSWER... -- COMMAND...: runs the command on a terminal, answers each of its questions (what ends in
"] " or ": ") with the next ANSWER, prints all that it showed, and ends as it ended. A question without an answer is 99."""
import os
import pty
import re
import select
import signal
import sys

cut = sys.argv.index("--")
answers, command = sys.argv[1:cut], sys.argv[cut + 1:]
pid, fd = pty.fork()
if pid == 0:
    os.execvp(command[0], command)
shown = asked = b""
while True:
    if not select.select([fd], [], [], 60)[0]:
        os.kill(pid, signal.SIGKILL)
        sys.exit("terminal.py: silent for a minute: " + shown.decode())
    try:
        some = os.read(fd, 4096)
    except OSError:  # Linux says EIO at the end
        break
    if not some:
        break
    shown += some
    asked += some
    if re.search(rb"(\[[yY]/[nN]\]|:) $", asked):
        asked = b""
        if not answers:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
            print(shown.decode().replace("\r", ""))
            print("terminal.py: a question without an answer")
            sys.exit(99)
        os.write(fd, answers.pop(0).encode() + b"\n")
status = os.waitpid(pid, 0)[1]
print(shown.decode().replace("\r", ""), end="")
if answers:
    sys.exit(f"terminal.py: not asked: {answers}")
sys.exit(os.WEXITSTATUS(status) if os.WIFEXITED(status) else 128 + os.WTERMSIG(status))
