# SPDX-License-Identifier: Apache-2.0
"""HTTP/1.1 end to end through a server and a client: order, framing, trailers, interim answers, forwarding fields, reuse."""

from support.case import AditCase, main
from support.origins import pattern


class Framing(AditCase):
    def setUp(self):
        super().setUp()
        self.tunnel_, self.origin_ = self.exposed()

    def test_get_and_the_connection_stays(self):
        visitor = self.tunnel_.visit()
        for number in range(20):
            answer = visitor.get(f"/page/{number}?q=%20a&b")
            self.assertEqual(answer.status, 200)
            self.assertIn(f'"/page/{number}?q=%20a&b"'.encode(), answer.body)

    def test_pipelined_requests_are_answered_in_order(self):
        visitor = self.tunnel_.visit()
        count = 40
        visitor.send("".join(f"GET /{n} HTTP/1.1\r\nHost: {visitor.host}\r\n\r\n" for n in range(count)))
        for number in range(count):
            self.assertIn(f'"target": "/{number}"'.encode(), visitor.response().body)

    def test_pipelined_bodies_are_kept_apart(self):
        visitor = self.tunnel_.visit()
        visitor.send(f"POST /a HTTP/1.1\r\nHost: {visitor.host}\r\nContent-Length: 5\r\n\r\nhello"
                     f"POST /b HTTP/1.1\r\nHost: {visitor.host}\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"
                     f"GET /c HTTP/1.1\r\nHost: {visitor.host}\r\n\r\n")
        for target, body in (("/a", "hello"), ("/b", "abc"), ("/c", "")):
            text = visitor.response().body.decode()
            self.assertIn(f'"target": "{target}"', text)
            self.assertIn(f'"body": "{body}"', text)

    def test_upload_with_a_length(self):
        body = pattern(300_000)
        answer = self.tunnel_.visit().request("POST", "/up", body=body).response()
        self.assertIn(b'"length": 300000', answer.body)
        self.assertEqual(self.origin_.requests[-1].body, body)

    def test_upload_in_chunks_with_trailers(self):
        visitor = self.tunnel_.visit()
        visitor.request("POST", "/up", [("Transfer-Encoding", "chunked"), ("Trailer", "X-Digest")])
        pieces = [pattern(size) for size in (1, 1000, 70_000, 3)]
        for piece in pieces:
            visitor.send(b"%x;ext=\"quoted\"\r\n" % len(piece) + piece + b"\r\n")
        visitor.send(b"0\r\nX-Digest: abc123\r\n\r\n")
        self.assertEqual(visitor.response().status, 200)
        request = self.origin_.requests[-1]
        self.assertEqual(request.body, b"".join(pieces))
        self.assertIn(["x-digest", "abc123"], [list(pair) for pair in request.trailers])

    def test_trailers_may_not_carry_framing_or_routing(self):
        visitor = self.tunnel_.visit()
        visitor.request("POST", "/up", [("Transfer-Encoding", "chunked")])
        visitor.send(b"2\r\nok\r\n0\r\nContent-Length: 7\r\nHost: evil\r\nAuthorization: x\r\nX-Fine: yes\r\n\r\n")
        answer = visitor.response()
        if answer.status == 400:  # Refusing the message is as good as dropping the fields.
            return
        names = [name for name, _ in self.origin_.requests[-1].trailers]
        self.assertEqual(names, ["x-fine"])

    def test_empty_chunked_and_empty_length(self):
        visitor = self.tunnel_.visit()
        visitor.request("POST", "/", [("Transfer-Encoding", "chunked")]).send(b"0\r\n\r\n")
        self.assertIn(b'"length": 0', visitor.response().body)
        visitor.request("POST", "/", [("Content-Length", "0")])
        self.assertIn(b'"length": 0', visitor.response().body)
        self.assertEqual(self.origin_.requests[-1].get("content-length"), "0")

    def test_a_head_that_arrives_byte_by_byte(self):
        visitor = self.tunnel_.visit()
        for byte in f"GET /slow HTTP/1.1\r\nHost: {visitor.host}\r\n\r\n".encode():
            visitor.send(bytes([byte]))
        self.assertIn(b"/slow", visitor.response().body)

    def test_http_1_0_is_answered_and_closed(self):
        visitor = self.tunnel_.visit()
        visitor.send(f"GET /old HTTP/1.0\r\nHost: {visitor.host}\r\n\r\n")
        answer = visitor.response()
        self.assertEqual(answer.status, 200)
        self.assertFalse(answer.get("transfer-encoding"))
        self.assertTrue(visitor.closed_within(5))

    def test_connection_close_is_kept(self):
        visitor = self.tunnel_.visit()
        answer = visitor.get("/", [("Connection", "close")])
        self.assertEqual(answer.status, 200)
        self.assertTrue(visitor.closed_within(5))

    def test_absolute_form_wins_over_host(self):
        visitor = self.tunnel_.visit()
        visitor.send(f"GET http://{visitor.host}/absolute HTTP/1.1\r\nHost: other.example\r\n\r\n")
        answer = visitor.response()
        self.assertEqual(answer.status, 200)
        request = self.origin_.requests[-1]
        self.assertEqual(request.target, "/absolute")
        self.assertEqual(request.all("host"), [visitor.host])

    def test_options_asterisk(self):
        visitor = self.tunnel_.visit()
        self.assertEqual(visitor.request("OPTIONS", "*").response().status, 200)
        self.assertEqual(self.origin_.requests[-1].target, "*")

    def test_unusual_methods_and_targets_pass_unchanged(self):
        visitor = self.tunnel_.visit()
        for method, target in (("PROPFIND", "/a"), ("DELETE", "/x/../y"), ("PATCH", "//double//"), ("GET", "/%2e%2e/%00?x=?&y=/")):
            self.assertEqual(visitor.request(method, target).response().status, 200)
            self.assertEqual((self.origin_.requests[-1].method, self.origin_.requests[-1].target), (method, target))


