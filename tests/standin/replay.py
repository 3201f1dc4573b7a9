# SPDX-License-Identifier: MIT
"""What stand-ins for a supervisor's program have in common: a folder, and the replay of a script.

The environment variable STANDIN names the folder, by an absolute path. With a file "script" in it the script is
replayed. Every call is one line of $STANDIN/calls: its argv, as JSON. A script is a list of expected calls, consumed in
order across processes, each with its reply:

    # a comment
    > status tunnelctl-home
    = 1
    ! initctl: Unknown job: tunnelctl-home

    >  argv, word by word as a shell reads it; "*" in a word matches any characters
    >3 the same call is expected three times
    >* any number of times, also never
    =  exit status (0 where the line is missing); -9: dies of that signal
    |  a line on standard output;  !  a line on standard error
    x  bytes on standard output, as hex digits;  X  the same on standard error
    ~  seconds to wait before what follows: a hang

A call that is not the next one: what was wanted and what came goes into $STANDIN/wrong, exit status 70. "--verify"
alone on the command line prints that file and the calls that never came, and fails if there is either.
"""
import fcntl
import json
import os
import re
import shlex
import signal
import sys
import time

EX_SOFTWARE = 70


class Failure(Exception):
    """Ends the call: an exit status and what is said on standard error."""

    def __init__(self, status, *lines):
        super().__init__(status)
        self.status, self.lines = status, lines


class Folder:
    """$STANDIN, locked while it is used as a context."""

    def __init__(self, path):
        if not os.path.isabs(path) or not os.path.isdir(path):
            raise Failure(EX_SOFTWARE, "stand-in: STANDIN=%s: wanted the absolute path of a folder" % path)
        self.path = path
        self.held = None

    def at(self, *parts):
        return os.path.join(self.path, *parts)

    def __enter__(self):
        self.held = os.open(self.at("lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
        fcntl.flock(self.held, fcntl.LOCK_EX)
        return self

    def __exit__(self, *_):
        os.close(self.held)

    def read(self, name, default=""):
        try:
            with open(self.at(name), encoding="utf-8") as f:
                return f.read()
        except FileNotFoundError:
            return default

    def choice(self, name, default):
        return int(self.read(name).strip() or default)

    def has(self, name):
        return os.path.exists(self.at(name))

    def append(self, name, text):
        with open(self.at(name), "a", encoding="utf-8") as f:
            f.write(text)

    def write(self, name, text):
        """Whole or not at all: whoever is killed meanwhile leaves no half a file."""
        path = self.at(name)
        temporary = "%s.%d" % (path, os.getpid())
        with open(temporary, "w", encoding="utf-8") as f:
            f.write(text)
        os.rename(temporary, path)

    def record(self, argv):
        with self:
            self.append("calls", json.dumps(argv) + "\n")


class Call:
    """An expected call and its reply, as a script has it."""

    def __init__(self, line, text, any_number):
        self.line, self.text, self.any_number = line, text, any_number
        self.words = [re.compile(re.escape(word).replace(r"\*", ".*") + r"\Z", re.S) for word in shlex.split(text)]
        self.status = 0
        self.reply = []  # (kind, value), in order

    def matches(self, argv):
        return len(argv) == len(self.words) and all(w.match(a) for w, a in zip(self.words, argv))

    def add(self, kind, value):
        if kind == "=":
            self.status = int(value)
        elif kind == "~":
            self.reply.append((kind, float(value)))
        elif kind in "|!":
            self.reply.append((kind, value.encode() + b"\n"))
        else:
            self.reply.append(({"x": "|", "X": "!"}[kind], bytes.fromhex(value)))

    def play(self):
        for kind, value in self.reply:
            if kind == "~":
                time.sleep(value)
                continue
            out = sys.stdout.buffer if kind == "|" else sys.stderr.buffer
            out.write(value)
            out.flush()
        if self.status < 0:
            os.kill(os.getpid(), -self.status)
        return self.status


def read_script(text):
    """The calls of a script; a call that is expected N times is there N times."""
    calls, block = [], []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        head = re.match(r">(\*|\d+)? (.*)", line)
        if head:
            count, words = head.groups()
            block = [Call(number, words, count == "*") for _ in range(1 if count in (None, "*") else int(count))]
            calls += block
        elif block and re.match(r"[=|!xX~]( |\Z)", line):
            for call in block:
                call.add(line[0], line[2:])
        else:
            raise Failure(EX_SOFTWARE, "stand-in: script:%d: not a line of a script: %s" % (number, line))
    return calls


def next_call(calls, position, argv):
    """The index of the call that ARGV is, or None; calls for any number of times may be passed over, and where several
    stand side by side they come in any order."""
    while position and calls[position - 1].any_number:
        position -= 1
    for i in range(position, len(calls)):
        if calls[i].matches(argv):
            return i
        if not calls[i].any_number:
            break
    return None


def replay(folder, argv):
    """Plays the reply to ARGV; returns the exit status."""
    with folder:
        calls = read_script(folder.read("script"))
        position = int(folder.read("position", "0"))
        i = next_call(calls, position, argv)
        if i is None:
            wanted = [c.text for c in calls[position:] if not c.any_number][:1] or ["no further call"]
            folder.append("wrong", "wanted: %s\ncame:   %s\n" % (wanted[0], " ".join(map(shlex.quote, argv))))
            raise Failure(EX_SOFTWARE, "stand-in: wanted: %s" % wanted[0])
        folder.write("position", str(i if calls[i].any_number else i + 1))
    return calls[i].play()


def verify(folder):
    """What was wrong, line by line; [] if all came that had to."""
    calls = read_script(folder.read("script"))
    rest = [c for c in calls[int(folder.read("position", "0")):] if not c.any_number]
    return folder.read("wrong").splitlines() + [
        "never came: %s (line %d of the script)" % (call.text, call.line) for call in rest]


def serve(argv, live):
    folder = Folder(os.environ.get("STANDIN", ""))
    if argv == ["--verify"]:
        problems = verify(folder)
        sys.stdout.write("".join(line + "\n" for line in problems))
        return 1 if problems else 0
    folder.record(argv)
    return replay(folder, argv) if folder.has("script") else live(folder, argv)


def main(argv, live):
    """The whole program; live(folder, argv) answers where there is no script, and returns the exit status."""
    try:
        status = serve(argv, live)
        sys.stdout.flush()
    except Failure as e:
        sys.stdout.flush()
        sys.stderr.write("".join(line + "\n" for line in e.lines))
        status = e.status
    sys.exit(status)
