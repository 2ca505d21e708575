# SPDX-License-Identifier: Apache-2.0
"""What a hostile visitor sends: it is refused with the status that fits, the connection is closed, and not one byte of it
reaches an origin. HOST stands for the tunnel's host in the table."""

import socket

from support.case import AditCase, main
from support.origins import make_byte_log
from support.process import seconds
from support.visitor import Closed, Visitor

H = b"Host: HOST\r\n"
SMUGGLING = {
    "length and transfer coding": b"POST / HTTP/1.1\r\n" + H + b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "transfer coding and length": b"POST / HTTP/1.1\r\n" + H + b"Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n",
    "two different lengths": b"POST / HTTP/1.1\r\n" + H + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nab",
    "two lengths in a list": b"POST / HTTP/1.1\r\n" + H + b"Content-Length: 1, 2\r\n\r\nab",
    "length with plus": b"POST / HTTP/1.1\r\n" + H + b"Content-Length: +2\r\n\r\nab",
    "length with minus": b"POST / HTTP/1.1\r\n" + H + b"Content-Length: -2\r\n\r\nab",
    "hexadecimal length": b"POST / HTTP/1.1\r\n" + H + b"Content-Length: 0x2\r\n\r\nab",
    "length with text": b"POST / HTTP/1.1\r\n" + H + b"Content-Length: 2 a\r\n\r\nab",
    "empty length": b"POST / HTTP/1.1\r\n" + H + b"Content-Length:\r\n\r\n",
    "length that overflows": b"POST / HTTP/1.1\r\n" + H + b"Content-Length: 18446744073709551618\r\n\r\nab",
    "length with tab inside": b"POST / HTTP/1.1\r\n" + H + b"Content-Length: 1\t2\r\n\r\nab",
    "transfer coding identity": b"POST / HTTP/1.1\r\n" + H + b"Transfer-Encoding: identity\r\n\r\n",
    "transfer coding xchunked": b"POST / HTTP/1.1\r\n" + H + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
    "chunked not last": b"POST / HTTP/1.1\r\n" + H + b"Transfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n",
    "chunked twice": b"POST / HTTP/1.1\r\n" + H + b"Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n",
    "two transfer codings": b"POST / HTTP/1.1\r\n" + H + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n",
    "quoted chunked": b"POST / HTTP/1.1\r\n" + H + b"Transfer-Encoding: \"chunked\"\r\n\r\n0\r\n\r\n",
    "vertical tab before chunked": b"POST / HTTP/1.1\r\n" + H + b"Transfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n",
    "transfer coding in HTTP/1.0": b"POST / HTTP/1.0\r\n" + H + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "space before the colon": b"POST / HTTP/1.1\r\n" + H + b"Content-Length : 2\r\n\r\nab",
    "space before a name": b"GET / HTTP/1.1\r\n" + H + b" X: folded\r\n\r\n",
    "folded line": b"GET / HTTP/1.1\r\n" + H + b"X: a\r\n\tb\r\n\r\n",
    "line without colon": b"GET / HTTP/1.1\r\n" + H + b"nonsense\r\n\r\n",
    "empty name": b"GET / HTTP/1.1\r\n" + H + b": value\r\n\r\n",
    "name that is no token": b"GET / HTTP/1.1\r\n" + H + b"X(y): 1\r\n\r\n",
    "name with a high byte": b"GET / HTTP/1.1\r\n" + H + b"X\xe9: 1\r\n\r\n",
    "bare line feeds": b"GET / HTTP/1.1\nHost: HOST\n\n",
    "bare line feed in a value": b"GET / HTTP/1.1\r\n" + H + b"X: a\nEvil: 1\r\n\r\n",
    "bare carriage return in a value": b"GET / HTTP/1.1\r\n" + H + b"X: a\rEvil: 1\r\n\r\n",
    "nul in a value": b"GET / HTTP/1.1\r\n" + H + b"X: a\0b\r\n\r\n",
    "nul in the target": b"GET /a\0b HTTP/1.1\r\n" + H + b"\r\n",
    "control byte in a value": b"GET / HTTP/1.1\r\n" + H + b"X: a\x01b\r\n\r\n",
    "space in the target": b"GET /a b HTTP/1.1\r\n" + H + b"\r\n",
    "two spaces in the request line": b"GET  / HTTP/1.1\r\n" + H + b"\r\n",
    "tab in the request line": b"GET\t/ HTTP/1.1\r\n" + H + b"\r\n",
    "leading space": b" GET / HTTP/1.1\r\n" + H + b"\r\n",
    "method that is no token": b"G@T / HTTP/1.1\r\n" + H + b"\r\n",
    "no version": b"GET /\r\n" + H + b"\r\n",
    "lower-case version": b"GET / http/1.1\r\n" + H + b"\r\n",
    "version with leading zero": b"GET / HTTP/01.1\r\n" + H + b"\r\n",
    "no Host": b"GET / HTTP/1.1\r\nX: 1\r\n\r\n",
    "two Hosts": b"GET / HTTP/1.1\r\n" + H + H + b"\r\n",
    "two Hosts that differ": b"GET / HTTP/1.1\r\n" + H + b"Host: other\r\n\r\n",
    "Host with a path": b"GET / HTTP/1.1\r\nHost: HOST/x\r\n\r\n",
    "Host with user information": b"GET / HTTP/1.1\r\nHost: a@HOST\r\n\r\n",
    "Host with a space": b"GET / HTTP/1.1\r\nHost: HOST x\r\n\r\n",
    "Host with a comma": b"GET / HTTP/1.1\r\nHost: HOST,other\r\n\r\n",
    "target that is no path": b"GET index.html HTTP/1.1\r\n" + H + b"\r\n",
    "asterisk with GET": b"GET * HTTP/1.1\r\n" + H + b"\r\n",
    "no HTTP/2 preface": b"PRI * HTTP/2.0\r\n\r\nMS\r\n\r\n",
    "TLS hello": b"\x16\x03\x01\x00\xa5\x01\x00\x00\xa1\x03\x03" + b"\x11" * 150 + b"\r\n\r\n",
    "upgrade with a body": b"GET / HTTP/1.1\r\n" + H + b"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
                           b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nContent-Length: 5\r\n\r\nhello",
}
CHUNKS = {
    "bare line feed": b"3\nabc\r\n0\r\n\r\n",
    "no digits": b"\r\nabc\r\n0\r\n\r\n",
    "0x": b"0x3\r\nabc\r\n0\r\n\r\n",
    "plus": b"+3\r\nabc\r\n0\r\n\r\n",
    "minus": b"-3\r\nabc\r\n0\r\n\r\n",
    "space before": b" 3\r\nabc\r\n0\r\n\r\n",
    "overflow": b"10000000000000003\r\nabc\r\n0\r\n\r\n",
    "no line end after the data": b"3\r\nabcX0\r\n\r\n",
    "longer data than said": b"3\r\nabcd\r\n0\r\n\r\n",
    "long extension": b"3;" + b"a" * 5000 + b"\r\nabc\r\n0\r\n\r\n",
    "line feed in an extension": b"3;a\nb\r\nabc\r\n0\r\n\r\n",
    "bare line feed in trailers": b"3\r\nabc\r\n0\r\nX: 1\n\r\n",
    "folded trailer": b"3\r\nabc\r\n0\r\nX: 1\r\n y\r\n\r\n",
    "too many trailers": b"3\r\nabc\r\n0\r\n" + b"".join(b"X-%d: 1\r\n" % n for n in range(200)) + b"\r\n",
}


