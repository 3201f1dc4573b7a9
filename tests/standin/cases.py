# SPDX-License-Identifier: MIT
"""Runs cases: what a supervisor's program answers, replayed (replay.py), and what tunnelctl makes of it.

A case is a script whose comments say what is run and what must come of it:

    # run: start replayed        the verb and its arguments, behind --backend; more than one: one after the other
    # scope: system              needs root and runs in a root folder of its own; default: user
    # before: installed          the unit is there, as tunnelctl would write it; "older": it would now write another
    # ini: Start = manual        a line for [Service] of replayed.ini; with "before: older" only the new one has it
    # another: NAME              one more tunnel, as the first
    # sudo: 501                  root by sudo of that user; skipped where it is not root who runs this
    # exit: 0                    exit status of the last command
    # says: WORDS                stands in what it printed; "not: WORDS" does not
    # there: $P, gone: $P        files that are or are not there afterwards
    # holds: $P TEXT             and what is in it, with \\n for a newline
    # within: 9                  seconds that all of it may take at most (BUSY times that, on a busy machine): a bound on
    #                            tunnelctl's own waits
    # takes: 2                   and at least

A supervisor adds its own annotations and its words, "$" and a letter: see the files called run.
"""
import concurrent.futures
import functools
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import time

import replay

HERE = os.path.dirname(os.path.abspath(__file__))
LIMIT = 60  # seconds for one command
BUSY = 3  # nobody knows what else runs


class Case:
    def __init__(self, name, text):
        self.name, self.text = name, text
        self.notes = {}
        for key, value in re.findall(r"^# (\w+): (.*)$", text, re.M):
            self.notes.setdefault(key, []).append(value.replace("\\n", "\n"))

    def note(self, key, default=None):
        return self.notes.get(key, [default])[-1]

    def names(self):
        return ["replayed"] + self.notes.get("another", [])


class Place:
    """The folders of one case: a home, a folder for the stand-in; for the system scope a root of its own. Each
    supervisor has a class of its own, made of this."""

    backend = None   # the word for --backend
    run_as = "root"  # in system scope

    def __init__(self, case, program):
        self.case, self.program = case, program
        self.system = case.note("scope") == "system"
        self.top = tempfile.mkdtemp(prefix="tunnelctl-replay.")
        os.chmod(self.top, 0o755)
        self.standin, self.home = self.top + "/standin", self.top + "/home"
        os.makedirs(self.standin)
        os.makedirs(self.home)
        self.words = {"$H": self.home}
        self.unit = None  # the path of the unit: to be set

    # What a supervisor says for itself.

    def insert(self, word):
        """The lines of a script that "@ WORD" stands for."""
        raise NotImplementedError

    def script_to_install(self):
        """The script for `enable --no-start`: nothing is loaded, and whatever is changed may be."""
        raise NotImplementedError

    def environment(self):
        """What it adds to the environment of tunnelctl."""
        return {}

    def process(self):
        """Arguments for subprocess.run."""
        return {}

    def arrange(self):
        """After the unit was installed, before the case is run."""

    def judge_more(self):
        """What else is wrong, line by line."""
        return ()

    @classmethod
    def wants_own_root(cls, case):
        return case.note("scope") == "system"

    # What they share.

    def fill(self, text, quote=str):
        return re.sub(r"\$[A-Z]", lambda m: quote(self.words[m.group()]), text)

    def real(self, path):
        path = self.fill(path)
        return self.top + "/upper" + path if self.system else path

    def write_script(self, text):
        text = re.sub(r"^@ (\S+)$", lambda m: self.insert(m.group(1)), text, flags=re.M)
        with open(self.standin + "/script", "w", encoding="utf-8") as f:
            for line in text.splitlines(True):
                f.write(self.fill(line, shlex.quote if line.startswith(">") else str))

    def write_ini(self, extra):
        folder = self.home + "/.config/tunnelctl"
        os.makedirs(folder, exist_ok=True)
        # Somebody's host key: enable takes no tunnel whose server nobody can tell from another.
        known = "KnownHostKey = ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEB"
        lines = ["[Tunnel]", "Host = 127.0.0.1", "Port = 1", known, "[Service]", "Sandbox = off", "StopTimeout = 1"] + extra
        if self.system:
            lines.append("RunAs = " + self.run_as)
        for name in self.case.names():
            with open(os.path.join(folder, name + ".ini"), "w", encoding="utf-8") as f:
                f.write("\n".join(lines) + "\n")

    def run(self, arguments):
        """Exit status and what was printed; None: it did not end."""
        environment = {"PATH": "/usr/bin:/bin:" + os.environ["PATH"], "HOME": self.home, "STANDIN": self.standin,
                       "ASAN_OPTIONS": "detect_leaks=0", **self.environment()}
        command = [self.program, "--backend", self.backend, "--system" if self.system else "--user",
                   "--config-dir", self.home + "/.config/tunnelctl"] + arguments
        if self.wants_own_root(self.case):
            command = ["unshare", "-m", os.path.join(HERE, "own-root"), self.top] + command
        try:
            done = subprocess.run(command, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                  stderr=subprocess.STDOUT, timeout=LIMIT, check=False, **self.process())
        except subprocess.TimeoutExpired:
            return None, "no end after %d s" % LIMIT
        return done.returncode, done.stdout.decode("utf-8", "replace")

    def install(self):
        self.write_script(self.script_to_install())
        status, said = self.run(["-q", "enable", "--no-start"] + self.case.names())
        for name in os.listdir(self.standin):
            os.unlink(os.path.join(self.standin, name))
        return "cannot prepare: " + said if status else None

    def prepare(self):
        ini, before = self.case.notes.get("ini", []), self.case.note("before")
        if before:
            self.write_ini([] if before == "older" else ini)
            problem = self.install()
            if problem:
                return problem
        self.write_ini(ini)
        self.arrange()
        self.write_script(self.case.text)
        return None

    def judge(self, status, said, seconds):
        """What is wrong, line by line."""
        case = self.case
        if status != int(case.note("exit", "0")):
            yield "exit status %s, wanted %s" % (status, case.note("exit", "0"))
        for words in case.notes.get("says", []):
            if self.fill(words) not in said:
                yield "does not say: " + self.fill(words)
        for words in case.notes.get("not", []):
            if self.fill(words) in said:
                yield "says: " + self.fill(words)
        if seconds > BUSY * float(case.note("within", LIMIT)) or seconds < float(case.note("takes", 0)):
            yield "took %.1f s" % seconds
        if re.search(r"[\x00-\x08\x0b-\x1f\x7f]", said):
            yield "prints control characters"
        yield from self.judge_files()
        yield from self.judge_more()
        yield from replay.verify(replay.Folder(self.standin))

    def judge_files(self):
        for path in self.case.notes.get("there", []):
            if not os.path.isfile(self.real(path)):
                yield "not there: " + self.fill(path)
        for path in self.case.notes.get("gone", []):
            if os.path.lexists(self.real(path)):
                yield "still there: " + self.fill(path)
        for path, text in (words.split(" ", 1) for words in self.case.notes.get("holds", [])):
            with open(self.real(path), encoding="utf-8") as f:
                if f.read() != text:
                    yield "%s does not hold: %s" % (self.fill(path), text)
        folder = os.path.dirname(self.real(self.unit))
        for name in os.listdir(folder) if os.path.isdir(folder) else []:
            if ".tmp" in name:
                yield "left behind: " + name

    def remove(self):
        shutil.rmtree(self.top, ignore_errors=True)


