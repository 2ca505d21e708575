# SPDX-License-Identifier: Apache-2.0
"""HTTP/2 visitors: one that behaves (Python's h2), and one that says any frame it likes."""

import socket
import ssl
import struct
import sys
import time

from .process import seconds

try:
    import h2.config
except ImportError:  # Debian's package, for another Python than Debian's
    sys.path.append("/usr/lib/python3/dist-packages")
    import h2.config
import h2.connection
import h2.errors
import h2.events
import h2.exceptions
import hpack

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, PRIORITY, RST_STREAM, SETTINGS, PUSH_PROMISE, PING, GOAWAY, WINDOW_UPDATE, CONTINUATION = range(10)
END_STREAM, ACK, END_HEADERS = 1, 1, 4
PROTOCOL_ERROR, CANCEL, ENHANCE_YOUR_CALM = 1, 8, 11


class Exchange:
    """One stream as its visitor sees it."""

    def __init__(self):
        self.status, self.fields, self.body, self.trailers, self.interim = None, [], b"", None, []
        self.ended, self.reset = False, None

    def get(self, name, default=None):
        return dict(self.fields).get(name, default)

    def __repr__(self):
        return f"<{self.status} {self.fields} {len(self.body)} bytes ended={self.ended} reset={self.reset}>"


class Visitor2:
    """A connection with Python's h2; `strict=False` lets it send what may not be sent."""

    def __init__(self, address, host, context=None, strict=True, timeout=15):
        self.host, self.scheme = host, "https" if context else "http"
        self.sock = socket.create_connection(tuple(address), timeout=seconds(timeout))
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if context:
            self.sock = context.wrap_socket(self.sock, server_hostname=host.split(":")[0])
        self.timeout = seconds(timeout)
        self.connection = h2.connection.H2Connection(h2.config.H2Configuration(
            client_side=True, header_encoding="utf-8", validate_outbound_headers=strict, normalize_outbound_headers=strict))
        self.connection.initiate_connection()
        self.streams, self.goaway, self.closed, self.settings, self.pings = {}, None, False, {}, 0
        self.flush()

    def flush(self):
        data = self.connection.data_to_send()
        if data:
            self.sock.sendall(data)

    def raw(self, data):
        self.flush()
        self.sock.sendall(data)

    def start(self, method="GET", path="/", fields=(), end=True, host=None, pseudo=None):
        stream = self.connection.get_next_available_stream_id()
        head = pseudo or [(":method", method), (":scheme", self.scheme), (":authority", host or self.host), (":path", path)]
        self.streams[stream] = Exchange()
        self.connection.send_headers(stream, [*head, *fields], end_stream=end)
        self.flush()
        return stream

    def data(self, stream, data, end=False):
        """Sends as windows open."""
        deadline = time.monotonic() + self.timeout
        if end and not data:
            self.connection.end_stream(stream)
            self.flush()
        while data:
            room = min(self.connection.local_flow_control_window(stream), self.connection.max_outbound_frame_size, len(data))
            if room == 0:
                assert time.monotonic() < deadline, "no window opened"
                self.pump(0.2)
                continue
            self.connection.send_data(stream, data[:room], end_stream=end and room == len(data))
            data = data[room:]
            self.flush()

    def pump(self, timeout=None, credit=True):
        """Takes what comes within `timeout`; False when nothing did."""
        self.sock.settimeout(self.timeout if timeout is None else timeout)
        try:
            data = self.sock.recv(65536)
        except (TimeoutError, socket.timeout, ssl.SSLWantReadError):
            return False
        except ConnectionError:
            data = b""
        finally:
            self.sock.settimeout(self.timeout)
        if not data:
            self.closed = True
            return False
        for event in self.connection.receive_data(data):
            self.take(event, credit)
        try:
            self.flush()
        except OSError:
            pass
        return True

    def take(self, event, credit):
        exchange = self.streams.get(getattr(event, "stream_id", None))
        if isinstance(event, h2.events.ConnectionTerminated):
            self.goaway = event.error_code
        elif isinstance(event, h2.events.RemoteSettingsChanged):
            self.settings.update({key: change.new_value for key, change in event.changed_settings.items()})
        elif isinstance(event, h2.events.PingAckReceived):
            self.pings += 1
        elif exchange is None:
            return
        elif isinstance(event, h2.events.InformationalResponseReceived):
            exchange.interim.append(dict(event.headers)[":status"])
        elif isinstance(event, h2.events.ResponseReceived):
            exchange.status, exchange.fields = int(dict(event.headers)[":status"]), event.headers[1:]
        elif isinstance(event, h2.events.TrailersReceived):
            exchange.trailers = event.headers
        elif isinstance(event, h2.events.DataReceived):
            exchange.body += event.data
            if credit and event.flow_controlled_length:
                try:
                    self.connection.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
                except h2.exceptions.ProtocolError:
                    pass
        elif isinstance(event, h2.events.StreamEnded):
            exchange.ended = True
        elif isinstance(event, h2.events.StreamReset):
            exchange.reset = int(event.error_code)

    def until(self, condition, what="it", timeout=None):
        deadline = time.monotonic() + (self.timeout if timeout is None else seconds(timeout))
        while not condition():
            if self.closed or time.monotonic() > deadline:
                raise AssertionError(f"{what} did not come (closed: {self.closed}, GOAWAY: {self.goaway}): {self.streams}")
            self.pump(max(0.01, min(1, deadline - time.monotonic())))

    def wait(self, stream):
        exchange = self.streams[stream]
        self.until(lambda: exchange.ended or exchange.reset is not None, f"the answer on stream {stream}")
        return exchange

    def request(self, method="GET", path="/", fields=(), body=None, **options):
        stream = self.start(method, path, fields, end=body is None, **options)
        if body is not None:
            self.data(stream, body, end=True)
        return self.wait(stream)

    def close(self):
        self.sock.close()


