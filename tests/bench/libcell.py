# SPDX-License-Identifier: MIT
"""A cell: a client, a router and a server, each in a network namespace of its own, with a real sshd and a target.

	client 10.1.0.2 --- 10.1.0.1 router 10.9.0.1 --- 10.9.0.2 server
	  or   10.2.0.2 --- 10.2.0.1

A script that uses it runs twice: outside as what the person started, which calls spawn(), and inside the cell, where
it calls enter() first. The cell has a pid, a mount and a network namespace of its own and a tmpfs on /run: when its
first process ends, for whatever reason, or when whoever started it does, the kernel ends everything in it and drops
every mount, file and interface. So nothing can be left behind, and nothing outside is ever signalled or sent to.
"""
import ctypes
import os
import selectors
import shutil
import signal
import socket
import struct
import subprocess
import sys
import threading
import time

sys.dont_write_bytecode = True

FOLDER = "/run/cell"
SERVER, USER = "10.9.0.2", "root"
PORT, SOCKET = 12345, FOLDER + "/remote.sock"
SSHD = "/usr/sbin/sshd"
BANNER = b"SSH-2.0-"
CLEAN = {"HOME": FOLDER + "/home", "XDG_RUNTIME_DIR": FOLDER + "/user", "LC_ALL": "C",
         "PATH": "/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin"}
LIBC = ctypes.CDLL(None, use_errno=True)
CLONE_NEWNET, PR_SET_PDEATHSIG = 0x40000000, 1
UNSHARE = ["unshare", "--net", "--pid", "--fork", "--kill-child=SIGKILL", "--mount", "--propagation", "private",
           "--mount-proc"]


def why_not():
    """Why no cell can be made here, or None."""
    if not sys.platform.startswith("linux"):
        return "network namespaces are Linux's"
    if os.geteuid() != 0:
        return "network namespaces need root"
    for program, package in (("unshare", "util-linux"), ("nsenter", "util-linux"), ("ip", "iproute2"),
                             ("ssh", "openssh-client"), (SSHD, "openssh-server")):
        if not shutil.which(program, path=CLEAN["PATH"]):
            return f"{program} is not installed (Debian: {package})"
    trial = subprocess.run(UNSHARE + ["sh", "-c", "mount -t tmpfs cell /run && ip link add name v0 type veth peer name v1"],
                           capture_output=True, text=True, check=False)
    return None if trial.returncode == 0 else "no namespaces here: " + trial.stderr.strip()


def spawn(argv, **popen):
    """Starts this interpreter with ARGV in a new cell. Must be called from the main thread, which has to live on."""
    parent = os.getpid()

    def die_with_parent():
        LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(1)
    return subprocess.Popen(UNSHARE + [sys.executable, "-B"] + argv, preexec_fn=die_with_parent, **popen)


def enter():
    """Inside, first of all: leaves the reaping to the first process, and goes on in a child of it."""
    child = os.fork()
    if child:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, lambda *_: os._exit(1))
        while True:
            pid, status = os.waitpid(-1, 0)
            if pid == child:
                os._exit(os.waitstatus_to_exitcode(status) & 0xff)
    subprocess.run(["mount", "-t", "tmpfs", "cell", "/run"], check=True)
    for folder in ("/run/sshd", FOLDER, CLEAN["HOME"], CLEAN["XDG_RUNTIME_DIR"]):
        os.mkdir(folder)
    os.chmod(CLEAN["XDG_RUNTIME_DIR"], 0o700)


def run(*argv):
    subprocess.run(argv, check=True)


def join_network(name):
    """Moves the calling thread, and whatever it starts, into a network namespace."""
    fd = os.open("/run/netns/" + name, os.O_RDONLY | os.O_CLOEXEC)
    try:
        if LIBC.setns(fd, CLONE_NEWNET) < 0:
            raise OSError(ctypes.get_errno(), "setns " + name)
    finally:
        os.close(fd)


def processes():
    """pid -> (name, parent, state) of the whole cell."""
    found = {}
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as f:
                text = f.read()
        except OSError:
            continue
        end = text.rindex(")")
        state, parent = text[end + 2:].split()[:2]
        found[int(pid)] = (text[text.index("(") + 1:end], int(parent), state)
    return found


def find(name, parent=None):
    """The pids of all live processes of that name, the oldest first."""
    return sorted(pid for pid, (comm, ppid, state) in processes().items()
                  if comm == name and state not in "ZX" and parent in (None, ppid))


def is_alive(pid):
    return processes().get(pid, ("", 0, "X"))[2] not in "ZX"


def in_network(name, call):
    """What CALL returns in a network namespace."""
    box = []

    def work():
        join_network(name)
        box.append(call())
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    return box[0]


