# SPDX-License-Identifier: Apache-2.0
"""HTTPS at the ingress: versions, certificates and how they are chosen and changed, tickets, redirects, and peers that speak
something else."""

import os
import socket
import ssl
import subprocess
import threading
import time
import warnings

from support.case import AditCase, main
from support.origins import pattern
from support.process import seconds, wait_until
from support.tls import Certificate, TlsVisitor, trusting
from support.visitor import Visitor, Wire

HTTPS = ["--https-listen", "127.0.0.1:0"]


class HttpsCase(AditCase):
    def https_server(self, *arguments, workers=2, **options):
        return self.server(arguments=[*HTTPS, "--workers", str(workers), *[str(part) for part in arguments]], **options)

    def visitor(self, server, host, context, **options):
        visitor = TlsVisitor(server.https, host, context, **options)
        self.addCleanup(visitor.close)
        return visitor

    def curl(self, tunnel, server, *arguments, ca=None):
        command = ["curl", "-sS", "--max-time", str(int(seconds(30))), "--cacert", str(ca or server.data / "https.crt"),
                   "--noproxy", "*"]
        for address in (server.https, server.http):
            command += ["--resolve", f"{tunnel.host.split(':')[0]}:{address.port}:127.0.0.1"]
        return subprocess.run([*command, *[str(part) for part in arguments]], capture_output=True, env=self.environment())


class SelfSigned(HttpsCase):
    """A server that was given no certificate."""

    def setUp(self):
        super().setUp()
        self.origin_ = self.echo()
        self.server_ = self.https_server()
        self.tunnel_ = self.tunnel(self.server_, self.origin_, "shop")

    def test_the_address_is_https(self):
        self.assertEqual(self.tunnel_.url, f"https://shop.t.example.com:{self.server_.https.port}")

    def test_curl_gets_a_page_with_each_version(self):
        for version in ("1.2", "1.3"):
            with self.subTest(version):
                done = self.curl(self.tunnel_, self.server_, "--tlsv" + version, "--tls-max", version, "--http1.1", "-w",
                                 "%{http_code} %{http_version}", self.tunnel_.url + "/hello?x=1")
                self.assertEqual(done.returncode, 0, done.stderr)
                self.assertTrue(done.stdout.endswith(b"200 1.1"), done.stdout)
                self.assertIn(b'"target": "/hello?x=1"', done.stdout)

    def test_older_versions_are_refused(self):
        context = trusting(self.server_.data / "https.crt")
        context.set_ciphers("ALL:@SECLEVEL=0")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about what is being tested
            context.minimum_version = ssl.TLSVersion.TLSv1
            context.maximum_version = ssl.TLSVersion.TLSv1_1
        with self.assertRaises(ssl.SSLError):
            self.visitor(self.server_, self.tunnel_.host, context)

    def test_the_origin_learns_that_it_was_https(self):
        self.visitor(self.server_, self.tunnel_.host, trusting(self.server_.data / "https.crt")).get()
        self.tunnel_.get()
        secure, plain = self.origin_.requests
        self.assertEqual(secure.get("x-forwarded-proto"), "https")
        self.assertIn("proto=https", secure.get("forwarded"))
        self.assertEqual(plain.get("x-forwarded-proto"), "http")

    def test_large_bodies_both_ways(self):
        visitor = self.visitor(self.server_, self.tunnel_.host, trusting(self.server_.data / "https.crt"))
        body = pattern(3_000_000)
        sender = threading.Thread(target=visitor.request, args=("POST", "/up"), kwargs={"body": body})
        sender.start()
        answer = visitor.response()
        sender.join()
        self.assertIn(b'"length": 3000000', answer.body)
        self.assertEqual(self.origin_.requests[-1].body, body)

    def test_requests_share_a_connection_and_pipeline(self):
        visitor = self.visitor(self.server_, self.tunnel_.host, trusting(self.server_.data / "https.crt"))
        count = 30
        visitor.send("".join(f"GET /{n} HTTP/1.1\r\nHost: {visitor.host}\r\n\r\n" for n in range(count)))
        for number in range(count):
            self.assertIn(f'"target": "/{number}"'.encode(), visitor.response().body)

    def test_a_connection_finds_its_tunnel_on_another_worker(self):
        """With two workers, some of these land where the session is not; one visitor goes to two tunnels in turn."""
        other = self.tunnel(self.server_, self.echo(), "other")
        context = trusting(self.server_.data / "https.crt")
        for _ in range(12):
            visitor = self.visitor(self.server_, self.tunnel_.host, context)
            for host in (self.tunnel_.host, other.host, self.tunnel_.host):
                self.assertEqual(visitor.get("/x", host=host).status, 200)
            visitor.send("".join(f"GET /{n} HTTP/1.1\r\nHost: {host}\r\n\r\n" for n in range(4) for host in (other.host, visitor.host)))
            for number in range(4):
                for _ in range(2):
                    self.assertIn(f'"target": "/{number}"'.encode(), visitor.response().body)

    def test_the_certificate_is_kept(self):
        before = (self.server_.data / "https.crt").read_bytes()
        self.assertEqual((self.server_.data / "https.key").stat().st_mode & 0o777, 0o600)
        self.server_.stop()
        self.https_server(data=self.server_.data)
        self.assertEqual((self.server_.data / "https.crt").read_bytes(), before)

    def test_protocols_are_agreed_upon(self):
        visitor = self.visitor(self.server_, self.tunnel_.host, trusting(self.server_.data / "https.crt", alpn=["http/1.1"]))
        self.assertEqual(visitor.sock.selected_alpn_protocol(), "http/1.1")
        self.assertEqual(visitor.get().status, 200)
        with self.assertRaises(ssl.SSLError):
            self.visitor(self.server_, self.tunnel_.host, trusting(self.server_.data / "https.crt", alpn=["imap"]))

    def test_the_end_is_said(self):
        """close_notify comes before the end of the connection: nothing looks cut short."""
        visitor = self.visitor(self.server_, self.tunnel_.host, trusting(self.server_.data / "https.crt"))
        self.assertEqual(visitor.request(fields=[("Connection", "close")]).response().status, 200)
        visitor.sock.suppress_ragged_eofs = False
        self.assertEqual(visitor.rest(), b"")

    def test_nothing_is_listened_to_unasked(self):
        plain = self.server()
        self.assertIsNone(plain.https)


