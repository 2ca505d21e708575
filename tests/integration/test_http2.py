# SPDX-License-Identifier: Apache-2.0
"""HTTP/2 visitors (RFC 9113, 8441, 9218): real clients, what HTTP/1.1 must never see, and floods that end while another
visitor notices nothing."""

import json
import os
import subprocess
import threading
import time

from support.case import AditCase, main
from support.http2 import (CANCEL, CONTINUATION, DATA, END_HEADERS, END_STREAM, ENHANCE_YOUR_CALM, HEADERS, PING, PREFACE, PRIORITY,
                           PROTOCOL_ERROR, RST_STREAM, SETTINGS, WINDOW_UPDATE, Rude, Visitor2, frame)
from support.origins import Scripted, make_byte_log, pattern
from support.process import RssWatch, required, seconds
from support.tls import trusting
from support import websocket

# Sanitizers keep freed memory for a while and need some of their own.
GROWTH_KIB = int(float(os.environ.get("ADIT_TEST_SLOW", "1")) * 64 * 1024)


class Http2Case(AditCase):
    def visit(self, tunnel, **options):
        visitor = Visitor2(options.pop("address", tunnel.http), options.pop("host", tunnel.host), **options)
        self.addCleanup(visitor.close)
        return visitor

    def rude(self, tunnel, **options):
        visitor = Rude(tunnel.http, tunnel.host, **options)
        self.addCleanup(visitor.close)
        return visitor


