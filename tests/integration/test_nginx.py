# SPDX-License-Identifier: Apache-2.0
"""nginx behind the tunnel, configured as Debian does it."""

import gzip

from support.case import AditCase, main
from support.nginx import Nginx

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


if __name__ == "__main__":
    main()
