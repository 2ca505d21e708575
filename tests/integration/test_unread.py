# SPDX-License-Identifier: Apache-2.0
"""Answers that nobody reads: what hundreds of them cost the client and the server, and what a visitor beside them notices of them."""

import resource
import struct
import sys
import time

from support.case import AditCase, main
from support.http2 import ACK, DATA, PREFACE, SETTINGS, WINDOW_UPDATE, Rude, frame
from support.process import Program, RssWatch, seconds

COUNT, STREAMS = 800, 100
SIZE = 10 << 20
# Beside what the requests themselves take: a budget, and what each may have on the way when it is used up.
CLIENT_KIB = 80 << 10
SERVER_KIB = 144 << 10


# Processes of their own: what they are asked for beside the large answers must not wait for this one. The system's buffers
# are kept small, so that the machine is not busy with filling them.
HTTP1_ORIGIN = """
import asyncio, json, socket
piece = bytes(65536)
async def serve(reader, writer):
    try:
        while True:
            head = await reader.readuntil(b"\\r\\n\\r\\n")
            if head.startswith(b"POST"):
                await asyncio.sleep(1000)  # takes no more than its buffer
            if not head.startswith(b"GET /big"):
                writer.write(b"HTTP/1.1 200 OK\\r\\nContent-Length: 5\\r\\n\\r\\nsmall")
                continue
            writer.write(b"HTTP/1.1 200 OK\\r\\nContent-Length: %d\\r\\n\\r\\n")
            for _ in range(%d // 65536):
                writer.write(piece)
                await writer.drain()
    except (OSError, asyncio.IncompleteReadError):
        writer.close()
async def run():
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 65536)
    listener.bind(("127.0.0.1", 0))
    server = await asyncio.start_server(serve, sock=listener, backlog=2048)
    print(json.dumps({"event": "ready", "port": listener.getsockname()[1]}), flush=True)
    await server.serve_forever()
asyncio.run(run())
""" % (SIZE, SIZE)
HTTP2_ORIGIN = """
const piece = Buffer.alloc(65536);
const server = require("http2").createServer({ maxSessionMemory: 4000 });
server.on("stream", (stream, headers) => {
  stream.on("error", () => {});
  stream.on("end", () => {
    stream.respond({ ":status": 200 });
    if (!headers[":path"].startsWith("/big")) { stream.end("small"); return; }
    let left = %d;
    const go = () => {
      while (left > 0) {
        left -= piece.length;
        if (!stream.write(piece)) { stream.once("drain", go); return; }
      }
      stream.end();
    };
    go();
  });
  stream.resume();
});
server.listen(0, "127.0.0.1", () => console.log(JSON.stringify({ event: "ready", port: server.address().port })));
""" % SIZE


class Scene(AditCase):
    def setUp(self):
        super().setUp()
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        if soft < 4 * COUNT:
            resource.setrlimit(resource.RLIMIT_NOFILE, (min(4 * COUNT, hard), hard))
            self.addCleanup(resource.setrlimit, resource.RLIMIT_NOFILE, (soft, hard))

    def scene(self, http2_origin, *arguments):
        server = self.server(arguments=arguments)
        origin = self.owns(Program(["node", "-e", HTTP2_ORIGIN] if http2_origin else [sys.executable, "-c", HTTP1_ORIGIN], self.environment()))
        port = origin.event(event="ready")["port"]
        return server, self.tunnel(server, f"{'h2c' if http2_origin else 'http'}://127.0.0.1:{port}", "shop")


