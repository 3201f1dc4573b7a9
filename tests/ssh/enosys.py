# SPDX-License-Identifier: MIT
"""Runs a command where system calls of newer kernels do not exist: enosys.py WHAT PROGRAM ARGUMENT...

WHAT is NAME,NAME...: these system calls; or linux-2.6.32[,+NAME...]: all that Linux has got since, but for those with a
plus; and CLOCK_BOOTTIME (2.6.39), TFD_TIMER_CANCEL_ON_SET (3.0) and F_SETPIPE_SZ (2.6.35). It then also takes the vdso
from PROGRAM, which would tell the time without asking the kernel. 77: not on this machine.
"""
import ctypes
import os
import platform
import signal
import struct
import sys

# asm/unistd.h and linux/audit.h: the machine, names, the first that 2.6.32 lacks; clock_gettime, timerfd_settime, fcntl
ARCHITECTURES = {
    "x86_64": [
        (0xC000003E, {"pidfd_open": 434, "statx": 332, "getrandom": 318, "memfd_create": 319, "prlimit64": 302,
                      "getcpu": 309}, 299, 228, 286, [72]),
        (0x40000003, {"pidfd_open": 434, "statx": 383, "getrandom": 355, "memfd_create": 356, "prlimit64": 340},
         337, 265, 325, [55, 221]),
    ],
    "aarch64": [(0xC00000B7, {"pidfd_open": 434, "statx": 291, "getrandom": 278, "memfd_create": 279}, None, 0, 0, [])],
}
LOAD, JUMP_IF_EQUAL, JUMP_FROM_ON, JUMP_IF_BITS, RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
ALLOW, ENOSYS, EINVAL = 0x7FFF0000, 0x00050000 | 38, 0x00050000 | 22
NUMBER, MACHINE = 0, 4  # offsets in struct seccomp_data


def argument(i):
    return 16 + 8 * i


def if_number(number, result, jump=JUMP_IF_EQUAL):
    return [(jump, 0, 1, number), (RETURN, 0, 0, result)]


def if_argument(number, i, jump, value):
    return [(JUMP_IF_EQUAL, 0, 4, number), (LOAD, 0, 0, argument(i)), (jump, 0, 1, value), (RETURN, 0, 0, EINVAL),
            (LOAD, 0, 0, NUMBER)]


def rules_for(what, names, first, clock_gettime, timerfd_settime, fcntls):
    rules = []
    if what[0] != "linux-2.6.32":
        for name in what:
            rules += if_number(names[name], ENOSYS)
        return rules
    if first is None:
        sys.exit(77)
    for name in [name[1:] for name in what[1:]] + ["getcpu"] * ("getcpu" in names):
        rules += if_number(names[name], ALLOW)
    rules += if_number(first, ENOSYS, JUMP_FROM_ON)
    rules += if_argument(clock_gettime, 0, JUMP_IF_EQUAL, 7)
    rules += if_argument(timerfd_settime, 1, JUMP_IF_BITS, 2)
    for number in fcntls:
        rules += if_argument(number, 1, JUMP_IF_EQUAL, 1031)
    return rules


def hide_vdso(pid, ready):
    """Follows PID into its next program, and makes the entries of its auxiliary vector that lead to the vdso nothing."""
    registers = (ctypes.c_ulonglong * 27)()
    if libc.ptrace(0x4206, pid, None, ctypes.c_void_p(0x10)) != 0:  # PTRACE_SEIZE, PTRACE_O_TRACEEXEC
        os._exit(1)
    os.write(ready, b"x")
    os.waitpid(pid, 0x40000000)  # __WALL: it stops in execve
    libc.ptrace(12, pid, None, registers)  # PTRACE_GETREGS
    with open(f"/proc/{pid}/exe", "rb") as f:
        size, form = (8, "Q") if f.read(5)[4] == 2 else (4, "I")
    with open(f"/proc/{pid}/mem", "r+b", buffering=0) as memory:
        at, zeros = registers[19] + size, 0  # behind argc: argv, NULL, environ, NULL, then pairs
        while zeros < 2:
            memory.seek(at)
            zeros += memory.read(size) == bytes(size)
            at += size
        while True:
            memory.seek(at)
            kind = struct.unpack(form, memory.read(size))[0]
            if kind == 0:
                break
            if kind in (32, 33):  # AT_SYSINFO, AT_SYSINFO_EHDR
                memory.seek(at)
                memory.write(struct.pack(form, 1))  # AT_IGNORE
            at += 2 * size
    libc.ptrace(17, pid, None, None)  # PTRACE_DETACH
    os._exit(0)


def leave_a_tracer():
    me = os.getpid()
    libc.prctl(0x59616D61, ctypes.c_ulong(-1))  # PR_SET_PTRACER, where Yama asks
    take, give = os.pipe()
    if os.fork() == 0:
        if os.fork() == 0:  # whose parent is not the program, which would wonder about a child
            signal.alarm(10)
            hide_vdso(me, give)
        os._exit(0)
    os.wait()
    os.close(give)
    if os.read(take, 1) != b"x":
        print("enosys.py: no ptrace here", file=sys.stderr)
        sys.exit(77)
    os.close(take)


if platform.machine() not in ARCHITECTURES:
    sys.exit(77)
libc = ctypes.CDLL(None, use_errno=True)
libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
libc.ptrace.restype = ctypes.c_long
wanted = sys.argv[1].split(",")
filters = []
for machine, *rest in ARCHITECTURES[platform.machine()]:
    body = [(LOAD, 0, 0, NUMBER), *rules_for(wanted, *rest), (RETURN, 0, 0, ALLOW)]
    filters += [(LOAD, 0, 0, MACHINE), (JUMP_IF_EQUAL, 0, len(body), machine), *body]
filters.append((RETURN, 0, 0, ALLOW))
code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *f) for f in filters))
program = ctypes.create_string_buffer(struct.pack("HxxxxxxP", len(filters), ctypes.addressof(code)))

old = wanted[0] == "linux-2.6.32"
numbers = ARCHITECTURES[platform.machine()][0][1]
gone = [name for name in numbers if name in wanted or (old and "+" + name not in wanted and name != "getcpu")]
argv = (ctypes.c_char_p * (len(sys.argv) - 1))(*[os.fsencode(a) for a in sys.argv[2:]], None)
if old:
    leave_a_tracer()
if libc.prctl(38, 1, 0, 0, 0) or libc.prctl(22, 2, program):
    sys.exit(f"enosys.py: {os.strerror(ctypes.get_errno())}")
for name in gone:  # or the test would prove nothing
    if libc.syscall(numbers[name], -1, 0, 0, 0) != -1 or ctypes.get_errno() != 38:
        sys.exit(f"enosys.py: {name} still works")
if old and (libc.syscall(228, 7, 0) != -1 or ctypes.get_errno() != 22):
    sys.exit("enosys.py: CLOCK_BOOTTIME still works")
libc.execv(argv[0], argv)
sys.exit(f"enosys.py: {sys.argv[2]}: {os.strerror(ctypes.get_errno())}")
