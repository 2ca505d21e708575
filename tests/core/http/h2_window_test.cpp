// SPDX-License-Identifier: Apache-2.0
// Windows of the server's HTTP/2 session that grow for far visitors whose content leaves at once, and for
// nobody else.
#include <QTest>

#include <algorithm>
#include <map>

#include "tests/core/support/h2_visitor_peer.h"

using namespace adit;
using namespace adit::http;
using namespace adit::test;
using namespace std::chrono_literals;

namespace {

constexpr std::size_t kMiB = 1024 * 1024;

/// Sends what the windows let it, round trip after round trip.
class Uploader {
 public:
  Uploader(Duration roundTrip, H2WindowBudget* budget, bool holdsCredit = false)
      : m_peer({}, false, budget), m_roundTrip(roundTrip) {
    m_peer.holdsCredit = holdsCredit;
    m_peer.say(std::string(kPreface) + h2::settings());
    m_peer.now += roundTrip;
    m_peer.say(h2::settingsAck() + h2::headers(1, request({}, "POST")));
  }
  /// All that may be sent, at once; bytes.
  std::size_t sendAll() {
    readUpdates();
    std::size_t sent = 0;
    while (std::min(m_stream, m_connection) > 0) {
      const std::size_t count = std::min<std::size_t>({16384, m_stream, m_connection});
      m_peer.say(h2::data(1, std::string(count, 'x')));
      m_stream -= count;
      m_connection -= count;
      sent += count;
    }
    m_peer.now += m_roundTrip;
    return sent;
  }
  Visitor& peer() { return m_peer; }

 private:
  void readUpdates() {
    for (; m_read < m_peer.reader.frames.size(); ++m_read) {
      const h2::Frame& frame = m_peer.reader.frames[m_read];
      if (frame.type != h2::kWindowUpdate) continue;
      (frame.stream == 0 ? m_connection : m_stream) += frame.number();
    }
  }

  Visitor m_peer;
  Duration m_roundTrip;
  std::size_t m_read = 0, m_stream = kMiB, m_connection = 65535;
};

}  // namespace

class H2WindowTest : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void farVisitorsMaySendFurtherAhead() {
    H2WindowBudget budget(64 * kMiB);
    {
      Uploader far(100ms, &budget);
      QCOMPARE(far.sendAll(), kMiB);
      std::size_t most = 0;
      for (int i = 0; i < 16; ++i) most = std::max(most, far.sendAll());
      QVERIFY2(most >= 12 * kMiB, qPrintable(QString::number(most)));
      QVERIFY2(most <= 32 * kMiB, qPrintable(QString::number(most)));
      QVERIFY(!far.peer().goAwayCode());
      QVERIFY(!far.peer().resetCode(1));
      QCOMPARE(budget.left(), 52 * kMiB);  // the connection's growth from 4 to 16
    }
    QCOMPARE(budget.left(), 64 * kMiB);
  }

  void nearVisitorsNeedNoMore() {
    H2WindowBudget budget(64 * kMiB);
    Uploader near(1ms, &budget);
    for (int i = 0; i < 20; ++i) QVERIFY(near.sendAll() <= 2 * kMiB);
    QCOMPARE(budget.left(), 64 * kMiB);
  }

  // What is not taken away as fast as it comes would only be held.
  void contentThatStaysOpensNothing() {
    H2WindowBudget budget(64 * kMiB);
    Uploader far(100ms, &budget, true);
    std::size_t held = far.sendAll();
    QCOMPARE(held, kMiB);
    for (int i = 0; i < 20; ++i) {
      far.peer().now += 300ms;
      far.peer().session->consume(1, held);
      far.peer().say("");
      held = far.sendAll();
      QVERIFY(held <= kMiB);
    }
    QCOMPARE(budget.left(), 64 * kMiB);
  }

  void theBudgetIsTheLimit() {
    H2WindowBudget budget(5 * kMiB);
    Uploader first(100ms, &budget), second(100ms, &budget);
    std::size_t most = 0;
    for (int i = 0; i < 10; ++i) first.sendAll();
    for (int i = 0; i < 10; ++i) most = std::max(most, second.sendAll());
    QCOMPARE(budget.left(), kMiB);  // the first took four, the second found too little
    QVERIFY2(most <= 8 * kMiB, qPrintable(QString::number(most)));
    QVERIFY(!second.peer().goAwayCode());
  }

  void withoutABudgetNothingGrows() {
    Uploader far(100ms, nullptr);
    for (int i = 0; i < 10; ++i) QVERIFY(far.sendAll() <= 2 * kMiB);
  }
};

QTEST_APPLESS_MAIN(H2WindowTest)
#include "h2_window_test.moc"
