# SPDX-License-Identifier: Apache-2.0
"""Origins of every protocol: behind TLS, with HTTP/2 in the clear and by TLS, WebSockets on HTTP/2; what is retried, what the
Host field says, and the pages when an origin is not what it should be."""

import hashlib
import json
import os
import socket
import threading
import time

from support import websocket
from support.case import AditCase, main
from support.node_h2 import NodeOrigin
from support.origins import Scripted, TlsScripted, make_echo, pattern, unused_port
from support.process import seconds, wait_until
from support.tls import Authority


class OriginCase(AditCase):
    def to(self, target, *arguments):
        """A tunnel to a target, with options."""
        return self.tunnel(self.server(), target, "shop", arguments=[str(part) for part in arguments])

    def authority(self):
        return Authority(self.directory("ca"))

    def https_origin(self, authority, names=("IP:127.0.0.1", "DNS:localhost"), days=30, alpn=None, script=None, stem="origin"):
        certificate = authority.issue(stem, names, days)
        origin = TlsScripted(script, certificate, alpn) if script else make_echo(TlsScripted, certificate=certificate, alpn=alpn)
        return self.origin(origin)


class Https(OriginCase):
    def test_a_verified_origin(self):
        authority = self.authority()
        origin = self.https_origin(authority, alpn=["h2", "http/1.1"])
        tunnel = self.to(origin, "--origin-ca", authority.file)
        visitor = tunnel.visit()
        for size in (0, 10, 1_000_000):
            answer = visitor.request("POST", "/up", body=pattern(size)).response()
            self.assertEqual(answer.status, 200)
            self.assertEqual(json.loads(answer.body)["length"], size)
        self.assertEqual(origin.connections, 1)         # kept and used again
        self.assertEqual(origin.chosen, ["http/1.1"])   # not HTTP/2, although it is there
        self.assertEqual(origin.names, [None])          # an address is no server name

    def test_a_download_is_exact(self):
        authority = self.authority()
        content = pattern(5_000_000)

        def script(connection):
            while connection.request() is not None:
                connection.answer(content)
        tunnel = self.to(self.https_origin(authority, script=script), "--origin-ca", authority.file)
        self.assertEqual(tunnel.get("/").body, content)

    def test_a_name_is_asked_for_and_checked(self):
        authority = self.authority()
        origin = self.https_origin(authority, names=["DNS:db.internal"])
        tunnel = self.to(f"https://localhost:{origin.port}", "--origin-ca", authority.file, "--origin-server-name", "db.internal")
        self.assertEqual(tunnel.get().status, 200)
        self.assertEqual(origin.names, ["db.internal"])

    def refused(self, origin, *arguments):
        tunnel = self.to(origin, *arguments)
        answer = tunnel.get("/secret", [("Accept", "application/json")])
        self.assertEqual(answer.status, 502)
        self.assertIn(f"port {origin.port} ", answer.body.decode().lower())
        self.assertNotIn("127.0.0.1", answer.body.decode())
        self.assertEqual(origin.requests, [])
        return tunnel

    def test_an_unknown_authority_is_refused(self):
        self.refused(self.https_origin(self.authority()))
        self.refused(self.https_origin(self.authority()), "--origin-ca", self.authority().file)

    def test_another_name_is_refused(self):
        authority = self.authority()
        self.refused(self.https_origin(authority, names=["DNS:other.internal"]), "--origin-ca", authority.file)
        self.refused(self.https_origin(authority, stem="b"), "--origin-ca", authority.file, "--origin-server-name", "other.internal")

    def test_an_expired_certificate_is_refused(self):
        authority = self.authority()
        self.refused(self.https_origin(authority, days=-1), "--origin-ca", authority.file)

    def test_anything_goes_when_told_so(self):
        origin = self.https_origin(self.authority(), names=["DNS:other.internal"], days=-1)
        tunnel = self.to(origin, "--origin-insecure", "-v")
        self.assertEqual(tunnel.get().status, 200)
        said = [text for name, text in tunnel.client.lines if name == "err" and "not verified" in text]
        self.assertEqual(len(said), 1, said)

    def test_a_plain_origin_is_no_https_origin(self):
        def script(connection):
            connection.fill()
            connection.send("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
            connection.rest()
        origin = self.origin(script)
        self.assertEqual(self.to(f"https://127.0.0.1:{origin.port}", "--origin-insecure").get().status, 502)

    def test_a_handshake_has_its_time(self):
        origin = self.origin(lambda connection: connection.rest())
        tunnel = self.to(f"https://127.0.0.1:{origin.port}", "--origin-insecure", "--origin-tls-timeout", 1)
        started = time.monotonic()
        self.assertEqual(tunnel.get().status, 504)
        self.assertLess(time.monotonic() - started, seconds(5))

    def test_an_answer_that_is_cut_is_not_taken_for_whole(self):
        authority = self.authority()

        def cut(connection):
            connection.request()
            connection.send("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nhalf")
            # FIN without close_notify: anybody could have sent it.
            raw = socket.socket(fileno=connection.sock.detach())
            raw.shutdown(socket.SHUT_RDWR)
            raw.close()
            connection.sock = socket.socket()
        visitor = self.to(self.https_origin(authority, script=cut), "--origin-ca", authority.file).visit()
        visitor.request("GET", "/")
        self.assertEqual(visitor.start().status, 200)
        rest = visitor.rest()
        self.assertNotIn(b"0\r\n\r\n", rest)  # the chunked content never ends properly

    def test_websockets(self):
        authority = self.authority()
        tunnel = self.to(self.https_origin(authority, script=websocket.echo_origin), "--origin-ca", authority.file)
        visitor = tunnel.visit()
        self.assertEqual(websocket.connect(visitor).status, 101)
        payload = pattern(300_000)
        visitor.send(websocket.frame(websocket.BINARY, payload, mask=True))
        self.assertEqual(websocket.read_frame(visitor), (websocket.BINARY, payload))


class HostField(OriginCase):
    def sees(self, *arguments):
        origin = self.echo()
        tunnel = self.to(origin, *arguments)
        tunnel.get()
        return origin, tunnel, origin.requests[0]

    def test_it_is_kept(self):
        for arguments in ((), ("--host-header", "keep")):
            _, tunnel, request = self.sees(*arguments)
            self.assertEqual(request.get("host"), tunnel.host)

    def test_it_is_the_targets(self):
        origin, tunnel, request = self.sees("--host-header", "target")
        self.assertEqual(request.get("host"), f"localhost:{origin.port}")
        self.assertEqual(request.get("x-forwarded-host"), tunnel.host)

    def test_it_is_a_name(self):
        _, tunnel, request = self.sees("--host-header", "app.internal:99")
        self.assertEqual(request.all("host"), ["app.internal:99"])
        self.assertEqual(request.get("x-forwarded-host"), tunnel.host)

    def test_on_http2(self):
        origin = NodeOrigin(self)
        tunnel = self.to(origin.target, "--host-header", "app.internal")
        headers = json.loads(tunnel.get("/x").body)["headers"]
        self.assertEqual(headers[":authority"], "app.internal")
        self.assertEqual(headers["x-forwarded-host"], tunnel.host)
        self.assertNotIn("host", headers)


class Http2(OriginCase):
    """With visitors of HTTP/1.1."""

    def scene(self, *arguments, **options):
        origin = NodeOrigin(self, **options)
        return origin, self.to(origin.target, *arguments)

    def test_a_request_and_its_answer(self):
        _, tunnel = self.scene()
        answer = tunnel.get("/page?a=b", [("X-Mixed", "Case"), ("Cookie", "a=1; b=2"), ("TE", "trailers"), ("Connection", "TE, X-Gone"),
                                          ("X-Gone", "1")])
        self.assertEqual(answer.status, 200)
        seen = json.loads(answer.body)["headers"]
        self.assertEqual([seen[name] for name in (":method", ":scheme", ":path", ":authority")], ["GET", "http", "/page?a=b", tunnel.host])
        self.assertEqual((seen["x-mixed"], seen["cookie"], seen["te"]), ("Case", "a=1; b=2", "trailers"))
        self.assertEqual((seen["x-forwarded-for"], seen["x-forwarded-proto"]), ("127.0.0.1", "http"))
        for name in ("connection", "x-gone", "host", "transfer-encoding"):
            self.assertNotIn(name, seen)

    def test_content_and_trailers_both_ways(self):
        _, tunnel = self.scene()
        visitor = tunnel.visit()
        for size in (1, 70_000, 3_000_000):
            body = pattern(size)
            with self.subTest(size):
                answer = visitor.request("POST", "/up", body=body).response()
                self.assertEqual(json.loads(answer.body)["length"], size)
                self.assertEqual(answer.trailers, [("x-sum", hashlib.sha256(body).hexdigest())])
        head = f"POST /up HTTP/1.1\r\nHost: {tunnel.host}\r\nTransfer-Encoding: chunked\r\nTrailer: X-Check\r\n\r\n"
        visitor.send(head.encode() + b"5\r\nhello\r\n0\r\nX-Check: 7\r\nContent-Length: 9\r\n\r\n")
        seen = json.loads(visitor.response().body)
        self.assertEqual((seen["length"], seen["trailers"].get("x-check")), (5, "7"))
        self.assertNotIn("content-length", seen["trailers"])

    def test_a_large_download_is_exact_and_memory_flat(self):
        size = int(os.environ.get("ADIT_TEST_LARGE_MIB", "128")) << 20
        _, tunnel = self.scene()
        tunnel.get("/x")
        before = tunnel.client.rss_kib()
        visitor = tunnel.visit()
        visitor.request("GET", f"/big?n={size}")
        self.assertEqual(visitor.start().status, 200)
        digest, length = hashlib.sha256(), 0
        while part := visitor.chunk():
            digest.update(part)
            length += len(part)
        self.assertEqual(length, size)
        self.assertEqual(visitor.trailers, [("x-sum", digest.hexdigest())])
        self.assertLess(tunnel.client.rss_kib() - before, 64 << 10)

    def test_a_slow_visitor_holds_only_its_own_stream_back(self):
        _, tunnel = self.scene()
        slow = tunnel.visit(receive_buffer=4096)
        slow.request("GET", f"/big?n={64 << 20}")
        self.assertEqual(slow.start().status, 200)
        wait_until(lambda: tunnel.client.rss_kib() > 0, "the client runs")
        before = tunnel.client.rss_kib()
        for _ in range(20):
            self.assertEqual(len(tunnel.get(f"/big?n={1 << 20}").body), 1 << 20)
        self.assertLess(tunnel.client.rss_kib() - before, 32 << 10)

    def test_heads_without_content_and_interim_heads(self):
        _, tunnel = self.scene()
        visitor = tunnel.visit()
        self.assertEqual(visitor.request("HEAD", "/x").response("HEAD").status, 200)
        answer = visitor.get("/hints")
        self.assertEqual((answer.status, answer.body), (200, b"ok"))
        self.assertEqual([each.status for each in answer.interim], [103])
        self.assertEqual(answer.get("content-length"), "2")

    def test_a_visitor_that_leaves_cancels_the_stream_at_once(self):
        origin, tunnel = self.scene()
        visitor = tunnel.visit()
        visitor.request("GET", "/silent")
        origin.event(event="request", path="/silent")
        visitor.abort()
        origin.event(event="closed", path="/silent", code=8)
        self.assertEqual(tunnel.get("/x").status, 200)
        self.assertTrue(origin.has_said(1, event="session"))

    def test_resets(self):
        origin, tunnel = self.scene()
        for code in (1, 2, 8, 11, 13):
            answer = tunnel.get(f"/reset?code={code}")
            self.assertEqual(answer.status, 502, f"code {code}")
        visitor = tunnel.visit()
        visitor.request("GET", "/broken")
        self.assertEqual(visitor.start().status, 200)
        self.assertNotIn(b"\r\n0\r\n", visitor.rest())
        self.assertTrue(origin.has_said(1, event="session"))  # one stream's end is not the others'

    def test_a_refused_stream_is_tried_once_more(self):
        origin, tunnel = self.scene()
        self.assertEqual(tunnel.visit().request("POST", "/reset?code=7", body=b"hello").response().status, 502)
        self.assertTrue(origin.has_said(2, event="request", path="/reset"))

    def test_an_answer_before_the_content_is_complete(self):
        origin, tunnel = self.scene()
        visitor = tunnel.visit()
        visitor.send(f"POST /early HTTP/1.1\r\nHost: {tunnel.host}\r\nContent-Length: 1000000\r\n\r\n".encode() + b"x" * 1000)
        self.assertEqual(visitor.response().status, 413)
        origin.event(event="closed", path="/early")
        self.assertEqual(tunnel.get("/x").status, 200)

    def test_an_origin_that_leaves_is_followed(self):
        origin, tunnel = self.scene()
        visitor = tunnel.visit()
        for number in range(1, 6):
            answer = visitor.get("/leave")
            self.assertEqual((answer.status, answer.body), (200, b"ok"))
            self.assertEqual(answer.get("x-session"), str(number))

    def test_an_origin_that_drops_everything(self):
        origin, tunnel = self.scene()
        visitor = tunnel.visit()
        self.assertEqual(visitor.get("/drop").status, 502)  # a new connection: asked once
        self.assertTrue(origin.has_said(1, event="request", path="/drop"))
        self.assertEqual(visitor.get("/x").status, 200)
        self.assertEqual(visitor.get("/drop").status, 502)  # a used one: GET is asked again, once
        self.assertTrue(origin.has_said(3, event="request", path="/drop"))
        self.assertEqual(visitor.get("/x").status, 200)
        self.assertEqual(visitor.request("POST", "/drop", body=b"x").response().status, 502)
        self.assertTrue(origin.has_said(4, event="request", path="/drop"))

    def test_many_requests_share_a_connection(self):
        origin, tunnel = self.scene()
        self.assertEqual(tunnel.get("/x").status, 200)
        visitors = [tunnel.visit() for _ in range(50)]
        for visitor in visitors:
            visitor.request("GET", "/gate?ms=300")
        self.assertEqual({visitor.response().status for visitor in visitors}, {200})
        self.assertTrue(origin.has_said(1, event="session"))

    def test_an_origins_limit_is_kept(self):
        origin, tunnel = self.scene(settings={"maxConcurrentStreams": 10})
        self.assertEqual(tunnel.get("/x").status, 200)
        visitors = [tunnel.visit() for _ in range(45)]
        for visitor in visitors:
            visitor.request("GET", "/gate?ms=500")
        self.assertEqual({visitor.response().status for visitor in visitors}, {200})
        sessions = len(origin.said(event="session"))
        self.assertTrue(2 <= sessions <= 6, sessions)

    def test_requests_wait_when_there_can_be_no_more_connections(self):
        origin, tunnel = self.scene(settings={"maxConcurrentStreams": 1})
        visitors = [tunnel.visit() for _ in range(40)]
        for visitor in visitors:
            visitor.request("GET", "/gate?ms=200")
        self.assertEqual({visitor.response().status for visitor in visitors}, {200})
        self.assertLessEqual(len(origin.said(event="session")), 16)

    def test_an_origin_of_http1_is_told_apart(self):
        def script(connection):
            connection.fill()
            connection.send("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        origin = self.origin(script)
        tunnel = self.to(f"h2c://127.0.0.1:{origin.port}")
        answer = tunnel.get("/", [("Accept", "application/json")])
        self.assertEqual(answer.status, 502)
        self.assertIn("does not speak HTTP/2", answer.body.decode())

    def test_nothing_answers(self):
        port = unused_port()
        answer = self.to(f"h2c://127.0.0.1:{port}").get("/", [("Accept", "application/json")])
        self.assertEqual(answer.status, 502)
        self.assertIn(f"nothing answers on port {port}", answer.body.decode().lower())

    def test_an_origin_that_says_nothing(self):
        origin = self.origin(lambda connection: connection.rest())
        tunnel = self.to(f"h2c://127.0.0.1:{origin.port}", "--origin-timeout", 1)
        self.assertEqual(tunnel.get("/").status, 504)
        _, tunnel = self.scene("--origin-timeout", 1)
        self.assertEqual(tunnel.get("/silent").status, 504)
        self.assertEqual(tunnel.get("/x").status, 200)

    def test_by_tls(self):
        authority = self.authority()
        certificate = authority.issue("node", ["IP:127.0.0.1"])
        _, tunnel = self.scene("--origin-ca", authority.file, certificate=certificate)
        body = pattern(2_000_000)
        answer = tunnel.visit().request("POST", "/up", body=body).response()
        seen = json.loads(answer.body)
        self.assertEqual((seen["length"], seen["headers"][":scheme"]), (len(body), "https"))
        self.assertEqual(answer.trailers, [("x-sum", hashlib.sha256(body).hexdigest())])
        self.assertEqual(self.to(NodeOrigin(self, certificate=certificate).target).get("/x").status, 502)

    def test_tls_without_http2_is_refused(self):
        authority = self.authority()
        for alpn in (None, ["http/1.1"]):
            origin = self.https_origin(authority, alpn=alpn, stem=f"origin-{bool(alpn)}")
            tunnel = self.to(f"h2s://127.0.0.1:{origin.port}", "--origin-ca", authority.file)
            self.assertEqual(tunnel.get("/").status, 502)
            self.assertEqual(origin.requests, [])

    def test_websockets_by_extended_connect(self):
        origin, tunnel = self.scene(settings={"enableConnectProtocol": True})
        for _ in range(2):
            visitor = tunnel.visit()
            self.assertEqual(websocket.connect(visitor).status, 101)
            payload = pattern(500_000)
            visitor.send(websocket.frame(websocket.BINARY, payload, mask=True))
            # The origin echoes bytes, masked as they came.
            self.assertEqual(websocket.read_frame(visitor), (websocket.BINARY, payload))
            visitor.finish_sending()
            self.assertEqual(visitor.rest(), b"")
        self.assertEqual(websocket.connect(tunnel.visit(), "/refuse").status, 403)
        self.assertEqual(websocket.connect(tunnel.visit(), "/other").status, 502)

    def test_a_half_closed_websocket_goes_on(self):
        origin, tunnel = self.scene(settings={"enableConnectProtocol": True})
        visitor = tunnel.visit()
        self.assertEqual(websocket.connect(visitor, "/farewell").status, 101)
        self.assertEqual(visitor.rest(), b"bye")
        visitor.send(b"still here")
        origin.event(event="heard", text="still here")

    def test_a_visitor_that_drops_a_websocket(self):
        origin, tunnel = self.scene(settings={"enableConnectProtocol": True})
        visitor = tunnel.visit()
        self.assertEqual(websocket.connect(visitor).status, 101)
        visitor.abort()
        origin.event(event="closed", path="/socket", code=8)

    def test_an_origin_that_takes_no_websockets(self):
        _, tunnel = self.scene()
        answer = websocket.connect(tunnel.visit())
        self.assertEqual(answer.status, 502)
        self.assertEqual(tunnel.get("/x").status, 200)


class SecondTries(OriginCase):
    """What an origin sees of requests whose connection it closes instead of answering."""

    def ask(self, method, body=b"", fresh=False):
        """The requests that reach the origin, and the answer's status."""
        seen = []

        def script(connection):
            while (request := connection.request()) is not None:
                seen.append(request)
                if request.target == "/warm":
                    connection.answer(b"ok")
                    continue
                if sum(each.target == "/once" for each in seen) == 1:
                    return  # closed without a byte
                connection.answer(b"again")
        tunnel = self.to(self.origin(script))
        visitor = tunnel.visit()
        if not fresh:
            self.assertEqual(visitor.get("/warm").status, 200)
        status = visitor.request(method, "/once", body=body).response(method).status
        return status, [each for each in seen if each.target == "/once"]

    def test_idempotent_ones_are_repeated_once(self):
        for method, body in (("GET", b""), ("HEAD", b""), ("OPTIONS", b""), ("DELETE", b""), ("PUT", b"content")):
            with self.subTest(method):
                status, seen = self.ask(method, body)
                self.assertEqual(status, 200)
                self.assertEqual([each.body for each in seen], [body, body])

    def test_others_never(self):
        for method, body in (("POST", b""), ("POST", b"content"), ("PATCH", b"content"), ("ODD", b"")):
            with self.subTest(method):
                status, seen = self.ask(method, body)
                self.assertEqual((status, len(seen)), (502, 1))

    def test_not_on_a_new_connection(self):
        status, seen = self.ask("GET", fresh=True)
        self.assertEqual((status, len(seen)), (502, 1))


class WebSocketProof(OriginCase):
    def test_a_wrong_proof_is_no_upgrade(self):
        for fields in ("", "Sec-WebSocket-Accept: AAAAAAAAAAAAAAAAAAAAAAAAAAA=\r\n"):
            def script(connection, fields=fields):
                connection.request()
                connection.send("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" + fields
                                + "\r\nHTTP/1.1 200 OK\r\n\r\n")
            visitor = self.to(self.origin(script)).visit()
            key = "dGhlIHNhbXBsZSBub25jZQ=="
            answer = visitor.request("GET", "/s", websocket.upgrade_fields(key)).response()
            self.assertEqual(answer.status, 502)


if __name__ == "__main__":
    main()
