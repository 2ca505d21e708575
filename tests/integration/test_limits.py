# SPDX-License-Identifier: Apache-2.0
"""Limits an operator sets (--limit): what is slow or too much is cut with the stated answer, and others notice nothing."""

import os
import pathlib
import select
import time

from support.case import AditCase, main
from support.http2 import CANCEL, DATA, END_STREAM, PREFACE, SETTINGS, WINDOW_UPDATE, Rude, frame
from support.process import seconds, wait_until
from support.visitor import Closed


def limits(**values):
    arguments = []
    for name, value in values.items():
        arguments += ["--limit", f"{name.replace('_', '-')}={value}"]
    return arguments


class Limited(AditCase):
    def limited(self, script=None, workers=2, **values):
        """A tunnel to an echo (or a script) through a server with these limits."""
        origin = self.origin(script) if script else self.echo()
        server = self.server(arguments=["--workers", str(workers), *limits(**values)])
        return self.tunnel(server, origin.target), origin

    def assert_well(self, tunnel):
        self.assertEqual(tunnel.get("/well").status, 200)


class SlowBodies(Limited):
    def drip(self, visitor, piece, pause, times):
        """Sends a piece now and then; how long until the connection was answered or closed."""
        begin = time.monotonic()
        for _ in range(times):
            try:
                visitor.send(piece)
            except OSError:
                break
            visitor.sock.settimeout(pause)
            try:
                data = visitor.sock.recv(65536)
                visitor.buffer += data
                break
            except TimeoutError:
                continue
        return time.monotonic() - begin

    def test_a_body_that_stops_is_408(self):
        tunnel, origin = self.limited(body_timeout="500ms")
        visitor = tunnel.visit()
        visitor.send(f"POST / HTTP/1.1\r\nHost: {tunnel.host}\r\nContent-Length: 10\r\n\r\nabc")
        self.assertEqual(visitor.response().status, 408)
        self.assertTrue(visitor.closed_within(5))
        self.assertEqual(origin.requests, [])
        self.assert_well(tunnel)

    def test_a_body_in_drops_is_408(self):
        for framing, piece in (("Content-Length: 100000", b"x" * 10), ("Transfer-Encoding: chunked", b"a\r\n0123456789\r\n")):
            with self.subTest(framing):
                tunnel, origin = self.limited(body_timeout="1s", body_rate=256)
                visitor = tunnel.visit()
                visitor.send(f"POST / HTTP/1.1\r\nHost: {tunnel.host}\r\n{framing}\r\n\r\n")
                took = self.drip(visitor, piece, 0.1, 100)
                self.assertEqual(visitor.response().status, 408)
                self.assertTrue(visitor.closed_within(5))
                self.assertGreaterEqual(took, 0.9)
                self.assertLess(took, seconds(5))
                self.assertEqual(origin.requests, [])
                self.assert_well(tunnel)

    def test_a_body_just_fast_enough_arrives(self):
        tunnel, origin = self.limited(body_timeout="1s", body_rate=100)
        visitor = tunnel.visit()
        visitor.send(f"POST / HTTP/1.1\r\nHost: {tunnel.host}\r\nContent-Length: 3000\r\n\r\n")
        for _ in range(30):
            visitor.send(b"x" * 100)
            time.sleep(0.1)
        self.assertEqual(visitor.response().status, 200)
        self.assertEqual(len(origin.requests[-1].body), 3000)

    def test_a_body_in_drops_is_408_by_http2(self):
        tunnel, origin = self.limited(body_timeout="1s", body_rate=5000)
        visitor = tunnel.visit()

        def frame(kind, flags, stream, payload):
            return len(payload).to_bytes(3, "big") + bytes([kind, flags]) + stream.to_bytes(4, "big") + payload
        head = b"".join(b"\0" + bytes([len(name)]) + name + bytes([len(value)]) + value for name, value in (
            (b":method", b"POST"), (b":scheme", b"http"), (b":path", b"/"), (b":authority", tunnel.host.encode())))
        visitor.send(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + frame(4, 0, 0, b"") + frame(1, 4, 1, head))
        begin, seen = time.monotonic(), []
        while (not seen or seen[-1][0] != 3) and time.monotonic() - begin < seconds(10):
            visitor.send(frame(0, 0, 1, b"x" * 450))
            time.sleep(0.1)
            while select.select([visitor.sock], [], [], 0)[0] and visitor.fill():
                while len(visitor.buffer) >= 9 and len(visitor.buffer) >= 9 + (size := int.from_bytes(visitor.buffer[:3], "big")):
                    seen.append((visitor.buffer[3], visitor.buffer[9:9 + size]))
                    visitor.buffer = visitor.buffer[9 + size:]
        # A whole answer, and then the wish that no more is sent (RFC 9113 section 8.1).
        self.assertEqual([kind for kind, _ in seen if kind in (0, 1, 3)], [1, 0, 3])
        self.assertIn(b"408", [payload for kind, payload in seen if kind == 0][0])
        self.assertEqual(seen[-1][1], b"\0\0\0\0")
        self.assertEqual(origin.requests, [])
        self.assert_well(tunnel)

    def test_a_body_may_pause(self):
        """Pauses longer than the rate is judged over; what flows between them flows fast."""
        tunnel, origin = self.limited(body_timeout="3s", body_rate=100_000)
        for framing in ("Content-Length: 600000", "Transfer-Encoding: chunked"):
            visitor = tunnel.visit()
            visitor.send(f"POST / HTTP/1.1\r\nHost: {tunnel.host}\r\n{framing}\r\n\r\n")
            for _ in range(3):
                visitor.send(b"x" * 200_000 if "Length" in framing else b"30d40\r\n" + b"x" * 200_000 + b"\r\n")
                time.sleep(1.4)
            if "chunked" in framing:
                visitor.send(b"0\r\n\r\n")
            self.assertEqual(visitor.response().status, 200)
            self.assertEqual(len(origin.requests[-1].body), 600_000)

    def test_a_body_may_stop_once_its_answer_began(self):
        def script(connection):
            request = connection.request(read_body=False)
            connection.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n")
            connection.read_body(request)
            connection.send(b"%x\r\n%s\r\n0\r\n\r\n" % (len(request.body), request.body))
        tunnel, _ = self.limited(script, body_timeout="500ms")
        visitor, other = tunnel.visit(), Rude(tunnel.http, tunnel.host)
        self.addCleanup(other.close)
        visitor.send(f"POST / HTTP/1.1\r\nHost: {tunnel.host}\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n")
        other.send(other.head(1, method="POST", end=False) + frame(DATA, 0, 1, b"a"))
        visitor.start()
        other.until(lambda: any(kind == DATA for kind, *_ in other.frames), "the answer's beginning")
        time.sleep(2)
        visitor.send(b"1\r\nb\r\n0\r\n\r\n")
        other.send(frame(DATA, END_STREAM, 1, b"b"))
        self.assertEqual(visitor.chunk(), b"hello")
        self.assertEqual(visitor.chunk(), b"ab")
        other.until(lambda: any(flags & END_STREAM for kind, flags, _, _ in other.frames if kind == DATA), "the answer's end")
        self.assertEqual(b"".join(payload for kind, _, _, payload in other.frames if kind == DATA), b"helloab")

    def test_a_slow_origin_is_not_the_visitors_fault(self):
        def script(connection):
            request = connection.request(read_body=False)
            time.sleep(2)
            connection.read_body(request)
            connection.answer(b"%d" % len(request.body))
        tunnel, _ = self.limited(script, body_timeout="500ms", body_rate=1000)
        visitor = tunnel.visit(timeout=30)
        body = b"y" * (24 << 20)
        self.assertEqual(visitor.request("POST", body=body).response().body, b"%d" % len(body))