class Strangers(HttpsCase):
    """Who does not speak TLS on the TLS port costs nobody else anything."""

    def setUp(self):
        super().setUp()
        self.serve()

    def serve(self, *arguments):
        self.server_ = self.https_server(*arguments)
        self.tunnel_ = self.tunnel(self.server_, self.echo(), "shop")
        self.context = trusting(self.server_.data / "https.crt")

    def answer_to(self, data, timeout=8):
        with socket.create_connection(tuple(self.server_.https), timeout=seconds(timeout)) as sock:
            sock.sendall(data)
            received = b""
            try:
                while piece := sock.recv(65536):
                    received += piece
            except ConnectionResetError:
                pass
            return received

    def test_they_are_closed(self):
        # Bytes that happen to announce more than they bring are waited for as long as a handshake may take.
        self.serve("--limit", "handshake-timeout=3s")
        regular = self.visitor(self.server_, self.tunnel_.host, self.context)
        for data in (b"GET / HTTP/1.1\r\nHost: shop.t.example.com\r\n\r\n", b"\0" * 4000, os.urandom(4000), b"SSH-2.0-x\r\n",
                     b"\xadI\xb3\x89\x01b\xbcq\xe7U\xb8\x00\x84\xe8\x8b3" + b"\0" * 3984,
                     b"\x16\x03\x01\xff\xff" + b"\x01" * 70_000, b"\x16\x03\x01\x00\x04\x01\xff\xff\xff" + b"\x16\x03\x01\x40\x00" * 9000):
            with self.subTest(data[:16]):
                received = self.answer_to(data)
                self.assertNotIn(b"HTTP/", received)
                self.assertLess(len(received), 64)
                self.assertEqual(regular.get().status, 200)

    def test_a_handshake_has_ten_seconds(self):
        silent = socket.create_connection(tuple(self.server_.https), timeout=seconds(25))
        self.addCleanup(silent.close)
        slow = socket.create_connection(tuple(self.server_.https), timeout=seconds(25))
        self.addCleanup(slow.close)
        slow.sendall(b"\x16\x03\x01\x00\xc8\x01")
        self.assertEqual(self.visitor(self.server_, self.tunnel_.host, self.context).get().status, 200)
        self.assertEqual(silent.recv(1), b"")
        self.assertEqual(slow.recv(1), b"")

    def test_many_who_leave_in_the_handshake(self):
        before = self.server_.descriptors()
        for number in range(200):
            sock = socket.create_connection(tuple(self.server_.https), timeout=seconds(8))
            sock.sendall(b"\x16\x03\x01\x00\xc8\x01\x00\x00\xc4\x03\x03"[: number % 12])
            sock.close()
        self.assertEqual(self.visitor(self.server_, self.tunnel_.host, self.context).get().status, 200)
        wait_until(lambda: self.server_.descriptors() <= before + 2, "their descriptors are given back")

    def test_renegotiation_is_refused(self):
        done = subprocess.run(["openssl", "s_client", "-connect", f"127.0.0.1:{self.server_.https.port}", "-servername",
                               "shop.t.example.com", "-tls1_2"], input=b"R\n", capture_output=True, timeout=seconds(20))
        self.assertIn(b"RENEGOTIATING", done.stdout + done.stderr)
        self.assertNotEqual(done.returncode, 0)
        self.assertEqual(self.visitor(self.server_, self.tunnel_.host, self.context).get().status, 200)