class Requests(Http2Case):
    def test_a_request_and_its_answer(self):
        tunnel, origin = self.exposed()
        visitor = self.visit(tunnel)
        answer = visitor.request("GET", "/a?b=c", [("cookie", "a=1"), ("cookie", "b=2"), ("x-mine", "yes"), ("te", "trailers")])
        self.assertEqual(answer.status, 200)
        seen = json.loads(answer.body)
        fields = {name.lower(): value for name, value in seen["fields"]}
        self.assertEqual((seen["method"], seen["target"]), ("GET", "/a?b=c"))
        self.assertEqual(fields["host"], tunnel.host)
        self.assertEqual(fields["cookie"], "a=1; b=2")
        self.assertEqual(fields["x-mine"], "yes")
        self.assertEqual(answer.get("content-type"), "application/json")
        self.assertIsNone(answer.get("connection"))
        self.assertIsNone(answer.get("transfer-encoding"))

    def test_cookies_are_joined_before_they_count(self):
        tunnel, origin = self.exposed()
        cookies = [f"name{n}=value{n}" for n in range(160)]
        by_http1 = tunnel.get("/", [("Cookie", "; ".join(cookies))])
        by_http2 = self.visit(tunnel).request("GET", "/", [("cookie", each) for each in cookies])
        for answer in (by_http1, by_http2):
            self.assertEqual(answer.status, 200)
            fields = {name.lower(): value for name, value in json.loads(answer.body)["fields"]}
            self.assertEqual(fields["cookie"], "; ".join(cookies))

    def test_raw_utf8_in_a_target(self):
        tunnel, origin = self.exposed()
        for raw, status, target in ((b"/caf\xc3\xa9?q=\xe2\x82\xac", 200, "/caf%C3%A9?q=%E2%82%AC"), (b"/caf\xe9", 400, None)):
            visitor = tunnel.visit()
            visitor.send(b"GET " + raw + b" HTTP/1.1\r\nHost: " + tunnel.host.encode() + b"\r\n\r\n")
            rude = self.rude(tunnel)
            rude.send(rude.head(1, path=raw))
            rude.until(lambda: any(kind == HEADERS for kind, *_ in rude.frames), "the answer")
            answer = visitor.response()
            self.assertEqual(answer.status, status)
            head = next(payload for kind, _, _, payload in rude.frames if kind == HEADERS)
            self.assertEqual(dict(rude.decoder.decode(head))[":status"], str(status))
            self.assertEqual([request.target for request in origin.requests][-2:] if target else [], [target] * 2 if target else [])

    def test_many_streams_to_several_tunnels(self):
        server = self.server(arguments=["--workers", "2"])
        tunnels = [self.tunnel(server, self.echo(), f"shop{n}") for n in range(3)]
        visitor = self.visit(tunnels[0])
        streams = [visitor.start(path=f"/{n}", host=tunnels[n % 3].host) for n in range(60)]
        for n, stream in enumerate(streams):
            answer = visitor.wait(stream)
            seen = json.loads(answer.body)
            self.assertEqual(seen["target"], f"/{n}")
            self.assertIn(["Host", tunnels[n % 3].host], [[name.title(), value] for name, value in seen["fields"]])

    def test_bodies_of_every_framing(self):
        tunnel, _ = self.exposed()
        visitor = self.visit(tunnel)
        body = pattern(300_000)
        for fields in ([("content-length", str(len(body)))], []):
            seen = json.loads(visitor.request("POST", "/post", fields, body).body)
            self.assertEqual(seen["length"], len(body))
        empty = json.loads(visitor.request("POST", "/empty").body)
        self.assertIn(["content-length", "0"], [[name.lower(), value] for name, value in empty["fields"]])

    def test_large_bodies_both_ways(self):
        size = 24 << 20
        data = pattern(size)

        def script(connection):
            while (request := connection.request()) is not None:
                connection.answer(request.body if request.method == "POST" else data)
        tunnel, _ = self.exposed(script)
        visitor = self.visit(tunnel, timeout=60)
        self.assertEqual(visitor.request("GET", "/").body, data)
        visitor = self.visit(tunnel, timeout=60)
        self.assertEqual(visitor.request("POST", "/", body=data[: 8 << 20]).body, data[: 8 << 20])

    def test_head_and_statuses_without_content(self):
        def script(connection):
            while (request := connection.request()) is not None:
                if request.method == "HEAD":
                    connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 1234\r\n\r\n")
                else:
                    connection.send(f"HTTP/1.1 {request.target[1:]} X\r\nETag: \"a\"\r\n\r\n".encode())
        tunnel, _ = self.exposed(script)
        visitor = self.visit(tunnel)
        answer = visitor.request("HEAD", "/")
        self.assertEqual((answer.status, answer.get("content-length"), answer.body), (200, "1234", b""))
        for status in (204, 304):
            answer = visitor.request("GET", f"/{status}")
            self.assertEqual((answer.status, answer.body, answer.get("etag")), (status, b"", '"a"'))

    def test_interim_answers_and_trailers(self):
        def script(connection):
            request = connection.request()
            assert request.trailers and request.trailers[0][1] == "sum", request.trailers
            connection.send(b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n"
                            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n"
                            b"5\r\nhello\r\n0\r\nX-Sum: 42\r\n\r\n")
        tunnel, _ = self.exposed(script)
        visitor = self.visit(tunnel)
        stream = visitor.start("POST", "/", [("te", "trailers")], end=False)
        visitor.data(stream, b"abc")
        visitor.connection.send_headers(stream, [("x-check", "sum")], end_stream=True)
        visitor.flush()
        answer = visitor.wait(stream)
        self.assertEqual(answer.interim, ["103"])
        self.assertEqual((answer.status, answer.body), (200, b"hello"))
        self.assertEqual(dict(answer.trailers).get("x-sum"), "42")

    def test_an_early_answer_ends_the_request_gracefully(self):
        def script(connection):
            connection.request(read_body=False)
            connection.answer(b"too much", status="413 Content Too Large", fields=[("Connection", "close")])
            connection.closed_within(10)
        tunnel, _ = self.exposed(script)
        visitor = self.visit(tunnel)
        stream = visitor.start("POST", "/", [("content-length", "100000000")], end=False)
        visitor.data(stream, b"x" * 50_000)
        visitor.until(lambda: visitor.streams[stream].ended, "the answer")
        self.assertEqual((visitor.streams[stream].status, visitor.streams[stream].body), (413, b"too much"))
        visitor.until(lambda: visitor.streams[stream].reset is not None, "the reset")
        self.assertEqual(visitor.streams[stream].reset, 0)
        self.assertIsNone(visitor.goaway)

    def test_a_visitor_that_resets_stops_the_origin(self):
        gone = threading.Event()

        def script(connection):
            connection.request()
            connection.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n")
            if connection.closed_within(10):
                gone.set()
        tunnel, _ = self.exposed(script)
        visitor = self.visit(tunnel)
        stream = visitor.start()
        visitor.until(lambda: visitor.streams[stream].body, "the first bytes")
        visitor.connection.reset_stream(stream, CANCEL)
        visitor.flush()
        self.assertTrue(gone.wait(seconds(10)))

    def test_an_origin_that_breaks_off_resets_the_stream(self):
        def script(connection):
            request = connection.request()
            if request.target == "/head":
                return
            connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")
        tunnel, _ = self.exposed(script)
        visitor = self.visit(tunnel)
        self.assertEqual(visitor.request("GET", "/head").status, 502)
        answer = visitor.request("GET", "/half")
        self.assertEqual((answer.status, answer.reset), (200, 2))
        self.assertIsNone(visitor.goaway)

    def test_pages(self):
        tunnel, _ = self.exposed()
        visitor = self.visit(tunnel)
        answer = visitor.request("GET", "/", [("accept", "application/json")], host="nobody.t.example.com")
        self.assertEqual(answer.status, 404)
        self.assertEqual(json.loads(answer.body)["error"]["code"], "unknown-host")
        self.assertEqual(visitor.request("GET", "/" + "x" * 9000).status, 414)
        self.assertEqual(visitor.request("GET", "/", [(f"x-{n}", "y") for n in range(130)]).status, 431)
        self.assertEqual(visitor.request("GET", "/", [("x", "y" * 33_000)]).status, 431)
        connecting = self.visit(tunnel, strict=False)
        self.assertEqual(connecting.request(pseudo=[(":method", "CONNECT"), (":authority", tunnel.host)]).status, 501)
        self.assertEqual(visitor.request("TRACE").status, 501)
        self.assertEqual(visitor.request().status, 200)

    def test_drain_finishes_what_was_asked(self):
        asked, release = threading.Event(), threading.Event()

        def script(connection):
            connection.request()
            asked.set()
            release.wait(seconds(10))
            connection.answer(b"late but whole")
        server = self.server()
        tunnel = self.tunnel(server, self.origin(script), "shop")
        visitor = self.rude(tunnel)  # Python's h2 takes the first GOAWAY for the end
        visitor.send(visitor.head(1))
        self.assertTrue(asked.wait(seconds(10)))
        server.send(15)
        visitor.until(lambda: visitor.goaway() is not None, "GOAWAY")
        self.assertEqual(visitor.goaway(), 0)
        release.set()
        visitor.until(lambda: any(kind == DATA and flags & END_STREAM for kind, flags, _, _ in visitor.frames), "the answer")
        self.assertEqual(b"".join(payload for kind, _, _, payload in visitor.frames if kind == DATA), b"late but whole")
        self.assertEqual(server.exit_code(), 0)

    def test_windows_are_announced(self):
        tunnel, _ = self.exposed()
        visitor = self.visit(tunnel)
        visitor.request()
        # MAX_CONCURRENT_STREAMS, INITIAL_WINDOW_SIZE, ENABLE_CONNECT_PROTOCOL
        self.assertEqual([visitor.settings.get(key) for key in (3, 4, 8)], [100, 1 << 20, 1])
        self.assertGreaterEqual(visitor.connection.outbound_flow_control_window, (4 << 20) - 1000)

    def test_web_sockets(self):
        def script(connection):
            request = connection.request()
            if request.target == "/no":
                connection.answer(b"no", status="403 Forbidden")
                return
            if request.target == "/yes-but":
                connection.answer(b"plain")
                return
            websocket.accept(connection, request)
            while connection.buffer or connection.fill():
                data, connection.buffer = connection.buffer, b""
                connection.send(data)
        tunnel, origin = self.exposed(script)
        visitor = self.visit(tunnel)

        def connect(path):
            return visitor.start(pseudo=[(":method", "CONNECT"), (":protocol", "websocket"), (":scheme", "http"),
                                         (":path", path), (":authority", tunnel.host), ("sec-websocket-version", "13")], end=False)
        stream = connect("/socket")
        visitor.until(lambda: visitor.streams[stream].status is not None, "the answer")
        self.assertEqual(visitor.streams[stream].status, 200)
        self.assertIsNone(visitor.streams[stream].get("sec-websocket-accept"))
        payload = pattern(200_000)
        visitor.data(stream, payload)
        visitor.until(lambda: len(visitor.streams[stream].body) >= len(payload), "the echo")
        self.assertEqual(visitor.streams[stream].body, payload)
        visitor.data(stream, b"", end=True)  # half-close passes, and comes back
        visitor.until(lambda: visitor.streams[stream].ended, "the end")
        self.assertEqual(visitor.wait(connect("/no")).status, 403)
        self.assertEqual(visitor.wait(connect("/yes-but")).status, 502)


