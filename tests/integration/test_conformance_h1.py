# SPDX-License-Identifier: Apache-2.0
"""The HTTP/1.1 vectors of tests/data/h1 between a raw visitor and an origin that keeps every byte: what is refused never reaches
it, what is accepted arrives as it was understood. Loops, found by CDN-Loop, and the limits of one server end with 508."""

import re
import threading

from support import vectors
from support.case import AditCase, main
from support.origins import Scripted
from support.visitor import Closed, Visitor


class ByteLog:
    """An origin that keeps the bytes of every connection and answers every whole request."""

    def __init__(self):
        self.lock = threading.Lock()
        self.raw = []
        self.requests = []
        self.origin = Scripted(self.script)
        self.target = self.origin.target

    def script(self, connection):
        raw = []
        with self.lock:
            self.raw.append(raw)
        fill = connection.fill

        def keep(timeout=None):
            before = len(connection.buffer)
            got = fill(timeout)
            raw.append(connection.buffer[before:])
            return got
        connection.fill = keep
        while (request := connection.request()) is not None:
            with self.lock:
                self.requests.append(request)
            connection.answer(b"ok")

    def clear(self):
        with self.lock:
            self.requests.clear()
            for raw in self.raw:
                raw.clear()

    def bytes(self):
        with self.lock:
            return b"".join(b"".join(raw) for raw in self.raw)


class Requests(AditCase):
    def setUp(self):
        super().setUp()
        self.log = ByteLog()
        self.origin(self.log.origin)
        self.tunnel_ = self.tunnel(self.server(), self.log.target, "strict")
        self.host = self.tunnel_.host

    def send(self, vector):
        self.log.clear()
        visitor = self.tunnel_.visit(timeout=10)
        try:
            visitor.send(vector.bytes(self.host))
        except OSError:
            pass  # refused before all of it was sent
        return visitor

    def test_refused_requests(self):
        for vector in vectors.read("request_reject.txt"):
            with self.subTest(vector.name):
                visitor = self.send(vector)
                answer = visitor.response()
                if vector.get("body") == "yes" and answer.status in (200, 502):
                    self.fail("a request whose content is wrong was answered by the origin")
                self.assertIn(str(answer.status), vector.get("status").split())
                self.assertTrue(visitor.closed_within(5), "the connection must be closed")
                self.assertEqual(visitor.buffer, b"", "there must be one answer only")
                self.assertEqual(self.log.requests, [])
                if vector.get("body") != "yes":
                    self.assertEqual(self.log.bytes(), b"", "bytes reached the origin")
        self.assertEqual(self.tunnel_.get("/after").status, 200)

    def test_accepted_requests(self):
        for vector in vectors.read("request_accept.txt"):
            with self.subTest(vector.name):
                visitor = self.send(vector)
                self.assertEqual(visitor.response().status, 200)
                self.assertEqual(len(self.log.requests), 1)
                request = self.log.requests[0]
                self.assertEqual(f"{request.method} {request.target}", vector.get("line"))
                self.assertEqual(request.all("host"), [vector.get("host", "HOST").replace("HOST", self.host)])
                self.assertEqual(request.body.decode("latin-1"), vector.get("content", ""))
                self.check_fields(request, vector)
                self.assertLessEqual(len(request.all("connection")), 1)
                self.assertEqual(len(request.all("content-length")) + len(request.all("transfer-encoding")),
                                 0 if vector.get("framing") == "none" else 1)
                if vector.get("stays") == "no":
                    self.assertTrue(visitor.closed_within(5))
                else:
                    self.assertEqual(visitor.get("/after").status, 200)

    def check_fields(self, message, vector):
        for wanted in vector.all("has"):
            name, _, value = wanted.partition(":")
            self.assertIn(value.strip(), message.all(name.lower()), name)
        for name in vector.all("lacks"):
            self.assertEqual(message.all(name.lower()), [], name)

    def test_what_passes_gets_cdn_loop(self):
        self.tunnel_.get("/", [("CDN-Loop", "other"), ("Connection", "cdn-loop")])
        self.assertEqual(self.log.requests[-1].all("cdn-loop")[0], "other")
        self.assertRegex(self.log.requests[-1].all("cdn-loop")[1], r"^adit-[0-9a-f]{16}$")

    def test_via_is_passed_and_not_added(self):
        # RFC 9110 section 7.6.3 asks a proxy to add one. That it is left out is deliberate: see --via.
        self.tunnel_.get("/", [("Via", "1.1 other")])
        self.assertEqual(self.log.requests[-1].all("via"), ["1.1 other"])

    def test_via_is_added_where_it_is_asked_for(self):
        tunnel = self.tunnel(self.server(arguments=["--via"]), self.log.target)
        tunnel.get("/", [("Via", "1.1 other")])
        self.assertEqual(self.log.requests[-1].all("via"), ["1.1 other", "1.1 adit"])

    def test_pairs(self):
        for vector in vectors.read("pairs.txt"):
            with self.subTest(vector.name):
                visitor = self.send(vector)
                statuses = vector.get("statuses").split()
                for status in statuses:
                    self.assertEqual(str(visitor.response().status), status)
                visitor.finish_sending()
                self.assertTrue(visitor.closed_within(5))
                self.assertEqual(visitor.buffer, b"", "there is one answer too many")
                self.assertEqual([request.target for request in self.log.requests], vector.get("origin").split())
                # Of what the origin saw, no head is left that it did not take for a request.
                heads = len(re.findall(rb"(?:GET|POST|OPTIONS|TRACE) /\S* HTTP/1\.1\r\nHost: " + self.host.encode(), self.log.bytes()))
                self.assertEqual(heads, len(self.log.requests))


