# SPDX-License-Identifier: MIT
"""A small imitation of upstart's init, for tunnels' jobs alone: files, start, stop, respawn, signals, status lines.

    initctl standin-init FOLDER [LOG-FOLDER]   begins one that reads the job files of FOLDER, and "boots": jobs that
                                               start by themselves are started. It ends by itself when $STANDIN is gone
    initctl standin-end                        ends it and its jobs
    initctl standin-event                      "boots" again

$STANDIN/release is the release that it says it is (1.13.2). Facts are from upstart.md's sources: a definition is taken at
`start`, and kept by respawn and restart; stop sends TERM to the process group and KILL after the kill timeout; a program
that cannot be executed directly fails the start, and stops a respawn; through a shell it fails later, and is respawned.
It differs knowingly: no pre-start and its like, no events but the one, logs are plain files and no pty.
"""
import json
import os
import pwd
import grp
import re
import resource
import select
import shlex
import shutil
import signal
import socket
import sys
import time

from replay import Failure

SHELL = set("~`!$^&*()=|\\{}[];\"'<>?")
TICK = 0.2
SINCE = {"manual": (0, 6, 7), "setuid": (1, 4, 0), "setgid": (1, 4, 0), "console log": (1, 4, 0), "usage": (1, 5, 0),
         "kill signal": (1, 3, 0), "override": (1, 3, 0)}
KNOWN = {"description", "author", "start", "stop", "respawn", "normal", "kill", "limit", "env", "exec", "console", "nice"}


def release_of(folder):
    text = folder.read("release", "1.13.2").strip()
    return text, tuple(int(n) for n in (text.split(".") + ["0"])[:3])


def parse(text, release, job):
    """Puts what TEXT says into JOB. False: a mistake, from which on nothing is taken."""
    for line in text.splitlines():
        line = line.strip()
        if not line or line.startswith("#"):
            continue
        word, _, rest = line.partition(" ")
        two = " ".join(line.split()[:2])
        since = SINCE.get(word) or SINCE.get(two)
        if (since is None and word not in KNOWN) or (since and release < since):
            return False
        if two in ("start on", "normal exit", "kill timeout", "respawn limit"):
            job[two] = line.split(None, 2)[2]
        elif word == "manual":
            job.pop("start on", None)
        elif word == "env":
            job.setdefault("env", []).append(shlex.split(rest)[0])
        elif word == "exec":
            job["exec"] = rest.strip()
        else:
            job[word] = rest or True
    return True