class Embedded(HttpsCase):
    def test_one_machine_by_https(self):
        origin = self.echo()
        client = self.run_adit("http", origin.target, "--json", "--name", "shop", "--http-port", "0", "--https", "--https-port", "0")
        url = client.event(event="tunnel", state="online")["url"]
        self.assertTrue(url.startswith("https://shop.localhost:"), url)
        port = int(url.rpartition(":")[2])
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        visitor = TlsVisitor(("127.0.0.1", port), f"shop.localhost:{port}", context)
        self.addCleanup(visitor.close)
        self.assertEqual(visitor.get().status, 200)
        self.assertEqual(origin.requests[-1].get("x-forwarded-proto"), "https")

    def test_one_file_is_enough_to_trust(self):
        """The embedded server keeps its certificate, and each name has one that OpenSSL takes."""
        self.check(lambda home: self.run_adit("http", self.echo().target, "--json", "--name", "shop", "--http-port", "0", "--https",
                                              "--https-port", "0", "--state-dir", home), self.directory("state"))

    def check(self, start, home):
        for _ in range(2):
            client = start(home)
            url = client.event(event="tunnel", state="online")["url"]
            for version in ("1.2", "1.3"):
                done = self.visit(url, home, "--tlsv" + version, "--tls-max", version)
                self.assertEqual((done.returncode, done.stdout), (0, b"200"), done.stderr)
            unknown = self.visit(url.replace("shop", "nobody"), home)
            self.assertEqual((unknown.returncode, unknown.stdout), (0, b"404"), unknown.stderr)
            client.stop()

    def visit(self, url, directory, *arguments):
        return subprocess.run(["curl", "-sS", "--max-time", str(int(seconds(30))), "--noproxy", "*", "--cacert", directory / "https.crt",
                               "-o", "/dev/null", "-w", "%{http_code}", *arguments, url], capture_output=True, env=self.environment())

    def test_a_server_for_localhost_too(self):
        server = self.https_server(domain="localhost")
        tunnel = self.tunnel(server, self.echo(), "shop")
        done = self.visit(tunnel.url + "/x", server.data)
        self.assertEqual((done.returncode, done.stdout), (0, b"200"), done.stderr)
        visitor = self.visitor(server, tunnel.host, trusting(server.data / "https.crt"), server_name="shop.localhost")
        self.assertEqual(visitor.get().status, 200)
        # Only its own names are signed for.
        with self.assertRaises(ssl.SSLCertVerificationError):
            self.visitor(server, tunnel.host, trusting(server.data / "https.crt"), server_name="shop.example.com")

    def test_a_port_without_the_flag_is_a_mistake(self):
        self.assertEqual(self.run_adit("http", "3000", "--https-port", "0").exit_code(), 2)


