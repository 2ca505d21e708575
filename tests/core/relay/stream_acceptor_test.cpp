// SPDX-License-Identifier: Apache-2.0
// Streams that the peer opens reach the handler of their kind, whatever it is, and no other.
#include <QTest>

#include "core/relay/stream_acceptor.h"
#include "tests/core/support/fake_link.h"

using namespace adit;
using namespace adit::test;
using relay::StreamAcceptor;
using relay::StreamKinds;

namespace {

/// A kind of streams that this version does not have.
constexpr auto kFakeKind = static_cast<wire::StreamKind>(0x2a);

struct FakeKind final : relay::StreamKindHandler, transport::StreamHandler {
  void onStream(transport::Link& link, transport::Stream& stream, ByteView received, bool fin) override {
    ++streams;
    lastLink = &link;
    stream.setHandler(this);
    onStreamData(stream, received, fin);
  }
  void onStreamData(transport::Stream& stream, ByteView data, bool fin) override {
    bytes += asText(data);
    finished = fin;
    stream.consume(data.size());
  }
  void onStreamReset(transport::Stream&, transport::AppErrorCode) override {}
  void onStreamStopped(transport::Stream&, transport::AppErrorCode) override {}
  void onStreamWritable(transport::Stream&) override {}
  void onStreamClosed(transport::Stream&) override {}
  int streams = 0;
  transport::Link* lastLink = nullptr;
  std::string bytes;
  bool finished = false;
};

struct Acceptor {
  Acceptor() {
    kinds.add(wire::StreamKind::Http, http);
    kinds.add(kFakeKind, fake);
  }
  FakeStream& open() {
    streams.push_back(std::make_unique<FakeStream>());
    acceptor.accept(link, *streams.back());
    return *streams.back();
  }
  FakeLink link;
  FakeKind http, fake;
  StreamKinds kinds;
  std::vector<std::unique_ptr<FakeStream>> streams;
  StreamAcceptor acceptor{kinds};
};

}  // namespace

class StreamAcceptorTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void eachKindHasItsHandler() {
    Acceptor a;
    FakeStream& first = a.open();
    FakeStream& second = a.open();
    second.deliver("\x2a\x01x");
    first.deliver("\x02", false);
    first.deliver("rest", true);
    QCOMPARE(a.fake.bytes, std::string("\x2a\x01x"));
    QCOMPARE(a.http.bytes, std::string("\x02rest"));
    QVERIFY(a.http.finished);
    QCOMPARE(a.fake.streams + a.http.streams, 2);
    QCOMPARE(first.consumed, std::size_t{5});
    QVERIFY(a.fake.lastLink == &a.link);
  }

  void aKindNobodyHandlesIsRefused_data() {
    QTest::addColumn<QByteArray>("bytes");
    QTest::newRow("known to others") << QByteArray("\x03");
    QTest::newRow("unknown") << QByteArray("\x2b");
    QTest::newRow("of several bytes") << QByteArray("\x40\x02", 2);
    QTest::newRow("the largest") << QByteArray("\xff");
  }
  void aKindNobodyHandlesIsRefused() {
    QFETCH(QByteArray, bytes);
    Acceptor a;
    FakeStream& stream = a.open();
    stream.deliver(bytes.toStdString());
    QVERIFY(stream.resetWith == wire::AppError::Protocol);
    QVERIFY(stream.stoppedWith == wire::AppError::Protocol);
    QCOMPARE(stream.consumed, static_cast<std::size_t>(bytes.size()));
    QVERIFY(stream.handler == nullptr);
    QCOMPARE(a.fake.streams + a.http.streams, 0);
  }

  void anEmptyStreamIsMalformed() {
    Acceptor a;
    FakeStream& stream = a.open();
    stream.deliver("", true);
    QVERIFY(stream.resetWith == wire::AppError::Malformed);
  }

  void streamsThatEndBeforeTheirFirstByteAreForgotten() {
    Acceptor a;
    a.open().deliverReset(wire::AppError::VisitorGone);
    QVERIFY(a.streams.back()->handler == nullptr);
    a.open().deliverClosed();
    a.open().deliver("\x2a");
    QCOMPARE(a.fake.streams, 1);
  }

  void theAcceptorMayGoFirst() {
    FakeStream stream;
    FakeLink link;
    const StreamKinds kinds;
    {
      StreamAcceptor acceptor(kinds);
      acceptor.accept(link, stream);
    }
    QVERIFY(stream.handler == nullptr);
  }
};

QTEST_GUILESS_MAIN(StreamAcceptorTest)
#include "stream_acceptor_test.moc"