class RealClients(Http2Case):
    def run_client(self, *argv):
        return subprocess.run([str(part) for part in argv], capture_output=True, timeout=seconds(60), text=True)

    def test_curl(self):
        tunnel, _ = self.exposed()
        body = self.root / "body"
        body.write_bytes(os.urandom(1_000_000))
        to = ["--connect-to", f"::{tunnel.http.host}:{tunnel.http.port}"]
        out = self.run_client("curl", "-sS", "--http2-prior-knowledge", *to, "-w", "\n%{http_version} %{http_code}", tunnel.url + "/x",
                              "--data-binary", f"@{body}", "-H", "Expect: 100-continue")
        self.assertTrue(out.stdout.endswith("\n2 200"), out)
        self.assertEqual(json.loads(out.stdout.rsplit("\n", 1)[0])["length"], 1_000_000)

    def test_the_http1_upgrade_to_h2c_is_not_taken(self):
        tunnel, origin = self.exposed()
        out = self.run_client("curl", "-sS", "--http2", "--connect-to", f"::{tunnel.http.host}:{tunnel.http.port}", "-w",
                              "\n%{http_version}", tunnel.url + "/")
        self.assertTrue(out.stdout.endswith("\n1.1"), out)
        fields = {name.lower() for name, _ in json.loads(out.stdout.rsplit("\n", 1)[0])["fields"]}
        self.assertFalse(fields & {"upgrade", "http2-settings"})

    def test_nghttp_and_h2load(self):
        required("h2load")
        tunnel, _ = self.exposed()
        out = self.run_client("h2load", "-n", "3000", "-c", "4", "-m", "50", "--connect-to", f"127.0.0.1:{tunnel.http.port}", tunnel.url + "/x")
        self.assertIn("3000 succeeded, 0 failed", out.stdout)
        self.assertIn("3000 2xx", out.stdout)
        port = tunnel.http.port
        out = self.run_client("nghttp", "-nv", "-H", f":authority: {tunnel.host}", f"http://127.0.0.1:{port}/a", f"http://127.0.0.1:{port}/b")
        self.assertEqual(out.stdout.count(":status: 200"), 2, out.stdout)

    def test_node(self):
        tunnel, _ = self.exposed()
        script = """
          const http2 = require('http2');
          const [origin, authority] = process.argv.slice(-2);
          const session = http2.connect(origin);
          let open = 40, total = 0;
          for (let i = 0; i < 40; i++) {
            const stream = session.request({':path': '/' + i, ':authority': authority, ':method': 'POST'});
            let text = '';
            stream.setEncoding('utf8').on('data', part => text += part).on('end', () => {
              total += JSON.parse(text).length;
              if (--open == 0) { console.log(total); session.close(); }
            });
            stream.end(Buffer.alloc(100000));
          }"""
        out = self.run_client("node", "-e", script, "--", f"http://127.0.0.1:{tunnel.http.port}", tunnel.host)
        self.assertEqual(out.stdout.strip(), "4000000", out.stderr)

    def test_by_alpn(self):
        server = self.server(arguments=["--https-listen", "127.0.0.1:0", "--workers", "2"])
        tunnel = self.tunnel(server, self.echo(), "shop")
        context = trusting(server.data / "https.crt", alpn=["h2", "http/1.1"])
        visitor = self.visit(tunnel, address=server.https, context=context)
        self.assertEqual(visitor.sock.selected_alpn_protocol(), "h2")
        body = pattern(500_000)
        for _ in range(3):
            seen = json.loads(visitor.request("POST", "/tls", body=body).body)
            self.assertEqual(seen["length"], len(body))
            self.assertIn(["x-forwarded-proto", "https"], [[name.lower(), value] for name, value in seen["fields"]])


