# SPDX-License-Identifier: Apache-2.0
"""The visitors of the benchmark, run inside the server's namespace. measure.py JSON does what the object says and prints one JSON object:
  {"do": "download" | "upload", ...way, "path", "limit": s}      bytes a second of one transfer, cut off after `limit`
  {"do": "small", ...way, "connections": n, "seconds": s}        latencies in milliseconds, each connection one request after the other
  {"do": "share", "ways": [...], "warmup": s, "seconds": s}      downloads side by side: bytes a second of each once warm
  {"do": "first", ...way, "interval": s, "limit": s}             when (CLOCK_MONOTONIC) the first of ever new requests succeeded
A way is {"port", "host"}; "small" takes "beside": [ways], bulk downloads that run meanwhile."""

import json
import mmap
import os
import socket
import sys
import threading
import time

PIECE = 1 << 16


class Failed(Exception):
    pass


class Visitor:
    """One connection by HTTP/1.1."""

    def __init__(self, way, timeout):
        self.host = way["host"]
        self.socket = socket.create_connection(("127.0.0.1", way["port"]), timeout)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.rest = b""

    def ask(self, method, path, fields=""):
        self.socket.sendall(f"{method} {path} HTTP/1.1\r\nHost: {self.host}\r\n{fields}\r\n".encode())

    def head(self):
        """Content length of the answer, which must be a 200."""
        while b"\r\n\r\n" not in self.rest:
            piece = self.socket.recv(PIECE)
            if not piece:
                raise Failed("closed before an answer")
            self.rest += piece
        head, _, self.rest = self.rest.partition(b"\r\n\r\n")
        status, *lines = head.decode("latin-1").split("\r\n")
        if status.split()[1] != "200":
            raise Failed(status)
        fields = dict(line.lower().split(": ", 1) for line in lines)
        return int(fields["content-length"])

    def body(self, length, seen=lambda count: None, until=None):
        """Reads the body, or until the time given; the bytes that came."""
        buffer = bytearray(PIECE)
        got = min(len(self.rest), length)
        self.rest = self.rest[got:]
        seen(got)
        while got < length and (until is None or time.monotonic() < until):
            count = self.socket.recv_into(buffer, min(PIECE, length - got))
            if not count:
                raise Failed("closed amid the body")
            got += count
            seen(count)
        return got

    def get(self, path):
        self.ask("GET", path)
        return self.body(self.head())

    def close(self):
        self.socket.close()


def download(task):
    visitor = Visitor(task, task["limit"])
    begun = time.monotonic()
    visitor.ask("GET", task["path"])
    got = visitor.body(visitor.head(), until=begun + task["limit"])
    took = time.monotonic() - begun
    visitor.close()
    return {"bytes": got, "seconds": took}


def upload(task):
    """What arrives at the origin counts, not what the first buffer took; the origin notes it in a shared file."""
    with open(task["count"], "r+b") as file:
        counter = mmap.mmap(file.fileno(), 8)
    arrived = lambda: int.from_bytes(counter[:8], "little")  # noqa: E731
    visitor = Visitor(task, task["limit"])
    visitor.socket.settimeout(1)
    size = task["size"]
    before = arrived()
    begun = time.monotonic()
    visitor.ask("POST", "/upload", f"Content-Length: {size}\r\n")
    zeros = bytes(PIECE)

    def send():
        left = size
        try:
            while left and time.monotonic() < begun + task["limit"]:
                try:
                    left -= visitor.socket.send(zeros[:min(left, PIECE)])
                except TimeoutError:
                    pass
        except OSError:
            pass

    sender = threading.Thread(target=send, daemon=True)
    sender.start()
    while arrived() - before < size and time.monotonic() < begun + task["limit"]:
        time.sleep(0.005)
    got, took = arrived() - before, time.monotonic() - begun
    if not got:
        raise Failed("nothing arrived")
    visitor.close()
    return {"bytes": got, "seconds": took}


def keep_downloading(way, counts, index, stop):
    while not stop.is_set():
        visitor = None
        try:
            visitor = Visitor(way, 30)
            visitor.ask("GET", way["path"])

            def seen(count):
                counts[index] += count
                if stop.is_set():
                    raise Failed("told to stop")
            visitor.body(visitor.head(), seen)
        except (Failed, OSError):
            time.sleep(0.05)
        finally:
            if visitor:
                visitor.close()


class Background:
    def __init__(self, ways):
        self.counts = [0] * len(ways)
        self._stop = threading.Event()
        for index, way in enumerate(ways):
            threading.Thread(target=keep_downloading, args=(way, self.counts, index, self._stop), daemon=True).start()

    def stop(self):
        self._stop.set()


def small(task):
    background = Background(task.get("beside", []))
    if background.counts:
        time.sleep(task["warmup"])
    latencies, failures, lock = [], [], threading.Lock()
    end = time.monotonic() + task["seconds"]

    def visit():
        visitor = None
        while time.monotonic() < end:
            try:
                visitor = visitor or Visitor(task, 20)
                begun = time.monotonic()
                visitor.get("/small")
                with lock:
                    latencies.append((time.monotonic() - begun) * 1000)
            except (Failed, OSError) as failure:
                with lock:
                    failures.append(str(failure))
                visitor = None
                time.sleep(0.1)

    moved = sum(background.counts)
    began = time.monotonic()
    threads = [threading.Thread(target=visit, daemon=True) for _ in range(task["connections"])]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(task["seconds"] + 25)
    rate = (sum(background.counts) - moved) / (time.monotonic() - began)
    background.stop()
    return {"latencies": sorted(latencies), "failures": failures[:3], "beside": rate}


def share(task):
    background = Background(task["ways"])
    time.sleep(task["warmup"])
    before = list(background.counts)
    begun = time.monotonic()
    time.sleep(task["seconds"])
    took = time.monotonic() - begun
    rates = [(now - then) / took for now, then in zip(background.counts, before)]
    background.stop()
    return {"rates": rates}


def first(task):
    """A new request at every interval, each on a connection of its own, so that none waits behind another."""
    won = threading.Event()
    result = {}

    def attempt():
        begun = time.monotonic()
        try:
            visitor = Visitor(task, 15)
            visitor.get("/small")
            now = time.monotonic()
            visitor.close()
        except (Failed, OSError) as failure:
            result["last_failure"] = str(failure)
            return
        if not won.is_set():
            result.update(at=now, took=now - begun)
            won.set()

    end = time.monotonic() + task["limit"]
    while time.monotonic() < end and not won.is_set():
        threading.Thread(target=attempt, daemon=True).start()
        won.wait(task["interval"])
    return result


def main():
    task = json.loads(sys.argv[1])
    try:
        result = {"download": download, "upload": upload, "small": small, "share": share, "first": first}[task["do"]](task)
    except (Failed, OSError) as failure:
        result = {"failed": str(failure)}
    print(json.dumps(result), flush=True)
    os._exit(0)  # threads that still wait for an answer are not waited for


if __name__ == "__main__":
    main()