class SlowOthers(Limited):
    def test_a_head_in_drops_is_408(self):
        tunnel, origin = self.limited(head_timeout="1s")
        visitor = tunnel.visit()
        for byte in f"GET / HTTP/1.1\r\nHost: {tunnel.host}\r\nX-Long: {'x' * 1000}":
            visitor.send(byte)
            time.sleep(0.02)
            if select.select([visitor.sock], [], [], 0)[0]:
                break
        self.assertEqual(visitor.response().status, 408)
        self.assertTrue(visitor.closed_within(5))
        self.assertEqual(origin.requests, [])

    def test_idle_connections_are_closed_without_a_word(self):
        tunnel, _ = self.limited(keep_alive_timeout="500ms", head_timeout="500ms")
        silent, used = tunnel.visit(), tunnel.visit()
        self.assertEqual(used.get().status, 200)
        for visitor in (silent, used):
            self.assertTrue(visitor.closed_within(5))
            self.assertEqual(visitor.buffer, b"")

    def test_a_visitor_that_reads_nothing_is_cut(self):
        def script(connection):
            while connection.request() is not None:
                connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % (64 << 20))
                for _ in range(64):
                    connection.send(b"z" * (1 << 20))
        tunnel, origin = self.limited(script, write_timeout="1s")
        visitor = tunnel.visit(receive_buffer=4096)
        visitor.request()
        origin.wait(lambda: origin.connections == 1, "the request")
        # The origin's side ends because the visitor's did.
        origin.wait(lambda: origin.open == 0, "the end of the request", timeout=15)
        with self.assertRaises((Closed, AssertionError)):
            visitor.start()
            visitor.exactly(64 << 20)