class Downgrade(Http2Case):
    """What an HTTP/1.1 origin must never see: the stream is reset and not a byte goes on."""

    def test_malformed_requests(self):
        origin = self.origin(make_byte_log())
        server = self.server()
        tunnel = self.tunnel(server, origin, "shop")
        get = [(":method", "GET"), (":scheme", "http"), (":authority", tunnel.host), (":path", "/")]

        def changed(name, value):
            return [(key, value if key == name else old) for key, old in get]
        cases = {
            "line feed in a value": get + [("a", "b\nc: d")],
            "carriage return in a value": get + [("a", "b\rc")],
            "NUL in a value": get + [("a", "b\0c")],
            "line end in a name": get + [("a\r\nb", "c")],
            "space before a colon": get + [("a ", "c")],
            "capital letters": get + [("Transfer-encoding", "chunked")],
            "Transfer-Encoding": get + [("transfer-encoding", "chunked")],
            "Connection": get + [("connection", "x")],
            "Upgrade": get + [("upgrade", "websocket")],
            "TE": get + [("te", "chunked")],
            "space in the path": changed(":path", "/ HTTP/1.1\r\nX: y"),
            "space only": changed(":path", "/a b"),
            "absolute path": changed(":path", "http://other/"),
            "method with a line end": changed(":method", "GET / HTTP/1.1\r\n"),
            "late pseudo-field": get[:3] + [("a", "b")] + get[3:],
            "pseudo-field twice": get + [(":path", "/")],
            "unknown pseudo-field": get[:1] + [(":x", "y")] + get[1:],
            "Host that differs": get + [("host", "other.example")],
            "authority with a user": changed(":authority", "a@" + tunnel.host),
            "length without content": get + [("content-length", "5")],
            "two lengths": get + [("content-length", "0"), ("content-length", "0")],
            "odd length": get + [("content-length", "0x0")],
        }
        for name, lines in cases.items():
            with self.subTest(name):
                visitor = self.rude(tunnel)
                visitor.send(visitor.head(1, pseudo=lines))
                visitor.until(lambda: visitor.reset_of(1) is not None, "the reset")
                self.assertEqual(visitor.reset_of(1), PROTOCOL_ERROR)
                # The connection is not to blame.
                visitor.send(visitor.head(3, path="/fine"))
                visitor.until(lambda: any(kind == HEADERS and stream == 3 for kind, _, stream, _ in visitor.frames), "an answer")
                self.assertEqual(origin.bytes.count(b"\r\n\r\n"), origin.bytes.count(b"GET /fine "))
                visitor.close()

    def test_content_that_is_not_its_length(self):
        whole = []

        def script(connection):
            request = connection.request()
            whole.append(request)
            connection.answer(b"")
        origin = self.origin(script)
        origin.errors = []
        tunnel = self.tunnel(self.server(), origin, "shop")
        for length, data, flags in ((3, b"abcd", 0), (3, b"ab", END_STREAM)):
            visitor = self.rude(tunnel)
            visitor.send(visitor.head(1, method="POST", end=False, fields=[("content-length", str(length))]) + frame(DATA, flags, 1, data))
            visitor.until(lambda: visitor.reset_of(1) is not None, "the reset")
            self.assertEqual(visitor.reset_of(1), PROTOCOL_ERROR)
        time.sleep(0.2)
        origin.errors.clear()  # requests that broke off are what should be
        self.assertEqual([request for request in whole if request is not None], [])


