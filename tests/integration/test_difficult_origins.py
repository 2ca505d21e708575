# SPDX-License-Identifier: Apache-2.0
"""Origins that need care: that serve one connection at a time, that authenticate a connection instead of its requests, that send interim
answers for long, whose answers need repair, and that are not there, of which the user is told."""

import http.server
import threading
import time

from support.case import AditCase, main
from support.origins import Scripted, unused_port
from support.process import seconds
from support.visitor import Visitor


class OneAtATime(AditCase):
    """Python's own server without threads: it goes on to another connection when one has ended."""

    def setUp(self):
        super().setUp()
        case = self
        self.connections = 0

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"  # with keep-alive

            def setup(self):
                case.connections += 1
                super().setup()

            def do_GET(self):
                if self.path == "/slow":
                    threading.Event().wait(0.2)  # what is measured below is the wait for a turn, not this
                body = self.path.encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *arguments):
                pass

        class OneConnection(http.server.HTTPServer):
            request_queue_size = 64

        self.origin_ = OneConnection(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.origin_.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        self.addCleanup(self.origin_.server_close)
        self.addCleanup(self.origin_.shutdown)
        self.tunnel_ = self.tunnel(self.server(), f"127.0.0.1:{self.origin_.server_address[1]}", "shop")

    def at_once(self, count, target="/slow"):
        """So many visitors at a time; the answers, in no order, and how long it took."""
        answers, visitors = [], [self.tunnel_.visit() for _ in range(count)]

        def ask(visitor):
            answers.append(visitor.get(target).status)
        threads = [threading.Thread(target=ask, args=(visitor,)) for visitor in visitors]
        started = time.monotonic()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return answers, time.monotonic() - started

    def test_requests_at_once_take_turns(self):
        for _ in range(2):
            answers, took = self.at_once(4)
            self.assertEqual(answers, [200] * 4)
            self.assertLess(took, seconds(6))  # 0.9 s; an idle connection that holds the origin takes 30 s each

    def test_a_busy_visitor_does_not_keep_the_origin(self):
        done = threading.Event()
        served = []

        def busy():
            visitor = self.tunnel_.visit()
            while not done.is_set():
                served.append(visitor.get("/busy").status)
        thread = threading.Thread(target=busy)
        thread.start()
        try:
            answers, took = self.at_once(3, "/quick")
        finally:
            done.set()
            thread.join()
        self.assertEqual(answers, [200] * 3)
        self.assertLess(took, seconds(10))
        self.assertEqual(set(served), {200})

    def test_a_lone_visitor_keeps_its_connection(self):
        visitor = self.tunnel_.visit()
        for number in range(50):
            self.assertEqual(visitor.get(f"/{number}").body, f"/{number}".encode())
        self.assertEqual(self.connections, 1)


class AuthenticatedConnections(AditCase):
    """An origin that, as IIS does, knows by the connection who asks."""

    def setUp(self):
        super().setUp()
        self.users = []

        def script(connection):
            user = None
            while (request := connection.request()) is not None:
                credentials = request.get("authorization") or ""
                if credentials.startswith("NTLM last:"):
                    user = credentials.removeprefix("NTLM last:")
                if request.target == "/private" and user is None:
                    challenge = "NTLM challenge" if credentials == "NTLM first" else "NTLM"
                    connection.answer(b"who?", status="401 Unauthorized", fields=[("WWW-Authenticate", challenge)])
                else:
                    connection.answer((user or "nobody").encode())
        self.origin_ = self.origin(Scripted(script))
        self.tunnel_ = self.tunnel(self.server(), self.origin_, "shop")

    def sign_in(self, visitor, name):
        self.assertEqual(visitor.get("/private").status, 401)
        answer = visitor.get("/private", [("Authorization", "NTLM first")])
        self.assertEqual((answer.status, answer.get("www-authenticate")), (401, "NTLM challenge"))
        return visitor.get("/private", [("Authorization", f"NTLM last:{name}")]).body

    def test_a_visitor_is_never_served_as_another(self):
        alice, bob = self.tunnel_.visit(), self.tunnel_.visit()
        self.assertEqual(self.sign_in(alice, "alice"), b"alice")
        self.assertEqual(alice.get("/private").body, b"alice")  # the same connection to the origin
        self.assertEqual(bob.get("/").body, b"nobody")
        self.assertEqual(bob.get("/private").status, 401)
        self.assertEqual(self.sign_in(bob, "bob"), b"bob")
        self.assertEqual(alice.get("/private").body, b"alice")
        self.assertEqual(bob.get("/private").body, b"bob")
        alice.close()
        for _ in range(5):
            self.assertEqual(self.tunnel_.visit().get("/").body, b"nobody")

    def test_behind_a_trusted_proxy_no_connection_is_shared(self):
        """A trusted proxy serves one visitor after the other by one connection: none of them has the connection of another."""
        tunnel = self.tunnel(self.server(arguments=("--trusted-proxy", "127.0.0.1")), self.origin_, "shop")
        proxy = tunnel.visit()

        def ask(who, *fields):
            forwarded = [("X-Forwarded-For", who)] if who else []
            return proxy.get("/private", [*forwarded, *fields])
        for one, other in (("203.0.113.1", "203.0.113.2"), (None, None), ("203.0.113.1", "203.0.113.1")):
            with self.subTest((one, other)):
                self.assertEqual(ask(one, ("Authorization", "NTLM last:alice")).body, b"alice")
                for _ in range(3):
                    self.assertEqual(ask(other).status, 401)

    def test_a_challenge_alone_takes_the_connection_out(self):
        alice = self.tunnel_.visit()
        self.assertEqual(alice.get("/private").status, 401)
        self.assertEqual(self.origin_.connections, 1)
        self.assertEqual(self.tunnel_.get("/").body, b"nobody")
        self.assertEqual(self.origin_.connections, 2)


class Answers(AditCase):
    def to(self, script):
        return self.tunnel(self.server(), self.origin(Scripted(script)), "shop")

    def test_many_interim_answers(self):
        def script(connection):
            while connection.request() is not None:
                for number in range(50):
                    connection.send(b"HTTP/1.1 102 Processing\r\nX-Step: %d\r\n\r\n" % number)
                connection.answer(b"done")
        visitor = self.to(script).visit()
        answer = visitor.get("/")
        self.assertEqual((answer.status, answer.body, len(answer.interim)), (200, b"done", 50))

    def test_a_flood_of_interim_answers_is_a_502(self):
        def script(connection):
            connection.request()
            connection.send(b"HTTP/1.1 102 Processing\r\n\r\n" * 5000)
        tunnel = self.to(script)
        self.assertEqual(tunnel.get("/").status, 502)
        problem = tunnel.client.event(event="problem", code="origin-broken")
        self.assertIn("interim", problem["message"])


class Problems(AditCase):
    """Whoever runs the tunnel hears why visitors get no answer."""

    def test_nothing_answers(self):
        port = unused_port()
        tunnel = self.tunnel(self.server(), f"127.0.0.1:{port}", "shop")
        for _ in range(20):
            self.assertEqual(tunnel.get("/").status, 502)
        problem = tunnel.client.event(event="problem")
        self.assertEqual({key: problem[key] for key in ("name", "status", "code", "cause", "requests")},
                         {"name": "shop", "status": 502, "code": "origin-refused", "cause": "connection-refused", "requests": 1})
        self.assertIn(str(port), problem["message"])
        # The others are counted, and told once their time has come.
        problems = [event for event in tunnel.client.events if event.get("event") == "problem"]
        self.assertLessEqual(len(problems), 2)

    def test_in_the_terminal(self):
        port = unused_port()
        server = self.server()
        client = self.run_adit("http", str(port), "--name", "shop", "--join-file", self.join_file(server.join),
                               env=self.environment())
        client.line("online")
        visitor = Visitor(server.http, "shop.t.example.com")
        self.addCleanup(visitor.close)
        self.assertEqual(visitor.get("/").status, 502)
        line = client.line("502")
        self.assertIn(f"localhost:{port}", line)

    def test_a_name_without_an_address(self):
        # RFC 6761 reserves .invalid for names that never exist.
        name = "n" * 63 + ".invalid"
        tunnel = self.tunnel(self.server(), f"http://{name}", "shop")
        answer = tunnel.get("/", [("Accept", "text/html")])
        self.assertEqual(answer.status, 502)
        self.assertIn(b"has no address", answer.body)
        self.assertNotIn(b"port 80", answer.body)
        self.assertNotIn(name.encode(), answer.body)
        problem = tunnel.client.event(event="problem", cause="resolve-failed")
        self.assertIn(name, problem["message"])

    def test_an_answer_that_is_none(self):
        def script(connection):
            connection.request()
            connection.send(b"SSH-2.0-OpenSSH\r\n")
        tunnel = self.tunnel(self.server(), self.origin(Scripted(script)), "shop")
        self.assertEqual(tunnel.get("/").status, 502)
        self.assertEqual(tunnel.client.event(event="problem")["code"], "origin-broken")

    def test_an_answer_that_breaks_off(self):
        def script(connection):
            connection.request()
            connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")
        tunnel = self.tunnel(self.server(), self.origin(Scripted(script)), "shop")
        visitor = tunnel.visit()
        visitor.request("GET", "/")
        with self.assertRaises(Exception):
            visitor.response()
        problem = tunnel.client.event(event="problem", code="origin-broken")
        self.assertNotIn("status", problem)  # they had half of the answer

    def test_an_answer_that_takes_too_long(self):
        def script(connection):
            connection.request()
            connection.closed_within(30)
        tunnel = self.tunnel(self.server(), self.origin(Scripted(script)), "shop", arguments=["--origin-timeout", "1"])
        self.assertEqual(tunnel.get("/").status, 504)
        self.assertEqual(tunnel.client.event(event="problem")["code"], "origin-slow")


if __name__ == "__main__":
    main()