class SlowReaders(Limited):
    SIZE = 64 << 20

    def download(self, connection):
        while connection.request() is not None:
            connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % self.SIZE)
            for _ in range(self.SIZE >> 20):
                connection.send(b"z" * (1 << 20))

    def test_drops_do_not_keep_an_answer(self):
        tunnel, origin = self.limited(self.download, write_timeout="1s", read_rate=50_000)
        visitor = tunnel.visit(receive_buffer=4096)
        visitor.request().start()
        begin, most = time.monotonic(), seconds(15)
        while origin.open and time.monotonic() - begin < most:
            visitor.exactly(512)
            time.sleep(0.05)
        took = time.monotonic() - begin
        self.assertGreater(took, 0.8)
        self.assertLess(took, most)
        with self.assertRaises((Closed, AssertionError)):
            visitor.exactly(self.SIZE)

    def test_a_slow_and_steady_reader_is_served(self):
        """The system takes an answer in steps that last this visitor many times the time-out."""
        tunnel, origin = self.limited(self.download, write_timeout="1500ms", read_rate=10_000)
        visitor = tunnel.visit()
        visitor.request().start()
        begin = time.monotonic()
        while time.monotonic() - begin < 5:
            visitor.exactly(10_000)
            time.sleep(0.05)
        self.assertEqual(origin.open, 1)
        visitor.exactly(self.SIZE // 2)  # and goes on as fast as it likes

    def test_a_reader_may_pause_while_there_is_room(self):
        """A player that is paused, by HTTP/1.1 and by HTTP/2."""
        tunnel, origin = self.limited(self.download, busy_write_timeout="500ms")
        visitor = tunnel.visit(receive_buffer=4096)
        visitor.request().start()
        other = Rude(tunnel.http, tunnel.host)
        self.addCleanup(other.close)
        other.send(other.head(1))
        other.until(lambda: any(kind == DATA for kind, *_ in other.frames), "the answer's beginning")
        time.sleep(3)
        visitor.exactly(self.SIZE)
        other.send(frame(WINDOW_UPDATE, 0, 1, b"\0\x0f\0\0") + frame(WINDOW_UPDATE, 0, 0, b"\0\x0f\0\0"))
        other.until(lambda: sum(len(payload) for kind, _, _, payload in other.frames if kind == DATA) > 500_000, "more of it")
        self.assertIsNone(other.reset_of(1))

    def test_readers_may_not_pause_where_others_wait(self):
        tunnel, origin = self.limited(self.download, busy_write_timeout="500ms", held_bytes=100_000)
        visitor = tunnel.visit(receive_buffer=4096)
        visitor.request().start()
        origin.wait(lambda: origin.open == 0, "the end of the request", timeout=15)

    def test_drops_of_a_window_do_not_keep_a_stream(self):
        tunnel, origin = self.limited(self.download, write_timeout="1s")
        visitor = Rude(tunnel.http, tunnel.host, settings=False)
        self.addCleanup(visitor.close)
        visitor.send(PREFACE + frame(SETTINGS, 0, 0, b"\0\4\0\0\0\0") + frame(SETTINGS, 1) + visitor.head(1))
        begin = time.monotonic()
        while visitor.reset_of(1) is None and time.monotonic() - begin < seconds(10):
            visitor.send(frame(WINDOW_UPDATE, 0, 1, b"\0\0\0\1"))
            visitor.receive(0.05)
            time.sleep(0.05)
        self.assertEqual(visitor.reset_of(1), CANCEL)
        self.assertGreater(time.monotonic() - begin, 0.8)
        self.assertGreater(sum(len(payload) for kind, _, _, payload in visitor.frames if kind == DATA), 5)
        origin.wait(lambda: origin.open == 0, "the end of the request")
        # The connection goes on.
        visitor.send(visitor.head(3, "/again"))
        origin.wait(lambda: origin.open == 1, "the next request")

    def test_who_has_nothing_to_read_is_not_slow(self):
        def events(connection):
            while connection.request() is not None:
                connection.send(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n")
                for _ in range(3):
                    connection.send(b"9\r\ndata: x\n\n\r\n")
                    time.sleep(1.2)
                connection.send(b"0\r\n\r\n")
        tunnel, _ = self.limited(events, write_timeout="300ms", read_rate=1_000_000)
        visitor, other = tunnel.visit(), Rude(tunnel.http, tunnel.host)
        self.addCleanup(other.close)
        visitor.request()
        other.send(other.head(1))
        self.assertEqual(visitor.response().body, b"data: x\n\n" * 3)
        other.until(lambda: any(flags & END_STREAM for kind, flags, _, _ in other.frames if kind == DATA), "the last event")
        self.assertEqual(b"".join(payload for kind, _, _, payload in other.frames if kind == DATA), b"data: x\n\n" * 3)


class Counts(Limited):
    def test_requests_without_their_content_give_way(self):
        tunnel, origin = self.limited(requests_per_tunnel=4)
        waiting = []
        for framing in ("Content-Length: 10", "Transfer-Encoding: chunked") * 2:
            visitor = tunnel.visit()
            visitor.send(f"POST / HTTP/1.1\r\nHost: {tunnel.host}\r\n{framing}\r\n\r\n")
            waiting.append(visitor)
        wait_until(lambda: tunnel.get().status == 503, "the tunnel is full")
        time.sleep(2.5)
        # One of them makes room.
        self.assertEqual(tunnel.get().status, 200)
        answered = [visitor for visitor in waiting if select.select([visitor.sock], [], [], 0.2)[0]]
        self.assertEqual(len(answered), 1)
        self.assertEqual(answered[0].response().status, 503)
        self.assertTrue(answered[0].closed_within(5))
        self.assertEqual(tunnel.get().status, 200)
        other = next(visitor for visitor in waiting[::2] if visitor is not answered[0])
        other.send(b"0123456789")
        self.assertEqual(other.response().status, 200)

    def test_connections_of_one_address(self):
        tunnel, _ = self.limited(connections_from_loopback=4)
        visitors = [tunnel.visit() for _ in range(4)]
        for visitor in visitors:
            self.assertEqual(visitor.get().status, 200)
        for _ in range(3):
            self.assertTrue(tunnel.visit().closed_within(5))
        visitors.pop().close()
        wait_until(lambda: self.answers(tunnel), "a place that became free")
        for visitor in visitors:
            self.assertEqual(visitor.get().status, 200)

    def answers(self, tunnel):
        try:
            return tunnel.get().status == 200
        except (Closed, OSError):
            return False

    def test_connections_in_all_wait_for_a_place(self):
        tunnel, _ = self.limited(workers=1, connections=3)
        visitors = [tunnel.visit() for _ in range(3)]
        for visitor in visitors:
            self.assertEqual(visitor.get().status, 200)
        waiting = tunnel.visit(timeout=10)
        waiting.request()
        # Answers to the others say that the server had its turns since.
        for _ in range(5):
            for visitor in visitors:
                self.assertEqual(visitor.get().status, 200)
        waiting.sock.setblocking(False)
        with self.assertRaises(BlockingIOError):
            waiting.sock.recv(1)
        waiting.sock.settimeout(10)
        visitors.pop().close()
        self.assertEqual(waiting.response().status, 200)

    def test_requests_of_one_tunnel(self):
        gate = self.root / "open"

        def script(connection):
            while connection.request() is not None:
                while not gate.exists():
                    time.sleep(0.02)
                connection.answer(b"late")
        tunnel, origin = self.limited(script, requests_per_tunnel=2)
        visitors = [tunnel.visit().request() for _ in range(2)]
        origin.wait(lambda: origin.connections == 2, "two requests")
        refused = tunnel.get()
        self.assertEqual(refused.status, 503)
        self.assertIsNotNone(refused.get("retry-after"))
        gate.touch()
        for visitor in visitors:
            self.assertEqual(visitor.response().body, b"late")
        self.assertEqual(tunnel.get().body, b"late")

    def test_descriptors_are_kept_back(self):
        wrapper = self.root / "few-files"
        wrapper.write_text(f"#!/bin/sh\nulimit -n 150 && exec {os.environ['ADIT_BIN']} \"$@\"\n")
        wrapper.chmod(0o755)
        saved = os.environ["ADIT_BIN"]
        os.environ["ADIT_BIN"] = str(wrapper.resolve())
        try:
            server = self.server(arguments=["--workers", "1"])
        finally:
            os.environ["ADIT_BIN"] = saved
        server.line("limit of open files allows")
        origin = self.echo()
        tunnel = self.tunnel(server, origin.target)
        self.assert_well(tunnel)
        flood = [tunnel.visit() for _ in range(140)]
        wait_until(lambda: server.descriptors() >= 70, "the server to take what it may")
        # Another client logs in meanwhile, and everybody is served when the flood is over.
        second = self.tunnel(server, origin.target)
        self.assertLess(server.descriptors(), 100)
        for visitor in flood:
            visitor.close()
        self.assert_well(tunnel)
        self.assert_well(second)
        self.assertTrue(server.alive())


class CommandLine(AditCase):
    def test_a_wrong_limit_is_a_usage_error(self):
        for text, sentence in (("nonsense=1", "there is no limit 'nonsense'"), ("head-bytes", "is not of the form name=value"),
                               ("head-byts=1", "did you mean 'head-bytes'?"), ("head-timeout=soon", "needs a time such as 30s"),
                               ("connections=0", "goes from 1 to 1000000")):
            with self.subTest(text):
                done = self.run_adit("--server", "--data-dir", pathlib.Path(self.root, "d"), "--limit", text)
                self.assertEqual(done.exit_code(), 2)
                self.assertIn(sentence, done.text("err"))

    def test_the_help_lists_them(self):
        done = self.run_adit("help", "limits")
        self.assertEqual(done.exit_code(), 0)
        for name in ("head-bytes=32768", "connections=10000", "body-rate=256", "read-rate=256", "spare-descriptors=64"):
            self.assertIn(name, done.text("out"))


if __name__ == "__main__":
    main()