class Limits(HttpsCase):
    def test_handshakes_in_progress_are_counted(self):
        """Who stands in the door holds it up until his time is over, and no longer."""
        server = self.https_server("--limit", "handshakes-per-worker=4", "--limit", "handshake-timeout=2s", workers=1)
        tunnel = self.tunnel(server, self.echo(), "shop")
        context = trusting(server.data / "https.crt")
        early = self.visitor(server, tunnel.host, context)
        silent = []
        for _ in range(6):
            sock = socket.create_connection(tuple(server.https), timeout=seconds(20))
            self.addCleanup(sock.close)
            silent.append(sock)
        self.assertEqual(early.get().status, 200)
        self.assertEqual(tunnel.get().status, 200)
        late = self.visitor(server, tunnel.host, context, timeout=30)
        self.assertEqual(late.get().status, 200)
        for sock in silent:
            self.assertEqual(sock.recv(1), b"")

    def test_silent_peers_make_room_for_others(self):
        server = self.https_server("--limit", "handshakes-per-worker=16", workers=1)  # each has 10 s
        tunnel = self.tunnel(server, self.echo(), "shop")
        context = trusting(server.data / "https.crt")
        silent = []
        for n in range(64):
            sock = socket.create_connection(tuple(server.https), timeout=seconds(20))
            self.addCleanup(sock.close)
            if n % 2:
                sock.sendall(b"\x16\x03\x01")  # the beginning of a handshake that does not go on
            silent.append(sock)
        begin = time.monotonic()
        self.assertEqual(self.visitor(server, tunnel.host, context, timeout=30).get().status, 200)
        self.assertLess(time.monotonic() - begin, seconds(6))

    def test_connections_of_an_address_are_counted_before_the_handshake(self):
        server = self.https_server("--limit", "connections-from-loopback=8", workers=1)
        tunnel = self.tunnel(server, self.echo(), "shop")
        context = trusting(server.data / "https.crt")
        silent = [socket.create_connection(tuple(server.https), timeout=seconds(20)) for _ in range(8)]
        for sock in silent:
            self.addCleanup(sock.close)
        with self.assertRaises((ssl.SSLError, ConnectionError)):
            self.visitor(server, tunnel.host, context)
        for sock in silent:
            sock.close()

        def served():
            try:
                return self.visitor(server, tunnel.host, context).get().status == 200
            except (ssl.SSLError, ConnectionError):
                return False
        wait_until(served, "there is room again")