@functools.cache
def can_have_own_root():
    return os.geteuid() == 0 and subprocess.run(["unshare", "-m", "true"], check=False).returncode == 0


def play(case, kind, program):
    """None: skipped. Else the list of problems."""
    if kind.wants_own_root(case) and not can_have_own_root():
        return None
    if case.note("sudo") and os.geteuid() != 0:
        return None
    place = kind(case, program)
    try:
        problem = place.prepare()
        if problem:
            return [problem]
        begun = time.monotonic()
        said = ""
        for command in case.notes["run"]:
            status, words = place.run(command.split())
            said += words
        problems = list(place.judge(status, said, time.monotonic() - begun))
        return problems + (["it printed: " + line for line in said.splitlines()] if problems else [])
    finally:
        place.remove()


def read_cases(folder):
    for name in sorted(os.listdir(folder)):
        with open(os.path.join(folder, name), encoding="utf-8") as f:
            yield Case(name.removesuffix(".script"), f.read())


def report(cases, outcomes):
    """Prints them; returns how many failed."""
    failed = skipped = 0
    for case, problems in zip(cases, outcomes):
        if problems is None:
            skipped += 1
            print("SKIPPED %s: needs root and a mount namespace" % case.name)
        elif problems:
            failed += 1
            print("FAIL %s\n     %s" % (case.name, "\n     ".join(problems)))
        else:
            print("ok   %s" % case.name)
    print("%d cases, %d not ok, %d SKIPPED" % (len(cases), failed, skipped))
    return failed


def main(argv, kind, cases, at_once):
    """PROGRAM [CASE]...: plays those of the cases, each in a place of that KIND, so many AT_ONCE: they mostly wait."""
    program, wanted = os.path.abspath(argv[1]), argv[2:]
    cases = [c for c in cases if not wanted or c.name in wanted]
    with concurrent.futures.ThreadPoolExecutor(at_once) as pool:
        failed = report(cases, pool.map(lambda c: play(c, kind, program), cases))
    sys.exit(1 if failed or not cases else 0)
