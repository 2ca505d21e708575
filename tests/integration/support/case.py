# SPDX-License-Identifier: Apache-2.0
"""The test case of every black-box test: a private home, servers and clients that are ended whatever happens, origins, and
visitors that find a tunnel by its name."""

import os
import pathlib
import shutil
import tempfile
import threading
import unittest
import urllib.parse

from .origins import Scripted, make_echo
from .process import Program, binary, parse_address, private_environment
from .tls import TlsVisitor, trusting
from .udp_relay import UdpRelay
from .visitor import Visitor


# Every visitor comes by HTTPS: the same tests say that TLS changes nothing.
OVER_TLS = os.environ.get("ADIT_TEST_TLS") == "1"


class Server(Program):
    """`adit --server`, ready."""

    def __init__(self, case, data=None, quic="127.0.0.1:0", http="127.0.0.1:0", executable="adit", arguments=(), domain="t.example.com"):
        self.data = pathlib.Path(data or case.directory("server"))
        argv = [binary(executable), "--server", "--data-dir", self.data, "--quic-listen", quic, "--http-listen", http,
                "--json", *arguments]
        if OVER_TLS and "--https-listen" not in arguments:
            argv += ["--https-listen", "127.0.0.1:0"]
        if domain:
            argv += ["--domain", domain]
        super().__init__(argv, case.environment(ADIT_PRINT_JOIN="1"))
        case.owns(self)
        self.domain = domain
        self.ready = self.event(event="ready")
        self.quic = parse_address(self.ready["quic"])
        self.http = parse_address(self.ready["http"])
        self.https = parse_address(self.ready["https"]) if "https" in self.ready else None
        # The link is shown once; it stays good. It names the domain, which nobody resolves here.
        self.link = case.links.setdefault(self.data, self.ready.get("join"))
        self.join = self.link and case.link_to(self.link, self.quic)


class Tunnel:
    """An online tunnel: its client, its address and how a visitor reaches it."""

    def __init__(self, case, client, http, event, server=None):
        self.case, self.client, self.http = case, client, http
        self.server = server if OVER_TLS else None
        self.scheme = "https" if self.server else "http"
        self.name, self.url = event["name"], event["url"]
        self.host = urllib.parse.urlsplit(self.url).netloc

    def visit(self, **options):
        host = options.pop("host", self.host)
        if self.server:
            # The certificate is for one label below the domain; what the Host field says is the test's business.
            visitor = TlsVisitor(self.server.https, host, trusting(self.server.data / "https.crt"),
                                 server_name="visitor." + self.server.domain, **options)
        else:
            visitor = Visitor(self.http, host, **options)
        self.case.addCleanup(visitor.close)
        return visitor

    def get(self, target="/", fields=()):
        return self.visit().get(target, fields)


class AditCase(unittest.TestCase):
    maxDiff = 4000

    def setUp(self):
        self.root = pathlib.Path(tempfile.mkdtemp(prefix="adit-it-"))
        self.addCleanup(shutil.rmtree, self.root, ignore_errors=True)
        self.home = self.directory("home")
        self.programs = []
        self.links = {}  # of servers, by data directory
        self._count = 0
        self.addCleanup(self._show_failure)

    def _show_failure(self):
        outcome = getattr(self, "_outcome", None)
        result = getattr(outcome, "result", None)
        problems = (result.failures + result.errors) if result else []
        if any(test is self for test, _ in problems):
            for program in self.programs:
                print(f"--- {' '.join(program.argv)} (exit {program.process.returncode})\n{program.text()[-6000:]}")

    def directory(self, name):
        self._numbers = getattr(self, "_numbers", 0) + 1
        path = self.root / f"{name}-{self._numbers}"
        path.mkdir(mode=0o700)
        return path

    def environment(self, **more):
        return private_environment(self.home, **more)

    def owns(self, program):
        self.programs.append(program)
        self.addCleanup(program.stop)
        return program

    def run_adit(self, *arguments, executable="adit", stdin=None, env=None, keep_open=False):
        return self.owns(Program([binary(executable), *arguments], env or self.environment(), stdin=stdin, keep_open=keep_open))

    def server(self, **options):
        return Server(self, **options)

    def join_file(self, link):
        path = self.directory("join") / "link"
        path.write_text(link + "\n")
        os.chmod(path, 0o600)
        return path

    @staticmethod
    def link_to(link, address):
        """The join link with another address in it."""
        parts = urllib.parse.urlsplit(link)
        token = parts.netloc.rpartition("@")[0]
        host = f"[{address.host}]" if ":" in address.host else address.host
        return parts._replace(netloc=f"{token}@{host}:{address.port}").geturl()

    def relay(self, server):
        relay = UdpRelay(server.quic)
        self.addCleanup(relay.stop)
        return relay

    def client(self, server, target, name=None, arguments=(), home=None, link=None):
        """`adit http TARGET` for a server, not yet waited for. Each client has its own key unless given a home."""
        home = home or self.directory("client")
        argv = ["http", target, "--json", "--join-file", self.join_file(link or server.join), *arguments]
        if name:
            argv += ["--name", name]
        program = self.run_adit(*argv, env=private_environment(home))
        program.home = home
        return program

    def tunnel(self, server, target, name=None, **options):
        target = target.target if isinstance(target, Scripted) else target
        client = self.client(server, target, name, **options)
        return Tunnel(self, client, server.http, client.event(event="tunnel", state="online"), server)

    def origin(self, script):
        """A scripted origin; its own errors fail the test."""
        origin = script if isinstance(script, Scripted) else Scripted(script)
        self.addCleanup(self._end_origin, origin)
        return origin

    def _end_origin(self, origin):
        origin.stop()
        if origin.errors:
            raise origin.errors[0]

    def echo(self, **options):
        return self.origin(make_echo(**options))

    def waiting_origin(self, answer):
        """Answers, /slow only when the returned event is set. Gives (origin, event)."""
        release = threading.Event()
        self.addCleanup(release.set)

        def script(connection):
            while (request := connection.request()) is not None:
                origin.note(request)
                if request.target == "/slow":
                    release.wait(60)
                connection.answer(answer)
        origin = self.origin(lambda connection: script(connection))
        return origin, release

    def exposed(self, script=None, name=None, **options):
        """The usual scene: a server, a client, an origin. Gives (tunnel, origin)."""
        origin = self.origin(script) if script is not None else self.echo()
        return self.tunnel(self.server(), origin, name, **options), origin


def main():
    unittest.main(verbosity=2)
