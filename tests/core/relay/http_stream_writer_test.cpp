// SPDX-License-Identifier: Apache-2.0
#include <QTest>

#include "tests/core/support/http_messages.h"

using namespace adit;
using namespace adit::relay;
using namespace adit::test;

namespace {
struct Fixture {
  SlabPool pool;
  SlabWriter writer{pool};
  FakeStream stream;
};
}  // namespace

class HttpStreamWriterTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void writesARequestBehindItsStreamHead() {
    Fixture f;
    http::RequestHead head;
    head.method = "PUT";
    head.target = "/x";
    head.authority = "a.test";
    head.fields = {{"Accept", "*/*"}};
    const wire::StreamHead streamHead{wire::StreamKind::Http, 300, net::SocketAddress::loopback4(9),
                                      http::Scheme::Https};
    QVERIFY(sendRequestHead(f.stream, f.writer, streamHead, {&head, lengthOf(3), false, true}));
    sendData(f.stream, f.writer, f.writer.copy(asBytes("abc")));
    wire::StreamHead read;
    const auto used = wire::readStreamHead(asBytes(f.stream.sent), read);
    QVERIFY(used);
    QVERIFY(*used > 0);
    QCOMPARE(read.tunnel, std::uint64_t{300});
    QVERIFY(read.scheme == http::Scheme::Https);
    const Message message = decoded(std::string_view(f.stream.sent).substr(*used));
    QVERIFY(message.wellFormed);
    QCOMPARE(message.request.method, std::string("PUT"));
    QCOMPARE(message.request.authority, std::string("a.test"));
    QVERIFY(message.request.expectContinue);
    QCOMPARE(message.framing.length, std::uint64_t{3});
    QCOMPARE(message.body, std::string("abc"));
  }

  void writesHeadsOfAnySize_data() {
    QTest::addColumn<int>("size");
    for (const int size : {0, 100, 16'000, 16'300, 16'384, 16'500, 40'000, 65'000})
      QTest::addRow("%d", size) << size;
  }
  void writesHeadsOfAnySize() {
    QFETCH(int, size);
    Fixture f;
    const std::string value(static_cast<std::size_t>(size), 'v');
    http::ResponseHead head;
    head.status = 200;
    head.fields = {{"X-Large", value}};
    QVERIFY(sendResponseHead(f.stream, f.writer, wire::FrameType::ResponseHead, {&head, chunked()}));
    sendData(f.stream, f.writer, f.writer.copy(asBytes("next")));
    const Message message = decoded(f.stream.sent);
    QVERIFY(message.wellFormed);
    QCOMPARE(message.field("x-large"), value);
    QCOMPARE(message.body, std::string("next"));
  }

  void refusesAHeadBeyondAFrame() {
    Fixture f;
    const std::string value(wire::kMaxHeadPayload, 'v');
    http::ResponseHead answer;
    answer.status = 200;
    answer.fields = {{"X", value}};
    QVERIFY(!sendResponseHead(f.stream, f.writer, wire::FrameType::ResponseHead, {&answer, noBody()}));
    http::RequestHead request;
    request.method = "GET";
    request.target = value;
    request.authority = "a";
    QVERIFY(!sendRequestHead(f.stream, f.writer, {wire::StreamKind::Http, 1, {}, http::Scheme::Http},
                             {&request, noBody(), false, false}));
    QVERIFY(f.stream.sent.empty());
  }

  void writesNothingForNothing() {
    Fixture f;
    sendData(f.stream, f.writer, Slice());
    QVERIFY(sendTrailers(f.stream, f.writer, {}));
    const std::vector<http::Field> forbidden = {{"Content-Length", "1"}};
    QVERIFY(sendTrailers(f.stream, f.writer, forbidden));
    QVERIFY(f.stream.sent.empty());
  }

  void writesTrailers() {
    Fixture f;
    http::ResponseHead head;
    head.status = 200;
    QVERIFY(sendResponseHead(f.stream, f.writer, wire::FrameType::ResponseHead, {&head, chunked()}));
    const std::vector<http::Field> fields = {{"X-Sum", "1"}, {"X-Other", "2"}};
    QVERIFY(sendTrailers(f.stream, f.writer, fields));
    QCOMPARE(decoded(f.stream.sent).trailing, (Fields{{"X-Sum", "1"}, {"X-Other", "2"}}));
  }

  void refusesTrailersBeyondAFrame() {
    Fixture f;
    const std::string value(wire::kMaxHeadPayload, 'v');
    const std::vector<http::Field> fields = {{"X-Large", value}};
    QVERIFY(!sendTrailers(f.stream, f.writer, fields));
    QVERIFY(f.stream.sent.empty());
  }

  void writesInterimHeads() {
    Fixture f;
    http::ResponseHead head;
    head.status = 103;
    QVERIFY(sendResponseHead(f.stream, f.writer, wire::FrameType::InterimHead, {&head, noBody()}));
    QCOMPARE(decoded(f.stream.sent).interim, std::vector<std::uint16_t>{103});
    QVERIFY(!decoded(f.stream.sent).hasHead);
  }

  void leavesNoSlabBehind() {
    SlabPool pool;
    {
      SlabWriter writer(pool);
      FakeStream stream;
      for (int i = 0; i < 1000; ++i) sendData(stream, writer, writer.copy(asBytes("some content")));
    }
    QCOMPARE(pool.live(), std::size_t{0});
  }
};

QTEST_APPLESS_MAIN(HttpStreamWriterTest)
#include "http_stream_writer_test.moc"