class Certificates(HttpsCase):
    def setUp(self):
        super().setUp()
        self.files = self.directory("certificates")

    def shown(self, server, name, context=None):
        """The certificate a visitor who asks for `name` is shown."""
        context = context or ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        with socket.create_connection(tuple(server.https), timeout=seconds(10)) as plain:
            with context.wrap_socket(plain, server_hostname=name) as sock:
                return sock.getpeercert(binary_form=True)

    def test_the_name_chooses(self):
        first = Certificate(self.files, "first", ["t.example.com"])
        wild = Certificate(self.files, "wild", ["*.t.example.com"], kind="rsa")
        exact = Certificate(self.files, "exact", ["shop.t.example.com"])
        server = self.https_server(*first.options, *wild.options, *exact.options)
        for name, expected in (("shop.t.example.com", exact), ("SHOP.T.example.com", exact), ("blog.t.example.com", wild),
                               ("t.example.com", first), ("a.b.t.example.com", first), ("elsewhere.net", first), (None, first)):
            with self.subTest(name):
                self.assertEqual(self.shown(server, name), expected.der())
        shop = self.tunnel(server, self.echo(), "shop")
        blog = self.tunnel(server, self.echo(), "blog")
        for ca, name, right, wrong in ((exact, "shop", shop, blog), (wild, "blog", blog, shop)):
            visitor = self.visitor(server, right.host, trusting(ca.cert), server_name=name + ".t.example.com")
            self.assertEqual(visitor.get().status, 200)
            # What the certificate on this connection is not for belongs on another connection.
            answer = visitor.get(host=wrong.host)
            self.assertEqual(answer.status, 421)
            self.assertEqual(visitor.get(host="nobody.t.example.com").status, 404)
            self.assertEqual(visitor.request("POST", "/form", body=b"abc", host=wrong.host).response().status, 421)
        for host, ca, status in ((shop.host, exact, b"200"), (blog.host, exact, b"421")):
            done = self.curl(shop, server, "--http2", "-o", self.files / "page", "-w", "%{http_code} %{http_version}", "-H", f"Host: {host}",
                             f"https://shop.t.example.com:{server.https.port}/", ca=ca.cert)
            self.assertEqual((done.stdout, done.returncode), (status + b" 2", 0), done.stderr)
        # Who asks for no name gets the first certificate, and what it asks for.
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        plain = socket.create_connection(tuple(server.https), timeout=seconds(10))
        nameless = Visitor.__new__(Visitor)
        Wire.__init__(nameless, context.wrap_socket(plain))
        self.addCleanup(nameless.close)
        nameless.host = shop.host
        self.assertEqual(nameless.get().status, 200)

    def test_rsa_beside_ecdsa(self):
        ec = Certificate(self.files, "ec", ["shop.t.example.com"])
        rsa = Certificate(self.files, "rsa", ["shop.t.example.com"], kind="rsa")
        server = self.https_server(*ec.options, *rsa.options)
        for ciphers, expected in (("ECDHE-ECDSA-AES128-GCM-SHA256", ec), ("ECDHE-RSA-AES128-GCM-SHA256", rsa)):
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            context.maximum_version = ssl.TLSVersion.TLSv1_2
            context.set_ciphers(ciphers)
            self.assertEqual(self.shown(server, "shop.t.example.com", context), expected.der())

    def test_a_new_certificate_does_not_disturb_a_download(self):
        certificate = Certificate(self.files, "c", ["*.t.example.com"])
        old = certificate.der()
        server = self.https_server(*certificate.options)
        go_on = threading.Event()
        body = pattern(2_000_000)

        def script(connection):
            while connection.request():
                connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body))
                connection.send(body[:1_000_000])
                if not go_on.wait(seconds(20)):
                    return
                connection.send(body[1_000_000:])

        tunnel = self.tunnel(server, self.origin(script), "shop")
        visitor = self.visitor(server, tunnel.host, trusting(certificate.cert))
        visitor.request()
        answer = visitor.start()
        self.assertEqual(answer.status, 200)
        first = visitor.exactly(500_000)
        certificate.make(["*.t.example.com"])
        wait_until(lambda: self.shown(server, "shop.t.example.com") == certificate.der(), "the new certificate is shown")
        self.assertNotEqual(certificate.der(), old)
        go_on.set()
        self.assertEqual(first + visitor.exactly(1_500_000), body)
        # The connection goes on as well.
        self.assertEqual(visitor.get().body, body)

    def test_a_broken_file_keeps_the_old_one(self):
        certificate = Certificate(self.files, "c", ["*.t.example.com"])
        server = self.https_server(*certificate.options)
        old = certificate.der()
        certificate.cert.write_text("-----BEGIN CERTIFICATE-----\nnonsense\n-----END CERTIFICATE-----\n")
        self.assertIn(str(certificate.cert), server.line("the certificates stay as they were", stream="err"))
        self.assertEqual(self.shown(server, "shop.t.example.com"), old)
        certificate.make(["*.t.example.com"])
        wait_until(lambda: self.shown(server, "shop.t.example.com") == certificate.der(), "the repaired one is shown")
        os.chmod(certificate.key, 0o644)
        certificate.cert.touch()
        wait_until(lambda: str(certificate.key) in server.text("err"), "a key that others can read is refused")
        self.assertEqual(self.shown(server, "shop.t.example.com"), certificate.der())

    def test_mistakes_end_with_2_and_name_the_file(self):
        good = Certificate(self.files, "good", ["a"])
        other = Certificate(self.files, "other", ["a"])
        readable = Certificate(self.files, "readable", ["a"])
        os.chmod(readable.key, 0o644)
        text = self.files / "text"
        text.write_text("hello\n")
        os.chmod(text, 0o600)
        cases = (
            (["--cert", self.files / "missing.crt", "--key", good.key], "missing.crt"),
            (["--cert", good.cert, "--key", self.files / "missing.key"], "missing.key"),
            (["--cert", text, "--key", good.key], str(text)),
            (["--cert", good.cert, "--key", text], str(text)),
            (["--cert", good.cert, "--key", other.key], "do not belong together"),
            (readable.options, "readable.key"),
            (["--cert", good.cert], "--key"),
            (["--cert", good.cert, "--cert", other.cert, "--key", good.key], "--key"),
            (["--https-listen", "nonsense"], "--https-listen"),
        )
        for arguments, complaint in cases:
            with self.subTest(arguments):
                program = self.run_adit("--server", "--data-dir", self.directory("server"), "--quic-listen", "127.0.0.1:0",
                                        "--http-listen", "127.0.0.1:0", *([] if "--https-listen" in arguments else HTTPS), *arguments)
                self.assertEqual(program.exit_code(), 2, program.text())
                self.assertIn(complaint, program.text("err"))

    def test_a_certificate_whose_time_is_over_is_pointed_out(self):
        short = Certificate(self.files, "short", ["t.example.com"], days=2)
        server = self.https_server(*short.options)
        self.assertIn(str(short.cert), server.line("expires in", stream="err"))
        self.assertEqual(self.shown(server, "t.example.com"), short.der())

    def test_a_port_in_use_is_named(self):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
            program = self.run_adit("--server", "--data-dir", self.directory("server"), "--quic-listen", "127.0.0.1:0",
                                    "--http-listen", "127.0.0.1:0", "--https-listen", f"127.0.0.1:{port}")
            self.assertEqual(program.exit_code(), 1)
            self.assertIn(f"127.0.0.1:{port}", program.text("err"))