class BadRequests(AditCase):
    def setUp(self):
        super().setUp()
        self.origin_ = self.origin(make_byte_log())
        self.tunnel_ = self.tunnel(self.server(), self.origin_, "strict")

    def refused(self, data, statuses=(400,)):
        visitor = self.tunnel_.visit()
        try:
            visitor.send(data.replace(b"HOST", self.tunnel_.host.encode()))
        except OSError:
            pass  # Refused before all was sent.
        answer = visitor.start()
        self.assertIn(answer.status, statuses)
        if answer.get("content-length"):
            visitor.exactly(int(answer.get("content-length")))
        self.assertTrue(visitor.closed_within(5), "the connection must be closed")
        self.assertEqual(visitor.buffer, b"", "there must be one answer only")
        return answer

    def still_serves(self):
        self.assertEqual(self.tunnel_.get("/after").body, b"ok")

    def test_smuggling_table(self):
        for name, data in SMUGGLING.items():
            with self.subTest(name):
                before = len(self.origin_.bytes)
                # 501 for a transfer coding nobody knows, 505 for a version nobody speaks (RFC 9112 sections 6.1, 2.3).
                self.refused(data, (400, 501, 505))
                self.assertEqual(self.origin_.bytes[before:], b"", "bytes reached the origin")
        self.still_serves()

    def test_a_good_request_before_a_bad_one_is_answered(self):
        visitor = self.tunnel_.visit()
        visitor.send(f"GET /good HTTP/1.1\r\nHost: {visitor.host}\r\n\r\nGET /bad HTTP/1.1\r\nHost : {visitor.host}\r\n\r\n"
                     f"GET /never HTTP/1.1\r\nHost: {visitor.host}\r\n\r\n")
        self.assertEqual(visitor.response().status, 200)
        self.assertEqual(visitor.response().status, 400)
        self.assertTrue(visitor.closed_within(5))
        self.assertIn(b"GET /good", self.origin_.bytes)
        self.assertNotIn(b"/bad", self.origin_.bytes)
        self.assertNotIn(b"/never", self.origin_.bytes)

    def test_bad_chunks_never_complete_a_request(self):
        for name, body in CHUNKS.items():
            with self.subTest(name):
                visitor = self.tunnel_.visit()
                before = len(self.origin_.bytes)
                head = f"POST /chunks HTTP/1.1\r\nHost: {visitor.host}\r\nTransfer-Encoding: chunked\r\n\r\n".encode()
                evil = f"GET /evil HTTP/1.1\r\nHost: {visitor.host}\r\n\r\n".encode()
                visitor.send(head + body + evil)
                try:
                    # The origin of this test answers as soon as it has a head, so its 200 may be the first to arrive;
                    # what matters is that the connection ends and nothing after the bad chunk is taken as a request.
                    self.assertIn(visitor.start().status, (400, 200, 502))
                except Closed:
                    pass
                self.assertTrue(visitor.closed_within(5), "the connection must be closed")
                seen = self.origin_.bytes[before:]
                self.assertNotIn(b"/evil", seen)
                self.assertNotIn(b"0\r\n\r\n", seen, "a body that is not whole must not look whole to the origin")
        self.still_serves()

    def test_oversized_heads_and_targets(self):
        cases = {
            "one long field": (b"GET / HTTP/1.1\r\n" + H + b"X: " + b"a" * 40_000 + b"\r\n\r\n", 431),
            "many fields": (b"GET / HTTP/1.1\r\n" + H + b"".join(b"X-%d: 1\r\n" % n for n in range(200)) + b"\r\n", 431),
            "endless head": (b"GET / HTTP/1.1\r\n" + H + b"X: " + b"a" * 200_000, 431),
            "long target": (b"GET /" + b"a" * 9_000 + b" HTTP/1.1\r\n" + H + b"\r\n", 414),
            "endless target": (b"GET /" + b"a" * 200_000, 414),
        }
        for name, (data, status) in cases.items():
            with self.subTest(name):
                self.refused_quickly(data, status)
        self.assertEqual(self.origin_.bytes, b"")
        self.still_serves()

    def refused_quickly(self, data, status):
        """As `refused`; the answer may be followed by a reset when we were still sending."""
        visitor = self.tunnel_.visit()
        visitor.send(data.replace(b"HOST", self.tunnel_.host.encode())[:60_000])
        self.assertEqual(visitor.start().status, status)

    def test_heads_just_below_the_limits_pass(self):
        visitor = self.tunnel_.visit()
        self.assertEqual(visitor.get("/" + "a" * 8_000).status, 200)
        self.assertEqual(visitor.get("/", [("X", "a" * 30_000)]).status, 200)
        self.assertEqual(visitor.get("/", [(f"X-{n}", "1") for n in range(100)]).status, 200)

    def test_slow_head_is_cut_with_408(self):
        visitor = self.tunnel_.visit(timeout=20)
        visitor.send(f"GET / HTTP/1.1\r\nHost: {visitor.host}\r\n")
        answer = visitor.start()  # The limit is ten seconds.
        self.assertEqual(answer.status, 408)
        self.assertEqual(self.origin_.bytes, b"")

    def test_connect_is_refused(self):
        self.refused(b"CONNECT 127.0.0.1:22 HTTP/1.1\r\nHost: 127.0.0.1:22\r\n\r\n", (400, 404, 405, 501))
        self.assertEqual(self.origin_.bytes, b"")

    def test_empty_lines_before_a_request_are_allowed(self):
        visitor = self.tunnel_.visit()
        visitor.send(f"\r\nGET / HTTP/1.1\r\nHost: {visitor.host}\r\n\r\n")
        self.assertEqual(visitor.response().status, 200)

    def test_garbage_by_many_connections_leaves_others_alone(self):
        good = self.tunnel_.visit()
        for number in range(100):
            bad = Visitor(self.tunnel_.http, "x")
            bad.send(bytes((number * 7 + i * 13) % 256 for i in range(300)))
            if number % 2:
                bad.abort()
            else:
                bad.close()
        self.assertEqual(good.get().status, 200)

    def test_half_closed_visitor_is_answered_or_closed(self):
        # Whether a visitor that will send nothing more has gone is the server's to decide; it must decide.
        visitor = self.tunnel_.visit()
        visitor.request()
        visitor.finish_sending()
        try:
            self.assertEqual(visitor.response().status, 200)
        except Closed:
            pass
        self.still_serves()

    def test_silent_connections_are_harmless(self):
        silent = [socket.create_connection(tuple(self.tunnel_.http), seconds(5)) for _ in range(100)]
        self.still_serves()
        for sock in silent:
            sock.close()


if __name__ == "__main__":
    main()
