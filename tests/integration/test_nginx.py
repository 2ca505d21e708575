# SPDX-License-Identifier: Apache-2.0
"""nginx behind the tunnel, configured as Debian does it, and in front of the server, where it ends TLS."""

import gzip
import json

from support.case import AditCase, main
from support.nginx import Nginx
from support.tls import Certificate, TlsVisitor, trusting

ORIGIN = """
  gzip on;
  server {
    listen 127.0.0.1:{port};
    root {root};
  }
"""
PAGE = ("<p>" + "the same sentence again and again " * 8 + "</p>\n") * 19


class Origin(AditCase):
    def setUp(self):
        super().setUp()
        self.nginx = Nginx(self, ORIGIN)
        (self.nginx.root / "page.html").write_text(PAGE)

    def page(self, *arguments):
        tunnel = self.tunnel(self.server(arguments=arguments), str(self.nginx.port))
        return tunnel.get("/page.html", [("Accept-Encoding", "gzip")])

    def test_answers_are_compressed(self):
        answer = self.page()
        self.assertEqual(answer.get("content-encoding"), "gzip")
        self.assertLess(len(answer.body), len(PAGE) // 20)
        self.assertEqual(gzip.decompress(answer.body).decode(), PAGE)
        self.assertEqual(answer.get("via"), "1.1 adit")

    def test_with_via_nginx_does_not_compress(self):
        # Its default, "gzip_proxied off", takes a request with Via for one of a proxy that cannot be trusted with it.
        answer = self.page("--via")
        self.assertIsNone(answer.get("content-encoding"))
        self.assertEqual(answer.body.decode(), PAGE)


PROXY = """
  server {
    listen 127.0.0.1:{port} ssl;
    ssl_certificate {certificate};
    ssl_certificate_key {key};
    location / {
      proxy_pass http://127.0.0.1:{adit};
      proxy_http_version 1.1;
      proxy_set_header Host $host;
      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
      proxy_set_header X-Forwarded-Proto $scheme;
    }
  }
"""


class InFront(AditCase):
    def scene(self, *arguments):
        """An application that wants https: what comes without it is sent there."""
        def script(connection):
            while (request := connection.request()) is not None:
                if request.get("x-forwarded-proto") == "https":
                    connection.answer(json.dumps(request.fields).encode())
                else:
                    connection.answer(b"", "302 Found", [("Location", f"https://{request.get('host')}{request.target}")])
        server = self.server(arguments=arguments)
        tunnel = self.tunnel(server, self.origin(script), "shop")
        certificate = Certificate(self.directory("certificate"), "shop", ["shop.t.example.com"])
        nginx = Nginx(self, PROXY, certificate=certificate.cert, key=certificate.key, adit=server.http.port)
        visitor = TlsVisitor(("127.0.0.1", nginx.port), "shop.t.example.com", trusting(certificate.cert))
        self.addCleanup(visitor.close)
        return tunnel, visitor

    def test_the_visitor_is_who_the_proxy_says(self):
        tunnel, visitor = self.scene("--trusted-proxy", "127.0.0.0/8", "--public-scheme", "https")
        self.assertEqual(tunnel.url, "https://shop.t.example.com")
        answer = visitor.get("/", [("X-Forwarded-For", "203.0.113.9"), ("Forwarded", "for=198.51.100.1;proto=http")])
        self.assertEqual(answer.status, 200)
        fields = {name.lower(): value for name, value in json.loads(answer.body)}
        self.assertEqual(fields["x-forwarded-for"], "203.0.113.9")  # of the two, 127.0.0.1 is trusted itself
        self.assertEqual(fields["forwarded"], 'for=203.0.113.9;host="shop.t.example.com";proto=https')
        self.assertEqual(fields["host"], "shop.t.example.com")

    def test_without_trust_it_is_the_proxy(self):
        _, visitor = self.scene()
        answer = visitor.get("/", [("X-Forwarded-For", "203.0.113.9")])
        self.assertEqual(answer.status, 302)

    def test_a_redirect_to_https_ends(self):
        """--redirect-http knows what the visitor spoke to the proxy."""
        _, visitor = self.scene("--trusted-proxy", "127.0.0.1", "--https-listen", "127.0.0.1:0", "--redirect-http")
        self.assertEqual(visitor.get("/").status, 200)


if __name__ == "__main__":
    main()