class Tickets(HttpsCase):
    def setUp(self):
        super().setUp()
        self.server_ = self.https_server()
        self.tunnels = [self.tunnel(self.server_, self.echo(), name) for name in ("shop", "blog")]

    def session(self, version, name):
        """(context, session) of a visitor that was served."""
        context = trusting(self.server_.data / "https.crt", version=version)
        visitor = self.visitor(self.server_, self.tunnels[0].host, context, server_name=name)
        self.assertEqual(visitor.get().status, 200)
        self.assertFalse(visitor.sock.session_reused)
        return context, visitor.sock.session

    def test_a_ticket_opens_for_its_own_host_only(self):
        for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            with self.subTest(version):
                context, session = self.session(version, "shop.t.example.com")
                for name, reused in (("shop.t.example.com", True), ("blog.t.example.com", False), ("t.example.com", False)):
                    # Several, so that both workers are asked.
                    for _ in range(4):
                        visitor = self.visitor(self.server_, self.tunnels[0].host, context, server_name=name, session=session)
                        self.assertEqual(visitor.sock.session_reused, reused, name)
                        self.assertEqual(visitor.get().status, 200)

    def test_a_new_process_does_not_know_old_tickets(self):
        context, session = self.session(ssl.TLSVersion.TLSv1_3, "shop.t.example.com")
        self.server_.stop()
        server = self.https_server(data=self.server_.data)
        visitor = self.visitor(server, "shop.t.example.com", context, session=session)
        self.assertFalse(visitor.sock.session_reused)


class Redirects(HttpsCase):
    def setUp(self):
        super().setUp()
        self.server_ = self.https_server("--redirect-http")
        self.origin_ = self.echo()
        self.tunnel_ = self.tunnel(self.server_, self.origin_, "shop")
        self.base = f"https://shop.t.example.com:{self.server_.https.port}"

    def test_known_hosts_are_sent_to_https(self):
        visitor = self.tunnel_.visit(host="shop.t.example.com")
        for target in ("/", "/a/b?c=d&e", "//evil.example/x"):
            answer = visitor.get(target)
            self.assertEqual(answer.status, 308)
            self.assertEqual(answer.all("location"), [self.base + target])
        answer = visitor.request("GET", "http://shop.t.example.com/abs").response()
        self.assertEqual(answer.get("location"), self.base + "/abs")
        answer = self.tunnel_.visit(host="SHOP.t.example.com.:80").get("/x")
        self.assertTrue(answer.get("location").lower().startswith(self.base))
        answer = self.tunnel_.visit(host="shop.t.example.com").request("POST", "/form", body=b"a=b").response()
        self.assertEqual((answer.status, answer.get("location")), (308, self.base + "/form"))
        self.assertEqual(self.origin_.requests, [])

    def test_unknown_hosts_are_not(self):
        for host in ("nobody.t.example.com", "evil.example", "shop.t.example.com.evil.example", "shop.t.example.com@evil.example"):
            answer = self.tunnel_.visit(host=host).get("/")
            self.assertIn(answer.status, (400, 404), host)
            self.assertEqual(answer.all("location"), [], host)

    def test_curl_follows(self):
        done = self.curl(self.tunnel_, self.server_, "-L", "-w", "%{http_code}", f"http://shop.t.example.com:{self.server_.http.port}/q?1")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn(b'"target": "/q?1"', done.stdout)

    def test_it_needs_https(self):
        program = self.run_adit("--server", "--data-dir", self.directory("server"), "--redirect-http")
        self.assertEqual(program.exit_code(), 2)
        self.assertIn("--redirect-http", program.text("err"))


if __name__ == "__main__":
    main()