class Answers(AditCase):
    def setUp(self):
        super().setUp()
        self.vector = None

        def script(connection):
            if connection.request() is not None:
                connection.send(self.vector.bytes("HOST"))
        self.tunnel_ = self.tunnel(self.server(), self.origin(script))

    def test_refused_answers(self):
        for vector in vectors.read("response_reject.txt"):
            with self.subTest(vector.name):
                self.vector = vector
                visitor = self.tunnel_.visit(timeout=10).request(vector.get("method", "GET"))
                if vector.get("broken") == "yes":
                    try:
                        answer = visitor.response()
                    except (Closed, ValueError, ConnectionError):
                        continue
                    # Where the head had not left yet, the page says it.
                    self.assertEqual(answer.status, 502)
                else:
                    answer = visitor.response()
                    self.assertEqual(str(answer.status), vector.get("status"))
                    self.assertIsNotNone(answer.get("date"))

    def test_accepted_answers(self):
        for vector in vectors.read("response_accept.txt"):
            with self.subTest(vector.name):
                self.vector = vector
                method = vector.get("method", "GET")
                answer = self.tunnel_.visit(timeout=10).request(method).response(method)
                self.assertEqual(str(answer.status), vector.get("status"))
                self.assertEqual(answer.body.decode("latin-1"), vector.get("content", ""))
                Requests.check_fields(self, answer, vector)
                self.assertEqual(len(answer.all("date")), 1)
                self.assertIn(answer.all("via")[-1], ("1.0 adit", "1.1 adit"))
                for name, _ in getattr(answer, "trailers", []):
                    self.assertIn(name, ("x-sum",))


class Loops(AditCase):
    def test_a_tunnel_to_itself_ends_with_508(self):
        server = self.server()
        host = f"loop.t.example.com:{server.http.port}"
        seen = []

        def forward(connection):
            # A proxy that passes everything on to the tunnel's own public address.
            while (request := connection.request()) is not None:
                seen.append(request)
                onward = self.visitor(server, host)
                fields = [(name, value) for name, value in request.fields if name.lower() != "host"]
                answer = onward.get(request.target, fields)
                connection.answer(answer.body, f"{answer.status} Passed")
        tunnel = self.tunnel(server, self.origin(forward), "loop")
        answer = tunnel.get("/")
        self.assertEqual(answer.status, 508)
        self.assertEqual(len(seen), 4)

    def visitor(self, server, host):
        visitor = Visitor(server.http, host)
        self.addCleanup(visitor.close)
        return visitor


if __name__ == "__main__":
    main()
