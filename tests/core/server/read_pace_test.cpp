// SPDX-License-Identifier: Apache-2.0
// Which readers are too slow, on a clock of the test's own.
#include <QTest>

#include "core/server/read_pace.h"

using namespace adit;
using namespace adit::server;
using namespace std::chrono_literals;

namespace {

/// A socket of which only the system's buffer matters.
struct FakeSocket final : net::StreamSocket {
  std::optional<std::size_t> held;
  void setHandler(Handler&) override {}
  void send(Slice) override {}
  void sendCopy(ByteView) override {}
  void shutdownSend() override {}
  void close() override {}
  void abort() override {}
  void pauseReading(net::PauseReason) override {}
  void resumeReading(net::PauseReason) override {}
  void flushNow() override {}
  [[nodiscard]] std::size_t queuedBytes() const noexcept override { return 1; }
  [[nodiscard]] bool isOpen() const noexcept override { return true; }
  [[nodiscard]] std::optional<std::size_t> undeliveredBytes() const noexcept override { return held; }
  [[nodiscard]] net::SocketAddress peerAddress() const override { return {}; }
  [[nodiscard]] net::SocketAddress localAddress() const override { return {}; }
  std::unique_ptr<net::DetachedSocket> detach() override { return nullptr; }
};

struct Scene {
  ServerLimits limits;
  Timestamp start = Timestamp(1000s);
  /// The second in which a reader that takes `count` bytes every `interval` is too slow; 0: not within ten
  /// minutes.
  [[nodiscard]] int endOf(std::uint64_t count, int interval) const {
    ReadPace pace;
    pace.begin(start, limits);
    for (int second = 1; second <= 600; ++second) {
      const Timestamp now = start + std::chrono::seconds(second);
      if (second % interval == 0) pace.took(count, now, limits);
      if (pace.isTooSlow(now)) return second;
    }
    return 0;
  }
};

}  // namespace

class ReadPaceTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void aByteNowAndThenIsTooSlow() {
    const Scene s;
    QCOMPARE(s.endOf(1, 1), 31);
    QVERIFY(s.endOf(200 * 10, 10) != 0);
    QVERIFY(s.endOf(128, 1) > 30);
    QVERIFY(s.endOf(128, 1) <= 61);
    QVERIFY(s.endOf(100 * 29, 29) != 0);
  }

  void steadyReadersAreNot() {
    const Scene s;
    QCOMPARE(s.endOf(256, 1), 0);
    QCOMPARE(s.endOf(256 * 25, 25), 0);
    QCOMPARE(s.endOf(1'000'000, 29), 0);
  }

  void pausesAreNotJudgedByTheRate() {
    const Scene s;
    QCOMPARE(s.endOf(0, 1), 300);
    QCOMPARE(s.endOf(1'000'000, 40), 0);
    QCOMPARE(s.endOf(1'000'000, 299), 0);
    QCOMPARE(s.endOf(1'000'000, 301), 300);
    // A byte that ends a pause buys little time for the next one.
    const int end = s.endOf(1, 20);
    QVERIFY2(end >= 300 && end <= 310, qPrintable(QString::number(end)));
  }

  void aSlowReaderMayPauseToo() {
    const Scene s;
    ReadPace pace;
    pace.begin(s.start, s.limits);
    Timestamp now = s.start;
    // Half the rate for almost as long as that is allowed, then a pause, then as fast as can be.
    for (int second = 0; second < 50; ++second) pace.took(128, now += 1s, s.limits);
    QVERIFY(!pace.isTooSlow(now));
    now += 120s;
    pace.took(1400, now, s.limits);
    QVERIFY(!pace.isTooSlow(now));
    pace.took(1'000'000, now += 1s, s.limits);
    QVERIFY(!pace.isTooSlow(now + 299s));
  }

  void whatWasTakenLongAgoDoesNotHelp() {
    const Scene s;
    ReadPace pace;
    pace.begin(s.start, s.limits);
    for (int second = 1; second <= 100; ++second)
      pace.took(10'000'000, s.start + std::chrono::seconds(second), s.limits);
    QVERIFY(!pace.isTooSlow(s.start + 399s));
    QVERIFY(pace.isTooSlow(s.start + 400s));
    pace.begin(s.start + 500s, s.limits);  // idle until then
    QVERIFY(!pace.isTooSlow(s.start + 799s));
  }

  void rateAndTimeAreLimits() {
    Scene s;
    s.limits.readRate = 0;
    QCOMPARE(s.endOf(1, 29), 0);
    QCOMPARE(s.endOf(0, 1), 300);
    s.limits.readRate = 1000;
    s.limits.writeIdleTimeout = 5s;
    QCOMPARE(s.endOf(500, 1), 10);
    QCOMPARE(s.endOf(1000, 1), 0);
  }

  /// The system took a lot at once: it says how the visitor gets on with that.
  void whatReachedTheVisitorCounts() {
    const Scene s;
    SocketReadPace pace;
    FakeSocket socket;
    pace.begin(s.start, s.limits);
    pace.sent(4'000'000);
    socket.held = 4'000'000;
    Timestamp now = s.start;
    for (int look = 0; look < 100; ++look) {
      now += 3750ms;
      *socket.held -= 5 * 1024 * 3;
      QVERIFY(!pace.isTooSlow(socket, now, s.limits));
    }
    const Timestamp last = now;
    while (!pace.isTooSlow(socket, now, s.limits)) now += 3750ms;
    QCOMPARE(now - last, Duration(300s));
  }

  void whatIsGivenAsTheVisitorTakesIsCountedOnce() {
    const Scene s;
    SocketReadPace pace;
    FakeSocket socket;
    pace.begin(s.start, s.limits);
    pace.sent(100'000);
    socket.held = 100'000;
    // Half the rate; each step makes room for as much.
    Timestamp now = s.start;
    int looks = 0;
    for (; looks < 100 && !pace.isTooSlow(socket, now, s.limits); ++looks, now += 3s) pace.sent(128 * 3);
    QVERIFY(now - s.start > 30s);
    QVERIFY(now - s.start <= 66s);
  }

  void whereTheSystemDoesNotSayWhatItTookCounts() {
    const Scene s;
    SocketReadPace pace;
    const FakeSocket socket;
    pace.begin(s.start, s.limits);
    pace.sent(100'000);
    QVERIFY(!pace.isTooSlow(socket, s.start + 29s, s.limits));
    QVERIFY(!pace.isTooSlow(socket, s.start + 328s, s.limits));
    QVERIFY(pace.isTooSlow(socket, s.start + 329s, s.limits));
  }
};

QTEST_GUILESS_MAIN(ReadPaceTest)
#include "read_pace_test.moc"
