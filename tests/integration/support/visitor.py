# SPDX-License-Identifier: Apache-2.0
"""A visitor's TCP connection that sends bytes exactly as given and reads answers strictly, so that a test sees what is on
the wire: order, framing, trailers, interim answers, the moment something arrives."""

import socket
import time

from .process import seconds


class Response:
    def __init__(self, status, reason, fields):
        self.status = status
        self.reason = reason
        self.fields = fields      # [(lower-case name, value)]
        self.body = b""
        self.trailers = []
        self.interim = []         # earlier 1xx answers

    def all(self, name):
        return [value for key, value in self.fields if key == name.lower()]

    def get(self, name, default=None):
        found = self.all(name)
        return found[0] if found else default

    def __repr__(self):
        return f"<{self.status} {self.fields} {self.body[:200]!r}>"


class Closed(AssertionError):
    """The other side closed where more was expected."""


class Wire:
    """A socket with buffered, deadline-bound reading. Both visitors and origins use it."""

    def __init__(self, sock, timeout=15):
        self.sock = sock
        self.timeout = timeout
        self.buffer = b""
        self.received = b""
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1) if sock.family != socket.AF_UNIX else None

    def send(self, data):
        self.sock.settimeout(seconds(self.timeout))
        self.sock.sendall(data.encode("latin-1") if isinstance(data, str) else data)

    def finish_sending(self):
        self.sock.shutdown(socket.SHUT_WR)

    def fill(self, timeout=None):
        """Reads once; False at the end of the stream."""
        self.sock.settimeout(seconds(timeout or self.timeout))
        try:
            data = self.sock.recv(1 << 16)
        except (ConnectionResetError, BrokenPipeError):
            data = b""
        except socket.timeout:
            raise AssertionError(f"nothing arrived in {seconds(timeout or self.timeout):.0f} s; so far {self.received[-2000:]!r}") from None
        self.buffer += data
        self.received = (self.received + data)[-8192:]
        return bool(data)

    def until(self, mark):
        while mark not in self.buffer:
            if not self.fill():
                raise Closed(f"closed before {mark!r}; got {self.buffer[:2000]!r}")
        head, self.buffer = self.buffer.split(mark, 1)
        return head

    def exactly(self, size):
        parts, have = [], 0
        while True:
            take = self.buffer[: size - have]
            self.buffer = self.buffer[len(take):]
            parts.append(take)
            have += len(take)
            if have == size:
                return b"".join(parts)
            if not self.fill():
                raise Closed(f"closed {size - have} bytes early")

    def rest(self):
        while self.fill():
            pass
        data, self.buffer = self.buffer, b""
        return data

    def closed_within(self, timeout=10):
        """True when the peer ends the connection; bytes that come before are kept in the buffer."""
        deadline = time.monotonic() + seconds(timeout)
        while time.monotonic() < deadline:
            try:
                if not self.fill(timeout=max(0.01, (deadline - time.monotonic())) / seconds(1)):
                    return True
            except AssertionError:
                return False
        return False

    def fields(self, block):
        out = []
        for line in block.split(b"\r\n"):
            if line:
                name, _, value = line.decode("latin-1").partition(":")
                out.append((name.lower(), value.strip()))
        return out

    def head(self):
        """The first line and the fields of the next message."""
        first, _, block = self.until(b"\r\n\r\n").partition(b"\r\n")
        return first.decode("latin-1"), self.fields(block)

    def chunk(self):
        """The next chunk; empty for the last one, whose trailers are then in `self.trailers`."""
        size = int(self.until(b"\r\n").split(b";")[0], 16)
        if size == 0:
            self.trailers = []
            while True:
                line = self.until(b"\r\n")
                if not line:
                    return b""
                self.trailers += self.fields(line)
        data = self.exactly(size)
        assert self.exactly(2) == b"\r\n", "a chunk must end with CRLF"
        return data

    def close(self):
        self.sock.close()

    def abort(self):
        """RST instead of FIN."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
        self.sock.close()


def connected(address, timeout, source=None, receive_buffer=None):
    """A TCP socket to `address`, from `source` where that is given. A receive buffer must be set before the window is told."""
    sock = socket.socket(socket.AF_INET6 if ":" in address[0] else socket.AF_INET)
    try:
        if receive_buffer:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        if source:
            sock.bind((source, 0))
        sock.settimeout(seconds(timeout))
        sock.connect(tuple(address))
    except BaseException:
        sock.close()
        raise
    return sock


class Visitor(Wire):
    def __init__(self, address, host, timeout=15, source=None, receive_buffer=None):
        self.host = host
        super().__init__(connected(address, timeout, source, receive_buffer), timeout)

    def request(self, method="GET", target="/", fields=(), body=b"", host=None):
        lines = [f"{method} {target} HTTP/1.1", f"Host: {host or self.host}"]
        lines += [f"{name}: {value}" for name, value in fields]
        if body and not any(name.lower() in ("content-length", "transfer-encoding") for name, _ in fields):
            lines.append(f"Content-Length: {len(body)}")
        self.send("\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body)
        return self

    def start(self, interim=()):
        """The head of the final answer; 1xx ones are collected."""
        collected = list(interim)
        while True:
            line, fields = self.head()
            version, _, rest = line.partition(" ")
            assert version == "HTTP/1.1", f"not an HTTP/1.1 answer: {line!r}"
            code, _, reason = rest.partition(" ")
            response = Response(int(code), reason, fields)
            if response.status >= 200 or response.status == 101:
                response.interim = collected
                return response
            collected.append(response)

    def response(self, method="GET"):
        response = self.start()
        coding = response.get("transfer-encoding")
        lengths = response.all("content-length")
        if method == "HEAD" or response.status in (101, 204, 304):
            return response
        if coding:
            assert coding.lower() == "chunked" and not lengths, f"framing of {response}"
            parts = []
            while part := self.chunk():
                parts.append(part)
            response.body, response.trailers = b"".join(parts), self.trailers
        elif lengths:
            assert len(lengths) == 1, f"two lengths in {response}"
            response.body = self.exactly(int(lengths[0]))
        else:
            response.body = self.rest()
        return response

    def get(self, target="/", fields=(), host=None):
        return self.request("GET", target, fields, host=host).response()
