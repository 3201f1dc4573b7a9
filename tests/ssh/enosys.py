# SPDX-License-Identifier: MIT
"""Runs a command where system calls of newer kernels do not exist: enosys.py NAME,NAME... PROGRAM ARGUMENT..."""
import ctypes
import os
import platform
import struct
import sys

# asm/unistd.h of the machine
NUMBERS = {
    "x86_64": {"pidfd_open": 434, "statx": 332, "getrandom": 318, "memfd_create": 319},
    "aarch64": {"pidfd_open": 434, "statx": 291, "getrandom": 278, "memfd_create": 279},
}
if platform.machine() not in NUMBERS:
    sys.exit(77)

LOAD, JUMP_IF_EQUAL, RETURN = 0x20, 0x15, 0x06
ALLOW, ENOSYS = 0x7FFF0000, 0x00050000 | 38
numbers = [NUMBERS[platform.machine()][name] for name in sys.argv[1].split(",")]
filters = [struct.pack("HBBI", LOAD, 0, 0, 0)]
for i, number in enumerate(numbers):
    filters.append(struct.pack("HBBI", JUMP_IF_EQUAL, len(numbers) - i, 0, number))
filters.append(struct.pack("HBBI", RETURN, 0, 0, ALLOW))
filters.append(struct.pack("HBBI", RETURN, 0, 0, ENOSYS))
code = ctypes.create_string_buffer(b"".join(filters))
program = ctypes.create_string_buffer(struct.pack("HxxxxxxP", len(filters), ctypes.addressof(code)))

libc = ctypes.CDLL(None, use_errno=True)
argv = (ctypes.c_char_p * (len(sys.argv) - 1))(*[os.fsencode(a) for a in sys.argv[2:]], None)
if libc.prctl(38, 1, 0, 0, 0) or libc.prctl(22, 2, program):
    sys.exit(f"enosys.py: {os.strerror(ctypes.get_errno())}")
for number in numbers:  # or the test would prove nothing
    if libc.syscall(number, -1, 0, 0, 0) != -1 or ctypes.get_errno() != 38:
        sys.exit(f"enosys.py: system call {number} still works")
libc.execv(argv[0], argv)
sys.exit(f"enosys.py: {sys.argv[2]}: {os.strerror(ctypes.get_errno())}")
