# SPDX-License-Identifier: Apache-2.0
"""Runs the real binaries: reads their output line by line, waits for what is expected with a deadline, and ends them by
their own process id, always."""

import collections
import json
import os
import pathlib
import shutil
import signal
import subprocess
import threading
import time
import unittest

# Sanitizer builds are slower; the build system says by how much.
SLOW = float(os.environ.get("ADIT_TEST_SLOW", "1"))


def seconds(value):
    return value * SLOW


def binary(name):
    variable = {"adit": "ADIT_BIN", "adit-server": "ADIT_SERVER_BIN"}[name]
    path = os.environ.get(variable)
    if not path or not os.access(path, os.X_OK):
        raise RuntimeError(f"{variable} must name the built {name}; it is {path!r}")
    return path


def required(program):
    """The path of a program of Debian's that a test needs. Without it the test is skipped, but fails under tests/run, which
    installs every such package (ADIT_TEST_STRICT=1): there a missing one is a mistake in installer/packages.txt."""
    path = shutil.which(program)
    if path:
        return path
    if os.environ.get("ADIT_TEST_STRICT") == "1":
        raise AssertionError(f"{program} is missing: installer/packages.txt must name its package")
    raise unittest.SkipTest(f"{program} is not installed")


def private_environment(home, **more):
    """An environment in which Adit finds no profile, no state and no display of the person who runs the tests."""
    env = {key: value for key, value in os.environ.items() if not key.startswith(("ADIT_", "XDG_")) and key not in
           ("DISPLAY", "WAYLAND_DISPLAY", "http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")}
    home = str(home)
    env.update(HOME=home, XDG_CONFIG_HOME=home + "/config", XDG_STATE_HOME=home + "/state", XDG_DATA_HOME=home + "/data",
               XDG_CACHE_HOME=home + "/cache", XDG_RUNTIME_DIR=home + "/run", LANG="C.UTF-8", LC_ALL="C.UTF-8")
    pathlib.Path(home, "run").mkdir(mode=0o700, parents=True, exist_ok=True)
    env.update(more)
    return env


class Program:
    """One process whose output is kept by lines. `text` of an expectation that is not met holds all of it."""

    def __init__(self, argv, env, stdin=None, cwd=None, keep_open=False):
        self.argv = [str(part) for part in argv]
        self._changed = threading.Condition()
        self.lines = []          # (stream, text), in order of arrival
        self.events = []         # parsed JSON objects of standard output
        self._open = 2
        self.process = subprocess.Popen(self.argv, env=env, cwd=cwd, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                        stdin=subprocess.PIPE if stdin is not None else subprocess.DEVNULL)
        for name, pipe in (("out", self.process.stdout), ("err", self.process.stderr)):
            threading.Thread(target=self._read, args=(name, pipe), daemon=True).start()
        if stdin is not None:
            self.process.stdin.write(stdin.encode())
            self.process.stdin.flush()
            if not keep_open:
                self.process.stdin.close()

    @property
    def pid(self):
        return self.process.pid

    def _read(self, name, pipe):
        with pipe:
            for raw in pipe:
                text = raw.decode("utf-8", "replace").rstrip("\n")
                event = None
                if name == "out" and text.startswith("{"):
                    try:
                        event = json.loads(text)
                    except ValueError:
                        pass
                with self._changed:
                    self.lines.append((name, text))
                    if event is not None:
                        self.events.append(event)
                    self._changed.notify_all()
        with self._changed:
            self._open -= 1
            self._changed.notify_all()

    def _wait(self, find, what, timeout):
        deadline = time.monotonic() + seconds(timeout)
        with self._changed:
            while True:
                found = find()
                if found is not None:
                    return found
                left = deadline - time.monotonic()
                if self._open == 0 or left <= 0:
                    how = "ended" if self._open == 0 else f"said nothing of the kind in {seconds(timeout):.0f} s"
                    raise AssertionError(f"waiting for {what}: {' '.join(self.argv)} {how}\n{self.text()}")
                self._changed.wait(left)

    def event(self, timeout=15, after=0, **wanted):
        """The first JSON object, from index `after` on, that has all of these members."""
        def find():
            for event in self.events[after:]:
                if all(event.get(key) == value for key, value in wanted.items()):
                    return event
            return None
        return self._wait(find, f"event {wanted}", timeout)

    def line(self, part, timeout=15, stream=None):
        """The first line that contains `part`."""
        def find():
            for name, text in self.lines:
                if part in text and stream in (None, name):
                    return text
            return None
        return self._wait(find, f"a line with {part!r}", timeout)

    def mark(self):
        with self._changed:
            return len(self.events)

    def text(self, stream=None):
        return "\n".join(f"{name}| {text}" for name, text in list(self.lines) if stream in (None, name))

    def plain(self, stream):
        return "\n".join(text for name, text in list(self.lines) if name == stream)

    def alive(self):
        return self.process.poll() is None

    def exit_code(self, timeout=15):
        """Waits for the end, and for the last line of output."""
        try:
            code = self.process.wait(seconds(timeout))
        except subprocess.TimeoutExpired:
            raise AssertionError(f"{' '.join(self.argv)} did not end\n{self.text()}") from None
        deadline = time.monotonic() + seconds(5)
        with self._changed:
            while self._open and time.monotonic() < deadline:
                self._changed.wait(deadline - time.monotonic())
        return code

    def send(self, number):
        if self.alive():
            os.kill(self.pid, number)

    def stop(self):
        """Asks first; never leaves a process behind."""
        if self.alive():
            self.send(signal.SIGCONT)
            self.send(signal.SIGTERM)
            try:
                self.process.wait(seconds(6))
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        return self.process.returncode

    def kill(self):
        self.process.kill()
        self.process.wait()

    def rss_kib(self):
        for line in pathlib.Path(f"/proc/{self.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1])
        raise AssertionError(f"process {self.pid} has no VmRSS")

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.pid}/fd"))


class RssWatch:
    """Samples the resident memory of processes; `peak` is the largest growth of each since the start, in KiB."""

    def __init__(self, *programs, interval=0.05):
        self._programs = programs
        self._base = [program.rss_kib() for program in programs]
        self._peak = list(self._base)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(interval,), daemon=True)
        self._thread.start()

    def _run(self, interval):
        while not self._stop.wait(interval):
            for i, program in enumerate(self._programs):
                try:
                    self._peak[i] = max(self._peak[i], program.rss_kib())
                except (AssertionError, OSError):
                    return

    def growth(self):
        self._stop.set()
        self._thread.join()
        return [peak - base for peak, base in zip(self._peak, self._base)]


def wait_until(condition, what, timeout=10):
    """For states that no line or socket announces. Polls; the deadline is generous and passing early is the rule."""
    deadline = time.monotonic() + seconds(timeout)
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"never happened: {what}")
        time.sleep(0.01)


Address = collections.namedtuple("Address", "host port")


def parse_address(text):
    host, _, port = text.rpartition(":")
    return Address(host.strip("[]"), int(port))