class Floods(Http2Case):
    """Each attacker is cut with the stated answer; a regular visitor beside it sees no error and no delay."""

    def setUp(self):
        super().setUp()
        self.server_ = self.server()
        self.tunnel_ = self.tunnel(self.server_, self.echo(), "shop")
        self.stop, self.served = threading.Event(), threading.Event()
        self.wrong, self.times = [], []

    def regular(self):
        visitor = self.visit(self.tunnel_)
        while not self.stop.is_set():
            begun = time.monotonic()
            try:
                answer = visitor.request("GET", "/regular")
                if answer.status != 200:
                    self.wrong.append(answer)
            except Exception as error:  # noqa: BLE001: whatever it is, it is wrong
                self.wrong.append(error)
                return
            self.times.append(time.monotonic() - begun)
            self.served.set()
            time.sleep(0.01)

    def attacked(self, attack):
        thread = threading.Thread(target=self.regular, daemon=True)
        thread.start()
        self.assertTrue(self.served.wait(seconds(10)), self.wrong)  # some floods are over in a moment
        watch = RssWatch(self.server_)
        result = attack()
        self.stop.set()
        thread.join(seconds(20))
        self.stop.clear()
        self.assertEqual(self.wrong, [])
        self.assertTrue(self.times)
        self.assertLess(sorted(self.times)[int(len(self.times) * 0.99)], seconds(0.5))
        self.assertLess(sum(watch.growth()), GROWTH_KIB)
        self.times.clear()
        self.served.clear()
        self.assertEqual(self.visit(self.tunnel_).request().status, 200)
        return result

    def cut(self, piece, most, code=ENHANCE_YOUR_CALM, first=b""):
        def attack():
            rude = self.rude(self.tunnel_)
            if first:
                rude.send(first)
            count = rude.flood(piece, most * 4)
            return rude, count
        rude, count = self.attacked(attack)
        self.assertTrue(rude.closed, f"not closed after {count}")
        # A peer that still sends may lose the GOAWAY to a reset of the connection.
        self.assertIn(rude.goaway(), (code, None))
        self.assertLess(count, most)
        print(f"\n  {self.id().rsplit('.', 1)[1]}: cut after {count} of {most * 4} ({rude.sent} bytes, GOAWAY {rude.goaway()})", end=" ")

    def test_rapid_reset(self):
        encoder = self.rude(self.tunnel_)
        self.cut(lambda n: encoder.head(2 * n + 1) + frame(RST_STREAM, 0, 2 * n + 1, b"\0\0\0\x08"), 700)

    def test_resets_we_are_tricked_into(self):
        encoder = self.rude(self.tunnel_)
        self.cut(lambda n: encoder.head(2 * n + 1) + frame(WINDOW_UPDATE, 0, 2 * n + 1, b"\x7f\xff\xff\xff"), 700)

    def test_malformed_requests(self):
        encoder = self.rude(self.tunnel_)
        self.cut(lambda n: encoder.head(2 * n + 1, fields=[("te", "gzip")]), 700)

    def test_continuations(self):
        self.cut(frame(CONTINUATION, 0, 1, b""), 1500, first=frame(HEADERS, END_STREAM, 1, b""))

    def test_continuation_bytes(self):
        self.cut(frame(CONTINUATION, 0, 1, b"\0\x01a\x7f\x00" + b"x" * 127), 1500, first=frame(HEADERS, END_STREAM, 1, b""))

    def test_pings(self):
        self.cut(frame(PING, 0, 0, b"12345678"), 4000)

    def test_settings(self):
        self.cut(frame(SETTINGS), 4000)

    def test_settings_entries(self):
        self.cut(frame(SETTINGS, 0, 0, b"\x00\x99\0\0\0\1" * 33), 100)

    def test_priorities(self):
        self.cut(frame(PRIORITY, 0, 1, b"\0\0\0\0\x10"), 4000)

    def test_window_updates(self):
        self.cut(frame(WINDOW_UPDATE, 0, 0, b"\0\0\0\1"), 4000)

    def test_unknown_frames(self):
        self.cut(frame(0xEE, 0, 0, b"x" * 100), 4000)

    def test_empty_data(self):
        encoder = self.rude(self.tunnel_)
        self.cut(frame(DATA, 0, 1, b""), 4000, first=encoder.head(1, method="POST", end=False))

    def test_header_bombs(self):
        # One entry of 3.9 KB, then 8,000 references to it: 32 MB decoded from 8 KB.
        def attack():
            rude = self.rude(self.tunnel_)
            for n in range(3):
                bomb = rude.head(2 * n + 1, fields=[("a", "x" * 3900)])[9:] + b"\xbe" * 8000
                rude.send(frame(HEADERS, END_HEADERS | END_STREAM, 2 * n + 1, bomb))
            rude.until(lambda: rude.goaway() is not None, "GOAWAY")
            return rude
        rude = self.attacked(attack)
        self.assertEqual(rude.goaway(), ENHANCE_YOUR_CALM)
        self.assertLessEqual(len([1 for kind, *_ in rude.frames if kind == HEADERS]), 2)

    def test_slow_heads(self):
        def attack():
            rude = self.rude(self.tunnel_)
            rude.send(frame(HEADERS, END_STREAM, 1, b""))
            begun = time.monotonic()
            rude.until(lambda: rude.goaway() is not None, "GOAWAY", timeout=20)
            return rude, time.monotonic() - begun
        rude, took = self.attacked(attack)
        self.assertEqual(rude.goaway(), ENHANCE_YOUR_CALM)
        self.assertLess(took, seconds(13))

    def test_settings_nobody_acknowledges(self):
        rude = self.rude(self.tunnel_, settings=False)
        rude.send(PREFACE + frame(SETTINGS) + rude.head(1))
        rude.until(lambda: rude.goaway() is not None, "GOAWAY", timeout=20)
        self.assertEqual(rude.goaway(), 4)


