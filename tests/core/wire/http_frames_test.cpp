// SPDX-License-Identifier: Apache-2.0
// Heads and trailers as payloads: exact bytes, and everything a hostile peer could say.
#include <QTest>

#include <string>
#include <vector>

#include "core/base/random.h"
#include "core/http/field_names.h"
#include "core/wire/http_frames.h"
#include "tests/core/support/frame_bytes.h"

using namespace adit;
using namespace adit::wire;
using namespace adit::test;
using http::BodyFraming;

class HttpFramesTest : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void requestBytes();
  void responseBytes();
  void namesTravelInTheirSpelling();
  void whatTheHeadSaysIsLeftOut();
  void refusesRequests_data();
  void refusesRequests();
  void refusesResponses_data();
  void refusesResponses();
  void trailers();
  void limits();
};

void HttpFramesTest::requestBytes() {
  http::RequestHead head;
  head.method = "GET";
  head.target = "/";
  head.authority = "a";
  RequestHeadFrame frame;
  frame.head = &head;
  QCOMPARE(written(frame), kBareRequest);

  head.method = "PURGE";
  head.target = "/x?y";
  head.version = http::Version::Http2;
  head.fields = {{"Accept", "*/*"}, {"accept", ""}, {"X-Own", "v"}};
  frame.framing = {BodyFraming::Length, 300};
  frame.expectContinue = true;
  QCOMPARE(written(frame),
           (Bytes{0x29, 0x41, 0x2c, 0} + sized("PURGE") + sized("/x?y") + sized("a") + "\x1a" + sized("*/*") +
            "\x9a" + sized("") + std::string_view("\0", 1) + sized("X-Own") + sized("v")));

  frame = {&head, {BodyFraming::None, 0}, true, false};
  QCOMPARE(int{written(frame)[0]}, 0x24);
  frame = {&head, {BodyFraming::Chunked, 0}, false, false};
  QCOMPARE(int{written(frame)[0]}, 0x22);
}

void HttpFramesTest::responseBytes() {
  http::ResponseHead head;
  head.status = 200;
  head.reason = "OK";
  ResponseHeadFrame frame{&head, {BodyFraming::UntilClose, 0}};
  QCOMPARE(written(frame), kBareResponse);
  head.reason = "Fine";
  head.version = http::Version::Http10;
  frame.framing = {BodyFraming::Length, 5};
  QCOMPARE(written(frame), (Bytes{0x05, 0x40, 200, 5} + sized("Fine")));
  head.reason = "";
  QCOMPARE(written(frame), (Bytes{0x05, 0x40, 200, 5, 0}));

  // Without a phrase of its own the reader gives the usual one.
  http::ResponseHead back;
  ResponseHeadFrame backFrame{&back, {}};
  QVERIFY(readResponseHead(kBareResponse, backFrame).has_value());
  QCOMPARE(back.reason, std::string_view("OK"));
  QCOMPARE(backFrame.framing.body, BodyFraming::Chunked);
}

void HttpFramesTest::namesTravelInTheirSpelling() {
  http::RequestHead head;
  head.method = "GET";
  head.target = "/";
  std::vector<std::string> names;
  for (std::size_t number = 1; number < http::kFieldIdCount; ++number) {
    const auto id = static_cast<http::FieldId>(number);
    const std::string name(http::fieldName(id));
    names.push_back(name);
    names.emplace_back(http::fieldNameLower(id));
    names.push_back("x" + name);
    names.push_back(QByteArray(name.c_str()).toUpper().toStdString());
  }
  RequestHeadFrame frame;
  frame.head = &head;
  for (const std::string& name : names) {
    head.fields = {{name, "value"}};
    const Bytes payload = written(frame);
    http::RequestHead back;
    RequestHeadFrame backFrame;
    backFrame.head = &back;
    QVERIFY(readRequestHead(payload, backFrame).has_value());
    if (back.fields.empty()) continue;  // one the head says by itself
    QCOMPARE(join(back.fields), name + "=value;");
  }
}

void HttpFramesTest::whatTheHeadSaysIsLeftOut() {
  const std::vector<http::Field> fields = {
      {"host", "b"},       {"Content-Length", "5"}, {"Connection", "close"},
      {"Keep-Alive", "x"}, {"EXPECT", "x"},         {"Proxy-Connection", "x"},
      {"Upgrade", "h2c"},  {"", "blanked"},         {"TRANSFER-ENCODING", "chunked"},
      {"Accept", "*/*"}};
  http::RequestHead request;
  request.method = "GET";
  request.target = "/";
  request.fields = fields;
  RequestHeadFrame frame;
  frame.head = &request;
  http::RequestHead back;
  RequestHeadFrame backFrame;
  backFrame.head = &back;
  const Bytes payload = written(frame);
  QVERIFY(readRequestHead(payload, backFrame).has_value());
  QCOMPARE(join(back.fields), std::string("Accept=*/*;"));

  const auto response = [&fields](std::uint16_t status, BodyFraming framing) {
    http::ResponseHead head;
    head.status = status;
    head.fields = fields;
    const Bytes text = written(ResponseHeadFrame{&head, {framing, 1}});
    http::ResponseHead got;
    ResponseHeadFrame gotFrame{&got, {}};
    return readResponseHead(text, gotFrame).has_value() ? join(got.fields) : std::string("refused");
  };
  QCOMPARE(response(200, BodyFraming::Length), std::string("host=b;EXPECT=x;Accept=*/*;"));
  QCOMPARE(response(200, BodyFraming::UntilClose), std::string("host=b;EXPECT=x;Accept=*/*;"));
  QCOMPARE(response(200, BodyFraming::None),
           std::string("host=b;Content-Length=5;EXPECT=x;Accept=*/*;"));  // HEAD
  QCOMPARE(response(304, BodyFraming::None), std::string("host=b;Content-Length=5;EXPECT=x;Accept=*/*;"));
  QCOMPARE(response(204, BodyFraming::None), std::string("host=b;EXPECT=x;Accept=*/*;"));
  QCOMPARE(response(100, BodyFraming::None), std::string("host=b;EXPECT=x;Accept=*/*;"));
}

