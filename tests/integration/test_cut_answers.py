# SPDX-License-Identifier: Apache-2.0
"""Half an answer never looks whole, whoever broke it off and whatever the visitor speaks: HTTP/1.0, where only the connection's
end says where the content ends, HTTP/1.1 in chunks, HTTP/2."""

import signal
import socket
import threading

from support.case import AditCase, main
from support.http2 import Visitor2
from support.origins import Scripted, TlsScripted
from support.process import seconds
from support.tls import Authority
from support.visitor import Closed

HEAD = b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nhalf"
IN_CHUNKS = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n"


def abort(connection):
    raw = socket.socket(fileno=connection.sock.detach())
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
    raw.close()
    connection.sock = socket.socket()


def end_without_close_notify(connection):
    raw = socket.socket(fileno=connection.sock.detach())
    raw.shutdown(socket.SHUT_RDWR)
    raw.close()
    connection.sock = socket.socket()


class CutAnswers(AditCase):
    """Each origin gives half an answer without a length, and goes on when told so."""

    def setUp(self):
        super().setUp()
        self.go = threading.Semaphore(0)

    def script(self, end, head=HEAD):
        def run(connection):
            request = connection.request(read_body=False)
            if request is None:
                return
            if request.method == "POST":
                connection.exactly(1000)
            connection.send(head)
            self.assertTrue(self.go.acquire(timeout=60))
            end(connection)
        return run

    def plain(self, end, head=HEAD):
        return self.tunnel(self.server(), self.origin(Scripted(self.script(end, head))))

    def secure(self, end):
        authority = Authority(self.directory("ca"))
        certificate = authority.issue("origin", ["IP:127.0.0.1"])
        origin = self.origin(TlsScripted(self.script(end), certificate))
        return self.tunnel(self.server(), origin, arguments=["--origin-ca", str(authority.file)])

    # Each visitor waits for the first half and gives a function that tells how the rest came.

    def by_http10(self, tunnel, body=b""):
        visitor = tunnel.visit()
        method = "POST" if body else "GET"
        visitor.send(f"{method} / HTTP/1.0\r\nHost: {tunnel.host}\r\n" + (f"Content-Length: {100 * len(body)}\r\n" if body else "") + "\r\n")
        visitor.send(body)
        visitor.until(b"half")

        def outcome():
            visitor.sock.settimeout(seconds(25))
            try:
                rest = visitor.sock.recv(4096)
            except ConnectionResetError:
                return "cut"
            return rest or "whole"
        return outcome

    def by_http11(self, tunnel, body=b""):
        visitor = tunnel.visit(timeout=25)
        fields = [("Content-Length", str(100 * len(body)))] if body else []
        visitor.request("POST" if body else "GET", "/", fields).send(body)
        self.assertEqual(visitor.start().get("transfer-encoding"), "chunked")
        self.assertEqual(visitor.chunk(), b"half")

        def outcome():
            try:
                return "whole" if visitor.chunk() == b"" else "more"
            except Closed:
                return "cut"
        return outcome

    def by_http2(self, tunnel):
        visitor = Visitor2(tunnel.http, tunnel.host, timeout=25)
        self.addCleanup(visitor.close)
        stream = visitor.start()
        visitor.until(lambda: visitor.streams[stream].body == b"half", "the first half")
        return lambda: "whole" if visitor.wait(stream).reset in (None, 0) else "cut"

    def check(self, tunnel, expected="cut"):
        for visit in (self.by_http11, self.by_http2, self.by_http10):
            with self.subTest(visit.__name__):
                outcome = visit(tunnel)
                self.go.release()
                self.assertEqual(outcome(), expected)

    def test_an_origin_that_aborts(self):
        self.check(self.plain(abort))

    def test_an_https_origin_that_aborts(self):
        self.check(self.secure(abort))

    def test_an_https_origin_that_ends_without_close_notify(self):
        self.check(self.secure(end_without_close_notify))

    def test_an_https_origin_that_ends_properly_is_believed(self):
        """The other way round, so that the tests above mean something."""
        self.check(self.secure(lambda connection: connection.sock.unwrap()), "whole")

    def test_trailers_that_are_too_large(self):
        """They may mean more than the content, so an answer without them is not whole."""
        for size, outcome in ((7000, "whole"), (9000, "cut"), (200_000, "cut")):
            with self.subTest(size):
                trailers = b"0\r\nX-Large: " + b"x" * size + b"\r\n\r\n"
                self.check(self.plain(lambda connection, rest=trailers: connection.send(rest), IN_CHUNKS), outcome)

    def test_an_origin_that_breaks_off_an_upload(self):
        """Here it is writing that fails, with more of the answer, or its end, perhaps still unread."""
        for kind, end in ((self.plain, abort), (self.secure, abort), (self.secure, end_without_close_notify)):
            tunnel = kind(end)
            for visit in (self.by_http11, self.by_http10):
                with self.subTest(f"{kind.__name__} {end.__name__} {visit.__name__}"):
                    outcome = visit(tunnel, b"u" * 200_000)
                    self.go.release()
                    self.assertEqual(outcome(), "cut")

    def test_a_client_that_is_gone(self):
        tunnel = self.plain(lambda connection: connection.rest())
        outcomes = [visit(tunnel) for visit in (self.by_http11, self.by_http2, self.by_http10)]
        tunnel.client.kill()
        self.assertEqual([outcome() for outcome in outcomes], ["cut"] * 3)

    def test_a_server_that_stops_before_the_end(self):
        """After the time that requests in flight have."""
        server = self.server()
        tunnel = self.tunnel(server, self.origin(self.script(lambda connection: connection.rest())))
        outcomes = [visit(tunnel) for visit in (self.by_http11, self.by_http10)]
        server.send(signal.SIGTERM)
        self.assertEqual([outcome() for outcome in outcomes], ["cut"] * 2)


if __name__ == "__main__":
    main()
