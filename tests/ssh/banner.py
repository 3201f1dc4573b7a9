# SPDX-License-Identifier: MIT
"""Prints the SSH banner that comes out of tcp:HOST:PORT, unix:PATH or socks:PORT:HOST:PORT; fails if none does."""
import socket
import struct
import sys


def connect(what):
    kind, _, rest = what.partition(":")
    if kind == "unix":
        s = socket.socket(socket.AF_UNIX)
        s.settimeout(2)
        s.connect(rest)
        return s
    if kind == "tcp":
        host, _, port = rest.rpartition(":")
        return socket.create_connection((host.strip("[]"), int(port)), 2)
    socks, host, port = rest.split(":")
    s = socket.create_connection(("127.0.0.1", int(socks)), 2)
    # RFC 1928: no authentication, then CONNECT to a name.
    s.sendall(b"\x05\x01\x00")
    if s.recv(2) != b"\x05\x00":
        sys.exit("no SOCKS5 server")
    s.sendall(b"\x05\x01\x00\x03" + bytes([len(host)]) + host.encode() + struct.pack(">H", int(port)))
    answer = s.recv(10)
    if answer[1] != 0:
        sys.exit(f"SOCKS error {answer[1]}")
    return s


try:
    line = connect(sys.argv[1]).makefile("rb").readline(256)
except OSError as e:
    sys.exit(f"{sys.argv[1]}: {e}")
if not line.startswith(b"SSH-2.0-"):
    sys.exit(f"{sys.argv[1]}: {line!r}")
print(line.decode().strip())