class SlowReaders(Http2Case):
    @staticmethod
    def big_or_small(size):
        data = pattern(size)

        def script(connection):
            while (request := connection.request()) is not None:
                try:
                    connection.answer(data if request.target == "/big" else b"small")
                except OSError:
                    return
        return script

    def test_zero_windows_are_reset_and_hold_nobody_up(self):
        server = self.server(arguments=["--limit", "write-timeout=3s"])
        tunnel = self.tunnel(server, self.origin(self.big_or_small(2 << 20)), "shop")
        watch = RssWatch(server)
        rude = self.rude(tunnel, settings=False)
        rude.send(PREFACE + frame(SETTINGS, 0, 0, b"\0\4\0\0\0\0") + frame(SETTINGS, 1))
        for n in range(20):
            rude.send(rude.head(2 * n + 1, path="/big"))
        regular = self.visit(tunnel)
        for _ in range(20):
            self.assertEqual(regular.request().body, b"small")
        rude.until(lambda: rude.reset_of(1) is not None, "the reset", timeout=20)
        self.assertEqual(rude.reset_of(1), CANCEL)
        self.assertLess(sum(watch.growth()), GROWTH_KIB)

    def test_many_of_them_give_way(self):
        """300 answers nobody reads, which hold a megabyte for each visitor, are more than a worker may hold: they are given up."""
        server = self.server(arguments=["--limit", f"held-bytes={1 << 20}"])
        tunnel = self.tunnel(server, self.origin(Scripted(self.big_or_small(1 << 20), backlog=512)), "shop")
        watch = RssWatch(server)
        attackers = []
        for _ in range(3):
            rude = self.rude(tunnel, settings=False)
            rude.send(PREFACE + frame(SETTINGS, 0, 0, b"\0\4\0\0\0\0") + frame(SETTINGS, 1))
            for n in range(100):
                rude.send(rude.head(2 * n + 1, path="/big"))
            attackers.append(rude)
        regular, slowest = self.visit(tunnel), 0
        for _ in range(30):
            begun = time.monotonic()
            self.assertEqual(regular.request().body, b"small")
            slowest = max(slowest, time.monotonic() - begun)
            time.sleep(0.05)
        self.assertLess(slowest, seconds(4))

        def resets():
            # Whose answers began to wait first is nobody's to say.
            for rude in attackers:
                rude.receive()
            return {rude.reset_of(2 * n + 1) for rude in attackers for n in range(100)} - {None}
        attackers[0].until(resets, "a reset")
        self.assertEqual(resets(), {ENHANCE_YOUR_CALM})
        self.assertLess(sum(watch.growth()), GROWTH_KIB)
        print(f"\n  slowest regular request {slowest:.3f} s", end=" ")


if __name__ == "__main__":
    main()
