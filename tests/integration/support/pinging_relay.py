# SPDX-License-Identifier: Apache-2.0
"""A TCP relay in front of a cleartext HTTP/2 origin that lets the origin send one PING for each frame of an answer, as servers do that
measure bandwidth all the time. The acknowledgements end here: the origin knows nothing of the PINGs."""

import socket
import threading

from .http2 import ACK, DATA, HEADERS, PING, frame

MARK = b"measured"  # the content of PINGs that the relay sent


class PingingRelay:
    def __init__(self, port):
        self.port, self.sent, self.acknowledged, self.connections = port, 0, 0, 0
        self._lock = threading.Lock()
        self._sockets = []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.address = self.listener.getsockname()
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def target(self):
        return f"h2c://127.0.0.1:{self.address[1]}"

    def _accept(self):
        while True:
            try:
                near, _ = self.listener.accept()
            except OSError:
                return
            far = socket.create_connection(("127.0.0.1", self.port))
            for each in (near, far):
                each.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self._lock:
                self.connections += 1
                self._sockets += [near, far]
            threading.Thread(target=self._requests, args=(near, far), daemon=True).start()
            threading.Thread(target=self._answers, args=(far, near), daemon=True).start()

    @staticmethod
    def _frames(stream):
        while len(head := stream.read(9)) == 9:
            yield head[3], head[4], head, stream.read(int.from_bytes(head[:3], "big"))

    def _requests(self, near, far):
        with near.makefile("rb") as stream:
            try:
                far.sendall(stream.read(24))
                for kind, flags, head, payload in self._frames(stream):
                    if kind == PING and flags & ACK and payload == MARK:
                        with self._lock:
                            self.acknowledged += 1
                    else:
                        far.sendall(head + payload)
                far.shutdown(socket.SHUT_WR)
            except OSError:
                pass

    def _answers(self, far, near):
        with far.makefile("rb") as stream:
            try:
                for kind, _, head, payload in self._frames(stream):
                    ping = b""
                    if kind in (HEADERS, DATA):
                        ping = frame(PING, 0, 0, MARK)
                        with self._lock:
                            self.sent += 1
                    near.sendall(head + payload + ping)
                near.shutdown(socket.SHUT_WR)
            except OSError:
                pass

    def close(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        with self._lock:
            for each in self._sockets:
                each.close()
