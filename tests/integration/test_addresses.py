# SPDX-License-Identifier: Apache-2.0
"""Limits by a visitor's address, with addresses that are not this machine's loopback: in a network namespace of the test's own,
where lo has a few more. Skipped where no namespace may be made."""

import json
import os
import shutil
import subprocess
import sys

from support.case import AditCase, main
from support.http2 import DATA, HEADERS, WINDOW_UPDATE, Rude, frame
from support.process import required, wait_until
from support.tls import trusting, TlsVisitor
from support.visitor import Closed, Visitor

HERE, FIRST, SECOND = "10.99.0.1", "10.99.0.2", "10.99.0.3"
HERE6, FIRST6, NEXT6, THIRD6, OTHER6 = "fd00:99:0:1::1", "fd00:99:0:1::2", "fd00:99:0:1::3", "fd00:99:0:1:ffff::4", "fd00:99:0:2::2"
PROGRAMS = ("unshare", "ip")
MOST = 256  # The default for an address.


def namespace(*command):
    """The command line that runs `command` in a new network namespace with those addresses."""
    setup = ["ip link set lo up"]
    setup += [f"ip addr add {address}/24 dev lo" for address in (HERE, FIRST, SECOND)]
    setup += [f"ip -6 addr add {address}/64 dev lo nodad" for address in (HERE6, FIRST6, NEXT6, THIRD6, OTHER6)]
    unshare = ["unshare", "--net"] if os.getuid() == 0 else ["unshare", "--user", "--map-root-user", "--net"]
    return [*unshare, "sh", "-c", " && ".join([*setup, 'exec "$@"']), "sh", *command]


def enter_namespace():
    """Goes on in the namespace, if there can be one."""
    if "ADIT_TEST_NAMESPACE" in os.environ or not all(map(shutil.which, PROGRAMS)):
        return
    if subprocess.run(namespace("true"), capture_output=True, check=False).returncode == 0:
        os.environ["ADIT_TEST_NAMESPACE"] = "1"
        arguments = namespace(sys.executable, "-u", *sys.argv)
        os.execvp(arguments[0], arguments)


