# SPDX-License-Identifier: Apache-2.0
"""Which tunnel a request goes to, and the honest pages for when there is no answer from an origin."""

import json
import socket
import threading

from support.case import AditCase, main
from support.origins import unused_port
from support.process import wait_until


class Routing(AditCase):
    def named(self, server, name):
        origin = self.origin(lambda connection: self.say(connection, name))
        return self.tunnel(server, origin, name)

    def say(self, connection, name):
        while connection.request() is not None:
            connection.answer(name.encode())

    def test_many_tunnels_by_host(self):
        server = self.server()
        tunnels = [self.named(server, name) for name in ("alpha", "beta", "gamma-3")]
        for tunnel in tunnels:
            self.assertEqual(tunnel.get().body, tunnel.name.encode())
            self.assertEqual(tunnel.name + ".t.example.com", tunnel.host.split(":")[0])
        # Also on one connection, turn by turn.
        visitor = tunnels[0].visit()
        for _ in range(3):
            for tunnel in tunnels:
                self.assertEqual(visitor.get(host=tunnel.host).body, tunnel.name.encode())

    def test_case_port_and_final_dot_do_not_matter(self):
        server = self.server()
        tunnel = self.named(server, "alpha")
        for host in ("alpha.t.example.com", "ALPHA.T.Example.COM", "alpha.t.example.com:80", "Alpha.t.example.com:65535", "alpha.t.example.com."):
            with self.subTest(host):
                self.assertEqual(tunnel.visit(host=host).get().body, b"alpha")

    def test_other_hosts_are_404(self):
        server = self.server()
        tunnel = self.named(server, "alpha")
        for host in ("t.example.com", "beta.t.example.com", "alpha.example.com", "x.alpha.t.example.com", "alphat.example.com",
                     "alpha", "127.0.0.1", f"127.0.0.1:{server.http.port}", "[::1]:80", "alpha.t.example.com.evil.example"):
            with self.subTest(host):
                self.assertEqual(tunnel.visit(host=host).get().status, 404)

    def test_workers(self):
        server = self.server(arguments=["--workers", "2"])
        tunnels = [self.named(server, f"name-{n}") for n in range(3)]
        for _ in range(10):  # New connections land on either worker.
            for tunnel in tunnels:
                visitor = tunnel.visit()
                for _ in range(3):
                    self.assertEqual(visitor.get().body, tunnel.name.encode())
                visitor.close()

    def test_random_name_is_readable_and_a_label(self):
        server = self.server()
        tunnel = self.tunnel(server, self.echo())
        self.assertRegex(tunnel.name, r"^[a-z][a-z0-9-]{2,61}[a-z0-9]$")
        self.assertEqual(tunnel.get().status, 200)


