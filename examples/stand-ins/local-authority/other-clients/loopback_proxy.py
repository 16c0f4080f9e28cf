#!/usr/bin/env python3
"""An HTTP proxy that connects every name to one port of this machine: a client that asks for `login.microsoftonline.com` reaches the
local authority. TLS passes through unchanged, so the client still checks name and certificate.

    loopback_proxy.py PORT

It prints its own port, and ends when standard input does.
"""

import os
import socket
import socketserver
import sys
import threading

TARGET = int(sys.argv[1])


def pump(source: socket.socket, sink: socket.socket) -> None:
    """Everything that comes from one side goes to the other, its end too."""
    try:
        while data := source.recv(65536):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        pass  # one side has gone; the other notices


class Connection(socketserver.StreamRequestHandler):
    rbufsize = 0  # what follows the head belongs to the tunnel

    def handle(self) -> None:
        method = self.rfile.readline(8192).split(b" ")[0]
        while self.rfile.readline(8192).strip():
            pass
        if method != b"CONNECT":
            self.wfile.write(b"HTTP/1.1 405 Method Not Allowed\r\n\r\n")
            return
        with socket.create_connection(("127.0.0.1", TARGET)) as authority:
            self.wfile.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
            back = threading.Thread(target=pump, args=(authority, self.connection), daemon=True)
            back.start()
            pump(self.connection, authority)
            back.join()


class Proxy(socketserver.ThreadingTCPServer):
    daemon_threads = True


with Proxy(("127.0.0.1", 0), Connection) as proxy:
    print(proxy.server_address[1], flush=True)
    threading.Thread(target=lambda: (sys.stdin.buffer.read(), os._exit(0)), daemon=True).start()
    proxy.serve_forever()