void HttpFramesTest::refusesRequests_data() {
  QTest::addColumn<QByteArray>("payload");
  const auto row = [](const char* name, const Bytes& payload) {
    QTest::newRow(name) << QByteArray(reinterpret_cast<const char*>(payload.data()),
                                      static_cast<qsizetype>(payload.size()));
  };
  const auto head = [](std::uint8_t flags, const auto&... parts) {
    Bytes payload{flags};
    ((payload = payload + std::string_view(parts)), ...);
    return payload;
  };
  const auto withField = [](const std::string& name, const std::string& value) {
    return kBareRequest + std::string(1, '\0') + sized(name) + sized(value);
  };
  row("empty", {});
  row("framing 3", head(0x13, std::string("\x01\x01/\x01"
                                          "a")));
  row("version 3", head(0x30, std::string("\x01\x01/\x01"
                                          "a")));
  row("reserved bit 6", head(0x50, std::string("\x01\x01/\x01"
                                               "a")));
  row("reserved bit 7", head(0x90, std::string("\x01\x01/\x01"
                                               "a")));
  row("websocket by POST", head(0x14, std::string("\x03\x01/\x01"
                                                  "a")));
  row("websocket with content", head(0x16, std::string("\x01\x01/\x01"
                                                       "a")));
  row("expectation without content", head(0x18, std::string("\x01\x01/\x01"
                                                            "a")));
  row("method code 9", head(0x10, std::string("\x09\x01/\x01"
                                              "a")));
  row("method empty", head(0x10, std::string("\0\0\x01/\x01"
                                             "a",
                                             6)));
  row("method not a token", head(0x10, std::string("\0", 1), sized("G T"),
                                 "\x01/\x01"
                                 "a"));
  row("method with a line end", head(0x10, std::string("\0", 1), sized("GET\r\n"),
                                     "\x01/\x01"
                                     "a"));
  row("method too long", head(0x10, std::string("\0", 1), sized(std::string(65, 'A')),
                              "\x01/\x01"
                              "a"));
  row("CONNECT", head(0x10, std::string("\0", 1), sized("CONNECT"),
                      "\x01/\x01"
                      "a"));
  row("target empty", head(0x10, std::string("\x01\0\x01"
                                             "a",
                                             4)));
  row("target with a space", head(0x10, "\x01", sized("/a b"),
                                  "\x01"
                                  "a"));
  row("target with a line end", head(0x10, "\x01", sized("/ HTTP/1.1\r\nA: b"),
                                     "\x01"
                                     "a"));
  row("target not ASCII", head(0x10, "\x01", sized("/\xc3\xa9"),
                               "\x01"
                               "a"));
  row("target with a fragment", head(0x10, "\x01", sized("/#a"),
                                     "\x01"
                                     "a"));
  row("absolute target", head(0x10, "\x01", sized("http://b/"),
                              "\x01"
                              "a"));
  row("authority with a line end", head(0x10, "\x01\x01/", sized("a\r\nB: c")));
  row("authority with a user", head(0x10, "\x01\x01/", sized("u@a")));
  row("two authorities", head(0x10, "\x01\x01/", sized("a,b")));
  row("target longer than the payload", head(0x10, std::string("\x01\x09/")));
  row("length of 2^62 - 1", head(0x10, std::string("\x01\xff\xff\xff\xff\xff\xff\xff\xff/")));
  row("name code 94", kBareRequest + "\x5e\x01v");
  row("name code 127", kBareRequest + "\x7f\x01v");
  row("name code 128", kBareRequest + "\x80\x01v");
  row("name empty", withField("", "v"));
  row("name not a token", withField("a b", "v"));
  row("name with a colon", withField("a:", "v"));
  row("name with a line end", withField("a\r\nb", "v"));
  row("value with CR", withField("a", "b\rc"));
  row("value with LF", withField("a", "b\nc"));
  row("value with NUL", withField("a", std::string("b\0c", 3)));
  row("value with a control", withField("a", "b\x01"));
  row("value with DEL", withField("a", "b\x7f"));
  row("field without a value", kBareRequest + "\x1a");
  row("value cut", kBareRequest + "\x1a\x05*/*");
  row("Host", kBareRequest +
                  "\x01\x01"
                  "b");
  row("host", kBareRequest +
                  "\x81\x01"
                  "b");
  row("Host literally", withField("hOST", "b"));
  row("Content-Length", kBareRequest +
                            "\x03\x01"
                            "5");
  row("Transfer-Encoding", kBareRequest +
                               "\x04\x07"
                               "chunked");
  row("Transfer-Encoding literally", withField("tRansfer-encoding", "chunked"));
  row("Connection", kBareRequest +
                        "\x02\x05"
                        "close");
  row("Upgrade", kBareRequest +
                     "\x05\x03"
                     "h2c");
  row("Expect", kBareRequest +
                    "\x06\x01"
                    "x");
  row("Keep-Alive", kBareRequest +
                        "\x09\x01"
                        "x");
  row("Proxy-Connection", kBareRequest +
                              "\x0a\x01"
                              "x");
}

