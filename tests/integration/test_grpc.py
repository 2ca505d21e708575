# SPDX-License-Identifier: Apache-2.0
"""gRPC end to end with Google's library at both ends: every kind of call, trailers, metadata, deadlines, cancellation, large
messages and many calls, to an h2c:// and an h2s:// origin."""

import os
import socket
import struct
import sys
import threading
import time

try:
    import grpc
except ImportError:
    # Debian's package belongs to Debian's Python, which need not be the first in PATH.
    if sys.executable == "/usr/bin/python3" or not os.access("/usr/bin/python3", os.X_OK):
        raise
    os.execv("/usr/bin/python3", ["/usr/bin/python3", "-u", *sys.argv])

from concurrent import futures

from support.case import AditCase, main
from support.origins import pattern
from support.pinging_relay import PingingRelay
from support.process import seconds
from support.tls import Authority

LIMIT = 32 << 20
BLOB = bytes(range(256))


class Service(grpc.GenericRpcHandler):
    """Methods by name, messages are bytes. Remembers what became of calls."""

    def __init__(self):
        self.changed = threading.Condition()
        self.cancelled, self.seen = [], []

    def note(self, kept, what):
        with self.changed:
            kept.append(what)
            self.changed.notify_all()

    def wait(self, condition, what):
        with self.changed:
            assert self.changed.wait_for(condition, seconds(10)), f"the service never saw {what}: {self.cancelled} {self.seen}"

    def service(self, details):
        name = details.method.rpartition("/")[2]
        self.note(self.seen, (name, dict(details.invocation_metadata)))
        return getattr(self, name)() if hasattr(self, name) else None

    def Echo(self):
        def call(request, context):
            context.set_trailing_metadata((("x-trailer", "after"), ("x-blob-bin", BLOB)))
            context.send_initial_metadata((("x-leader", "before"),))
            return request
        return grpc.unary_unary_rpc_method_handler(call)

    def Fail(self):
        def call(request, context):
            context.abort(grpc.StatusCode.FAILED_PRECONDITION, "nicht möglich: %s\n" % request.decode())
        return grpc.unary_unary_rpc_method_handler(call)

    def Count(self):
        def call(request, context):
            for number in range(int(request)):
                yield b"%d" % number
        return grpc.unary_stream_rpc_method_handler(call)

    def Sum(self):
        return grpc.stream_unary_rpc_method_handler(lambda requests, context: b"%d" % sum(len(each) for each in requests))

    def Talk(self):
        def call(requests, context):
            for each in requests:
                yield each.upper()
        return grpc.stream_stream_rpc_method_handler(call)

    def Large(self):
        return grpc.unary_unary_rpc_method_handler(lambda request, context: pattern(int(request)))

    def Hang(self):
        def call(request, context):
            done = threading.Event()

            def ended():  # not behind the yield: a call that ended meanwhile is not taken up again there
                self.note(self.cancelled, request)
                done.set()
            context.add_callback(ended)
            yield b"started"
            done.wait(seconds(30))
        return grpc.unary_stream_rpc_method_handler(call)

    def Slow(self):
        def call(request, context):
            done = threading.Event()
            context.add_callback(done.set)
            self.note(self.seen, ("left", context.time_remaining()))
            done.wait(seconds(30))
            self.note(self.cancelled, request)
            return b""
        return grpc.unary_unary_rpc_method_handler(call)

    def BreakOff(self):
        def call(request, context):
            yield b"one"
            context.cancel()
            yield b"never"
        return grpc.unary_stream_rpc_method_handler(call)


