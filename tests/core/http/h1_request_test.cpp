// SPDX-License-Identifier: Apache-2.0
// Requests the parser takes and refuses.
#include <QTest>

#include <string>
#include <utility>

#include "core/base/random.h"
#include "core/http/h1_parser.h"
#include "tests/core/support/h1_requests.h"

using namespace adit::http;
using namespace adit::test;

class H1RequestTest : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void readsEveryPart();
  void accepts_data();
  void accepts();
  void refuses_data();
  void refuses();
  void reducesTargets_data();
  void reducesTargets();
  void traits_data();
  void traits();
};

void H1RequestTest::readsEveryPart() {
  const std::string text =
      "POST /a?b=c HTTP/1.1\r\nHost: A.Example:8080\r\nX-Empty:\r\nx-b: \t two words \t\r\nContent-Length: "
      "5\r\n\r\nhello";
  Parsed parsed;
  parseEveryWay(text, {}, parsed);
  QCOMPARE(parsed.result.status, ParseStatus::Complete);
  QCOMPARE(parsed.result.consumed, text.size() - 5);
  QCOMPARE(parsed.head.method, std::string_view("POST"));
  QCOMPARE(parsed.head.target, std::string_view("/a?b=c"));
  QCOMPARE(parsed.head.authority, std::string_view("A.Example:8080"));
  QCOMPARE(parsed.head.fields.size(), std::size_t{4});
  QCOMPARE(parsed.head.fields[1].name, std::string_view("X-Empty"));
  QCOMPARE(parsed.head.fields[1].value, std::string_view());
  QCOMPARE(parsed.head.fields[2].name, std::string_view("x-b"));
  QCOMPARE(parsed.head.fields[2].value, std::string_view("two words"));
  QCOMPARE(parsed.traits.framing.body, BodyFraming::Length);
  QCOMPARE(parsed.traits.framing.length, std::uint64_t{5});
}

void H1RequestTest::accepts_data() {
  QTest::addColumn<QByteArray>("text");
  const auto row = [](const char* name, const std::string& text) {
    QTest::newRow(name) << QByteArray::fromStdString(text);
  };
  row("plain", get(""));
  row("no fields in 1.0", "GET / HTTP/1.0\r\n\r\n");
  row("odd method", "M-SEARCH!#$%&'*+.^_`|~09 / HTTP/1.1\r\nHost: a\r\n\r\n");
  row("one empty line first", "\r\n" + get(""));
  row("two empty lines first", "\r\n\r\n" + get(""));
  row("no space after the colon", get("A:b\r\n"));
  row("tabs around a value", get("A:\tb\t\r\n"));
  row("tab inside a value", get("A: b\tc\r\n"));
  row("empty value", get("A:\r\n"));
  row("blank value", get("A:   \r\n"));
  row("obs-text in a value", get("A: caf\xc3\xa9 \xff\x80\r\n"));
  row("colons in a value", get("A: b:c:d\r\n"));
  row("every visible character in a target",
      "GET /!$%&'()*+,-./:;<=>?@[\\]^_`{|}~\" HTTP/1.1\r\nHost: a\r\n\r\n");
  row("asterisk", "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n");
  row("double slash", "GET //evil.example/x HTTP/1.1\r\nHost: a\r\n\r\n");
  row("port", "GET / HTTP/1.1\r\nHost: a:65535\r\n\r\n");
  row("trailing dot", "GET / HTTP/1.1\r\nHost: a.example.:80\r\n\r\n");
  row("IPv4", "GET / HTTP/1.1\r\nHost: 127.0.0.1:80\r\n\r\n");
  row("IPv6", "GET / HTTP/1.1\r\nHost: [2001:db8::1]:80\r\n\r\n");
  row("IPv6 with IPv4", "GET / HTTP/1.1\r\nHost: [::ffff:127.0.0.1]\r\n\r\n");
  row("host in lower case name", "GET / HTTP/1.1\r\nhost: a\r\n\r\n");
  row("length zero", post("Content-Length: 0\r\n"));
  row("length with zeros before", post("Content-Length: 007\r\n"));
  row("largest length", post("Content-Length: 4611686018427387903\r\n"));
  row("chunked", post("Transfer-Encoding: chunked\r\n"));
  row("chunked in capitals", post("TRANSFER-ENCODING:CHUNKED\r\n"));
  row("chunked with spaces around", post("Transfer-Encoding:   chunked  \r\n"));
  row("unknown upgrade with a body",
      post("Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nContent-Length: 1\r\n"));
  row("expectation in 1.0 is ignored", "POST / HTTP/1.0\r\nExpect: something\r\nContent-Length: 1\r\n\r\n");
  row("32 connection options",
      get("Connection: a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p\r\nConnection: a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p\r\n"));
}