class Answers(AditCase):
    def one(self, raw, method="GET", close=False):
        """A tunnel whose origin answers every request with these bytes."""
        def script(connection):
            while connection.request() is not None:
                connection.send(raw)
                if close:
                    return
        tunnel, origin = self.exposed(script)
        visitor = tunnel.visit()
        visitor.request(method)
        return visitor, origin

    def test_head_204_and_304_have_no_body(self):
        def script(connection):
            while (request := connection.request()) is not None:
                if request.method == "HEAD":
                    connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 12345\r\n\r\n")
                elif request.target == "/204":
                    connection.send(b"HTTP/1.1 204 No Content\r\nX-A: 1\r\n\r\n")
                elif request.target == "/304":
                    connection.send(b"HTTP/1.1 304 Not Modified\r\nContent-Length: 99\r\nETag: \"x\"\r\n\r\n")
                else:
                    connection.answer(b"end")
        tunnel, origin = self.exposed(script)
        visitor = tunnel.visit()
        for _ in range(2):  # On one connection: a wrong framing would show in the next answer.
            head = visitor.request("HEAD", "/").response("HEAD")
            self.assertEqual((head.status, head.get("content-length")), (200, "12345"))
            answer = visitor.get("/204")
            self.assertEqual((answer.status, answer.get("x-a"), answer.get("content-length")), (204, "1", None))
            answer = visitor.get("/304")
            self.assertEqual((answer.status, answer.get("etag")), (304, '"x"'))
            self.assertEqual(visitor.get("/end").body, b"end")

    def test_chunked_answer_with_trailers(self):
        visitor, _ = self.one(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n"
                              b"4\r\nWiki\r\n6;a=b\r\npedia \r\n0\r\nX-Sum: 42\r\n\r\n")
        answer = visitor.response()
        self.assertEqual(answer.body, b"Wikipedia ")
        self.assertEqual(answer.trailers, [("x-sum", "42")])

    def test_answer_until_close_arrives_whole_and_framed(self):
        visitor, _ = self.one(b"HTTP/1.1 200 OK\r\nX-B: 2\r\n\r\n" + b"z" * 100_000, close=True)
        answer = visitor.response()
        self.assertEqual(answer.body, b"z" * 100_000)
        visitor.request()  # The visitor's connection can go on, since the answer was framed anew, or was closed cleanly.
        if answer.get("transfer-encoding"):
            self.assertEqual(visitor.response().status, 200)

    def test_interim_answers_pass(self):
        visitor, _ = self.one(b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        answer = visitor.response()
        self.assertEqual([interim.status for interim in answer.interim], [103])
        self.assertEqual(answer.interim[0].get("link"), "</a.css>")
        self.assertEqual(answer.body, b"ok")

    def test_repeated_fields_and_reason_are_kept(self):
        visitor, _ = self.one(b"HTTP/1.1 299 My Own Reason\r\nSet-Cookie: a=1\r\nX-Odd:   spaced  \r\nSet-Cookie: b=2\r\nContent-Length: 0\r\n\r\n")
        answer = visitor.response()
        self.assertEqual((answer.status, answer.reason), (299, "My Own Reason"))
        self.assertEqual(answer.all("set-cookie"), ["a=1", "b=2"])
        self.assertEqual(answer.get("x-odd"), "spaced")

    def test_hop_by_hop_fields_of_the_answer_are_taken_out(self):
        visitor, _ = self.one(b"HTTP/1.1 200 OK\r\nConnection: X-Private, keep-alive\r\nX-Private: 1\r\nKeep-Alive: timeout=5\r\n"
                              b"Content-Length: 0\r\n\r\n")
        answer = visitor.response()
        self.assertIsNone(answer.get("x-private"))
        self.assertIsNone(answer.get("keep-alive"))

    def test_malformed_answers_are_502_and_split_nothing(self):
        broken = {
            "no HTTP": b"SSH-2.0-OpenSSH\r\n\r\n",
            "two lengths": b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
            "length and coding": b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            "odd status": b"HTTP/1.1 2000 OK\r\nContent-Length: 0\r\n\r\n",
            "nul": b"HTTP/1.1 200 OK\r\nX: a\0b\r\nContent-Length: 0\r\n\r\n",
            "closes at once": b"",
        }

        def script(connection):
            while (request := connection.request()) is not None:
                if request.target == "/good":
                    connection.answer(b"good")
                else:
                    connection.send(broken[request.target[1:].replace("%20", " ")])
                    return
        tunnel, _ = self.exposed(script)
        for name in broken:
            with self.subTest(name):
                answer = tunnel.get("/" + name.replace(" ", "%20"))
                self.assertEqual(answer.status, 502)
                self.assertEqual(tunnel.get("/good").body, b"good")

    def test_a_space_before_a_colon_is_taken_out_of_an_answer(self):
        """RFC 9112 section 5.1 tells a proxy to remove it from a response."""
        visitor, _ = self.one(b"HTTP/1.1 200 OK\r\nX-Odd : a\r\nContent-Length : 0\r\n\r\n")
        answer = visitor.response()
        self.assertEqual(answer.status, 200)
        self.assertEqual(answer.get("x-odd"), "a")
        self.assertEqual(answer.get("content-length"), "0")

    def test_an_answer_that_breaks_off_is_not_completed(self):
        visitor, _ = self.one(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nhalf", close=True)
        answer = visitor.start()
        self.assertEqual(answer.status, 200)
        self.assertTrue(visitor.closed_within(10))
        self.assertLess(len(visitor.buffer), 1000)

    def test_a_chunked_answer_that_breaks_off_has_no_last_chunk(self):
        visitor, _ = self.one(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n", close=True)
        visitor.start()
        self.assertTrue(visitor.closed_within(10))
        self.assertNotIn(b"0\r\n\r\n", visitor.buffer)


class ForwardingFields(AditCase):
    def test_true_fields_are_set_and_strangers_replaced(self):
        tunnel, origin = self.exposed()
        stranger = [("X-Forwarded-For", "6.6.6.6"), ("X-Forwarded-Host", "evil.example"), ("X-Forwarded-Proto", "https"),
                    ("Forwarded", "for=6.6.6.6;proto=https"), ("X-Real-IP", "6.6.6.6"), ("x-forwarded-for", "7.7.7.7")]
        for fields in ([], stranger):
            tunnel.get("/", fields)
            request = origin.requests[-1]
            self.assertEqual(request.all("x-forwarded-for"), ["127.0.0.1"])
            self.assertEqual(request.all("x-forwarded-proto"), [tunnel.scheme])
            self.assertEqual(request.all("x-forwarded-host"), [tunnel.host])
            self.assertNotIn("6.6.6.6", str(request.fields))
            self.assertNotIn("7.7.7.7", str(request.fields))
            self.assertNotIn("evil.example", str(request.fields))
            forwarded = request.all("forwarded")
            self.assertEqual(len(forwarded), 1)
            for part in ("for=127.0.0.1", "proto=" + tunnel.scheme):
                self.assertIn(part, forwarded[0].lower())
            self.assertIn("host=", forwarded[0].lower())
            self.assertEqual(request.all("host"), [tunnel.host])

    def test_visitor_address_is_the_visitors(self):
        tunnel, origin = self.exposed()
        tunnel.visit(source="127.0.0.9").get()
        self.assertEqual(origin.requests[-1].all("x-forwarded-for"), ["127.0.0.9"])

    def test_hop_by_hop_fields_of_the_request_are_taken_out(self):
        tunnel, origin = self.exposed()
        tunnel.get("/", [("Connection", "X-Secret-Hop"), ("X-Secret-Hop", "1"), ("Keep-Alive", "300"), ("Proxy-Connection", "x"),
                         ("TE", "gzip"), ("X-Kept", "yes"), ("Cookie", "a=b"), ("Authorization", "Basic eDp5")])
        request = origin.requests[-1]
        for gone in ("x-secret-hop", "keep-alive", "proxy-connection"):
            self.assertIsNone(request.get(gone), gone)
        self.assertEqual(request.get("x-kept"), "yes")
        self.assertEqual(request.get("cookie"), "a=b")
        self.assertEqual(request.get("authorization"), "Basic eDp5")

    def test_connection_may_not_name_what_matters(self):
        tunnel, origin = self.exposed()
        answer = tunnel.get("/", [("Connection", "Host, Authorization, X-Forwarded-For"), ("Authorization", "Basic eDp5")])
        if answer.status == 400:
            return
        request = origin.requests[-1]
        self.assertEqual(request.all("host"), [tunnel.host])
        self.assertEqual(request.get("authorization"), "Basic eDp5")
        self.assertEqual(request.all("x-forwarded-for"), ["127.0.0.1"])


class OriginConnections(AditCase):
    def test_are_reused(self):
        tunnel, origin = self.exposed()
        for _ in range(3):
            visitor = tunnel.visit()
            for _ in range(10):
                self.assertEqual(visitor.get().status, 200)
            visitor.close()
        self.assertLessEqual(origin.connections, 2)

    def test_a_pooled_connection_that_the_origin_closed_is_not_an_error(self):
        def script(connection):
            if connection.request() is not None:
                connection.answer(b"once")  # and closes, without saying so in the answer
        tunnel, origin = self.exposed(script)
        visitor = tunnel.visit()
        for number in range(1, 16):
            answer = visitor.get()
            self.assertEqual((answer.status, answer.body), (200, b"once"))
            origin.wait(lambda: origin.open == 0, "the connection closed")

    def test_connection_close_of_the_origin_is_not_the_visitors(self):
        def script(connection):
            if connection.request() is not None:
                connection.answer(b"bye", fields=[("Connection", "close")])
        tunnel, origin = self.exposed(script)
        visitor = tunnel.visit()
        for _ in range(5):
            self.assertEqual(visitor.get().body, b"bye")
        self.assertEqual(origin.connections, 5)


class Expectations(AditCase):
    def test_100_continue_comes_before_the_body_is_sent(self):
        tunnel, origin = self.exposed()
        visitor = tunnel.visit()
        visitor.request("POST", "/", [("Expect", "100-continue"), ("Content-Length", "5")])
        line, _ = visitor.head()
        self.assertTrue(line.startswith("HTTP/1.1 100"), line)
        visitor.send(b"hello")
        self.assertEqual(visitor.response().status, 200)
        self.assertEqual(origin.requests[-1].body, b"hello")

    def test_a_refusal_comes_instead_of_100(self):
        def script(connection):
            request = connection.request(read_body=False)
            if request is not None:
                connection.answer(b"too big", "413 Content Too Large", [("Connection", "close")])
        tunnel, _ = self.exposed(script)
        visitor = tunnel.visit()
        visitor.request("POST", "/", [("Expect", "100-continue"), ("Content-Length", "5000000")])
        answer = visitor.start()
        # A proxy may send 100 itself (RFC 9110 section 10.1.1); then the refusal follows at once all the same.
        self.assertEqual(answer.status, 413)

    def test_a_refusal_says_that_the_connection_ends(self):
        def script(connection):
            while connection.request(read_body=False) is not None:
                connection.answer(b"too big", "413 Content Too Large")
        tunnel, _ = self.exposed(script)
        visitor = tunnel.visit()
        visitor.request("POST", "/", [("Expect", "100-continue"), ("Content-Length", "5000000")])
        answer = visitor.response()
        self.assertEqual((answer.status, answer.get("Connection")), (413, "close"))
        self.assertEqual(visitor.rest(), b"")

    def test_unknown_expectation_is_answered(self):
        tunnel, _ = self.exposed()
        self.assertIn(tunnel.get("/", [("Expect", "the-moon")]).status, (200, 400, 417))


if __name__ == "__main__":
    main()
