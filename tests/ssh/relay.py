# SPDX-License-Identifier: MIT
"""A ProxyCommand: relay.py PORT [SECONDS-TO-WAIT-FIRST] joins standard input and output to a port of loopback."""
import os
import select
import socket
import sys
import time

time.sleep(float(sys.argv[2]) if len(sys.argv) > 2 else 0)
server = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
while True:
    ready, _, _ = select.select([0, server], [], [])
    if 0 in ready:
        data = os.read(0, 65536)
        if not data:
            break
        server.sendall(data)
    if server in ready:
        data = server.recv(65536)
        if not data:
            break
        os.write(1, data)
