# SPDX-License-Identifier: Apache-2.0
"""Visitors and origins that look for what was forgotten: each case here once did harm."""

import os
import threading
import time

from support.case import AditCase, main
from support.http2 import ACK, DATA, GOAWAY, HEADERS, PREFACE, SETTINGS, Rude, Visitor2, frame
from support.process import RssWatch, seconds


def extended_connect(host, path="/"):
    return [(":method", "CONNECT"), (":protocol", "websocket"), (":scheme", "http"), (":path", path), (":authority", host),
            ("sec-websocket-version", "13")]


class SmallFrames(AditCase):
    """Content in frames of one byte: what waits must take the room of its bytes, whatever it came in."""

    def flood(self, pseudo, most):
        held = threading.Event()

        def script(connection):
            connection.request(read_body=False)
            held.wait(seconds(60))
        tunnel, _ = self.exposed(script)
        self.addCleanup(held.set)
        server, client = self.programs[0], tunnel.client
        watch = RssWatch(server, client)
        piece = frame(DATA, 0, 1, b"x") * 10_000

        def attack():
            rude = Rude(tunnel.http, tunnel.host)
            self.addCleanup(rude.close)
            rude.send(rude.head(1, end=False, pseudo=pseudo(tunnel.host)))
            rude.until(lambda: rude.frames, "the settings")
            for _ in range(100):  # as much as the window takes
                rude.send(piece)

        threads = [threading.Thread(target=attack, daemon=True) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(seconds(60))
        # Sanitizers keep freed memory for a while and need some of their own.
        self.assertLess(sum(watch.growth()), most * float(os.environ.get("ADIT_TEST_SLOW", "1")))
        visitor = Visitor2(tunnel.http, "nobody.t.example.com")
        self.addCleanup(visitor.close)
        self.assertEqual(visitor.request().status, 404)

    def test_before_a_websocket_is_agreed_on(self):
        self.flood(extended_connect, 32 << 10)

    def test_towards_an_origin_that_does_not_read(self):
        self.flood(lambda host: [(":method", "POST"), (":scheme", "http"), (":path", "/"), (":authority", host)], 24 << 10)


class PiecesAmongTraffic(AditCase):
    """What waits in small pieces, each of which came with much that did not wait: it must not keep the room of all that."""

    ROUNDS = 1500
    MOST_KIB = 10 << 10  # the room of what came between them is 24 MiB and more

    def test_of_an_answer_that_nobody_reads(self):
        due = threading.Semaphore(0)

        def script(connection):
            while (request := connection.request()) is not None:
                if request.target != "/events":
                    connection.answer(bytes(32 << 10))
                    continue
                connection.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
                while due.acquire(timeout=seconds(30)):
                    connection.send(b"5\r\nevent\r\n")
        tunnel, _ = self.exposed(script)
        watch = RssWatch(self.programs[0])
        rude = Rude(tunnel.http, tunnel.host, settings=False)
        self.addCleanup(rude.close)
        rude.send(PREFACE + frame(SETTINGS, 0, 0, b"\0\4\0\0\0\0") + frame(SETTINGS, ACK) + rude.head(1, path="/events"))
        rude.until(lambda: any(kind == HEADERS for kind, *_ in rude.frames), "the answer's head")
        visitor = tunnel.visit()
        for _ in range(self.ROUNDS):
            self.assertEqual(len(visitor.get("/page").body), 32 << 10)
            due.release()
        growth = watch.growth()[0]
        print(f"\n  server +{growth // 1024} MiB", end=" ", flush=True)
        self.assertLess(growth, self.MOST_KIB * float(os.environ.get("ADIT_TEST_SLOW", "1")))


class Cut(AditCase):
    def test_who_was_cut_leaves_little_behind(self):
        """A flood ends with GOAWAY and a while in which the visitor may read it: nothing of its hundred streams stays meanwhile."""
        tunnel, _ = self.exposed()
        server, watch = self.programs[0], RssWatch(self.programs[0])
        for _ in range(250):
            rude = Rude(tunnel.http, tunnel.host, settings=False)
            self.addCleanup(rude.close)
            heads = b"".join(rude.head(2 * n + 1, end=False) for n in range(100))
            try:
                rude.send(PREFACE + frame(SETTINGS) + frame(SETTINGS, ACK) + heads + frame(0x6, 0, 0, b"12345678") * 3000)
            except OSError:
                pass
            # One after the other: those who wait for their turn to be looked at keep what they opened until then.
            rude.until(lambda: rude.goaway() is not None, "the end of the flood")
        visitor = Visitor2(tunnel.http, "nobody.t.example.com")
        self.addCleanup(visitor.close)
        self.assertEqual(visitor.request().status, 404)
        self.assertLess(sum(watch.growth()), (16 << 10) * float(os.environ.get("ADIT_TEST_SLOW", "1")))
        self.assertIsNone(server.process.poll())


class Credit(AditCase):
    def test_what_a_refused_websocket_sent_early_is_credited(self):
        def script(connection):
            while (request := connection.request()) is not None:
                connection.answer(b"no" if request.target == "/no" else request.body, status="403 No" if request.target == "/no" else "200 OK")
        tunnel, _ = self.exposed(script)
        visitor = Visitor2(tunnel.http, tunnel.host)
        self.addCleanup(visitor.close)
        visitor.request()
        early = b"x" * (900 << 10)
        for _ in range(6):  # more than the connection's window
            stream = visitor.start(pseudo=extended_connect(tunnel.host, "/no"), end=False)
            for at in range(0, len(early), 16384):
                if visitor.streams[stream].ended or visitor.streams[stream].reset is not None:
                    break
                visitor.data(stream, early[at: at + 16384])
            self.assertEqual(visitor.wait(stream).status, 403)
        self.assertEqual(visitor.request("POST", "/", body=early).body, early)


class SlowReaders(AditCase):
    def test_spread_over_workers_they_hold_nobody_up(self):
        """Each worker's share of what they keep waiting is modest; together it is more than a client's connection carries."""
        data = bytes(1 << 20)

        def script(connection):
            while (request := connection.request()) is not None:
                connection.answer(data if request.target == "/big" else b"small")
        server = self.server(arguments=["--workers", "4"])
        origin = self.origin(script)
        tunnels = [self.tunnel(server, origin, f"held{n}") for n in range(10)]
        for tunnel in tunnels:  # the first request decides on which worker the connection lives
            rude = Rude(tunnel.http, tunnel.host, settings=False)
            self.addCleanup(rude.close)
            rude.send(PREFACE + frame(SETTINGS, 0, 0, b"\0\4\0\0\0\0") + frame(SETTINGS, ACK) + rude.head(1, path="/small"))
            rude.until(lambda: any(kind == HEADERS for kind, *_ in rude.frames), "the first answer")
            rude.host = tunnels[0].host
            for n in range(1, 19):
                rude.send(rude.head(2 * n + 1, path="/big"))
        for _ in range(20):
            visitor = tunnels[0].visit(timeout=4)
            self.assertEqual(visitor.get("/small").body, b"small")
            visitor.close()
            time.sleep(0.1)


class Origins(AditCase):
    def test_an_origin_that_always_leaves_is_not_asked_for_ever(self):
        def script(connection):
            connection.send(frame(SETTINGS, 0, 0, b"\0\x08\0\0\0\1") + frame(GOAWAY, 0, 0, bytes(8)))
            connection.fill()
        origin = self.origin(script)
        server = self.server()
        tunnel = self.tunnel(server, f"h2c://127.0.0.1:{origin.port}", "leaver")
        begun = time.monotonic()
        self.assertEqual(tunnel.get().status, 502)
        self.assertLess(time.monotonic() - begun, seconds(10))
        self.assertLess(origin.connections, 10)


if __name__ == "__main__":
    main()
