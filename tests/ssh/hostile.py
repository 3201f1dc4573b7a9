# SPDX-License-Identifier: MIT
"""hostile.py MODE: prints the port of loopback on which something answers that is no honest SSH server, until it is ended."""
import os
import socket
import sys
import threading
import time

MODE = sys.argv[1]
ESCAPES = b"\x1b[2J\x1b]0;owned\x07\x1b[31m"


def flood(s, chunk):
    end = time.monotonic() + 20
    while time.monotonic() < end:
        s.sendall(chunk)


def talk(s):
    try:
        if MODE == "garbage":
            s.sendall(os.urandom(4096))
        elif MODE == "huge":
            flood(s, b"A" * 65536)
        elif MODE == "lines":
            flood(s, b"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI\r\n" * 1000)
        elif MODE == "escapes":
            s.sendall(ESCAPES + b"\r\nSSH-2.0-" + ESCAPES + b"\r\n" + ESCAPES * 100)
        elif MODE == "packets":  # a packet that is longer than any may be
            s.sendall(b"SSH-2.0-x\r\n\xff\xff\xff\xff" + os.urandom(8192))
        elif MODE == "reason":  # SSH_MSG_DISCONNECT (RFC 4253, 11.1) with escapes for the terminal
            text = ESCAPES + b"go away"
            body = b"\x01\x00\x00\x00\x02" + len(text).to_bytes(4, "big") + text + b"\x00\x00\x00\x00"
            padding = 8 - (5 + len(body)) % 8 + 8
            s.sendall(b"SSH-2.0-x\r\n" + (1 + len(body) + padding).to_bytes(4, "big") + bytes([padding]) + body
                      + bytes(padding))
        elif MODE == "half":
            s.sendall(b"SSH-2.0-x\r\n")
            time.sleep(60)
        elif MODE == "hang":
            time.sleep(60)
        s.close()
    except OSError:
        pass


listener = socket.create_server(("127.0.0.1", 0))
print(listener.getsockname()[1], flush=True)
while True:
    threading.Thread(target=talk, args=(listener.accept()[0],), daemon=True).start()