def kill(pids, number):
    for pid in pids:
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            pass


def wait_gone(pids, seconds=5):
    end = time.monotonic() + seconds
    while any(is_alive(pid) for pid in pids):
        if time.monotonic() > end:
            raise TimeoutError(f"{pids} did not end")
        time.sleep(0.002)


class Target(threading.Thread):
    """What the forward leads to, at 127.0.0.1:22 of the client: says an SSH banner and waits for the other to close."""

    def __init__(self):
        super().__init__(daemon=True)
        self.selector = selectors.DefaultSelector()
        self.listener = None
        self.open()

    def open(self):
        if not self.listener:
            listener = socket.socket()
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(("127.0.0.1", 22))
            listener.listen(64)
            listener.setblocking(False)
            self.selector.register(listener, selectors.EVENT_READ)
            self.listener = listener

    def close(self):
        listener, self.listener = self.listener, None
        if listener:
            self.selector.unregister(listener)
            listener.close()

    def run(self):
        while True:
            for key, _ in self.selector.select(0.2):
                sock = key.fileobj
                try:
                    if sock is self.listener:
                        peer = sock.accept()[0]
                        peer.setblocking(False)
                        peer.send(BANNER + b"cell\r\n")
                        self.selector.register(peer, selectors.EVENT_READ)
                        continue
                    if sock.recv(4096):
                        continue
                except OSError:
                    pass
                if sock is not self.listener and sock.fileno() >= 0:
                    self.selector.unregister(sock)
                    sock.close()


class Listener:
    """Who listens at WHERE, a port or the path of a socket of the server, without sending it anything."""

    def __init__(self, where):
        self.where = where
        self.is_port = isinstance(where, int)
        self.kernel = None

    def identity(self):
        """A number that changes when another takes over; 0: nobody. Wants to be called in the server's namespace."""
        if self.is_port:
            return self.ask_kernel()
        try:
            return os.stat(self.where).st_ino
        except OSError:
            return 0

    def ask_kernel(self):
        """The inode of the listening socket (sock_diag(7)): /proc/net/tcp takes milliseconds."""
        if not self.kernel:
            self.kernel = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 4)  # NETLINK_SOCK_DIAG
        request = struct.pack("=BBBxI", socket.AF_INET, socket.IPPROTO_TCP, 0, 1 << 10)  # TCP_LISTEN
        request += struct.pack("!HH4s12x16x", self.where, 0, socket.inet_aton("127.0.0.1"))
        request += struct.pack("=III", 0, 0xffffffff, 0xffffffff)  # no interface, INET_DIAG_NOCOOKIE
        # struct nlmsghdr: SOCK_DIAG_BY_FAMILY, NLM_F_REQUEST
        self.kernel.send(struct.pack("=IHHII", 16 + len(request), 20, 1, 1, 0) + request)
        answer = self.kernel.recv(8192)
        kind, state = struct.unpack_from("=H", answer, 4)[0], answer[17]
        return struct.unpack_from("=I", answer, 16 + 4 + 48 + 16)[0] if kind == 20 and state == 10 else 0

    def connect(self):
        """A socket that is connecting."""
        sock = socket.socket(socket.AF_INET if self.is_port else socket.AF_UNIX)
        sock.setblocking(False)
        error = sock.connect_ex(("127.0.0.1", self.where) if self.is_port else self.where)
        if error and error != 115:  # EINPROGRESS
            sock.close()
            raise OSError(error, os.strerror(error))
        return sock