class Pages(AditCase):
    def page(self, answer, status, *words):
        self.assertEqual(answer.status, status)
        self.assertIn("text/html", answer.get("content-type"))
        self.assertIn("no-store", answer.get("cache-control") or "")
        text = answer.body.decode().lower()
        for word in words:
            self.assertIn(word, text)
        # Nothing about the inside: no version of ours, no address of the developer's machine.
        for secret in ("127.0.0.1", "ngtcp2", "gnutls", "adit/0"):
            self.assertNotIn(secret, text)
        self.assertIsNone(answer.get("server"))

    def json_page(self, answer, status):
        self.assertEqual(answer.status, status)
        self.assertIn("json", answer.get("content-type"))
        self.assertIsInstance(json.loads(answer.body), dict)

    def both(self, tunnel, status, *words, **options):
        self.page(tunnel.visit(**options).get("/", [("Accept", "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8")]), status, *words)
        self.json_page(tunnel.visit(**options).get("/", [("Accept", "application/json")]), status)

    def test_unknown_host_is_404_and_escaped(self):
        tunnel, _ = self.exposed()
        self.both(tunnel, 404, host="nobody.t.example.com")
        # Host cannot carry markup (400), and what a path carries is not shown raw.
        answer = tunnel.visit(host="nobody.t.example.com").get("/<script>alert(1)</script>")
        self.assertNotIn(b"<script>alert(1)", answer.body)

    def test_refused_origin_is_502_and_names_the_port(self):
        port = unused_port()
        tunnel = self.tunnel(self.server(), str(port))
        self.both(tunnel, 502, str(port))
        # The origin starts, and everything is well without a restart of anything.
        listener = socket.create_server(("127.0.0.1", port))
        self.addCleanup(listener.close)

        def serve():
            connection, _ = listener.accept()
            with connection:
                connection.recv(65536)
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nup")
        threading.Thread(target=serve, daemon=True).start()
        self.assertEqual(tunnel.get().body, b"up")

    def test_offline_tunnel_is_503_with_retry_after(self):
        server = self.server()
        tunnel = self.tunnel(server, self.echo(), "sleepy")
        tunnel.client.kill()  # No goodbye: the name stays reserved, and its address says what is the matter.
        wait_until(lambda: tunnel.get().status == 503, "the tunnel being seen as offline", 40)
        self.both(tunnel, 503)
        self.assertTrue(tunnel.get().get("retry-after"))

    def test_slow_origin_is_504(self):
        # A listener whose queue is full: connecting to it neither succeeds nor fails.
        listener = socket.socket()
        self.addCleanup(listener.close)
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        fillers = []
        for _ in range(8):
            sock = socket.socket()
            sock.setblocking(False)
            sock.connect_ex(listener.getsockname())
            fillers.append(sock)
            self.addCleanup(sock.close)
        tunnel = self.tunnel(self.server(), "127.0.0.1:%d" % listener.getsockname()[1])
        answer = tunnel.visit(timeout=40).get()
        self.assertEqual(answer.status, 504)

    def test_origin_that_says_nothing_is_504(self):
        def script(connection):
            connection.request()
            connection.rest()  # ends when the other side gives up
        tunnel, origin = self.exposed(script, arguments=["--origin-timeout", "1"])
        answer = tunnel.visit(timeout=40).get()
        self.assertEqual(answer.status, 504)
        origin.wait(lambda: origin.open == 0, "the client hanging up")

    def test_overloaded_is_503_with_retry_after(self):
        release = threading.Event()
        self.addCleanup(release.set)

        def script(connection):
            connection.request()
            release.wait(120)
            connection.answer(b"late")
        tunnel, origin = self.exposed(script)
        visitors = []
        for number in range(1000):
            visitor = tunnel.visit(source=f"127.0.1.{number // 100 + 1}", timeout=60)
            visitors.append(visitor.request())
        origin.wait(lambda: origin.open >= 1000, "a thousand requests", 60)
        answer = tunnel.visit(source="127.0.2.1").get()
        self.assertEqual(answer.status, 503)
        self.assertTrue(int(answer.get("retry-after")) > 0)
        release.set()
        for visitor in visitors:
            self.assertEqual(visitor.response().body, b"late")
        self.assertEqual(tunnel.get().body, b"late")

    def test_head_requests_get_no_body(self):
        tunnel, _ = self.exposed()
        visitor = tunnel.visit(host="nobody.t.example.com")
        answer = visitor.request("HEAD").response("HEAD")
        self.assertEqual(answer.status, 404)
        if answer.get("connection", "").lower() != "close":
            self.assertEqual(visitor.get().status, 404)

    def test_the_connection_goes_on_after_a_page(self):
        server = self.server()
        tunnel = self.tunnel(server, self.echo(), "well")
        visitor = tunnel.visit()
        self.assertEqual(visitor.get(host="nobody.t.example.com").status, 404)
        self.assertEqual(visitor.get().status, 200)


class ManyVisitors(AditCase):
    def test_one_hundred_at_once(self):
        tunnel, _ = self.exposed()
        visitors = [tunnel.visit() for _ in range(100)]
        for number, visitor in enumerate(visitors):
            visitor.request("GET", f"/{number}")
        for number, visitor in enumerate(visitors):
            self.assertIn(f'"target": "/{number}"'.encode(), visitor.response().body)

    def test_ipv6_listener(self):
        try:
            socket.create_server(("::1", 0), family=socket.AF_INET6).close()
        except OSError:
            self.skipTest("there is no IPv6 here")
        server = self.server(http="[::1]:0", quic="[::1]:0")
        origin = self.echo()
        tunnel = self.tunnel(server, origin, "six")
        self.assertEqual(tunnel.visit().get().status, 200)
        self.assertEqual(origin.requests[-1].all("x-forwarded-for"), ["::1"])
        self.assertIn('for="[::1]"', origin.requests[-1].get("forwarded").lower())


if __name__ == "__main__":
    main()
