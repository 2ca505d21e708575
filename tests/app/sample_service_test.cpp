// SPDX-License-Identifier: Apache-2.0
#include <QTest>

#include "app/sample_service.h"
#include "tests/core/support/raw_peer.h"

using namespace adit;
using namespace adit::app;
using namespace adit::test;

namespace {
struct Fixture {
  std::unique_ptr<net::EventLoop> loop = makeLoop();
  std::unique_ptr<SampleService> service = SampleService::start().value();
  std::unique_ptr<RawPeer> visitor = connect();

  std::unique_ptr<RawPeer> connect() const {
    return RawPeer::connect(*loop, net::SocketAddress::loopback4(service->port()));
  }
  bool until(const std::function<bool()>& done) const { return runUntil(*loop, done); }
};
}  // namespace

class SampleServiceTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void countsVisitorsOnOneConnection() {
    const Fixture f;
    f.visitor->send("GET / HTTP/1.1\r\nHost: a.test\r\n\r\nGET /?x HTTP/1.1\r\nHost: a.test\r\n\r\n");
    QVERIFY(f.until([&] { return f.visitor->has("number <b>2</b>"); }));
    QVERIFY(f.visitor->has("number <b>1</b>"));
    QVERIFY(f.visitor->has("<code>a.test</code>"));
    QVERIFY(f.until([&] { return f.visitor->received.ends_with("</html>\n"); }));
  }

  void showsWhatAVisitorSendsAsText() {
    const Fixture f;
    f.visitor->send("GET http://a&b/ HTTP/1.1\r\nHost: a&b\r\n\r\n");
    QVERIFY(f.until([&] { return f.visitor->gone() || f.visitor->has("</html>"); }));
    QVERIFY(!f.visitor->has("a&b"));
  }

  void hasOnePageOnly() {
    const Fixture f;
    f.visitor->send("GET /other HTTP/1.1\r\nHost: a.test\r\n\r\n");
    QVERIFY(f.until([&] { return f.visitor->has("only one page"); }));
    QVERIFY(f.visitor->received.starts_with("HTTP/1.1 404 Not Found\r\n"));
  }

  void answersHeadWithoutContent() {
    const Fixture f;
    f.visitor->send("HEAD / HTTP/1.1\r\nHost: a.test\r\n\r\nGET /other HTTP/1.1\r\nHost: a.test\r\n\r\n");
    QVERIFY(f.until([&] { return f.visitor->has("only one page"); }));
    QVERIFY(!f.visitor->has("<html"));
  }

  void answersContentOnceAndCloses() {
    const Fixture f;
    f.visitor->send("POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 6\r\n\r\n");
    QVERIFY(f.until([&] { return f.visitor->ended; }));
    f.visitor->send("abcdef");
    f.visitor->finish();
    const auto next = f.connect();
    next->send("GET / HTTP/1.1\r\nHost: a.test\r\n\r\n");
    QVERIFY(f.until([&] { return next->has("number <b>2</b>"); }));
    QCOMPARE(f.visitor->received.find("HTTP/1.1"), f.visitor->received.rfind("HTTP/1.1"));
    QVERIFY(f.visitor->has("Connection: close"));
  }

  void hangsUpOnGarbage() {
    const Fixture f;
    f.visitor->send("\x16\x03\x01\r\n\r\n");
    QVERIFY(f.until([&] { return f.visitor->gone(); }));
    const auto next = f.connect();
    next->send("GET / HTTP/1.1\r\nHost: a.test\r\n\r\n");
    QVERIFY(f.until([&] { return next->has("number <b>1</b>"); }));
  }

  void endsWithVisitorsConnected() {
    Fixture f;
    f.visitor->send("GET / HTTP/1.1\r\nHo");
    const auto other = f.connect();
    other->send("GET / HTTP/1.1\r\nHost: a.test\r\n\r\n");
    QVERIFY(f.until([&] { return other->has("</html>"); }));
    f.service.reset();
    QVERIFY(f.until([&] { return other->gone() && f.visitor->gone(); }));
  }
};

QTEST_APPLESS_MAIN(SampleServiceTest)
#include "sample_service_test.moc"