class Cell:
    """CLIENT_ALIVE: the server's ClientAliveInterval and ClientAliveCountMax, for instance (15, 2)."""

    def __init__(self, client_alive=(0, 3), key_options="restrict,port-forwarding"):
        self.sshd_pid = 0
        self.network()
        for name in ("key", "other", "host"):
            run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", f"{FOLDER}/{name}")
        with open(FOLDER + "/authorized", "w", encoding="ascii") as f:
            f.write(f"{key_options} {self.public('key')}\n")
        with open(FOLDER + "/known_hosts", "w", encoding="ascii") as f:
            f.write(f"{SERVER} {self.public('host')}\n")
        # Without PAM sshd refuses an account whose password is locked, as that of many a builder is.
        with open(FOLDER + "/sshd.conf", "w", encoding="ascii") as f:
            f.write("\n".join((
                "Port 22", "ListenAddress " + SERVER, f"HostKey {FOLDER}/host", "PidFile none",
                f"AuthorizedKeysFile {FOLDER}/authorized", "StrictModes no",
                "UsePAM " + ("yes" if os.path.exists("/etc/pam.d/sshd") else "no"),
                "PermitRootLogin prohibit-password", "PasswordAuthentication no", "KbdInteractiveAuthentication no",
                "UseDNS no", "LogLevel VERBOSE", "MaxStartups 100", "StreamLocalBindUnlink yes",
                f"ClientAliveInterval {client_alive[0]}", f"ClientAliveCountMax {client_alive[1]}", "")))
        self.target = Target()
        self.target.start()
        self.start_sshd()
        for _ in range(200):
            with socket.socket() as sock:
                if sock.connect_ex((SERVER, 22)) == 0:
                    return
            time.sleep(0.05)
        raise TimeoutError("sshd does not start:\n" + self.logs())

    def network(self):
        run("ip", "netns", "add", "router")
        run("ip", "netns", "add", "server")
        script = """
            link set lo up
            link add c0 type veth peer name c1 netns router
            addr add 10.1.0.2/24 dev c0
            link set c0 up
            netns exec router ip link add s1 type veth peer name s0 netns server
            netns exec router ip addr add 10.1.0.1/24 dev c1
            netns exec router ip addr add 10.2.0.1/24 dev c1
            netns exec router ip addr add 10.9.0.1/24 dev s1
            netns exec router ip link set lo up
            netns exec router ip link set c1 up
            netns exec router ip link set s1 up
            netns exec server ip addr add 10.9.0.2/24 dev s0
            netns exec server ip link set lo up
            netns exec server ip link set s0 up
            netns exec server ip route add default via 10.9.0.1
            route add default via 10.1.0.1
            """
        for line in filter(None, map(str.strip, script.splitlines())):
            run("ip", *line.split())
        self.forwarding(True)
        self.net = 1

    @staticmethod
    def forwarding(on):
        """The router; without forwarding it drops everything and says nothing."""
        run("nsenter", "--net=/run/netns/router", "sh", "-c", f"echo {int(on)} >/proc/sys/net/ipv4/ip_forward")

    def lose_address(self):
        run("ip", "addr", "flush", "dev", "c0", "scope", "global")

    def gain_address(self):
        """One in the other subnet."""
        self.net = 3 - self.net
        self.add_address()

    def add_address(self):
        run("ip", "addr", "add", f"10.{self.net}.0.2/24", "dev", "c0")
        run("ip", "route", "add", "default", "via", f"10.{self.net}.0.1")

    @staticmethod
    def quickack(on):
        run("ip", "route", "change", "default", "via", "10.1.0.1", *(["quickack", "1"] if on else []))

    @staticmethod
    def public(name):
        with open(f"{FOLDER}/{name}.pub", encoding="ascii") as f:
            return " ".join(f.read().split()[:2])

    def start_sshd(self):
        with open(FOLDER + "/sshd.log", "ab") as log:
            self.sshd_pid = subprocess.Popen(
                ["nsenter", "--net=/run/netns/server", SSHD, "-D", "-e", "-f", FOLDER + "/sshd.conf"],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True).pid

    def sessions(self):
        """The pids of all sshd but the listening one."""
        return sorted(pid for pid, (comm, _, state) in processes().items()
                      if comm.startswith("sshd") and pid != self.sshd_pid and state not in "ZX")

    def kill_sshd(self):
        pids = [self.sshd_pid] + self.sessions()
        kill(pids, signal.SIGKILL)
        wait_gone(pids)

    @staticmethod
    def write_ini(name="bench", forward=f"{PORT}:127.0.0.1:22", tunnel=(), rest=(), key="key", host="host"):
        """Writes NAME.ini whole, and returns its path. TUNNEL: more lines of [Tunnel]; REST: what follows."""
        path = f"{FOLDER}/{name}.ini"
        with open(path + ".new", "w", encoding="ascii") as f:
            f.write("\n".join((
                "[Tunnel]", "Host = " + SERVER, "User = " + USER, f"IdentityFile = {FOLDER}/{key}",
                "KnownHostKey = " + Cell.public(host), "RemoteForward = " + forward, *tunnel, *rest, "")))
        os.rename(path + ".new", path)
        return path

    @staticmethod
    def start(argv, log="peer.log", **environment):
        """A program of the client, with nothing of whoever runs this."""
        with open(f"{FOLDER}/{log}", "ab") as f:
            return subprocess.Popen(argv, env=dict(CLEAN, **environment), stdin=subprocess.DEVNULL, stdout=f, stderr=f,
                                    cwd="/", start_new_session=True)

    @staticmethod
    def logs(lines=15):
        """The end of every log, for a person."""
        text = ""
        for name in sorted(n for n in os.listdir(FOLDER) if n.endswith(".log")):
            with open(f"{FOLDER}/{name}", encoding="utf-8", errors="replace") as f:
                tail = f.read().splitlines()[-lines:]
            text += f"--- {name}\n" + "".join(f"    {line}\n" for line in tail)
        return text