class UnreadAnswers(Scene):
    def by_http1(self, tunnel):
        for _ in range(COUNT):
            tunnel.visit(receive_buffer=4096).request("GET", "/big")

    def by_http2(self, tunnel):
        for _ in range(COUNT // STREAMS):
            rude = Rude(tunnel.http, tunnel.host, settings=False)
            self.addCleanup(rude.close)
            rude.send(PREFACE + frame(SETTINGS, 0, 0, b"\0\4\0\0\0\0") + frame(SETTINGS, ACK))
            rude.send(b"".join(rude.head(2 * n + 1, path="/big") for n in range(STREAMS)))

    def measure(self, visitors, http2_origin, *arguments):
        """How the client and the server grow in KiB, and how long the others' requests take."""
        server, tunnel = self.scene(http2_origin, *arguments)
        regular = tunnel.visit()
        for _ in range(20):
            self.assertEqual(regular.get("/small").status, 200)
        watch = RssWatch(tunnel.client, server)
        visitors(tunnel)
        def timed():
            begun = time.monotonic()
            self.assertEqual(regular.get("/small").status, 200)
            return time.monotonic() - begun
        # The machine has gigabytes to move until the system's buffers are full; then the answers stand still.
        calm = [time.monotonic(), 0]
        while calm[1] < 10 and time.monotonic() - calm[0] < seconds(20):
            calm[1] = calm[1] + 1 if timed() < 0.05 else 0
        moved = time.monotonic() - calm[0]
        times = []
        for _ in range(200):
            times.append(timed())
            time.sleep(0.005)
        client, server_growth = watch.growth()
        times.sort()
        p50, p99 = times[len(times) // 2], times[len(times) * 99 // 100]
        print(f"\n  client +{client // 1024} MiB, server +{server_growth // 1024} MiB; still after {moved:.1f} s, beside them p50 {p50 * 1000:.1f} ms, "
              f"p99 {p99 * 1000:.1f} ms, most {times[-1] * 1000:.1f} ms", end=" ", flush=True)
        return client, server_growth, p50, times[-1]

    def check(self, *arguments):
        client, server, p50, most = self.measure(*arguments)
        self.assertLess(client, CLIENT_KIB)
        self.assertLess(server, SERVER_KIB)
        # A single one may still meet the machine while it is busy with the others.
        self.assertLess(p50, seconds(0.2))
        self.assertLess(most, seconds(5))

    def test_by_http1_from_http1(self):
        self.check(self.by_http1, False)

    def test_by_http2_from_http1(self):
        self.check(self.by_http2, False)

    def test_by_http1_from_http2(self):
        self.check(self.by_http1, True)

    def test_by_http2_from_http2(self):
        self.check(self.by_http2, True)


class OneConnection(Scene):
    """What a single HTTP/2 visitor may cost: its streams, times what each may have on its way before any of it is taken."""

    def grown(self, window, method="GET", content=b"", most=11 << 10):
        server, tunnel = self.scene(False, "--workers", "1")
        self.assertEqual(tunnel.get("/small").status, 200)
        watch = RssWatch(tunnel.client, server)
        rude = Rude(tunnel.http, tunnel.host, settings=False, receive_buffer=4096)
        self.addCleanup(rude.close)
        rude.send(PREFACE + frame(SETTINGS, 0, 0, b"\0\4" + struct.pack(">I", window)) + frame(SETTINGS, ACK))
        if window:
            rude.send(frame(WINDOW_UPDATE, 0, 0, struct.pack(">I", window - 65535)))
        fields = [("content-length", str(1 << 30))] if content else []
        for n in range(STREAMS):
            rude.send(rude.head(2 * n + 1, path="/big", method=method, end=not content, fields=fields))
        self.speak(rude, content)
        self.assertEqual(tunnel.get("/small").status, 200)
        time.sleep(1)  # what comes, comes at once
        client, server_growth = watch.growth()
        print(f"\n  client +{client // 1024} MiB, server +{server_growth // 1024} MiB", end=" ", flush=True)
        self.assertLess(server_growth, most)
        self.assertLess(client, 48 << 10)

    def speak(self, rude, content):
        """Sends content on all streams in turn, as long as windows allow."""
        if not content:
            return
        windows, total = dict.fromkeys((2 * n + 1 for n in range(STREAMS)), 65535), 65535
        seen, quiet = 0, time.monotonic()
        while time.monotonic() - quiet < 1:
            for kind, _, stream, payload in rude.frames[seen:]:
                if kind == SETTINGS and payload:
                    change = dict(struct.unpack(">HI", payload[at:at + 6]) for at in range(0, len(payload), 6)).get(4, 65535) - 65535
                    windows = {number: window + change for number, window in windows.items()}
                elif kind == WINDOW_UPDATE and stream == 0:
                    total += int.from_bytes(payload, "big")
                elif kind == WINDOW_UPDATE and stream in windows:
                    windows[stream] += int.from_bytes(payload, "big")
            seen = len(rude.frames)
            for stream, window in windows.items():
                room = min(window, total, len(content))
                if room > 0:
                    rude.send(frame(DATA, 0, stream, content[:room]))
                    windows[stream], total, quiet = window - room, total - room, time.monotonic()
            rude.receive(0.05)

    def test_it_opens_no_window(self):
        self.grown(0)

    def test_it_opens_all_windows_and_reads_nothing(self):
        self.grown((1 << 31) - 1)

    def test_it_sends_what_the_origin_does_not_take(self):
        self.grown((1 << 31) - 1, "POST", bytes(16384), 32 << 10)


if __name__ == "__main__":
    main()
