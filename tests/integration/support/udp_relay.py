# SPDX-License-Identifier: Apache-2.0
"""A UDP relay between a client and a server that can be paused (the path is dead), rebound (the server sees the client at a
new address, as after a NAT forgot it), and made to add garbage."""

import select
import socket
import threading

from .process import parse_address


class UdpRelay:
    def __init__(self, server):
        self.server = tuple(server)
        self.front = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.front.bind(("127.0.0.1", 0))
        self.address = parse_address("127.0.0.1:%d" % self.front.getsockname()[1])
        self.back = self._new_back()
        self.client = None
        self.paused = False
        self.to_server = 0
        self.to_client = 0
        self._lock = threading.Lock()
        self._wake, self._wake_writer = socket.socketpair()
        self._running = True
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _new_back(self):
        back = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        back.bind(("127.0.0.1", 0))
        for option in (socket.SO_RCVBUF, socket.SO_SNDBUF):
            back.setsockopt(socket.SOL_SOCKET, option, 1 << 20)
        return back

    def rebind(self):
        """The server sees a new source port from now on; what was sent to the old one is lost."""
        with self._lock:
            old, self.back = self.back, self._new_back()
            old.close()
        self._wake_writer.send(b"x")

    def pause(self):
        self.paused = True

    def resume(self):
        self.paused = False

    def to(self, server):
        """Leads to another server (a restarted one on another port)."""
        self.server = tuple(server)

    def _run(self):
        while self._running:
            with self._lock:
                back = self.back
            try:
                readable, _, _ = select.select([self.front, back, self._wake], [], [], 1)
            except (OSError, ValueError):
                continue  # rebound under our hands
            for sock in readable:
                try:
                    if sock is self._wake:
                        self._wake.recv(64)
                        continue
                    data, source = sock.recvfrom(65535)
                    if sock is self.front:
                        self.client = source
                    if self.paused:
                        continue
                    if sock is self.front:
                        self.to_server += 1
                        self.back.sendto(data, self.server)
                    elif self.client:
                        self.to_client += 1
                        self.front.sendto(data, self.client)
                except OSError:
                    pass  # ICMP port unreachable, or rebound

    def stop(self):
        self._running = False
        self._wake_writer.send(b"x")
        self._thread.join()
        for sock in (self.front, self.back, self._wake, self._wake_writer):
            sock.close()