def frame(kind, flags=0, stream=0, payload=b""):
    return struct.pack(">I", len(payload) << 8 | kind) + bytes([flags]) + struct.pack(">I", stream) + payload


class Rude:
    """A connection whose frames are the test's own."""

    def __init__(self, address, host, timeout=15, settings=True, receive_buffer=None, source=None):
        self.host, self.timeout = host, seconds(timeout)
        self.sock = socket.socket()
        if source:
            self.sock.bind((source, 0))
        if receive_buffer:
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.sock.settimeout(self.timeout)
        self.sock.connect(tuple(address))
        self.encoder, self.decoder, self.buffer, self.frames, self.closed = hpack.Encoder(), hpack.Decoder(), b"", [], False
        self.sent = 0
        if settings:
            self.send(PREFACE + frame(SETTINGS) + frame(SETTINGS, ACK))

    def send(self, data):
        self.sock.sendall(data)
        self.sent += len(data)

    def head(self, stream, path="/", method="GET", end=True, fields=(), pseudo=None):
        lines = pseudo or [(":method", method), (":scheme", "http"), (":authority", self.host), (":path", path)]
        payload = self.encoder.encode([*lines, *fields], huffman=False)
        return frame(HEADERS, END_HEADERS | (END_STREAM if end else 0), stream, payload)

    def receive(self, timeout=0.01):
        """Reads what is there; frames become (kind, flags, stream, payload)."""
        self.sock.settimeout(timeout)
        try:
            data = self.sock.recv(1 << 18)
            self.closed = self.closed or not data
            self.buffer += data
        except (TimeoutError, socket.timeout):
            return False
        except ConnectionError:
            self.closed = True
        finally:
            self.sock.settimeout(self.timeout)
        while len(self.buffer) >= 9:
            size = int.from_bytes(self.buffer[:3], "big")
            if len(self.buffer) < 9 + size:
                break
            stream = int.from_bytes(self.buffer[5:9], "big")
            self.frames.append((self.buffer[3], self.buffer[4], stream, self.buffer[9:9 + size]))
            self.buffer = self.buffer[9 + size:]
        return True

    def goaway(self):
        """The code of the newest GOAWAY."""
        codes = [int.from_bytes(payload[4:8], "big") for kind, _, _, payload in self.frames if kind == GOAWAY]
        return codes[-1] if codes else None

    def reset_of(self, stream):
        codes = [int.from_bytes(payload, "big") for kind, _, number, payload in self.frames if kind == RST_STREAM and number == stream]
        return codes[0] if codes else None

    def until(self, condition, what="it", timeout=None):
        deadline = time.monotonic() + (self.timeout if timeout is None else seconds(timeout))
        while not condition():
            if self.closed or time.monotonic() > deadline:
                if condition():
                    return
                raise AssertionError(f"{what} did not come (closed: {self.closed}): {self.frames[-5:]}")
            self.receive(0.05)

    def flood(self, piece, most=100_000):
        """Repeats `piece` (bytes, or a function of the count) until the connection is cut; how often it was sent."""
        count = 0
        try:
            while count < most and not self.closed and self.goaway() in (None, 0):
                self.send(piece(count) if callable(piece) else piece)
                count += 1
                if count % 8 == 0:
                    self.receive(0.002)
        except OSError:
            pass
        try:
            self.until(lambda: self.closed, "the end", timeout=10)
        except AssertionError:
            pass
        return count

    def close(self):
        self.sock.close()