class Job:
    """An instance: all that init keeps of a job that it has been told to start."""

    def __init__(self, init, name):
        self.init, self.name = init, name
        self.definition = None
        self.goal, self.state, self.pid = "stop", "waiting", 0
        self.kill_at = None
        self.waiting = []  # connections that wait for its end
        self.then = []     # and those whose start waits for it

    def line(self):
        return "%s %s/%s%s\n" % (self.name, self.goal, self.state, ", process %d" % self.pid if self.pid else "")

    def argv(self):
        text = self.definition["exec"]
        return ["/bin/sh", "-e", "-c", "exec " + text, "/bin/sh"] if SHELL & set(text) else text.split()

    def child(self, status_fd):
        d = self.definition
        os.setsid()
        os.umask(0o022)
        null = os.open("/dev/null", os.O_RDWR)
        out = null
        if self.init.logs and self.init.release >= (1, 4, 0) and d.get("console", "log") == "log":
            out = os.open("%s/%s.log" % (self.init.logs, self.name), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o640)
        for fd, target in (null, 0), (out, 1), (out, 2):
            os.dup2(fd, target)
        signal.set_wakeup_fd(-1)
        for number in signal.SIGCHLD, signal.SIGTERM, signal.SIGPIPE:
            signal.signal(number, signal.SIG_DFL)
        if "limit" in d:
            name, soft, hard = d["limit"].split()
            resource.setrlimit(getattr(resource, "RLIMIT_" + name.upper()), (int(soft), int(hard)))
        if "setuid" in d:
            user = pwd.getpwnam(d["setuid"])
            os.initgroups(d["setuid"], user.pw_gid)
            os.setgid(grp.getgrnam(d["setgid"]).gr_gid if "setgid" in d else user.pw_gid)
            os.setuid(user.pw_uid)
        base = dict(self.init.environ) if self.init.session else {"TERM": "linux", "PATH": "/usr/bin:/bin:/usr/sbin:/sbin"}
        base.update(UPSTART_JOB=self.name, UPSTART_INSTANCE="", **dict(e.split("=", 1) for e in d.get("env", [])))
        argv = self.argv()
        os.set_inheritable(status_fd, False)
        os.execvpe(argv[0], argv, base)

    def spawn(self):
        """False: it could not be executed."""
        read, write = os.pipe()
        self.pid = os.fork()
        if self.pid == 0:
            try:
                os.close(read)
                self.child(write)
            except BaseException as e:  # whatever it is, this is the child
                os.write(write, repr(e).encode())
            os._exit(255)
        os.close(write)
        why = os.read(read, 4096)
        os.close(read)
        if not why:
            self.state = "running"
            return True
        os.waitpid(self.pid, 0)
        self.init.say("%s main process: unable to execute: %s" % (self.name, why.decode()))
        self.pid, self.goal, self.state = 0, "stop", "waiting"
        return False

    def start(self):
        self.definition = self.init.definitions[self.name]
        self.goal = "start"
        return self.spawn()

    def stop(self):
        self.goal, self.state = "stop", "killed"
        self.signal(signal.SIGTERM)
        self.kill_at = time.monotonic() + int(self.definition.get("kill timeout", 5))

    def signal(self, number):
        try:
            os.killpg(self.pid, number)
        except ProcessLookupError:
            pass

    def ended(self, status):
        self.pid, self.kill_at = 0, None
        if self.goal == "start":
            self.init.say("%s main process ended (%d)" % (self.name, status))
            fine = status == 0 and "normal exit" in self.definition
            if "respawn" in self.definition and not fine:
                self.spawn()
                return
        self.goal, self.state = "stop", "waiting"
        for reply in self.waiting:
            if self.name in self.init.definitions:
                reply(0, self.line())
            else:
                reply(1, 'initctl: Method "Get" with signature "ss" on interface "org.freedesktop.DBus.Properties" '
                         "doesn't exist\n")
        self.waiting = []
        then, self.then = self.then, []
        for reply in then:
            self.init.start(self, reply)