void HttpFramesTest::refusesRequests() {
  QFETCH(QByteArray, payload);
  const auto result = readRequest(bytes(payload.toStdString()));
  QVERIFY(!result.has_value());
  QVERIFY(result.error().code == ErrorCode::Malformed);
}

void HttpFramesTest::refusesResponses_data() {
  QTest::addColumn<QByteArray>("payload");
  const auto row = [](const char* name, const Bytes& payload) {
    QTest::newRow(name) << QByteArray(reinterpret_cast<const char*>(payload.data()),
                                      static_cast<qsizetype>(payload.size()));
  };
  row("empty", {});
  row("no status", {0x12});
  row("status cut", {0x12, 0x40});
  row("status 99", {0x12, 0x40, 99});
  row("status 1000", {0x12, 0x43, 0xe8});
  row("framing 3", {0x13, 0x40, 200});
  row("version 3", {0x32, 0x40, 200});
  row("reserved bit 3", {0x1a, 0x40, 200});
  row("reserved bit 7", {0x92, 0x40, 200});
  row("length missing", {0x11, 0x40, 200});
  row("204 with content", {0x12, 0x40, 204});
  row("304 with length", {0x11, 0x41, 0x30, 5});
  row("100 with content", {0x12, 0x40, 100});
  row("101 with content", {0x12, 0x40, 101});
  row("reason cut", {0x16, 0x40, 200, 5, 'O', 'K'});
  row("reason with a line end", Bytes{0x16, 0x40, 200} + sized("OK\r\nSet-Cookie: a=b"));
  row("Content-Length with content", kBareResponse +
                                         "\x03\x01"
                                         "5");
  row("Content-Length of 204", Bytes{0x10, 0x40, 204, 3, 1, '5'});
  row("Transfer-Encoding", kBareResponse +
                               "\x04\x07"
                               "chunked");
  row("Connection", kBareResponse +
                        "\x82\x05"
                        "close");
  row("value with a line end", kBareResponse +
                                   "\x1a\x03"
                                   "a\nb");
}

void HttpFramesTest::refusesResponses() {
  QFETCH(QByteArray, payload);
  const auto result = readResponse(bytes(payload.toStdString()));
  QVERIFY(!result.has_value());
  QVERIFY(result.error().code == ErrorCode::Malformed);
}

void HttpFramesTest::trailers() {
  const std::vector<http::Field> fields = {{"X-Sum", "1"}, {"Content-Length", "5"}, {"etag", "x"}, {"", "y"}};
  Bytes room(trailersSize(fields));
  writeTrailers(fields, room.data());
  std::vector<http::Field> back = {{"old", "gone"}};
  QVERIFY(readTrailers(room, back).has_value());
  QCOMPARE(join(back), std::string("X-Sum=1;etag=x;"));
  QVERIFY(readTrailers({}, back).has_value());
  QVERIFY(back.empty());
  // What a peer may not send in trailers is dropped, what is malformed is not.
  const Bytes hostile = Bytes{} +
                        "\x03\x01"
                        "5" +
                        "\x96\x01"
                        "x" +
                        "\x01\x01"
                        "h" +
                        "\x33\x01"
                        "e";
  QVERIFY(readTrailers(hostile, back).has_value());
  QCOMPARE(join(back), std::string("ETag=e;"));
  QVERIFY(!readTrailers(Bytes{} + "\x33\x01\n", back).has_value());
  QVERIFY(!readTrailers(Bytes{} + "\x03\x01\n", back).has_value());
}

void HttpFramesTest::limits() {
  Bytes payload = kBareRequest;
  for (std::size_t i = 0; i < kMaxWireFields; ++i)
    payload = payload +
              "\x1a\x01"
              "x";
  QVERIFY(readRequest(payload).has_value());
  const auto result = readRequest(payload +
                                  "\x1a\x01"
                                  "x");
  QVERIFY(!result.has_value());
  QVERIFY(result.error().code == ErrorCode::LimitExceeded);
}

QTEST_APPLESS_MAIN(HttpFramesTest)
#include "http_frames_test.moc"
