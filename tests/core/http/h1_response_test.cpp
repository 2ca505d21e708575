// SPDX-License-Identifier: Apache-2.0
// Responses the parser takes and refuses, and what they mean for the body and the connection.
#include <QTest>

#include <string>

#include "core/http/h1_parser.h"

using namespace adit::http;

namespace {

struct Parsed {
  std::string text;  // the head and its fields point into it
  ParseResult result;
  ResponseHead head;
  ResponseTraits traits;
};

void parse(std::string input, std::string_view method, Parsed& parsed) {
  parsed.text = std::move(input);
  const std::string& text = parsed.text;
  std::size_t scanned = 0;
  parsed.result = parseResponseHead(text, {}, scanned, method, parsed.head, parsed.traits);
  // Byte by byte gives the same.
  Parsed other;
  scanned = 0;
  for (std::size_t size = 1; size <= text.size(); ++size) {
    other.result = parseResponseHead({text.data(), size}, {}, scanned, method, other.head, other.traits);
    if (other.result.status != ParseStatus::NeedMore) break;
  }
  QCOMPARE(other.result.status, parsed.result.status);
  QCOMPARE(other.result.consumed, parsed.result.consumed);
  QCOMPARE(static_cast<const void*>(other.result.errorReason),
           static_cast<const void*>(parsed.result.errorReason));
  QCOMPARE(other.head.fields.size(), parsed.head.fields.size());
}

std::string ok(const std::string& fields) { return "HTTP/1.1 200 OK\r\n" + fields + "\r\n"; }

}  // namespace

class H1ResponseTest : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void readsEveryPart();
  void reasons_data();
  void reasons();
  void refuses_data();
  void refuses();
  void repairs_data();
  void repairs();
  void takesUndefinedStatuses();
  void framing_data();
  void framing();
  void interimThenFinal();
  void keepsLimits();
};

void H1ResponseTest::readsEveryPart() {
  const std::string text = "HTTP/1.0 404 Not Here\r\nServer: x\r\nContent-Length: 2\r\n\r\nab";
  Parsed parsed;
  parse(text, "GET", parsed);
  QCOMPARE(parsed.result.status, ParseStatus::Complete);
  QCOMPARE(parsed.result.consumed, text.size() - 2);
  QCOMPARE(parsed.head.status, std::uint16_t{404});
  QCOMPARE(parsed.head.reason, std::string_view("Not Here"));
  QCOMPARE(parsed.head.version, Version::Http10);
  QCOMPARE(parsed.head.fields.size(), std::size_t{2});
}

void H1ResponseTest::reasons_data() {
  QTest::addColumn<QByteArray>("line");
  QTest::addColumn<QByteArray>("reason");
  QTest::newRow("empty") << QByteArray("HTTP/1.1 200 ") << QByteArray("");
  QTest::newRow("not there") << QByteArray("HTTP/1.1 200") << QByteArray("");
  QTest::newRow("obs-text") << QByteArray("HTTP/1.1 200 \xc3\x96K") << QByteArray("\xc3\x96K");
  QTest::newRow("tab") << QByteArray("HTTP/1.1 200 a\tb") << QByteArray("a\tb");
}

void H1ResponseTest::reasons() {
  QFETCH(QByteArray, line);
  QFETCH(QByteArray, reason);
  Parsed parsed;
  const std::string text = line.toStdString() + "\r\n\r\n";
  parse(text, "GET", parsed);
  QCOMPARE(parsed.result.status, ParseStatus::Complete);
  QCOMPARE(parsed.head.reason, std::string_view(reason.constData()));
}

