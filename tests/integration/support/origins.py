# SPDX-License-Identifier: Apache-2.0
"""Origins: small servers behind a tunnel. A Scripted one hands every connection to a function of the test; the ready-made
functions below answer what most tests need. All listen on port 0 and record what reached them."""

import json
import os
import socket
import ssl
import threading

from .process import seconds
from .visitor import Closed, Wire


class Request:
    def __init__(self, line, fields):
        self.line = line
        self.method, self.target, self.version = line.split(" ")
        self.fields = fields
        self.body = b""
        self.trailers = []

    def all(self, name):
        return [value for key, value in self.fields if key == name.lower()]

    def get(self, name, default=None):
        found = self.all(name)
        return found[0] if found else default


class OriginConnection(Wire):
    def request(self, read_body=True):
        """The next request, or None when the connection ended between two."""
        while not self.buffer:
            if not self.fill():
                return None
        line, fields = self.head()
        request = Request(line, fields)
        if read_body:
            if (request.get("expect") or "").lower() == "100-continue":
                self.send(b"HTTP/1.1 100 Continue\r\n\r\n")
            self.read_body(request)
        return request

    def read_body(self, request):
        if request.get("transfer-encoding"):
            parts = []
            while part := self.chunk():
                parts.append(part)
            request.body, request.trailers = b"".join(parts), self.trailers
        elif request.get("content-length"):
            request.body = self.exactly(int(request.get("content-length")))

    def answer(self, body=b"", status="200 OK", fields=(), length=True):
        lines = [f"HTTP/1.1 {status}"] + [f"{name}: {value}" for name, value in fields]
        if length:
            lines.append(f"Content-Length: {len(body)}")
        self.send("\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body)


class Scripted:
    """Listens and calls script(connection) in a thread for every connection. Exceptions of a script are kept and shown by
    the test case's clean-up, except for a peer that went away."""

    def __init__(self, script, backlog=256, path=None, host="127.0.0.1", port=0):
        self.script = script
        self.connections = 0
        self.open = 0
        self.bytes = b""
        self.requests = []
        self.errors = []
        self.changed = threading.Condition()
        self._all = []
        self._stopped = False
        if path:
            self.listener = socket.socket(socket.AF_UNIX)
            self.listener.bind(path)
            self.target = "unix:" + path
        else:
            family = socket.AF_INET6 if ":" in host else socket.AF_INET
            self.listener = socket.create_server((host, port), family=family, backlog=backlog)
            self.port = self.listener.getsockname()[1]
            self.target = str(self.port)
        if path:
            self.listener.listen(backlog)
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                sock, _ = self.listener.accept()
            except OSError:
                return
            connection = OriginConnection(sock, timeout=60)
            connection.number = self.connections
            with self.changed:
                self.connections += 1
                self.open += 1
                self._all.append(connection)
                self.changed.notify_all()
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        try:
            self.script(connection)
        except (Closed, ConnectionError, BrokenPipeError):
            pass
        except Exception as error:  # shown by the test, which runs in another thread
            if not self._stopped:
                self.errors.append(error)
        finally:
            try:
                connection.close()
            except OSError:
                pass
            with self.changed:
                self.open -= 1
                self.changed.notify_all()

    def note(self, request):
        with self.changed:
            self.requests.append(request)
            self.changed.notify_all()

    def wait(self, condition, what, timeout=10):
        with self.changed:
            if not self.changed.wait_for(condition, seconds(timeout)):
                raise AssertionError(f"the origin never saw: {what} ({self.connections} connections, {self.open} open, "
                                     f"{len(self.requests)} requests)")

    def stop(self):
        self._stopped = True
        # shutdown wakes the accepting thread; close alone would leave the port open while it sleeps in accept.
        try:
            self.listener.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.listener.close()
        for connection in self._all:
            try:
                connection.sock.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass


class TlsScripted(Scripted):
    """A Scripted origin behind TLS. Handshakes that fail are counted, not errors: the client may refuse the certificate."""

    def __init__(self, script, certificate, alpn=None, **options):
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(certificate.cert, certificate.key)
        if alpn:
            self.context.set_alpn_protocols(alpn)
        self.refused = 0
        self.names, self.chosen = [], []
        self.context.sni_callback = lambda sock, name, context: self.names.append(name)
        super().__init__(script, **options)
        self.target = f"https://127.0.0.1:{self.port}"

    def _serve(self, connection):
        try:
            connection.sock.settimeout(seconds(10))
            connection.sock = self.context.wrap_socket(connection.sock, server_side=True)
        except (OSError, ssl.SSLError):
            with self.changed:
                self.refused += 1
                self.open -= 1
                self.changed.notify_all()
            connection.close()
            return
        self.chosen.append(connection.sock.selected_alpn_protocol())
        super()._serve(connection)


def echo_json(origin):
    """Answers with what arrived: line, fields, body length and text, trailers, the number of the connection."""
    def script(connection):
        while (request := connection.request()) is not None:
            origin().note(request)
            text = json.dumps({"method": request.method, "target": request.target, "fields": request.fields,
                               "length": len(request.body), "body": request.body[:4096].decode("latin-1"),
                               "trailers": request.trailers, "connection": connection.number}).encode()
            if request.method == "HEAD":
                connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(text))
            else:
                connection.answer(text, fields=[("Content-Type", "application/json")])
            if "close" in (request.get("connection") or ""):
                return
    return script


def make_echo(kind=Scripted, **options):
    origin = None
    origin = kind(lambda connection: echo_json(lambda: origin)(connection), **options)
    return origin


def make_byte_log():
    """Keeps every byte that reaches it and answers each complete head it sees with 200."""
    origin = None

    def script(connection):
        while True:
            if not connection.fill():
                return
            data, connection.buffer = connection.buffer, b""
            with origin.changed:
                origin.bytes += data
                origin.changed.notify_all()
            connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok" * max(1, data.count(b"\r\n\r\n")))
    origin = Scripted(script)
    return origin


def unused_port():
    """A port on which nothing listens now."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]


def pattern(size, seed=7):
    """Bytes that do not repeat on a packet's or a buffer's size, so that a shifted or doubled piece is seen."""
    block = os.urandom(65521)
    return (block * (size // len(block) + 1))[:size]