class GrpcCase(AditCase):
    tls = False
    pinging = False  # the service sends a PING for each frame of an answer

    def setUp(self):
        super().setUp()
        self.service = Service()
        # Closed in this order: channel, then server.
        self.backend = grpc.server(futures.ThreadPoolExecutor(64), options=[
            ("grpc.max_receive_message_length", LIMIT), ("grpc.max_send_message_length", LIMIT)])
        self.backend.add_generic_rpc_handlers((self.service,))
        arguments = []
        if self.tls:
            authority = Authority(self.directory("ca"))
            certificate = authority.issue("grpc", ["IP:127.0.0.1"])
            credentials = grpc.ssl_server_credentials([(certificate.key.read_bytes(), certificate.cert.read_bytes())])
            port = self.backend.add_secure_port("127.0.0.1:0", credentials)
            arguments = ["--origin-ca", str(authority.file)]
        else:
            port = self.backend.add_insecure_port("127.0.0.1:0")
        self.backend.start()
        self.addCleanup(lambda: self.backend.stop(None).wait())
        target = f"{'h2s' if self.tls else 'h2c'}://127.0.0.1:{port}"
        if self.pinging:
            self.relay_ = PingingRelay(port)
            self.addCleanup(self.relay_.close)
            target = self.relay_.target
        self.tunnel_ = self.tunnel(self.server(), target, "grpc", arguments=arguments)
        self.channel = self.dial()

    def dial(self):
        http = self.tunnel_.http
        channel = grpc.insecure_channel(f"{http.host}:{http.port}", options=[
            ("grpc.default_authority", self.tunnel_.host), ("grpc.enable_http_proxy", 0),
            ("grpc.max_receive_message_length", LIMIT), ("grpc.max_send_message_length", LIMIT)])
        self.addCleanup(channel.close)
        return channel

    def method(self, name, kind="unary_unary", channel=None):
        return getattr(channel or self.channel, kind)(f"/test.Service/{name}")

    def make_thousands_of_calls(self):
        """64 at a time; each gets its own answer."""
        echo = self.method("Echo")
        pending = []
        for number in range(3000):
            pending.append((number, echo.future(b"%d" % number, timeout=seconds(60))))
            if len(pending) >= 64:
                done, future = pending.pop(0)
                self.assertEqual(future.result(), b"%d" % done)
        for number, future in pending:
            self.assertEqual(future.result(), b"%d" % number)


class Calls(GrpcCase):
    def test_unary_with_metadata_and_trailers(self):
        answer, call = self.method("Echo").with_call(b"hello", timeout=seconds(10), metadata=(
            ("x-text", "a, b"), ("x-blob-bin", BLOB), ("x-empty", "")))
        self.assertEqual(answer, b"hello")
        self.assertEqual(dict(call.initial_metadata())["x-leader"], "before")
        trailing = dict(call.trailing_metadata())
        self.assertEqual((trailing["x-trailer"], trailing["x-blob-bin"]), ("after", BLOB))
        name, metadata = self.service.seen[0]
        self.assertEqual((name, metadata["x-text"], metadata["x-blob-bin"], metadata["x-empty"]), ("Echo", "a, b", BLOB, ""))

    def test_an_empty_message(self):
        self.assertEqual(self.method("Echo")(b"", timeout=seconds(10)), b"")

    def test_a_status_with_its_message(self):
        with self.assertRaises(grpc.RpcError) as raised:
            self.method("Fail")(b"grund", timeout=seconds(10))
        self.assertEqual(raised.exception.code(), grpc.StatusCode.FAILED_PRECONDITION)
        self.assertEqual(raised.exception.details(), "nicht möglich: grund\n")

    def test_a_method_that_is_not_there(self):
        # Trailers only: a head with the status and nothing else.
        with self.assertRaises(grpc.RpcError) as raised:
            self.method("Nothing")(b"", timeout=seconds(10))
        self.assertEqual(raised.exception.code(), grpc.StatusCode.UNIMPLEMENTED)

    def test_streams_of_answers(self):
        for count in (0, 1, 2000):
            got = list(self.method("Count", "unary_stream")(b"%d" % count, timeout=seconds(20)))
            self.assertEqual(got, [b"%d" % number for number in range(count)])

    def test_streams_of_requests(self):
        for count in (0, 1, 500):
            self.assertEqual(self.method("Sum", "stream_unary")(iter([b"x" * 1000] * count), timeout=seconds(20)), b"%d" % (1000 * count))

    def test_a_conversation(self):
        turns = []
        heard = threading.Semaphore(0)

        def speak():
            for number in range(50):
                yield b"turn %d" % number
                self.assertTrue(heard.acquire(timeout=seconds(10)))  # each answer comes before the next request
        for answer in self.method("Talk", "stream_stream")(speak(), timeout=seconds(30)):
            turns.append(answer)
            heard.release()
        self.assertEqual(turns, [b"TURN %d" % number for number in range(50)])

    def test_large_messages(self):
        for size in (1 << 20, 16 << 20):
            body = pattern(size)
            self.assertEqual(self.method("Echo")(body, timeout=seconds(60)), body)

    def test_a_deadline_reaches_the_service(self):
        started = time.monotonic()
        with self.assertRaises(grpc.RpcError) as raised:
            self.method("Slow")(b"deadline", timeout=2)
        self.assertEqual(raised.exception.code(), grpc.StatusCode.DEADLINE_EXCEEDED)
        self.assertLess(time.monotonic() - started, seconds(8))
        self.service.wait(lambda: b"deadline" in self.service.cancelled, "the end of the call")
        left = [what for name, what in self.service.seen if name == "left"]
        self.assertTrue(left[0] is not None and left[0] <= 2.5, left)

    def test_a_client_that_cancels(self):
        call = self.method("Hang", "unary_stream")(b"cancel", timeout=seconds(30))
        self.assertEqual(next(call), b"started")
        call.cancel()
        self.service.wait(lambda: b"cancel" in self.service.cancelled, "the cancellation")
        self.assertEqual(self.method("Echo")(b"on", timeout=seconds(10)), b"on")

    def test_a_client_that_cancels_before_any_answer(self):
        future = self.method("Slow").future(b"early", timeout=seconds(30))
        self.service.wait(lambda: any(name == "left" for name, _ in self.service.seen), "the call")
        future.cancel()
        self.service.wait(lambda: b"early" in self.service.cancelled, "the cancellation")

    def test_a_client_that_goes_away(self):
        channel = self.dial()
        call = self.method("Hang", "unary_stream", channel)(b"gone", timeout=seconds(30))
        self.assertEqual(next(call), b"started")
        channel.close()
        self.service.wait(lambda: b"gone" in self.service.cancelled, "the cancellation")

    def test_a_service_that_breaks_off(self):
        call = self.method("BreakOff", "unary_stream")(b"", timeout=seconds(10))
        with self.assertRaises(grpc.RpcError) as raised:
            list(call)
        self.assertIn(raised.exception.code(), (grpc.StatusCode.CANCELLED, grpc.StatusCode.INTERNAL, grpc.StatusCode.UNAVAILABLE,
                                                grpc.StatusCode.UNKNOWN))
        self.assertEqual(self.method("Echo")(b"on", timeout=seconds(10)), b"on")

    def test_thousands_of_calls_on_one_connection(self):
        self.make_thousands_of_calls()

    def test_a_service_that_is_gone_is_unavailable(self):
        self.assertEqual(self.method("Echo")(b"x", timeout=seconds(10)), b"x")
        self.backend.stop(None).wait()
        with self.assertRaises(grpc.RpcError) as raised:
            self.method("Echo")(b"x", timeout=seconds(10))
        self.assertEqual(raised.exception.code(), grpc.StatusCode.UNAVAILABLE)