void H1ResponseTest::refuses_data() {
  QTest::addColumn<QByteArray>("text");
  const auto row = [](const char* name, const std::string& text) {
    QTest::newRow(name) << QByteArray::fromStdString(text);
  };
  row("an empty line first", "\r\n" + ok(""));
  row("not HTTP", "220 ftp ready\r\n");
  row("HTTP/0.9", "<html>hello</html>");
  row("HTTP/2.0", "HTTP/2.0 200 OK\r\n\r\n");
  row("HTTP/1.2", "HTTP/1.2 200 OK\r\n\r\n");
  row("small letters", "http/1.1 200 OK\r\n\r\n");
  row("two digits", "HTTP/1.1 20 OK\r\n\r\n");
  row("four digits", "HTTP/1.1 2000 OK\r\n\r\n");
  row("status 099", "HTTP/1.1 099 x\r\n\r\n");
  row("status letters", "HTTP/1.1 2xx x\r\n\r\n");
  row("two spaces", "HTTP/1.1  200 OK\r\n\r\n");
  row("tab", "HTTP/1.1\t200 OK\r\n\r\n");
  row("control in the reason", "HTTP/1.1 200 O\x01K\r\n\r\n");
  row("NUL in the reason", std::string("HTTP/1.1 200 O\0K\r\n\r\n", 20));
  row("bare line feed", "HTTP/1.1 200 OK\nA: b\n\n");
  row("bare line feed after a field", "HTTP/1.1 200 OK\r\nA: b\n\r\n");
  row("bare carriage return", ok("A: b\rc\r\n"));
  row("folded", ok("A: b\r\n c\r\n"));
  row("space in a name", ok("A b: c\r\n"));
  row("space instead of a colon", ok("A b\r\n"));
  row("no name before a space", ok(" : b\r\n"));
  row("space before the colon of a length, and a coding",
      ok("Content-Length : 1\r\nTransfer-Encoding : chunked\r\n"));
  row("lengths that differ, one with a space before the colon",
      ok("Content-Length : 1\r\nContent-Length: 2\r\n"));
  row("no colon", ok("A\r\n"));
  row("length and coding", ok("Content-Length: 1\r\nTransfer-Encoding: chunked\r\n"));
  row("two lengths", ok("Content-Length: 1\r\nContent-Length: 2\r\n"));
  row("three lengths, the last other", ok("Content-Length: 1\r\nContent-Length: 1\r\nContent-Length: 2\r\n"));
  row("list of lengths that differ", ok("Content-Length: 1, 2\r\n"));
  row("list of lengths with a gap", ok("Content-Length: 1,,1\r\n"));
  row("list that begins with a comma", ok("Content-Length: ,1\r\n"));
  row("equal lengths in other digits", ok("Content-Length: 1\r\nContent-Length: 01\r\n"));
  row("bad length", ok("Content-Length: 1x\r\n"));
  row("other coding", ok("Transfer-Encoding: gzip, chunked\r\n"));
  row("coding twice", ok("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"));
  row("coding in 1.0", "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
  row("conflict where there is no body",
      "HTTP/1.1 204 x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n");
}

void H1ResponseTest::refuses() {
  QFETCH(QByteArray, text);
  Parsed parsed;
  parse(text.toStdString(), "GET", parsed);
  QCOMPARE(parsed.result.status, ParseStatus::Invalid);
  QCOMPARE(parsed.result.errorStatus, std::uint16_t{502});
  QVERIFY(parsed.result.errorReason != nullptr);
}

void H1ResponseTest::repairs_data() {
  QTest::addColumn<QByteArray>("text");
  QTest::addColumn<QByteArray>("fields");
  const auto row = [](const char* name, const std::string& text, const char* fields) {
    QTest::newRow(name) << QByteArray::fromStdString(text) << QByteArray(fields);
  };
  row("space before the colon", ok("Content-Length: 1\r\nA : b\r\n"), "Content-Length=1;A=b;");
  row("tab before the colon", ok("Content-Length: 1\r\nA\t \t: b\r\n"), "Content-Length=1;A=b;");
  row("space before a length's colon", ok("Content-Length : 1\r\n"), "Content-Length=1;");
  row("two equal lengths", ok("Content-Length: 1\r\nContent-Length: 1\r\n"), "Content-Length=1;");
  row("three equal lengths", ok("Content-Length: 1\r\nB: c\r\ncontent-length:  1\r\nContent-Length: 1 \r\n"),
      "Content-Length=1;B=c;");
  row("list of equal lengths", ok("Content-Length: 1, 1,1\r\n"), "Content-Length=1;");
  row("two equal lists", ok("Content-Length: 1, 1\r\nContent-Length: 1, 1\r\n"), "Content-Length=1;");
}

void H1ResponseTest::repairs() {
  QFETCH(QByteArray, text);
  QFETCH(QByteArray, fields);
  Parsed parsed;
  parse(text.toStdString(), "GET", parsed);
  QVERIFY2(parsed.result.status == ParseStatus::Complete, parsed.result.errorReason);
  QCOMPARE(static_cast<int>(parsed.traits.framing.body), static_cast<int>(BodyFraming::Length));
  QCOMPARE(parsed.traits.framing.length, std::uint64_t{1});
  std::string list;
  for (const Field& field : parsed.head.fields)
    list.append(field.name).append("=").append(field.value).append(";");
  QCOMPARE(QByteArray::fromStdString(list), fields);
}

void H1ResponseTest::takesUndefinedStatuses() {
  for (const std::uint16_t status : {std::uint16_t{600}, std::uint16_t{999}}) {
    Parsed parsed;
    parse("HTTP/1.1 " + std::to_string(status) + " Odd\r\nContent-Length: 0\r\n\r\n", "GET", parsed);
    QCOMPARE(parsed.result.status, ParseStatus::Complete);
    QCOMPARE(parsed.head.status, status);
    QVERIFY(!parsed.traits.interim);
  }
}

void H1ResponseTest::framing_data() {
  QTest::addColumn<QByteArray>("text");
  QTest::addColumn<QByteArray>("method");
  QTest::addColumn<int>("framing");
  QTest::addColumn<bool>("keepAlive");
  const auto row = [](const char* name, const std::string& text, const char* method, BodyFraming framing,
                      bool keepAlive) {
    QTest::newRow(name) << QByteArray::fromStdString(text) << QByteArray(method) << static_cast<int>(framing)
                        << keepAlive;
  };
  using enum BodyFraming;
  row("length", ok("Content-Length: 7\r\n"), "GET", Length, true);
  row("length zero", ok("Content-Length: 0\r\n"), "GET", Length, true);
  row("chunked", ok("Transfer-Encoding: chunked\r\n"), "GET", Chunked, true);
  row("until close", ok(""), "GET", UntilClose, false);
  row("until close, keep-alive said", ok("Connection: keep-alive\r\n"), "GET", UntilClose, false);
  row("close", ok("Content-Length: 7\r\nConnection: close\r\n"), "GET", Length, false);
  row("1.0", "HTTP/1.0 200 OK\r\nContent-Length: 7\r\n\r\n", "GET", Length, false);
  row("1.0 keep-alive", "HTTP/1.0 200 OK\r\nContent-Length: 7\r\nConnection: keep-alive\r\n\r\n", "GET",
      Length, true);
  row("HEAD", ok("Content-Length: 7\r\n"), "HEAD", None, true);
  row("HEAD chunked", ok("Transfer-Encoding: chunked\r\n"), "HEAD", None, true);
  row("HEAD bare", ok(""), "HEAD", None, true);
  row("head is another method", ok("Content-Length: 7\r\n"), "head", Length, true);
  row("204", "HTTP/1.1 204 No Content\r\n\r\n", "GET", None, true);
  row("204 with length", "HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n", "GET", None, true);
  row("304 with length", "HTTP/1.1 304 Not Modified\r\nContent-Length: 70\r\n\r\n", "GET", None, true);
  row("205", "HTTP/1.1 205 Reset\r\nContent-Length: 0\r\n\r\n", "GET", Length, true);
  row("connect", ok("Content-Length: 7\r\n"), "CONNECT", None, false);
  row("connect refused", "HTTP/1.1 403 No\r\nContent-Length: 7\r\n\r\n", "CONNECT", Length, true);
}

void H1ResponseTest::framing() {
  QFETCH(QByteArray, text);
  QFETCH(QByteArray, method);
  QFETCH(int, framing);
  QFETCH(bool, keepAlive);
  Parsed parsed;
  parse(text.toStdString(), method.constData(), parsed);
  QVERIFY2(parsed.result.status == ParseStatus::Complete, parsed.result.errorReason);
  QCOMPARE(static_cast<int>(parsed.traits.framing.body), framing);
  if (parsed.traits.framing.body != BodyFraming::Length)
    QCOMPARE(parsed.traits.framing.length, std::uint64_t{0});
  QCOMPARE(parsed.traits.keepAlive, keepAlive);
}

void H1ResponseTest::interimThenFinal() {
  const std::string interim = "HTTP/1.1 100 Continue\r\n\r\n";
  const std::string early = "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n";
  const std::string text = interim + early + "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n";
  std::string_view rest = text;
  Parsed parsed;
  for (const std::size_t size : {interim.size(), early.size()}) {
    std::size_t scanned = 0;
    parsed.result = parseResponseHead(rest, {}, scanned, "GET", parsed.head, parsed.traits);
    QCOMPARE(parsed.result.consumed, size);
    QVERIFY(parsed.traits.interim);
    QVERIFY(!parsed.traits.switchingProtocols);
    QCOMPARE(parsed.traits.framing.body, BodyFraming::None);
    rest.remove_prefix(size);
  }
  std::size_t scanned = 0;
  parsed.result = parseResponseHead(rest, {}, scanned, "GET", parsed.head, parsed.traits);
  QCOMPARE(parsed.result.consumed, rest.size());
  QVERIFY(parsed.traits.switchingProtocols);
  QVERIFY(!parsed.traits.interim);
  QVERIFY(!parsed.traits.keepAlive);
}

void H1ResponseTest::keepsLimits() {
  std::size_t scanned = 0;
  Parsed parsed;
  const std::string long_ = "HTTP/1.1 200 " + std::string(40'000, 'x');
  parsed.result = parseResponseHead(long_, {}, scanned, "GET", parsed.head, parsed.traits);
  QCOMPARE(parsed.result.status, ParseStatus::Invalid);
  QCOMPARE(parsed.result.errorStatus, std::uint16_t{502});
  std::string many = "HTTP/1.1 200 OK\r\n";
  for (int i = 0; i < 129; ++i) many += "A: b\r\n";
  scanned = 0;
  parsed.result = parseResponseHead(many + "\r\n", {}, scanned, "GET", parsed.head, parsed.traits);
  QCOMPARE(parsed.result.status, ParseStatus::Invalid);
}

QTEST_APPLESS_MAIN(H1ResponseTest)
#include "h1_response_test.moc"