class ByAddress(AditCase):
    def setUp(self):
        for program in PROGRAMS:
            required(program)
        if "ADIT_TEST_NAMESPACE" not in os.environ:
            self.skipTest("no network namespace may be made here")
        super().setUp()

    def scene(self, listen, *arguments):
        server = self.server(http=f"{listen}:0", arguments=["--workers", "2", *arguments])
        return server, self.tunnel(server, self.echo())

    def visitor(self, tunnel, to, source):
        visitor = Visitor((to, tunnel.http.port), tunnel.host, source=source)
        self.addCleanup(visitor.close)
        return visitor

    def crowd(self, tunnel, to, source, count):
        """Connections that were served and stay."""
        visitors = [self.visitor(tunnel, to, source) for _ in range(count)]
        for visitor in visitors:
            self.assertEqual(visitor.get().status, 200)
        return visitors

    def assert_refused(self, tunnel, to, source):
        visitor = self.visitor(tunnel, to, source)
        self.assertTrue(visitor.closed_within(10), f"{source} was let in")
        self.assertEqual(visitor.buffer, b"")

    def is_served(self, tunnel, to, source):
        try:
            return self.visitor(tunnel, to, source).get().status == 200
        except (Closed, OSError):
            return False

    def test_an_ipv4_address(self):
        _, tunnel = self.scene(HERE)
        crowd = self.crowd(tunnel, HERE, FIRST, MOST)
        for _ in range(3):
            self.assert_refused(tunnel, HERE, FIRST)
        # Others notice nothing, and neither do those inside.
        others = self.crowd(tunnel, HERE, SECOND, 20)
        for visitor in (*crowd, *others):
            self.assertEqual(visitor.get("/again").status, 200)
        crowd.pop().close()
        wait_until(lambda: self.is_served(tunnel, HERE, FIRST), "a place that became free")

    def test_an_ipv6_network(self):
        """A /64 is one visitor's, however many addresses of it are used."""
        _, tunnel = self.scene("[::]")
        crowd = self.crowd(tunnel, HERE6, FIRST6, MOST - 56) + self.crowd(tunnel, HERE6, NEXT6, 56)
        for source in (FIRST6, NEXT6, THIRD6):
            self.assert_refused(tunnel, HERE6, source)
        # Another /64 and IPv4 on the same listener are others.
        self.crowd(tunnel, HERE6, OTHER6, 20)
        self.crowd(tunnel, HERE, SECOND, 20)
        crowd.pop().close()
        wait_until(lambda: self.is_served(tunnel, HERE6, NEXT6), "a place that became free")

    def test_ipv4_on_a_listener_for_both(self):
        _, tunnel = self.scene("[::]")
        self.crowd(tunnel, HERE, FIRST, MOST)
        self.assert_refused(tunnel, HERE, FIRST)
        self.crowd(tunnel, HERE, SECOND, 20)
        self.crowd(tunnel, HERE6, FIRST6, 20)
        # The proxy on this machine speaks for many.
        self.crowd(tunnel, "127.0.0.1", "127.0.0.1", MOST + 20)

    def test_one_address_does_not_fill_a_tunnel(self):
        """Twelve HTTP/2 connections that each begin a hundred uploads and send nothing of them."""
        server, tunnel = self.scene(HERE)
        crowd = []
        for _ in range(12):
            rude = Rude((HERE, tunnel.http.port), tunnel.host, source=FIRST)
            self.addCleanup(rude.close)
            rude.send(b"".join(rude.head(2 * n + 1, method="POST", end=False) for n in range(100)))
            crowd.append(rude)

        def refused():
            return sum(1 for rude in crowd for kind, _, _, _ in rude.frames if kind == HEADERS)
        for rude in crowd:
            while rude.receive(0.2):
                pass
        # A quarter of what is free: 200 of 1,000. The others were answered with 503.
        self.assertGreaterEqual(refused(), 1000)
        self.assertEqual(self.visitor(tunnel, HERE, SECOND).get().status, 200)
        self.crowd(tunnel, HERE, SECOND, 20)

    def test_a_trusted_proxy_speaks_for_many(self):
        server, tunnel = self.scene(HERE, "--trusted-proxy", f"{FIRST}/32", "--limit", "requests-per-tunnel=100")
        proxy = Rude((HERE, tunnel.http.port), tunnel.host, source=FIRST)
        self.addCleanup(proxy.close)
        proxy.send(frame(WINDOW_UPDATE, 0, 0, b"\0\x0f\0\0"))  # room for all the pages

        def post(stream, fields):
            return proxy.head(stream, method="POST", end=False, fields=fields)
        # One of its visitors gets no more than its share; another one is served.
        proxy.send(b"".join(post(2 * n + 1, [("x-forwarded-for", "203.0.113.9")]) for n in range(60)))
        proxy.until(lambda: sum(1 for kind, *_ in proxy.frames if kind == HEADERS) >= 40, "the refusals")
        proxy.send(proxy.head(201, fields=[("x-forwarded-for", "203.0.113.10"), ("x-forwarded-proto", "https")]))
        proxy.until(lambda: any(kind == DATA and stream == 201 for kind, _, stream, _ in proxy.frames), "the answer")
        seen = json.loads(b"".join(payload for kind, _, stream, payload in proxy.frames if kind == DATA and stream == 201))
        fields = {name.lower(): value for name, value in seen["fields"]}
        self.assertEqual(fields["x-forwarded-for"], "203.0.113.10")
        self.assertEqual(fields["x-forwarded-proto"], "https")
        # It may have as many connections as it likes, and nobody else is believed.
        self.crowd(tunnel, HERE, FIRST, MOST + 20)
        answer = self.visitor(tunnel, HERE, SECOND).get("/", [("X-Forwarded-For", "203.0.113.9"), ("X-Forwarded-Proto", "https")])
        fields = {name.lower(): value for name, value in json.loads(answer.body)["fields"]}
        self.assertEqual((fields["x-forwarded-for"], fields["x-forwarded-proto"]), (SECOND, "http"))

    def test_handshakes_count(self):
        server, tunnel = self.scene(HERE, "--https-listen", f"{HERE}:0")
        before = server.descriptors()
        silent = [Visitor(server.https, tunnel.host, source=FIRST) for _ in range(MOST)]
        for each in silent:
            self.addCleanup(each.close)
        wait_until(lambda: server.descriptors() >= before + MOST, "all being accepted")
        context = trusting(server.data / "https.crt")

        def visit(source):
            visitor = TlsVisitor(server.https, tunnel.host, context, source=source)
            self.addCleanup(visitor.close)
            return visitor.get().status
        with self.assertRaises(OSError):
            visit(FIRST)
        self.assertEqual(visit(SECOND), 200)
        for each in silent:
            each.close()
        wait_until(lambda: self.is_served(tunnel, HERE, FIRST), "places that became free")
        self.assertEqual(visit(FIRST), 200)


if __name__ == "__main__":
    enter_namespace()
    main()
