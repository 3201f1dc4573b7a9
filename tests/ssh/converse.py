# SPDX-License-Identifier: MIT
"""converse.py [WORDS ANSWER]... -- COMMAND...: runs the command on a terminal of its own and types each ANSWER when WORDS
have been printed behind the last ones. "^D" and "^C" are those keys. Prints all that the terminal shows; ends as the command
does, and with 99 when it says nothing more for 60 s."""
import os
import pty
import select
import sys

at = sys.argv.index("--")
words, command = sys.argv[1:at], sys.argv[at + 1:]
turns = list(zip(words[::2], words[1::2]))
pid, terminal = pty.fork()
if pid == 0:
    os.execvp(command[0], command)
shown = b""
seen = 0
while True:
    if not select.select([terminal], [], [], 60)[0]:
        print(f"\nconverse.py: nothing more came; waited for {turns[:1]}")
        os.kill(pid, 9)
        os._exit(99)
    try:
        data = os.read(terminal, 65536)
    except OSError:  # Linux says EIO when the other end is closed
        data = b""
    if not data:
        break
    shown += data
    os.write(1, data)
    while turns and shown.find(turns[0][0].encode(), seen) >= 0:
        seen = shown.find(turns[0][0].encode(), seen) + len(turns[0][0])
        answer = {"^D": "\x04", "^C": "\x03"}.get(turns[0][1], turns[0][1] + "\n")
        os.write(terminal, answer.encode())
        turns.pop(0)
if turns:
    print(f"\nconverse.py: never saw {turns[0][0]!r}")
    os._exit(98)
os._exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) % 256)