void H1RequestTest::accepts() {
  QFETCH(QByteArray, text);
  Parsed parsed;
  parseEveryWay(text.toStdString(), {}, parsed);
  QVERIFY2(parsed.result.status == ParseStatus::Complete, parsed.result.errorReason);
  QCOMPARE(parsed.result.consumed, static_cast<std::size_t>(text.size()));
}

void H1RequestTest::refuses_data() {
  QTest::addColumn<QByteArray>("text");
  QTest::addColumn<int>("status");
  const auto row = [](const char* name, const std::string& text, int status = 400) {
    QTest::newRow(name) << QByteArray::fromStdString(text) << status;
  };
  const auto line = [](const std::string& requestLine) { return requestLine + "\r\nHost: a\r\n\r\n"; };
  const auto host = [](const std::string& value) { return "GET / HTTP/1.1\r\nHost: " + value + "\r\n\r\n"; };

  // Framing.
  row("length and coding", post("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n"));
  row("coding and length", post("Transfer-Encoding: chunked\r\nContent-Length: 0\r\n"));
  row("two lengths", post("Content-Length: 5\r\nContent-Length: 6\r\n"));
  row("two equal lengths", post("Content-Length: 5\r\nContent-Length: 5\r\n"));
  row("a list of lengths", post("Content-Length: 5, 5\r\n"));
  row("length with plus", post("Content-Length: +5\r\n"));
  row("length with minus", post("Content-Length: -5\r\n"));
  row("length with a space inside", post("Content-Length: 5 5\r\n"));
  row("length with a tab", post("Content-Length:\t5\r\n"));
  row("hexadecimal length", post("Content-Length: 0x5\r\n"));
  row("decimal point", post("Content-Length: 5.0\r\n"));
  row("empty length", post("Content-Length:\r\n"));
  row("blank length", post("Content-Length:  \r\n"));
  row("length 2^62", post("Content-Length: 4611686018427387904\r\n"));
  row("length 2^64", post("Content-Length: 18446744073709551616\r\n"));
  row("length of 20 digits", post("Content-Length: 00000000000000000005\r\n"));
  row("length in quotes", post("Content-Length: \"5\"\r\n"));
  row("chunked twice", post("Transfer-Encoding: chunked, chunked\r\n"));
  row("two codings fields", post("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"));
  row("two codings fields, other", post("Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n"));
  row("chunked not last", post("Transfer-Encoding: chunked, gzip\r\n"));
  row("chunked with parameter", post("Transfer-Encoding: chunked;a=b\r\n"));
  row("chunked in quotes", post("Transfer-Encoding: \"chunked\"\r\n"));
  row("chunked after tab", post("Transfer-Encoding:\tchunked\r\n"));
  row("chunked before tab", post("Transfer-Encoding: chunked\t\r\n"));
  row("chunked after vertical tab", post("Transfer-Encoding: \vchunked\r\n"));
  row("empty coding", post("Transfer-Encoding:\r\n"));
  row("comma only", post("Transfer-Encoding: ,\r\n"));
  row("chunked and comma", post("Transfer-Encoding: chunked,\r\n"));
  row("two words", post("Transfer-Encoding: chunked identity\r\n"));
  row("chunked in 1.0", "POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
  row("gzip", post("Transfer-Encoding: gzip\r\n"), 501);
  row("gzip, chunked", post("Transfer-Encoding: gzip, chunked\r\n"), 501);
  row("identity", post("Transfer-Encoding: identity\r\n"), 501);
  row("xchunked", post("Transfer-Encoding: xchunked\r\n"), 501);

  // Lines.
  row("folded value", get("A: b\r\n c\r\n"));
  row("folded by tab", get("A: b\r\n\tc\r\n"));
  row("indented first field", "GET / HTTP/1.1\r\n Host: a\r\n\r\n");
  row("bare line feed after the request line", "GET / HTTP/1.1\nHost: a\r\n\r\n");
  row("bare line feed after a field", "GET / HTTP/1.1\r\nHost: a\nB: c\r\n\r\n");
  row("bare line feeds at the end", "GET / HTTP/1.1\r\nHost: a\n\n");
  row("bare line feed as the empty line", "GET / HTTP/1.1\r\nHost: a\r\n\n");
  row("bare line feed first", "\n" + get(""));
  row("bare carriage return in a value", get("A: b\rc\r\n"));
  row("bare carriage return at a line's start", get("\rA: b\r\n"));
  row("two carriage returns", get("A: b\r\r\n"));
  row("carriage return in the request line", line("GET /\r HTTP/1.1"));
  row("NUL in a value", get(std::string("A: b\0c\r\n", 8)));
  row("NUL in a name", get(std::string("A\0: b\r\n", 7)));
  row("control in a value", get("A: b\x01\r\n"));
  row("escape in a value", get("A: \x1b[0m\r\n"));
  row("DEL in a value", get("A: \x7f\r\n"));
  row("space before the colon", get("A : b\r\n"));
  row("tab before the colon", get("A\t: b\r\n"));
  row("length with space before the colon", post("Content-Length : 5\r\n"));
  row("coding with space before the colon", post("Transfer-Encoding : chunked\r\n"));
  row("no colon", get("A\r\n"));
  row("empty name", get(": b\r\n"));
  row("space in a name", get("A B: c\r\n"));
  row("name not a token", get("A(b): c\r\n"));
  row("name not ASCII", get("\xc3\xa9: c\r\n"));
  row("white space line", get(" \r\n"));
  row("three empty lines first", "\r\n\r\n\r\n" + get(""));

  // Host.
  row("no host", "GET / HTTP/1.1\r\nA: b\r\n\r\n");
  row("two hosts", "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n");
  row("two equal hosts", "GET / HTTP/1.1\r\nHost: a\r\nhost: a\r\n\r\n");
  row("two hosts in 1.0", "GET / HTTP/1.0\r\nHost: a\r\nHost: a\r\n\r\n");
  row("no host with absolute form", "GET http://a/ HTTP/1.1\r\n\r\n");
  row("bad host with absolute form", "GET http://a/ HTTP/1.1\r\nHost: a,b\r\n\r\n");
  row("empty host", host(""));
  row("user information", host("user@a"));
  row("space in host", host("a b"));
  row("comma in host", host("a,b"));
  row("slash in host", host("a/b"));
  row("scheme in host", host("http://a"));
  row("query in host", host("a?b"));
  row("fragment in host", host("a#b"));
  row("percent in host", host("a%2eb"));
  row("quote in host", host("\"a\""));
  row("bytes not ASCII in host", host("\xc3\xa9.example"));
  row("only a port", host(":80"));
  row("empty port", host("a:"));
  row("port with a letter", host("a:8o"));
  row("negative port", host("a:-1"));
  row("port too large", host("a:65536"));
  row("port too long", host("a:000080"));
  row("two ports", host("a:80:80"));
  row("IPv6 without brackets", host("::1"));
  row("IPv6 not closed", host("[::1"));
  row("IPv6 twice compressed", host("[1::2::3]"));
  row("IPv6 too long", host("[1:2:3:4:5:6:7:8:9]"));
  row("IPv6 too short", host("[1:2:3]"));
  row("IPv6 with a zone", host("[fe80::1%25eth0]"));
  row("IPv6 with text after it", host("[::1]a"));
  row("IPv6 empty", host("[]"));
  row("IPv6 one colon at the end", host("[1:2:3:4:5:6:7:]"));
  row("IPv6 with bad IPv4", host("[::256.0.0.1]"));
  row("IPv4 in brackets", host("[127.0.0.1]"));
  row("IPvFuture", host("[v1.a]"));
  row("empty label", host("a..b"));
  row("dot first", host(".a"));
  row("host too long", host(std::string(255, 'a')));

  // Request line.
  row("two spaces before the target", line("GET  / HTTP/1.1"));
  row("two spaces before the version", line("GET /  HTTP/1.1"));
  row("tab for a space", line("GET\t/ HTTP/1.1"));
  row("tab before the version", line("GET /\tHTTP/1.1"));
  row("space at the end", line("GET / HTTP/1.1 "));
  row("space at the front", line(" GET / HTTP/1.1"));
  row("space in the target", line("GET /a b HTTP/1.1"));
  row("no target", line("GET HTTP/1.1"));
  row("no method", line("/ HTTP/1.1"));
  row("method not a token", line("G(ET / HTTP/1.1"));
  row("method not ASCII", line("G\xc3\x89T / HTTP/1.1"));
  row("method too long", line(std::string(65, 'A') + " / HTTP/1.1"), 501);
  row("Latin-1 in the target", line("GET /caf\xe9 HTTP/1.1"));
  row("overlong UTF-8 in the target", line("GET /\xc0\xaf HTTP/1.1"));
  row("surrogate in the target", line("GET /\xed\xa0\x80 HTTP/1.1"));
  row("half of a character in the target", line("GET /\xe2\x82 HTTP/1.1"));
  row("beyond Unicode in the target", line("GET /\xf4\x90\x80\x80 HTTP/1.1"));
  row("UTF-8 in the target's host", line("GET http://ex\xc3\xa4mple/ HTTP/1.1"));
  row("control in the target", line("GET /\x01 HTTP/1.1"));
  row("DEL in the target", line("GET /\x7f HTTP/1.1"));
  row("fragment", line("GET /#a HTTP/1.1"));
  row("target without slash", line("GET a HTTP/1.1"));
  row("asterisk for GET", line("GET * HTTP/1.1"));
  row("other scheme", line("GET ftp://a/ HTTP/1.1"));
  row("websocket scheme", line("GET ws://a/ HTTP/1.1"));
  row("absolute form without host", line("GET http:///x HTTP/1.1"));
  row("absolute form with user", line("GET http://u:p@a/ HTTP/1.1"));
  row("absolute form with a query and no path", line("GET http://a?b HTTP/1.1"));
  row("absolute form with one slash", line("GET http:/a HTTP/1.1"));
  row("connect", "CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n", 501);
  row("connect to a path", line("CONNECT / HTTP/1.1"), 501);
  row("HTTP/2 preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505);
  row("HTTP/1.2", line("GET / HTTP/1.2"), 505);
  row("HTTP/3.0", line("GET / HTTP/3.0"), 505);
  row("HTTP/0.9", line("GET / HTTP/0.9"));
  row("HTTP/0.9 without version", "GET /\r\n");
  row("HTTP/1.10", line("GET / HTTP/1.10"));
  row("HTTP/01.1", line("GET / HTTP/01.1"));
  row("HTTP/1", line("GET / HTTP/1"));
  row("http/1.1", line("GET / http/1.1"));
  row("HTTP 1.1", line("GET / HTTP 1.1"));
  row("another protocol", line("GET / ICAP/1.0"));
  row("TLS", std::string("\x16\x03\x01\x02\x00\x01\x00\x01\xfc", 9));
  row("SSH", "SSH-2.0-OpenSSH_9.2\r\n");

  // The connection.
  row("other expectation", post("Expect: 200-maybe\r\nContent-Length: 1\r\n"), 417);
  row("list of expectations", post("Expect: 100-continue, other\r\nContent-Length: 1\r\n"), 417);
  row("upgrade with length", get("Connection: Upgrade\r\nUpgrade: websocket\r\nContent-Length: 1\r\n"));
  row("upgrade with chunks",
      get("Connection: Upgrade\r\nUpgrade: WebSocket\r\nTransfer-Encoding: chunked\r\n"));
  row("33 connection options", get("Connection: a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p\r\nConnection: "
                                   "a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,q\r\n"));
}

void H1RequestTest::refuses() {
  QFETCH(QByteArray, text);
  QFETCH(int, status);
  Parsed parsed;
  parseEveryWay(text.toStdString(), {}, parsed);
  QCOMPARE(parsed.result.status, ParseStatus::Invalid);
  QCOMPARE(static_cast<int>(parsed.result.errorStatus), status);
  QVERIFY(parsed.result.errorReason != nullptr);
  QCOMPARE(parsed.result.consumed, std::size_t{0});
}

void H1RequestTest::reducesTargets_data() {
  QTest::addColumn<QByteArray>("requestLine");
  QTest::addColumn<QByteArray>("target");
  QTest::addColumn<QByteArray>("authority");
  QTest::newRow("origin form") << QByteArray("GET /a?b HTTP/1.1") << QByteArray("/a?b")
                               << QByteArray("host.example");
  QTest::newRow("absolute") << QByteArray("GET http://b.example:81/c?d HTTP/1.1") << QByteArray("/c?d")
                            << QByteArray("b.example:81");
  QTest::newRow("https") << QByteArray("GET https://b.example/ HTTP/1.1") << QByteArray("/")
                         << QByteArray("b.example");
  QTest::newRow("capitals") << QByteArray("GET HTTP://b.example HTTP/1.1") << QByteArray("/")
                            << QByteArray("b.example");
  QTest::newRow("IPv6") << QByteArray("GET http://[::1]:8/x HTTP/1.1") << QByteArray("/x")
                        << QByteArray("[::1]:8");
  QTest::newRow("options") << QByteArray("OPTIONS http://b.example HTTP/1.1") << QByteArray("*")
                           << QByteArray("b.example");
  QTest::newRow("UTF-8") << QByteArray("GET /caf\xc3\xa9?\xe2\x82\xac=%41 HTTP/1.1")
                         << QByteArray("/caf%C3%A9?%E2%82%AC=%41") << QByteArray("host.example");
  QTest::newRow("UTF-8 in absolute form") << QByteArray("GET http://b.example/\xf0\x9f\x98\x80 HTTP/1.1")
                                          << QByteArray("/%F0%9F%98%80") << QByteArray("b.example");
  QTest::newRow("asterisk") << QByteArray("OPTIONS * HTTP/1.1") << QByteArray("*")
                            << QByteArray("host.example");
}

void H1RequestTest::reducesTargets() {
  QFETCH(QByteArray, requestLine);
  QFETCH(QByteArray, target);
  QFETCH(QByteArray, authority);
  const std::string text = requestLine.toStdString() + "\r\nHost: host.example\r\n\r\n";
  Parsed parsed;
  parseEveryWay(text, {}, parsed);
  QVERIFY2(parsed.result.status == ParseStatus::Complete, parsed.result.errorReason);
  QCOMPARE(parsed.head.target, std::string_view(target.constData()));
  QCOMPARE(parsed.head.authority, std::string_view(authority.constData()));
}

void H1RequestTest::traits_data() {
  QTest::addColumn<QByteArray>("text");
  QTest::addColumn<int>("framing");
  QTest::addColumn<bool>("keepAlive");
  QTest::addColumn<bool>("expectContinue");
  QTest::addColumn<bool>("webSocket");
  const auto row = [](const char* name, const std::string& text, BodyFraming framing, bool keepAlive,
                      bool expect, bool webSocket) {
    QTest::newRow(name) << QByteArray::fromStdString(text) << static_cast<int>(framing) << keepAlive << expect
                        << webSocket;
  };
  using enum BodyFraming;
  const std::string ten = "GET / HTTP/1.0\r\nHost: a\r\n";
  row("1.1", get(""), None, true, false, false);
  row("1.1 close", get("Connection: foo, Close\r\n"), None, false, false, false);
  row("1.1 close in a second field", get("Connection: foo\r\nConnection: close\r\n"), None, false, false,
      false);
  row("1.1 keep-alive and close", get("Connection: keep-alive, close\r\n"), None, false, false, false);
  row("1.0", ten + "\r\n", None, false, false, false);
  row("1.0 keep-alive", ten + "Connection: Keep-Alive\r\n\r\n", None, true, false, false);
  row("1.0 with length", "POST / HTTP/1.0\r\nContent-Length: 3\r\n\r\n", Length, false, false, false);
  row("length zero", post("Content-Length: 0\r\n"), Length, true, false, false);
  row("chunked", post("Transfer-Encoding: chunked\r\n"), Chunked, true, false, false);
  row("expect", post("Expect: 100-Continue\r\nContent-Length: 3\r\n"), Length, true, true, false);
  row("expect chunked", post("Expect: 100-continue\r\nTransfer-Encoding: chunked\r\n"), Chunked, true, true,
      false);
  row("expect without content", post("Expect: 100-continue\r\n"), None, true, false, false);
  row("expect with length zero", post("Expect: 100-continue\r\nContent-Length: 0\r\n"), Length, true, false,
      false);
  row("expect in 1.0", "POST / HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n", Length, false,
      false, false);
  row("websocket", get("Connection: keep-alive, Upgrade\r\nUpgrade: WebSocket\r\n"), None, true, false, true);
  row("websocket with length zero", get("Connection: Upgrade\r\nUpgrade: websocket\r\nContent-Length: 0\r\n"),
      None, true, false, true);
  row("websocket without connection", get("Upgrade: websocket\r\n"), None, true, false, false);
  row("websocket in a list", get("Connection: Upgrade\r\nUpgrade: websocket, h2c\r\n"), None, true, false,
      false);
  row("websocket twice", get("Connection: Upgrade\r\nUpgrade: websocket\r\nUpgrade: websocket\r\n"), None,
      true, false, false);
  row("websocket by POST", post("Connection: Upgrade\r\nUpgrade: websocket\r\n"), None, true, false, false);
  row("websocket in 1.0", ten + "Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n", None, false, false,
      false);
  row("h2c", get("Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n"), None, true, false, false);
}

void H1RequestTest::traits() {
  QFETCH(QByteArray, text);
  QFETCH(int, framing);
  QFETCH(bool, keepAlive);
  QFETCH(bool, expectContinue);
  QFETCH(bool, webSocket);
  Parsed parsed;
  parseEveryWay(text.toStdString(), {}, parsed);
  QVERIFY2(parsed.result.status == ParseStatus::Complete, parsed.result.errorReason);
  QCOMPARE(static_cast<int>(parsed.traits.framing.body), framing);
  QCOMPARE(parsed.traits.keepAlive, keepAlive);
  QCOMPARE(parsed.traits.expectContinue, expectContinue);
  QCOMPARE(parsed.traits.webSocket, webSocket);
}

QTEST_APPLESS_MAIN(H1RequestTest)
#include "h1_request_test.moc"