class PingingService(GrpcCase):
    """A service that measures bandwidth with PINGs as long as it is used keeps its one connection."""
    pinging = True

    def test_thousands_of_calls(self):
        self.make_thousands_of_calls()
        self.assertGreater(self.relay_.sent, 6000)
        self.assertEqual(self.relay_.connections, 1)

    def test_long_streams(self):
        got = list(self.method("Count", "unary_stream")(b"5000", timeout=seconds(60)))
        self.assertEqual(got, [b"%d" % number for number in range(5000)])
        said = self.method("Talk", "stream_stream")(iter([b"turn"] * 2000), timeout=seconds(60))
        self.assertEqual(list(said), [b"TURN"] * 2000)
        self.assertEqual(self.relay_.connections, 1)


def block(*fields):
    """A header block of literal fields, without tables."""
    return b"".join(b"\0" + bytes([len(name)]) + name + bytes([len(value)]) + value for name, value in fields)


def frame(kind, flags, stream, payload=b""):
    return struct.pack(">I", len(payload))[1:] + bytes([kind, flags]) + struct.pack(">I", stream) + payload


class ResettingOrigin:
    """An HTTP/2 server that resets every request with `code`: before a head, or behind half an answer."""

    def __init__(self, code, half=False):
        self.code, self.half, self.requests = code, half, 0
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    def serve(self, connection):
        with connection, connection.makefile("rb") as stream:
            stream.read(24)
            connection.sendall(frame(4, 0, 0))
            while len(head := stream.read(9)) == 9:
                kind, flags, number = head[3], head[4], int.from_bytes(head[5:9], "big")
                stream.read(int.from_bytes(head[:3], "big"))
                if kind == 4 and not flags & 1:
                    connection.sendall(frame(4, 1, 0))
                elif kind == 1:
                    self.requests += 1
                    answer = frame(1, 4, number, block((b":status", b"200"), (b"content-type", b"application/grpc"))) if self.half else b""
                    connection.sendall(answer + frame(3, 0, number, struct.pack(">I", self.code)))

    def close(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()


class Failures(AditCase):
    """What a call's library is told when there is no answer."""

    def call(self, target, name="grpc", arguments=(), server=None):
        tunnel = self.tunnel(server or self.server(), target, name, arguments=arguments)
        return self.fails(tunnel, tunnel.host), tunnel

    def fails(self, tunnel, host, method="/test.Service/Any"):
        with grpc.insecure_channel(f"{tunnel.http.host}:{tunnel.http.port}", options=[
                ("grpc.default_authority", host), ("grpc.enable_http_proxy", 0), ("grpc.enable_retries", 0)]) as channel:
            with self.assertRaises(grpc.RpcError) as raised:
                channel.unary_unary(method)(b"", timeout=seconds(15))
        return raised.exception

    def resetting(self, code, **options):
        origin = ResettingOrigin(code, **options)
        self.addCleanup(origin.close)
        return origin

    def test_an_origins_reset_is_told_as_what_it_was(self):
        server = self.server()
        for code, status in ((8, grpc.StatusCode.CANCELLED), (7, grpc.StatusCode.UNAVAILABLE),
                             (11, grpc.StatusCode.RESOURCE_EXHAUSTED), (12, grpc.StatusCode.PERMISSION_DENIED),
                             (2, grpc.StatusCode.INTERNAL), (1, grpc.StatusCode.INTERNAL), (0, grpc.StatusCode.INTERNAL)):
            with self.subTest(code):
                origin = self.resetting(code)
                error, _ = self.call(f"h2c://127.0.0.1:{origin.port}", f"reset{code}", server=server)
                self.assertEqual(error.code(), status, error)
                self.assertEqual(origin.requests, 2 if code == 7 else 1)

    def test_a_reset_behind_the_head_too(self):
        server = self.server()
        for code, status in ((8, grpc.StatusCode.CANCELLED), (11, grpc.StatusCode.RESOURCE_EXHAUSTED),
                             (12, grpc.StatusCode.PERMISSION_DENIED), (7, grpc.StatusCode.INTERNAL)):
            with self.subTest(code):
                error, _ = self.call(f"h2c://127.0.0.1:{self.resetting(code, half=True).port}", f"half{code}", server=server)
                self.assertEqual(error.code(), status, error)

    def test_nothing_answers(self):
        with socket.create_server(("127.0.0.1", 0)) as unused:
            port = unused.getsockname()[1]
        error, tunnel = self.call(f"h2c://127.0.0.1:{port}")
        self.assertEqual(error.code(), grpc.StatusCode.UNAVAILABLE)
        self.assertIn(f"Nothing answers on port {port}.", error.details())
        error = self.fails(tunnel, tunnel.host.replace("grpc.", "nobody."))
        self.assertEqual(error.code(), grpc.StatusCode.UNIMPLEMENTED)
        self.assertIn("There is no tunnel at this address", error.details())
        tunnel.client.stop()
        error = self.fails(tunnel, tunnel.host)
        self.assertEqual(error.code(), grpc.StatusCode.UNAVAILABLE)
        self.assertIn("offline", error.details())

    def test_too_slow(self):
        with socket.create_server(("127.0.0.1", 0)) as silent:  # its backlog takes the connection
            error, _ = self.call(f"h2c://127.0.0.1:{silent.getsockname()[1]}", arguments=["--origin-timeout", "1"])
        self.assertEqual(error.code(), grpc.StatusCode.DEADLINE_EXCEEDED)
        self.assertIn("did not answer in the time allowed", error.details())

    def test_what_is_no_http2(self):
        origin = self.origin(lambda connection: (connection.fill(), connection.send(b"HTTP/1.1 400 No\r\nContent-Length: 0\r\n\r\n")))
        error, _ = self.call(f"h2c://127.0.0.1:{origin.port}")
        self.assertEqual(error.code(), grpc.StatusCode.UNAVAILABLE)
        self.assertIn("does not speak HTTP/2", error.details())

    def test_a_browsers_call_by_http1(self):
        with socket.create_server(("127.0.0.1", 0)) as unused:
            port = unused.getsockname()[1]
        tunnel = self.tunnel(self.server(), f"http://127.0.0.1:{port}", "web")
        for host, status in ((tunnel.host, "14"), (tunnel.host.replace("web.", "nobody."), "12")):
            answer = tunnel.visit(host=host).request("POST", "/test.Service/Any", fields=[
                ("Content-Type", "application/grpc-web+proto")], body=b"").response("POST")
            self.assertEqual((answer.status, answer.body), (200, b""))
            self.assertEqual(answer.get("Content-Type"), "application/grpc-web")
            self.assertEqual(answer.get("Grpc-Status"), status)


class CallsByTls(GrpcCase):
    tls = True

    def test_calls(self):
        body = pattern(4 << 20)
        self.assertEqual(self.method("Echo")(body, timeout=seconds(30)), body)
        self.assertEqual(len(list(self.method("Count", "unary_stream")(b"100", timeout=seconds(10)))), 100)
        call = self.method("Hang", "unary_stream")(b"cancel", timeout=seconds(30))
        self.assertEqual(next(call), b"started")
        call.cancel()
        self.service.wait(lambda: b"cancel" in self.service.cancelled, "the cancellation")


if __name__ == "__main__":
    main()
