# SPDX-License-Identifier: Apache-2.0
"""Bodies in motion: events without buffering, large bodies with flat memory, back-pressure, early answers, and aborts that
reach the other side at once."""

import hashlib
import os
import threading

from support.case import AditCase, main
from support.origins import pattern
from support.process import RssWatch, wait_until

MIB = 1 << 20
LARGE = int(os.environ.get("ADIT_TEST_LARGE_MIB", "64")) * MIB
HUGE = int(os.environ.get("ADIT_TEST_HUGE_MIB", "1024")) * MIB
BLOCK = pattern(MIB)
# What both windows, both sockets' buffers and the allocator may add. A body kept in memory would be many times this.
FLAT_KIB = int(float(os.environ.get("ADIT_TEST_SLOW", "1")) * 24 * 1024)


class ServerSentEvents(AditCase):
    def test_each_event_arrives_before_the_next_is_sent(self):
        go = threading.Semaphore(0)

        def script(connection):
            connection.request()
            connection.send(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n")
            for number in range(10):
                if not go.acquire(timeout=60):
                    return
                event = b"data: %d\n\n" % number
                connection.send(b"%x\r\n" % len(event) + event + b"\r\n")
            connection.send(b"0\r\n\r\n")
        tunnel, _ = self.exposed(script)
        visitor = tunnel.visit()
        self.assertEqual(visitor.request("GET", "/events").start().status, 200)  # The head alone comes through.
        for number in range(10):
            go.release()
            self.assertEqual(visitor.chunk(), b"data: %d\n\n" % number)
        self.assertEqual(visitor.chunk(), b"")

    def test_an_answer_until_close_streams_too(self):
        go = threading.Semaphore(0)

        def script(connection):
            connection.request()
            connection.send(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n")
            for _ in range(5):
                if not go.acquire(timeout=60):
                    return
                connection.send(b"data: x\n\n")
        tunnel, _ = self.exposed(script)
        visitor = tunnel.visit()
        answer = visitor.request("GET", "/events").start()
        for _ in range(5):
            go.release()
            if answer.get("transfer-encoding"):
                self.assertEqual(visitor.chunk(), b"data: x\n\n")
            else:
                self.assertEqual(visitor.exactly(9), b"data: x\n\n")

    def test_grpc_web_passes_with_its_trailers_in_the_body(self):
        """Frames of a server stream, each before the next is sent, then the frame (flag 0x80) that holds the trailers."""
        go = threading.Semaphore(0)
        frames = [b"\x00\x00\x00\x00\x03" + b"m%02d" % n for n in range(5)] + [b"\x80\x00\x00\x00\x0fgrpc-status:0\r\n"]
        seen = []

        def script(connection):
            request = connection.request()
            seen.append((request.get("content-type"), request.get("x-grpc-web"), request.body))
            connection.send(b"HTTP/1.1 200 OK\r\nContent-Type: application/grpc-web+proto\r\nTransfer-Encoding: chunked\r\n\r\n")
            for frame in frames:
                if not go.acquire(timeout=60):
                    return
                connection.send(b"%x\r\n" % len(frame) + frame + b"\r\n")
            connection.send(b"0\r\n\r\n")
        tunnel, _ = self.exposed(script)
        visitor = tunnel.visit()
        call = b"\x00\x00\x00\x00\x05\x0a\x03abc"
        visitor.request("POST", "/test.Service/Count", [("Content-Type", "application/grpc-web+proto"), ("X-Grpc-Web", "1"),
                                                         ("Content-Length", str(len(call)))])
        visitor.send(call)
        answer = visitor.start()
        self.assertEqual((answer.status, answer.get("content-type")), (200, "application/grpc-web+proto"))
        for frame in frames:
            go.release()
            self.assertEqual(visitor.chunk(), frame)
        self.assertEqual(visitor.chunk(), b"")
        self.assertEqual(seen, [("application/grpc-web+proto", "1", call)])

    def test_a_range_is_the_origins_matter(self):
        body = pattern(10_000)

        def script(connection):
            while (request := connection.request()) is not None:
                first, last = map(int, request.get("range").removeprefix("bytes=").split("-"))
                connection.answer(body[first:last + 1], status="206 Partial Content",
                                  fields=[("Content-Range", f"bytes {first}-{last}/{len(body)}"), ("ETag", '"v1"')])
        tunnel, _ = self.exposed(script)
        answer = tunnel.get("/file", [("Range", "bytes=100-4099"), ("If-Range", '"v1"')])
        self.assertEqual((answer.status, answer.get("content-range")), (206, "bytes 100-4099/10000"))
        self.assertEqual(answer.body, body[100:4100])

    def test_an_upload_streams(self):
        seen = []
        arrived = threading.Semaphore(0)

        def script(connection):
            connection.request(read_body=False)
            while piece := connection.chunk():
                seen.append(piece)
                arrived.release()
            connection.answer(b"all")
        tunnel, _ = self.exposed(script)
        visitor = tunnel.visit()
        visitor.request("POST", "/", [("Transfer-Encoding", "chunked")])
        for number in range(5):
            visitor.send(b"3\r\nno%d\r\n" % number)
            self.assertTrue(arrived.acquire(timeout=20), "the piece never reached the origin")
        visitor.send(b"0\r\n\r\n")
        self.assertEqual(visitor.response().body, b"all")
        self.assertEqual(b"".join(seen), b"no0no1no2no3no4")


class LargeBodies(AditCase):
    def download_script(self, connection):
        request = connection.request()
        chunked = "chunked" in request.target
        size = LARGE if chunked else HUGE
        if chunked:
            connection.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        else:
            connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % size)
        for _ in range(size // MIB):
            connection.send(b"%x\r\n" % MIB + BLOCK + b"\r\n" if chunked else BLOCK)
        if chunked:
            connection.send(b"0\r\n\r\n")

    def receive(self, wire, size):
        """Every mebibyte must be the block that was sent; quicker than a digest, and as strict."""
        for _ in range(size // MIB):
            self.assertTrue(wire.exactly(MIB) == BLOCK, "the body is not what was sent")

    def digest(self, size):
        digest = hashlib.sha256()
        for _ in range(size // MIB):
            digest.update(BLOCK)
        return digest.hexdigest()

    def flat(self, watch):
        server, client = watch.growth()
        self.assertLess(server, FLAT_KIB, "the server's resident memory grew, KiB")
        self.assertLess(client, FLAT_KIB, "the client's resident memory grew, KiB")

    def scene(self, script):
        server = self.server()
        tunnel = self.tunnel(server, self.origin(script))
        return tunnel, RssWatch(server, tunnel.client)

    def test_download_with_a_length_is_exact_and_memory_flat(self):
        tunnel, watch = self.scene(self.download_script)
        visitor = tunnel.visit()
        answer = visitor.request("GET", "/length").start()
        self.assertEqual(int(answer.get("content-length")), HUGE)
        self.receive(visitor, HUGE)
        self.flat(watch)

    def test_chunked_download_is_exact(self):
        tunnel, watch = self.scene(self.download_script)
        visitor = tunnel.visit()
        visitor.request("GET", "/chunked").start()
        digest, size = hashlib.sha256(), 0
        while piece := visitor.chunk():
            digest.update(piece)
            size += len(piece)
        self.assertEqual((size, digest.hexdigest()), (LARGE, self.digest(LARGE)))
        self.flat(watch)

    def test_upload_is_exact_and_memory_flat(self):
        def script(connection):
            request = connection.request(read_body=False)
            self.receive(connection, int(request.get("content-length")))
            connection.answer(b"exact")
        tunnel, watch = self.scene(script)
        visitor = tunnel.visit(timeout=60)
        visitor.request("PUT", "/", [("Content-Length", str(HUGE))])
        for _ in range(HUGE // MIB):
            visitor.send(BLOCK)
        self.assertEqual(visitor.response().body, b"exact")
        self.flat(watch)

    def test_a_slow_visitor_holds_the_origin_back(self):
        sent = [0]

        def script(connection):
            connection.request()
            connection.timeout = 120
            connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % LARGE)
            for _ in range(LARGE // MIB):
                connection.send(BLOCK)
                sent[0] += MIB
        tunnel, watch = self.scene(script)
        visitor = tunnel.visit(receive_buffer=4096)
        visitor.request().start()
        # The origin stops for want of room: nothing moves between two looks while nobody reads.
        before = [-1]

        def stalled():
            now = sent[0]
            same, before[0] = now == before[0], now
            if not same:
                visitor_idle.wait(0.5)
            return same
        visitor_idle = threading.Event()
        wait_until(stalled, "the origin being held back", 30)
        self.assertLess(sent[0], LARGE, "the whole body went somewhere though nobody read it")
        self.flat(watch)
        self.receive(visitor, LARGE)

    def test_a_slow_origin_holds_the_visitor_back_and_nobody_else(self):
        release = threading.Event()
        self.addCleanup(release.set)

        def script(connection):
            while (request := connection.request(read_body=False)) is not None:
                if request.method == "GET":
                    connection.answer(b"quick")
                    continue
                release.wait(60)
                left = int(request.get("content-length"))
                while left:
                    left -= len(connection.exactly(min(left, MIB)))
                connection.answer(b"took all")
        tunnel, watch = self.scene(script)
        slow = tunnel.visit(timeout=60)
        slow.request("PUT", "/", [("Content-Length", str(LARGE))])
        progress = [0]

        def upload():
            for _ in range(LARGE // MIB):
                slow.send(BLOCK)
                progress[0] += 1
        thread = threading.Thread(target=upload, daemon=True)
        thread.start()
        wait_until(lambda: progress[0] > 0, "the upload started")
        for _ in range(20):
            self.assertEqual(tunnel.get().body, b"quick")
        self.flat(watch)
        self.assertLess(progress[0], LARGE // MIB)
        release.set()
        self.assertEqual(slow.response().body, b"took all")
        thread.join()


class EarlyAnswers(AditCase):
    def test_an_answer_during_the_upload_arrives(self):
        def script(connection):
            connection.request(read_body=False)
            connection.answer(b"enough", "413 Content Too Large", [("Connection", "close")])
        tunnel, _ = self.exposed(script)
        visitor = tunnel.visit()
        visitor.request("POST", "/", [("Content-Length", str(LARGE))])

        def upload():
            try:
                for _ in range(LARGE // MIB):
                    visitor.send(BLOCK)
            except OSError:
                pass  # The other side may stop reading after its answer.
        thread = threading.Thread(target=upload, daemon=True)
        thread.start()
        answer = visitor.response()
        self.assertEqual((answer.status, answer.body), (413, b"enough"))
        visitor.sock.close()
        thread.join(20)

    def test_both_directions_at_once(self):
        def script(connection):
            connection.request(read_body=False)
            connection.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
            while piece := connection.chunk():
                connection.send(b"%x\r\n" % len(piece) + piece + b"\r\n")
            connection.send(b"0\r\n\r\n")
        tunnel, _ = self.exposed(script)
        visitor = tunnel.visit()
        visitor.request("POST", "/", [("Transfer-Encoding", "chunked")])
        visitor.send(b"5\r\nfirst\r\n")
        self.assertEqual(visitor.start().status, 200)
        self.assertEqual(visitor.chunk(), b"first")
        for number in range(50):
            piece = b"piece-%d" % number
            visitor.send(b"%x\r\n" % len(piece) + piece + b"\r\n")
            self.assertEqual(visitor.chunk(), piece)
        visitor.send(b"0\r\n\r\n")
        self.assertEqual(visitor.chunk(), b"")


class Aborts(AditCase):
    def endless(self, connection):
        connection.request()
        connection.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        while True:
            connection.send(b"4000\r\n" + b"e" * 0x4000 + b"\r\n")

    def test_visitor_gone_while_it_downloads(self):
        tunnel, origin = self.exposed(self.endless)
        for end in ("close", "abort"):
            visitor = tunnel.visit()
            visitor.request().start()
            visitor.chunk()
            getattr(visitor, end)()
            origin.wait(lambda: origin.open == 0, f"the visitor's {end}", 5)

    def test_visitor_gone_before_the_answer(self):
        def script(connection):
            origin.note(connection.request())
            connection.rest()  # ends when the other side closes
        origin = None
        tunnel, origin = self.exposed(lambda connection: script(connection))
        for count, end in enumerate(("close", "abort"), 1):
            visitor = tunnel.visit()
            visitor.request()
            origin.wait(lambda: len(origin.requests) == count, "the request")
            getattr(visitor, end)()
            origin.wait(lambda: origin.open == 0, f"the visitor's {end}", 5)

    def test_visitor_gone_while_it_uploads(self):
        seen = threading.Event()

        def script(connection):
            connection.request(read_body=False)
            connection.exactly(1000)
            seen.set()
            connection.rest()
        tunnel, origin = self.exposed(script)
        visitor = tunnel.visit()
        visitor.request("POST", "/", [("Content-Length", "100000")]).send(b"u" * 1000)
        self.assertTrue(seen.wait(20))
        visitor.abort()
        origin.wait(lambda: origin.open == 0, "the visitor's abort", 5)

    def test_origin_gone_while_it_sends(self):
        def script(connection):
            connection.request()
            connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n" + b"x" * 5000)
            connection.abort()
        tunnel, _ = self.exposed(script)
        visitor = tunnel.visit()
        visitor.request()
        # An abort may overtake the bytes before it: a 502 or a broken body, but never a complete one, and at once.
        answer = visitor.start()
        self.assertIn(answer.status, (200, 502))
        if answer.status == 200:
            self.assertTrue(visitor.closed_within(5))
            self.assertLess(len(visitor.buffer), 1_000_000)

    def test_origin_gone_while_the_visitor_uploads(self):
        def script(connection):
            connection.request(read_body=False)
            connection.exactly(1000)
            connection.abort()
        tunnel, _ = self.exposed(script)
        visitor = tunnel.visit()
        visitor.request("POST", "/", [("Content-Length", "100000")]).send(b"u" * 1000)
        self.assertEqual(visitor.start().status, 502)

    def test_descriptors_do_not_leak(self):
        server = self.server()
        tunnel = self.tunnel(server, self.origin(self.endless))

        def round_of_visitors():
            for _ in range(20):
                visitor = tunnel.visit()
                visitor.request().start()
                visitor.abort()
        round_of_visitors()
        base = [0, 0]

        def settled():
            now = [server.descriptors(), tunnel.client.descriptors()]
            return now
        base = settled()
        for _ in range(4):
            round_of_visitors()
        wait_until(lambda: all(now <= then + 5 for now, then in zip(settled(), base)), f"descriptors back near {base}")


if __name__ == "__main__":
    main()
