# SPDX-License-Identifier: Apache-2.0
"""WebSocket end to end: the handshake, frames both ways, refusals, and ends that reach the other side."""

from support import websocket
from support.case import AditCase, main
from support.origins import pattern


class WebSocket(AditCase):
    def test_messages_come_back(self):
        tunnel, _ = self.exposed(websocket.echo_origin)
        visitor = tunnel.visit()
        self.assertEqual(websocket.connect(visitor).status, 101)
        for payload in (b"", b"hello", pattern(125), pattern(126), pattern(70_000), pattern(1_000_000)):
            visitor.send(websocket.frame(websocket.BINARY, payload, mask=True))
            self.assertEqual(websocket.read_frame(visitor), (websocket.BINARY, payload))
        visitor.send(websocket.frame(websocket.PING, b"p", mask=True))
        self.assertEqual(websocket.read_frame(visitor), (websocket.PONG, b"p"))
        visitor.send(websocket.frame(websocket.CLOSE, b"\x03\xe8", mask=True))
        self.assertEqual(websocket.read_frame(visitor), (websocket.CLOSE, b"\x03\xe8"))
        self.assertTrue(visitor.closed_within(5))

    def test_bytes_right_behind_the_handshake_are_not_lost(self):
        def script(connection):
            request = connection.request()
            # One write: the first frame rides in the packet of the 101.
            connection.send("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: "
                            + websocket.accept_key(request.get("sec-websocket-key")) + "\r\n\r\n" + "\x81\x02hi")
            self.assertEqual(websocket.read_frame(connection), (websocket.TEXT, b"early"))
            connection.send(websocket.frame(websocket.TEXT, b"done"))
        tunnel, _ = self.exposed(script)
        visitor = tunnel.visit()
        key = "dGhlIHNhbXBsZSBub25jZQ=="
        head = f"GET /s HTTP/1.1\r\nHost: {visitor.host}\r\n" + "".join(f"{n}: {v}\r\n" for n, v in websocket.upgrade_fields(key)) + "\r\n"
        visitor.send(head.encode() + websocket.frame(websocket.TEXT, b"early", mask=True))
        self.assertEqual(visitor.start().status, 101)
        self.assertEqual(websocket.read_frame(visitor), (websocket.TEXT, b"hi"))
        self.assertEqual(websocket.read_frame(visitor), (websocket.TEXT, b"done"))

    def test_many_at_once(self):
        tunnel, _ = self.exposed(websocket.echo_origin)
        visitors = [tunnel.visit() for _ in range(20)]
        for visitor in visitors:
            self.assertEqual(websocket.connect(visitor).status, 101)
        for number, visitor in enumerate(visitors):
            visitor.send(websocket.frame(websocket.TEXT, b"%d" % number, mask=True))
        for number, visitor in enumerate(visitors):
            self.assertEqual(websocket.read_frame(visitor), (websocket.TEXT, b"%d" % number))

    def test_the_handshake_fields_reach_the_origin(self):
        seen = []

        def script(connection):
            request = connection.request()
            seen.append(request)
            websocket.accept(connection, request)
            websocket.read_frame(connection)
        tunnel, _ = self.exposed(script)
        visitor = tunnel.visit()
        websocket.connect(visitor)
        self.assertEqual(seen[0].get("origin"), "http://app.example")
        self.assertEqual(seen[0].get("sec-websocket-version"), "13")
        self.assertEqual(seen[0].all("x-forwarded-for"), ["127.0.0.1"])
        self.assertEqual(seen[0].get("upgrade").lower(), "websocket")
        self.assertIn("upgrade", seen[0].get("connection").lower())

    def test_a_refused_upgrade_is_an_ordinary_answer(self):
        def script(connection):
            while connection.request() is not None:
                connection.answer(b"no sockets here", "403 Forbidden")
        tunnel, _ = self.exposed(script)
        visitor = tunnel.visit()
        visitor.request("GET", "/", websocket.upgrade_fields("dGhlIHNhbXBsZSBub25jZQ=="))
        answer = visitor.response()
        self.assertEqual((answer.status, answer.body), (403, b"no sockets here"))

    def test_visitor_gone_closes_the_origin(self):
        tunnel, origin = self.exposed(websocket.echo_origin)
        for end in ("close", "abort"):
            visitor = tunnel.visit()
            websocket.connect(visitor)
            getattr(visitor, end)()
            origin.wait(lambda: origin.open == 0, "the end of the visitor")

    def test_origin_gone_closes_the_visitor(self):
        def script(connection):
            websocket.accept(connection, connection.request())
            websocket.read_frame(connection)
            connection.abort()
        tunnel, _ = self.exposed(script)
        visitor = tunnel.visit()
        websocket.connect(visitor)
        visitor.send(websocket.frame(websocket.TEXT, b"die", mask=True))
        self.assertTrue(visitor.closed_within(5))

    def test_other_upgrades_are_not_forwarded(self):
        tunnel, origin = self.exposed()
        visitor = tunnel.visit()
        answer = visitor.get("/", [("Connection", "Upgrade, HTTP2-Settings"), ("Upgrade", "h2c"), ("HTTP2-Settings", "AAMAAABkAAQAAP__")])
        self.assertEqual(answer.status, 200)
        self.assertIsNone(origin.requests[-1].get("upgrade"))
        self.assertIsNone(origin.requests[-1].get("http2-settings"))

    def test_a_101_that_nobody_asked_for_is_502(self):
        def script(connection):
            connection.request()
            connection.send(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n")
        tunnel, _ = self.exposed(script)
        self.assertEqual(tunnel.get().status, 502)


if __name__ == "__main__":
    main()