class Init:
    def __init__(self, folder, files, logs):
        self.folder, self.files, self.logs = folder, files, logs
        self.text, self.release = release_of(folder)
        self.session = bool(os.environ.get("STANDIN_SESSION"))
        self.environ = {k: v for k, v in os.environ.items() if not k.startswith("STANDIN")}
        self.definitions, self.jobs = {}, {}

    def say(self, text):
        self.folder.append("messages", text + "\n")

    def read_files(self):
        """As init does when inotify tells it of a change."""
        self.definitions = {}
        for name in os.listdir(self.files) if os.path.isdir(self.files) else []:
            if not name.endswith(".conf"):
                continue
            job, path = {}, os.path.join(self.files, name[:-5])
            with open(path + ".conf", encoding="utf-8") as f:
                if not parse(f.read(), self.release, job):
                    self.say("%s: Unknown stanza" % name)
                    continue
            if self.release >= SINCE["override"] and os.path.exists(path + ".override"):
                with open(path + ".override", encoding="utf-8") as f:
                    parse(f.read(), self.release, job)
            self.definitions[name[:-5]] = job

    def job(self, name):
        return self.jobs.setdefault(name, Job(self, name))

    def known(self, name):
        return name in self.definitions or self.job(name).state != "waiting"

    def boot(self):
        self.read_files()
        for name, definition in sorted(self.definitions.items()):
            if "start on" in definition and self.job(name).state == "waiting":
                self.job(name).start()

    def start(self, job, reply):
        if job.goal == "start":
            reply(1, "initctl: Job is already running: %s\n" % job.name)
        elif job.state != "waiting":
            job.then.append(reply)
        elif job.start():
            reply(0, job.line())
        else:
            reply(1, "initctl: Job failed to start\n")

    def stop(self, job, wait, reply):
        if job.state == "waiting":
            reply(1, "initctl: Unknown instance: \n")
        elif job.goal == "stop":
            reply(1, "initctl: Job has already been stopped: %s\n" % job.name)
        else:
            job.stop()
            if wait:
                job.waiting.append(reply)
            else:
                reply(0, job.line())

    def answer(self, argv, reply):
        self.read_files()
        argv = [a for a in argv if a != "--user"]
        names = [a for a in argv[1:] if not a.startswith("-")]
        job = self.job(names[0]) if names and self.known(names[0]) else None
        if argv == ["version"]:
            reply(0, "init (upstart %s)\n" % self.text)
        elif argv == ["list"]:
            reply(0, "".join(self.job(n).line() for n in sorted(set(self.definitions) | set(self.jobs)) if self.known(n)))
        elif argv in (["reload-configuration"], ["standin-event"]):
            if argv == ["standin-event"]:
                self.boot()
            reply(0, "")
        elif argv and argv[0] in ("status", "start", "stop") and names and not job:
            reply(1, "initctl: Unknown job: %s\n" % names[0])
        elif argv[:1] == ["status"]:
            reply(0, job.line())
        elif argv[:1] == ["start"]:
            self.start(job, reply)
        elif argv[:1] == ["stop"]:
            self.stop(job, "--no-wait" not in argv, reply)
        else:
            reply(1, "initctl: invalid command: %s\n" % " ".join(argv))

    def reap(self):
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if not pid:
                return
            for job in self.jobs.values():
                if job.pid == pid:
                    job.ended(status)

    def end(self):
        for job in self.jobs.values():
            if job.pid:
                job.signal(signal.SIGTERM)
        deadline = time.monotonic() + 2
        while any(j.pid for j in self.jobs.values()):
            for job in self.jobs.values():
                if job.pid and job.goal == "start":
                    job.goal = "stop"
                if job.pid and time.monotonic() > deadline:
                    job.signal(signal.SIGKILL)
            self.reap()
            time.sleep(0.02)

    def serve(self, listener, wake):
        while os.path.isdir(self.folder.path):
            ready, _, _ = select.select([listener, wake], [], [], TICK)
            if wake in ready:
                os.read(wake, 4096)
            self.reap()
            for job in self.jobs.values():
                if job.pid and job.kill_at and time.monotonic() > job.kill_at:
                    job.signal(signal.SIGKILL)
            if listener not in ready:
                continue
            connection, _ = listener.accept()
            argv = json.loads(connection.makefile("r", encoding="utf-8").readline())
            if argv == ["standin-end"]:
                self.end()
                connection.close()
                return

            def reply(status, text, to=connection):
                try:
                    to.sendall(json.dumps([status, text]).encode() + b"\n")
                except OSError:
                    pass  # whoever asked has gone
                to.close()

            self.answer(argv, reply)
        self.end()


def begin(folder, files, logs=None):
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(folder.at("init"))
    os.chmod(folder.at("init"), 0o777)
    listener.listen(64)
    if os.fork():
        return
    os.setsid()
    null = os.open("/dev/null", os.O_RDWR)
    errors = os.open(folder.at("errors"), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    for fd, target in (null, 0), (null, 1), (errors, 2):
        os.dup2(fd, target)
    read, write = os.pipe()
    os.set_blocking(write, False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    signal.set_wakeup_fd(write, warn_on_full_buffer=False)
    init = Init(folder, files, logs)
    init.boot()
    init.serve(listener, read)
    listener.close()
    shutil.rmtree(folder.at("init"), ignore_errors=True)
    try:
        os.unlink(folder.at("init"))
    except OSError:
        pass
    os._exit(0)


def call(folder, argv):
    """Asks that init; returns the exit status."""
    address = argv.pop(0)[1:] if argv and argv[0].startswith("@") else ""
    if argv[:1] == ["standin-init"]:
        begin(folder, *argv[1:3])
        return 0
    if argv == ["list-sessions"]:
        sys.stdout.write(folder.read("sessions"))
        return 0
    sessions = re.findall(r"\S+$", folder.read("sessions"), re.M)
    if argv != ["standin-end"] and address and address not in sessions:
        raise Failure(1, "initctl: Unable to connect to Upstart: Failed to connect to socket: Connection refused")
    connection = socket.socket(socket.AF_UNIX)
    try:
        connection.connect(folder.at("init"))
    except OSError:
        raise Failure(1, "initctl: Unable to connect to Upstart: Failed to connect to socket /com/ubuntu/upstart: "
                         "Connection refused") from None
    connection.sendall(json.dumps(argv).encode() + b"\n")
    answer = connection.makefile("r", encoding="utf-8").readline()
    if not answer:
        return 0 if argv == ["standin-end"] else 1
    status, text = json.loads(answer)
    (sys.stderr if status else sys.stdout).write(text)
    return status
